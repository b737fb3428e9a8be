/*
 * tunnel.c - open tunnels: relay and idle limit.
 */
#include "proxy/tunnel_part.h"

#include <stdlib.h>

#include "config/config.h"
#include "filters/safesearch.h"
#include "proxy/block.h"
#include "proxy/conn.h"
#include "proxy/origin.h"
#include "proxy/txn.h"

static void origin_says(void *tunnel, unsigned events);
static enum relay_result pump(struct tunnel *u, enum side from);
static void after_pump(struct tunnel *u, enum relay_result r);

static void
bury_tunnel(struct grave *g)
{
	struct tunnel *u = container_of(g, struct tunnel, grave);

	free(u->fields);
	free(u);
}

struct str
tunnel_text(const struct tunnel *u, enum text which)
{
	size_t at = 0;

	for (unsigned i = 0; i < which; i++)
		at += u->text_n[i];
	return str_make(u->text + at, u->text_n[which]);
}

/* All of the head's fields in one piece; false: no memory. */
static bool
copy_fields(struct tunnel *u, const struct request *r)
{
	size_t n = r->nfields * sizeof(*u->fields);
	char *p;

	if (!r->nfields)
		return true;
	for (unsigned i = 0; i < r->nfields; i++)
		n += r->fields[i].name.n + r->fields[i].value.n;
	u->fields = malloc(n);
	if (!u->fields)
		return false;
	u->nfields = r->nfields;
	p = (char *)(u->fields + r->nfields);
	for (unsigned i = 0; i < r->nfields; i++) {
		const struct str from[] = {
		    r->fields[i].name, r->fields[i].value};
		struct str to[2];

		for (unsigned k = 0; k < 2; k++) {
			to[k] = str_make(p, from[k].n);
			if (from[k].n)
				memcpy(p, from[k].p, from[k].n);
			p += from[k].n;
		}
		u->fields[i] = (struct request_field){to[0], to[1]};
	}
	return true;
}

/* Copy what the tunnel will have to be judged by. */
static struct tunnel *
tunnel_new(const struct txn *t, enum tunnel_kind kind)
{
	const struct request *r = &t->request;
	const struct name none = {0};
	const struct name names[] = {
	    r->connect, r->sni, r->host, t->edit ? t->edit->dial : none};
	struct str text[TEXTS] = {name_str(r->connect), name_str(r->sni),
	    name_str(r->host), name_str(names[TEXT_DIAL]), STR_NONE, STR_NONE,
	    r->method, r->ua, r->referer};
	struct tunnel *u;
	size_t n = 0;
	char *p;

	if (kind == TUNNEL_WEBSOCKET) {
		text[TEXT_PATH] = t->target.path;
		text[TEXT_QUERY] = t->target.query;
	}
	for (unsigned i = 0; i < TEXTS; i++)
		n += text[i].n;
	u = calloc(1, sizeof(*u) + n);
	if (!u || !copy_fields(u, r)) {
		free(u);
		return NULL;
	}
	p = u->text;
	for (unsigned i = 0; i < TEXTS; i++) {
		if (text[i].n)
			memcpy(p, text[i].p, text[i].n);
		u->text_n[i] = (uint32_t)text[i].n;
		if (i <= TEXT_DIAL) {
			u->name[i] = names[i];
			u->name[i].p = p;
		}
		p += text[i].n;
	}
	u->kind = kind;
	u->has_query = t->target.has_query;
	u->port = r->port;
	u->inside = r->tunnel;
	u->budgets = t->verdict.budgets;
	u->minute = loop_wall_ms(t->worker->loop) / MINUTE_MS;
	return u;
}

static void
arm_idle(struct tunnel *u)
{
	const struct config *c = u->worker->config;

	timer_arm(
	    &u->conn->timer, (u->kind == TUNNEL_WEBSOCKET ? c->websocket_idle_s
	                                                  : c->tunnel_idle_s) *
	                         INT64_C(1000));
}

bool
tunnel_begin(struct txn *t, enum tunnel_kind kind)
{
	struct tunnel *u = tunnel_new(t, kind);
	struct conn *c = t->conn;

	if (!u)
		return false;
	u->worker = t->worker;
	u->conn = c;
	u->began = t->began;
	u->origin = t->origin;
	u->pin = t->pin;
	t->origin = NULL;
	t->pin = NULL;
	u->way[SIDE_CLIENT].block = c->in;
	u->way[SIDE_ORIGIN].block = t->down_block;
	c->in = t->down_block = NULL;
	for (unsigned i = 0; i < 2; i++)
		if (u->way[i].block)
			u->way[i].block->floor = 0;
	/* under the present policy, or to be asked at once */
	list_add(u->pin == u->worker->pin ? &u->worker->tunnels
	                                  : &u->worker->outdated,
	    &u->node);
	stats_add(&u->worker->stats.tunnels, 1);
	if (kind == TUNNEL_CONNECT)
		stats_add(&u->worker->stats.tunnels_opened, 1);
	txn_end(t);
	conn_tunnel(c, u);
	origin_give(u->origin, origin_says, u);
	arm_idle(u);
	after_pump(u, pump(u, SIDE_CLIENT));
	if (c->state == CONN_TUNNEL && u->way[SIDE_ORIGIN].block)
		after_pump(u, pump(u, SIDE_ORIGIN));
	return true;
}

void
tunnel_end(struct tunnel *u, enum reason why)
{
	struct worker *w = u->worker;

	(void)why;
	stats_add(&w->stats.tunnels, (uint64_t)-1);
	list_del(&u->node);
	for (unsigned i = 0; i < 2; i++)
		relay_fini(&u->way[i], &w->blocks, w->pipes);
	origin_close(u->origin);
	u->origin = NULL;
	worker_unpin(w, u->pin);
	u->pin = NULL;
	worker_bury(w, &u->grave, bury_tunnel);
}

static enum relay_result
pump(struct tunnel *u, enum side from)
{
	struct worker *w = u->worker;
	struct relay_way *way = &u->way[from];
	uint64_t before = way->moved;
	enum relay_result r;
	struct relay_ends e = {
	    .blocks = &w->blocks,
	    .pipes = w->pipes,
	    .source = from == SIDE_CLIENT ? u->conn->fd : u->origin->fd,
	    .sink = from == SIDE_CLIENT ? u->origin->fd : u->conn->fd,
	};

	if (way->shut)
		return RELAY_ENDED;
	r = relay_pump(way, &e);
	if (u->budgets && way->moved != before &&
	    loop_wall_ms(w->loop) / MINUTE_MS != u->minute)
		u->spends = true;
	stats_add(
	    from == SIDE_CLIENT ? &w->stats.bytes_in : &w->stats.bytes_out,
	    way->moved - before);
	return r;
}

static unsigned
wants(const struct tunnel *u, enum side side)
{
	const struct relay_way *reads = &u->way[side], *writes = &u->way[!side];

	return (reads->full || reads->ended ? 0u : WATCH_READ) |
	       (writes->full ? WATCH_WRITE : 0u);
}

static void
after_pump(struct tunnel *u, enum relay_result r)
{
	if (r == RELAY_FAIL) {
		conn_close(u->conn, REASON_CLIENT_ABORT);
		return;
	}
	if (u->way[0].shut && u->way[1].shut) {
		conn_close(u->conn, REASON_DONE);
		return;
	}
	if (u->spends) {
		enum reason why = tunnel_why_not(u);

		if (why) {
			conn_close(u->conn, why);
			return;
		}
	}
	watch_want(&u->conn->watch, wants(u, SIDE_CLIENT));
	watch_want(&u->origin->watch, wants(u, SIDE_ORIGIN));
	arm_idle(u);
}

static void
side_ready(struct tunnel *u, enum side side, unsigned events)
{
	enum side from = events & WATCH_READ ? side : (enum side) !side;

	after_pump(u, pump(u, from));
}

void
tunnel_client_ready(struct tunnel *u, unsigned events)
{
	side_ready(u, SIDE_CLIENT, events);
}

static void
origin_says(void *tunnel, unsigned events)
{
	side_ready(tunnel, SIDE_ORIGIN, events);
}

void
tunnel_late(struct tunnel *u)
{
	conn_close(u->conn, REASON_TUNNEL_IDLE);
}
