/*
 * flow.h - one body on its way from one socket to another: decoded, framed
 * anew, sent, with a message head in front. No byte of it is copied; what the
 * sink does not take stops the reading.
 *
 *	flow_begin(&f, framing_in, framing_out, head);
 *	switch (flow_pump(&f, &ends)) ...       at each event of either socket
 *
 * Who has to see how a body begins before any of it goes on asks flow_peek()
 * first; who has to be asked how much may pass sets f->limit.
 */
#ifndef PROXY_FLOW_H
#define PROXY_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "proxy/io.h"
#include "proxy/wire/chunk.h"
#include "proxy/wire/h1.h"

struct block;
struct blocks;

enum flow_result {
	FLOW_WAIT = 0,    /* for more, or for room: f->full says which */
	FLOW_DONE,        /* all of it is out */
	FLOW_SHORT,       /* the source ended too early */
	FLOW_MALFORMED,   /* the source's framing is broken: f->why */
	FLOW_SOURCE_FAIL, /* reset, or out of memory */
	FLOW_SINK_FAIL,
	FLOW_LIMIT, /* more than f->limit would pass: f->ready bytes wait */
};

struct flow {
	enum h1_framing in, out;
	uint64_t left; /* H1_LENGTH: bytes still to come */
	struct chunk_decoder chunk;
	struct pieces pieces; /* what is being written */
	uint32_t taken;       /* bytes of the block that they cover */
	uint32_t ready;       /* decoded bytes at the block's front, to be
			       * taken next */
	uint64_t passed;      /* decoded bytes taken so far: the payload */
	uint64_t limit;       /* so many of them may pass */
	uint64_t moved;       /* bytes written, heads included */
	bool ended;           /* all of it has come */
	bool full;            /* the sink takes no more for now */
	char size_line[20];
	const char *why;
};

/* The two sockets for the time of a call. */
struct flow_ends {
	struct blocks *pool;
	struct block **block; /* bytes of the source; taken when needed */
	enum h1_kind kind;    /* which message: sizes and strictness */
	int source, sink;
	bool *readable; /* the source may have something; cleared when not */
	uint64_t *count_in, *count_out; /* statistics */
};

/*
 * <in>: how the body is framed where it comes from, <length> with H1_LENGTH.
 * <out>: how it is to be framed: as <in>, or H1_CHUNKED, or H1_TO_EOF.
 * <head> goes out before it and must stay until it is out.
 */
void flow_begin(struct flow *f, const struct h1_head *h, enum h1_framing in,
    enum h1_framing out, enum h1_kind kind);
void flow_head(struct flow *f, struct str head);

/* Move what can be moved, for a few rounds. */
enum flow_result flow_pump(struct flow *f, const struct flow_ends *e);

/*
 * See that f->ready bytes stand at the block's front, <enough> or all there
 * will be (FLOW_DONE); nothing is written. FLOW_WAIT: there are fewer yet.
 * Before flow_pump() has moved any.
 */
enum flow_result flow_peek(
    struct flow *f, const struct flow_ends *e, uint32_t enough);

static inline bool
flow_is_done(const struct flow *f)
{
	return f->ended && f->ready == 0 && pieces_empty(&f->pieces);
}

#endif
