/* nameset.c - words with numbers, and which of them was meant. */
#include "filters/nameset.h"

#include <string.h>

#include "base/arena.h"

#define WORD_MAX 64

uint16_t
nameset_find(const struct nameset *s, struct str name)
{
	for (uint16_t i = 0; i < s->n; i++)
		if (str_eq(s->name[i], name))
			return i;
	return NAMESET_NONE;
}

uint16_t
nameset_add(struct nameset *s, struct arena *a, struct str name)
{
	uint16_t i = nameset_find(s, name);

	if (i != NAMESET_NONE || s->n >= NAMESET_MAX)
		return i;
	s->name[s->n] = arena_str(a, name);
	return a->failed ? NAMESET_NONE : s->n++;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
word_distance(struct str a, struct str b, unsigned stop)
{
	unsigned row[3][WORD_MAX + 1] = {{0}}; /* two before, before, this */
	size_t i, j;

	if (a.n > WORD_MAX || b.n > WORD_MAX)
		return stop;
	for (j = 0; j <= b.n; j++)
		row[1][j] = (unsigned)j;
	for (i = 1; i <= a.n; i++) {
		row[2][0] = (unsigned)i;
		for (j = 1; j <= b.n; j++) {
			bool same = a.p[i - 1] == b.p[j - 1];
			unsigned d = row[1][j - 1] + !same;

			d = least(d, least(row[1][j], row[2][j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				d = least(d, row[0][j - 2] + 1);
			row[2][j] = d;
		}
		memcpy(row[0], row[1], sizeof(row[0]));
		memcpy(row[1], row[2], sizeof(row[1]));
	}
	return least(row[1][b.n], stop);
}

void
word_nearer(
    struct str word, struct str candidate, struct str *best, unsigned *near)
{
	unsigned d = word_distance(word, candidate, *near);

	if (d < *near) {
		*near = d;
		*best = candidate;
	}
}
