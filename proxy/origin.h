/*
 * origin.h - one connection outwards, and the worker's pool of those that are
 * kept for the next request to the same site.
 *
 * Somebody has it (a txn, a tunnel) and hears of its events, or the pool has
 * it: then whatever happens on it ends it, so that no answer that nobody
 * asked for is ever taken for one.
 */
#ifndef PROXY_ORIGIN_H
#define PROXY_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"
#include "filters/reason.h"
#include "proxy/loop.h"
#include "proxy/worker.h"

struct origin_pool;

/* Which site it leads to; kept connections are found by it. */
struct origin_site {
	struct str host; /* canonical, or the parent proxy's */
	uint16_t port;
};

typedef void origin_ready(void *arg, unsigned events);

struct origin {
	struct worker *worker;
	struct watch watch;
	struct grave grave;
	struct list_node age;  /* in the pool, oldest first; or in none */
	struct list_node same; /* in one of the pool's rows */
	origin_ready *ready;   /* who has it; NULL: the pool */
	void *arg;
	int64_t kept_at;
	int fd; /* owned; -1 once closed */
	uint32_t uses;
	uint16_t port;
	uint8_t host_n;
	char host[];
};

/* Who hears of its events from now on. */
static inline void
origin_give(struct origin *o, origin_ready *ready, void *arg)
{
	o->ready = ready;
	o->arg = arg;
}

/*
 * Begin to connect to <to>, which the guard was asked about. NULL: it failed
 * at once, *<why> says how. *<ready>: it stands already; else a WRITE event
 * tells.
 */
struct origin *origin_open(struct worker *w, const struct sockaddr *to,
    struct origin_site site, bool *ready, enum reason *why);

/* After the first event: REASON_NONE: it stands, or why it does not. */
enum reason origin_outcome(const struct origin *o);

/* Close; its memory goes after the turn. NULL: nothing. */
void origin_close(struct origin *o);

struct origin_pool *origin_pool_new(struct worker *w); /* NULL: no memory */
void origin_pool_free(struct origin_pool *p);          /* NULL: nothing */

/*
 * The connection to <site> that was used last; NULL: none. <fresh>: only one
 * that was used just now will do.
 */
struct origin *origin_pool_take(
    struct origin_pool *p, struct origin_site site, bool fresh);

/* Keep <o>, on which nothing is outstanding, or close it where there are too
 * many. */
void origin_pool_keep(struct origin_pool *p, struct origin *o);

unsigned origin_pool_count(const struct origin_pool *p);

/* Close all that are kept. */
void origin_pool_clear(struct origin_pool *p);

#endif
