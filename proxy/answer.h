/*
 * answer.h - from the head of an answer to what it is: a struct answer.
 *
 * Programs read one head in different ways. Of its file's name all of them are
 * kept; of its size the largest that is said or comes; of a coding or a part
 * no word is taken for it that its first bytes tell nothing, if they can. Only
 * of its type there is one: an answer that says of itself that it is two
 * things is refused.
 */
#ifndef PROXY_ANSWER_H
#define PROXY_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "filters/request.h"
#include "proxy/wire/h1.h"

#define ANSWER_NAMES_MAX 8 /* of the file, with different ends */

/* What is to be learnt of an answer behind its head. */
struct answer_more {
	bool first;       /* look at its first bytes */
	uint32_t codings; /* that it says it has, a set */
	uint64_t from;    /* where in the whole its first byte stands */
	uint64_t least;   /* bytes of the whole, by what is said */
};

/*
 * Fill <out> from <h>, whose body comes framed as <in>; texts are copied into
 * <a>. <range>: the request's Range as sent, "" without. NULL: fine, and <more>
 * says what else is to be learnt; else why the answer cannot be judged, a
 * static sentence.
 */
const char *answer_build(const struct h1_head *h, enum h1_framing in,
    struct str range, struct arena *a, struct answer *out,
    struct answer_more *more);

/* May <first> be in one of the codings? Else it is what it looks like: who
 * gets it cannot undo what was not done. */
bool answer_is_encoded(const struct answer_more *more, struct str first);

/* The names out of <n> Content-Disposition into <out>, in memory of <a>: one
 * for each end. False: out of memory. */
bool answer_names(
    const struct str *field, unsigned n, struct arena *a, struct answer *out);

#endif
