/*
 * block.h - I/O blocks: memory for bytes on their way, taken from a worker's
 * pool while they are, and given back as soon as they are not, so that an
 * idle connection has none.
 *
 *	struct block *b = block_take(&w->blocks, BLOCK_SMALL);
 *	n = read(fd, block_end(b), block_room(b));
 *	block_give(&w->blocks, &b);
 */
#ifndef PROXY_BLOCK_H
#define PROXY_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum block_size { BLOCK_SMALL = 0, BLOCK_LARGE };
#define BLOCK_SIZES 2

struct block {
	struct block *next; /* in the pool */
	uint32_t size;      /* enum block_size */
	uint32_t cap;
	uint32_t floor; /* bytes in front that stay: texts still pointed at */
	uint32_t at, n; /* what it holds: <n> bytes from p + at */
	char p[];
};

/* Zeroed: empty. One thread. */
struct blocks {
	struct block *free[BLOCK_SIZES]; /* owned */
	unsigned nfree[BLOCK_SIZES];
	unsigned taken, peak; /* now; the most since blocks_calm() */
};

void blocks_fini(struct blocks *pool);

/*
 * Has a burst passed: were many in use, and are few now? Then keep <few>
 * unused ones of each size, and begin to watch for the next.
 */
bool blocks_calm(struct blocks *pool, unsigned few);

/* An empty block; NULL: no memory. */
struct block *block_take(struct blocks *pool, enum block_size size);

/* Back into the pool; leaves NULL behind. *<b> NULL: nothing. */
void block_give(struct blocks *pool, struct block **b);

/* What it holds to its floor, so that all room is behind. */
void block_pack(struct block *b);

/*
 * Replace *<b>, which has no floor, by a LARGE one with the same content at
 * its front. false: it was one already, or no memory; then only packed.
 */
bool block_grow(struct blocks *pool, struct block **b);

static inline char *
block_begin(struct block *b)
{
	return b->p + b->at;
}

static inline char *
block_end(struct block *b)
{
	return b->p + b->at + b->n;
}

static inline size_t
block_room(const struct block *b)
{
	return b->cap - b->at - b->n;
}

/* Drop <n> bytes at the front. */
static inline void
block_eat(struct block *b, size_t n)
{
	b->n -= (uint32_t)n;
	b->at = b->n ? b->at + (uint32_t)n : b->floor;
}

#endif
