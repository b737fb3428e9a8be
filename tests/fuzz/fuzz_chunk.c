/*
 * fuzz_chunk.c - chunked bodies: cut anywhere they come out as whole, and
 * what comes out is no longer than what went in.
 *
 * Input: one byte (bit 0: response; the rest: how to cut), then the bytes.
 */
#include <stdint.h>

#include "base/buf.h"
#include "proxy/wire/chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool true_always)
{
	if (!true_always)
		abort();
}

static enum chunk_state_public
run(enum chunk_side side, struct str s, size_t step, struct buf *out,
    size_t *taken)
{
	struct chunk_decoder d;

	*taken = 0;
	chunk_begin(&d, side);
	while (*taken < s.n && chunk_status(&d) == CHUNK_GOING) {
		struct str part = str_sub(s, *taken, step);
		char *block = malloc(part.n);
		size_t used, got;

		must(block != NULL);
		memcpy(block, part.p, part.n);
		got = chunk_decode(&d, block, part.n, &used);
		must(got <= used && used <= part.n);
		must(used == part.n || chunk_status(&d) != CHUNK_GOING);
		buf_add(out, block, got);
		free(block);
		*taken += used;
	}
	must((chunk_status(&d) == CHUNK_BAD) == (d.why != NULL));
	return chunk_status(&d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_EMPTY, cut = BUF_EMPTY;
	enum chunk_state_public a, b;
	enum chunk_side side;
	size_t whole_n, cut_n;
	struct str s;

	if (size == 0)
		return 0;
	side = data[0] & 1 ? CHUNK_RESPONSE : CHUNK_REQUEST;
	s = str_make((const char *)data + 1, size - 1);
	a = run(side, s, s.n, &whole, &whole_n);
	b = run(side, s, (data[0] >> 1) + 1u, &cut, &cut_n);
	must(a == b && whole_n == cut_n);
	must(str_eq(buf_str(&whole), buf_str(&cut)));
	/* what a request may say, a response may too */
	if (side == CHUNK_REQUEST && a == CHUNK_DONE) {
		buf_reset(&cut);
		must(run(CHUNK_RESPONSE, s, s.n, &cut, &cut_n) == CHUNK_DONE);
		must(str_eq(buf_str(&whole), buf_str(&cut)));
	}
	buf_fini(&whole);
	buf_fini(&cut);
	return 0;
}
