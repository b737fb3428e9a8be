/* apply.c - the tree of a configuration, through keys.def, into the struct. */
#include "config/apply.h"

#include "base/buf.h"
#include "base/near.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/keys.h"
#include "config/parse.h"
#include "config/value.h"

#define LABEL_MAX 64 /* longer names do no good in logs and pages */

/* Which key was given where, in one section or one of many. */
struct seen {
	const struct parse_key *by[KEYS_MAX];
};

struct apply {
	struct config *c;
	struct diag *d;
	enum apply_how how;
	struct seen once; /* for all sections that stand once */
};

/* Every key of <section> in <to> gets its default. */
static void
set_defaults(struct config *c, enum section_id section, void *to)
{
	for (unsigned i = 0; i < nkeys; i++) {
		struct value v = {.arena = &c->arena, .key = &keys[i]};

		if (keys[i].section != section || !keys[i].def ||
		    type_is_many(keys[i].type))
			continue;
		v.text = str_of(keys[i].def);
		value_parse(&v, (char *)to + keys[i].offset);
	}
}

/* Lists that were not given get theirs when all is read. */
static void
set_list_defaults(
    struct config *c, enum section_id section, void *to, const struct seen *s)
{
	for (unsigned i = 0; i < nkeys; i++) {
		struct value v = {.arena = &c->arena, .key = &keys[i]};

		if (keys[i].section != section || s->by[i] || !keys[i].def ||
		    keys[i].def[0] == '\0' || !type_is_many(keys[i].type))
			continue;
		v.text = str_of(keys[i].def);
		value_parse(&v, (char *)to + keys[i].offset);
	}
}

void
config_init(struct config *c)
{
	static const struct seen none;

	*c = (struct config){0};
	arena_init(&c->arena, 0);
	for (unsigned i = 0; i < SECTIONS; i++) {
		if (sections[i].many)
			continue;
		set_defaults(c, (enum section_id)i, c);
		set_list_defaults(c, (enum section_id)i, c, &none);
	}
}

static void
unknown_key(
    struct apply *a, const struct parse_section *s, const struct parse_key *k)
{
	enum section_id id = section_find(s->kind);
	struct near near = near_to(k->key);

	for (unsigned i = 0; i < nkeys; i++) {
		if (keys[i].section == id)
			near_try(&near, str_of(keys[i].name));
		if (!str_eq(k->key, str_of(keys[i].name)))
			continue;
		diag_error(a->d, &k->at,
		    "\"%s\" belongs into [%s], not into [%.*s]", keys[i].name,
		    sections[keys[i].section].name, STR_ARG(s->kind));
		return;
	}
	if (near.best.n)
		diag_error(a->d, &k->at,
		    "unknown key \"%.*s\" in [%.*s]; did you mean \"%.*s\"?",
		    STR_ARG(k->key), STR_ARG(s->kind), STR_ARG(near.best));
	else
		diag_error(a->d, &k->at, "unknown key \"%.*s\" in [%.*s]",
		    STR_ARG(k->key), STR_ARG(s->kind));
}

static void
apply_key(struct apply *a, const struct parse_section *s,
    const struct parse_key *k, struct seen *seen, void *to)
{
	const struct key *key = key_find(section_find(s->kind), k->key);
	const struct parse_key *first;
	struct value v;
	struct where at;
	char *field;

	if (!key) {
		unknown_key(a, s, k);
		return;
	}
	field = (char *)to + key->offset;
	first = seen->by[key - keys];
	if (!first) /* it came from defaults, or --set replaces it */
		value_empty(key, field);
	else if (!type_is_many(key->type)) {
		diag_error(a->d, &k->at, "\"%s\" was given already, %.*s:%u",
		    key->name, STR_ARG(first->at.file), first->at.line);
		return;
	}
	seen->by[key - keys] = k;
	v = (struct value){
	    .arena = &a->c->arena, .key = key, .from = k, .text = k->value};
	if (k->file)
		v.dir = k->file->dir;
	if (value_parse(&v, field) < 0) {
		at = parse_key_at(k, v.bad);
		diag_error(a->d, &at, "%s", v.err.text);
	}
}

/* The <i>th of a section that stands several times. */
static void *
many_at(struct config *c, const struct section *row, unsigned i)
{
	struct value_list list;

	memcpy(&list, (char *)c + row->list, sizeof(list));
	return i < list.n ? (char *)list.v + i * row->size : NULL;
}

static void *
many_find(struct config *c, const struct section *row, struct str name)
{
	struct str have;
	void *one;

	for (unsigned i = 0; (one = many_at(c, row, i)); i++) {
		memcpy(&have, one, sizeof(have));
		if (str_eq(have, name))
			return one;
	}
	return NULL;
}

static struct where *
many_where(enum section_id id, void *one)
{
	static const size_t at[SECTIONS] = {
	    [SECTION_LISTEN] = offsetof(struct config_listen, where),
	    [SECTION_GROUP] = offsetof(struct config_group, where),
	    [SECTION_POLICY] = offsetof(struct config_policy, where),
	    [SECTION_LIST] = offsetof(struct config_list, where),
	    [SECTION_SCHEDULE] = offsetof(struct config_schedule, where),
	    [SECTION_TERMS] = offsetof(struct config_terms, where),
	    [SECTION_AUTH] = offsetof(struct config_auth, where),
	};

	return (struct where *)(void *)((char *)one + at[id]);
}

/* What stands in rules, where blanks and commas mean something. */
static bool
is_named_in_rules(enum section_id id)
{
	return id == SECTION_LIST || id == SECTION_SCHEDULE ||
	       id == SECTION_TERMS;
}

static bool
label_is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = str_lower_char(s.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		        c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

static bool
label_ok(struct apply *a, enum section_id id, const struct parse_section *s)
{
	const char *name = sections[id].name;

	if (!sections[id].many) {
		if (s->has_name)
			diag_error(a->d, &s->name_at,
			    "[%s] stands once and has no name", name);
		return !s->has_name;
	}
	if (!s->has_name || s->name.n == 0) {
		diag_error(
		    a->d, &s->at, "[%s] needs a name: [%s NAME]", name, name);
		return false;
	}
	if (s->name.n > LABEL_MAX) {
		diag_error(a->d, &s->name_at,
		    "the name is longer than %d bytes", LABEL_MAX);
		return false;
	}
	if (is_named_in_rules(id) && !label_is_word(s->name)) {
		diag_error(a->d, &s->name_at,
		    "%s's name is made of letters, digits, - _ and .",
		    id == SECTION_LIST       ? "a list"
		    : id == SECTION_SCHEDULE ? "a schedule"
		                             : "a theme");
		return false;
	}
	return true;
}

/* The struct that <s>'s keys are fields of; NULL where it is not to be. */
static void *
section_struct(struct apply *a, enum section_id id,
    const struct parse_section *s, bool *fresh)
{
	const struct section *row = &sections[id];
	struct str name;
	void *one;

	*fresh = false;
	if (!label_ok(a, id, s))
		return NULL;
	if (!row->many)
		return a->c;
	one = many_find(a->c, row, s->name);
	if (one && a->how == APPLY_FILE) {
		diag_error(a->d, &s->at, "[%s %.*s] was given already, %.*s:%u",
		    row->name, STR_ARG(s->name),
		    STR_ARG(many_where(id, one)->file),
		    many_where(id, one)->line);
		return NULL;
	}
	if (one)
		return one;
	one = value_list_add(&a->c->arena, (char *)a->c + row->list, row->size);
	if (!one)
		return NULL;
	*fresh = true;
	name = arena_str(&a->c->arena, s->name);
	memcpy(one, &name, sizeof(name));
	*many_where(id, one) = s->at;
	set_defaults(a->c, id, one);
	return one;
}

static void
must_be_given(struct apply *a, enum section_id id,
    const struct parse_section *s, const struct seen *seen)
{
	for (unsigned i = 0; i < nkeys; i++)
		if (keys[i].section == id && !keys[i].def && !seen->by[i])
			diag_error(a->d, &s->at, "[%s %.*s] has no \"%s\"",
			    sections[id].name, STR_ARG(s->name), keys[i].name);
}

static void
unknown_section(struct apply *a, const struct parse_section *s)
{
	struct near near = near_to(s->kind);

	for (unsigned i = 0; i < SECTIONS; i++)
		near_try(&near, str_of(sections[i].name));
	if (str_eq(near.best, str_of(sections[SECTION_LIST].name)))
		a->c->lists_unread = true;
	if (near.best.n)
		diag_error(a->d, &s->at,
		    "unknown section [%.*s]; did you mean [%.*s]?",
		    STR_ARG(s->kind), STR_ARG(near.best));
	else
		diag_error(
		    a->d, &s->at, "unknown section [%.*s]", STR_ARG(s->kind));
}

static void
apply_section(struct apply *a, const struct parse_section *s)
{
	enum section_id id = section_find(s->kind);
	struct seen own = {0}, *seen = &own;
	struct config lost; /* takes keys that are only checked */
	bool fresh = false;
	void *to;

	if (id == SECTIONS) {
		unknown_section(a, s);
		return;
	}
	if (!sections[id].many)
		seen = &a->once;
	to = section_struct(a, id, s, &fresh);
	if (!to) {
		lost = (struct config){0};
		to = &lost;
		seen = &own;
	}
	for (const struct parse_key *k = s->keys; k; k = k->next)
		apply_key(a, s, k, seen, to);
	if (!fresh)
		return;
	must_be_given(a, id, s, seen);
	set_list_defaults(a->c, id, to, seen);
}

void
apply_tree(struct config *c, const struct parse_tree *t, enum apply_how how,
    struct diag *d)
{
	struct apply a = {.c = c, .d = d, .how = how};

	for (const struct parse_section *s = t->sections; s; s = s->next) {
		unsigned before = d->errors;

		apply_section(&a, s);
		if (d->errors != before &&
		    section_find(s->kind) == SECTION_LIST)
			c->lists_unread = true;
	}
}

/* -------------------------------------------------------------- finish */

/* "{state}/x" and "{data}/x" with the folders in. */
static struct str
expanded(struct config *c, struct str path)
{
	static const char *const names[] = {"{state}", "{data}"};
	const struct str dirs[] = {c->state_dir, c->data_dir};

	for (unsigned i = 0; i < 2; i++) {
		struct str name = str_of(names[i]), rest;

		if (!str_starts(path, name))
			continue;
		rest = str_sub(path, name.n, path.n);
		while (str_starts(rest, STR("/")))
			rest = str_sub(rest, 1, rest.n);
		return rest.n ? value_path(&c->arena, dirs[i], rest) : dirs[i];
	}
	return path;
}

static void
add_listener(struct config *c)
{
	static const struct seen none;
	struct config_listen *l =
	    value_list_add(&c->arena, &c->listen, sizeof(*l));

	if (!l)
		return;
	l->name = arena_str(&c->arena, STR("default"));
	set_defaults(c, SECTION_LISTEN, l);
	set_list_defaults(c, SECTION_LISTEN, l, &none);
}

/* What loader.c finds of an update takes its place. */
static void
finish_list(struct config *c, struct config_list *l)
{
	l->given = expanded(c, l->given);
	l->ca_file = expanded(c, l->ca_file);
	l->sign_key = expanded(c, l->sign_key);
	l->source = l->given;
	l->max_change = l->update.url.n && l->update.bound != FEED_NO_BOUND
	                    ? l->update.bound
	                    : l->change;
}

void
apply_finish(struct config *c, struct diag *d)
{
	if (c->listen.n == 0)
		add_listener(c);
	for (unsigned i = 0; i < c->group.n; i++)
		if (c->group.v[i].policy.n == 0)
			c->group.v[i].policy = c->group.v[i].name;
	c->control = expanded(c, c->control);
	c->log_dir = expanded(c, c->log_dir);
	c->redis_key_file = expanded(c, c->redis_key_file);
	c->must_not_block = expanded(c, c->must_not_block);
	c->shadow = expanded(c, c->shadow);
	for (unsigned i = 0; i < c->list.n; i++)
		finish_list(c, &c->list.v[i]);
	for (unsigned i = 0; i < c->terms.n; i++)
		c->terms.v[i].source = expanded(c, c->terms.v[i].source);
	for (unsigned i = 0; i < c->auth.n; i++)
		c->auth.v[i].htpasswd = expanded(c, c->auth.v[i].htpasswd);
	if (c->arena.failed)
		diag_error(d, NULL, "out of memory");
	else
		config_check(c, d);
}
