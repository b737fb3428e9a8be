/*
 * cache.c - a bounded table of small values, the least used leaves first.
 *
 * Slots lie in one array and are linked by number: in a chain of their bucket,
 * and in one ring of all by use, whose head is one slot more than there are.
 */
#include "proxy/cache.h"

#include "base/bug.h"

#define NO_SLOT UINT32_MAX

struct slot {
	struct cache_key key;
	uint32_t chain; /* next in the bucket, NO_SLOT: the last */
	uint32_t newer, older;
};

struct cache {
	uint32_t nslots, used, mask;
	size_t bytes;
	uint32_t *buckets;  /* owned; mask + 1 of them */
	struct slot *slots; /* owned; nslots, and the head of the ring */
	uint8_t *values;    /* owned */
};

struct cache *
cache_new(uint32_t slots, size_t bytes)
{
	struct cache *c = calloc(1, sizeof(*c));
	uint32_t buckets = 1;

	if (!c || BUG(slots == 0 || slots > 1u << 24))
		goto fail;
	while (buckets < slots)
		buckets *= 2;
	c->nslots = slots;
	c->mask = buckets - 1;
	c->bytes = bytes;
	c->buckets = malloc(buckets * sizeof(*c->buckets));
	c->slots = calloc((size_t)slots + 1, sizeof(*c->slots));
	c->values = calloc(slots, bytes);
	if (!c->buckets || !c->slots || !c->values)
		goto fail;
	for (uint32_t i = 0; i < buckets; i++)
		c->buckets[i] = NO_SLOT;
	c->slots[slots].newer = c->slots[slots].older = slots;
	return c;
fail:
	cache_free(c);
	return NULL;
}

void
cache_free(struct cache *c)
{
	if (!c)
		return;
	free(c->buckets);
	free(c->slots);
	free(c->values);
	free(c);
}

static void
ring_leave(struct cache *c, uint32_t i)
{
	struct slot *s = &c->slots[i];

	c->slots[s->newer].older = s->older;
	c->slots[s->older].newer = s->newer;
}

/* At the newest end: "older" of the head. */
static void
ring_enter(struct cache *c, uint32_t i)
{
	struct slot *head = &c->slots[c->nslots], *s = &c->slots[i];

	s->newer = c->nslots;
	s->older = head->older;
	c->slots[head->older].newer = i;
	head->older = i;
}

static uint32_t
slot_find(const struct cache *c, struct cache_key key)
{
	uint32_t i = c->buckets[key.lo & c->mask];

	while (i != NO_SLOT &&
	       (c->slots[i].key.lo != key.lo || c->slots[i].key.hi != key.hi))
		i = c->slots[i].chain;
	return i;
}

static void
chain_leave(struct cache *c, uint32_t i)
{
	uint32_t *at = &c->buckets[c->slots[i].key.lo & c->mask];

	while (*at != i)
		at = &c->slots[*at].chain;
	*at = c->slots[i].chain;
}

const void *
cache_find(struct cache *c, struct cache_key key)
{
	uint32_t i = slot_find(c, key);

	if (i == NO_SLOT)
		return NULL;
	ring_leave(c, i);
	ring_enter(c, i);
	return c->values + i * c->bytes;
}

/* A slot nobody is in: a fresh one, else that of the least used. */
static uint32_t
slot_take(struct cache *c)
{
	uint32_t i;

	if (c->used < c->nslots)
		return c->used++;
	i = c->slots[c->nslots].newer;
	ring_leave(c, i);
	chain_leave(c, i);
	return i;
}

void
cache_put(struct cache *c, struct cache_key key, const void *value)
{
	uint32_t i = slot_find(c, key);

	if (i == NO_SLOT) {
		i = slot_take(c);
		c->slots[i].key = key;
		c->slots[i].chain = c->buckets[key.lo & c->mask];
		c->buckets[key.lo & c->mask] = i;
	} else {
		ring_leave(c, i);
	}
	ring_enter(c, i);
	memcpy(c->values + i * c->bytes, value, c->bytes);
}

uint32_t
cache_used(const struct cache *c)
{
	return c->used;
}
