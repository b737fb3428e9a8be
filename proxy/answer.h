/*
 * answer.h - from the head of an answer to what it is: a struct answer.
 *
 * What a browser would go by is what is taken: of two file names the one with
 * a character set (RFC 6266 4.3), of an encoding only those it can undo. What
 * can be read in two ways is refused, for nobody knows which way it will be.
 */
#ifndef PROXY_ANSWER_H
#define PROXY_ANSWER_H

#include <stdbool.h>

#include "base/arena.h"
#include "filters/request.h"
#include "proxy/wire/h1.h"

/* What its first bytes can tell. */
enum answer_first {
	ANSWER_FIRST_NOTHING = 0, /* none come, or they are in the middle, or
				   * encoded */
	ANSWER_FIRST_RAW,
	ANSWER_FIRST_GZIP, /* it says so: if they are not, they are raw */
};

/*
 * Fill <out> from <h>, whose body comes framed as <in>; texts are copied into
 * <a>. NULL: fine, and <first> says what more is to be learnt; else why the
 * answer cannot be judged, a static sentence.
 */
const char *answer_build(const struct h1_head *h, enum h1_framing in,
    struct arena *a, struct answer *out, enum answer_first *first);

/* The file's name out of a Content-Disposition; STR_NONE: none. */
struct str answer_filename(struct str disposition, struct arena *a);

#endif
