/* dict.c - endings and pieces, learnt from a sample of the entries. */
#include "lists/dict.h"

#include <stdlib.h>

#include "lists/endings.h"
#include "lists/pieces.h"

#define PIECES_SAMPLE 60000
#define ENDINGS_LEAST 24  /* uses, of all entries, that pay for an ending */
#define PIECES_LEAST  256 /* entries: fewer have nothing to teach */
#define PIECES_TEXT   ((size_t)PIECES_SAMPLE * 64)

struct dict {
	struct endings endings;
	struct pieces pieces;
};

void
dict_free(struct dict *d)
{
	if (!d)
		return;
	endings_fini(&d->endings);
	free(d);
}

static bool
is_domain(struct str key)
{
	return str_find(key, '/', 0) == key.n;
}

static bool
learn_endings(struct dict *d, const struct str *keys, size_t n, uint64_t all)
{
	uint64_t stands_for = n ? all / n : 1;
	uint32_t least =
	    (uint32_t)(ENDINGS_LEAST / (stands_for ? stands_for : 1) + 2);

	for (size_t i = 0; i < n; i++)
		if (is_domain(keys[i]) && !endings_count(&d->endings, keys[i]))
			return false;
	/* Once without those that a longer one serves: twice settles it. */
	for (int round = 0; round < 2; round++) {
		if (!endings_thin(&d->endings, least))
			return false;
		for (size_t i = 0; i < n; i++)
			if (is_domain(keys[i]))
				endings_count_longest(&d->endings, keys[i]);
	}
	return endings_number(&d->endings, least);
}

static struct str
without_ending(const struct dict *d, struct str key, uint32_t *ending)
{
	*ending = is_domain(key) ? endings_of(&d->endings, key) : 0;
	return str_sub(key, 0, key.n - d->endings.list[*ending].n);
}

static bool
learn_pieces(struct dict *d, const struct str *keys, size_t n)
{
	size_t step = n / PIECES_SAMPLE + 1, used = 0;
	uint8_t *text = malloc(PIECES_TEXT);
	uint32_t(*count)[256] = malloc(256 * sizeof(*count));

	for (size_t i = 0; text && count && i < n; i += step) {
		uint32_t ending;
		struct str s = without_ending(d, keys[i], &ending);

		if (s.n >= PIECES_TEXT - used)
			break;
		memcpy(text + used, s.p, s.n);
		used += s.n;
		text[used++] = 0;
	}
	if (text && count)
		pieces_learn(&d->pieces, text, used, count);
	free(count);
	free(text);
	return text && count;
}

struct dict *
dict_learn(const struct str *keys, size_t n, uint64_t all)
{
	struct dict *d = calloc(1, sizeof(*d));

	if (d && learn_endings(d, keys, n, all) &&
	    (n < PIECES_LEAST || learn_pieces(d, keys, n)))
		return d;
	dict_free(d);
	return NULL;
}

size_t
dict_encode(
    const struct dict *d, struct str key, uint8_t *text, uint32_t *ending)
{
	struct str s = without_ending(d, key, ending);

	return pieces_encode(&d->pieces, s, text);
}

uint32_t
dict_nendings(const struct dict *d)
{
	return d->endings.nlist;
}

struct str
dict_ending(const struct dict *d, uint32_t i)
{
	return d->endings.list[i];
}

struct str
dict_piece(const struct dict *d, unsigned i)
{
	return str_make(d->pieces.text[i], d->pieces.len[i]);
}
