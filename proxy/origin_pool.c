/*
 * origin_pool.c - connections kept for the next request to the same site:
 * rows by a hash of the site, and one list by age for the sweep.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "proxy/io.h"
#include "proxy/limits.h"
#include "proxy/origin.h"

#define ROWS 256 /* a few connections a row when the pool is full */

struct origin_pool {
	struct worker *worker;
	struct timer sweep;
	struct list_node age; /* all, oldest first */
	struct list_node row[ROWS];
};

static void sweep(void *pool);

static struct list_node *
row_of(struct origin_pool *p, const char *host, size_t n, uint16_t port)
{
	return &p->row[hash64(host, n, port) % ROWS];
}

struct origin_pool *
origin_pool_new(struct worker *w)
{
	struct origin_pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->worker = w;
	list_init(&p->age);
	for (unsigned i = 0; i < ROWS; i++)
		list_init(&p->row[i]);
	timer_init(w->loop, &p->sweep, sweep, p);
	return p;
}

static struct origin *
oldest(struct origin_pool *p)
{
	return container_of(p->age.next, struct origin, age);
}

void
origin_pool_clear(struct origin_pool *p)
{
	while (!list_empty(&p->age))
		origin_close(oldest(p));
}

void
origin_pool_free(struct origin_pool *p)
{
	if (!p)
		return;
	origin_pool_clear(p);
	timer_fini(&p->sweep);
	free(p);
}

static bool
is_of(const struct origin *o, struct origin_site site)
{
	return o->port == site.port &&
	       str_eq(str_make(o->host, o->host_n), site.host);
}

struct origin *
origin_pool_take(struct origin_pool *p, struct origin_site site, bool fresh)
{
	struct list_node *row = row_of(p, site.host.p, site.host.n, site.port);
	int64_t now = loop_now(p->worker->loop);

	/* the newest is at the end: it is warm, and the least likely gone */
	for (struct list_node *n = row->prev, *before; n != row; n = before) {
		struct origin *o = container_of(n, struct origin, same);

		before = n->prev;
		if (!is_of(o, site))
			continue;
		if (fresh && now - o->kept_at > LIMIT_POOL_FRESH_MS)
			return NULL;
		/* its end, or an answer that nobody asked for, may have come
		 * in this very turn */
		if (io_peek(o->fd) != IO_WAIT) {
			origin_close(o);
			continue;
		}
		list_del(&o->age);
		list_del(&o->same);
		stats_add(&p->worker->stats.origin_kept, (uint64_t)-1);
		stats_add(&p->worker->stats.origin_reused, 1);
		return o;
	}
	return NULL;
}

/* Close the oldest of <site>'s if there are too many of them. */
static void
thin_site(struct list_node *row, struct origin_site site)
{
	struct origin *first = NULL;
	unsigned n = 0;

	list_for_each(node, row)
	{
		struct origin *o = container_of(node, struct origin, same);

		if (!is_of(o, site))
			continue;
		if (!first)
			first = o;
		n++;
	}
	if (n >= LIMIT_POOL_SITE)
		origin_close(first);
}

void
origin_pool_keep(struct origin_pool *p, struct origin *o)
{
	struct origin_site site = {str_make(o->host, o->host_n), o->port};
	struct list_node *row = row_of(p, o->host, o->host_n, o->port);
	struct stats *s = &p->worker->stats;

	if (p->worker->draining) {
		origin_close(o);
		return;
	}
	thin_site(row, site);
	if (s->origin_kept >= LIMIT_POOL)
		origin_close(oldest(p));
	o->ready = NULL;
	o->uses++;
	o->kept_at = loop_now(p->worker->loop);
	watch_want(&o->watch, WATCH_READ);
	if (list_empty(&p->age))
		timer_arm(&p->sweep, LIMIT_POOL_IDLE_MS);
	list_add(&p->age, &o->age);
	list_add(row, &o->same);
	stats_add(&s->origin_kept, 1);
}

static void
sweep(void *pool)
{
	struct origin_pool *p = pool;
	int64_t now = loop_now(p->worker->loop);

	while (!list_empty(&p->age)) {
		int64_t left = oldest(p)->kept_at + LIMIT_POOL_IDLE_MS - now;

		if (left > 0) {
			timer_arm(&p->sweep, left);
			return;
		}
		origin_close(oldest(p));
	}
}

unsigned
origin_pool_count(const struct origin_pool *p)
{
	return (unsigned)p->worker->stats.origin_kept;
}
