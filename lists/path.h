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
 *  2. PATH_SLASHES only: "%2F", "%5C" and '\' become '/';
 *  3. runs of '/' become one;
 *  4. "." and ".." segments are resolved (RFC 3986 5.2.4), never above the
 *     root: "/x/../a/." is "/a/".
 *
 * From the first '?' on (the query, kept with its '?') only 1 is done, and
 * there '/' and '?' are decoded, '+' and '=' are not. Case is kept. Nothing
 * else is decoded, added or taken away: no "%00", no "%20"; a '#' is a byte
 * like others, and so is what is not ASCII.
 * An escape stays too where decoding it would make a new one ("%%341" is not
 * turned into "%41"), so that canonical of canonical is itself.
 *
 * Servers differ on what "%2F" and '\' are. Who judges a request asks about
 * both readings, each made from the raw path: "/a%2Fb/.." is "/" or "/a/".
 */
#ifndef LISTS_PATH_H
#define LISTS_PATH_H

#include "base/str.h"

enum path_reading {
	PATH_AS_IS = 0, /* "%2F" is an escape in a segment */
	PATH_SLASHES,   /* "%2F", "%5C" and '\' part segments */
};

/*
 * The canonical form of <raw>, written into <room>, which holds raw.n + 1
 * bytes and does not overlap <raw>. It begins with '/', even if <raw> does
 * not or is empty, and is never longer than raw.n + 1. Cannot fail.
 */
struct str path_canon(struct str raw, enum path_reading reading, char *room);

#endif
