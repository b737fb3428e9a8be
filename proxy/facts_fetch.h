/*
 * facts_fetch.h - NEED -> the worker's cache, then Redis, within a deadline.
 *
 *	t->wait.done = txn_facts_done;
 *	t->wait.arg = t;
 *	if (facts_fetch(w, snapshot, &request, &facts, &t->wait))
 *		settled or not, decide again at once
 *	else
 *		done(arg) will be called in another turn, once
 *
 * What a decision had to work out itself is offered with facts_store(). What
 * comes from Redis is used only if the site's key signed it for this URL and
 * this very snapshot (docs/formats/redis.md); else it is a miss. Redis can
 * make a decision quicker, never another one.
 */
#ifndef PROXY_FACTS_FETCH_H
#define PROXY_FACTS_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/facts.h"

struct config;
struct err;
struct facts_cache; /* of one worker: w->facts */
struct request;
struct snapshot;
struct worker;

/*
 * The worker's own cache and its site key (read from the disk where [redis]
 * is configured, else by chance). NULL with <err> set on failure.
 */
struct facts_cache *facts_cache_new(const struct config *c, struct err *err);
void facts_cache_free(struct facts_cache *c); /* NULL: nothing */

/*
 * Lies in the txn; must stay in place until done or cancelled. Who asks fills
 * done and arg, and keeps facts and snapshot until then.
 */
struct facts_wait {
	struct facts *facts;  /* borrowed: filled before done() */
	uint64_t seq, key[2]; /* private, and all below but done, arg */
	const struct snapshot *snapshot; /* borrowed */
	struct worker *worker;           /* borrowed */
	void (*done)(void *arg);
	void *arg;
	bool waiting;
};

/* Marks FACT_PATTERNS as asked in <f>; as settled, too, if it was found. */
bool facts_fetch(struct worker *w, const struct snapshot *s,
    const struct request *r, struct facts *f, struct facts_wait *wait);
void facts_cancel(struct facts_wait *wait); /* harmless when not waiting */

/* Keep what was found for this URL, here and in Redis. */
void facts_store(struct worker *w, const struct snapshot *s,
    const struct request *r, const struct pattern_hits *found);

#endif
