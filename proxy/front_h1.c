/* front_h1.c - what a client says in HTTP/1: the head of a request. */
#include "proxy/auth.h"
#include "proxy/block.h"
#include "proxy/limits.h"
#include "proxy/request_build.h"
#include "proxy/txn.h"

/* Its texts stay where they are until the txn is done: below the floor. */
static enum step
head_is_whole(struct txn *t)
{
	struct block *b = t->conn->in;
	struct request_fault fault = {0};

	stats_add(&t->worker->stats.requests, 1);
	b->at += (uint32_t)t->head.len;
	b->n -= (uint32_t)t->head.len;
	b->floor = b->at;
	auth_begin(t);
	if (!request_build(t, &fault)) {
		t->why = fault.why;
		t->close = true;
		return txn_refuse(t, fault.reason, fault.status);
	}
	t->named = true;
	if (t->status) { /* it is for us, and answered here */
		t->reason = REASON_DONE;
		txn_goto(t, TXN_REPLY);
		return STEP_AGAIN;
	}
	txn_goto(t, site_is_asked(t) ? TXN_SITE : TXN_DECIDE);
	return STEP_AGAIN;
}

static enum step
head_is_bad(struct txn *t)
{
	enum reason why = REASON_MALFORMED;

	stats_add(&t->worker->stats.requests, 1);
	if (t->parser.status == 414 || t->parser.status == 431)
		why = REASON_TOO_LARGE;
	else if (t->parser.status == 501)
		why = REASON_BAD_METHOD;
	else if (t->parser.status == 505)
		why = REASON_BAD_VERSION;
	t->why = t->parser.why;
	t->close = true;
	return txn_refuse(t, why, t->parser.status);
}

/*
 * The head stays where it is for as long as the request lives, and its body
 * comes behind it: see that there is room.
 */
static struct block *
block_for_head(struct txn *t)
{
	struct block *b = t->conn->in;

	if (b && block_room(b) < LIMIT_BODY_ROOM)
		block_grow(&t->worker->blocks, &t->conn->in);
	return t->conn->in;
}

enum step
step_head(struct txn *t)
{
	struct conn *c = t->conn;

	for (;;) {
		struct block *b = block_for_head(t);

		if (b && b->n) {
			switch (h1_head(&t->parser, block_begin(b), b->n,
			    &t->head, t->fields)) {
			case H1_OK:
				return head_is_whole(t);
			case H1_BAD:
				return head_is_bad(t);
			case H1_MORE:
				break;
			}
		}
		if (!t->readable[SIDE_CLIENT])
			return STEP_WAIT;
		t->readable[SIDE_CLIENT] = false;
		if (b && block_room(b) == 0) /* it could not grow */
			return txn_fail(t, REASON_NO_MEMORY);
		switch (conn_read(c)) {
		case IO_DONE:
			continue;
		case IO_WAIT:
			return STEP_WAIT;
		case IO_END:
		case IO_FAIL:
			return txn_fail(t, REASON_CLIENT_ABORT);
		}
	}
}
