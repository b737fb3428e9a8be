/*
 * dict.h - what shortens the text of an image's entries: endings of domains
 * (".com", ".blogspot.com") and pieces of up to 8 bytes ("ing"). Learnt from
 * a sample of the very entries. For lists/ alone.
 *
 *	struct dict *d = dict_learn(keys, n, entries);
 *	uint32_t ending;
 *	size_t n = dict_encode(d, key, text, &ending);
 */
#ifndef LISTS_DICT_H
#define LISTS_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct dict; /* opaque */

/*
 * Learn from <n> keys, a fair sample of <all> entries: each stands for about
 * all / n others. They can go afterwards. NULL: no memory.
 */
struct dict *dict_learn(const struct str *keys, size_t n, uint64_t all);
void dict_free(struct dict *d); /* NULL: nothing */

/*
 * The shortest text of <key>, written into <text> (key.n bytes at least), and
 * the ending that belongs behind it. Returns the text's length.
 */
size_t dict_encode(
    const struct dict *d, struct str key, uint8_t *text, uint32_t *ending);

/* Number of endings, the empty one (0) included, and their text. */
uint32_t dict_nendings(const struct dict *d);
struct str dict_ending(const struct dict *d, uint32_t i);

/* Piece <i> (below 128); empty where there is none. */
struct str dict_piece(const struct dict *d, unsigned i);

#endif
