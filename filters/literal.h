/*
 * literal.h - what a text must contain for a pattern to match it.
 */
#ifndef FILTERS_LITERAL_H
#define FILTERS_LITERAL_H

#include "base/str.h"

#define LITERAL_MAX 48

/* One of these, all in lower case; n == 0: nothing can be told. */
#define LITERALS_MAX 64
struct literal_need {
	unsigned n;
	uint8_t len[LITERALS_MAX];
	char text[LITERALS_MAX][LITERAL_MAX];
};

void literal_read(struct str pattern, struct literal_need *out);

#endif
