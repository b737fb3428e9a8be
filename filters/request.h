/*
 * request.h - what is asked, as far as it is known: a plain value.
 *
 * Raw text is kept for the wire and the log, under raw_ names; what is
 * matched are names and URLs made canonical by their own types. A test
 * builds one with a struct initialiser.
 */
#ifndef FILTERS_REQUEST_H
#define FILTERS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "filters/url.h"
#include "lists/name.h"

/* How much is known. A later stage knows more, never less. */
enum stage { STAGE_CONN = 0, STAGE_HOST, STAGE_URL, STAGE_HEAD, STAGE_BODY };
#define STAGES 5
const char *stage_name(enum stage s);

/* How far a decision could see, for the record. */
enum visibility {
	VISIBILITY_IP = 0,
	VISIBILITY_SNI,
	VISIBILITY_URL,
	VISIBILITY_CONTENT,
};
const char *visibility_name(enum visibility v);

struct request {
	enum stage stage;
	enum stage deepest; /* how far the edge can get for this request: a
			     * plain request URL, an opaque tunnel HOST.
			     * Beyond it unknown counts as false */
	int64_t now;        /* wall clock, seconds, UTC */
	uint8_t client[16]; /* IPv6, or IPv4 mapped (::ffff:a.b.c.d) */
	uint16_t listener;
	bool tunnel; /* a CONNECT, or what is inside of one */

	/* From HOST on: the names the origin is called by, each may be none.
	 * All that are there are judged, the strictest verdict holds. */
	struct name connect; /* CONNECT target */
	struct name sni;     /* TLS server name */
	struct name host;    /* request target or Host */
	uint16_t port;
	struct str method; /* from HOST on for CONNECT, else from URL on */

	struct url url; /* from URL on; url.host is <host> */
};

/* IPv4 as 4 bytes or IPv6 as 16 into r->client's form. */
void request_set_client(struct request *r, const uint8_t *addr, size_t n);

#endif
