/* bits.h - a fixed set of small numbers, as a plain value. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

#define BITS_MAX 256 /* numbers 0 .. BITS_MAX-1 */

struct bits {
	uint64_t w[BITS_MAX / 64];
};

static inline void
bits_set(struct bits *b, unsigned i)
{
	b->w[(i / 64) % (BITS_MAX / 64)] |= (uint64_t)1 << (i % 64);
}

static inline bool
bits_has(const struct bits *b, unsigned i)
{
	return i < BITS_MAX && (b->w[i / 64] >> (i % 64) & 1);
}

static inline void
bits_or(struct bits *b, const struct bits *with)
{
	for (unsigned i = 0; i < BITS_MAX / 64; i++)
		b->w[i] |= with->w[i];
}

static inline void
bits_and(struct bits *b, const struct bits *with)
{
	for (unsigned i = 0; i < BITS_MAX / 64; i++)
		b->w[i] &= with->w[i];
}

static inline bool
bits_meet(const struct bits *a, const struct bits *b)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < BITS_MAX / 64; i++)
		any |= a->w[i] & b->w[i];
	return any != 0;
}

static inline bool
bits_empty(const struct bits *b)
{
	return !bits_meet(b, b);
}

#endif
