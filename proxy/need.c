/* need.c - the facts that decide() asks for, each from where it is known. */
#include "proxy/need.h"

#include "base/bug.h"
#include "base/table.h"
#include "filters/verdict.h"
#include "proxy/spend.h"
#include "proxy/txn.h"
#include "proxy/warn.h"
#include "proxy/worker.h"

static void
patterns_came(void *txn)
{
	need_came(txn, FACT_PATTERNS);
}

static bool
patterns_fetch(struct txn *t)
{
	t->facts_wait.done = patterns_came;
	t->facts_wait.arg = t;
	return facts_fetch(t->worker, t->pin->snapshot, &t->request, &t->facts,
	    &t->facts_wait);
}

static void
patterns_drop(struct txn *t)
{
	facts_cancel(&t->facts_wait);
}

/* In the order they are asked in; a fact without a row stays unsettled. */
static const struct {
	enum fact fact;
	bool (*fetch)(struct txn *t);
	void (*drop)(struct txn *t);
	/* what is known at once, for who does not wait; NULL: nothing */
	void (*now)(
	    const struct need_now *n, const struct verdict *v, struct facts *f);
} kinds[] = {
    {FACT_PATTERNS, patterns_fetch, patterns_drop, NULL},
    {FACT_USER, auth_user_fetch, auth_drop, auth_user_now},
    {FACT_MEMBER, auth_member_fetch, auth_drop, auth_member_now},
    {FACT_GRANT, warn_fetch, warn_drop, warn_now},
    {FACT_SPENT, spend_fetch, spend_drop, spend_now},
};

/* Of those of <v>, the facts that were not asked for yet. */
static uint32_t
fresh(const struct verdict *v, const struct facts *f)
{
	uint32_t needs = v->needs & ~f->asked;

	needs &= ~(uint32_t)(FACT_MEMBER | FACT_SPENT);
	if (v->needs & FACT_MEMBER && v->member < FACT_GROUPS_MAX &&
	    !(f->member.asked >> v->member & 1))
		needs |= FACT_MEMBER;
	if (v->needs & FACT_SPENT && v->budget < FACT_BUDGETS_MAX &&
	    !(f->spent.asked >> v->budget & 1))
		needs |= FACT_SPENT;
	return needs;
}

static void
mark(struct facts *f, const struct verdict *v, uint32_t needs)
{
	f->asked |= needs;
	if (needs & FACT_MEMBER)
		f->member.asked |= UINT64_C(1) << v->member;
	if (needs & FACT_SPENT)
		f->spent.asked |= UINT64_C(1) << v->budget;
}

bool
need_is_new(const struct txn *t)
{
	return fresh(&t->verdict, &t->facts) != 0;
}

bool
need_fetch(struct txn *t)
{
	uint32_t needs = fresh(&t->verdict, &t->facts);

	t->patience_ms = 0;
	t->needing = 0;
	mark(&t->facts, &t->verdict, needs);
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		if (needs & kinds[i].fact && !kinds[i].fetch(t))
			t->needing |= kinds[i].fact;
	return t->needing == 0;
}

void
need_came(struct txn *t, enum fact which)
{
	if (BUG(!(t->needing & which)))
		return;
	t->needing &= ~(uint32_t)which;
	if (t->needing)
		return;
	t->settled = true;
	txn_run(t);
}

void
need_patience(struct txn *t, uint32_t ms)
{
	if (ms > t->patience_ms)
		t->patience_ms = ms;
}

void
need_drop(struct txn *t)
{
	t->needing = 0;
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		kinds[i].drop(t);
}

void
need_settle(const struct need_now *n, const struct verdict *v, struct facts *f)
{
	uint32_t needs = fresh(v, f);

	mark(f, v, needs);
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		if (needs & kinds[i].fact && kinds[i].now)
			kinds[i].now(n, v, f);
}
