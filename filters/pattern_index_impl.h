/*
 * pattern_index_impl.h - what an index is made of; for pattern_index*.c alone.
 */
#ifndef FILTERS_PATTERN_INDEX_IMPL_H
#define FILTERS_PATTERN_INDEX_IMPL_H

#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* A literal, under its key: the rarest of its pieces. */
struct place {
	uint32_t hash; /* of the key; tells keys apart, for it has an inverse */
	uint32_t text; /* offset in `texts` */
	uint32_t needs; /* the first of its patterns, ... */
	uint16_t n;     /* ... and how many they are */
	uint8_t len;
	uint8_t before; /* where in the literal the key stands */
};

/* All literals of 4 bytes or more, or all shorter ones. */
struct keys {
	struct place *place; /* owned, as all here; by bucket */
	uint32_t *bucket;    /* the first place of each; one more */
	uint64_t *bits;      /* which hashes there are, by more of their bits */
	uint32_t n;
	unsigned shift, bits_shift;
};
enum { KEYS_FOUR = 0, KEYS_TWO };

/* A domain that patterns have as their anchor. */
struct domain {
	uint32_t text;
	uint32_t first; /* in `under`: those that are tried on all its pages */
	uint16_t n;
	uint8_t len; /* 0: nothing is here */
};

#define NO_HOME UINT32_MAX

struct pattern_index {
	char *texts; /* owned, as all here */
	uint32_t ntexts, texts_cap;
	struct keys keys[2];
	uint16_t *needs;       /* ids, by place */
	struct domain *domain; /* a hash table, at most half full */
	uint32_t ndomains, domain_mask;
	uint16_t *under; /* ids, by domain */
	uint32_t nunder;
	uint32_t *home; /* by id: the place in `domain` of those that are about
			 * it alone, and that are found by literals; NULL:
			 * there are none */
	uint16_t *always;
	uint32_t nalways;
	struct building *building; /* until _finish() */
};

static inline uint32_t
hash_four(const char *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v * 0x9e3779b1u;
}

static inline uint32_t
hash_two(const char *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v * 0x9e3779b1u;
}

/* Where the domain is, or would be. */
uint32_t domain_place(const struct pattern_index *ix, struct str name);

#endif
