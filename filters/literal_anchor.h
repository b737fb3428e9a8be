/*
 * literal_anchor.h - the domain that a pattern of URLs is about.
 *
 * "^https?://([^/]*\.)?x\.test/": nothing but URLs of x.test and of what is
 * below it can match. It takes a '^', a scheme, what may stand before (without
 * a '/', and either nothing or something that ends with a dot), the domain,
 * and then a byte that no host has. Anything else has no anchor.
 */
#ifndef FILTERS_LITERAL_ANCHOR_H
#define FILTERS_LITERAL_ANCHOR_H

#include "filters/literal_read.h"

/* The next piece outside of all groups. True: with it the anchor is whole. */
bool literal_anchor_next(struct literal_anchor *a, const struct piece *p);

/* The domain into <out> (NAME_ROOM); its length, 0 where there is none. */
uint8_t literal_anchor_end(const struct literal_anchor *a, char *out);

#endif
