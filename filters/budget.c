/* budget.c - the budgets of a snapshot: how much of what in which day. */
#include "filters/snapshot_impl.h"
#include "filters/zone.h"

bool
snapshot_budget(const struct snapshot *s, unsigned i, int64_t now,
    struct snapshot_budget *out)
{
	struct local_time local;
	const struct policy *p;
	const struct rule *r;
	int64_t first;

	if (i >= s->nbudgets)
		return false;
	p = &s->policies[s->budgets[i].policy];
	r = &p->rules[s->budgets[i].rule];
	zone_local(s->zone, now, &local);
	first = local.days;
	if (r->per == BUDGET_WEEK)
		first -= local.weekday;
	*out = (struct snapshot_budget){.text = r->line,
	    .policy = p->name,
	    .seconds = r->budget_s,
	    .per = r->per,
	    .began = zone_day_begins(s->zone, first),
	    .ends = zone_day_begins(
	        s->zone, first + (r->per == BUDGET_WEEK ? 7 : 1))};
	return true;
}
