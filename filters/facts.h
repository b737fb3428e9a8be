/*
 * facts.h - what was learnt from outside the request: a plain value.
 *
 * decide() asks by answering NEED with a set of facts; the edge sets them
 * in `asked`, fetches with a deadline and puts what came into `settled` with
 * its value. A fact asked for and not settled is unsettled: decide() then
 * does without and is final.
 */
#ifndef FILTERS_FACTS_H
#define FILTERS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum fact {
	FACT_PATTERNS = 1u << 0, /* which patterns match this URL, as found
				  * before, here or on another gateway, under
				  * the same generation */
	FACT_USER = 1u << 1,     /* who asks, if anybody says so */
	FACT_MEMBER = 1u << 2,   /* whether the user is in verdict.member */
	FACT_SPENT = 1u << 3,    /* whether verdict.budget is used up */
	FACT_GRANT = 1u << 4,    /* whether this client was let through the
				  * warning for this site before */
};

#define FACT_GROUPS_MAX  64 /* auth-group: names of a snapshot */
#define FACT_BUDGETS_MAX 64 /* budgets of a snapshot */

#define PATTERN_HITS_MAX 16

/* The patterns that match one URL; of one snapshot generation. */
struct pattern_hits {
	uint16_t n;
	uint16_t id[PATTERN_HITS_MAX]; /* ascending; by some reading */
	uint16_t every;                /* bit i: id[i] by every reading */
	bool limit;    /* a pattern met its limit: some may be missing */
	bool overflow; /* more than fit: not to be cached */
};

struct facts {
	uint32_t asked, settled; /* sets of enum fact */
	struct pattern_hits patterns;
	struct str user; /* if FACT_USER is settled; "" : nobody said */
	/* By bit i, number i of the snapshot's auth-groups or budgets: has
	 * been asked for; came; is so. FACT_MEMBER and FACT_SPENT in <asked>
	 * and <settled> play no part for these. */
	struct {
		uint64_t asked, settled, is;
	} member, spent;
	bool granted; /* if FACT_GRANT is settled */
};

/* All that <need>, a NEED, asks for is asked for: where it does not come, it
 * is unsettled. */
struct verdict;
void facts_ask(struct facts *f, const struct verdict *need);

#endif
