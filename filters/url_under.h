/*
 * url_under.h - is an address that path, or below it? As lists have it
 * (image_find_url()): "/a" covers "/a/b" and "/a?b", not "/ab".
 */
#ifndef FILTERS_URL_UNDER_H
#define FILTERS_URL_UNDER_H

#include <stdbool.h>

#include "base/str.h"
#include "filters/url.h"

struct arena;

/* A canonical path with what servers may take it for. */
struct url_path {
	struct str path;        /* begins with '/' */
	const struct str *read; /* by each set of enum path_reading,
	                         * PATH_READINGS of them; NULL: all are <path> */
};

/* Of <path> as it was written, which is kept by reference; false: memory. */
bool url_path_read(struct arena *a, struct str path, struct url_path *out);

/* Is one path, read in one way, under another one? */
bool url_path_is_under(struct str path, struct str above);

/*
 * Any: some reading of <u> is under the path as it was written. Every: each
 * reading is under the path read the same way, so that "/a%2Fb" can be let
 * through.
 */
bool url_is_under(const struct url *u, const struct url_path *path, bool every);

#endif
