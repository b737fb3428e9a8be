/*
 * media.h - what an answer is: by what it says of itself, by its name, and by
 * its first bytes (WHATWG MIME Sniffing, for the types that matter here).
 */
#ifndef FILTERS_MEDIA_H
#define FILTERS_MEDIA_H

#include <stdbool.h>

#include "base/str.h"

/* "video/mp4" out of "Video/MP4; codecs=x"; lower case, in <room>; STR_NONE:
 * malformed. */
#define MEDIA_ROOM 128
struct str media_type(struct str content_type, char room[MEDIA_ROOM]);

/* What the first bytes say: "image/png", "application/x-dosexec"; STR_NONE:
 * nothing. Needs REQUEST_FIRST_MAX of them to be sure. */
struct str media_sniff(struct str first);

/* The same of what is said to be compressed: what no such bytes begin with by
 * chance. What really is compressed says nothing. */
struct str media_sniff_coded(struct str first);

/* Can what is <sniffed> be a <declared> one? The same, or what that is wrapped
 * in: a text document is a zip from outside. */
bool media_fits(struct str declared, struct str sniffed);

/* Do they contradict each other? Only where both are known for certain: a
 * program that is called an image is, text that is called HTML is not. */
bool media_contradicts(struct str declared, struct str sniffed);

/* "exe" of "/a/setup.EXE", of an address or of a file's name; lower case, in
 * <room>; STR_NONE: none. */
#define MEDIA_EXT_ROOM 16
struct str media_ext(struct str path, char room[MEDIA_EXT_ROOM]);
struct str media_name_ext(struct str name, char room[MEDIA_EXT_ROOM]);

/* How many bytes at its begin are a character that does not show in a name;
 * 0: it does. */
size_t media_invisible(struct str s);

/* Does <type> answer to what stands behind `type:`, which is "video/mp4",
 * "video/" or "video/STAR" with a star? Names of one type are the same:
 * "image/jpg" is "image/jpeg". */
bool media_is(struct str type, struct str wanted);

#endif
