/* literal_set.c - a small set of short texts in lower case. */
#include "filters/literal_set.h"

#include <string.h>

#include "filters/literal.h"
#include "filters/literal_grams.h"

void
literal_set_clear(struct literal_set *s)
{
	s->n = s->used = 0;
}

void
literal_set_one(struct literal_set *s, struct str text)
{
	literal_set_clear(s);
	literal_set_add(s, text);
}

void
literal_set_copy(struct literal_set *to, const struct literal_set *from)
{
	to->n = from->n;
	to->used = from->used;
	memcpy(to->at, from->at, from->n * sizeof(to->at[0]));
	memcpy(to->len, from->len, from->n * sizeof(to->len[0]));
	memcpy(to->room, from->room, from->used);
}

static bool
has(const struct literal_set *s, struct str text)
{
	for (unsigned i = 0; i < s->n; i++)
		if (str_eq(literal_at(s, i), text))
			return true;
	return false;
}

bool
literal_set_add(struct literal_set *s, struct str text)
{
	if (has(s, text))
		return true;
	if (s->n == LITERALS_MAX || text.n > LITERAL_MAX ||
	    text.n > (size_t)(LITERALS_ROOM - s->used))
		return false;
	s->at[s->n] = s->used;
	s->len[s->n++] = (uint8_t)text.n;
	if (text.n)
		memcpy(s->room + s->used, text.p, text.n);
	s->used = (uint16_t)(s->used + text.n);
	return true;
}

bool
literal_set_join(struct literal_set *s, const struct literal_set *more)
{
	for (unsigned i = 0; i < more->n; i++)
		if (!literal_set_add(s, literal_at(more, i)))
			return false;
	return true;
}

bool
literal_set_cross(struct literal_set *out, const struct literal_set *a,
    const struct literal_set *b)
{
	literal_set_clear(out);
	/* what goes on with one text may be of any number */
	if (a->n > 1 && b->n > 1 && a->n * b->n > LITERALS_JOIN)
		return false;
	for (unsigned i = 0; i < a->n; i++) {
		for (unsigned k = 0; k < b->n; k++) {
			struct str x = literal_at(a, i), y = literal_at(b, k);
			char text[2 * LITERAL_MAX];

			memcpy(text, x.p, x.n);
			memcpy(text + x.n, y.p, y.n);
			if (!literal_set_add(out, str_make(text, x.n + y.n)))
				return false;
		}
	}
	return true;
}

uint64_t
literal_set_weight(const struct literal_set *s)
{
	uint64_t sum = 0;

	if (s->n == 0)
		return UINT64_MAX;
	for (unsigned i = 0; i < s->n; i++) {
		if (s->len[i] < LITERAL_MIN)
			return UINT64_MAX;
		sum += literal_weight(literal_at(s, i));
	}
	return sum;
}
