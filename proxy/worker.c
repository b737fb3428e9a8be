/* worker.c - one thread: its loop, its messages, its turns. */
#include "proxy/worker.h"

#include <stdlib.h>

#include "base/bug.h"
#include "base/err.h"
#include "base/sys/digest.h"
#include "base/sys/log.h"
#include "base/sys/msgq.h"
#include "config/config.h"
#include "config/loader.h"
#include "filters/snapshot.h"
#include "proxy/clients.h"
#include "proxy/conn.h"
#include "proxy/daemon.h"
#include "proxy/demo.h"
#include "proxy/facts_fetch.h"
#include "proxy/limits.h"
#include "proxy/listen.h"
#include "proxy/origin.h"
#include "proxy/redis.h"
#include "proxy/relay.h"
#include "proxy/resolve.h"
#include "proxy/tunnel.h"
#include "proxy/txn.h"
#include "review/ring.h"

/* ---- pins */

static struct pin *
pin_new(struct worker *w, struct snapshot *s)
{
	struct pin *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->snapshot = s;
	list_add(&w->pins, &p->node);
	return p;
}

/* Unmapping hundreds of megabytes is no worker's work. */
static void
snapshot_drop(struct worker *w, struct snapshot *s)
{
	if (!snapshot_unref(s))
		return;
	if (!w->daemon ||
	    !msgq_send(w->daemon, (struct msg){.kind = DAEMON_BURY, .p = s}))
		snapshot_free(s);
}

static void
pin_free(struct worker *w, struct pin *p)
{
	list_del(&p->node);
	snapshot_drop(w, p->snapshot);
	free(p);
}

struct pin *
worker_pin(struct worker *w)
{
	w->pin->users++;
	return w->pin;
}

void
worker_unpin(struct worker *w, struct pin *p)
{
	if (BUG(p->users == 0))
		return;
	if (--p->users == 0 && p != w->pin)
		pin_free(w, p);
}

/* ---- the graveyard */

void
worker_bury(struct worker *w, struct grave *g, void (*bury)(struct grave *g))
{
	g->bury = bury;
	list_init(&g->node);
	list_add(&w->graves, &g->node);
}

static void
bury_all(struct worker *w)
{
	struct list_node *n;

	while ((n = list_pop(&w->graves)) != NULL) {
		struct grave *g = container_of(n, struct grave, node);

		g->bury(g);
	}
}

bool
worker_may_record(struct worker *w)
{
	int64_t second = loop_now(w->loop) / 1000;

	if (second != w->refusals_at) {
		w->refusals_at = second;
		w->refusals = 0;
	}
	return w->refusals++ < LIMIT_REFUSALS;
}

/* ---- messages */

static void
say(struct worker *w, struct msg m)
{
	if (w->daemon && !msgq_send(w->daemon, m))
		log_err("out of memory: the main thread was not told");
}

static void
take_snapshot(struct worker *w, struct snapshot *s)
{
	struct pin *old = w->pin, *p = pin_new(w, s);

	if (!p) {
		log_err("out of memory: the former rules stay in force");
		snapshot_drop(w, s);
		return;
	}
	w->pin = p;
	if (old->users == 0)
		pin_free(w, old);
	tunnels_outdate(w);
}

static void
take_settings(struct worker *w, const struct worker_settings *s)
{
	w->config = s->config;
	w->guard = s->guard;
	listen_settle(w, s->config);
	/* what the new guard would not let us open is not kept open */
	origin_pool_clear(w->pool);
	say(w, (struct msg){
	           .kind = DAEMON_SETTLED, .p = w->lent, .num = w->index});
}

static void
drain(struct worker *w)
{
	struct list_node *n, *next;

	w->draining = true;
	listen_stop(w);
	for (n = w->conns.next; n != &w->conns; n = next) {
		next = n->next;
		conn_drain(container_of(n, struct conn, node));
	}
}

static void
close_all(struct worker *w)
{
	w->draining = true;
	listen_stop(w);
	while (!list_empty(&w->conns))
		conn_close(container_of(w->conns.next, struct conn, node),
		    REASON_SHUTDOWN);
}

static void
on_message(void *worker, unsigned events)
{
	struct worker *w = worker;
	struct msg m;

	(void)events;
	while (msgq_take(w->inbox, &m)) {
		switch ((enum worker_msg)m.kind) {
		case WORKER_SNAPSHOT:
			take_snapshot(w, m.p);
			break;
		case WORKER_DRAIN:
			drain(w);
			break;
		case WORKER_STOP:
			close_all(w);
			break;
		case WORKER_SETTINGS:
			w->lent = m.p;
			take_settings(w, m.p);
			break;
		}
	}
}

bool
worker_send(struct worker *w, enum worker_msg kind, void *p)
{
	return msgq_send(w->inbox, (struct msg){.kind = (int)kind, .p = p});
}

/* ---- turns */

/* Conns whose next request came with the former one: each gets one. */
static void
resume_ready(struct worker *w)
{
	struct list_node now = LIST_INIT(now), *n;

	while ((n = list_pop(&w->ready)) != NULL)
		list_add(&now, n);
	while ((n = list_pop(&now)) != NULL)
		conn_resume(container_of(n, struct conn, ready));
}

static void
after_turn(void *worker)
{
	struct worker *w = worker;

	if (!list_empty(&w->ready))
		resume_ready(w);
	if (!list_empty(&w->outdated) && tunnels_rejudge(w))
		loop_hurry(w->loop);
	bury_all(w);
	if (loop_turn_ms(w->loop) > LIMIT_TURN_MS)
		stats_add(&w->stats.long_turns, 1);
	if (w->draining && w->nconns == 0)
		loop_stop(w->loop);
}

void
worker_run(void *worker)
{
	struct worker *w = worker;

	listen_start(w);
	watch_want(&w->inbox_watch, WATCH_READ);
	loop_run(w->loop, after_turn, w, 0);
	w->ended = true;
	say(w, (struct msg){.kind = DAEMON_WORKER_ENDED, .num = w->index});
}

/* ---- made and unmade */

/* Drawn once a process: what requests of ours are known by. */
static uint32_t
instance(void)
{
	static uint32_t drawn; /* before there are threads */

	while (drawn == 0 && digest_random(&drawn, sizeof(drawn), NULL) == 0)
		continue;
	return drawn;
}

static bool
set_via(struct worker *w)
{
	int n = snprintf(w->via, sizeof(w->via), "1.1 %.*s (%08x)",
	    STR_ARG(w->config->via_name), instance());

	w->via_n = (unsigned)n;
	return n > 0 && (size_t)n < sizeof(w->via);
}

static int
open_parts(struct worker *w, const struct worker_setup *setup, struct err *err)
{
	const struct config *c = w->config;
	uint8_t key[16];

	if (digest_random(key, sizeof(key), err) < 0 ||
	    digest_random(w->chance, sizeof(w->chance), err) < 0)
		return -1;
	w->loop = loop_new(err);
	w->inbox = msgq_new(err);
	if (!w->loop || !w->inbox)
		return -1;
	watch_open(w->loop, &w->inbox_watch, msgq_fd(w->inbox), on_message, w);
	w->pool = origin_pool_new(w);
	w->pipes = pipe_pool_new();
	w->clients = clients_new(key);
	if (!w->pool || !w->pipes || !w->clients || !set_via(w))
		return err_set(err, ERR_MEMORY, "out of memory");
	w->resolver = resolver_new(w->loop, c, &w->stats, err);
	w->facts = facts_cache_new(c, err);
	if (!w->resolver || !w->facts)
		return -1;
	if (c->redis_url.n) {
		w->redis = redis_new(w->loop, c, &w->stats, key, err);
		if (!w->redis)
			return -1;
	}
	if (listen_open(w, setup->in, err) < 0)
		return -1;
	listen_settle(w, c);
	w->demo_names = setup->in->paths && setup->in->paths->demo;
	if (w->demo_names && w->index == 0) {
		w->demo = demo_new(w, err);
		if (!w->demo)
			return -1;
	}
	return 0;
}

struct worker *
worker_new(const struct worker_setup *setup, struct err *err)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w) {
		err_set(err, ERR_MEMORY, "out of memory");
		if (snapshot_unref(setup->snapshot))
			snapshot_free(setup->snapshot);
		return NULL;
	}
	w->index = setup->index;
	w->config = setup->settings->config;
	w->guard = setup->settings->guard;
	w->daemon = setup->daemon;
	w->rings = setup->in->rings;
	w->ring = rings_at(setup->in->rings, setup->index);
	w->most_conns = w->config->connections / setup->in->nworkers + 1;
	list_init(&w->pins);
	list_init(&w->conns);
	list_init(&w->ready);
	list_init(&w->tunnels);
	list_init(&w->outdated);
	list_init(&w->graves);
	w->pin = pin_new(w, setup->snapshot);
	if (!w->pin || open_parts(w, setup, err) < 0) {
		if (!w->pin)
			err_set(err, ERR_MEMORY, "out of memory");
		worker_free(w);
		return NULL;
	}
	return w;
}

void
worker_free(struct worker *w)
{
	if (!w)
		return;
	if (w->clients)
		close_all(w);
	bury_all(w);
	demo_free(w->demo);
	listen_close(w);
	origin_pool_free(w->pool);
	bury_all(w);
	redis_free(w->redis);
	facts_cache_free(w->facts);
	resolver_free(w->resolver);
	txns_fini(w);
	blocks_fini(&w->blocks);
	pipe_pool_free(w->pipes);
	clients_free(w->clients);
	while (!list_empty(&w->pins))
		pin_free(w, container_of(w->pins.next, struct pin, node));
	watch_close(&w->inbox_watch);
	msgq_free(w->inbox);
	loop_free(w->loop);
	free(w);
}
