/* explain_story.c - each step of a decision, as text and as JSON. */
#include "base/json.h"
#include "filters/explain_impl.h"
#include "filters/trace_pack.h"

#define ENTRY 24 /* columns */

static const char *const truths[] = {
    [TRUTH_FALSE] = "no",
    [TRUTH_TRUE] = "yes",
    [TRUTH_UNKNOWN] = "unknown",
    [TRUTH_SKIPPED] = "not read",
};

/* ------------------------------------------------------------------ terms */

/* How far a term reaches that begins with <s>: a pattern between slashes and
 * a text in quotes may have blanks and commas. */
static size_t
term_end(struct str s)
{
	char close = '\0';
	size_t i = 0;

	while (i < s.n && s.p[i] != ':' && s.p[i] != ' ' && s.p[i] != ',')
		i++;
	if (i + 1 < s.n && s.p[i] == ':' &&
	    (s.p[i + 1] == '/' || s.p[i + 1] == '"')) {
		close = s.p[i + 1];
		i += 2;
	}
	while (close && i < s.n && s.p[i] != close)
		i += s.p[i] == '\\' ? 2 : 1;
	while (i < s.n && s.p[i] != ' ' && s.p[i] != ',' && s.p[i] != '\t')
		i++;
	return i < s.n ? i : s.n;
}

/* The next of *<rest>, as written; false: there is none. */
static bool
next_term(struct str *rest, struct str *term)
{
	size_t i = 0;

	while (i < rest->n &&
	       (rest->p[i] == ' ' || rest->p[i] == ',' || rest->p[i] == '\t'))
		i++;
	*rest = str_sub(*rest, i, rest->n);
	*term = str_sub(*rest, 0, term_end(*rest));
	*rest = str_sub(*rest, term->n, rest->n);
	return term->n != 0;
}

/* The texts of a rule's terms are those that can be told apart again. */
static bool
has_texts(const struct rule *r)
{
	struct str rest = r->text, term;
	unsigned n = 0;

	while (next_term(&rest, &term))
		n++;
	return n == r->nterms;
}

static const char *
term_said(const struct ear *e, unsigned i)
{
	return truths[i < e->nterms ? e->terms[i] : TRUTH_SKIPPED];
}

static void
add_terms(struct ear *e, const struct rule *r)
{
	struct str rest = r->text, term;
	bool texts = has_texts(r);

	buf_add_str(e->out, STR("  ("));
	for (unsigned i = 0; i < r->nterms; i++) {
		if (i)
			buf_add_str(e->out, STR(", "));
		if (texts && next_term(&rest, &term))
			text_add_escaped(e->out, term);
		else
			buf_addf(e->out, "%u", i + 1);
		buf_addf(e->out, " %s", term_said(e, i));
	}
	buf_add_char(e->out, ')');
}

static void
json_terms(struct ear *e, const struct rule *r)
{
	struct str rest = r->text, term;
	bool texts = has_texts(r);

	json_key(e->out, "terms");
	json_open(e->out, '[');
	for (unsigned i = 0; i < r->nterms; i++) {
		json_open(e->out, '{');
		if (texts && next_term(&rest, &term))
			json_key_str(e->out, "text", term);
		json_key_z(e->out, "value", term_said(e, i));
		json_close(e->out, '}');
	}
	json_close(e->out, ']');
}

/* -------------------------------------------------------------------- ear */

static void
hear_group(void *arg, uint16_t group, enum truth value)
{
	struct ear *e = arg;
	struct str name = snapshot_group_name(e->s, group);

	if (e->json) {
		json_open(e->out, '{');
		json_key_str(e->out, "group", name);
		json_key_z(e->out, "value", truths[value]);
		json_close(e->out, '}');
		return;
	}
	explain_label(e->out, "group");
	buf_addf(e->out, "%-8s", truths[value]);
	text_add_escaped(e->out, name);
	buf_add_char(e->out, '\n');
}

static void
hear_tier(void *arg, enum tier t, enum truth value, struct str what)
{
	struct ear *e = arg;

	if (e->json) {
		json_open(e->out, '{');
		json_key_z(e->out, "tier", tier_name(t));
		json_key_z(e->out, "value", truths[value]);
		if (what.n)
			json_key_str(e->out, "what", what);
		json_close(e->out, '}');
		return;
	}
	explain_label(e->out, "  tier");
	buf_addf(e->out, "%-8s%s", truths[value], tier_name(t));
	if (what.n) {
		buf_add_str(e->out, STR("  "));
		text_add_escaped(e->out, what);
	}
	buf_add_char(e->out, '\n');
}

static void
hear_subject(void *arg, enum subject subject, struct str text)
{
	struct ear *e = arg;

	e->nterms = 0;
	if (e->json) {
		json_open(e->out, '{');
		json_key_z(e->out, "judged", explain_subject(subject));
		if (text.n)
			json_key_str(e->out, "name", text);
		json_close(e->out, '}');
		return;
	}
	explain_label(e->out, "judged");
	text_add_escaped(e->out, text);
	buf_addf(
	    e->out, "%s%s\n", text.n ? ", the " : "", explain_subject(subject));
}

static void
json_entry(struct buf *b, const struct trace_entry *t)
{
	json_open(b, '{');
	json_key_str(b,
	    t->exception    ? "except"
	    : t->by_pattern ? "matches"
	                    : "listed",
	    t->entry);
	json_key_str(b, "list", t->list);
	if (t->category.n)
		json_key_str(b, "category", t->category);
	json_key_str(b, "source", t->file);
	if (t->line)
		json_key_u64(b, "source_line", t->line);
	if (t->excepted)
		json_key_bool(b, "excepted", true);
	json_close(b, '}');
}

static void
add_place(struct buf *b, struct str file, uint32_t line)
{
	text_add_escaped(b, file);
	if (line)
		buf_addf(b, ":%u", line);
}

static void
hear_entry(void *arg, const struct trace_entry *t)
{
	struct ear *e = arg;
	size_t from;

	if (e->json) {
		json_entry(e->out, t);
		return;
	}
	explain_label(e->out, t->exception    ? "  except"
	                      : t->by_pattern ? "  matches"
	                                      : "  listed");
	from = e->out->n;
	text_add_escaped(e->out, t->entry);
	explain_pad(e->out, from, ENTRY);
	text_add_escaped(e->out, t->list);
	if (t->category.n) {
		buf_add_char(e->out, '/');
		text_add_escaped(e->out, t->category);
	}
	buf_add_str(e->out, STR(", "));
	add_place(e->out, t->file, t->line);
	if (t->excepted)
		buf_add_str(e->out, STR("  (excepted)"));
	buf_add_char(e->out, '\n');
}

static void
hear_term(void *arg, uint16_t rule, uint16_t term, enum truth value)
{
	struct ear *e = arg;

	(void)rule;
	if (term == 0)
		e->nterms = 0; /* read anew, now that more is known */
	if (term >= sizeof(e->terms))
		return;
	while (e->nterms < term)
		e->terms[e->nterms++] = TRUTH_SKIPPED;
	if (e->nterms == term)
		e->nterms++;
	e->terms[term] = (uint8_t)value;
}

static void
json_rule(struct ear *e, const struct rule *r, uint16_t rule, enum truth value)
{
	json_open(e->out, '{');
	json_key_u64(e->out, "rule", rule + 1u);
	json_key_z(e->out, "value", truths[value]);
	if (r) {
		json_key_str(e->out, "file", r->where.file);
		json_key_u64(e->out, "line", r->where.line);
		json_key_str(e->out, "text", r->line);
		json_terms(e, r);
	}
	json_close(e->out, '}');
}

static void
hear_rule(void *arg, uint16_t policy, uint16_t rule, enum truth value)
{
	struct ear *e = arg;
	const struct rule *r = e->policy && rule < e->policy->nrules
	                           ? &e->policy->rules[rule]
	                           : NULL;

	(void)policy;
	if (e->json) {
		json_rule(e, r, rule, value);
		e->nterms = 0;
		return;
	}
	explain_label(e->out, "  rule");
	buf_addf(e->out, "%-8s", truths[value]);
	if (r) {
		add_place(e->out, r->where.file, r->where.line);
		buf_add_str(e->out, STR("  "));
		text_add_escaped(e->out, r->line);
		if (r->nterms > 1)
			add_terms(e, r);
	} else {
		buf_addf(e->out, "number %u", rule + 1u);
	}
	buf_add_char(e->out, '\n');
	e->nterms = 0;
}

struct trace
ear_trace(struct ear *e)
{
	return (struct trace){.arg = e,
	    .group = hear_group,
	    .tier = hear_tier,
	    .subject = hear_subject,
	    .rule = hear_rule,
	    .term = hear_term,
	    .entry = hear_entry};
}
