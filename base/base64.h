/*
 * base64.h - bytes as text (RFC 4648), in both alphabets.
 *
 * Reading says how far it came and what was left over; how strict to be about
 * it, and about padding, is the caller's business:
 *
 *	got = base64_read(s, BASE64_URL, room);
 *	ok = got.digits == s.n && got.exact;
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum base64_alphabet {
	BASE64_PLAIN = 0, /* + and / */
	BASE64_URL,       /* - and _ */
	BASE64_EITHER,    /* to read alone */
};

/* What a digit stands for; -1: it is none. */
int base64_digit(char c, enum base64_alphabet a);

/* Room for the bytes of <n> digits, for the text of <n> bytes. */
#define BASE64_BYTES(n) ((n) / 4 * 3 + 2)
#define BASE64_CHARS(n) (((n) + 2) / 3 * 4)

struct base64_got {
	size_t digits; /* that were read, up to what is none; '=' is none */
	size_t bytes;
	bool exact; /* they say whole bytes and no more: the one spelling */
};

/* Decode the digits that <s> begins with, into <out>. */
struct base64_got base64_read(struct str s, enum base64_alphabet a, void *out);

/* Encode into <out>, padded in the plain alphabet and not in the other. How
 * many characters. */
size_t base64_write(const void *p, size_t n, enum base64_alphabet a, char *out);

#endif
