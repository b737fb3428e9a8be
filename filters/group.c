/* group.c - who asks, as far as that is known. */
#include "filters/group.h"

#include <string.h>

#include "filters/facts.h"
#include "filters/snapshot_impl.h"
#include "filters/terms.h"

/* A fact that is not there: still to be asked for, or in vain. */
static enum truth
lacks(enum fact fact, bool asked, struct missing *m)
{
	if (asked)
		m->unsettled = true;
	else
		m->needs |= fact;
	return TRUTH_UNKNOWN;
}

enum truth
user_is(const struct facts *f, struct str name, struct missing *m)
{
	if (!(f->settled & FACT_USER))
		return lacks(FACT_USER, f->asked & FACT_USER, m);
	return f->user.n && str_eq(f->user, name) ? TRUTH_TRUE : TRUTH_FALSE;
}

enum truth
user_in(const struct facts *f, unsigned i, struct missing *m)
{
	if (!(f->settled & FACT_USER))
		return lacks(FACT_USER, f->asked & FACT_USER, m);
	if (f->user.n == 0)
		return TRUTH_FALSE;
	if (!(f->member.settled >> i & 1)) {
		/* one at a time: the first that was met */
		if (!(m->needs & FACT_MEMBER) && !(f->member.asked >> i & 1))
			m->member = (uint8_t)i;
		return lacks(FACT_MEMBER, f->member.asked >> i & 1, m);
	}
	return f->member.is >> i & 1 ? TRUTH_TRUE : TRUTH_FALSE;
}

/* What is known at once. */
static bool
has_at_once(const struct group *g, const struct request *r)
{
	for (unsigned i = 0; i < g->nnets; i++)
		if (net_has(&g->nets[i], r->client))
			return true;
	for (unsigned i = 0; r->has_mac && i < g->nmacs; i++)
		if (memcmp(g->macs[i], r->mac, sizeof(r->mac)) == 0)
			return true;
	for (unsigned i = 0; r->listener.n && i < g->nlisteners; i++)
		if (str_eq(g->listeners[i], r->listener))
			return true;
	return false;
}

enum truth
group_has(const struct group *g, const struct request *r, const struct facts *f,
    struct missing *m)
{
	enum truth value = TRUTH_FALSE;

	if (has_at_once(g, r))
		return TRUTH_TRUE;
	for (unsigned i = 0; i < g->nusers; i++) {
		enum truth t = user_is(f, g->users[i], m);

		if (t == TRUTH_TRUE)
			return t;
		if (t == TRUTH_UNKNOWN)
			value = t;
	}
	for (unsigned i = 0; i < g->nauth; i++) {
		enum truth t = user_in(f, g->auth[i], m);

		if (t == TRUTH_TRUE)
			return t;
		if (t == TRUTH_UNKNOWN)
			value = t;
	}
	return value;
}

/* A group that cannot be told, and nothing is left to ask for. */
static bool
is_passed_over(const struct snapshot *s, const struct group *g)
{
	return s->policies[g->policy].on_unsettled == ACTION_ALLOW;
}

static void
tell(const struct trace *trace, uint16_t group, enum truth value)
{
	if (trace && trace->group)
		trace->group(trace->arg, group, value);
}

enum truth
group_of(const struct snapshot *s, const struct request *r,
    const struct facts *f, const struct trace *trace, uint16_t *group,
    struct missing *m)
{
	uint16_t last = (uint16_t)(s->ngroups - 1);

	if (r->as_group && r->as_group <= s->ngroups) {
		*group = (uint16_t)(r->as_group - 1);
		tell(trace, *group, TRUTH_TRUE);
		return TRUTH_TRUE;
	}
	for (*group = 0; *group < last; (*group)++) {
		const struct group *g = &s->groups[*group];
		enum truth value;

		*m = MISSING_NOTHING;
		value = group_has(g, r, f, m);
		tell(trace, *group, value);
		if (value == TRUTH_TRUE ||
		    (value == TRUTH_UNKNOWN &&
		        (m->needs || !is_passed_over(s, g))))
			return value;
	}
	tell(trace, last, TRUTH_TRUE);
	return TRUTH_TRUE;
}
