/*
 * jsonflat.h - read one JSON text into a flat list of paths and values.
 *
 *	{"host":"a.test","rule":{"line":3},"tags":["x"]}
 *	host = a.test    rule.line = 3    tags.0 = x
 *
 * For what we wrote ourselves with base/json.h, so that \udcXX becomes the
 * byte XX again; but any bytes may come in. Numbers and words (true, false,
 * null) are given as they stand. Duplicate names are all kept; the first is
 * found.
 */
#ifndef REVIEW_JSONFLAT_H
#define REVIEW_JSONFLAT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define JSONFLAT_DEPTH 8
#define JSONFLAT_PATH  256   /* bytes of a path; longer is refused */
#define JSONFLAT_ITEMS 65536 /* values in all; more are refused */

struct jsonflat_item {
	struct str path, value;
	bool quoted; /* it was a string */
};

/* Zeroed: empty and usable. */
struct jsonflat {
	struct arena arena; /* owned: paths and values */
	struct buf items;   /* owned: an array of struct jsonflat_item */
	size_t n;
};

/* Read <text>, forgetting what was read before. False where it is not JSON
 * in all, or beyond a bound; <f> is then empty. */
bool jsonflat_read(struct jsonflat *f, struct str text);
void jsonflat_fini(struct jsonflat *f);

const struct jsonflat_item *jsonflat_at(const struct jsonflat *f, size_t i);

/* The value at <path>; none where it is not there. */
struct str jsonflat_get(const struct jsonflat *f, const char *path);
uint64_t jsonflat_u64(const struct jsonflat *f, const char *path);

#endif
