/* scenario_run.c - a scenario decided, in the stages that the edge goes
 * through. */
#include "filters/scenario.h"

#include "base/bug.h"
#include "filters/decide.h"
#include "filters/snapshot.h"

/* What is known of <whole> at <stage>: the edge has no more by then. */
static void
show_stage(struct request *r, const struct request *whole, enum stage stage)
{
	const struct answer none = {0};

	r->stage = stage;
	r->method =
	    stage < STAGE_URL && !whole->tunnel ? STR_NONE : whole->method;
	r->answer = stage < STAGE_HEAD ? none : whole->answer;
}

enum stage
scenario_deepest(const struct snapshot *s, const struct request *r)
{
	if (r->url.host.n == 0)
		return STAGE_HOST;
	return snapshot_wants(s) & SNAPSHOT_WANTS_HEAD ? STAGE_BODY : STAGE_URL;
}

struct verdict
scenario_decide(const struct snapshot *s, struct request *r, struct facts *f,
    enum stage first)
{
	const struct request whole = *r;
	enum stage deepest = r->deepest;
	struct verdict v;

	show_stage(r, &whole, deepest < first ? deepest : first);
	for (;;) {
		v = decide(s, r, f, NULL);
		if (v.kind != VERDICT_ASK || r->stage >= deepest)
			break;
		if (BUG(v.next <= r->stage))
			break;
		show_stage(r, &whole, v.next < deepest ? v.next : deepest);
	}
	if (BUG(v.kind == VERDICT_NEED) ||
	    BUG(v.kind == VERDICT_ASK && r->stage < deepest)) {
		v.kind = VERDICT_DENY;
		v.action = ACTION_BLOCK;
		v.reason = REASON_INTERNAL;
	}
	/* for a size that is never told: what was let through until now */
	if (v.kind == VERDICT_ASK)
		v.kind = VERDICT_ALLOW;
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

struct verdict
scenario_run(const struct snapshot *s, const struct scenario *c)
{
	struct request r = c->request;
	struct facts f = c->facts;

	return scenario_decide(s, &r, &f, STAGE_HOST);
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
