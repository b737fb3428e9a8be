/*
 * tally.h - how often what was seen: a table of bounded size.
 *
 * The first TALLY_ROWS different words are counted exactly. What comes beyond
 * them is counted in one sum, and who prints the table says so.
 */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define TALLY_ROWS  65536
#define TALLY_WORDS (1u << 20) /* of a set */

struct tally_row {
	struct str word;    /* in the tally's arena, as the others */
	struct str example; /* the first address */
	struct str why;     /* the rule that did it */
	uint64_t n;
};

/* Zeroed: empty. */
struct tally {
	struct arena arena;     /* owned */
	struct tally_row *rows; /* owned; in the order of their coming */
	uint32_t *slots;        /* owned: number + 1 by hash */
	unsigned n, cap;
	uint64_t beyond; /* what no row could be had for */
};

/* One more of <word>. Its row; NULL where there is no room for it. */
struct tally_row *tally_add(struct tally *t, struct str word);
/* Most first; nothing can be added any more. */
void tally_sort(struct tally *t);
void tally_fini(struct tally *t);

/* How many different words there are. Zeroed: none. By hash: two of a million
 * fall together in one of some 40 million cases. */
struct tally_set {
	uint64_t *slots; /* owned */
	unsigned n, cap;
	bool more; /* there are more than TALLY_WORDS */
};
void tally_set_add(struct tally_set *s, struct str word);
void tally_set_fini(struct tally_set *s);

#endif
