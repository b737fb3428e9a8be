/* rule.c - the condition of a rule: text in, terms out. */
#include "filters/rule.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/table.h"
#include "filters/nameset.h"
#include "filters/rule_impl.h"
#include "filters/snapshot_impl.h"

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

int
rule_no_memory(struct rule_parser *p)
{
	return err_set(p->err, ERR_MEMORY, "out of memory");
}

int
rule_unknown(struct rule_parser *p, const char *what, const struct near *near,
    const char *otherwise)
{
	if (near->best.n)
		return err_set(p->err, ERR_INPUT,
		    "unknown %s \"%.*s\"; did you mean \"%.*s\"?", what,
		    STR_ARG(near->word), STR_ARG(near->best));
	return err_set(p->err, ERR_INPUT, "unknown %s \"%.*s\": %s", what,
	    STR_ARG(near->word), otherwise);
}

void *
rule_keep(struct rule_parser *p, const void *what, size_t n)
{
	void *copy = arena_alloc(p->ctx->arena, n);

	if (copy)
		memcpy(copy, what, n);
	else
		rule_no_memory(p);
	return copy;
}

/* --------------------------------------------------------------- terms */

/* What a term's value is told by, and what it needs besides. */
enum op { OP_NONE = 0, OP_COLON, OP_ABOVE, OP_FROM };
static const char *const ops[] = {
    [OP_NONE] = "",
    [OP_COLON] = ":",
    [OP_ABOVE] = ">",
    [OP_FROM] = ">=",
};
enum quoting { QUOTE_NO = 0, QUOTE_TEXT, QUOTE_REGEX };

static const struct row {
	const char *name;
	enum op op;
	enum term_kind kind;
	rule_value *value; /* NULL: has none */
	enum quoting quoting;
	unsigned wants; /* set of enum snapshot_want */
} terms[] = {
    {"category", OP_COLON, TERM_CATEGORY, rule_read_category, QUOTE_TEXT, 0},
    {"list", OP_COLON, TERM_LIST, rule_read_list, QUOTE_TEXT, 0},
    {"host", OP_COLON, TERM_HOST, rule_read_host, 0, 0},
    {"url", OP_COLON, TERM_URL, rule_read_url, 0, 0},
    {"regex", OP_COLON, TERM_REGEX, rule_read_regex, QUOTE_REGEX, 0},
    {"port", OP_COLON, TERM_PORT, rule_read_port, 0, 0},
    {"method", OP_COLON, TERM_METHOD, rule_read_method, 0, 0},
    {"during", OP_COLON, TERM_DURING, rule_read_during, QUOTE_TEXT, 0},
    {"group", OP_COLON, TERM_GROUP, rule_read_group, QUOTE_TEXT, 0},
    {"user", OP_COLON, TERM_USER, rule_read_user, QUOTE_TEXT,
        SNAPSHOT_WANTS_USER},
    {"type", OP_COLON, TERM_TYPE, rule_read_type, 0, SNAPSHOT_WANTS_HEAD},
    {"ext", OP_COLON, TERM_EXT, rule_read_ext, 0, SNAPSHOT_WANTS_HEAD},
    {"size", OP_ABOVE, TERM_SIZE, rule_read_size, 0, SNAPSHOT_WANTS_HEAD},
    {"search", OP_COLON, TERM_SEARCH, rule_read_search, QUOTE_TEXT, 0},
    {"search", OP_FROM, TERM_SEVERITY, rule_read_severity, 0, 0},
    {"header", OP_COLON, TERM_HEADER, rule_read_header, QUOTE_TEXT,
        SNAPSHOT_WANTS_FIELDS},
    {"ua", OP_COLON, TERM_UA, rule_read_text, QUOTE_TEXT, 0},
    {"referer", OP_COLON, TERM_REFERER, rule_read_referer, 0, 0},
    /* how far is seen rests on what is asked for */
    {"visibility", OP_COLON, TERM_VISIBILITY, rule_read_visibility, 0,
        SNAPSHOT_WANTS_HEAD},
    {"ip-literal", OP_NONE, TERM_IP_LITERAL, NULL, 0, 0},
    {"disguised", OP_NONE, TERM_DISGUISED, NULL, 0, SNAPSHOT_WANTS_HEAD},
    {"doh", OP_NONE, TERM_DOH, NULL, 0,
        SNAPSHOT_WANTS_HEAD | SNAPSHOT_WANTS_FIELDS},
    {"any", OP_NONE, TERM_ANY, NULL, 0, 0},
};

/* There is no term <word>: say what may have been meant. */
static int
unknown_term(struct rule_parser *p, struct str word, bool has_value)
{
	struct near near = near_to(word);

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
		near_try(&near, str_of(terms[i].name));
	return rule_unknown(p, "term", &near,
	    "there are category: list: host: url: regex: port: method: "
	    "during: group: user: type: ext: size> search: header: ua: "
	    "referer: visibility: ip-literal disguised doh any");
}

/* It is known, and not with this sign behind it. */
static int
wrong_op(struct rule_parser *p, const struct row *row, enum op op)
{
	const char *sign = ops[row->op];

	if (row->op == OP_NONE)
		return err_set(
		    p->err, ERR_INPUT, "\"%s\" takes no value", row->name);
	if (op == OP_NONE)
		return err_set(p->err, ERR_INPUT,
		    "%s needs a value: write %s%s...", row->name, row->name,
		    sign);
	return err_set(p->err, ERR_INPUT,
	    "\"%s%s\" is not known: write %s%s...", row->name, ops[op],
	    row->name, sign);
}

/* The term <name> with <op> behind it; NULL with the trouble said. */
static const struct row *
find_row(struct rule_parser *p, struct str name, enum op op)
{
	const struct row *other = NULL;

	for (unsigned i = 0; i < ARRAY_LEN(terms); i++) {
		const struct row *row = &terms[i];

		if (!str_eq(name, str_of(row->name)))
			continue;
		if (row->op == op)
			return row;
		if (!other)
			other = row;
	}
	if (other)
		wrong_op(p, other, op);
	else
		unknown_term(p, name, op != OP_NONE);
	return NULL;
}

/* The rest of the term, up to the blank or comma behind it. */
static struct str
take_word(struct rule_parser *p)
{
	size_t from = p->at;

	while (p->at < p->text.n && !ends_term(p->text.p[p->at]))
		p->at++;
	return str_sub(p->text, from, p->at - from);
}

/* "/.../": what is between; a "\/" inside is the pattern's own. */
static int
take_slashed(struct rule_parser *p, struct str *value)
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

/* "...": what is between. */
static int
take_quoted(struct rule_parser *p, struct str *value)
{
	size_t from = p->at + 1, end = str_find(p->text, '"', from);

	if (end == p->text.n)
		return err_set(p->err, ERR_INPUT,
		    "the text begins with a quote and has no other at its "
		    "end");
	*value = str_sub(p->text, from, end - from);
	p->at = p->trouble = end + 1;
	if (p->at < p->text.n && !ends_term(p->text.p[p->at]))
		return err_set(p->err, ERR_INPUT,
		    "expected a blank or a comma behind the quoted text");
	p->trouble = from;
	return 0;
}

static int
take_value(struct rule_parser *p, const struct row *row, struct term *t)
{
	char c = p->at < p->text.n ? p->text.p[p->at] : '\0';
	struct str value;
	int rc = 0;

	p->trouble = p->at;
	if (row->quoting == QUOTE_REGEX && c == '/')
		rc = take_slashed(p, &value);
	else if (row->quoting == QUOTE_TEXT && c == '"')
		rc = take_quoted(p, &value);
	else
		value = take_word(p);
	if (rc < 0)
		return -1;
	if (value.n == 0)
		return err_set(p->err, ERR_INPUT,
		    "%s%s needs a value behind it", row->name, ops[row->op]);
	return row->value(p, value, t);
}

/* The sign that stands between a term's name and its value. */
static enum op
take_op(struct rule_parser *p)
{
	struct str rest = str_sub(p->text, p->at, p->text.n);

	for (int op = OP_FROM; op > OP_NONE; op--)
		if (str_starts(rest, str_of(ops[op]))) {
			p->at += strlen(ops[op]);
			return (enum op)op;
		}
	return OP_NONE;
}

static int
take_term(struct rule_parser *p, struct rule *r, struct term *t)
{
	const struct row *row;
	struct str name;
	size_t from;
	enum op op;

	*t = (struct term){0};
	if (p->text.p[p->at] == '!') {
		t->not = true;
		p->at++;
	}
	p->trouble = from = p->at;
	while (p->at < p->text.n && !ends_term(p->text.p[p->at]) &&
	       p->text.p[p->at] != ':' && p->text.p[p->at] != '>')
		p->at++;
	name = str_sub(p->text, from, p->at - from);
	op = take_op(p);
	if (name.n == 0)
		return err_set(p->err, ERR_INPUT,
		    t->not ? "expected a term right behind the \"!\""
		           : "expected a term before the \"%s\"",
		    ops[op]);
	row = find_row(p, name, op);
	if (!row)
		return -1;
	t->kind = row->kind;
	r->wants |= row->wants;
	return row->value ? take_value(p, row, t) : 0;
}

static void
skip_blanks(struct rule_parser *p)
{
	while (p->at < p->text.n && is_blank(p->text.p[p->at]))
		p->at++;
}

/* All terms into <out>; how many, or -1. */
static int
take_terms(
    struct rule_parser *p, struct rule *r, struct term out[RULE_TERMS_MAX])
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
		if (take_term(p, r, &out[n]) < 0)
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
	struct rule_parser p = {.ctx = ctx, .text = def->text, .err = err};
	int n;

	*column = 0;
	*r = (struct rule){.action = def->action, .where = def->where};
	if (def->text.n > RULE_TEXT_MAX)
		return err_set(err, ERR_LIMIT,
		    "a rule is at most %d bytes long", RULE_TEXT_MAX);
	n = take_terms(&p, r, out);
	*column = (uint32_t)p.trouble;
	if (n < 0)
		return -1;
	find_every(def, out, n);
	r->nterms = (uint16_t)n;
	r->terms = rule_keep(&p, out, (size_t)n * sizeof(out[0]));
	if (r->terms)
		find_needs(r);
	r->line = write_line(ctx->arena, def);
	r->text = str_sub(r->line, r->line.n - def->text.n, def->text.n);
	r->where.file = arena_str(ctx->arena, def->where.file);
	return ctx->arena->failed ? rule_no_memory(&p) : 0;
}

/* Where "group:<name>", or in quotes, stands in the text of a rule. */
static uint32_t
column_of(const struct rule *r, struct str name)
{
	for (size_t at = 0;;) {
		struct str rest = str_sub(r->text, at, r->text.n);

		at += str_search(rest, STR("group:"));
		if (at >= r->text.n)
			return 0;
		at += sizeof("group:") - 1;
		at += str_starts(str_sub(r->text, at, 1), STR("\""));
		if (str_eq(str_sub(r->text, at, name.n), name))
			return (uint32_t)at;
	}
}

static int
check_group(const struct snapshot *s, const struct rule *r, struct str name,
    struct err *err)
{
	struct near near = near_to(name);

	for (unsigned i = 0; i < s->ngroups; i++) {
		if (str_eq(s->groups[i].name, name))
			return 0;
		near_try(&near, s->groups[i].name);
	}
	return err_set(err, ERR_INPUT,
	    "%.*s:%u:%u: unknown group \"%.*s\"%s%.*s%s",
	    STR_ARG(r->where.file), r->where.line,
	    r->where.column + column_of(r, name), STR_ARG(name),
	    near.best.n ? "; did you mean \"" : ": there is no such section",
	    STR_ARG(near.best), near.best.n ? "\"?" : "");
}

static int
check_groups_of(const struct snapshot *s, const struct rule *r, struct err *err)
{
	for (unsigned i = 0; i < r->nterms; i++)
		if (r->terms[i].kind == TERM_GROUP &&
		    check_group(s, r, r->terms[i].text, err) < 0)
			return -1;
	return 0;
}

int
rules_check_groups(const struct snapshot *s, struct err *err)
{
	for (unsigned p = 0; p < s->npolicies; p++)
		for (unsigned i = 0; i < s->policies[p].nrules; i++)
			if (check_groups_of(s, &s->policies[p].rules[i], err) <
			    0)
				return -1;
	return 0;
}
