/*
 * source_zone.h - a zone file (RFC 1035 5) being read: words, names, origins.
 * For lists/source_rpz.c and lists/source_zone.c alone.
 */
#ifndef LISTS_SOURCE_ZONE_H
#define LISTS_SOURCE_ZONE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "lists/name.h"

/* A zone file: names are relative to an origin that may change. */
struct source_zone {
	char origin[NAME_ROOM], apex[NAME_ROOM], owner[NAME_ROOM];
	bool rooted;       /* <apex> is known */
	bool bad_owner;    /* the last one could not be read */
	unsigned depth;    /* of parentheses */
	struct buf record; /* lines of one that goes on, when depth > 0 */
};

/* Owner, TTL, class, type, data; SOA has seven of data. */
#define ZONE_WORDS_MAX 16

struct zone_words {
	unsigned n; /* may be more than are kept */
	struct str v[ZONE_WORDS_MAX];
};

/* What stands before the comment, if the line has one. */
struct str zone_uncommented(struct str s);

/*
 * Take words and parentheses of a line apart; a comment ends it. The depth
 * that parentheses have then, from <depth> on.
 */
unsigned zone_split(struct str s, unsigned depth, struct zone_words *w);

/* "a.b." without the dot at its end; <absolute>: it had one. */
struct str zone_undotted(struct str s, bool *absolute);

/*
 * <s> below the current origin into <out>, which holds NAME_ROOM. Where no
 * origin was told, what is relative is as if the zone were the root. NULL, or
 * why not.
 */
const char *zone_resolve(const struct source_zone *z, struct str s, char *out);

/* The part of <name> below the apex; false: it lies outside. */
bool zone_below_apex(
    const struct source_zone *z, struct str name, struct str *out);

#endif
