/* flow_test.c - bodies through flow.h, with a socketpair at each end. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "proxy/block.h"
#include "proxy/flow.h"

/* A flow between two pairs: we write to in[1] and read from out[1]. */
struct bench {
	struct flow f;
	struct blocks pool;
	struct block *block;
	int in[2], out[2];
	bool readable;
	uint64_t count_in, count_out;
	struct buf got;
};

static void
pair(int fd[2])
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
}

static void
bench_open(
    struct bench *b, enum h1_framing in, enum h1_framing out, uint64_t length)
{
	struct h1_head h = {.length = length, .has_length = in == H1_LENGTH};

	*b = (struct bench){.readable = true};
	pair(b->in);
	pair(b->out);
	flow_begin(&b->f, &h, in, out, H1_RESPONSE);
}

static void
bench_close(struct bench *b)
{
	for (unsigned i = 0; i < 2; i++) {
		if (b->in[i] >= 0)
			close(b->in[i]);
		close(b->out[i]);
	}
	block_give(&b->pool, &b->block);
	assert_int_equal(b->pool.taken, 0);
	blocks_fini(&b->pool);
	buf_fini(&b->got);
}

static enum flow_result
pump(struct bench *b)
{
	struct flow_ends e = {.pool = &b->pool,
	    .block = &b->block,
	    .kind = H1_RESPONSE,
	    .source = b->in[0],
	    .sink = b->out[0],
	    .readable = &b->readable,
	    .count_in = &b->count_in,
	    .count_out = &b->count_out};

	return flow_pump(&b->f, &e);
}

static void
drain(struct bench *b)
{
	char room[4096];
	ssize_t n;

	while ((n = read(b->out[1], room, sizeof(room))) > 0)
		buf_add(&b->got, room, (size_t)n);
}

static void
feed(struct bench *b, const char *p, size_t n)
{
	assert_int_equal(write(b->in[1], p, n), n);
	b->readable = true;
}

static void
feed_end(struct bench *b)
{
	close(b->in[1]);
	b->in[1] = -1;
	b->readable = true;
}

struct row {
	const char *rule;
	enum h1_framing in, out;
	uint64_t length;
	const char *raw;
	bool end; /* the source ends behind <raw> */
	const char *sent;
	enum flow_result result;
	const char *left; /* in the block afterwards */
};

#define W "wiki"
static const struct row rows[] = {
    {"a body of a length is passed as it is", H1_LENGTH, H1_LENGTH, 4, W, 0, W,
        FLOW_DONE, ""},
    {"what stands behind it is not part of it", H1_LENGTH, H1_LENGTH, 4,
        W "HTTP/1.1 200", 0, W, FLOW_DONE, "HTTP/1.1 200"},
    {"a length that does not come is short", H1_LENGTH, H1_LENGTH, 5, W, 1, W,
        FLOW_SHORT, ""},
    {"no body is done at once", H1_NO_BODY, H1_NO_BODY, 0, "", 0, "", FLOW_DONE,
        ""},
    {"a body to the end is chunked anew", H1_TO_EOF, H1_CHUNKED, 0, W, 1,
        "4\r\n" W "\r\n0\r\n\r\n", FLOW_DONE, ""},
    {"an empty body to the end is an empty chunked one", H1_TO_EOF, H1_CHUNKED,
        0, "", 1, "0\r\n\r\n", FLOW_DONE, ""},
    {"chunks become bytes for who knows no chunks", H1_CHUNKED, H1_TO_EOF, 0,
        "4;x=y\r\n" W "\r\n0\r\nX: y\r\n\r\n", 0, W, FLOW_DONE, ""},
    {"extensions and trailers are dropped", H1_CHUNKED, H1_CHUNKED, 0,
        "2;a=b\r\nwi\r\n2\r\nki\r\n0\r\nX: y\r\n\r\nmore", 0,
        "4\r\n" W "\r\n0\r\n\r\n", FLOW_DONE, "more"},
    {"a chunked body that ends early has no last chunk", H1_CHUNKED, H1_CHUNKED,
        0, "4\r\n" W "\r\n", 1, "4\r\n" W "\r\n", FLOW_SHORT, ""},
    {"a broken chunk ends it", H1_CHUNKED, H1_CHUNKED, 0, "xx\r\n", 0, "",
        FLOW_MALFORMED, NULL},
};

static void
check_row(const struct row *r, size_t cut)
{
	struct bench b;
	enum flow_result result;
	size_t n = strlen(r->raw);

	bench_open(&b, r->in, r->out, r->length);
	if (cut && cut < n) {
		feed(&b, r->raw, cut);
		result = pump(&b);
		if (result == FLOW_WAIT) {
			feed(&b, r->raw + cut, n - cut);
			if (r->end)
				feed_end(&b);
			result = pump(&b);
		}
	} else {
		if (n)
			feed(&b, r->raw, n);
		if (r->end)
			feed_end(&b);
		result = pump(&b);
	}
	if (result == FLOW_WAIT &&
	    r->end) { /* the end is an event of its own */
		b.readable = true;
		result = pump(&b);
	}
	drain(&b);
	assert_int_equal(result, r->result);
	if (!cut) {
		assert_int_equal(b.got.n, strlen(r->sent));
		if (b.got.n)
			assert_memory_equal(b.got.p, r->sent, b.got.n);
		if (r->left)
			assert_int_equal(
			    b.block ? b.block->n : 0, strlen(r->left));
	}
	assert_int_equal(b.count_out, b.got.n);
	bench_close(&b);
}

static void
each_framing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i], 0);
}

static void
each_framing_in_two_pieces(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t cut = 1; cut < strlen(rows[i].raw); cut++)
			check_row(&rows[i], cut);
}

static enum flow_result
peek(struct bench *b, uint32_t enough)
{
	struct flow_ends e = {.pool = &b->pool,
	    .block = &b->block,
	    .source = b->in[0],
	    .sink = b->out[0],
	    .readable = &b->readable,
	    .count_in = &b->count_in,
	    .count_out = &b->count_out};

	return flow_peek(&b->f, &e, enough);
}

/* How a body begins is seen before any of it goes out, and then it goes out as
 * it would have. */
static void
check_peek(const struct row *r, size_t cut, uint32_t enough)
{
	enum flow_result result;
	struct bench b;
	size_t n = strlen(r->raw);

	bench_open(&b, r->in, r->out, r->length);
	if (cut)
		feed(&b, r->raw, cut);
	result = peek(&b, enough);
	drain(&b);
	assert_int_equal(b.got.n, 0);
	if (cut < n)
		feed(&b, r->raw + cut, n - cut);
	if (r->end)
		feed_end(&b);
	for (unsigned i = 0; result == FLOW_WAIT && i < 3; i++) {
		b.readable = true;
		result = peek(&b, enough);
	}
	if (result == FLOW_DONE) {
		assert_true(b.f.ended || b.f.ready >= enough);
		if (b.f.ready)
			assert_memory_equal(block_begin(b.block), W,
			    b.f.ready < 4 ? b.f.ready : 4);
		assert_int_equal(b.count_out, 0);
		for (unsigned i = 0; i < 3; i++) {
			b.readable = true;
			result = pump(&b);
			if (result != FLOW_WAIT)
				break;
		}
	}
	drain(&b);
	assert_int_equal(result, r->result);
	/* whole before it went out: in one piece, as in the row */
	if (result == FLOW_DONE && enough == 100) {
		assert_int_equal(b.got.n, strlen(r->sent));
		if (b.got.n)
			assert_memory_equal(b.got.p, r->sent, b.got.n);
		/* what came later waits in the socket */
		if (cut == 0 || cut == n)
			assert_int_equal(
			    b.block ? b.block->n : 0, strlen(r->left));
	}
	assert_true(result != FLOW_DONE || flow_is_done(&b.f));
	bench_close(&b);
}

static void
each_framing_after_a_look(void **state)
{
	static const uint32_t some[] = {0, 1, 3, 4, 100};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t cut = 0; cut <= strlen(rows[i].raw); cut++)
			for (unsigned k = 0; k < ARRAY_LEN(some); k++)
				check_peek(&rows[i], cut, some[k]);
}

/* More than the limit never goes out before it was raised, and all of it does
 * then. */
static void
no_more_than_the_limit_passes(void **state)
{
	static const struct row limited[] = {
	    {"length", H1_LENGTH, H1_LENGTH, 8, "wikiwiki", 0, "wikiwiki",
	        FLOW_DONE, ""},
	    {"chunks", H1_CHUNKED, H1_TO_EOF, 0,
	        "3\r\nwik\r\n1\r\ni\r\n4\r\nwiki\r\n0\r\n\r\n", 0, "wikiwiki",
	        FLOW_DONE, ""},
	    {"to the end", H1_TO_EOF, H1_TO_EOF, 0, "wikiwiki", 1, "wikiwiki",
	        FLOW_DONE, ""},
	};
	enum flow_result r;
	struct bench b;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(limited); i++)
		for (uint64_t limit = 0; limit < 8; limit++) {
			const struct row *row = &limited[i];
			size_t n = strlen(row->raw), at = 0;

			bench_open(&b, row->in, row->out, row->length);
			b.f.limit = limit;
			do { /* a byte at a time */
				if (at < n)
					feed(&b, row->raw + at++, 1);
				else if (row->end && b.in[1] >= 0)
					feed_end(&b);
				b.readable = true;
				r = pump(&b);
				drain(&b);
				if (r != FLOW_LIMIT)
					continue;
				assert_int_equal(b.got.n, limit);
				assert_int_equal(b.f.passed, limit);
				assert_true(b.f.ready > 0);
				b.f.limit = UINT64_MAX;
			} while (r == FLOW_WAIT || r == FLOW_LIMIT);
			assert_int_equal(r, FLOW_DONE);
			assert_int_equal(b.f.limit, UINT64_MAX);
			assert_int_equal(b.got.n, 8);
			assert_memory_equal(b.got.p, row->sent, 8);
			bench_close(&b);
		}
}

static void
head_and_body_go_out_together(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, H1_LENGTH, H1_LENGTH, 2);
	flow_head(&b.f, STR("HEAD\r\n\r\n"));
	feed(&b, "ok", 2);
	/* the body is in the block before the first write */
	b.block = block_take(&b.pool, BLOCK_LARGE);
	assert_int_equal(read(b.in[0], block_end(b.block), 2), 2);
	b.block->n = 2;
	assert_int_equal(pump(&b), FLOW_DONE);
	drain(&b);
	assert_int_equal(b.got.n, 10);
	assert_memory_equal(b.got.p, "HEAD\r\n\r\nok", 10);
	bench_close(&b);
}

/* A full sink stops the reading; nothing is lost or doubled. */
static void
full_sink_stops_the_source(void **state)
{
	enum { TOTAL = 1 << 20 };
	struct bench b;
	size_t fed = 0;
	unsigned full = 0;
	enum flow_result r = FLOW_WAIT;

	(void)state;
	bench_open(&b, H1_LENGTH, H1_LENGTH, TOTAL);
	while (r == FLOW_WAIT) {
		char room[8192];
		ssize_t n;

		for (size_t i = 0; i < sizeof(room); i++)
			room[i] = (char)((fed + i) * 31 % 251);
		n = write(b.in[1], room,
		    TOTAL - fed < sizeof(room) ? TOTAL - fed : sizeof(room));
		if (n > 0)
			fed += (size_t)n;
		b.readable = true;
		r = pump(&b);
		if (b.f.full) {
			full++;
			assert_true(b.block->n > 0);
			drain(&b);
		}
	}
	drain(&b);
	assert_int_equal(r, FLOW_DONE);
	assert_true(full > 0);
	assert_int_equal(b.got.n, TOTAL);
	for (size_t i = 0; i < TOTAL; i++)
		assert_int_equal((unsigned char)b.got.p[i], i * 31 % 251);
	bench_close(&b);
}

/* What one turn's last read brought must not stay: no event tells of it. */
static void
nothing_read_is_left_waiting(void **state)
{
	static char raw[6 * 4000];
	struct bench b;
	enum flow_result r;

	(void)state;
	bench_open(&b, H1_CHUNKED, H1_CHUNKED, 0);
	for (unsigned i = 0; i < sizeof(raw); i++)
		raw[i] = "1\r\nx\r\n"[i % 6];
	for (unsigned i = 0; i < 6; i++)
		feed(&b, raw, sizeof(raw));
	for (unsigned turn = 0; turn < 8; turn++) {
		r = pump(&b);
		assert_int_equal(r, FLOW_WAIT);
		assert_true(!b.block || b.block->n == 0 || b.f.full);
		drain(&b);
		b.readable = true;
	}
	bench_close(&b);
}

static void
gone_sink_is_told_apart(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, H1_LENGTH, H1_LENGTH, 4);
	close(b.out[1]);
	b.out[1] = dup(0);
	feed(&b, "wiki", 4);
	assert_int_equal(pump(&b), FLOW_SINK_FAIL);
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_framing),
	    cmocka_unit_test(each_framing_in_two_pieces),
	    cmocka_unit_test(each_framing_after_a_look),
	    cmocka_unit_test(no_more_than_the_limit_passes),
	    cmocka_unit_test(head_and_body_go_out_together),
	    cmocka_unit_test(full_sink_stops_the_source),
	    cmocka_unit_test(nothing_read_is_left_waiting),
	    cmocka_unit_test(gone_sink_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
