/* explain.c - a verdict with its whole story, as text and as JSON. */
#include "filters/explain.h"

#include "base/buf.h"
#include "base/json.h"
#include "filters/explain_impl.h"
#include "filters/scenario.h"
#include "filters/trace_pack.h"

static const char *const subjects[] = {
    [SUBJECT_NONE] = "no name given",
    [SUBJECT_CONNECT] = "tunnel target",
    [SUBJECT_SNI] = "server name in the TLS greeting",
    [SUBJECT_HOST] = "host",
    [SUBJECT_URL] = "address",
    [SUBJECT_NESTED] = "address inside the address",
};

const char *
explain_subject(enum subject s)
{
	return subjects[s];
}

static bool
has_answer(const struct request *r)
{
	const struct answer *a = &r->answer;

	return a->type.n || a->has_size || a->nfilenames || a->first.n;
}

/* What is said as long as there is no answer, if nobody said what it is. */
static void
ask_before_answer(struct explained *e, const struct request *r)
{
	struct request copy = *r;
	struct facts f = *e->f;

	e->open = r->deepest > STAGE_URL && !has_answer(r) &&
	          e->v.kind == VERDICT_ALLOW;
	if (!e->open)
		return;
	copy.stage = STAGE_URL;
	e->url = decide(e->s, &copy, &f, NULL);
}

/* A record says when the edge asked; a person is told how early it was clear.
 */
static void
ask_how_early(struct explained *e, const struct request *r)
{
	struct request copy = *r;
	struct facts f = *e->f;
	struct verdict v = scenario_decide(e->s, &copy, &f, STAGE_HOST);

	if (v.kind == e->v.kind && v.action == e->v.action &&
	    v.reason == e->v.reason && v.rule == e->v.rule)
		e->v.stage = v.stage;
}

/* The question as it was asked for the final answer. */
struct asked_last {
	struct request r;
	struct facts f;
};

static void
tell_story(const struct explained *e, const struct asked_last *at, bool json,
    struct buf *out)
{
	struct ear ear = {.s = e->s,
	    .policy = &e->s->policies[e->v.policy],
	    .out = out,
	    .json = json};
	const struct trace trace = ear_trace(&ear);
	struct facts f = at->f;

	decide(e->s, &at->r, &f, &trace);
}

struct verdict
explain_with(const struct snapshot *s, const struct request *r,
    const struct facts *facts, enum explain_form form, struct buf *out)
{
	struct explained e = {.s = s, .r = r, .f = facts};
	bool json = form == EXPLAIN_JSON || form == EXPLAIN_JSON_TRACE;
	struct asked_last last = {.r = *r, .f = *facts};

	e.v = scenario_decide(s, &last.r, &last.f, scenario_first(r));
	if (!json)
		ask_how_early(&e, r);
	snapshot_provenance(s, r, &e.v, &e.p);
	ask_before_answer(&e, r);
	if (!json) {
		explain_text(out, &e);
		if (form == EXPLAIN_TRACE)
			tell_story(&e, &last, false, out);
		return e.v;
	}
	json_open(out, '{');
	explain_members(out, &e);
	if (form == EXPLAIN_JSON_TRACE) {
		json_key(out, "trace");
		json_open(out, '[');
		tell_story(&e, &last, true, out);
		json_close(out, ']');
	}
	json_close(out, '}');
	buf_add_char(out, '\n');
	return e.v;
}

struct verdict
explain(const struct snapshot *s, const struct request *r,
    enum explain_form form, struct buf *out)
{
	struct facts f;

	scenario_facts(&f, STR_NONE);
	return explain_with(s, r, &f, form, out);
}

/* ------------------------------------------------------- stories of before */

static const struct policy *
policy_named(const struct snapshot *s, struct str name, uint32_t rules)
{
	for (unsigned i = 0; i < s->npolicies; i++)
		if (str_eq(s->policies[i].name, name) &&
		    trace_rules_hash(s, i) == rules)
			return &s->policies[i];
	return NULL;
}

enum explain_kept
explain_story(const struct snapshot *s, struct str policy, struct bytes story,
    enum explain_form form, struct buf *out)
{
	struct ear ear = {.s = s,
	    .out = out,
	    .json = form == EXPLAIN_JSON || form == EXPLAIN_JSON_TRACE};
	const struct trace hear = ear_trace(&ear), deaf = {.arg = NULL};
	struct trace_head head;

	if (!trace_unpack(story, &deaf, &head))
		return EXPLAIN_DAMAGED;
	ear.policy = policy_named(s, policy, head.rules);
	trace_unpack(story, &hear, &head);
	if (!ear.policy)
		return EXPLAIN_OTHER_RULES;
	return head.cut ? EXPLAIN_CUT : EXPLAIN_WHOLE;
}
