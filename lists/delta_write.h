/* delta_write.h - a delta as it was found, to be written. For lists/ alone. */
#ifndef LISTS_DELTA_WRITE_H
#define LISTS_DELTA_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct image;

/* A posting that is new. */
struct delta_add {
	size_t at;     /* of its key */
	uint32_t line; /* in the new image, and so is the source */
	uint16_t n;    /* of the key */
	uint16_t source;
	uint8_t kind; /* enum delta_kind */
};

/* All is owned by whoever made it. */
struct delta_text {
	uint32_t *to;     /* of each old source: the new one + 1; 0: gone */
	uint32_t *origin; /* of each new source: the old one + 1; 0: new */
	uint32_t *lines; /* where each old line has gone; UINT32_MAX: nowhere */
	uint64_t *at, *nlines; /* where those of a new source are; how many */
	struct buf tombs;      /* uint64_t, the postings that go, each once */
	struct buf keys, adds; /* struct delta_add */
};

/* Write what makes <b> of <a> into <out> (emptied first); <t> is sorted on the way.
 * False: no memory. */
bool delta_write(const struct image *a, const struct image *b,
    struct delta_text *t, struct buf *out);

#endif
