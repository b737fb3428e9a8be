/*
 * dict.h - what shortens the text of an image's entries: endings of domains
 * (".com", ".blogspot.com") and pieces of up to 8 bytes ("ing"). Learnt from
 * a sample of the very entries, so it does not depend on their order. For
 * lists/ alone.
 *
 *	struct dict *d = dict_learn(entries, nnames);
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
struct entries;

/* Learn from the sorted slots 0 .. <n> - 1 of <e>. NULL: no memory. */
struct dict *dict_learn(const struct entries *e, size_t n);
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
