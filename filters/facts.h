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

enum fact {
	FACT_PATTERNS = 1u << 0, /* which patterns match this URL, as found
				  * before, here or on another gateway, under
				  * the same generation */
};

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
};

#endif
