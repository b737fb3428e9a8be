/* tally.c - how often what was seen. */
#include "cli/tally.h"

#include <stdlib.h>

#include "base/hash.h"

#define FIRST_CAP 256

/* ---- rows; the table is kept at most half full */

static void
put_slot(struct tally *t, uint32_t number, struct str word)
{
	uint32_t mask = 2 * t->cap - 1;
	uint32_t at = (uint32_t)hash64(word.p, word.n, 1) & mask;

	while (t->slots[at])
		at = (at + 1) & mask;
	t->slots[at] = number + 1;
}

static bool
grow(struct tally *t)
{
	unsigned cap = t->cap ? 2 * t->cap : FIRST_CAP;
	struct tally_row *rows;

	if (cap > TALLY_ROWS)
		return false;
	rows = realloc(t->rows, cap * sizeof(*rows));
	if (!rows)
		return false;
	t->rows = rows;
	free(t->slots);
	t->slots = calloc(2 * (size_t)cap, sizeof(*t->slots));
	if (!t->slots) {
		t->n = t->cap = 0;
		return false;
	}
	t->cap = cap;
	for (uint32_t i = 0; i < t->n; i++)
		put_slot(t, i, rows[i].word);
	return true;
}

static struct tally_row *
find(const struct tally *t, struct str word)
{
	uint32_t mask = 2 * t->cap - 1, at;

	if (t->cap == 0)
		return NULL;
	at = (uint32_t)hash64(word.p, word.n, 1) & mask;
	for (; t->slots[at]; at = (at + 1) & mask)
		if (str_eq(t->rows[t->slots[at] - 1].word, word))
			return &t->rows[t->slots[at] - 1];
	return NULL;
}

struct tally_row *
tally_add(struct tally *t, struct str word)
{
	struct tally_row *row = find(t, word);

	if (row) {
		row->n++;
		return row;
	}
	if (t->n == t->cap && !grow(t)) {
		t->beyond++;
		return NULL;
	}
	word = arena_str(&t->arena, word);
	if (t->arena.failed) {
		t->beyond++;
		return NULL;
	}
	put_slot(t, t->n, word);
	row = &t->rows[t->n++];
	*row = (struct tally_row){.word = word, .n = 1};
	return row;
}

static int
by_number(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return str_cmp(x->word, y->word);
}

void
tally_sort(struct tally *t)
{
	if (t->n)
		qsort(t->rows, t->n, sizeof(*t->rows), by_number);
}

void
tally_fini(struct tally *t)
{
	arena_fini(&t->arena);
	free(t->rows);
	free(t->slots);
	*t = (struct tally){0};
}

/* ---- sets */

static void
put_word(struct tally_set *s, uint64_t h)
{
	size_t mask = 2 * (size_t)s->cap - 1, at = h & mask;

	while (s->slots[at] && s->slots[at] != h)
		at = (at + 1) & mask;
	s->n += s->slots[at] == 0;
	s->slots[at] = h;
}

static bool
grow_set(struct tally_set *s)
{
	unsigned old = s->cap, cap = old ? 2 * old : FIRST_CAP;
	uint64_t *slots = s->slots, *more;

	if (cap > TALLY_WORDS)
		return false;
	more = calloc(2 * (size_t)cap, sizeof(*more));
	if (!more)
		return false;
	*s = (struct tally_set){.slots = more, .cap = cap};
	for (size_t i = 0; i < 2 * (size_t)old; i++)
		if (slots[i])
			put_word(s, slots[i]);
	free(slots);
	return true;
}

void
tally_set_add(struct tally_set *s, struct str word)
{
	uint64_t h = hash64(word.p, word.n, 2);

	if (s->n == s->cap && !grow_set(s)) {
		s->more = true;
		return;
	}
	put_word(s, h ? h : 1);
}

void
tally_set_fini(struct tally_set *s)
{
	free(s->slots);
	*s = (struct tally_set){0};
}
