/*
 * judge.c - decide() is asked, at each stage, and what it says is carried out:
 * facts are fetched, the site is gone on to, the answer is let go, or neither.
 */
#include "base/bug.h"
#include "config/config.h"
#include "filters/decide.h"
#include "proxy/auth.h"
#include "proxy/keep_record.h"
#include "proxy/need.h"
#include "proxy/origin.h"
#include "proxy/peek.h"
#include "proxy/reply.h"
#include "proxy/safe.h"
#include "proxy/shadow.h"
#include "proxy/spend.h"
#include "proxy/txn.h"
#include "review/ring.h"

/* It is let through: counted once, recorded where the policy wants that. */
static void
let_through(struct txn *t)
{
	if (t->verdict.action == ACTION_MONITOR &&
	    t->verdict.kind == VERDICT_ALLOW && peek_is_first_record(t))
		keep_record_now(t, RECORD_MONITOR);
	if (!peek_is_first_pass(t))
		return;
	stats_add(&t->worker->stats.allowed, 1);
	spend_begin(t);
	shadow_judge(t);
}

/* Who is it? Without credentials that is how browsers begin, and no matter for
 * the log; wrong ones are one. */
static enum step
challenge(struct txn *t)
{
	t->reason = t->challenge;
	t->status = reply_status(t->challenge);
	t->judged = false; /* it was not decided about */
	t->why = "sign in with your name and password";
	if (t->challenge == REASON_AUTH_NEEDED) {
		stats_add(&t->worker->stats.auth_asked, 1);
		txn_goto(t, TXN_REPLY);
		return STEP_AGAIN;
	}
	stats_add(&t->worker->stats.auth_failed, 1);
	txn_count_end(t, t->reason);
	txn_goto(t, TXN_RECORD);
	return STEP_AGAIN;
}

/* <t> may go on to its site. A tunnel comes by twice: by the name that CONNECT
 * gave, and by what its greeting says; only then it is allowed. */
static enum step
go_on(struct txn *t)
{
	struct worker *w = t->worker;

	if (t->peek) {
		let_through(t);
		return peek_go_on(t);
	}
	if (w->config->on_log_failure == PERMIT_BLOCK &&
	    ring_used(w->ring) >= RING_SLOTS)
		return txn_fail(t, REASON_LOG_FULL);
	if (!safe_apply(t))
		return txn_fail(t, REASON_NO_MEMORY);
	if ((!txn_is_connect(t) || t->answered) && !peek_is_wanted(t))
		let_through(t);
	txn_goto(t, TXN_FETCH);
	return STEP_AGAIN;
}

/* While others are asked nothing is taken from the origin. */
static void
hold_origin(struct txn *t)
{
	if (!t->origin)
		return;
	watch_want(&t->origin->watch, WATCH_NONE);
	watch_want(&t->conn->watch, t->more ? WATCH_NONE : WATCH_READ);
}

static enum step
deny(struct txn *t)
{
	shadow_judge(t);
	hold_origin(t);
	origin_close(t->origin);
	t->origin = NULL;
	return txn_refuse(t, t->verdict.reason, 403);
}

/* Names that contradict each other are no matter of the policy alone. */
static bool
names_agree(const struct txn *t)
{
	const struct request *r = &t->request;

	if (!t->conn->inner || txn_is_connect(t))
		return true;
	return name_eq(r->host, r->connect) && r->port == t->conn->inner->port;
}

enum step
step_decide(struct txn *t)
{
	struct snapshot *s = t->pin->snapshot;

	if (t->challenge && t->verdict.kind != VERDICT_DENY)
		return challenge(t);
	if (t->site.asked) { /* it was the user that had to be known */
		txn_goto(t, TXN_SITE);
		return STEP_AGAIN;
	}
	t->verdict = decide(s, &t->request, &t->facts, NULL);
	t->judged = true;
	t->told = false;
	if (t->verdict.patterns_ran)
		facts_store(t->worker, s, &t->request, &t->facts.patterns);
	switch (t->verdict.kind) {
	case VERDICT_ALLOW:
	case VERDICT_ASK:
		if (t->challenge)
			return challenge(t);
		if (!names_agree(t))
			return txn_fail(t, REASON_NAME_MISMATCH);
		if (!auth_is_early(t))
			return go_on(t);
		t->verdict.needs = FACT_USER;
		break;
	case VERDICT_DENY:
		if (!auth_is_offered(t))
			return deny(t);
		t->verdict.needs = FACT_USER; /* for the record */
		break;
	case VERDICT_NEED:
		break;
	}
	return txn_need(t);
}

enum step
txn_need(struct txn *t)
{
	if (BUG(!need_is_new(t)))
		return txn_refuse(t, REASON_UNSETTLED, 403);
	t->settled = need_fetch(t);
	hold_origin(t);
	txn_goto(t, TXN_FACTS);
	if (t->patience_ms)
		timer_arm(&t->conn->timer, t->patience_ms);
	return STEP_AGAIN;
}

enum step
step_facts(struct txn *t)
{
	if (!t->settled && !t->late)
		return STEP_WAIT;
	need_drop(t);
	txn_goto(t, TXN_DECIDE);
	return STEP_AGAIN;
}
