/* endings.c - the endings of domains that are worth a number. */
#include "lists/endings.h"

#include <stdlib.h>

#include "base/hash.h"

#define SLOTS_FIRST 4096

void
endings_fini(struct endings *e)
{
	free(e->slots);
	free(e->list);
	free(e->text);
	*e = (struct endings){0};
}

/* The slot of <s>: its own, or the free one where it belongs. */
static struct ending *
slot_of(struct ending *slots, uint32_t nslots, struct str s)
{
	uint32_t at = (uint32_t)hash64(s.p, s.n, 0) & (nslots - 1);

	while (slots[at].p && !str_eq(str_make(slots[at].p, slots[at].n), s))
		at = (at + 1) & (nslots - 1);
	return &slots[at];
}

/* Rehash those with <least> uses into <nslots>. */
static bool
rebuild(struct endings *e, uint32_t nslots, uint32_t least)
{
	struct ending *slots = calloc(nslots, sizeof(*slots));

	if (!slots)
		return false;
	e->n = 0;
	for (uint32_t i = 0; i < e->nslots; i++) {
		struct ending *from = &e->slots[i];

		if (!from->p || from->uses < least)
			continue;
		*slot_of(slots, nslots, str_make(from->p, from->n)) = *from;
		e->n++;
	}
	free(e->slots);
	e->slots = slots;
	e->nslots = nslots;
	return true;
}

bool
endings_count(struct endings *e, struct str domain)
{
	for (size_t i = str_find(domain, '.', 0); i < domain.n;
	     i = str_find(domain, '.', i + 1)) {
		struct str s = str_sub(domain, i, domain.n);
		struct ending *slot;

		if (e->n >= e->nslots / 2 &&
		    !rebuild(e, e->nslots ? e->nslots * 2 : SLOTS_FIRST, 0))
			return false;
		slot = slot_of(e->slots, e->nslots, s);
		if (!slot->p) {
			*slot = (struct ending){.p = s.p, .n = (uint16_t)s.n};
			e->n++;
		}
		slot->uses++;
	}
	return true;
}

bool
endings_thin(struct endings *e, uint32_t least)
{
	uint32_t keep = 0, nslots = SLOTS_FIRST;

	for (uint32_t i = 0; i < e->nslots; i++)
		keep += e->slots[i].p && e->slots[i].uses >= least;
	while (nslots / 4 < keep)
		nslots *= 2;
	if (!rebuild(e, nslots, least))
		return false;
	for (uint32_t i = 0; i < e->nslots; i++)
		e->slots[i].uses = 0;
	return true;
}

void
endings_count_longest(struct endings *e, struct str domain)
{
	for (size_t i = str_find(domain, '.', 0); i < domain.n;
	     i = str_find(domain, '.', i + 1)) {
		struct ending *slot =
		    slot_of(e->slots, e->nslots, str_sub(domain, i, domain.n));

		if (slot->p) {
			slot->uses++;
			return;
		}
	}
}

static int
by_use(const void *a, const void *b)
{
	const struct ending *x = *(struct ending *const *)a;
	const struct ending *y = *(struct ending *const *)b;

	if (x->uses != y->uses)
		return x->uses > y->uses ? -1 : 1;
	return str_cmp(str_make(x->p, x->n), str_make(y->p, y->n));
}

/* Give <n> endings numbers from 1 on, and text of our own. */
static bool
take(struct endings *e, struct ending **best, uint32_t n)
{
	size_t size = 1;
	char *to;

	for (uint32_t i = 0; i < n; i++)
		size += best[i]->n;
	e->list = calloc(n + (size_t)1, sizeof(*e->list));
	e->text = to = malloc(size);
	if (!e->list || !e->text)
		return false;
	e->list[0] = STR("");
	for (uint32_t i = 0; i < n; i++) {
		memcpy(to, best[i]->p, best[i]->n);
		e->list[i + 1] = str_make(to, best[i]->n);
		best[i]->p = to;
		best[i]->number = (uint16_t)(i + 1);
		to += best[i]->n;
	}
	e->nlist = n + 1;
	return true;
}

bool
endings_number(struct endings *e, uint32_t least)
{
	struct ending **best;
	uint32_t n = 0;
	bool ok;

	for (uint32_t i = 0; i < e->nslots; i++)
		e->slots[i].number = 0;
	if (!rebuild(e, e->nslots ? e->nslots : SLOTS_FIRST, least))
		return false;
	best = calloc(e->n + (size_t)1, sizeof(struct ending *));
	if (!best)
		return false;
	for (uint32_t i = 0; i < e->nslots; i++)
		if (e->slots[i].p)
			best[n++] = &e->slots[i];
	qsort(best, n, sizeof(struct ending *), by_use);
	for (uint32_t i = ENDINGS_MAX - 1; i < n; i++)
		best[i]->number = 0;
	ok = take(e, best, n < ENDINGS_MAX ? n : ENDINGS_MAX - 1);
	free(best);
	return ok;
}

uint32_t
endings_of(const struct endings *e, struct str domain)
{
	for (size_t i = str_find(domain, '.', 0); i < domain.n;
	     i = str_find(domain, '.', i + 1)) {
		struct ending *slot =
		    slot_of(e->slots, e->nslots, str_sub(domain, i, domain.n));

		if (slot->p && slot->number)
			return slot->number;
	}
	return 0;
}
