/* worker.c - one thread: its loop, its messages, its turns. */
#include "proxy/worker_part.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/bug.h"
#include "base/sys/log.h"
#include "base/sys/msgq.h"
#include "filters/snapshot.h"
#include "proxy/auth.h"
#include "proxy/conn.h"
#include "proxy/limits.h"
#include "proxy/listen.h"
#include "proxy/origin.h"
#include "proxy/shadow.h"
#include "proxy/tunnel.h"

#define MINUTE_MS 60000

/* ---- pins */

struct pin *
worker_pin_new(struct worker *w, struct snapshot *s)
{
	struct pin *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->snapshot = s;
	list_add(&w->pins, &p->node);
	return p;
}

/* Unmapping hundreds of megabytes is no worker's work. */
void
worker_drop_snapshot(struct worker *w, struct snapshot *s)
{
	if (!snapshot_unref(s))
		return;
	if (!w->daemon ||
	    !msgq_send(w->daemon, (struct msg){.kind = DAEMON_BURY, .p = s}))
		snapshot_free(s);
}

void
worker_pin_free(struct worker *w, struct pin *p)
{
	list_del(&p->node);
	worker_drop_snapshot(w, p->snapshot);
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
		worker_pin_free(w, p);
}

/* ---- the graveyard */

void
worker_bury(struct worker *w, struct grave *g, void (*bury)(struct grave *g))
{
	g->bury = bury;
	list_init(&g->node);
	list_add(&w->graves, &g->node);
}

void
worker_bury_all(struct worker *w)
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
	struct pin *old = w->pin, *p = worker_pin_new(w, s);

	if (!p) {
		log_err("out of memory: the former rules stay in force");
		worker_drop_snapshot(w, s);
		return;
	}
	w->pin = p;
	if (old->users == 0)
		worker_pin_free(w, old);
	tunnels_outdate(w);
}

static void
take_settings(struct worker *w, const struct worker_settings *s)
{
	w->config = s->config;
	w->guard = s->guard;
	auth_settle(w->auth, s->config);
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

void
worker_close_all(struct worker *w)
{
	w->draining = true;
	listen_stop(w);
	while (!list_empty(&w->conns))
		conn_close(container_of(w->conns.next, struct conn, node),
		    REASON_SHUTDOWN);
}

void
worker_on_message(void *worker, unsigned events)
{
	struct worker *w = worker;
	struct msg m;

	(void)events;
	while (msgq_take(w->inbox, &m)) {
		switch ((enum worker_msg)m.kind) {
		case WORKER_SNAPSHOT:
			take_snapshot(w, m.p);
			break;
		case WORKER_SHADOW:
			shadow_take(w, m.p);
			break;
		case WORKER_DRAIN:
			drain(w);
			break;
		case WORKER_STOP:
			worker_close_all(w);
			break;
		case WORKER_SETTINGS:
			w->lent = m.p;
			take_settings(w, m.p);
			break;
		case WORKER_HELPED:
			auth_answered(w, m.p);
			break;
		case WORKER_ECHO:
			say(w, (struct msg){.kind = DAEMON_ECHO, .p = m.p});
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

/* What a burst has left between what stays is of no use to the heap, and
 * would be ours for ever. */
static void
on_calm(void *worker)
{
	struct worker *w = worker;

	bool blocks = blocks_calm(&w->blocks, LIMIT_BURST_KEPT);

	if (txns_calm(w, LIMIT_BURST_KEPT) || blocks)
		malloc_trim(0);
}

static void
watch_burst(struct worker *w)
{
	unsigned most = w->peak > w->blocks.peak ? w->peak : w->blocks.peak;

	if (most >= LIMIT_BURST && !w->calm_timer.due)
		timer_arm(&w->calm_timer, LIMIT_BURST_MS);
}

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

/* The hours that rules name begin and end on the minute: what is open is asked
 * again. Where nothing moves there is no turn, and nothing to stop. */
static void
watch_minute(struct worker *w)
{
	int64_t minute;

	if (list_empty(&w->tunnels) || !snapshot_keeps_hours(w->pin->snapshot))
		return;
	minute = loop_wall_ms(w->loop) / MINUTE_MS;
	if (minute == w->minute)
		return;
	w->minute = minute;
	tunnels_outdate(w);
}

static void
after_turn(void *worker)
{
	struct worker *w = worker;

	if (!list_empty(&w->ready))
		resume_ready(w);
	watch_minute(w);
	if (!list_empty(&w->outdated) && tunnels_rejudge(w))
		loop_hurry(w->loop);
	worker_bury_all(w);
	watch_burst(w);
	if (loop_turn_ms(w->loop) > LIMIT_TURN_MS)
		stats_add(&w->stats.long_turns, 1);
	if (w->draining && w->nconns == 0)
		loop_stop(w->loop);
}

void
worker_run(void *worker)
{
	struct worker *w = worker;

	timer_init(w->loop, &w->calm_timer, on_calm, w);
	listen_start(w);
	watch_want(&w->inbox_watch, WATCH_READ);
	loop_run(w->loop, after_turn, w, 0);
	timer_fini(&w->calm_timer);
	w->ended = true;
	say(w, (struct msg){.kind = DAEMON_WORKER_ENDED, .num = w->index});
}
