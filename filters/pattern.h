/*
 * pattern.h - the regular expressions of a snapshot; the door to PCRE2.
 *
 * A set is filled by one thread, then shared by all and never changed, but
 * for counters. Patterns match bytes, ASCII letters of any case alike; `.`
 * is any byte, `$` the very end. A pattern is tried only on texts in which
 * one literal that it requires occurs, where it has one that can be told
 * safely. Each try is bounded: one that meets a bound is *open*, neither
 * true nor false.
 *
 * What a match needs to write to (match data, JIT stack, the text in lower
 * case) lies in slots of the set, taken with one atomic exchange and given
 * back at the end of the call; a caller who finds all of them taken works
 * with memory of its own. So nobody waits, and nobody has anything to keep.
 */
#ifndef FILTERS_PATTERN_H
#define FILTERS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "filters/facts.h"

struct arena;
struct err;
struct pattern_set; /* opaque */
struct url;

#define PATTERN_TEXT_MAX 4096
#define PATTERNS_MAX     4096 /* of a set; SNAPSHOT_PATTERNS_MAX */
#define PATTERN_NONE     UINT16_MAX

/* What became of the patterns that were tried, by their number. */
struct pattern_result {
	uint64_t hit[PATTERNS_MAX / 64];  /* matches some text of the URL */
	uint64_t open[PATTERNS_MAX / 64]; /* none, as far as can be told */
	/* the same of "matches each text", which is the fewer */
	uint64_t every[PATTERNS_MAX / 64];
	uint64_t every_open[PATTERNS_MAX / 64];
};

struct pattern_set *pattern_set_new(void);     /* NULL: memory */
void pattern_set_free(struct pattern_set *ps); /* NULL: nothing */

/*
 * Compile <text> (copied) and return its number; the same text has one number.
 * PATTERN_NONE with <err> set, and <offset> of the trouble within the text.
 */
uint16_t pattern_set_add(
    struct pattern_set *ps, struct str text, size_t *offset, struct err *err);

/* Call once behind the last add. -1: memory. */
int pattern_set_finish(struct pattern_set *ps);

unsigned pattern_set_count(const struct pattern_set *ps);
struct str pattern_set_text(const struct pattern_set *ps, unsigned id);
uint64_t pattern_set_limits(const struct pattern_set *ps, unsigned id);
/* The literal without which <id> is not tried; empty: it always is. */
struct str pattern_set_literal(const struct pattern_set *ps, unsigned id);

/*
 * Try the <n> patterns <ids> (NULL: all of the set, <n> not used) on all
 * texts of <u>: the canonical one, that of each other reading, the raw one.
 * Fills <out> wholly. Never fails: what could not be tried is open.
 */
void pattern_set_run(const struct pattern_set *ps, const struct url *u,
    const uint16_t *ids, unsigned n, struct pattern_result *out);

/* Between a result of all patterns and the form in which it is cached. */
void pattern_hits_from(
    const struct pattern_result *res, unsigned count, struct pattern_hits *out);

/* False: <hits> says too little, or things that cannot be. Where it met a
 * limit what is not a hit is open. */
bool pattern_hits_into(const struct pattern_hits *hits, unsigned count,
    struct pattern_result *res);

/* No pattern hit, none open. */
bool pattern_result_is_empty(const struct pattern_result *res);

static inline bool
pattern_bit(const uint64_t *w, unsigned id)
{
	return w[id / 64] >> (id % 64) & 1;
}

#endif
