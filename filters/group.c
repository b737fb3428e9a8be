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

static bool
has_device(const struct group *g, const struct request *r)
{
	for (unsigned i = 0; r->has_mac && i < g->nmacs; i++)
		if (memcmp(g->macs[i], r->mac, sizeof(r->mac)) == 0)
			return true;
	for (unsigned i = 0; r->listener.n && i < g->nlisteners; i++)
		if (str_eq(g->listeners[i], r->listener))
			return true;
	return false;
}

/* Other than by network. */
static enum truth
has_member(const struct group *g, const struct request *r,
    const struct facts *f, struct missing *m)
{
	enum truth value = TRUTH_FALSE;

	if (has_device(g, r))
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

enum truth
group_has(const struct group *g, const struct request *r, const struct facts *f,
    struct missing *m)
{
	for (unsigned i = 0; i < g->nnets; i++)
		if (net_has(&g->nets[i], r->client))
			return TRUTH_TRUE;
	return has_member(g, r, f, m);
}

/* Is it this one, or can it not be told for a reason that others do not cure?
 * A group that cannot be told is passed over if its policy says so and there
 * is nothing left to ask for. */
static bool
is_end(const struct snapshot *s, const struct group *g, enum truth value,
    const struct missing *m)
{
	if (value != TRUTH_UNKNOWN)
		return value == TRUTH_TRUE;
	return m->needs || s->policies[g->policy].on_unsettled != ACTION_ALLOW;
}

static void
tell(const struct trace *trace, uint16_t group, enum truth value)
{
	if (trace && trace->group)
		trace->group(trace->arg, group, value);
}

/* One after the other, for who listens. */
static enum truth
try_each(const struct snapshot *s, const struct request *r,
    const struct facts *f, const struct trace *trace, struct chosen *out)
{
	for (out->group = 0; out->group + 1u < s->ngroups; out->group++) {
		const struct group *g = &s->groups[out->group];
		enum truth value;

		out->lacks = MISSING_NOTHING;
		value = group_has(g, r, f, &out->lacks);
		tell(trace, out->group, value);
		if (is_end(s, g, value, &out->lacks))
			return value;
	}
	tell(trace, out->group, TRUTH_TRUE);
	return TRUTH_TRUE;
}

/* The same: the first by network is found at once, and before it only those
 * can be that have members of other kinds. */
static enum truth
find_first(const struct snapshot *s, const struct request *r,
    const struct facts *f, struct chosen *out)
{
	unsigned n;
	const uint16_t *member = group_nets_members(s->nets, &n);
	uint16_t first =
	    group_nets_find(s->nets, r->client, (uint16_t)(s->ngroups - 1));

	for (unsigned i = 0; i < n && member[i] < first; i++) {
		const struct group *g = &s->groups[member[i]];
		enum truth value;

		out->lacks = MISSING_NOTHING;
		value = has_member(g, r, f, &out->lacks);
		out->group = member[i];
		if (is_end(s, g, value, &out->lacks))
			return value;
	}
	out->group = first;
	return TRUTH_TRUE;
}

enum truth
group_of(const struct snapshot *s, const struct request *r,
    const struct facts *f, const struct trace *trace, struct chosen *out)
{
	if (r->as_group && r->as_group <= s->ngroups) {
		out->group = (uint16_t)(r->as_group - 1);
		tell(trace, out->group, TRUTH_TRUE);
		return TRUTH_TRUE;
	}
	if (trace && trace->group)
		return try_each(s, r, f, trace, out);
	return find_first(s, r, f, out);
}
