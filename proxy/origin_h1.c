/*
 * origin_h1.c - a request goes out and its answer comes back, in HTTP/1. Both
 * may go on at the same time: an early answer is passed on while the upload
 * continues, and who ends first does not stop the other from being read.
 */
#include "proxy/origin_h1.h"
#include "base/bug.h"
#include "config/config.h"
#include "proxy/block.h"
#include "proxy/head_out.h"
#include "proxy/limits.h"
#include "proxy/origin.h"
#include "proxy/peek.h"
#include "proxy/spend.h"
#include "proxy/tunnel.h"
#include "proxy/txn.h"

static struct str
our_via(const struct txn *t)
{
	return str_make(t->worker->via, t->worker->via_n);
}

/* ---- the request */

static bool
begin(struct txn *t)
{
	struct head_out_request q = {
	    .head = &t->head,
	    .target = &t->target,
	    .request = &t->request,
	    .via = our_via(t),
	    .absolute = t->worker->config->via.host.n != 0,
	    .edit = t->edit,
	    .in_one = peek_is_wanted(t),
	};

	if (!t->out_head.n)
		t->out_head = head_out_request(&t->arena, &q);
	if (!t->out_head.n)
		return false;
	h1_begin(&t->parser, H1_RESPONSE);
	flow_begin(
	    &t->up, &t->head, t->head.framing, t->head.framing, H1_REQUEST);
	flow_head(&t->up, t->out_head);
	t->readable[SIDE_CLIENT] |= t->more;
	t->more = false;
	t->begun = true;
	return true;
}

enum step
origin_upload(struct txn *t)
{
	struct worker *w = t->worker;
	uint64_t before = t->up.moved;
	struct flow_ends e = {
	    .pool = &w->blocks,
	    .block = &t->conn->in,
	    .source = t->conn->fd,
	    .sink = t->origin->fd,
	    .readable = &t->readable[SIDE_CLIENT],
	    .count_in = &w->stats.bytes_in,
	    .count_out = &w->stats.origin_out,
	};

	if (flow_is_done(&t->up))
		return STEP_WAIT;
	switch (flow_pump(&t->up, &e)) {
	case FLOW_DONE:
		/* without a body there is no time between head and end */
		if (t->head.framing != H1_NO_BODY && t->state == TXN_AWAIT)
			timer_arm(&t->conn->timer,
			    w->config->first_byte_s * INT64_C(1000));
		return STEP_WAIT;
	case FLOW_WAIT:
		/* how long first bytes are waited for stays as it is */
		if (t->up.moved != before && t->state != TXN_PEEK)
			timer_arm(&t->conn->timer,
			    w->config->body_idle_s * INT64_C(1000));
		return STEP_WAIT;
	case FLOW_SHORT:
	case FLOW_SOURCE_FAIL:
		return txn_fail(t, REASON_CLIENT_ABORT);
	case FLOW_MALFORMED:
		t->why = t->up.why;
		t->close = true;
		return txn_fail(t, REASON_MALFORMED);
	case FLOW_SINK_FAIL:
	case FLOW_LIMIT: /* none was set */
		break;
	}
	/* it takes no more; what it has to say may have come before that */
	t->up.ended = true;
	t->up.full = false;
	t->up.pieces = (struct pieces){0};
	t->broken = true;
	t->readable[SIDE_ORIGIN] = true;
	return STEP_WAIT;
}

/* ---- the answer's head */

/* It has closed before its answer was whole. */
static enum step
origin_gone(struct txn *t)
{
	if (t->down_block && t->down_block->n)
		return txn_fail(t, REASON_ORIGIN_SHORT);
	if (!t->origin->uses || t->fresh || t->interim || !txn_is_repeatable(t))
		return txn_fail(t, REASON_ORIGIN_CLOSED);
	/* a kept connection that had ended just then: once more, on a new one */
	stats_add(&t->worker->stats.origin_retried, 1);
	origin_close(t->origin);
	t->origin = NULL;
	t->fresh = true;
	t->begun = t->broken = t->writable = false;
	t->readable[SIDE_ORIGIN] = false;
	block_give(&t->worker->blocks, &t->down_block);
	txn_goto(t, TXN_FETCH);
	return STEP_AGAIN;
}

static struct str
answer_out(struct txn *t, enum h1_framing framing)
{
	bool hint = false;
	struct str head;
	struct head_out_answer q = {
	    .head = &t->answer,
	    .framing = framing,
	    .via = our_via(t),
	    .close = t->answer.status >= 200 &&
	             (t->close || t->head.close || t->worker->draining),
	    .hint = &hint,
	};

	head = head_out_answer(&t->arena, &q);
	if (hint)
		stats_add(&t->worker->stats.quic_hints, 1);
	return head;
}

/* 1xx: pass it on to who understands it, and wait for the real one. */
static enum step
interim_answer(struct txn *t)
{
	struct str head = STR_NONE;

	if (++t->interim > LIMIT_INTERIM) {
		t->why = "too many interim answers";
		return txn_fail(t, REASON_ORIGIN_MALFORMED);
	}
	if (t->head.minor >= 1) {
		head = answer_out(t, H1_NO_BODY);
		if (!head.n)
			return txn_fail(t, REASON_NO_MEMORY);
	}
	pieces_add(&t->reply_pieces, head);
	block_eat(t->down_block, t->answer.len);
	block_pack(t->down_block);
	h1_begin(&t->parser, H1_RESPONSE);
	return STEP_WAIT;
}

enum step
origin_switch(struct txn *t)
{
	struct block *old = t->down_block, *b;
	struct str head;

	head = answer_out(t, H1_NO_BODY);
	b = block_take(&t->worker->blocks, BLOCK_LARGE);
	if (!head.n || !b) {
		block_give(&t->worker->blocks, &b);
		return txn_fail(t, REASON_NO_MEMORY);
	}
	block_eat(old, t->answer.len);
	if (head.n + old->n > b->cap) {
		block_give(&t->worker->blocks, &b);
		return txn_fail(t, REASON_ORIGIN_MALFORMED);
	}
	memcpy(b->p, head.p, head.n);
	memcpy(b->p + head.n, block_begin(old), old->n);
	b->n = (uint32_t)head.n + old->n;
	t->down_block = b;
	block_give(&t->worker->blocks, &old);
	if (!tunnel_begin(t, TUNNEL_WEBSOCKET))
		return txn_fail(t, REASON_NO_MEMORY);
	return STEP_WAIT;
}

/* 101: judged before it passes, as any other answer. */
static enum step
switching(struct txn *t)
{
	if (!t->head.upgrade_websocket || !t->answer.upgrade_websocket) {
		t->why = "switching to what nobody asked for";
		return txn_fail(t, REASON_ORIGIN_MALFORMED);
	}
	if (!peek_is_wanted(t))
		return origin_switch(t);
	flow_begin(&t->down, &t->answer, H1_NO_BODY, H1_NO_BODY, H1_RESPONSE);
	return peek_begin(t, H1_NO_BODY);
}

static enum step
final_answer(struct txn *t)
{
	enum h1_framing in, out;
	struct str head;

	if (t->answer.status == 407) /* between a client and its proxy alone */
		return txn_fail(t, REASON_ORIGIN_AUTH);
	in = out = h1_response_framing(&t->answer, t->head.method);
	if (in == H1_TO_EOF || in == H1_CHUNKED)
		out = t->head.minor >= 1 ? H1_CHUNKED : H1_TO_EOF;
	if (out == H1_TO_EOF || t->broken)
		t->close = true;
	head = answer_out(t, out);
	if (!head.n)
		return txn_fail(t, REASON_NO_MEMORY);
	flow_begin(&t->down, &t->answer, in, out, H1_RESPONSE);
	t->down.pieces = t->reply_pieces; /* interim ones go first */
	t->reply_pieces = (struct pieces){0};
	flow_head(&t->down, head);
	block_eat(t->down_block, t->answer.len);
	if (peek_is_wanted(t))
		return peek_begin(t, in);
	t->answered = true;
	txn_goto(t, TXN_RELAY);
	return STEP_AGAIN;
}

/* STEP_WAIT with *<more>: look again, there may be another head. */
static enum step
look_at_answer(struct txn *t, bool *more)
{
	struct block *b = t->down_block;

	*more = false;
	if (!b || b->n == 0)
		return STEP_WAIT;
	switch (h1_head(
	    &t->parser, block_begin(b), b->n, &t->answer, t->answer_fields)) {
	case H1_MORE:
		return STEP_WAIT;
	case H1_BAD:
		t->why = t->parser.why;
		return txn_fail(t, REASON_ORIGIN_MALFORMED);
	case H1_OK:
		break;
	}
	if (t->answer.status == 101) {
		return switching(t);
	}
	if (t->answer.status >= 200)
		return final_answer(t);
	*more = true;
	return interim_answer(t);
}

static enum io
read_answer(struct txn *t)
{
	struct worker *w = t->worker;
	size_t before, room;
	enum io r;

	if (!t->down_block)
		t->down_block = block_take(&w->blocks, BLOCK_LARGE);
	if (!t->down_block)
		return IO_FAIL;
	before = t->down_block->n;
	/* our own head may be a little longer than theirs: switching() */
	room = block_room(t->down_block);
	if (BUG(room <= LIMIT_HEAD_GROWTH))
		return IO_FAIL;
	room -= LIMIT_HEAD_GROWTH;
	r = io_read(t->origin->fd, t->down_block, room);
	stats_add(&w->stats.origin_in, t->down_block->n - before);
	t->readable[SIDE_ORIGIN] =
	    r == IO_DONE && t->down_block->n - before == room;
	if (r == IO_WAIT && t->down_block->n == 0)
		block_give(&w->blocks, &t->down_block);
	return r;
}

/* What each socket is to be watched for, as things stand. */
enum step
origin_wait(struct txn *t)
{
	bool blocked = t->down.full || !pieces_empty(&t->reply_pieces);
	unsigned client = blocked ? WATCH_WRITE : 0u;
	unsigned origin = blocked ? 0u : WATCH_READ;

	if (t->up.ended ? !t->more : !t->up.full)
		client |= WATCH_READ;
	if (t->up.full)
		origin |= WATCH_WRITE;
	watch_want(&t->conn->watch, client);
	watch_want(&t->origin->watch, origin);
	return STEP_WAIT;
}

/* Interim answers on their way out; IO_DONE: all are. */
static enum io
write_interim(struct txn *t)
{
	uint64_t went = 0;
	enum io r;

	if (pieces_empty(&t->reply_pieces))
		return IO_DONE;
	r = io_write(t->conn->fd, &t->reply_pieces, &went);
	stats_add(&t->worker->stats.bytes_out, went);
	return r;
}

enum step
step_await(struct txn *t)
{
	bool more = true;
	enum io r;

	if (!t->begun && !begin(t))
		return txn_fail(t, REASON_NO_MEMORY);
	if (origin_upload(t) == STEP_AGAIN)
		return STEP_AGAIN;
	while (more) {
		r = write_interim(t);
		if (r == IO_FAIL)
			return txn_fail(t, REASON_CLIENT_ABORT);
		if (r == IO_WAIT)
			return origin_wait(t);
		if (look_at_answer(t, &more) == STEP_AGAIN)
			return STEP_AGAIN;
		if (!t->origin)
			return STEP_WAIT; /* a tunnel has taken over */
		if (more || !t->readable[SIDE_ORIGIN])
			continue;
		r = read_answer(t);
		if (r == IO_END || r == IO_FAIL)
			return origin_gone(t);
		more = r == IO_DONE;
	}
	return origin_wait(t);
}

/* ---- the answer's body */

static enum step
all_is_out(struct txn *t)
{
	struct origin *o = t->origin;
	bool clean = !t->down_block || t->down_block->n == 0;

	t->origin = NULL;
	/* what came behind the answer was asked for by nobody */
	if (clean && flow_is_done(&t->up) && !t->broken && !t->answer.close &&
	    t->down.in != H1_TO_EOF)
		origin_pool_keep(t->worker->pool, o);
	else
		origin_close(o);
	t->reason = REASON_DONE;
	txn_goto(t, TXN_DONE);
	return STEP_AGAIN;
}

struct flow_ends
origin_down(struct txn *t)
{
	struct worker *w = t->worker;

	return (struct flow_ends){
	    .pool = &w->blocks,
	    .block = &t->down_block,
	    .source = t->origin->fd,
	    .sink = t->conn->fd,
	    .readable = &t->readable[SIDE_ORIGIN],
	    .count_in = &w->stats.origin_in,
	    .count_out = &w->stats.bytes_out,
	};
}

enum step
step_relay(struct txn *t)
{
	uint64_t before = t->down.moved;
	struct flow_ends e = origin_down(t);

	if (origin_upload(t) == STEP_AGAIN)
		return STEP_AGAIN;
	if (!spend_goes_on(t))
		return txn_fail(t, t->verdict.reason);
	switch (flow_pump(&t->down, &e)) {
	case FLOW_DONE:
		return all_is_out(t);
	case FLOW_WAIT:
		if (t->down.moved != before)
			timer_arm(&t->conn->timer,
			    t->worker->config->body_idle_s * INT64_C(1000));
		return origin_wait(t);
	case FLOW_LIMIT:
		return peek_again(t);
	case FLOW_SINK_FAIL:
		return txn_fail(t, REASON_CLIENT_ABORT);
	case FLOW_MALFORMED:
		t->why = t->down.why;
		return txn_fail(t, REASON_ORIGIN_MALFORMED);
	case FLOW_SHORT:
	case FLOW_SOURCE_FAIL:
		break;
	}
	return txn_fail(t, REASON_ORIGIN_SHORT);
}
