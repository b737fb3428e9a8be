/*
 * pattern_index.h - which patterns a text may match: a few, found in one pass
 * over the text, however many there are.
 *
 * A pattern that needs one of some literals is a candidate where one of them
 * occurs; one that has an anchor on that domain and below alone; one that needs
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
 * Add pattern <id>, higher than all before, which needs one of <any> (empty:
 * nothing) and has <anchor> (empty: none). <only>: the anchor is a condition
 * of its own; else it follows from the pattern. -1: memory.
 */
int pattern_index_add(struct pattern_index *ix, uint16_t id,
    const struct literal_set *any, struct str anchor, bool only);

/* Once, behind the last add. -1: memory. */
int pattern_index_finish(struct pattern_index *ix);

/* What a search writes to. */
struct pattern_search; /* opaque */
struct pattern_search *pattern_search_new(
    struct pattern_index *const ix[2]); /* for both; NULL: memory */
void pattern_search_free(struct pattern_search *s);

/* Find the candidates for <text>, which is of <host> (empty: not known). The
 * last search's have to be taken out before. */
void pattern_index_find(const struct pattern_index *ix, struct name host,
    struct str text, struct pattern_search *s);

/* Take the lowest candidate out; PATTERN_NONE: there are no more. */
uint16_t pattern_next(struct pattern_search *s);

#endif
