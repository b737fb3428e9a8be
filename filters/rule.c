/* rule.c - the condition of a rule: text in, terms out. */
#include "filters/rule.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/table.h"
#include "filters/nameset.h"
#include "filters/pattern.h"
#include "filters/url.h"
#include "lists/path.h"

#define PORT_HTTP  80
#define PORT_HTTPS 443
#define PORT_MAX   65535

struct parser {
	const struct rule_context *ctx;
	struct str text;
	size_t at;      /* what is read next */
	size_t trouble; /* where an error is, once one was met */
	struct err *err;
};

typedef int value_fn(struct parser *p, struct str value, struct term *t);

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
ends_term(char c)
{
	return is_blank(c) || c == ',';
}

/* Where <part>, a slice of the text, stands in it. */
static size_t
place_of(const struct parser *p, struct str part)
{
	return (size_t)(part.p - p->text.p);
}

static int
no_memory(struct parser *p)
{
	return err_set(p->err, ERR_MEMORY, "out of memory");
}

/* -------------------------------------------------------------- values */

static int
unknown_name(struct parser *p, const char *what, const struct nameset *set,
    struct str name)
{
	struct str best = STR_NONE;
	unsigned near = word_slips(name);

	for (unsigned i = 0; i < set->n; i++)
		word_nearer(name, set->name[i], &best, &near);
	if (best.n)
		return err_set(p->err, ERR_INPUT,
		    "unknown %s \"%.*s\"; did you mean \"%.*s\"?", what,
		    STR_ARG(name), STR_ARG(best));
	return err_set(p->err, ERR_INPUT,
	    "unknown %s \"%.*s\": no list that is loaded has it", what,
	    STR_ARG(name));
}

static int
read_category(struct parser *p, struct str value, struct term *t)
{
	t->id = nameset_find(p->ctx->categories, value);
	if (t->id != NAMESET_NONE)
		return 0;
	return unknown_name(p, "category", p->ctx->categories, value);
}

static int
read_list(struct parser *p, struct str value, struct term *t)
{
	t->id = nameset_find(p->ctx->lists, value);
	if (t->id != NAMESET_NONE)
		return 0;
	return unknown_name(p, "list", p->ctx->lists, value);
}

static void *
keep(struct parser *p, const void *what, size_t n)
{
	void *copy = arena_alloc(p->ctx->arena, n);

	if (copy)
		memcpy(copy, what, n);
	else
		no_memory(p);
	return copy;
}

static int
keep_net(struct parser *p, const struct net *net, struct term *t)
{
	t->kind = TERM_NET;
	t->net = keep(p, net, sizeof(*net));
	return t->net ? 0 : -1;
}

static int
read_host(struct parser *p, struct str value, struct term *t)
{
	char room[NAME_ROOM];
	enum name_result res;
	struct name name;
	struct net net;

	if (str_find(value, '/', 0) < value.n) {
		if (net_from_text(value, &net))
			return keep_net(p, &net, t);
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not a network such as 10.0.0.0/8; for a path "
		    "write url:%.*s",
		    STR_ARG(value), STR_ARG(value));
	}
	if (value.p[0] == '.' || str_starts(value, STR("*.")))
		return err_set(p->err, ERR_INPUT,
		    "a host covers all below it: write it without the \"%s\"",
		    value.p[0] == '.' ? "." : "*.");
	res = name_from_text(value, room, &name);
	if (res != NAME_OK)
		return err_set(p->err, ERR_INPUT, "\"%.*s\" is not a host: %s",
		    STR_ARG(value), name_result_text(res));
	if (name_is_address(name) && net_from_text(name_str(name), &net))
		return keep_net(p, &net, t);
	name.p = arena_str(p->ctx->arena, name_str(name)).p;
	t->host = keep(p, &name, sizeof(name));
	return t->host ? 0 : -1;
}

/* <raw> in all readings, if there is more than one. */
static const struct str *
read_all(struct arena *a, struct str raw)
{
	unsigned choices = path_choices(raw);
	struct str *all;

	if (choices == 0)
		return NULL;
	all = arena_alloc(a, PATH_READINGS * sizeof(*all));
	for (unsigned how = 0; all && how < PATH_READINGS; how++) {
		char *room = arena_alloc(a, raw.n + 1);

		if (!room)
			return NULL;
		all[how] = path_canon(raw, how, room);
	}
	return all;
}

static int
read_url(struct parser *p, struct str value, struct term *t)
{
	struct arena *a = p->ctx->arena;
	char *room = arena_alloc(a, NAME_ROOM);
	struct url_parts parts;
	struct term_url u;
	const char *why;
	struct str raw;

	if (!room)
		return no_memory(p);
	if (url_split(a, value, room, &parts, &why) < 0)
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not an address: %s", STR_ARG(value), why);
	if (parts.port != PORT_HTTP && parts.port != PORT_HTTPS)
		return err_set(p->err, ERR_INPUT,
		    "a url: term holds for all ports; write port:%u beside it",
		    parts.port);
	raw = parts.path;
	if (parts.has_query) {
		char *q = arena_alloc(a, parts.path.n + parts.query.n + 1);

		if (!q)
			return no_memory(p);
		memcpy(q, parts.path.p, parts.path.n);
		q[parts.path.n] = '?';
		if (parts.query.n)
			memcpy(
			    q + parts.path.n + 1, parts.query.p, parts.query.n);
		raw = str_make(q, parts.path.n + parts.query.n + 1);
	}
	room = arena_alloc(a, raw.n + 1);
	if (!room)
		return no_memory(p);
	u.host = parts.host;
	u.path = path_canon(raw, PATH_AS_IS, room);
	u.read = read_all(a, raw);
	if (a->failed)
		return no_memory(p);
	t->url = keep(p, &u, sizeof(u));
	return t->url ? 0 : -1;
}

static int
read_regex(struct parser *p, struct str value, struct term *t)
{
	const struct pattern_def def = {.text = value};
	size_t offset = 0;

	t->id = pattern_set_add(p->ctx->patterns, &def, &offset, p->err);
	if (t->id != PATTERN_NONE)
		return 0;
	p->trouble = place_of(p, value) + (offset < value.n ? offset : value.n);
	return -1;
}

static int
read_port(struct parser *p, struct str value, struct term *t)
{
	struct str low, high;
	uint64_t from, to;
	bool range = str_cut(value, '-', &low, &high);

	if (!str_to_u64(low, &from) || (range && !str_to_u64(high, &to)))
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not a port such as 443 or 8000-8999",
		    STR_ARG(value));
	if (!range)
		to = from;
	if (from < 1 || to > PORT_MAX || from > to)
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\": ports go from 1 to 65535, the lower one first",
		    STR_ARG(value));
	t->port.low = (uint16_t)from;
	t->port.high = (uint16_t)to;
	return 0;
}

/* RFC 9110 5.6.2 */
static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c <= ' ' || c > '~' || strchr("\"(),/:;<=>?@[\\]{}", c))
			return false;
	}
	return s.n > 0;
}

static int
read_method(struct parser *p, struct str value, struct term *t)
{
	if (!is_token(value))
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is not a method such as GET", STR_ARG(value));
	t->method = arena_str(p->ctx->arena, value);
	return p->ctx->arena->failed ? no_memory(p) : 0;
}

/* --------------------------------------------------------------- terms */

static const struct {
	const char *name;
	enum term_kind kind;
	value_fn *value; /* NULL: has none */
} terms[] = {
    {"category", TERM_CATEGORY, read_category},
    {"list", TERM_LIST, read_list},
    {"host", TERM_HOST, read_host},
    {"url", TERM_URL, read_url},
    {"regex", TERM_REGEX, read_regex},
    {"port", TERM_PORT, read_port},
    {"method", TERM_METHOD, read_method},
    {"ip-literal", TERM_IP_LITERAL, NULL},
    {"any", TERM_ANY, NULL},
};

/* There is no term <word>: say what may have been meant. */
static int
unknown_term(struct parser *p, struct str word, bool has_value)
{
	struct str best = STR_NONE;
	unsigned near = word_slips(word);

	if (!has_value &&
	    nameset_find(p->ctx->categories, word) != NAMESET_NONE)
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is a category: did you mean \"category:%.*s\"?",
		    STR_ARG(word), STR_ARG(word));
	if (!has_value && nameset_find(p->ctx->lists, word) != NAMESET_NONE)
		return err_set(p->err, ERR_INPUT,
		    "\"%.*s\" is a list: did you mean \"list:%.*s\"?",
		    STR_ARG(word), STR_ARG(word));
	for (unsigned i = 0; i < ARRAY_LEN(terms); i++)
		word_nearer(word, str_of(terms[i].name), &best, &near);
	if (best.n)
		return err_set(p->err, ERR_INPUT,
		    "unknown term \"%.*s\"; did you mean \"%.*s\"?",
		    STR_ARG(word), STR_ARG(best));
	return err_set(p->err, ERR_INPUT,
	    "unknown term \"%.*s\"; there are category: list: host: url: "
	    "regex: port: method: ip-literal any",
	    STR_ARG(word));
}

/* The rest of the term, up to the blank or comma behind it. */
static struct str
take_word(struct parser *p)
{
	size_t from = p->at;

	while (p->at < p->text.n && !ends_term(p->text.p[p->at]))
		p->at++;
	return str_sub(p->text, from, p->at - from);
}

/* "/.../": what is between; a "\/" inside is the pattern's own. */
static int
take_slashed(struct parser *p, struct str *value)
{
	size_t from = ++p->at;

	while (p->at < p->text.n && p->text.p[p->at] != '/')
		p->at += p->text.p[p->at] == '\\' ? 2 : 1;
	p->trouble = from - 1;
	if (p->at >= p->text.n)
		return err_set(p->err, ERR_INPUT,
		    "the pattern begins with a slash and has no other at its "
		    "end");
	*value = str_sub(p->text, from, p->at - from);
	p->at++;
	p->trouble = p->at;
	if (p->at < p->text.n && !ends_term(p->text.p[p->at]))
		return err_set(p->err, ERR_INPUT,
		    "expected a blank or a comma behind the pattern; a slash "
		    "inside of it is written \\/");
	p->trouble = from;
	return 0;
}

static int
take_value(struct parser *p, unsigned row, struct term *t)
{
	struct str value;

	p->trouble = p->at;
	if (terms[row].kind == TERM_REGEX && p->at < p->text.n &&
	    p->text.p[p->at] == '/') {
		if (take_slashed(p, &value) < 0)
			return -1;
	} else {
		value = take_word(p);
	}
	if (value.n == 0)
		return err_set(p->err, ERR_INPUT, "%s: needs a value behind it",
		    terms[row].name);
	return terms[row].value(p, value, t);
}

static int
take_term(struct parser *p, struct term *t)
{
	struct str name;
	size_t from;
	unsigned row = 0;
	bool has_value;

	*t = (struct term){0};
	if (p->text.p[p->at] == '!') {
		t->not = true;
		p->at++;
	}
	p->trouble = from = p->at;
	while (p->at < p->text.n && !ends_term(p->text.p[p->at]) &&
	       p->text.p[p->at] != ':')
		p->at++;
	name = str_sub(p->text, from, p->at - from);
	has_value = p->at < p->text.n && p->text.p[p->at] == ':';
	if (name.n == 0)
		return err_set(p->err, ERR_INPUT,
		    t->not ? "expected a term right behind the \"!\""
		           : "expected a term before the \":\"");
	while (row < ARRAY_LEN(terms) && !str_eq(name, str_of(terms[row].name)))
		row++;
	if (row == ARRAY_LEN(terms))
		return unknown_term(p, name, has_value);
	t->kind = terms[row].kind;
	if (!terms[row].value && !has_value)
		return 0;
	if (!terms[row].value)
		return err_set(p->err, ERR_INPUT, "\"%s\" takes no value",
		    terms[row].name);
	if (!has_value)
		return err_set(p->err, ERR_INPUT,
		    "%s needs a value: write %s:...", terms[row].name,
		    terms[row].name);
	p->at++;
	return take_value(p, row, t);
}

static void
skip_blanks(struct parser *p)
{
	while (p->at < p->text.n && is_blank(p->text.p[p->at]))
		p->at++;
}

/* All terms into <out>; how many, or -1. */
static int
take_terms(struct parser *p, struct term out[RULE_TERMS_MAX])
{
	int n = 0;

	for (;;) {
		skip_blanks(p);
		p->trouble = p->at;
		if (p->at == p->text.n || p->text.p[p->at] == ',') {
			if (n == 0 || out[n - 1].last)
				return err_set(p->err, ERR_INPUT,
				    n ? "expected a term behind the comma"
				      : "expected a term");
			out[n - 1].last = true;
			if (p->at == p->text.n)
				return n;
			p->at++;
			continue;
		}
		if (n == RULE_TERMS_MAX)
			return err_set(p->err, ERR_LIMIT,
			    "a rule has at most %d terms; a list can hold more",
			    RULE_TERMS_MAX);
		if (take_term(p, &out[n]) < 0)
			return -1;
		n++;
	}
}

/* What each alternative cannot do without. */
static void
find_needs(struct rule *r)
{
	bool list = false, pattern = false;

	r->listed = r->patterned = true;
	for (unsigned i = 0; i < r->nterms; i++) {
		const struct term *t = &r->terms[i];

		if (t->kind == TERM_CATEGORY && !t->not &&!list)
			bits_set(&r->categories, t->id);
		if (t->kind == TERM_LIST && !t->not &&!list)
			bits_set(&r->lists, t->id);
		list |= (t->kind == TERM_CATEGORY || t->kind == TERM_LIST) &&
		        !t->not ;
		pattern |= t->kind == TERM_REGEX && !t->not ;
		if (!t->last)
			continue;
		r->listed &= list;
		r->patterned &= pattern;
		list = pattern = false;
	}
}

/* Whose terms have to hold for which readings: see struct term. */
static void
find_every(const struct rule_def *def, struct term *t, int n)
{
	bool lets =
	    def->action == ACTION_ALLOW || def->action == ACTION_MONITOR;

	for (int i = 0; i < n; i++)
		t[i].every = lets != t[i].not ;
}

static struct str
write_line(struct arena *a, const struct rule_def *def)
{
	struct str action = str_of(action_name(def->action));
	size_t n = action.n + 3 + def->text.n;
	char *p = arena_alloc(a, n);

	if (!p)
		return STR_NONE;
	memcpy(p, action.p, action.n);
	memcpy(p + action.n, " = ", 3);
	memcpy(p + action.n + 3, def->text.p, def->text.n);
	return str_make(p, n);
}

int
rule_parse(const struct rule_context *ctx, const struct rule_def *def,
    struct rule *r, uint32_t *column, struct err *err)
{
	struct term out[RULE_TERMS_MAX];
	struct parser p = {.ctx = ctx, .text = def->text, .err = err};
	int n;

	*column = 0;
	*r = (struct rule){.action = def->action, .where = def->where};
	if (def->text.n > RULE_TEXT_MAX)
		return err_set(err, ERR_LIMIT,
		    "a rule is at most %d bytes long", RULE_TEXT_MAX);
	n = take_terms(&p, out);
	*column = (uint32_t)p.trouble;
	if (n < 0)
		return -1;
	find_every(def, out, n);
	r->nterms = (uint16_t)n;
	r->terms = keep(&p, out, (size_t)n * sizeof(out[0]));
	if (r->terms)
		find_needs(r);
	r->line = write_line(ctx->arena, def);
	r->text = str_sub(r->line, r->line.n - def->text.n, def->text.n);
	r->where.file = arena_str(ctx->arena, def->where.file);
	return ctx->arena->failed ? no_memory(&p) : 0;
}
