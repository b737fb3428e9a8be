/*
 * fuzz_resp.c - replies of Redis: cut anywhere they come out as whole, and no
 * text is longer than what went in.
 *
 * Input: one byte (how to cut), then the bytes.
 */
#include <stdint.h>

#include "base/buf.h"
#include "proxy/wire/resp.h"

#define BOUND 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool true_always)
{
	if (!true_always)
		abort();
}

static enum resp_result
run(struct str s, size_t step, struct buf *out)
{
	struct resp *r = resp_new(BOUND);
	enum resp_result got = RESP_MORE;
	struct resp_reply reply;

	must(r != NULL);
	for (size_t at = 0; at < s.n && got != RESP_BAD; at += step) {
		struct str part = str_sub(s, at, step);

		must(resp_feed(r, part.p, part.n));
		while ((got = resp_next(r, &reply)) == RESP_REPLY) {
			must(reply.text.n <= s.n);
			buf_addf(out, "%d %lld %zu ", (int)reply.kind,
			    (long long)reply.number, reply.text.n);
			buf_add(out, reply.text.p, reply.text.n);
		}
	}
	if (got == RESP_BAD)
		must(resp_next(r, &reply) == RESP_BAD);
	resp_free(r);
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_EMPTY, cut = BUF_EMPTY;
	enum resp_result a, b;
	struct str s;

	if (size < 2 || size > 4096)
		return 0;
	s = str_make((const char *)data + 1, size - 1);
	a = run(s, s.n, &whole);
	b = run(s, data[0] % 13 + 1u, &cut);
	must(a == b);
	must(whole.failed || cut.failed ||
	     str_eq(buf_str(&whole), buf_str(&cut)));
	buf_fini(&whole);
	buf_fini(&cut);
	return 0;
}
