/*
 * facts_fetch.h - NEED -> the worker's cache, then Redis, within a deadline.
 *
 *	switch (facts_fetch(w, &request, needs, &facts, &wait, done, arg)) {
 *	case true: settled or not, decide again at once
 *	case false: done(arg) will be called in another turn, once
 *
 * What a decision had to work out itself is offered with facts_store().
 */
#ifndef PROXY_FACTS_FETCH_H
#define PROXY_FACTS_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "filters/facts.h"

struct request;
struct snapshot;
struct worker;

/* Lies in the txn; must stay in place until done or cancelled. */
struct facts_wait {
	struct facts *facts; /* borrowed: filled before done() */
	struct list_node node; /* private */
	uint64_t seq, key[2];
	void (*done)(void *arg);
	void *arg;
	bool waiting;
};

bool facts_fetch(struct worker *w, const struct snapshot *s,
    const struct request *r, struct facts *f, struct facts_wait *wait);
void facts_cancel(struct facts_wait *wait); /* harmless when not waiting */

/* Keep what was found for this URL, here and in Redis. */
void facts_store(struct worker *w, const struct snapshot *s,
    const struct request *r, const struct pattern_hits *found);

#endif
