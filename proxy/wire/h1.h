/*
 * h1.h - one HTTP/1 message head out of a buffer that grows (RFC 9112).
 *
 * The caller keeps all bytes of the head in one buffer and calls after each
 * read; only what is new is looked at. llhttp (strict) parses; a gate of our
 * own before and behind it refuses what llhttp lets pass. What is wrong is
 * told as early as it is seen, not only when the head is whole.
 *
 *	struct h1_parser p;
 *	h1_begin(&p, H1_REQUEST);
 *	switch (h1_head(&p, buf.p, buf.n, &head, fields, H1_FIELDS_MAX)) {
 *	case H1_MORE: read on;
 *	case H1_OK:   head.len bytes are the head; the body begins behind;
 *	case H1_BAD:  answer p.status (400, 414, 431, 501, 505), log p.why;
 *	}
 *
 * Slices in the result point into the buffer that was given.
 */
#ifndef PROXY_WIRE_H1_H
#define PROXY_WIRE_H1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Beyond these: 414 or 431, counted as limits (facts in proxy/limits.h). */
#define H1_LINE_MAX        16384 /* start line; RFC 9112 3 asks for 8000 */
#define H1_HEAD_MAX        65536 /* the whole head */
#define H1_FIELD_MAX       16384 /* one field line */
#define H1_FIELDS_MAX      128
#define H1_EMPTY_LINES_MAX 8  /* CRLFs before a request line (9112 2.2) */
#define H1_METHOD_MAX      32 /* a longer one: 501 */

enum h1_kind { H1_REQUEST = 0, H1_RESPONSE };
enum h1_result { H1_OK = 0, H1_MORE, H1_BAD };

/* Known fields, found without comparing text again. */
enum h1_id {
	H1_OTHER = 0,
	H1_HOST,
	H1_CONNECTION,
	H1_PROXY_CONNECTION,
	H1_KEEP_ALIVE,
	H1_TE,
	H1_TRAILER,
	H1_TRANSFER_ENCODING,
	H1_CONTENT_LENGTH,
	H1_UPGRADE,
	H1_EXPECT,
	H1_VIA,
	H1_PROXY_AUTHORIZATION,
	H1_PROXY_AUTHENTICATE,
	H1_PROXY_AUTH_INFO,
	H1_HTTP2_SETTINGS,
	H1_MAX_FORWARDS,
	H1_X_FORWARDED_FOR,
	H1_FORWARDED,
	H1_ALT_SVC,
	H1_ACCEPT,
	H1_SEC_FETCH_DEST,
	H1_SEC_FETCH_MODE,
	H1_REFERER,
	H1_USER_AGENT,
	H1_CONTENT_TYPE,
	H1_SEC_WEBSOCKET_KEY,
	H1_N_IDS
};

struct h1_field {
	struct str name, value; /* as sent; value without blanks around it */
	uint8_t id;             /* enum h1_id */
	bool hop;               /* hop-by-hop: not to be sent on. True for the
				 * fields of RFC 9110 7.6.1, Proxy-* and those
				 * that Connection names; never for Host,
				 * Content-Length, Transfer-Encoding, Via,
				 * Authorization, Cookie and what else says how
				 * the message is read, which Connection cannot
				 * remove. Who writes a message makes Host and
				 * the framing itself and skips their ids */
};

enum h1_framing {
	H1_NO_BODY = 0,
	H1_LENGTH, /* head.length bytes, which may be 0 */
	H1_CHUNKED,
	H1_TO_EOF, /* responses only: until the connection ends */
};

struct h1_head {
	size_t len;             /* bytes of the head, its empty line included */
	uint8_t minor;          /* HTTP/1.<minor>: 0 or 1 */
	struct str method;      /* request */
	struct str target;      /* request, raw */
	uint16_t status;        /* response */
	struct str reason;      /* response */
	struct h1_field *field; /* the caller's array */
	unsigned nfields;
	struct str host;         /* the one Host field; STR_NONE without */
	enum h1_framing framing; /* a request's; for a response use
				  * h1_response_framing(): it depends on the
				  * request */
	uint64_t length;         /* Content-Length; valid if has_length */
	bool has_length, chunked;
	bool close;             /* Connection: close, or 1.0 w/o keep-alive */
	bool upgrade_websocket; /* Connection: upgrade and Upgrade exactly
				 * "websocket", on a 1.1 GET (or a 101) */
	bool expect_continue;   /* Expect: 100-continue, alone */
	bool expect_other;      /* some other expectation: 417 */
};

struct h1_parser {
	enum h1_kind kind;
	unsigned short status; /* H1_BAD: what to answer (a request) */
	const char *why;       /* H1_BAD: a static sentence for the log */
	size_t seen;           /* bytes looked at so far */
	/* private, as is all that follows */
	uint8_t state, nempty, minor, nhost, ncl, nte;
	bool fed_any, agreed; /* llhttp has begun; it saw the end too */
	uint16_t code;        /* response */
	uint16_t nfields, nagreed;
	uint64_t length;
	/* offsets from the buffer's start; the element at <mark> is going on */
	uint32_t line_at, mark, fed, name_n;
	uint32_t method_at, method_n, target_at, target_n;
	const char *buf; /* borrowed, for the time of a call */
	_Alignas(16) unsigned char llhttp[192];
	struct h1_span {
		uint32_t name_at, name_n, value_at, value_n, known;
	} span[H1_FIELDS_MAX];
};

void h1_begin(struct h1_parser *p, enum h1_kind kind);

/*
 * Look at what is new in <p,n> (all bytes since the message began). H1_OK
 * fills <head>, whose fields are <room> (H1_FIELDS_MAX of them). After H1_OK
 * or H1_BAD only h1_begin() may follow.
 *
 * Refused in requests: both or several Content-Length, TE;
 * TE other than one "chunked"; TE in 1.0; lengths that are not 1*DIGIT;
 * several or no Host in 1.1; bare CR, bare LF, NUL and other controls;
 * obs-fold, a blank before the colon or the first field, empty or non-token
 * names; versions other than 1.0 and 1.1; bytes 00-20, 7f-ff in the target;
 * blanks other than one SP in the request line; a method that is no token.
 * Also: CONNECT or TRACE with a body (400); a Connection that names more than
 * 64 fields to be removed (400); an HTTP/2 preface (400, not 505); a tab
 * behind Content-Length's number, which llhttp does not take.
 * Responses are held to the same grammar; a response with both TE and CL is
 * accepted as chunked with `close` set (RFC 9112 6.3).
 */
enum h1_result h1_head(struct h1_parser *p, const char *buf, size_t n,
    struct h1_head *head, struct h1_field *room);

/* How the body of a response is framed (RFC 9112 6.3), given its request. */
enum h1_framing h1_response_framing(
    const struct h1_head *response, struct str request_method);

/* The first field with <id>; NULL when there is none. */
const struct h1_field *h1_find(const struct h1_head *head, enum h1_id id);

/* Is <s> a token (RFC 9110 5.6.2)? */
bool h1_is_token(struct str s);

#endif
