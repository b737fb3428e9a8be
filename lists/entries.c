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
#define SLOTS_SPARE 1024 /* behind the last, instead of wrapping */
#define POOL_FIRST  4    /* place 0 is "none" */
#define WALK_MAX    64   /* sources of a key that are looked through */

_Static_assert(sizeof(struct posting) == 12, "no holes");

void
entries_init(struct entries *e, uint64_t seed, size_t key_max)
{
	*e = (struct entries){
	    .pool = BUF_EMPTY, .seed = seed, .key_max = key_max};
}

void
entries_fini(struct entries *e)
{
	buf_fini(&e->pool);
	free(e->slots);
	*e = (struct entries){.pool = BUF_EMPTY};
}

void
entries_reset(struct entries *e, unsigned part_bits)
{
	buf_reset(&e->pool);
	if (e->nslots)
		memset(
		    e->slots, 0, (e->nslots + SLOTS_SPARE) * sizeof(*e->slots));
	e->n = 0;
	e->npostings = 0;
	e->part_bits = part_bits;
	e->sorted = false;
}

static size_t
slot_of(const struct entries *e, uint32_t hash, size_t nslots)
{
	return (size_t)((uint64_t)(hash << e->part_bits) * nslots >> 32);
}

/* Put <slot> into an index that has room; false where it is crowded. */
static bool
insert(const struct entries *e, uint64_t *slots, size_t nslots, uint64_t slot)
{
	size_t at = slot_of(e, entries_hash(slot), nslots);

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
		if (e->slots[i] && !insert(e, slots, nslots, e->slots[i])) {
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

/* What is to be added to a key. */
struct addition {
	uint32_t line;
	uint16_t source;
	bool gone;
};

/* The same source once more. */
static enum entries_result
add_again(struct posting *p, const struct addition *a)
{
	bool was_gone = p->nkey & POSTING_GONE;

	if (a->gone)
		p->nkey |= POSTING_GONE;
	return a->gone != was_gone ? ENTRIES_CANCELLED : ENTRIES_DUPLICATE;
}

/* A further source for the entry at <place>. */
static enum entries_result
add_source(struct entries *e, uint32_t place, const struct addition *a)
{
	struct posting more = {.line = a->line,
	    .source = a->source,
	    .nkey = a->gone ? POSTING_GONE : 0};
	uint32_t at = place;

	for (unsigned i = 0; at && i < WALK_MAX; i++) {
		if (posting(e, at)->source == a->source)
			return add_again(posting(e, at), a);
		at = posting(e, at)->next;
	}
	more.next = posting(e, place)->next;
	at = add_posting(e, more, STR_NONE);
	if (!at)
		return ENTRIES_FULL;
	posting(e, place)->next = at;
	return ENTRIES_ADDED;
}

static enum entries_result
put(struct entries *e, struct str key, const struct addition *a)
{
	uint32_t hash = (uint32_t)(hash64(key.p, key.n, e->seed) >> 32), place;
	struct posting first = {.line = a->line,
	    .source = a->source,
	    .nkey = (uint16_t)(key.n | (a->gone ? POSTING_GONE : 0))};
	size_t at;

	if (key.n == 0 || key.n > e->key_max || e->sorted)
		return ENTRIES_FULL;
	if (e->n >= e->nslots / 4 * 3 &&
	    !rehash(e, e->nslots ? e->nslots * 2 : SLOTS_FIRST))
		return ENTRIES_FULL;
	for (at = slot_of(e, hash, e->nslots); e->slots[at]; at++) {
		uint64_t slot = e->slots[at];

		if (entries_hash(slot) == hash &&
		    str_eq(entries_key(entries_first(e, slot)), key))
			return add_source(e, (uint32_t)slot, a);
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

enum entries_result
entries_add(struct entries *e, struct str key, uint16_t source, uint32_t line)
{
	return put(e, key, &(struct addition){line, source, false});
}

enum entries_result
entries_cancel(struct entries *e, struct str key, uint16_t source)
{
	return put(e, key, &(struct addition){0, source, true});
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

/* A key as it is sorted. */
struct keyed {
	struct str key;
	uint64_t slot;
};

static int
compare_keys(const void *a, const void *b)
{
	return str_cmp(
	    ((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

bool
entries_sort_by_key(struct entries *e)
{
	struct keyed *all = malloc((e->n + 1) * sizeof(*all));

	if (!all)
		return false;
	entries_sort(e);
	for (size_t i = 0; i < e->n; i++)
		all[i] = (struct keyed){
		    entries_key(entries_first(e, e->slots[i])), e->slots[i]};
	qsort(all, e->n, sizeof(*all), compare_keys);
	for (size_t i = 0; i < e->n; i++)
		e->slots[i] = all[i].slot;
	free(all);
	return true;
}

static bool
posted_add(struct posted_list *to, struct posted p)
{
	struct posted *v;
	size_t cap = to->cap ? to->cap * 2 : 64;

	if (to->n == to->cap) {
		v = realloc(to->v, cap * sizeof(*v));
		if (!v)
			return false;
		to->v = v;
		to->cap = cap;
	}
	to->v[to->n++] = p;
	return true;
}

/* By source, then by line; line 0 is an unknown one, beyond all. */
static int
compare_posted(const void *a, const void *b)
{
	const struct posted *x = a, *y = b;
	uint32_t i = x->line - 1, k = y->line - 1;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return (i > k) - (i < k);
}

/* Sorted, to one for each source; and none of those that are gone. */
static void
posted_unite(struct posted_list *l)
{
	size_t to = 0, same;

	for (size_t i = 0; i < l->n; i += same) {
		bool gone = false;

		for (same = 0;
		     i + same < l->n && l->v[i + same].source == l->v[i].source;
		     same++)
			gone |= l->v[i + same].gone;
		if (!gone)
			l->v[to++] = l->v[i];
	}
	l->n = to;
}

bool
entries_posted(const struct entries *e, uint64_t slot, const uint16_t *number,
    struct posted_list *to)
{
	const struct posting *p = entries_first(e, slot);

	to->n = 0;
	for (;; p = entries_posting(e, p->next)) {
		struct posted one = {.line = p->line,
		    .source = number ? number[p->source] : p->source,
		    .gone = p->nkey & POSTING_GONE};

		if (!posted_add(to, one))
			return false;
		if (!p->next)
			break;
	}
	if (to->n > 1)
		qsort(to->v, to->n, sizeof(*to->v), compare_posted);
	posted_unite(to);
	return true;
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
