/* value_policy.c - budgets, sites, and lines that are tried. */
#include "base/buf.h"
#include "base/table.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/parse.h"
#include "config/term_text.h"
#include "config/value.h"
#include "lists/name.h"

/* -------------------------------------------------------------- budget */

#define DAY_S 86400u

static const struct {
	const char *name;
	enum budget_per per;
	uint32_t most_s;
} periods[] = {
    {"day", BUDGET_DAY, DAY_S},
    {"week", BUDGET_WEEK, 7 * DAY_S},
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "60m/day" behind the terms. */
static int
read_amount(struct value *v, struct str amount, struct config_rule *r)
{
	struct str time, per, bad;
	uint64_t ms;
	unsigned i = 0;

	str_cut(amount, '/', &time, &per);
	while (i < ARRAY_LEN(periods) && !str_eq(per, str_of(periods[i].name)))
		i++;
	if (i == ARRAY_LEN(periods) || !value_duration(time, &ms, &bad))
		return value_bad(v, amount,
		    "expected an amount like 60m/day or 10h/week at the end, "
		    "found \"%.*s\"",
		    STR_ARG(amount));
	if (ms == 0 || ms % 60000)
		return value_bad(v, amount,
		    "a budget counts in whole minutes, at least one; found "
		    "\"%.*s\"",
		    STR_ARG(amount));
	if (ms / 1000 >= periods[i].most_s)
		return value_bad(v, amount,
		    "\"%.*s\" is never used up: a %s has no more",
		    STR_ARG(amount), periods[i].name);
	r->per = periods[i].per;
	r->budget_s = (uint32_t)(ms / 1000);
	return 0;
}

/* The terms of a budget as those of a rule; a bare word is a category. Each
 * place in them is mapped to where it was written. */
struct spelling {
	struct value *v;
	struct buf text;
	struct config_rule *r;
};

static void
spell_piece(struct spelling *s, size_t at)
{
	const struct parse_key *from = s->v->from;
	struct config_piece *p;
	struct where w;

	if (!from)
		return;
	w = parse_key_at(from, at);
	p = value_list_add(s->v->arena, &s->r->pieces, sizeof(*p));
	if (p)
		*p = (struct config_piece){
		    (uint32_t)s->text.n, w.line, w.column};
}

static bool
is_bare(struct str word)
{
	static const char *const plain[] = {
	    "any", "ip-literal", "disguised", "doh"};

	for (unsigned i = 0; i < ARRAY_LEN(plain); i++)
		if (str_eq(word, str_of(plain[i])))
			return false;
	for (size_t i = 0; i < word.n; i++)
		if (strchr(":<>=\"", word.p[i]))
			return false;
	return word.n > 0;
}

static void
spell(struct spelling *s, struct str terms)
{
	size_t at = 0, end;

	while (at < terms.n) {
		struct str word;

		spell_piece(s, at);
		for (; at < terms.n &&
		       (is_blank(terms.p[at]) || strchr(",!", terms.p[at]));
		     at++)
			buf_add_char(&s->text, terms.p[at]);
		end = term_text_end(terms, at);
		word = str_sub(terms, at, end - at);
		spell_piece(s, at);
		if (is_bare(word))
			buf_add_str(&s->text, STR("category:"));
		spell_piece(s, at);
		buf_add_str(&s->text, word);
		at = end;
	}
}

VALUE_PARSER(budget)
{
	struct config_rule one = {.action = ACTION_BLOCK}, *r;
	struct str amount, terms;
	size_t cut = v->text.n;
	struct spelling s = {.v = v};

	while (cut && !is_blank(v->text.p[cut - 1]))
		cut--;
	amount = str_sub(v->text, cut, v->text.n);
	terms = str_trim(str_sub(v->text, 0, cut));
	if (read_amount(v, amount, &one) < 0)
		return -1;
	if (terms.n == 0)
		return value_bad(v, v->text,
		    "expected what the budget is of: category:games 60m/day");
	r = value_list_add(v->arena, field, sizeof(*r));
	if (!r)
		return 0; /* the arena says so */
	*r = one;
	s.r = r;
	spell(&s, terms);
	if (s.text.failed)
		v->arena->failed = true;
	r->text = arena_str(v->arena, buf_str(&s.text));
	buf_fini(&s.text);
	if (v->from)
		r->where = v->from->value_at;
	return 0;
}

VALUE_PRINTER(budget)
{
	const struct config_rule *r;
	struct buf b = BUF_EMPTY;
	struct str text;

	for (unsigned k = 0;; k++) {
		r = value_list_at(field, k, sizeof(*r));
		if (!r)
			return false;
		if (r->per != BUDGET_NO && i-- == 0)
			break;
	}
	buf_addf(&b, "%.*s %um/%s", STR_ARG(r->text), r->budget_s / 60,
	    r->per == BUDGET_DAY ? "day" : "week");
	text = buf_str(&b);
	show_text(key, &text, 0, out);
	buf_fini(&b);
	return true;
}

/* --------------------------------------------------------------- sites */

static int
read_name(struct value *v, struct str part, struct str *out)
{
	char room[NAME_ROOM];
	struct name n;
	enum name_result r;

	if (str_search(part, STR("://")) < part.n ||
	    str_find(part, '/', 0) < part.n)
		return value_bad(v, part,
		    "expected a host name alone, without scheme and path; "
		    "found \"%.*s\"",
		    STR_ARG(part));
	r = name_from_text(part, room, &n);
	if (r != NAME_OK)
		return value_bad(v, part, "\"%.*s\": %s", STR_ARG(part),
		    name_result_text(r));
	*out = arena_str(v->arena, name_str(n));
	return 0;
}

VALUE_PARSER(sites)
{
	struct str rest = v->text, part, one = STR_NONE, *s;

	while (value_next(&rest, &part)) {
		if (read_name(v, part, &one) < 0)
			return -1;
		s = value_list_add(v->arena, field, sizeof(*s));
		if (s)
			*s = one;
	}
	return 0;
}

VALUE_PRINTER(sites)
{
	const struct str *s = value_list_at(field, i, sizeof(*s));

	(void)key;
	if (s)
		buf_add_str(out, *s);
	return s != NULL;
}

VALUE_PARSER(host)
{
	struct str name = STR_NONE;
	struct net net;

	if (read_name(v, v->text, &name) < 0)
		return -1;
	if (net_from_text(name, &net))
		return value_bad(v, v->text,
		    "expected a host name, found the address \"%.*s\"",
		    STR_ARG(v->text));
	memcpy(field, &name, sizeof(name));
	return 0;
}

/* -------------------------------------------------------------- expect */

VALUE_PARSER(expect)
{
	struct config_expect *e;

	if (v->text.n == 0)
		return 0;
	e = value_list_add(v->arena, field, sizeof(*e));
	if (!e)
		return 0;
	e->text = arena_str(v->arena, v->text);
	if (v->from) {
		e->where = v->from->value_at;
		e->pieces.v = v->from->pieces;
		e->pieces.n = v->from->npieces;
	}
	return 0;
}

VALUE_PRINTER(expect)
{
	const struct config_expect *e = value_list_at(field, i, sizeof(*e));

	return e && show_text(key, &e->text, 0, out);
}
