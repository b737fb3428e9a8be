/*
 * authority.h - host and port out of a request target (RFC 9112 3.2,
 * RFC 3986 3.2), strictly; the host stays raw: lists/name.h judges it.
 */
#ifndef PROXY_WIRE_AUTHORITY_H
#define PROXY_WIRE_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum target_form {
	TARGET_BAD = 0,
	TARGET_ORIGIN,    /* /path?query */
	TARGET_ABSOLUTE,  /* http://host[:port][/path][?query] */
	TARGET_AUTHORITY, /* host:port, CONNECT only */
	TARGET_ASTERISK,  /* *, OPTIONS only */
};

struct target {
	enum target_form form;
	struct str scheme; /* absolute form; as sent */
	struct str host;   /* raw, with brackets if any; never empty where
			       * the form has one */
	uint32_t port;     /* 0: none given */
	struct str path;   /* raw, with '/' in front; "/" where absent,
			       * which then is no part of what was given */
	struct str query;  /* raw, behind '?' */
	bool has_query;    /* "/?" has an empty one, which is kept */
	const char *why;   /* TARGET_BAD: a static sentence */
};

/*
 * Refused: bytes other than 21-7e, userinfo, fragments, backslashes (in a
 * query browsers send them, and there they are left alone), an empty host,
 * ports that are not 1-5 digits or are 0 or over 65535. A host is letters,
 * digits, '-', '_' and '.' without empty labels (one dot may end it), or
 * something in brackets made of hex digits, ':' and '.'; no percent escapes.
 * CONNECT takes authority form alone and needs its port; other methods never
 * take it. "*" is for OPTIONS alone. Origin form may begin with "//", which
 * is an empty segment and no authority.
 */
void target_parse(struct str method, struct str raw, struct target *t);

/* "host[:port]" of a Host field. false: malformed. <port> 0: none given. */
bool authority_parse(struct str raw, struct str *host, uint32_t *port);

#endif
