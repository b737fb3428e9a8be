/*
 * pieces.h - 128 frequent pieces of text, of 2 to 8 bytes: the second half of
 * dict.h. For lists/ alone.
 */
#ifndef LISTS_PIECES_H
#define LISTS_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "lists/image_format.h"

struct pieces {
	uint8_t len[IMAGE_NPIECES];
	char text[IMAGE_NPIECES][IMAGE_PIECE];
	/* those that begin with two bytes: the first's number + 1, the next's */
	uint8_t first[128][128], next[IMAGE_NPIECES];
};

/*
 * Learn from <text> of <n> bytes below 128, in which a zero ends each word;
 * <text> is overwritten. <count> is room to count in: 256 rows.
 */
void pieces_learn(
    struct pieces *p, uint8_t *text, size_t n, uint32_t (*count)[256]);

/* The shortest text of <s> (bytes below 128) into <out>, which holds s.n bytes
 * at least; its length. */
size_t pieces_encode(const struct pieces *p, struct str s, uint8_t *out);

#endif
