/* explain.c - a verdict with its whole story, as text and as JSON. */
#include "filters/explain.h"

#include "base/buf.h"
#include "base/bug.h"
#include "base/json.h"
#include "filters/decide.h"
#include "filters/net.h"
#include "filters/scenario.h"
#include "filters/snapshot_impl.h"

#define LABEL  10 /* columns */
#define ENTRY  24
#define POLICY 30

static const char *const stages[STAGES] = {
    [STAGE_CONN] = "connection",
    [STAGE_HOST] = "name",
    [STAGE_URL] = "address",
    [STAGE_HEAD] = "answer",
    [STAGE_BODY] = "content",
};

static const char *const subjects[] = {
    [SUBJECT_NONE] = "no name given",
    [SUBJECT_CONNECT] = "tunnel target",
    [SUBJECT_SNI] = "server name in the TLS greeting",
    [SUBJECT_HOST] = "host",
    [SUBJECT_URL] = "address",
};

static const char *const truths[] = {
    [TRUTH_FALSE] = "no",
    [TRUTH_TRUE] = "yes",
    [TRUTH_UNKNOWN] = "unknown",
};

/* ---------------------------------------------------------------- text */

static void
pad(struct buf *b, size_t from, size_t columns)
{
	do
		buf_add_char(b, ' ');
	while (b->n - from < columns && !b->failed);
}

static void
label(struct buf *b, const char *word)
{
	size_t from = b->n;

	buf_add_str(b, str_of(word));
	pad(b, from, LABEL);
}

static void
add_host(struct buf *b, struct name n, uint16_t port)
{
	buf_addf(
	    b, n.kind == NAME_IPV6 ? "[%.*s]" : "%.*s", STR_ARG(name_str(n)));
	if (port)
		buf_addf(b, ":%u", port);
}

/* What was asked, in one line: an address, else the first name given. */
static bool
has_address(const struct request *r)
{
	return r->deepest >= STAGE_URL && r->url.text.n;
}

static struct name
asked_name(const struct request *r)
{
	return r->connect.n ? r->connect : r->host.n ? r->host : r->sni;
}

static void
add_subject(struct buf *b, const struct request *r)
{
	struct name n = asked_name(r);

	if (has_address(r))
		text_add_escaped(b, r->url.text);
	else if (n.n)
		add_host(b, n, r->port);
	else
		buf_addf(b, "port %u", r->port);
}

/* Which name decided, where that is not the one in the first line. */
static void
add_name(struct buf *b, const struct request *r, enum subject subject)
{
	struct name n = subject == SUBJECT_CONNECT ? r->connect : r->sni;

	if ((subject != SUBJECT_CONNECT && subject != SUBJECT_SNI) ||
	    (!has_address(r) && name_eq(n, asked_name(r))))
		return;
	label(b, "name");
	add_host(b, n, 0);
	buf_addf(b, ", the %s\n", subjects[subject]);
}

static void
add_place(struct buf *b, struct str file, uint32_t line)
{
	text_add_escaped(b, file);
	if (line)
		buf_addf(b, ":%u", line);
}

static void
add_rule(struct buf *b, const struct verdict *v, const struct provenance *p)
{
	label(b, "rule");
	if (v->rule != VERDICT_NO_RULE) {
		add_place(b, p->rule_file, p->rule_line);
		buf_add_str(b, STR("  "));
	} else {
		buf_add_str(b, STR("none matched: "));
	}
	text_add_escaped(b, p->rule_text);
	buf_add_char(b, '\n');
}

static void
add_entry(struct buf *b, const struct verdict *v, const struct provenance *p)
{
	size_t from;

	label(b, v->by_pattern ? "pattern" : "entry");
	from = b->n;
	text_add_escaped(b, p->entry);
	pad(b, from, ENTRY);
	text_add_escaped(b, p->list);
	buf_add_str(b, STR(", "));
	add_place(b, p->source_file, p->source_line);
	buf_add_char(b, '\n');
}

static void
add_policy(struct buf *b, const struct snapshot *s, const struct request *r,
    const struct verdict *v, const struct provenance *p)
{
	const struct net *net;
	char room[NET_ROOM];
	size_t from;

	snapshot_group_of(s, r->client, &net);
	label(b, "policy");
	from = b->n;
	text_add_escaped(b, p->policy);
	buf_add_str(b, STR(" ("));
	if (!str_eq(p->group, p->policy)) {
		buf_add_str(b, STR("group "));
		text_add_escaped(b, p->group);
		buf_add_str(b, STR(", "));
	}
	if (r->as_group) {
		buf_add_str(b, STR("as asked"));
	} else if (net) {
		buf_add_str(b, STR("net:"));
		buf_add_str(b, net_text(net, room));
	} else {
		buf_add_str(b, STR("everyone else"));
	}
	buf_add_char(b, ')');
	pad(b, from, POLICY);
	buf_addf(b, "stage %s, final\n", stages[v->stage]);
}

static void
add_text(struct buf *b, const struct snapshot *s, const struct request *r,
    const struct verdict *v)
{
	struct provenance p;

	snapshot_provenance(s, r, v, &p);
	label(b, action_name(v->action));
	add_subject(b, r);
	buf_add_char(b, '\n');
	if (v->reason != REASON_RULE && v->reason != REASON_DEFAULT) {
		label(b, "reason");
		buf_addf(b, "%s: %s\n", reason_slug(v->reason),
		    reason_text(v->reason));
	}
	add_name(b, r, v->subject);
	add_rule(b, v, &p);
	if (p.category.n) {
		label(b, "category");
		text_add_escaped(b, p.category);
		buf_add_char(b, '\n');
	}
	if (v->has_entry)
		add_entry(b, v, &p);
	add_policy(b, s, r, v, &p);
}

/* --------------------------------------------------------------- trace */

struct ear {
	const struct snapshot *s;
	struct buf *out;
	struct buf terms; /* of the rule that is being read */
};

static void
hear_subject(void *arg, enum subject subject, struct str text)
{
	struct ear *e = arg;

	label(e->out, "judged");
	text_add_escaped(e->out, text);
	buf_addf(e->out, "%s%s\n", text.n ? ", the " : "", subjects[subject]);
}

static void
hear_entry(void *arg, const struct trace_entry *t)
{
	struct ear *e = arg;
	size_t from;

	label(e->out, t->exception    ? "  except"
	              : t->by_pattern ? "  matches"
	                              : "  listed");
	from = e->out->n;
	text_add_escaped(e->out, t->entry);
	pad(e->out, from, ENTRY);
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
		buf_reset(&e->terms); /* read anew, now that more is known */
	buf_addf(&e->terms, "%s%u %s", e->terms.n ? ", " : "", term + 1u,
	    truths[value]);
}

static void
hear_rule(void *arg, uint16_t policy, uint16_t rule, enum truth value)
{
	struct ear *e = arg;
	const struct rule *r = &e->s->policies[policy].rules[rule];

	label(e->out, "  rule");
	buf_addf(e->out, "%-8s", truths[value]);
	add_place(e->out, r->where.file, r->where.line);
	buf_add_str(e->out, STR("  "));
	text_add_escaped(e->out, r->line);
	if (r->nterms > 1) {
		buf_add_str(e->out, STR("  (terms: "));
		buf_add_str(e->out, buf_str(&e->terms));
		buf_add_char(e->out, ')');
	}
	buf_add_char(e->out, '\n');
	buf_reset(&e->terms);
}

/* ---------------------------------------------------------------- JSON */

static void
put_text(struct buf *b, const char *key, struct str s)
{
	if (s.n)
		json_key_str(b, key, s);
}

static void
put_number(struct buf *b, const char *key, uint64_t v)
{
	if (v)
		json_key_u64(b, key, v);
}

static void
put_rule(struct buf *b, const struct provenance *p)
{
	json_key(b, "rule");
	json_open(b, '{');
	put_text(b, "file", p->rule_file);
	put_number(b, "line", p->rule_line);
	put_text(b, "text", p->rule_text);
	put_text(b, "list", p->list);
	put_text(b, "category", p->category);
	put_text(b, "entry", p->entry);
	put_text(b, "source", p->source_file);
	put_number(b, "source_line", p->source_line);
	json_close(b, '}');
}

static void
put_json(struct buf *b, const struct snapshot *s, const struct request *r,
    const struct verdict *v)
{
	struct provenance p;

	snapshot_provenance(s, r, v, &p);
	json_open(b, '{');
	json_key_z(b, "action", action_name(v->action));
	json_key_z(b, "reason", reason_slug(v->reason));
	json_key_z(b, "stage", stage_name(v->stage));
	json_key_z(b, "visibility", visibility_name(v->visibility));
	put_text(b, "group", p.group);
	put_text(b, "policy", p.policy);
	put_text(b, "method", r->method);
	put_text(b, "host", name_str(r->host));
	put_number(b, "port", r->port);
	if (r->deepest >= STAGE_URL)
		put_text(b, "url", r->url.text);
	put_text(b, "connect", name_str(r->connect));
	put_text(b, "sni", name_str(r->sni));
	if (r->tunnel)
		json_key_bool(b, "tunnel", true);
	put_rule(b, &p);
	json_close(b, '}');
	buf_add_char(b, '\n');
}

struct verdict
explain_with(const struct snapshot *s, const struct request *r,
    const struct facts *facts, enum explain_form form, struct buf *out)
{
	struct ear ear = {.s = s, .out = out, .terms = BUF_EMPTY};
	const struct trace trace = {.arg = &ear,
	    .subject = hear_subject,
	    .rule = hear_rule,
	    .term = hear_term,
	    .entry = hear_entry};
	struct facts f = *facts, again = *facts;
	struct request copy = *r;
	/* The edge asks about a plain request when it has its URL, and a record
	 * says so; a person is told how early it was clear. */
	enum stage first =
	    form == EXPLAIN_JSON && !r->tunnel ? STAGE_URL : STAGE_HOST;
	struct verdict v = scenario_decide(s, &copy, &f, first);

	if (form == EXPLAIN_JSON)
		put_json(out, s, r, &v);
	else
		add_text(out, s, r, &v);
	if (form == EXPLAIN_TRACE)
		decide(s, &copy, &again, &trace);
	buf_fini(&ear.terms);
	return v;
}

struct verdict
explain(const struct snapshot *s, const struct request *r,
    enum explain_form form, struct buf *out)
{
	struct facts f;

	scenario_facts(&f, STR_NONE);
	return explain_with(s, r, &f, form, out);
}
