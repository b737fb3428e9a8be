/*
 * delta.h - how to make one image of another: what goes, what comes, how
 * lines have moved. docs/formats/delta.md has it byte by byte.
 *
 *	delta_make(&a, &b, max, &delta, &err);            where both are
 *	delta_view(&d, bytes, &err);                       where only <a> is
 *	delta_apply(&a, &d, &room, &out, &n, &err);
 *
 * What delta_apply() writes is <b>, byte for byte, or it fails: the checksum
 * is compared. That the delta itself came from who it should is not known
 * here.
 */
#ifndef LISTS_DELTA_H
#define LISTS_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct buf;
struct compile_out;
struct compile_spill;
struct err;
struct image;

/* The head of a delta: a plain value, nothing to release. */
struct delta {
	struct bytes bytes; /* borrowed from the caller of delta_view() */
	struct delta_end {
		uint64_t length, checksum[2];
	} from, to; /* the images */
	uint64_t seed, generation, fingerprint[2];
	uint32_t nsources;
};

/*
 * Point <d> at <bytes>. Checks magic, version, length and checksum. Return 0,
 * or -1 with <err> set and <d> untouched.
 */
int delta_view(struct delta *d, struct bytes bytes, struct err *err);

/* Is it to be applied to <a>? Goes by what the header of <a> says. */
bool delta_fits(const struct delta *d, const struct image *a);

/*
 * Write what makes <b> of <a> into <out> (emptied first). Both are intact.
 * Return 0, or -1 with <err> set and <out> empty: ERR_LIMIT where it would
 * take more than <max> bytes, and some hundred bytes of memory for each of
 * those are not exceeded either, besides 4 for each line of the sources.
 */
int delta_make(const struct image *a, const struct image *b, size_t max,
    struct buf *out, struct err *err);

/* As in compile_options. */
struct delta_room {
	size_t memory;                     /* 0: no bound */
	const struct compile_spill *spill; /* borrowed; NULL: memory is 0 */
};

/*
 * Apply <d>, as delta_view() made it, to <a>: the image goes to <out>, its
 * length into <n>. Takes as long as to compile it from its sources. Return 0;
 * or -1 with <err> set, and what was written is no image.
 */
int delta_apply(const struct image *a, const struct delta *d,
    const struct delta_room *room, const struct compile_out *out, uint64_t *n,
    struct err *err);

#endif
