/*
 * nameset.h - a few hundred words, each with a number: the names of
 * categories and lists, in the order in which they were first met.
 */
#ifndef FILTERS_NAMESET_H
#define FILTERS_NAMESET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/str.h"

struct arena;

#define NAMESET_MAX  BITS_MAX
#define NAMESET_NONE UINT16_MAX

struct nameset {
	struct str name[NAMESET_MAX]; /* copied into the caller's arena */
	uint16_t n;
};

uint16_t nameset_find(const struct nameset *s, struct str name);

/* Find or add; NAMESET_NONE when full, or when <a> has failed. */
uint16_t nameset_add(struct nameset *s, struct arena *a, struct str name);

#endif
