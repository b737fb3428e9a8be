/* conn.c - one client socket, from accept to close. */
#include "proxy/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/table.h"
#include "config/config.h"
#include "proxy/block.h"
#include "proxy/clients.h"
#include "proxy/limits.h"
#include "proxy/listen.h"
#include "proxy/tunnel.h"
#include "proxy/txn.h"

static void idle_ready(struct conn *c, unsigned events);
static void request_ready(struct conn *c, unsigned events);
static void tunnel_gets(struct conn *c, unsigned events);
static void linger_ready(struct conn *c, unsigned events);
static void request_late(struct conn *c);
static void tunnel_waited(struct conn *c);
static void close_late(struct conn *c);

static const struct {
	const char *name;
	unsigned next; /* the states it may move to */
	void (*ready)(struct conn *c, unsigned events);
	void (*late)(struct conn *c);
} states[] = {
#define TO(s) (1u << CONN_##s)
    /* clang-format off */
    [CONN_IDLE] = {"IDLE", TO(REQUEST) | TO(LINGER) | TO(CLOSED),
	idle_ready, close_late},
    [CONN_REQUEST] = {"REQUEST", TO(IDLE) | TO(TUNNEL) | TO(LINGER) | TO(CLOSED),
	request_ready, request_late},
    [CONN_TUNNEL] = {"TUNNEL", TO(LINGER) | TO(CLOSED),
	tunnel_gets, tunnel_waited},
    [CONN_LINGER] = {"LINGER", TO(CLOSED),
	linger_ready, close_late},
    [CONN_CLOSED] = {"CLOSED", 0, NULL, NULL},
    /* clang-format on */
};
static_assert(ARRAY_LEN(states) == CONN_NSTATES, "every state has its row");

const char *
conn_state_name(enum conn_state s)
{
	return states[s].name;
}

static void
conn_goto(struct conn *c, enum conn_state to)
{
	if (BUG((states[c->state].next & (1u << to)) == 0))
		return;
	c->state = to;
}

static void
conn_ready(void *arg, unsigned events)
{
	struct conn *c = arg;

	if (states[c->state].ready)
		states[c->state].ready(c, events);
}

static void
conn_late(void *arg)
{
	struct conn *c = arg;

	if (states[c->state].late)
		states[c->state].late(c);
}

static void
bury_conn(struct grave *g)
{
	struct conn *c = container_of(g, struct conn, grave);

	timer_fini(&c->timer);
	free(c->inner);
	free(c->auth);
	free(c);
}

void
conn_open(struct listener *l, int fd, const uint8_t client[16])
{
	struct worker *w = l->worker;
	struct conn *c = calloc(1, sizeof(*c));

	if (!c) {
		clients_leave(w->clients, client);
		close(fd);
		return;
	}
	c->worker = w;
	c->listener = l;
	c->fd = fd;
	memcpy(c->client, client, 16);
	list_add(&w->conns, &c->node);
	list_init(&c->ready);
	watch_open(w->loop, &c->watch, fd, conn_ready, c);
	timer_init(w->loop, &c->timer, conn_late, c);
	w->nconns++;
	stats_set(&w->stats.conns, w->nconns);
	watch_want(&c->watch, WATCH_READ);
	timer_arm(&c->timer, w->config->header_s * INT64_C(1000));
	/* the request is often there already */
	idle_ready(c, WATCH_READ);
}

void
conn_close(struct conn *c, enum reason why)
{
	struct worker *w = c->worker;

	if (c->state == CONN_CLOSED)
		return;
	conn_goto(c, CONN_CLOSED);
	c->reason = why;
	if (c->txn)
		txn_end(c->txn);
	c->txn = NULL;
	if (c->tunnel)
		tunnel_end(c->tunnel, why);
	c->tunnel = NULL;
	watch_close(&c->watch);
	timer_off(&c->timer);
	close(c->fd);
	c->fd = -1;
	block_give(&w->blocks, &c->in);
	clients_leave(w->clients, c->client);
	list_del(&c->node);
	list_del(&c->ready);
	w->nconns--;
	stats_set(&w->stats.conns, w->nconns);
	worker_bury(w, &c->grave, bury_conn);
}

enum io
conn_read(struct conn *c)
{
	struct worker *w = c->worker;
	uint32_t before;
	enum io r;

	if (!c->in) {
		c->in = block_take(&w->blocks, BLOCK_SMALL);
		if (!c->in)
			return IO_FAIL;
	}
	before = c->in->n;
	r = io_read(c->fd, c->in, SIZE_MAX);
	stats_add(&w->stats.bytes_in, c->in->n - before);
	return r;
}

static void
begin_request(struct conn *c)
{
	c->txn = txn_new(c);
	if (!c->txn) {
		conn_close(c, REASON_NO_MEMORY);
		return;
	}
	conn_goto(c, CONN_REQUEST);
	txn_run(c->txn);
}

static void
idle_ready(struct conn *c, unsigned events)
{
	(void)events;
	if (!list_empty(&c->ready))
		return; /* it is its turn soon */
	switch (conn_read(c)) {
	case IO_DONE:
		begin_request(c);
		return;
	case IO_WAIT:
		block_give(&c->worker->blocks, &c->in);
		return;
	case IO_END:
		conn_close(c, REASON_CLIENT_CLOSED);
		return;
	case IO_FAIL:
		conn_close(c, REASON_CLIENT_ABORT);
		return;
	}
}

void
conn_resume(struct conn *c)
{
	if (c->state == CONN_IDLE)
		begin_request(c);
}

static void
request_ready(struct conn *c, unsigned events)
{
	txn_client_ready(c->txn, events);
}

static void
request_late(struct conn *c)
{
	txn_late(c->txn);
}

static void
tunnel_gets(struct conn *c, unsigned events)
{
	tunnel_client_ready(c->tunnel, events);
}

static void
tunnel_waited(struct conn *c)
{
	tunnel_late(c->tunnel);
}

static void
close_late(struct conn *c)
{
	conn_close(c, c->state == CONN_IDLE ? REASON_KEEPALIVE_END : c->reason);
}

/* Read and throw away, so that closing does not reset what we have said. */
static void
linger_ready(struct conn *c, unsigned events)
{
	char room[4096];

	(void)events;
	for (unsigned i = 0; i < LIMIT_ROUNDS; i++) {
		ssize_t n = recv(c->fd, room, sizeof(room), 0);

		if (n < 0 && io_would_block())
			return;
		if (n <= 0 || c->lingered >= LIMIT_LINGER_BYTES) {
			conn_close(c, c->reason);
			return;
		}
		c->lingered += (uint32_t)n;
	}
}

static void
linger(struct conn *c, enum reason why)
{
	conn_goto(c, CONN_LINGER);
	c->reason = why;
	block_give(&c->worker->blocks, &c->in);
	shutdown(c->fd, SHUT_WR);
	watch_want(&c->watch, WATCH_READ);
	timer_arm(&c->timer, LIMIT_LINGER_MS);
}

static void
keep(struct conn *c)
{
	struct worker *w = c->worker;

	conn_goto(c, CONN_IDLE);
	watch_want(&c->watch, WATCH_READ);
	timer_arm(&c->timer, w->config->keep_alive_s * INT64_C(1000));
	if (c->in && c->in->n) {
		c->in->floor = 0;
		block_pack(c->in);
		list_add(&w->ready, &c->ready);
		loop_hurry(w->loop);
		return;
	}
	block_give(&w->blocks, &c->in);
}

void
conn_after(struct conn *c, enum conn_then then, enum reason why)
{
	static const struct linger hard = {.l_onoff = 1};

	if (BUG(c->state != CONN_REQUEST && c->state != CONN_TUNNEL))
		return;
	c->txn = NULL;
	switch (then) {
	case CONN_KEEP:
		if (c->worker->draining)
			conn_close(c, REASON_SHUTDOWN);
		else
			keep(c);
		return;
	case CONN_CLOSE:
		conn_close(c, why);
		return;
	case CONN_SHUT:
		linger(c, why);
		return;
	case CONN_RESET:
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		conn_close(c, why);
		return;
	}
}

void
conn_tunnel(struct conn *c, struct tunnel *t)
{
	conn_goto(c, CONN_TUNNEL);
	c->txn = NULL;
	c->tunnel = t;
}

void
conn_drain(struct conn *c)
{
	if (c->state == CONN_IDLE && list_empty(&c->ready))
		conn_close(c, REASON_SHUTDOWN);
}
