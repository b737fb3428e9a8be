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

/* A field of the request's head, as sent. */
struct request_field {
	struct str name, value;
};

#define REQUEST_FIRST_MAX 512 /* so much of a body tells what it is */

/* What is known of the answer, from HEAD on. */
struct answer {
	uint16_t status;
	struct str type; /* Content-Type as sent; "" : none */
	/* The names that it may be saved under: which of them is taken depends
	 * on the program. NULL: none was said. */
	const struct str *filename;
	unsigned nfilenames;
	bool more_filenames; /* there may be others than those */
	uint64_t size;       /* bytes of the whole, if has_size; else as many
			      * as there are at least */
	bool has_size;
	bool encoded;     /* Content-Encoding: <first> may be compressed */
	struct str first; /* its first bytes; "" : none, or not known */
};

struct request {
	enum stage stage;
	enum stage deepest; /* how far the edge can get for this request: a
			     * plain request URL, an opaque tunnel HOST.
			     * Beyond it unknown counts as false */
	int64_t now;        /* wall clock, seconds, UTC */
	uint8_t client[16]; /* IPv6, or IPv4 mapped (::ffff:a.b.c.d) */
	uint8_t mac[6];     /* of the client, if has_mac */
	bool has_mac;
	struct str listener; /* its name; "" : not known */
	/* Set by who tries something out ("would pupils get this?"), never for
	 * traffic: the number of the group + 1 that is taken for granted. */
	uint16_t as_group;
	bool tunnel; /* a CONNECT, or what is inside of one */

	/* From HOST on: the names the origin is called by, each may be none.
	 * All that are there are judged, the strictest verdict holds. */
	struct name connect; /* CONNECT target */
	struct name sni;     /* TLS server name */
	struct name host;    /* request target or Host */
	uint16_t port;
	struct str method; /* from HOST on for CONNECT, else from URL on */

	struct url url;                 /* from URL on; url.host is <host> */
	struct str ua, referer, accept; /* of the head; "" : none */
	/* All fields of the head; NULL where no policy asks for one
	 * (snapshot_wants()). */
	const struct request_field *fields;
	unsigned nfields;

	struct answer answer; /* from HEAD on */
};

/* IPv4 as 4 bytes or IPv6 as 16 into r->client's form. */
void request_set_client(struct request *r, const uint8_t *addr, size_t n);

#endif
