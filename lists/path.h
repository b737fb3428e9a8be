/*
 * path.h - the canonical path, for entries of a list and for requests alike.
 *
 *	char room[...];                      (raw.n + 1 bytes)
 *	struct str path = path_canon(raw, PATH_AS_IS, room);
 *
 * In this order, over what stands before the first '?':
 *
 *  1. an escape of a character that means the same to a server without it
 *     becomes the character, once: "%73" is "s" and "%28" is "(", but "%2573"
 *     stays what it is. So it is with all printable ASCII but the blank and
 *     "#%&/;?\". Other escapes get upper-case digits; a '%' that begins no
 *     escape stays;
 *  2. runs of '/' become one;
 *  3. "." and ".." segments are resolved (RFC 3986 5.2.4), never above the
 *     root: "/x/../a/." is "/a/".
 *
 * From the first '?' on (the query, kept with its '?') only 1 is done, and
 * there '/' and '?' are decoded, '+' and '=' are not. Case is kept. Nothing
 * else is decoded, added or taken away: no "%00", no "%20"; a '#' is a byte
 * like others, and so is what is not ASCII.
 * An escape stays too where decoding it would make a new one ("%%341" is not
 * turned into "%41"), so that canonical of canonical is itself.
 *
 * Servers differ on what parts a segment and on what belongs to it: a path is
 * read in as many ways as the flags below make different ones. Who judges a
 * request asks about all of them, each made from the raw path, for none can
 * be made from another: "/a%2Fb/.." is "/" or "/a/".
 */
#ifndef LISTS_PATH_H
#define LISTS_PATH_H

#include "base/str.h"

/* Flags, in any combination: what a server may do besides. */
enum path_reading {
	PATH_AS_IS = 0,
	PATH_SOLIDUS = 1,   /* "%2F" is '/' */
	PATH_BACKSLASH = 2, /* '\' and "%5C" are '/' */
	PATH_SLASHES = PATH_SOLIDUS | PATH_BACKSLASH,
	PATH_PARAMS = 4, /* from a ';' to the next '/' as sent is no part of a
			  * segment: "/a/..;x=1/b" is "/b" */
	PATH_EMPTY = 8,  /* ".." takes an empty segment off before runs of '/'
			  * become one: "/a//../b" is "/a/b" */
};
#define PATH_READINGS 16

/* The flags that may change what becomes of <raw>: mostly none. One too many
 * at times, never one too few. */
unsigned path_choices(struct str raw);

/*
 * The canonical form of <raw> as <reading>, a set of enum path_reading,
 * written into <room>, which holds raw.n + 1 bytes and does not overlap <raw>.
 * It begins with '/', even if <raw> does not or is empty, and is never longer
 * than raw.n + 1. Cannot fail.
 */
struct str path_canon(struct str raw, unsigned reading, char *room);

#endif
