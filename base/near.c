/* near.c - "did you mean": the candidate that differs least from a word. */
#include "base/near.h"

#define NEAR_LEN_MAX 40 /* no key is longer; the table stays small */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool
same(struct str a, size_t i, struct str b, size_t j)
{
	return str_lower_char(a.p[i]) == str_lower_char(b.p[j]);
}

/* Edits that make <b> of <a>: insert, drop, replace, swap two neighbours. */
static unsigned
distance(struct str a, struct str b)
{
	unsigned row[3][NEAR_LEN_MAX + 1];

	for (unsigned j = 0; j <= b.n; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3];
		unsigned *before = row[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			bool eq = same(a, i - 1, b, j - 1);

			now[j] = least(
			    last[j - 1] + !eq, 1 + least(last[j], now[j - 1]));
			if (i > 1 && j > 1 && same(a, i - 1, b, j - 2) &&
			    same(a, i - 2, b, j - 1))
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[a.n % 3][b.n];
}

struct near
near_to(struct str word)
{
	unsigned third = (unsigned)(word.n / 3);

	return (struct near){word, STR_NONE, least(third ? third : 1, 3) + 1};
}

void
near_try(struct near *n, struct str candidate)
{
	unsigned d;

	if (n->word.n == 0 || n->word.n > NEAR_LEN_MAX || candidate.n == 0 ||
	    candidate.n > NEAR_LEN_MAX)
		return;
	d = distance(n->word, candidate);
	if (d < n->distance) {
		n->distance = d;
		n->best = candidate;
	}
}
