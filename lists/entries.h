/*
 * entries.h - what the compiler of lists collects: keys, each once, and for
 * each the sources that name it, with the line. For lists/ alone.
 *
 * A key is a domain, host/path, a network in binary (entries_net_key()), or
 * whatever else has to be held once; docs/formats/image.md says more. Of a
 * source's lines for a key the first counts, and none if one cancels it. Keys
 * and postings lie in one pool and are named by their place in it.
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
	uint16_t nkey; /* 0: not the entry's first; and POSTING_GONE */
};
#define POSTING_GONE 0x8000u /* the source names it no more */

struct entries {
	struct buf pool; /* owned; postings and keys, in units of 4 bytes */
	uint64_t *slots; /* owned; hash's upper half, place; sorted at last */
	size_t nslots, n;
	uint64_t npostings, seed;
	size_t key_max;
	unsigned part_bits; /* the upper bits of the hash that all share */
	bool sorted;
};

void entries_init(struct entries *e, uint64_t seed, size_t key_max);
void entries_fini(struct entries *e);

/* Forget all, keep the memory, take in hashes of another part. */
void entries_reset(struct entries *e, unsigned part_bits);

enum entries_result {
	ENTRIES_ADDED = 0,
	ENTRIES_DUPLICATE, /* this source has named it before */
	ENTRIES_CANCELLED, /* it was an entry or would be one, and is none */
	ENTRIES_FULL,      /* no memory, or more than an image can hold */
};

/*
 * <source> names <key> in <line>. Where a key has very many sources it may go
 * unseen that this one has named it before; entries_posted() sees it.
 */
enum entries_result entries_add(
    struct entries *e, struct str key, uint16_t source, uint32_t line);

/* <source> does not name <key>, whatever it says before or behind. */
enum entries_result entries_cancel(
    struct entries *e, struct str key, uint16_t source);

/*
 * Bring all entries into the order of their hashes (then keys): the order of
 * buckets. Then slots[0..n-1] are theirs and nothing can be added.
 */
void entries_sort(struct entries *e);

/* Bring them into the order of their keys instead. False: no memory. */
bool entries_sort_by_key(struct entries *e);

/* The sources of an entry, ascending, each once, with their lines. */
struct posted {
	uint32_t line;
	uint16_t source;
	bool gone;
};
struct posted_list {
	struct posted *v; /* owned */
	size_t n, cap;
};

/*
 * The sources of the entry in <slot> into <to>, by their number[] (NULL: as
 * they are); none where all have cancelled it. False: no memory.
 */
bool entries_posted(const struct entries *e, uint64_t slot,
    const uint16_t *number, struct posted_list *to);

/* What it takes, in bytes. */
static inline size_t
entries_bytes(const struct entries *e)
{
	return e->pool.n + e->nslots * sizeof(*e->slots);
}

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
	return str_make((const char *)(first + 1), first->nkey & ~POSTING_GONE);
}

#define ENTRIES_NET_KEY 18 /* bytes at most */

/* The key of a network into <key>; <bytes> of address: 4 or 16. */
struct str entries_net_key(char key[ENTRIES_NET_KEY], const uint8_t *addr,
    unsigned bytes, unsigned bits);

#endif
