/*
 * pattern_index.h - which patterns a text may match: a few, found in one pass
 * over the text, however many there are.
 *
 * A pattern that needs one of some literals is a candidate where one of them
 * occurs; one that has an anchor only on that domain and below; one that needs
 * nothing always. To be a candidate says nothing, not to be one says "no
 * match". Built by one thread, then shared by all and never changed.
 */
#ifndef FILTERS_PATTERN_INDEX_H
#define FILTERS_PATTERN_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/literal.h"
#include "filters/pattern.h"

struct pattern_index; /* opaque */

struct pattern_index *pattern_index_new(void); /* NULL: memory */
void pattern_index_free(struct pattern_index *ix);

/*
 * Add pattern <id>, of what literal_read() said of it. <only>: its anchor is
 * a condition, and not merely what follows from the pattern. -1: memory.
 */
int pattern_index_add(struct pattern_index *ix, uint16_t id,
    const struct literal_need *need, struct str anchor, bool only);

/* Once, behind the last add. -1: memory. */
int pattern_index_finish(struct pattern_index *ix);

/* Candidates, and what a search writes to. Before each search all is zero
 * but <lower>; pattern_next() sees to that. */
#define PATTERN_WINDOW (16u * 1024) /* texts are looked at in such pieces */
struct pattern_search {
	uint64_t some[PATTERNS_MAX / 64 / 64]; /* bit w: found[w] is not 0 */
	uint64_t found[PATTERNS_MAX / 64];
	char lower[PATTERN_WINDOW];
};

/* Find the candidates for <text>, which is of <host> (empty: not known). */
void pattern_index_find(const struct pattern_index *ix, struct name host,
    struct str text, struct pattern_search *s);

/* Take the lowest candidate out; PATTERN_NONE: there are no more. */
uint16_t pattern_next(struct pattern_search *s);

#endif
