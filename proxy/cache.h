/*
 * cache.h - a bounded table of small values, the least used leaves first.
 *
 * One worker's, no locks; all its memory is taken when it is made. Keys are
 * 16 bytes of a keyed hash, so that nobody outside can choose where they fall.
 *
 *	cache = cache_new(4096, sizeof(struct pattern_hits));
 *	if ((hits = cache_find(cache, key)) != NULL) ...
 *	cache_put(cache, key, &hits);
 */
#ifndef PROXY_CACHE_H
#define PROXY_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct cache;

struct cache_key {
	uint64_t lo, hi;
};

/* Room for <slots> values of <bytes> each. NULL: no memory. */
struct cache *cache_new(uint32_t slots, size_t bytes);
void cache_free(struct cache *c); /* NULL: nothing */

/* The value, most recently used from now on; NULL where there is none.
 * Borrowed until the next cache_put(). */
const void *cache_find(struct cache *c, struct cache_key key);

/* Copy <value> in, in place of one with this key, else of the least used. */
void cache_put(struct cache *c, struct cache_key key, const void *value);

uint32_t cache_used(const struct cache *c);

#endif
