/*
 * classes.h - sets of sources, each once, for the compiler of lists. For
 * lists/ alone.
 *
 * A set gets a number when first met; classes_order() renumbers them by how
 * often they were met, so that frequent ones have small numbers.
 */
#ifndef LISTS_CLASSES_H
#define LISTS_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct class_set {
	uint32_t uses, hash;
	uint32_t at, n; /* its sources: ids[at .. at + n - 1] */
};

struct classes {
	struct class_set *sets; /* owned */
	uint16_t *ids;          /* owned */
	uint32_t *slots;        /* owned; number + 1; 0: free */
	uint32_t *order;        /* owned; set behind each final number */
	uint32_t *number;       /* owned; final number of each set */
	uint32_t n, nslots;
	size_t nids, cap_sets, cap_ids;
};

void classes_fini(struct classes *c); /* of a zeroed one too */

/* The number of the set <ids> (ascending); false without memory. */
bool classes_intern(
    struct classes *c, const uint16_t *ids, uint32_t n, uint32_t *number);

/* Decide final numbers: c->number[first number]. False without memory. */
bool classes_order(struct classes *c);

#endif
