/*
 * endings.h - the endings of domains that are worth a number: the first half
 * of dict.h. For lists/ alone.
 */
#ifndef LISTS_ENDINGS_H
#define LISTS_ENDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* An ending while it is learnt, and later. */
struct ending {
	const char *p; /* borrowed from the sampled key, until endings_own() */
	uint32_t uses;
	uint16_t n;
	uint16_t number; /* its place in <list>; 0: none */
};

struct endings {
	struct ending *slots; /* owned; by hash */
	uint32_t nslots, n;
	struct str *list; /* owned; by number, the empty one first */
	uint32_t nlist;
	char *text; /* owned; what <list> points into */
};

#define ENDINGS_MAX 8160 /* numbers of two bytes */

void endings_fini(struct endings *e); /* of a zeroed one too */

/* Count each ending of <domain>, from its first dot on. False: no memory. */
bool endings_count(struct endings *e, struct str domain);

/* Forget those with fewer than <least> uses, and all counts. False: memory. */
bool endings_thin(struct endings *e, uint32_t least);

/* Count the longest ending of <domain> that is left. */
void endings_count_longest(struct endings *e, struct str domain);

/* Keep those with <least> uses; number them by use. False: no memory. */
bool endings_number(struct endings *e, uint32_t least);

/* The longest ending of <domain> with a number; 0: none. */
uint32_t endings_of(const struct endings *e, struct str domain);

#endif
