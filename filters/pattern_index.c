/* pattern_index.c - which patterns a text may match. */
#include "filters/pattern_index.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	uint16_t id;
	uint8_t len;
	char text[LITERAL_MAX];
};

struct pattern_index {
	struct entry *entry; /* owned */
	unsigned n, cap;
};

struct pattern_index *
pattern_index_new(void)
{
	return calloc(1, sizeof(struct pattern_index));
}

void
pattern_index_free(struct pattern_index *ix)
{
	if (!ix)
		return;
	free(ix->entry);
	free(ix);
}

int
pattern_index_add(struct pattern_index *ix, uint16_t id,
    const struct literal_need *need, struct str anchor, bool only)
{
	struct entry *e;

	(void)anchor;
	(void)only;
	if (ix->n == ix->cap) {
		ix->cap = ix->cap ? 2 * ix->cap : 16;
		e = realloc(ix->entry, ix->cap * sizeof(*e));
		if (!e)
			return -1;
		ix->entry = e;
	}
	e = &ix->entry[ix->n++];
	e->id = id;
	e->len = need->n ? need->len[0] : 0;
	memcpy(e->text, need->text[0], LITERAL_MAX);
	return 0;
}

int
pattern_index_finish(struct pattern_index *ix)
{
	(void)ix;
	return 0;
}

static void
found(struct pattern_search *s, uint16_t id)
{
	s->found[id / 64] |= (uint64_t)1 << id % 64;
	s->some[id / 64 / 64] |= (uint64_t)1 << id / 64 % 64;
}

void
pattern_index_find(const struct pattern_index *ix, struct name host,
    struct str text, struct pattern_search *s)
{
	(void)host;
	for (size_t i = 0; i < text.n && i < PATTERN_WINDOW; i++)
		s->lower[i] = str_lower_char(text.p[i]);
	for (unsigned i = 0; i < ix->n; i++) {
		const struct entry *e = &ix->entry[i];

		if (text.n > PATTERN_WINDOW || e->len == 0 ||
		    memmem(s->lower, text.n, e->text, e->len))
			found(s, e->id);
	}
}

uint16_t
pattern_next(struct pattern_search *s)
{
	for (unsigned i = 0; i < PATTERNS_MAX / 64 / 64; i++) {
		unsigned w, b;

		if (!s->some[i])
			continue;
		w = 64 * i + (unsigned)__builtin_ctzll(s->some[i]);
		b = (unsigned)__builtin_ctzll(s->found[w]);
		s->found[w] &= s->found[w] - 1;
		if (!s->found[w])
			s->some[i] &= s->some[i] - 1;
		return (uint16_t)(64 * w + b);
	}
	return PATTERN_NONE;
}
