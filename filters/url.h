/*
 * url.h - the canonical URL, for matching.
 *
 * What is matched is made here and nowhere else, for requests, for explain
 * and for what an administrator writes. Path and query as in lists/path.h:
 * dot segments resolved, `//` collapsed, unreserved escapes decoded once,
 * other escapes in upper case. A path that servers read differently (encoded
 * slashes, backslashes, path parameters) has further readings (`alt`). All
 * are judged: what blocks has to hold for any of them, what lets through for
 * every one.
 *
 * What is sent on is NOT this: the raw target is, re-serialised by the edge;
 * url_canon() refuses whatever could mean one thing here and another there.
 */
#ifndef FILTERS_URL_H
#define FILTERS_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "lists/name.h"

struct arena;

enum scheme { SCHEME_HTTP = 0, SCHEME_HTTPS };

/* What another server may take the path for. */
struct url_reading {
	unsigned how;          /* set of enum path_reading */
	struct str path, text; /* as in struct url */
};
#define URL_ALTS_MAX 15

struct url {
	enum scheme scheme;
	struct name host;
	uint16_t port;
	struct str path; /* with "?query" behind where there is one; in arena */
	struct str text; /* "http://host[:port]/path?query", default port left
			  * out: what regexes see; in arena */
	struct str raw;  /* the same with path and query as sent: regexes see
			  * this too where it differs; else STR_NONE */
	const struct url_reading *alt; /* in arena; each differs from <path> */
	unsigned nalts;                /* and from the others; mostly 0 */
};

/*
 * Make <u> of its parts, in <a>. <path> begins with '/'; <query> counts only
 * if <has_query>. Return 0, or -1 when malformed or out of memory (then
 * a->failed).
 */
struct url_parts {
	enum scheme scheme;
	struct name host;
	uint16_t port;
	struct str path, query;
	bool has_query;
};
int url_canon(struct arena *a, const struct url_parts *parts, struct url *u);

/*
 * Take apart what a person typed ("http://Host:80/x?y", "host/x", "host",
 * "host:port"): a scheme is optional (http, or https where the port is 443).
 * The host goes through name_from_text() into <room> (NAME_ROOM). A fragment
 * is dropped, userinfo and unknown schemes refused with a sentence in <why>.
 * Non-ASCII and blanks in path and query are percent-encoded as browsers do.
 */
int url_split(struct arena *a, struct str text, char *room,
    struct url_parts *parts, const char **why);

#endif
