/*
 * tunnel.c - open tunnels: relay, idle limit, and being asked again when the
 * policy changes.
 */
#include "proxy/tunnel.h"

#include <stdlib.h>

#include "base/arena.h"
#include "config/config.h"
#include "filters/decide.h"
#include "filters/safesearch.h"
#include "filters/snapshot.h"
#include "proxy/block.h"
#include "proxy/conn.h"
#include "proxy/keep_record.h"
#include "proxy/limits.h"
#include "proxy/listen.h"
#include "proxy/need.h"
#include "proxy/origin.h"
#include "proxy/relay.h"
#include "proxy/spend.h"
#include "proxy/txn.h"

#define REJUDGE_ARENA (256 * 1024)
#define MINUTE_MS     60000

/* Texts behind the struct, in this order. */
enum text {
	TEXT_CONNECT = 0,
	TEXT_SNI,
	TEXT_HOST,
	TEXT_DIAL, /* whose address was dialled instead; "" : nobody's */
	TEXT_PATH,
	TEXT_QUERY,
	TEXT_METHOD,
	TEXTS
};

struct tunnel {
	struct worker *worker;
	struct conn *conn;     /* borrowed: it owns us */
	struct origin *origin; /* owned */
	struct pin *pin;       /* counted */
	struct list_node node; /* in worker.tunnels or .outdated */
	struct grave grave;
	struct relay_way way[2];         /* by enum side: where it reads */
	struct name name[TEXT_DIAL + 1]; /* connect, sni, host, dial */
	int64_t began;
	uint32_t text_n[TEXTS];
	uint16_t port;
	uint64_t budgets; /* that it is charged to */
	int64_t minute;   /* wall: the last one it was charged for */
	bool spends;      /* bytes have moved in another one */
	uint8_t kind;     /* enum tunnel_kind */
	bool inside;      /* of a CONNECT */
	bool has_query;
	char text[];
};

static void origin_says(void *tunnel, unsigned events);
static enum relay_result pump(struct tunnel *u, enum side from);
static void after_pump(struct tunnel *u, enum relay_result r);
static enum reason why_not(struct tunnel *u);

static void
bury_tunnel(struct grave *g)
{
	free(container_of(g, struct tunnel, grave));
}

static struct str
text_of(const struct tunnel *u, enum text which)
{
	size_t at = 0;

	for (unsigned i = 0; i < which; i++)
		at += u->text_n[i];
	return str_make(u->text + at, u->text_n[which]);
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
	    r->method};
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
	if (!u)
		return NULL;
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
		enum reason why = why_not(u);

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

/* ---- asked again */

static void
request_of(const struct tunnel *u, struct arena *a, struct request *r)
{
	struct url_parts parts = {.scheme = SCHEME_HTTP,
	    .host = u->name[TEXT_HOST],
	    .port = u->port,
	    .path = text_of(u, TEXT_PATH),
	    .query = text_of(u, TEXT_QUERY),
	    .has_query = u->has_query};

	*r = (struct request){.stage = STAGE_HOST,
	    .deepest = STAGE_HOST,
	    .now = loop_wall_ms(u->worker->loop) / 1000,
	    .listener = u->conn->listener->name,
	    .tunnel = u->inside,
	    .connect = u->name[TEXT_CONNECT],
	    .sni = u->name[TEXT_SNI],
	    .host = u->name[TEXT_HOST],
	    .port = u->port,
	    .method = text_of(u, TEXT_METHOD)};
	memcpy(r->client, u->conn->client, sizeof(r->client));
	worker_find_mac(u->worker, u->worker->pin->snapshot, r);
	if (u->kind != TUNNEL_WEBSOCKET)
		return;
	if (url_canon(a, &parts, &r->url) == 0)
		r->stage = r->deepest = STAGE_URL;
}

/* Would the same address be dialled, by what safe search says now? */
static bool
dials_alike(const struct tunnel *u, const struct request *r,
    const struct verdict *v, struct arena *a)
{
	const struct name *was = &u->name[TEXT_DIAL];
	struct safe_edit e = {.unsafe = false};

	if (v->safe_search != SAFE_OFF || v->youtube != SAFE_OFF)
		snapshot_safe_edit(u->worker->pin->snapshot, r, v, a, &e);
	return e.dial.n ? name_eq(e.dial, *was) : was->n == 0;
}

/* It is closed for <why>. */
static void
record_end(const struct tunnel *u, const struct need_now *n,
    const struct verdict *v, const struct facts *f, enum reason why)
{
	struct provenance said;
	struct keep k = {.action = RECORD_BLOCK,
	    .reason = why,
	    .snapshot = n->snapshot,
	    .request = n->request,
	    .verdict = v,
	    .said = &said,
	    .facts = f,
	    .listener = u->conn->listener,
	    .raw_url = STR_NONE,
	    .began = u->began};
	char id[RECORD_ID];

	snapshot_provenance(n->snapshot, n->request, v, &said);
	stats_add(&n->worker->stats.blocked, 1);
	if (!keep_put(n->worker, &k, id))
		keep_lost(n->worker);
}

/* What is let through is charged to budgets once a minute. */
static void
go_on(struct tunnel *u, const struct need_now *n, const struct verdict *v,
    const struct facts *f)
{
	u->budgets = v->budgets;
	if (!u->spends)
		return;
	u->spends = false;
	u->minute = loop_wall_ms(n->worker->loop) / MINUTE_MS;
	spend_charge(n, v, f);
}

/* Still permitted? REASON_NONE, or why not. Facts are not waited for: they
 * count as unsettled. */
static enum reason
why_not(struct tunnel *u)
{
	struct worker *w = u->worker;
	struct arena a;
	struct request r;
	struct facts f = {0};
	struct need_now now = {w, u->conn, w->pin->snapshot, &r};
	enum reason why = REASON_POLICY_CHANGED;
	struct verdict v;

	arena_init(&a, REJUDGE_ARENA);
	request_of(u, &a, &r);
	v = decide(w->pin->snapshot, &r, &f, NULL);
	for (unsigned i = 0; i < LIMIT_NEEDS && v.kind == VERDICT_NEED; i++) {
		need_settle(&now, &v, &f);
		v = decide(w->pin->snapshot, &r, &f, NULL);
	}
	if (v.kind == VERDICT_DENY) {
		if (v.reason == REASON_BUDGET)
			why = REASON_BUDGET;
		record_end(u, &now, &v, &f, why);
	} else if (v.kind != VERDICT_NEED && dials_alike(u, &r, &v, &a) &&
	           !a.failed) {
		why = REASON_NONE;
		go_on(u, &now, &v, &f);
	}
	arena_fini(&a);
	return why;
}

void
tunnels_outdate(struct worker *w)
{
	struct list_node *n;

	while ((n = list_pop(&w->tunnels)) != NULL)
		list_add(&w->outdated, n);
}

bool
tunnels_rejudge(struct worker *w)
{
	for (unsigned i = 0; i < LIMIT_REJUDGE; i++) {
		struct list_node *n = list_pop(&w->outdated);
		struct tunnel *u;
		enum reason why;

		if (!n)
			return false;
		u = container_of(n, struct tunnel, node);
		worker_unpin(w, u->pin);
		u->pin = worker_pin(w);
		list_add(&w->tunnels, n);
		why = why_not(u);
		if (why)
			conn_close(u->conn, why);
	}
	return !list_empty(&w->outdated);
}
