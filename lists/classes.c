/* classes.c - sets of sources, each once. */
#include "lists/classes.h"

#include <stdlib.h>

#include "base/hash.h"
#include "lists/image_format.h"

#define SLOTS_FIRST 256

void
classes_fini(struct classes *c)
{
	free(c->sets);
	free(c->ids);
	free(c->slots);
	free(c->order);
	free(c->number);
	*c = (struct classes){0};
}

static bool
grow_slots(struct classes *c)
{
	uint32_t n = c->nslots ? c->nslots * 2 : SLOTS_FIRST;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t at = c->sets[i].hash & (n - 1);

		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = i + 1;
	}
	free(c->slots);
	c->slots = slots;
	c->nslots = n;
	return true;
}

/* Room for <want> members of <size>; false without memory. */
static bool
grow(void **p, size_t *cap, size_t want, size_t size)
{
	size_t n = *cap ? *cap : 64;
	void *q;

	if (want <= *cap)
		return true;
	while (n < want)
		n *= 2;
	q = realloc(*p, n * size);
	if (!q)
		return false;
	*p = q;
	*cap = n;
	return true;
}

static bool
is_set(const struct classes *c, const struct class_set *s, uint32_t hash,
    const uint16_t *ids, uint32_t n)
{
	return s->hash == hash && s->n == n &&
	       memcmp(c->ids + s->at, ids, n * sizeof(*ids)) == 0;
}

bool
classes_intern(
    struct classes *c, const uint16_t *ids, uint32_t n, uint32_t *number)
{
	uint32_t hash = (uint32_t)hash64(ids, n * sizeof(*ids), 0), at;
	void *sets = c->sets, *all = c->ids;

	if (c->n >= c->nslots / 2 && !grow_slots(c))
		return false;
	for (at = hash & (c->nslots - 1); c->slots[at];
	     at = (at + 1) & (c->nslots - 1)) {
		struct class_set *s = &c->sets[c->slots[at] - 1];

		if (is_set(c, s, hash, ids, n)) {
			s->uses++;
			*number = c->slots[at] - 1;
			return true;
		}
	}
	if (c->n >= IMAGE_NUMBER_MAX ||
	    !grow(&sets, &c->cap_sets, c->n + (size_t)1, sizeof(*c->sets)))
		return false;
	c->sets = sets;
	if (!grow(&all, &c->cap_ids, c->nids + n, sizeof(*c->ids)))
		return false;
	c->ids = all;
	memcpy(c->ids + c->nids, ids, n * sizeof(*ids));
	c->sets[c->n] = (struct class_set){1, hash, (uint32_t)c->nids, n};
	c->nids += n;
	*number = c->n++;
	c->slots[at] = c->n;
	return true;
}

/* A set as it is sorted. */
struct ranked {
	const uint16_t *ids;
	uint32_t uses, n, number;
};

/* More uses first; among equals by what they hold, so that it is certain. */
static int
compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->uses != y->uses)
		return x->uses > y->uses ? -1 : 1;
	for (uint32_t i = 0; i < x->n && i < y->n; i++)
		if (x->ids[i] != y->ids[i])
			return x->ids[i] < y->ids[i] ? -1 : 1;
	return (x->n > y->n) - (x->n < y->n);
}

bool
classes_order(struct classes *c)
{
	struct ranked *rank = malloc((c->n + (size_t)1) * sizeof(*rank));

	c->order = calloc(c->n + (size_t)1, sizeof(*c->order));
	c->number = calloc(c->n + (size_t)1, sizeof(*c->number));
	if (!rank || !c->order || !c->number) {
		free(rank);
		return false;
	}
	for (uint32_t i = 0; i < c->n; i++) {
		const struct class_set *s = &c->sets[i];

		rank[i] = (struct ranked){c->ids + s->at, s->uses, s->n, i};
	}
	qsort(rank, c->n, sizeof(*rank), compare);
	for (uint32_t i = 0; i < c->n; i++) {
		c->order[i] = rank[i].number;
		c->number[rank[i].number] = i;
	}
	free(rank);
	return true;
}
