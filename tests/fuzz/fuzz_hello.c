/*
 * fuzz_hello.c - the ClientHello: what a prefix says the whole says; who
 * waits for as many bytes as hello_wants() learns the same; cut in other
 * records it is the same hello.
 */
#include <stdint.h>

#include "base/buf.h"
#include "proxy/wire/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool true_always)
{
	if (!true_always)
		abort();
}

/* From a block of exactly <n> bytes. */
static enum hello_result
parse(const uint8_t *p, size_t n, struct hello *h, size_t *wants)
{
	uint8_t *block = malloc(n ? n : 1);
	enum hello_result r;

	must(block != NULL);
	if (n)
		memcpy(block, p, n);
	r = hello_parse(block, n, h);
	*wants = hello_wants(block, n);
	free(block);
	must((r == HELLO_BAD) == (h->why != NULL));
	must((r == HELLO_MORE) == (*wants > n));
	must(r == HELLO_OK ? h->raw_len <= n : h->sni.n == 0);
	must(h->sni.n == 0 || h->sni.p == h->sni_room);
	return r;
}

static void
same(const struct hello *a, const struct hello *b)
{
	must(str_eq(a->sni, b->sni) && a->version == b->version);
	must(a->ech == b->ech && a->psk == b->psk);
	must(a->early_data == b->early_data && a->has_alpn == b->has_alpn);
	must(a->alpn_h1 == b->alpn_h1 && a->alpn_h2 == b->alpn_h2);
}

/* The handshake bytes of the good hello <p>, anew in records of <each>. */
static void
cut_otherwise(const uint8_t *p, const struct hello *h, size_t each)
{
	struct buf msg = BUF_EMPTY, b = BUF_EMPTY;
	struct hello again;
	size_t wants;

	for (size_t at = 0, n; at < h->raw_len; at += 5 + n) {
		n = (size_t)(p[at + 3] << 8 | p[at + 4]);
		buf_add(&msg, p + at + 5, n);
	}
	for (size_t at = 0; at < msg.n; at += each) {
		struct str part = str_sub(buf_str(&msg), at, each);

		buf_add(&b, "\x16\3\xff", 3);
		buf_add_char(&b, (char)(part.n >> 8));
		buf_add_char(&b, (char)part.n);
		buf_add_str(&b, part);
	}
	if (b.n < HELLO_RAW_MAX) {
		must(parse((const uint8_t *)b.p, b.n, &again, &wants) ==
		     HELLO_OK);
		must(again.raw_len == b.n);
		same(h, &again);
	}
	buf_fini(&msg);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hello whole, part;
	enum hello_result r, now = HELLO_MORE;
	size_t wants, n = 0;

	r = parse(data, size, &whole, &wants);
	for (int calls = 0; now == HELLO_MORE; calls++) {
		must(calls < 200);
		now = parse(data, n, &part, &wants);
		if (now == HELLO_MORE && wants > size)
			break;
		n = now == HELLO_MORE ? wants : n;
	}
	must(now == HELLO_MORE ? r == HELLO_MORE || r == HELLO_BAD : now == r);
	if (r == HELLO_OK) {
		same(&whole, &part);
		must(whole.raw_len == part.raw_len && part.raw_len == n);
		cut_otherwise(data, &whole, 1 + data[size - 1] % 64u);
		cut_otherwise(data, &whole, 16384);
	}
	/* any shorter piece: the same, or not yet known */
	n = size ? data[size - 1] * size / 256 : 0;
	now = parse(data, n, &part, &wants);
	must(now == HELLO_MORE || now == r);
	return 0;
}
