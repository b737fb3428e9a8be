/* shadow.c - what another configuration would have decided. */
#include "proxy/shadow.h"

#include "base/sys/log.h"
#include "filters/scenario.h"
#include "filters/snapshot.h"
#include "proxy/keep_record.h"
#include "proxy/limits.h"
#include "proxy/txn.h"
#include "proxy/worker_part.h"
#include "review/ring.h"

void
shadow_take(struct worker *w, struct snapshot *s)
{
	struct snapshot *old = w->shadow;

	w->shadow = s;
	if (old)
		worker_drop_snapshot(w, old);
}

void
shadow_hand(struct worker **workers, unsigned n, struct snapshot *s)
{
	for (unsigned i = 0; i < n; i++) {
		struct snapshot *ref = s ? snapshot_ref(s) : NULL;

		if (worker_send(workers[i], WORKER_SHADOW, ref))
			continue;
		log_err("out of memory: worker %u keeps the former shadow", i);
		if (ref) /* never the last: the caller has one */
			snapshot_unref(ref);
	}
}

unsigned
shadow_wants(const struct worker *w)
{
	return w->shadow ? snapshot_wants(w->shadow) &
	                       (SNAPSHOT_WANTS_FIELDS | SNAPSHOT_WANTS_MAC)
	                 : 0;
}

/* ------------------------------------------------------------------ facts */

/* Membership by name: each snapshot has numbers of its own. What the live one
 * did not ask is taken for no. */
static void
copy_members(struct facts *f, const struct facts *from,
    const struct snapshot *s, const struct snapshot *live)
{
	struct str name;

	f->member.asked = f->member.settled = UINT64_MAX;
	f->member.is = 0;
	for (unsigned i = 0; (name = snapshot_auth_group(s, i)).n; i++) {
		struct str other;
		unsigned k = 0;

		while ((other = snapshot_auth_group(live, k)).n &&
		       !str_eq(other, name))
			k++;
		if (!other.n || !(from->member.asked & UINT64_C(1) << k))
			continue;
		if (!(from->member.settled & UINT64_C(1) << k))
			f->member.settled &= ~(UINT64_C(1) << i);
		else if (from->member.is & UINT64_C(1) << k)
			f->member.is |= UINT64_C(1) << i;
	}
}

/* What is known is known to both; what is not is not asked for. */
static void
facts_for(struct facts *f, const struct txn *t, const struct snapshot *s)
{
	const struct facts *live = &t->facts;
	bool user = live->settled & FACT_USER;

	scenario_facts(f, user ? live->user : STR_NONE);
	if ((live->asked & FACT_USER) && !user)
		f->settled &= ~(uint32_t)FACT_USER; /* asked in vain */
	f->granted = (live->settled & FACT_GRANT) && live->granted;
	copy_members(f, live, s, t->pin->snapshot);
}

/* ----------------------------------------------------------------- record */

static bool
may_record(struct worker *w)
{
	int64_t second = loop_now(w->loop) / 1000;

	if (second != w->shadow_at) {
		w->shadow_at = second;
		w->shadow_n = 0;
	}
	/* what is really blocked needs the room more */
	return w->shadow_n++ < LIMIT_SHADOW &&
	       ring_used(w->ring) < RING_SLOTS / 2;
}

static void
record(struct txn *t, const struct request *r, const struct facts *f,
    const struct verdict *v)
{
	struct worker *w = t->worker;
	struct provenance said;
	char id[RECORD_ID];
	const struct keep k = {
	    .action = RECORD_SHADOW,
	    .reason = v->reason,
	    .snapshot = w->shadow,
	    .request = r,
	    .verdict = v,
	    .said = &said,
	    .facts = f,
	    .listener = t->conn->listener,
	    .live = (uint8_t)(scenario_action(&t->verdict) + 1),
	    .raw_url = t->raw_url,
	    .began = t->began,
	};

	if (!may_record(w)) {
		stats_add(&w->stats.shadow_unrecorded, 1);
		return;
	}
	snapshot_provenance(w->shadow, r, v, &said);
	if (!keep_put(w, &k, id))
		stats_add(&w->stats.shadow_unrecorded, 1);
}

/* What the client gets: whether it is recorded makes no difference. */
static enum action
outcome(const struct verdict *v)
{
	enum action a = scenario_action(v);

	return a == ACTION_MONITOR ? ACTION_ALLOW : a;
}

static void
count(struct stats *s, enum action to)
{
	switch (to) {
	case ACTION_BLOCK:
		stats_add(&s->shadow_block, 1);
		return;
	case ACTION_WARN:
		stats_add(&s->shadow_warn, 1);
		return;
	case ACTION_ALLOW:
	case ACTION_MONITOR:
		stats_add(&s->shadow_allow, 1);
		return;
	}
}

static void
judge(struct txn *t)
{
	struct worker *w = t->worker;
	struct request r = t->request;
	struct facts f;
	struct verdict v;
	enum action to;

	facts_for(&f, t, w->shadow);
	r.deepest = r.stage;
	v = scenario_decide(w->shadow, &r, &f, r.stage);
	to = outcome(&v);
	stats_add(&w->stats.shadow_judged, 1);
	if (v.tier < TIER_POLICY || to == outcome(&t->verdict))
		return;
	count(&w->stats, to);
	record(t, &r, &f, &v);
}

void
shadow_judge(struct txn *t)
{
	if (t->worker->shadow && t->verdict.tier >= TIER_POLICY)
		judge(t);
}
