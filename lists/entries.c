/*
 * entries.c - keys, each once, with their sources and lines.
 *
 * The index is probed linearly from where the upper half of the hash says, and
 * does not wrap: so it stands almost in the order of the hashes, which is the
 * order of the image's buckets, and sorting it at last costs little.
 */
#include "lists/entries.h"

#include <stdlib.h>

#include "base/hash.h"
#include "lists/image_format.h"

#define SLOTS_FIRST 1024
#define SLOTS_SPARE 256 /* behind the last, instead of wrapping */
#define POOL_FIRST  4   /* place 0 is "none" */

_Static_assert(sizeof(struct posting) == 12, "no holes");

void
entries_init(struct entries *e, uint64_t seed)
{
	*e = (struct entries){.pool = BUF_EMPTY, .seed = seed};
}

void
entries_fini(struct entries *e)
{
	buf_fini(&e->pool);
	free(e->slots);
	*e = (struct entries){.pool = BUF_EMPTY};
}

static size_t
slot_of(uint32_t hash, size_t nslots)
{
	return (size_t)((uint64_t)hash * nslots >> 32);
}

/* Put <slot> into an index that has room; false where it is crowded. */
static bool
insert(uint64_t *slots, size_t nslots, uint64_t slot)
{
	size_t at = slot_of(entries_hash(slot), nslots);

	while (at < nslots + SLOTS_SPARE && slots[at])
		at++;
	if (at == nslots + SLOTS_SPARE)
		return false;
	slots[at] = slot;
	return true;
}

/* Move to an index of <nslots>; false where memory or spare are too short. */
static bool
rehash(struct entries *e, size_t nslots)
{
	size_t have = e->nslots ? e->nslots + SLOTS_SPARE : 0;
	uint64_t *slots = calloc(nslots + SLOTS_SPARE, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < have; i++)
		if (e->slots[i] && !insert(slots, nslots, e->slots[i])) {
			free(slots);
			return false;
		}
	free(e->slots);
	e->slots = slots;
	e->nslots = nslots;
	return true;
}

/* Append a posting (and key); its place, or 0 where there is no memory. */
static uint32_t
add_posting(struct entries *e, struct posting p, struct str key)
{
	size_t size = (sizeof(p) + key.n + 3) / 4 * 4, at;
	char *to;

	if (e->pool.n == 0)
		buf_add(&e->pool, "\0\0\0", POOL_FIRST);
	at = e->pool.n / 4;
	if (at > UINT32_MAX || !buf_room(&e->pool, size))
		return 0;
	to = e->pool.p + e->pool.n;
	memcpy(to, &p, sizeof(p));
	memset(to + size - 4, 0, key.n ? 4 : 0);
	if (key.n)
		memcpy(to + sizeof(p), key.p, key.n);
	e->pool.n += size;
	e->npostings++;
	return (uint32_t)at;
}

static struct posting *
posting(struct entries *e, uint32_t place)
{
	return (struct posting *)(void *)(e->pool.p + (size_t)place * 4);
}

/* A further source for the entry at <place>. */
static enum entries_result
add_source(struct entries *e, uint32_t place, uint16_t source, uint32_t line)
{
	struct posting more = {.line = line, .source = source};
	uint32_t at = place;

	for (; at; at = posting(e, at)->next)
		if (posting(e, at)->source == source)
			return ENTRIES_DUPLICATE;
	more.next = posting(e, place)->next;
	at = add_posting(e, more, STR_NONE);
	if (!at)
		return ENTRIES_FULL;
	posting(e, place)->next = at;
	return ENTRIES_ADDED;
}

enum entries_result
entries_add(struct entries *e, struct str key, uint16_t source, uint32_t line)
{
	uint32_t hash = (uint32_t)(hash64(key.p, key.n, e->seed) >> 32), place;
	struct posting first = {
	    .line = line, .source = source, .nkey = (uint16_t)key.n};
	size_t at;

	if (key.n == 0 || key.n > IMAGE_KEY_MAX || e->sorted)
		return ENTRIES_FULL;
	if (e->n >= e->nslots / 4 * 3 &&
	    !rehash(e, e->nslots ? e->nslots * 2 : SLOTS_FIRST))
		return ENTRIES_FULL;
	for (at = slot_of(hash, e->nslots); e->slots[at]; at++) {
		uint64_t slot = e->slots[at];

		if (entries_hash(slot) == hash &&
		    str_eq(entries_key(entries_first(e, slot)), key))
			return add_source(e, (uint32_t)slot, source, line);
		if (at + 2 >= e->nslots + SLOTS_SPARE)
			return ENTRIES_FULL;
	}
	place = add_posting(e, first, key);
	if (!place)
		return ENTRIES_FULL;
	e->slots[at] = (uint64_t)hash << 32 | place;
	e->n++;
	return ENTRIES_ADDED;
}

static bool
stands_behind(const struct entries *e, uint64_t a, uint64_t b)
{
	if (entries_hash(a) != entries_hash(b))
		return entries_hash(a) > entries_hash(b);
	return str_cmp(entries_key(entries_first(e, a)),
	           entries_key(entries_first(e, b))) > 0;
}

void
entries_sort(struct entries *e)
{
	size_t end = e->nslots ? e->nslots + SLOTS_SPARE : 0, n = 0;

	for (size_t i = 0; i < end; i++) {
		uint64_t slot = e->slots[i];
		size_t to = n;

		if (!slot)
			continue;
		while (to > 0 && stands_behind(e, e->slots[to - 1], slot)) {
			e->slots[to] = e->slots[to - 1];
			to--;
		}
		e->slots[to] = slot;
		n++;
	}
	e->sorted = true;
}

struct str
entries_net_key(char key[ENTRIES_NET_KEY], const uint8_t *addr, unsigned bytes,
    unsigned bits)
{
	key[0] = (char)bytes;
	memcpy(key + 1, addr, bytes);
	key[1 + bytes] = (char)(unsigned char)bits;
	return str_make(key, bytes + 2);
}
