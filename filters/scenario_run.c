/* scenario_run.c - a scenario decided, in the stages that the edge goes
 * through. */
#include "filters/scenario.h"

#include "base/bug.h"
#include "filters/decide.h"
#include "filters/snapshot.h"

/* One of each kind, and one for each group and budget. */
#define NEEDS_MAX (8 + FACT_GROUPS_MAX + FACT_BUDGETS_MAX)

/* Did anybody say what comes? */
static bool
is_told(const struct request *r)
{
	const struct answer *a = &r->answer;

	return a->type.n || a->has_size || a->nfilenames || a->first.n;
}

/* What is known of <whole> at <stage>: the edge has no more by then. */
static void
show_stage(struct request *r, const struct request *whole, enum stage stage)
{
	const struct answer none = {0};

	r->stage = stage;
	r->method =
	    stage < STAGE_URL && !whole->tunnel ? STR_NONE : whole->method;
	r->answer = stage < STAGE_HEAD ? none : whole->answer;
	/* by its end it has the size that it has; and one of which nobody said
	 * anything is an empty one */
	if (stage == STAGE_BODY || (stage == STAGE_HEAD && !is_told(whole)))
		r->answer.has_size = true;
	if (stage >= STAGE_HEAD && is_told(whole) && !r->answer.status)
		r->answer.status = 200;
}

enum stage
scenario_deepest(const struct snapshot *s, const struct request *r)
{
	if (r->url.host.n == 0)
		return STAGE_HOST;
	return snapshot_wants(s) & SNAPSHOT_WANTS_HEAD ? STAGE_BODY : STAGE_URL;
}

/* What <need> asks for comes as it is in <truth>, if it is there. */
static void
settle(struct facts *f, const struct facts *truth, const struct verdict *need)
{
	uint64_t bit;

	facts_ask(f, need);
	f->settled |= need->needs & truth->settled & (FACT_USER | FACT_GRANT);
	if (f->settled & FACT_USER)
		f->user = truth->user;
	if (f->settled & FACT_GRANT)
		f->granted = truth->granted;
	if (need->needs & FACT_MEMBER) {
		bit = UINT64_C(1) << need->member;
		f->member.settled |= truth->member.settled & bit;
		f->member.is |= truth->member.is & bit;
	}
	if (need->needs & FACT_SPENT) {
		bit = UINT64_C(1) << need->budget;
		f->spent.settled |= truth->spent.settled & bit;
		f->spent.is |= truth->spent.is & bit;
	}
}

/* decide(), and what it needs to know for a final answer or a later stage.
 * Each NEED asks for something more, of which there is an end. */
static struct verdict
decide_with(const struct snapshot *s, const struct request *r, struct facts *f,
    const struct facts *truth)
{
	struct verdict v = decide(s, r, f, NULL);

	for (unsigned i = 0; i < NEEDS_MAX && v.kind == VERDICT_NEED; i++) {
		settle(f, truth, &v);
		v = decide(s, r, f, NULL);
	}
	return v;
}

struct verdict
scenario_decide(const struct snapshot *s, struct request *r, struct facts *f,
    enum stage first)
{
	const struct request whole = *r;
	const struct facts truth = *f;
	enum stage deepest = r->deepest;
	struct verdict v;

	*f = (struct facts){.asked = 0};
	show_stage(r, &whole, deepest < first ? deepest : first);
	for (;;) {
		v = decide_with(s, r, f, &truth);
		if (v.kind != VERDICT_ASK || r->stage >= deepest)
			break;
		if (BUG(v.next <= r->stage))
			break;
		show_stage(r, &whole, v.next < deepest ? v.next : deepest);
	}
	if (BUG(v.kind == VERDICT_NEED || v.kind == VERDICT_ASK)) {
		v.kind = VERDICT_DENY;
		v.action = ACTION_BLOCK;
		v.reason = REASON_INTERNAL;
	}
	return v;
}

void
scenario_facts(struct facts *f, struct str user)
{
	*f = (struct facts){
	    .asked = FACT_PATTERNS | FACT_USER | FACT_MEMBER | FACT_SPENT |
	             FACT_GRANT,
	    .settled = FACT_USER | FACT_GRANT,
	    .user = user,
	    .member = {.asked = UINT64_MAX, .settled = UINT64_MAX},
	    .spent = {.asked = UINT64_MAX, .settled = UINT64_MAX},
	};
}

enum stage
scenario_first(const struct request *r)
{
	return r->url.host.n ? STAGE_URL : STAGE_HOST;
}

struct verdict
scenario_run(const struct snapshot *s, const struct scenario *c)
{
	struct request r = c->request;
	struct facts f = c->facts;

	return scenario_decide(s, &r, &f, scenario_first(&r));
}

enum action
scenario_action(const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_ALLOW:
	case VERDICT_ASK:
		/* a warning that was read lets through */
		return v->action == ACTION_MONITOR ? ACTION_MONITOR
		                                   : ACTION_ALLOW;
	case VERDICT_DENY:
		return v->action == ACTION_WARN ? ACTION_WARN : ACTION_BLOCK;
	case VERDICT_NEED:
		break;
	}
	return BUG(true) ? ACTION_BLOCK : ACTION_ALLOW;
}
