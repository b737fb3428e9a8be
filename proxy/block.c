/* block.c - I/O blocks and their pool. */
#include "proxy/block.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/limits.h"

static const uint32_t sizes[BLOCK_SIZES] = {
    [BLOCK_SMALL] = LIMIT_BLOCK_SMALL,
    [BLOCK_LARGE] = LIMIT_BLOCK_LARGE,
};

static void
keep_only(struct blocks *pool, unsigned n)
{
	for (unsigned i = 0; i < BLOCK_SIZES; i++) {
		while (pool->nfree[i] > n) {
			struct block *b = pool->free[i];

			pool->free[i] = b->next;
			pool->nfree[i]--;
			free(b);
		}
	}
}

void
blocks_fini(struct blocks *pool)
{
	keep_only(pool, 0);
}

bool
blocks_calm(struct blocks *pool, unsigned few)
{
	if (pool->peak < LIMIT_BURST || pool->taken > pool->peak / 4)
		return false;
	keep_only(pool, few);
	pool->peak = pool->taken;
	return true;
}

struct block *
block_take(struct blocks *pool, enum block_size size)
{
	struct block *b = pool->free[size];

	if (b) {
		pool->free[size] = b->next;
		pool->nfree[size]--;
	} else {
		b = malloc(sizeof(*b) + sizes[size]);
		if (!b)
			return NULL;
		b->size = size;
		b->cap = sizes[size];
	}
	b->next = NULL;
	b->floor = b->at = b->n = 0;
	if (++pool->taken > pool->peak)
		pool->peak = pool->taken;
	return b;
}

void
block_give(struct blocks *pool, struct block **bp)
{
	struct block *b = *bp;

	if (!b)
		return;
	*bp = NULL;
	pool->taken--;
	if (pool->nfree[b->size] >= LIMIT_BLOCKS_KEPT) {
		free(b);
		return;
	}
	b->next = pool->free[b->size];
	pool->free[b->size] = b;
	pool->nfree[b->size]++;
}

void
block_pack(struct block *b)
{
	if (b->at > b->floor)
		memmove(b->p + b->floor, b->p + b->at, b->n);
	b->at = b->floor;
}

bool
block_grow(struct blocks *pool, struct block **bp)
{
	struct block *old = *bp, *b;

	b = old->size == BLOCK_LARGE ? NULL : block_take(pool, BLOCK_LARGE);
	if (!b) {
		block_pack(old);
		return false;
	}
	memcpy(b->p, block_begin(old), old->n);
	b->n = old->n;
	block_give(pool, bp);
	*bp = b;
	return true;
}
