/*
 * tunnel_open.c - from CONNECT to an open tunnel: our 200, the TLS greeting
 * read whole and judged, and only then a connection to the name that was
 * judged (or to the parent proxy, which is asked for it).
 *
 * A HelloRetryRequest's second greeting passes unread: it must not change the
 * server name (RFC 8446 4.1.2), and a server that is told another one there
 * aborts.
 */
#include <stdlib.h>

#include "config/config.h"
#include "proxy/block.h"
#include "proxy/head_out.h"
#include "proxy/limits.h"
#include "proxy/origin.h"
#include "proxy/request_build.h"
#include "proxy/safe.h"
#include "proxy/tunnel.h"
#include "proxy/txn.h"
#include "proxy/wire/hello.h"

static bool
is_http_port(const struct txn *t)
{
	const struct config *c = t->worker->config;

	for (unsigned i = 0; i < c->tunnel_http_ports.n; i++)
		if (c->tunnel_http_ports.v[i] == t->request.port)
			return true;
	return false;
}

/* What follows is HTTP to one site: a front of its own on the same conn. */
static enum step
turn_inside(struct txn *t)
{
	struct conn_inner *in = calloc(1, sizeof(*in));
	struct name n = t->request.connect;

	if (!in)
		return txn_fail(t, REASON_NO_MEMORY);
	memcpy(in->room, n.p, n.n);
	in->name = n;
	in->name.p = in->room;
	in->port = t->request.port;
	t->conn->inner = in;
	t->head.close = false; /* of CONNECT, not of what is inside */
	t->reason = REASON_DONE;
	txn_goto(t, TXN_DONE);
	return STEP_AGAIN;
}

static void
watch_client(struct txn *t, unsigned events)
{
	watch_want(&t->conn->watch, events);
}

enum step
step_greet(struct txn *t)
{
	uint64_t went = 0;
	enum io r;

	if (!t->answered) {
		pieces_add(&t->reply_pieces,
		    STR("HTTP/1.1 200 Connection established\r\n\r\n"));
		t->answered = true;
	}
	r = io_write(t->conn->fd, &t->reply_pieces, &went);
	stats_add(&t->worker->stats.bytes_out, went);
	if (r == IO_FAIL)
		return txn_fail(t, REASON_CLIENT_ABORT);
	if (r == IO_WAIT) {
		watch_client(t, WATCH_WRITE);
		return STEP_WAIT;
	}
	if (is_http_port(t))
		return turn_inside(t);
	/* the CONNECT's text goes: the greeting may need all of the block */
	t->request.method = STR("CONNECT");
	t->head.method = STR("CONNECT");
	t->head.nfields = 0;
	if (t->conn->in)
		t->conn->in->floor = 0;
	if (t->conn->in && t->conn->in->n == 0)
		block_give(&t->worker->blocks, &t->conn->in);
	else if (t->conn->in)
		block_pack(t->conn->in);
	t->readable[SIDE_CLIENT] |= t->more;
	t->more = false;
	watch_client(t, WATCH_READ);
	txn_goto(t, TXN_HELLO);
	return STEP_AGAIN;
}

/*
 * The names do not agree. Each was, or will be, judged, and the strictest
 * verdict holds, so that nothing is gained by it; where names are hidden
 * (ECH) they differ in all honesty. So it is counted, not refused, unless the
 * administrator wants that.
 */
static enum step
names_differ(struct txn *t, bool ech)
{
	const struct config *c = t->worker->config;
	struct stats *s = &t->worker->stats;

	/* the extension is no sign: browsers send it always, with random
	 * bytes; an outer name that is not the site's is one */
	if (ech) {
		stats_add(&s->ech, 1);
		if (c->ech == PERMIT_BLOCK)
			return txn_refuse(t, REASON_ECH, 0);
	}
	if (!name_is_address(t->request.connect)) {
		stats_add(&s->sni_mismatch, 1);
		if (c->name_mismatch == PERMIT_BLOCK)
			return txn_refuse(t, REASON_NAME_MISMATCH, 0);
	}
	txn_goto(t, TXN_DECIDE);
	return STEP_AGAIN;
}

static enum step
judge_hello(struct txn *t, const struct hello *h)
{
	struct request *r = &t->request;

	t->is_tls = true;
	if (h->sni.n == 0) {
		stats_add(&t->worker->stats.no_sni, 1);
		if (t->worker->config->no_sni == PERMIT_BLOCK)
			return txn_refuse(t, REASON_NO_SNI, 0);
		txn_goto(t, TXN_DECIDE);
		return STEP_AGAIN;
	}
	if (!request_add_sni(t, h->sni)) {
		t->why = "the server name is no name";
		return txn_refuse(t, REASON_BAD_HELLO, 0);
	}
	if (!name_eq(r->sni, r->connect))
		return names_differ(t, h->ech);
	txn_goto(t, TXN_DECIDE);
	return STEP_AGAIN;
}

/* STEP_WAIT: more is needed. */
static enum step
look_at_hello(struct txn *t)
{
	const struct config *c = t->worker->config;
	struct block *b = t->conn->in;
	const uint8_t *p;
	struct hello h;

	if (!b || b->n == 0)
		return STEP_WAIT;
	p = (const void *)block_begin(b);
	if (b->n < hello_wants(p, b->n))
		return STEP_WAIT;
	switch (hello_parse(p, b->n, &h)) {
	case HELLO_MORE:
		return STEP_WAIT;
	case HELLO_OK:
		return judge_hello(t, &h);
	case HELLO_BAD:
		t->is_tls = true;
		t->why = h.why;
		return txn_refuse(t, REASON_BAD_HELLO, 0);
	case HELLO_NOT_TLS:
		break;
	}
	stats_add(&t->worker->stats.non_tls, 1);
	if (c->non_tls == PERMIT_BLOCK)
		return txn_refuse(t, REASON_NOT_TLS, 0);
	txn_goto(t, TXN_DECIDE);
	return STEP_AGAIN;
}

enum step
step_hello(struct txn *t)
{
	struct conn *c = t->conn;

	for (;;) {
		if (look_at_hello(t) == STEP_AGAIN)
			return STEP_AGAIN;
		if (!t->readable[SIDE_CLIENT])
			return STEP_WAIT;
		t->readable[SIDE_CLIENT] = false;
		if (c->in && block_room(c->in) == 0 &&
		    !block_grow(&t->worker->blocks, &c->in)) {
			t->why = "the greeting is too long";
			return txn_refuse(t, REASON_BAD_HELLO, 0);
		}
		switch (conn_read(c)) {
		case IO_DONE:
			continue;
		case IO_WAIT:
			if (c->in && c->in->n == 0)
				block_give(&t->worker->blocks, &c->in);
			return STEP_WAIT;
		case IO_END:
		case IO_FAIL:
			return txn_fail(t, REASON_CLIENT_ABORT);
		}
	}
}

/* ---- the other end stands */

static enum step
open_now(struct txn *t)
{
	if (!tunnel_begin(t, TUNNEL_CONNECT))
		return txn_fail(t, REASON_NO_MEMORY);
	return STEP_WAIT;
}

static enum step
parent_answers(struct txn *t)
{
	struct block *b = t->down_block;

	switch (h1_head(
	    &t->parser, block_begin(b), b->n, &t->answer, t->answer_fields)) {
	case H1_MORE:
		return STEP_WAIT;
	case H1_BAD:
		return txn_fail(t, REASON_ORIGIN_MALFORMED);
	case H1_OK:
		break;
	}
	/* 101 is no answer to CONNECT; a length in a 2xx means nothing */
	if (t->answer.status < 200 && t->answer.status != 101 &&
	    t->interim++ < LIMIT_INTERIM) {
		block_eat(b, t->answer.len);
		block_pack(b);
		h1_begin(&t->parser, H1_RESPONSE);
		return b->n ? parent_answers(t) : STEP_WAIT;
	}
	if (t->answer.status < 200 || t->answer.status > 299)
		return txn_fail(t, REASON_PARENT_REFUSED);
	block_eat(b, t->answer.len);
	return open_now(t);
}

static enum step
write_to_parent(struct txn *t)
{
	uint64_t went = 0;
	enum io r;

	if (!t->out_head.n) {
		t->out_head =
		    head_out_connect(&t->arena, safe_dial(t), t->request.port,
		        str_make(t->worker->via, t->worker->via_n));
		if (!t->out_head.n)
			return txn_fail(t, REASON_NO_MEMORY);
		pieces_add(&t->reply_pieces, t->out_head);
		h1_begin(&t->parser, H1_RESPONSE);
	}
	r = io_write(t->origin->fd, &t->reply_pieces, &went);
	if (r == IO_FAIL)
		return txn_fail(t, REASON_ORIGIN_CLOSED);
	watch_want(&t->origin->watch,
	    r == IO_WAIT ? WATCH_READ | WATCH_WRITE : WATCH_READ);
	return STEP_WAIT;
}

enum step
step_parent(struct txn *t)
{
	struct worker *w = t->worker;

	if (!w->config->via.host.n)
		return open_now(t);
	if (write_to_parent(t) == STEP_AGAIN)
		return STEP_AGAIN;
	if (!t->readable[SIDE_ORIGIN])
		return STEP_WAIT;
	t->readable[SIDE_ORIGIN] = false;
	if (!t->down_block)
		t->down_block = block_take(&w->blocks, BLOCK_LARGE);
	if (!t->down_block)
		return txn_fail(t, REASON_NO_MEMORY);
	switch (io_read(t->origin->fd, t->down_block, SIZE_MAX)) {
	case IO_DONE:
		return parent_answers(t);
	case IO_WAIT:
		return STEP_WAIT;
	case IO_END:
	case IO_FAIL:
		break;
	}
	return txn_fail(t, REASON_ORIGIN_CLOSED);
}
