/* txn.c - one request and its answer: made, failed, done. */
#include "proxy/txn.h"

#include <stdlib.h>

#include "base/bug.h"
#include "config/config.h"
#include "filters/snapshot.h"
#include "proxy/block.h"
#include "proxy/keep_record.h"
#include "proxy/limits.h"
#include "proxy/need.h"
#include "proxy/origin.h"
#include "proxy/reply.h"
#include "proxy/worker_part.h"

#define REPLY_KEPT (32 * 1024) /* a larger reply buffer is not kept */

static void txn_watch_client(struct txn *t);

struct txn *
txn_new(struct conn *c)
{
	struct worker *w = c->worker;
	struct txn *t = w->txns;

	if (t) {
		w->txns = t->next;
		w->ntxns--;
	} else {
		t = calloc(1, sizeof(*t));
		if (!t)
			return NULL;
		arena_init(&t->arena, LIMIT_TXN_ARENA);
	}
	if (++w->busy > w->peak)
		w->peak = w->busy;
	t->conn = c;
	t->worker = w;
	t->state = TXN_HEAD;
	t->began = loop_now(w->loop);
	t->pin = worker_pin(w);
	h1_begin(&t->parser, H1_REQUEST);
	timer_arm(&c->timer, w->config->header_s * INT64_C(1000));
	return t;
}

static void
bury_txn(struct grave *g)
{
	struct txn *t = container_of(g, struct txn, grave);
	struct worker *w = t->worker;
	struct arena arena = t->arena;
	struct buf reply = t->reply;

	if (w->ntxns >= LIMIT_TXNS_KEPT) {
		arena_fini(&t->arena);
		buf_fini(&t->reply);
		free(t);
		return;
	}
	arena_reset(&arena);
	if (reply.cap > REPLY_KEPT)
		buf_fini(&reply);
	buf_reset(&reply);
	/* the large arrays at the end are written before they are read */
	memset(t, 0, offsetof(struct txn, said));
	t->arena = arena;
	t->reply = reply;
	t->next = w->txns;
	w->txns = t;
	w->ntxns++;
}

void
txn_end(struct txn *t)
{
	struct worker *w = t->worker;

	if (t->state == TXN_RECORD) /* it waited for room in the ring */
		keep_lost(w);
	resolve_cancel(&t->resolve);
	need_drop(t);
	if (t->origin)
		origin_close(t->origin);
	t->origin = NULL;
	block_give(&w->blocks, &t->down_block);
	if (t->pin)
		worker_unpin(w, t->pin);
	t->pin = NULL;
	w->busy--;
	worker_bury(w, &t->grave, bury_txn);
}

void
txns_keep(struct worker *w, unsigned n)
{
	while (w->ntxns > n) {
		struct txn *t = w->txns;

		w->txns = t->next;
		w->ntxns--;
		arena_fini(&t->arena);
		buf_fini(&t->reply);
		free(t);
	}
}

bool
txns_calm(struct worker *w, unsigned few)
{
	if (w->peak < LIMIT_BURST || w->busy > w->peak / 4)
		return false;
	txns_keep(w, few);
	w->peak = w->busy;
	return true;
}

static bool
reads_client(const struct txn *t)
{
	if (t->state == TXN_AWAIT || t->state == TXN_PEEK ||
	    t->state == TXN_RELAY)
		return !t->up.ended;
	return t->state == TXN_HEAD || t->state == TXN_HELLO ||
	       t->state == TXN_SITE;
}

void
txn_client_ready(struct txn *t, unsigned events)
{
	if (events & WATCH_READ) {
		t->readable[SIDE_CLIENT] = true;
		if (!reads_client(t))
			txn_watch_client(t);
	}
	txn_run(t);
}

/* It has no turn to speak, but speaks, or goes. */
static void
txn_watch_client(struct txn *t)
{
	/* its record is written even if nobody waits for the answer */
	if (t->state == TXN_RECORD) {
		t->more = true;
		watch_want(&t->conn->watch, WATCH_NONE);
		return;
	}
	switch (io_peek(t->conn->fd)) {
	case IO_DONE:
	case IO_END:
		/* the next request, or a body: it waits in the kernel; so does
		 * the end, for who has said all may still hear the answer */
		t->more = true;
		watch_want(&t->conn->watch,
		    t->conn->watch.want & ~(unsigned)WATCH_READ);
		return;
	case IO_WAIT:
		return;
	case IO_FAIL:
		txn_fail(t, REASON_CLIENT_ABORT);
		return;
	}
}

void
txn_origin_ready(void *txn, unsigned events)
{
	struct txn *t = txn;

	if (events & WATCH_READ)
		t->readable[SIDE_ORIGIN] = true;
	t->writable = true;
	txn_run(t);
}

void
txn_count_end(struct txn *t, enum reason why)
{
	struct stats *s = &t->worker->stats;

	switch (reason_kind(why)) {
	case REASON_KIND_POLICY:
		t->action = t->verdict.action == ACTION_WARN ? RECORD_WARN
		                                             : RECORD_BLOCK;
		stats_add(&s->blocked, 1);
		return;
	case REASON_KIND_REFUSE:
		t->action = RECORD_REFUSE;
		stats_add(&s->refused, 1);
		return;
	case REASON_KIND_CLIENT:
		t->action = RECORD_REFUSE;
		return;
	case REASON_KIND_ORIGIN:
	case REASON_KIND_OURS:
	case REASON_KIND_FINE:
		t->action = RECORD_ERROR;
		stats_add(&s->errors, 1);
		return;
	}
}

enum step
txn_refuse(struct txn *t, enum reason why, uint16_t status)
{
	if (t->state == TXN_DONE)
		return STEP_AGAIN;
	t->reason = why;
	t->status = t->answered ? 0 : status;
	t->close |= t->answered || reason_kind(why) != REASON_KIND_POLICY;
	/* who has gone, or was never heard of, is told nothing */
	if (why == REASON_CLIENT_ABORT || why == REASON_CLIENT_CLOSED ||
	    why == REASON_SHUTDOWN || !txn_may_go(t->state, TXN_RECORD)) {
		t->close = true;
		txn_goto(t, TXN_DONE);
		return STEP_AGAIN;
	}
	txn_count_end(t, why);
	txn_goto(t, TXN_RECORD);
	return STEP_AGAIN;
}

enum step
txn_fail(struct txn *t, enum reason why)
{
	return txn_refuse(t, why, reply_status(why));
}

const struct provenance *
txn_provenance(struct txn *t)
{
	if (!t->judged)
		return NULL;
	if (!t->told)
		snapshot_provenance(
		    t->pin->snapshot, &t->request, &t->verdict, &t->said);
	t->told = true;
	return &t->said;
}

static bool
has_body(const struct txn *t)
{
	return t->head.framing == H1_CHUNKED ||
	       (t->head.framing == H1_LENGTH && t->head.length != 0);
}

bool
txn_is_upload_done(const struct txn *t)
{
	return !has_body(t) || (t->begun && t->up.ended && !t->broken);
}

bool
txn_is_repeatable(const struct txn *t)
{
	static const struct str safe[] = {
	    {"GET", 3}, {"HEAD", 4}, {"OPTIONS", 7}};

	for (unsigned i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		if (str_eq(t->head.method, safe[i]))
			return !has_body(t);
	return false;
}

/* Has more come than was asked for? It would make our closing a reset, and
 * that takes away what was answered. */
static bool
has_unread(const struct txn *t)
{
	if (t->conn->in && t->conn->in->n)
		return true;
	return (t->more || t->answered_self) && io_peek(t->conn->fd) == IO_DONE;
}

enum step
step_done(struct txn *t)
{
	struct conn *c = t->conn;
	enum reason why = t->reason;
	enum conn_then then = CONN_KEEP;

	if (t->close || t->head.close || t->worker->draining)
		then = CONN_CLOSE;
	if (!txn_is_upload_done(t) || !t->named ||
	    (then == CONN_CLOSE && has_unread(t)))
		then = CONN_SHUT;
	if (txn_is_connect(t) && t->answered && !t->status &&
	    why != REASON_DONE)
		then = CONN_SHUT; /* there may be more of the greeting */
	if (why == REASON_CLIENT_ABORT)
		then = CONN_CLOSE;
	/* who is to read to the end must see that this is none */
	if (reason_kind(why) != REASON_KIND_FINE && t->answered &&
	    t->down.out == H1_TO_EOF && t->down.moved)
		then = CONN_RESET;
	txn_end(t);
	conn_after(c, then, why);
	return STEP_WAIT;
}
