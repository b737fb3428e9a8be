/* dict.c - endings and pieces, learnt from a sample of the entries. */
#include "lists/dict.h"

#include <stdlib.h>

#include "lists/endings.h"
#include "lists/entries.h"
#include "lists/pieces.h"

#define ENDINGS_SAMPLE 500000 /* entries: more teach no better */
#define PIECES_SAMPLE  60000
#define ENDINGS_LEAST  24  /* uses, of all entries, that pay for an ending */
#define PIECES_LEAST   256 /* entries: fewer have nothing to teach */
#define PIECES_TEXT    ((size_t)PIECES_SAMPLE * 64)

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

static struct str
key_of(const struct entries *e, size_t i)
{
	return entries_key(entries_first(e, e->slots[i]));
}

static bool
is_domain(struct str key)
{
	return str_find(key, '/', 0) == key.n;
}

/*
 * Each <step>th entry is looked at. They stand in the order of a hash, so this
 * is a fair sample, and the same for the same set of entries.
 */
static bool
learn_endings(struct dict *d, const struct entries *e, size_t n)
{
	size_t step = n / ENDINGS_SAMPLE + 1;
	uint32_t least = (uint32_t)(ENDINGS_LEAST / step + 2);

	for (size_t i = 0; i < n; i += step)
		if (is_domain(key_of(e, i)) &&
		    !endings_count(&d->endings, key_of(e, i)))
			return false;
	/* Once without those that a longer one serves: twice settles it. */
	for (int round = 0; round < 2; round++) {
		if (!endings_thin(&d->endings, least))
			return false;
		for (size_t i = 0; i < n; i += step)
			if (is_domain(key_of(e, i)))
				endings_count_longest(
				    &d->endings, key_of(e, i));
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
learn_pieces(struct dict *d, const struct entries *e, size_t n)
{
	size_t step = n / PIECES_SAMPLE + 1, used = 0;
	uint8_t *text = malloc(PIECES_TEXT);
	uint32_t(*count)[256] = malloc(256 * sizeof(*count));

	for (size_t i = 0; text && count && i < n; i += step) {
		uint32_t ending;
		struct str s = without_ending(d, key_of(e, i), &ending);

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
dict_learn(const struct entries *e, size_t n)
{
	struct dict *d = calloc(1, sizeof(*d));

	if (d && learn_endings(d, e, n) &&
	    (n < PIECES_LEAST || learn_pieces(d, e, n)))
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
