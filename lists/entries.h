/*
 * entries.h - what the compiler of lists collects: keys, each once, and for
 * each the sources that name it, with the line. For lists/ alone.
 *
 * A key is a domain, host/path, or a network in binary (entries_net_key());
 * docs/formats/image.md says more. A source's first line for a key counts.
 * Keys and postings lie in one pool and are named by their place in it.
 */
#ifndef LISTS_ENTRIES_H
#define LISTS_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Source and line of an entry. The first of an entry has its key behind it. */
struct posting {
	uint32_t next; /* the entry's next posting; 0: none */
	uint32_t line;
	uint16_t source;
	uint16_t nkey; /* 0: not the entry's first */
};

struct entries {
	struct buf pool; /* owned; postings and keys, in units of 4 bytes */
	uint64_t *slots; /* owned; hash's upper half, place; sorted at last */
	size_t nslots, n;
	uint64_t npostings, seed;
	bool sorted;
};

void entries_init(struct entries *e, uint64_t seed);
void entries_fini(struct entries *e);

enum entries_result {
	ENTRIES_ADDED = 0,
	ENTRIES_DUPLICATE, /* this source has named it before */
	ENTRIES_FULL,      /* no memory, or more than an image can hold */
};
enum entries_result entries_add(
    struct entries *e, struct str key, uint16_t source, uint32_t line);

/*
 * Bring all entries into the order of their hashes (then keys): the order of
 * buckets. Then slots[0..n-1] are theirs and nothing can be added.
 */
void entries_sort(struct entries *e);

static inline uint32_t
entries_hash(uint64_t slot)
{
	return (uint32_t)(slot >> 32);
}

static inline const struct posting *
entries_posting(const struct entries *e, uint32_t place)
{
	return (const struct posting *)(const void *)(e->pool.p +
	                                              (size_t)place * 4);
}

static inline const struct posting *
entries_first(const struct entries *e, uint64_t slot)
{
	return entries_posting(e, (uint32_t)slot);
}

/* The key of an entry's first posting. */
static inline struct str
entries_key(const struct posting *first)
{
	return str_make((const char *)(first + 1), first->nkey);
}

#define ENTRIES_NET_KEY 18 /* bytes at most */

/* The key of a network into <key>; <bytes> of address: 4 or 16. */
struct str entries_net_key(char key[ENTRIES_NET_KEY], const uint8_t *addr,
    unsigned bytes, unsigned bits);

/* Is <key> such a one? No host begins with a control character. */
static inline bool
entries_is_net(struct str key)
{
	return key.p[0] == 4 || key.p[0] == 16;
}

#endif
