/*
 * pattern.h - the regular expressions of a snapshot; the door to PCRE2.
 *
 * A set is filled by one thread, then shared by all and never changed, but
 * for counters. Patterns match bytes, ASCII letters of any case alike; `.`
 * is any byte, `$` the very end. A pattern is tried only on texts in which
 * one literal that it requires occurs, where it has one that can be told
 * safely (literal.h), and on the hosts that it is about (pattern_index.h). Each try is bounded: one that meets a bound is *open*, neither
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
#include "lists/name.h"

struct arena;
struct err;
struct pattern_set; /* opaque */
struct url;

#define PATTERN_TEXT_MAX 4096
#define PATTERNS_MAX     32768 /* of a set; SNAPSHOT_PATTERNS_MAX */
#define PATTERN_NONE     UINT16_MAX

/* What became of one pattern. A URL has several texts (its canonical one,
 * each other reading, the one that was sent). */
enum pattern_outcome {
	PATTERN_SOME = 1,       /* it matches some text */
	PATTERN_EVERY = 2,      /* it matches each text */
	PATTERN_OPEN = 4,       /* none, as far as can be told */
	PATTERN_EVERY_OPEN = 8, /* all, as far as can be told */
};

/* Of those that were tried: sparse, nearly always empty. */
#define PATTERN_RESULT_MAX 64
struct pattern_result {
	uint16_t n;
	bool rest_open; /* what is not named is open: PATTERN_OPEN_ALL */
	struct {
		uint16_t id; /* ascending */
		uint8_t is;  /* enum pattern_outcome, ORed; not 0 */
	} v[PATTERN_RESULT_MAX];
};
#define PATTERN_OPEN_ALL (PATTERN_OPEN | PATTERN_EVERY_OPEN)

/* A pattern to be added. */
struct pattern_def {
	struct str text;
	struct str anchor; /* it can match on this domain and below it alone
			    * (canonical); empty: anywhere */
	bool host;         /* is tried on the host alone, not on the URL */
};

/* A set of ids. */
struct pattern_wanted {
	uint64_t w[PATTERNS_MAX / 64];
};

struct pattern_set *pattern_set_new(void);     /* NULL: memory */
void pattern_set_free(struct pattern_set *ps); /* NULL: nothing */

/*
 * Compile a pattern (its text is copied) and return its number; what is equal
 * in all of <def> has one number. PATTERN_NONE with <err> set, and <offset> of
 * the trouble within the text.
 */
uint16_t pattern_set_add(struct pattern_set *ps, const struct pattern_def *def,
    size_t *offset, struct err *err);

/* Call once behind the last add. -1: memory. */
int pattern_set_finish(struct pattern_set *ps);

unsigned pattern_set_count(const struct pattern_set *ps);
struct str pattern_set_text(const struct pattern_set *ps, unsigned id);
/* How many have neither literal nor anchor: they are tried on every text. */
unsigned pattern_set_always(const struct pattern_set *ps);
uint64_t pattern_set_limits(const struct pattern_set *ps, unsigned id);
/* The domain that <id> is tried on, and below; empty: anywhere. */
struct str pattern_set_anchor(const struct pattern_set *ps, unsigned id);
bool pattern_set_on_host(const struct pattern_set *ps, unsigned id);
/* What a text must contain for <id> to be tried: one of a few literals, of
 * which this is the first. Empty: it is, wherever its anchor lets it. */
struct str pattern_set_literal(const struct pattern_set *ps, unsigned id);

/*
 * Try the URL patterns in <wanted> (NULL: all of the set) on all texts of
 * <u>. Fills <out> wholly. Never fails: what could not be tried is open.
 */
void pattern_set_run(const struct pattern_set *ps, const struct url *u,
    const struct pattern_wanted *wanted, struct pattern_result *out);

/* The same with the host patterns, on a host: it is one text. */
void pattern_set_run_host(const struct pattern_set *ps, struct name host,
    const struct pattern_wanted *wanted, struct pattern_result *out);

/* <id> alone on one text, whatever it needs: PATTERN_SOME, PATTERN_OPEN or 0.
 * Not counted. To see what it costs. */
unsigned pattern_set_try(
    const struct pattern_set *ps, unsigned id, struct str text);

/* Are there any of this kind? */
bool pattern_set_has(const struct pattern_set *ps, bool host);

/* The outcome of <id>, ORed; 0: no match. */
unsigned pattern_result_of(const struct pattern_result *res, uint16_t id);

/* Between a result of all patterns and the form in which it is cached. */
void pattern_hits_from(
    const struct pattern_result *res, struct pattern_hits *out);

/* False: <hits> says too little, or things that cannot be. Where it met a
 * limit what is not a hit is open. */
bool pattern_hits_into(const struct pattern_hits *hits, unsigned count,
    struct pattern_result *res);

/* No pattern hit, none open. */
bool pattern_result_is_empty(const struct pattern_result *res);

#endif
