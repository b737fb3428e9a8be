/*
 * terms.h - the value of one term for one name: true, false or unknown.
 */
#ifndef FILTERS_TERMS_H
#define FILTERS_TERMS_H

#include <stdbool.h>

#include "filters/decide.h"
#include "filters/rule.h"
#include "filters/sight.h"

struct pattern_result;

/* Why terms are unknown; begin with MISSING_NOTHING. */
struct missing {
	enum stage next; /* the stage that will tell; STAGES: none */
	bool patterns;   /* they have not been tried yet */
	bool entries;    /* more were found than could be kept */
	bool unsettled;  /* a fact was asked for and did not come */
	uint32_t needs;  /* set of enum fact, to be asked for */
	uint8_t member;  /* which auth-group, if FACT_MEMBER is among them */
	uint64_t size;   /* if <next> is BODY for a size: once more bytes
	                  * than this have come; 0: not for a size */
};
#define MISSING_NOTHING ((struct missing){.next = STAGES})

/*
 * The value of <t>, its '!' heeded. <patterns>: what became of those that <t>
 * may name, NULL where that is not known yet. Where unknown, <m> learns why;
 * if it learns nothing, a pattern met its limit. Those
 * of lists the sight knows itself: sight_patterns().
 *
 * What a later stage would tell is false where the request gets to none.
 */
enum truth term_value(const struct sight *v, const struct term *t,
    const struct pattern_result *patterns, struct missing *m);

#endif
