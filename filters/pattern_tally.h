/*
 * pattern_tally.h - what patterns said of the texts of one URL, summed up.
 *
 *	struct pattern_tally t = {0};
 *	for each text:
 *		pattern_tally_add(&t, id, PATTERN_SOME);	what matched
 *		pattern_tally_add(&t, id, PATTERN_OPEN);	met a limit
 *		t.texts++;
 *	pattern_tally_sum(&t, &result);
 *
 * One that was not added for a text missed it. There is room for as many as a
 * result has; of more those that matched stay, and all others count as open.
 */
#ifndef FILTERS_PATTERN_TALLY_H
#define FILTERS_PATTERN_TALLY_H

#include "filters/pattern.h"

struct pattern_tally {
	unsigned n;
	uint8_t texts; /* that are done */
	bool full;     /* somebody found no room */
	struct {
		uint16_t id;
		uint8_t hits, opens; /* of that many texts */
	} v[PATTERN_RESULT_MAX];
};

/* <what>: PATTERN_SOME or PATTERN_OPEN; once a pattern and text. */
void pattern_tally_add(
    struct pattern_tally *t, uint16_t id, enum pattern_outcome what);

/* It matched one text and missed another: no further text changes that. */
bool pattern_tally_is_settled(const struct pattern_tally *t, uint16_t id);

void pattern_tally_sum(
    const struct pattern_tally *t, struct pattern_result *out);

#endif
