/*
 * txn_fsm.c - the life of one transaction, state by state.
 *
 * A transaction is in exactly one state, and only txn_goto() moves it. Event
 * callbacks hold no logic: they store what arrived and call txn_run(), which
 * takes steps until one has to wait. Whoever waits has a deadline: from the
 * configuration, or a limit of ours.
 */
#include "proxy/txn.h"

#include <assert.h>
#include <stddef.h>

#include "base/bug.h"
#include "base/table.h"
#include "config/config.h"
#include "proxy/limits.h"

#define NO_KEY SIZE_MAX

static const struct {
	const char *name;                /* in logs, in tests */
	enum step (*step)(struct txn *); /* never blocks */
	unsigned next;                   /* the states it may move to */
	size_t key;          /* its longest wait: seconds in struct config, */
	unsigned ms;         /* or so many milliseconds; neither: never waits */
	enum txn_state late; /* where a longer wait leads: itself means that */
	enum reason why;     /* the step sees to it, DONE that it fails so */
} states[] = {
#define TO(s)     (1u << TXN_##s)
#define KEY(name) offsetof(struct config, name), 0
#define MS(n)     NO_KEY, n
#define NEVER     NO_KEY, 0
#define ROW(s, step, next, wait, late, why)                                    \
	[TXN_##s] = {#s, step, next, wait, TXN_##late, REASON_##why},
    /* clang-format off */
    ROW(HEAD,    step_head,    TO(DECIDE) | TO(SITE) | TO(RECORD) | TO(REPLY) | TO(DONE),
	KEY(header_s),         DONE,    CLIENT_TIMEOUT)
    ROW(DECIDE,  step_decide,  TO(FACTS) | TO(SITE) | TO(FETCH) | TO(RELAY) | TO(RECORD) | TO(REPLY) | TO(DONE),
	NEVER,                 DONE,    INTERNAL)
    ROW(FACTS,   step_facts,   TO(DECIDE) | TO(DONE),
	MS(LIMIT_FACTS_MS),    FACTS,   NONE)
    ROW(FETCH,   step_fetch,   TO(AWAIT) | TO(RESOLVE) | TO(CONNECT) | TO(RECORD) | TO(DONE),
	NEVER,                 DONE,    INTERNAL)
    ROW(RESOLVE, step_resolve, TO(CONNECT) | TO(GREET) | TO(RECORD) | TO(DONE),
	KEY(connect_s),        DONE,    DNS_FAILED)
    ROW(CONNECT, step_connect, TO(AWAIT) | TO(PARENT) | TO(RECORD) | TO(DONE),
	KEY(connect_s),        CONNECT, NONE)
    ROW(AWAIT,   step_await,   TO(RELAY) | TO(PEEK) | TO(FETCH) | TO(RECORD) | TO(DONE),
	KEY(first_byte_s),     DONE,    ORIGIN_TIMEOUT)
    ROW(PEEK,    step_peek,    TO(DECIDE) | TO(RECORD) | TO(DONE),
	MS(LIMIT_PEEK_MS),     PEEK,    NONE)
    ROW(RELAY,   step_relay,   TO(DECIDE) | TO(RECORD) | TO(DONE),
	KEY(body_idle_s),      DONE,    ORIGIN_TIMEOUT)
    ROW(GREET,   step_greet,   TO(HELLO) | TO(DONE),
	KEY(hello_s),          DONE,    CLIENT_TIMEOUT)
    ROW(HELLO,   step_hello,   TO(DECIDE) | TO(RECORD) | TO(DONE),
	KEY(hello_s),          DONE,    CLIENT_TIMEOUT)
    ROW(PARENT,  step_parent,  TO(RECORD) | TO(DONE),
	KEY(connect_s),        DONE,    ORIGIN_TIMEOUT)
    ROW(SITE,    step_site,    TO(FACTS) | TO(RECORD) | TO(REPLY) | TO(DONE),
	KEY(header_s),         DONE,    CLIENT_TIMEOUT)
    ROW(RECORD,  step_record,  TO(RECORD) | TO(REPLY) | TO(DONE),
	MS(LIMIT_RECORD_WAIT_MS), RECORD, NONE)
    ROW(REPLY,   step_reply,   TO(DONE),
	MS(LIMIT_REPLY_MS),    DONE,    CLIENT_TIMEOUT)
    ROW(DONE,    step_done,    0,
	NEVER,                 DONE,    INTERNAL)
    /* clang-format on */
};
static_assert(ARRAY_LEN(states) == TXN_NSTATES, "every state has its row");

const char *
txn_state_name(enum txn_state s)
{
	return states[s].name;
}

bool
txn_may_go(enum txn_state from, enum txn_state to)
{
	return states[from].next >> to & 1;
}

static void
arm(struct txn *t)
{
	const char *config = (const void *)t->worker->config;
	int64_t ms = states[t->state].ms;

	if (states[t->state].key != NO_KEY) {
		uint32_t s;

		memcpy(&s, config + states[t->state].key, sizeof(s));
		ms = s * INT64_C(1000);
	}
	if (ms)
		timer_arm(&t->conn->timer, ms);
	else
		timer_off(&t->conn->timer);
}

void
txn_goto(struct txn *t, enum txn_state to)
{
	if (BUG(!txn_may_go(t->state, to))) {
		t->reason = REASON_INTERNAL;
		to = TXN_DONE;
	}
	t->state = to;
	t->late = false;
	/* the deadline of DONE and the like: no wait, nothing to arm */
	if (states[to].key != NO_KEY || states[to].ms)
		arm(t);
}

void
txn_run(struct txn *t)
{
	while (states[t->state].step(t) == STEP_AGAIN)
		continue; /* and after STEP_WAIT <t> may be gone */
}

/* Who is it that we have waited for? With a site at the other end it may be
 * the client all the same: the rest of its upload, or that it reads. */
static enum reason
late_why(const struct txn *t)
{
	bool relays = t->state == TXN_AWAIT || t->state == TXN_RELAY;
	bool uploads = !t->up.ended && !t->up.full;

	return relays && (uploads || t->down.full) ? REASON_CLIENT_TIMEOUT
	                                           : states[t->state].why;
}

/* The present state has waited as long as it may. */
void
txn_late(struct txn *t)
{
	if (states[t->state].late == t->state)
		t->late = true;
	else if (txn_fail(t, late_why(t)) != STEP_AGAIN)
		return;
	txn_run(t);
}
