/* origins.c - files and how their lines are meant, each pair once. */
#include "lists/origins.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64

void
origins_fini(struct origins *o)
{
	free(o->v);
	free(o->slots);
	free(o->number);
	free(o->order);
	*o = (struct origins){0};
}

static uint32_t
slot_of(struct origin_key k)
{
	uint64_t x = (uint64_t)k.file << 32 | (uint64_t)k.group << 8 | k.role;

	return (uint32_t)((x * 0x9e3779b97f4a7c15u) >> 32);
}

static void
put(struct origins *o, uint32_t id)
{
	uint32_t at = slot_of(o->v[id]) & (o->nslots - 1);

	while (o->slots[at])
		at = (at + 1) & (o->nslots - 1);
	o->slots[at] = id + 1;
}

static bool
grow(struct origins *o)
{
	uint32_t n = o->nslots ? o->nslots * 2 : SLOTS_FIRST;
	struct origin_key *v = realloc(o->v, n / 2 * sizeof(*v));
	uint32_t *slots;

	if (!v)
		return false;
	o->v = v;
	o->cap = n / 2;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return false;
	free(o->slots);
	o->slots = slots;
	o->nslots = n;
	for (uint32_t i = 0; i < o->n; i++)
		put(o, i);
	return true;
}

enum origins_result
origins_intern(
    struct origins *o, struct origin_key key, uint32_t spare, uint16_t *id)
{
	uint32_t at;

	if (o->n >= o->nslots / 2 && !grow(o))
		return ORIGINS_NO_MEMORY;
	for (at = slot_of(key) & (o->nslots - 1); o->slots[at];
	     at = (at + 1) & (o->nslots - 1)) {
		const struct origin_key *v = &o->v[o->slots[at] - 1];

		if (v->file == key.file && v->role == key.role &&
		    v->group == key.group) {
			*id = (uint16_t)(o->slots[at] - 1);
			return ORIGINS_OK;
		}
	}
	if (o->n + spare >= ORIGINS_MAX)
		return ORIGINS_FULL;
	o->v[o->n] = key;
	o->slots[at] = o->n + 1;
	*id = (uint16_t)o->n++;
	return ORIGINS_OK;
}

/* What an origin is sorted by, and its id. */
struct keyed {
	uint64_t key;
	uint32_t id;
};

static int
compare(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

/* A file whose every line was rejected is a source all the same. */
static bool
add_missing(struct origins *o, uint32_t nfiles)
{
	bool *has = calloc(nfiles + (size_t)1, sizeof(*has)), ok = has;
	uint16_t id;

	for (uint32_t i = 0; ok && i < o->n; i++)
		has[o->v[i].file] = true;
	for (uint32_t i = 0; ok && i < nfiles; i++)
		ok = has[i] ||
		     origins_intern(o, (struct origin_key){.file = (uint16_t)i},
		         0, &id) == ORIGINS_OK;
	free(has);
	return ok;
}

bool
origins_order(struct origins *o, uint32_t nfiles)
{
	struct keyed *all;

	if (!add_missing(o, nfiles))
		return false;
	all = calloc(o->n + (size_t)1, sizeof(*all));
	o->number = calloc(o->n + (size_t)1, sizeof(*o->number));
	o->order = calloc(o->n + (size_t)1, sizeof(*o->order));
	if (!all || !o->number || !o->order) {
		free(all);
		return false;
	}
	for (uint32_t i = 0; i < o->n; i++) {
		const struct origin_key *v = &o->v[i];

		all[i].key = (uint64_t)v->file << 32 | (uint64_t)v->role << 16 |
		             v->group;
		all[i].id = i;
	}
	qsort(all, o->n, sizeof(*all), compare);
	for (uint32_t i = 0; i < o->n; i++) {
		o->order[i] = all[i].id;
		o->number[all[i].id] = (uint16_t)i;
	}
	free(all);
	return true;
}
