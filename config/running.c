/* running.c - what is running, beside what was read anew. */
#include "base/buf.h"
#include "base/hash.h"
#include "config/config.h"
#include "config/keys.h"
#include "config/loader.h"
#include "config/schema.h"
#include "config/value.h"

/* Would both be written alike? */
static bool
same_value(const struct key *k, const void *a, const void *b)
{
	struct buf x = BUF_EMPTY, y = BUF_EMPTY;
	bool more_x = true, more_y = true, same = true;

	for (unsigned i = 0; same && more_x; i++) {
		buf_reset(&x);
		buf_reset(&y);
		more_x = value_print(k, a, i, &x);
		more_y = value_print(k, b, i, &y);
		same = more_x == more_y && str_eq(buf_str(&x), buf_str(&y));
	}
	buf_fini(&x);
	buf_fini(&y);
	return same;
}

static void
add_name(struct buf *out, const char *section, struct str name, const char *key)
{
	buf_addf(out, "%s[%s", out->n ? ", " : "", section);
	if (name.n)
		buf_addf(out, " %.*s", STR_ARG(name));
	buf_addf(out, "]%s%s", key ? " " : "", key ? key : "");
}

/* The keys of one section that need a restart. */
static void
keep_keys(enum section_id id, struct str name, void *now, const void *running,
    struct buf *changed)
{
	for (unsigned i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];
		char *to = (char *)now + k->offset;
		const char *from = (const char *)running + k->offset;

		if (k->section != id || k->reload || same_value(k, to, from))
			continue;
		memcpy(to, from, k->size);
		add_name(changed, sections[id].name, name, k->name);
	}
}

static bool
needs_restart(enum section_id id)
{
	for (unsigned i = 0; i < nkeys; i++)
		if (keys[i].section == id && !keys[i].reload)
			return true;
	return false;
}

/* The one of <list> that is called <name>; NULL: none. */
static void *
find_one(const struct value_list *list, size_t size, struct str name)
{
	for (unsigned i = 0; i < list->n; i++) {
		char *one = (char *)list->v + i * size;
		struct str have;

		memcpy(&have, one, sizeof(have));
		if (str_eq(have, name))
			return one;
	}
	return NULL;
}

/* Those of <these> into <changed> that are not among <others>. */
static void
name_missing(enum section_id id, const struct value_list *these,
    const struct value_list *others, struct buf *changed)
{
	for (unsigned i = 0; i < these->n; i++) {
		struct str name;

		memcpy(&name, (char *)these->v + i * sections[id].size,
		    sizeof(name));
		if (!find_one(others, sections[id].size, name))
			add_name(changed, sections[id].name, name, NULL);
	}
}

static void
keep_many(enum section_id id, struct config *now, const struct config *running,
    struct buf *changed)
{
	const struct section *row = &sections[id];
	struct value_list ours, theirs;

	memcpy(&ours, (char *)now + row->list, sizeof(ours));
	memcpy(&theirs, (const char *)running + row->list, sizeof(theirs));
	for (unsigned i = 0; i < ours.n; i++) {
		char *one = (char *)ours.v + i * row->size;
		const void *was;
		struct str name;

		memcpy(&name, one, sizeof(name));
		was = find_one(&theirs, row->size, name);
		if (was)
			keep_keys(id, name, one, was, changed);
	}
	name_missing(id, &ours, &theirs, changed);
	name_missing(id, &theirs, &ours, changed);
}

void
config_keep_running(
    struct config *now, const struct config *running, struct buf *changed)
{
	for (unsigned i = 0; i < SECTIONS; i++) {
		enum section_id id = (enum section_id)i;

		if (!sections[i].many)
			keep_keys(id, STR_NONE, now, running, changed);
		else if (needs_restart(id))
			keep_many(id, now, running, changed);
	}
}

/* What belongs to it and lies in files of its own. */
static void
add_attached(const struct config *c, struct buf *b)
{
	buf_add(b, c->zone.p, c->zone.n);
	for (unsigned i = 0; i < c->schedule.n; i++)
		buf_add(b, c->schedule.v[i].zone.p, c->schedule.v[i].zone.n);
	for (unsigned i = 0; i < c->terms.n; i++)
		buf_add_str(b, c->terms.v[i].text);
	for (unsigned i = 0; i < c->shipped_support.n; i++)
		buf_add_str(b, c->shipped_support.v[i]);
	buf_add_str(b, c->engines);
}

uint64_t
config_digest(const struct config *c)
{
	struct buf b = BUF_EMPTY;
	uint64_t digest;

	schema_dump(c, &b);
	add_attached(c, &b);
	digest = b.failed ? 0 : hash64(b.p, b.n, 0);
	buf_fini(&b);
	return digest;
}
