/*
 * resp.h - what Redis says (RESP2): commands out, replies in; the door to
 * hiredis, of which only the formatter and the reader are used.
 *
 *	resp_command(&out, 2, (struct bytes[]){{"GET", 3}, key});
 *
 *	while (resp_next(r, &reply) == RESP_REPLY) ...
 *	(read) resp_feed(r, p, n), and again
 *
 * The other side is taken to be hostile: nothing larger than the bound given
 * is kept, elements of arrays are never kept, and what is malformed is the
 * end: after RESP_BAD the connection is of no use.
 */
#ifndef PROXY_WIRE_RESP_H
#define PROXY_WIRE_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct buf;
struct resp; /* opaque; one connection */

#define RESP_ELEMENTS_MAX 1024 /* of arrays, over all depths of one reply */
#define RESP_ARGS_MAX     16

enum resp_kind {
	RESP_STRING = 0, /* "$5": text */
	RESP_STATUS,     /* "+OK": text */
	RESP_ERROR,      /* "-ERR ...": text */
	RESP_INTEGER,    /* ":1": number */
	RESP_NIL,        /* "$-1", "*-1" */
	RESP_ARRAY,      /* number: how many elements it said it had */
};

struct resp_reply {
	enum resp_kind kind;
	struct bytes text; /* borrowed from the reader until the next call */
	int64_t number;
};

enum resp_result { RESP_REPLY = 0, RESP_MORE, RESP_BAD };

/* Nothing over <max> bytes is kept. NULL: no memory. */
struct resp *resp_new(size_t max);
void resp_free(struct resp *r); /* NULL: nothing */

/*
 * Take what was read; take out all replies with resp_next() before the next.
 * False (and RESP_BAD from then on): over the bound, or out of memory.
 */
bool resp_feed(struct resp *r, const void *p, size_t n);
enum resp_result resp_next(struct resp *r, struct resp_reply *out);

/*
 * Append a command of <n> arguments (1 to RESP_ARGS_MAX), each with its
 * length, so that no byte can end it early. False: no memory, <out> as it was.
 */
bool resp_command(struct buf *out, const struct bytes *args, unsigned n);

#endif
