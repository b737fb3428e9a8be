/* spend.c - budgets of what is let through. */
#include "proxy/spend.h"

#include "filters/decide.h"
#include "filters/snapshot.h"
#include "proxy/budgets.h"
#include "proxy/conn.h"
#include "proxy/need.h"
#include "proxy/txn.h"
#include "proxy/worker.h"

#define MINUTE_MS 60000

static int64_t
seconds_now(struct worker *w)
{
	return loop_wall_ms(w->loop) / 1000;
}

/* The rule without its amount: who gets more of it has used what he has. */
static struct str
without_amount(struct str text)
{
	size_t n = text.n;

	while (n > 0 && text.p[n - 1] != ' ')
		n--;
	return n ? str_sub(text, 0, n) : text;
}

/* Budget <i> of who asks. False: there is none such. */
static bool
use_of(const struct need_now *n, const struct facts *f, unsigned i,
    struct budget_use *out)
{
	struct snapshot_budget b;

	if (!snapshot_budget(n->snapshot, i, seconds_now(n->worker), &b))
		return false;
	*out = (struct budget_use){.client = n->request->client,
	    .policy = b.policy,
	    .text = without_amount(b.text),
	    .per = (uint8_t)b.per,
	    .began = b.began,
	    .seconds = b.seconds};
	if (f->settled & FACT_USER)
		out->user = f->user;
	return true;
}

/* ------------------------------------------------------------------- the fact */

static enum budget_left
left(const struct need_now *n, const struct facts *f, unsigned i)
{
	struct budget_use u;

	if (!n->worker->budgets || !use_of(n, f, i, &u))
		return BUDGET_NO_ROOM;
	return budgets_left(n->worker->budgets, &u, seconds_now(n->worker));
}

void
spend_now(const struct need_now *n, const struct verdict *v, struct facts *f)
{
	uint64_t bit = UINT64_C(1) << v->budget % FACT_BUDGETS_MAX;

	switch (left(n, f, v->budget)) {
	case BUDGET_NO_ROOM:
		return; /* unsettled */
	case BUDGET_SPENT:
		f->spent.is |= bit;
		break;
	case BUDGET_LEFT:
		f->spent.is &= ~bit;
		break;
	}
	f->spent.settled |= bit;
}

static struct need_now
now_of(const struct txn *t)
{
	return (struct need_now){
	    t->worker, t->conn, t->pin->snapshot, &t->request};
}

bool
spend_fetch(struct txn *t)
{
	struct need_now n = now_of(t);

	spend_now(&n, &t->verdict, &t->facts);
	return true;
}

void
spend_drop(struct txn *t)
{
	(void)t; /* never waits */
}

/* ------------------------------------------------------------------- charging */

void
spend_charge(
    const struct need_now *n, const struct verdict *v, const struct facts *f)
{
	struct budget_use u;

	for (unsigned i = 0; i < FACT_BUDGETS_MAX; i++)
		if (v->budgets >> i & 1 && n->worker->budgets &&
		    use_of(n, f, i, &u))
			budgets_charge(
			    n->worker->budgets, &u, seconds_now(n->worker));
}

void
spend_begin(struct txn *t)
{
	struct need_now n = now_of(t);

	if (!t->verdict.budgets)
		return;
	t->minute = loop_wall_ms(t->worker->loop) / MINUTE_MS;
	spend_charge(&n, &t->verdict, &t->facts);
}

/* Ask again with what is known of the budgets by now. */
static struct verdict
ask_again(struct txn *t)
{
	struct need_now n = now_of(t);

	for (unsigned i = 0; i < FACT_BUDGETS_MAX; i++) {
		struct verdict v = {.budget = (uint8_t)i};

		if (t->verdict.budgets >> i & 1)
			spend_now(&n, &v, &t->facts);
	}
	return decide(t->pin->snapshot, &t->request, &t->facts, NULL);
}

bool
spend_goes_on(struct txn *t)
{
	struct verdict v;

	if (!t->verdict.budgets ||
	    loop_wall_ms(t->worker->loop) / MINUTE_MS == t->minute)
		return true;
	v = ask_again(t);
	if (v.kind == VERDICT_DENY) {
		t->verdict = v;
		t->told = false;
		return false;
	}
	spend_begin(t);
	return true;
}
