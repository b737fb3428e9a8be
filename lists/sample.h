/*
 * sample.h - each 2^k-th of a row of keys, so that few enough are held
 * however many come. For lists/ alone.
 */
#ifndef LISTS_SAMPLE_H
#define LISTS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SAMPLE_MAX (1u << 19) /* keys; more teach a dictionary no better */

struct sample {
	struct buf pool; /* owned; length (2 bytes) and text of each */
	uint64_t seen;   /* keys that came */
	size_t n;        /* keys held: each (1 << shift)-th from the first */
	unsigned shift;
};

void sample_fini(struct sample *s); /* of a zeroed one too */

/* The next key. A failure of memory shows in s->pool. */
void sample_add(struct sample *s, struct str key);

/* The keys that are held, borrowed from <s>; to be freed. NULL: no memory. */
struct str *sample_keys(const struct sample *s);

#endif
