/*
 * keep_record.h - from a txn to a record of review/, into the worker's ring.
 *
 * What is blocked is recorded before the client is told: where the ring is
 * full the answer waits, bounded, then the record is dropped and counted.
 * Refusals and failures are recorded as long as there are not too many.
 */
#ifndef PROXY_KEEP_RECORD_H
#define PROXY_KEEP_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/request.h"
#include "filters/verdict.h"
#include "review/record.h"

struct facts;
struct listener;
struct snapshot;
struct txn;
struct worker;

/* What a record says, wherever it comes from. */
struct keep {
	enum record_action action;
	enum reason reason;
	uint16_t status;
	const struct snapshot *snapshot;
	const struct request *request;
	const struct verdict *verdict; /* NULL: none was made */
	const struct provenance *said; /* the same in words; or NULL */
	const struct facts *facts;     /* who it was; NULL: nobody asked */
	const struct listener *listener;
	uint8_t live;       /* RECORD_SHADOW: see struct record */
	struct str raw_url; /* STR_NONE: none */
	enum record_intent intent;
	int64_t began; /* loop time; 0: unknown */
};
/* false: the ring is full. Else its id is in <id>. */
bool keep_put(struct worker *w, const struct keep *k, char id[RECORD_ID]);

/* It will not be there: count it. */
void keep_lost(struct worker *w);

/* For <t>, at once: what finds no room is dropped and counted. */
void keep_record_now(struct txn *t, enum record_action action);

#endif
