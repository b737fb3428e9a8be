/* flow.c - one body on its way from one socket to another. */
#include "proxy/flow.h"

#include <stdio.h>

#include "base/bug.h"
#include "proxy/block.h"
#include "proxy/limits.h"
#include "proxy/stats.h"

void
flow_begin(struct flow *f, const struct h1_head *h, enum h1_framing in,
    enum h1_framing out, enum h1_kind kind)
{
	*f = (struct flow){.in = in, .out = out, .limit = UINT64_MAX};
	if (in == H1_LENGTH)
		f->left = h->length;
	if (in == H1_CHUNKED)
		chunk_begin(&f->chunk,
		    kind == H1_REQUEST ? CHUNK_REQUEST : CHUNK_RESPONSE);
	f->ended = in == H1_NO_BODY || (in == H1_LENGTH && f->left == 0);
}

void
flow_head(struct flow *f, struct str head)
{
	pieces_add(&f->pieces, head);
}

/* The bytes that stand for the end of the body, where it has some. */
static struct str
end_mark(const struct flow *f)
{
	return f->out == H1_CHUNKED ? STR("0\r\n\r\n") : STR_NONE;
}

/* <n> decoded bytes at <p> are next; f->ended tells whether they are last. */
static void
add_payload(struct flow *f, const char *p, size_t n)
{
	static const char close_and_end[] = "\r\n0\r\n\r\n";
	int size;

	if (f->out != H1_CHUNKED) {
		pieces_add(&f->pieces, str_make(p, n));
		return;
	}
	size = snprintf(f->size_line, sizeof(f->size_line), "%zx\r\n", n);
	pieces_add(&f->pieces, str_make(f->size_line, (size_t)size));
	pieces_add(&f->pieces, str_make(p, n));
	pieces_add(&f->pieces,
	    str_make(close_and_end, f->ended ? sizeof(close_and_end) - 1 : 2));
}

/* Decode what the block holds behind what is ready. false: malformed. */
static bool
decode(struct flow *f, struct block *b)
{
	char *p = block_begin(b) + f->ready;
	size_t n = b->n - f->ready, used = n, behind;

	if (f->in == H1_LENGTH) {
		if (n > f->left)
			n = (size_t)f->left;
		f->left -= n;
		f->ended = f->left == 0;
	} else if (f->in == H1_CHUNKED) {
		behind = n;
		n = chunk_decode(&f->chunk, p, n, &used);
		if (chunk_status(&f->chunk) == CHUNK_BAD) {
			f->why = f->chunk.why;
			return false;
		}
		f->ended = chunk_status(&f->chunk) == CHUNK_DONE;
		/* what is not of this body comes up behind what is */
		behind -= used;
		if (behind && n != used)
			memmove(p + n, p + used, behind);
		b->n = f->ready + (uint32_t)(n + behind);
	}
	f->ready += (uint32_t)n;
	if (f->ended && f->ready == 0)
		pieces_add(&f->pieces, end_mark(f));
	return true;
}

/* What is ready goes out next. */
static void
take_up(struct flow *f, struct block *b)
{
	add_payload(f, block_begin(b), f->ready);
	f->passed += f->ready;
	f->taken = f->ready;
	f->ready = 0;
}

static enum flow_result
write_out(struct flow *f, const struct flow_ends *e)
{
	uint64_t went = 0;
	enum io r = io_write(e->sink, &f->pieces, &went);

	f->moved += went;
	stats_add(e->count_out, went);
	if (r == IO_FAIL)
		return FLOW_SINK_FAIL;
	f->full = r == IO_WAIT;
	if (f->full)
		return FLOW_WAIT;
	if (f->taken)
		block_eat(*e->block, f->taken);
	f->taken = 0;
	return FLOW_DONE;
}

/* Nothing to read now: an empty block is better used by others. */
static enum flow_result
wait_in(const struct flow_ends *e)
{
	if (*e->block && (*e->block)->n == 0 && (*e->block)->floor == 0)
		block_give(e->pool, e->block);
	return FLOW_WAIT;
}

/* FLOW_DONE: something came. */
static enum flow_result
read_in(struct flow *f, const struct flow_ends *e)
{
	struct block *b = *e->block;
	size_t room, before;
	enum io r;

	if (!*e->readable)
		return wait_in(e);
	if (!b) {
		b = *e->block = block_take(e->pool, BLOCK_LARGE);
		if (!b)
			return FLOW_SOURCE_FAIL;
	}
	block_pack(b);
	room = block_room(b);
	before = b->n;
	r = io_read(e->source, b, SIZE_MAX);
	stats_add(e->count_in, b->n - before);
	switch (r) {
	case IO_DONE:
		/* less than there was room for: there is no more now */
		*e->readable = b->n - before == room;
		return FLOW_DONE;
	case IO_WAIT:
		*e->readable = false;
		return wait_in(e);
	case IO_END:
		if (f->in != H1_TO_EOF)
			return FLOW_SHORT;
		f->ended = true;
		if (f->ready == 0)
			pieces_add(&f->pieces, end_mark(f));
		return FLOW_DONE;
	case IO_FAIL:
		break;
	}
	return FLOW_SOURCE_FAIL;
}

/* What the block holds into the pieces, as far as it may pass. FLOW_DONE:
 * there is something to write, or nothing is left. */
static enum flow_result
fill(struct flow *f, struct block *b)
{
	while (!f->taken && (f->ready || (!f->ended && b->n))) {
		if (!f->ready && !decode(f, b))
			return FLOW_MALFORMED;
		if (f->ready > f->limit - f->passed)
			return FLOW_LIMIT;
		if (f->ready)
			take_up(f, b);
		if (!pieces_empty(&f->pieces))
			break;
	}
	return FLOW_DONE;
}

enum flow_result
flow_pump(struct flow *f, const struct flow_ends *e)
{
	enum flow_result r;

	for (unsigned i = 0;; i++) {
		r = *e->block ? fill(f, *e->block) : FLOW_DONE;
		if (r != FLOW_DONE)
			return r;
		if (!pieces_empty(&f->pieces)) {
			r = write_out(f, e);
			if (r != FLOW_DONE)
				return r;
		}
		if (f->ended)
			return FLOW_DONE;
		if (*e->block && (*e->block)->n)
			continue;
		/* what was read must be looked at: no event tells of it again */
		if (i >= LIMIT_ROUNDS)
			return FLOW_WAIT;
		r = read_in(f, e);
		if (r != FLOW_DONE)
			return r;
	}
}

enum flow_result
flow_peek(struct flow *f, const struct flow_ends *e, uint32_t enough)
{
	enum flow_result r;

	for (unsigned i = 0;; i++) {
		struct block *b = *e->block;

		if (b && !f->ended && b->n > f->ready && !decode(f, b))
			return FLOW_MALFORMED;
		if (f->ended || f->ready >= enough)
			return FLOW_DONE;
		if (i >= LIMIT_ROUNDS)
			return FLOW_WAIT;
		r = read_in(f, e);
		if (r != FLOW_DONE)
			return r;
	}
}
