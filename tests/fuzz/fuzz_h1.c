/*
 * fuzz_h1.c - heads: cut in two or more they come out as whole; all slices
 * lie within the head; written anew they are read as the same head.
 *
 * Input: one byte (bit 0: response; the rest: how to cut), then the bytes.
 */
#include <stdint.h>

#include "base/buf.h"
#include "proxy/wire/h1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum h1_result result;
	unsigned short status;
	const char *why;
	struct h1_head head;
	struct h1_field room[H1_FIELDS_MAX];
	char *block; /* owned; the head's slices point into it */
};

static void
must(bool true_always)
{
	if (!true_always)
		abort();
}

/* <step> bytes more each time, from a fresh block; 0: all at once. */
static void
run(struct outcome *o, enum h1_kind kind, struct str s, size_t step)
{
	struct h1_parser p;
	size_t n = step ? 0 : s.n;

	o->block = NULL;
	h1_begin(&p, kind);
	for (;;) {
		free(o->block);
		o->block = malloc(n ? n : 1);
		must(o->block != NULL);
		if (n)
			memcpy(o->block, s.p, n);
		o->result = h1_head(&p, o->block, n, &o->head, o->room);
		must(p.seen <= n);
		if (o->result != H1_MORE || n == s.n)
			break;
		n = s.n - n < step ? s.n : n + step;
	}
	o->status = o->result == H1_BAD ? p.status : 0;
	o->why = o->result == H1_BAD ? p.why : NULL;
	must(o->result != H1_BAD || (p.why && p.status >= 400));
}

static void
same_str(const char *from_a, struct str a, const char *from_b, struct str b)
{
	must(a.n == b.n && (a.p == NULL) == (b.p == NULL));
	must(a.p == NULL || from_b == NULL || a.p - from_a == b.p - from_b);
	must(str_eq(a, b));
}

/* With <from_b> NULL: the same text, wherever it stands. */
static void
same_head(const struct outcome *a, const struct outcome *b, bool in_place)
{
	const char *from_b = in_place ? b->block : NULL;
	const struct h1_head *x = &a->head, *y = &b->head;

	must(x->minor == y->minor && x->status == y->status);
	must(x->framing == y->framing && x->length == y->length);
	must(x->has_length == y->has_length && x->chunked == y->chunked);
	must(x->close == y->close && x->nfields == y->nfields);
	must(x->upgrade_websocket == y->upgrade_websocket);
	must(x->expect_continue == y->expect_continue);
	must(x->expect_other == y->expect_other);
	must(!in_place || x->len == y->len);
	same_str(a->block, x->method, from_b, y->method);
	same_str(a->block, x->target, from_b, y->target);
	same_str(a->block, x->reason, from_b, y->reason);
	same_str(a->block, x->host, from_b, y->host);
	for (unsigned i = 0; i < x->nfields; i++) {
		must(a->room[i].id == b->room[i].id);
		must(a->room[i].hop == b->room[i].hop);
		same_str(a->block, a->room[i].name, from_b, b->room[i].name);
		same_str(a->block, a->room[i].value, from_b, b->room[i].value);
	}
}

static void
inside(const struct outcome *o, struct str s)
{
	must(s.p == NULL ||
	     (s.p >= o->block && s.p + s.n <= o->block + o->head.len));
}

static void
all_inside(const struct outcome *o, size_t n)
{
	must(o->head.len <= n && o->head.nfields <= H1_FIELDS_MAX);
	inside(o, o->head.method);
	inside(o, o->head.target);
	inside(o, o->head.reason);
	inside(o, o->head.host);
	for (unsigned i = 0; i < o->head.nfields; i++) {
		inside(o, o->room[i].name);
		inside(o, o->room[i].value);
		must(h1_is_token(o->room[i].name));
	}
}

static void
written_anew_is_the_same(const struct outcome *o, enum h1_kind kind)
{
	struct outcome *again = malloc(sizeof(*again));
	struct buf b = BUF_EMPTY;

	must(again != NULL);
	if (kind == H1_REQUEST)
		buf_addf(&b, "%.*s %.*s HTTP/1.%d\r\n", STR_ARG(o->head.method),
		    STR_ARG(o->head.target), o->head.minor);
	else
		buf_addf(&b, "HTTP/1.%d %u ", o->head.minor, o->head.status);
	if (kind == H1_RESPONSE) {
		buf_add_str(&b, o->head.reason);
		buf_add_str(&b, STR("\r\n"));
	}
	for (unsigned i = 0; i < o->head.nfields; i++) {
		buf_add_str(&b, o->room[i].name);
		buf_add_str(&b, STR(": "));
		buf_add_str(&b, o->room[i].value);
		buf_add_str(&b, STR("\r\n"));
	}
	buf_add_str(&b, STR("\r\n"));
	run(again, kind, buf_str(&b), 0);
	/* it is longer by a blank here and there: only limits may refuse it */
	if (again->result == H1_OK)
		same_head(o, again, false);
	else
		must(b.n > H1_FIELD_MAX);
	free(again->block);
	free(again);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole, cut;
	enum h1_kind kind;
	size_t step;
	struct str s;

	if (size == 0)
		return 0;
	kind = data[0] & 1 ? H1_RESPONSE : H1_REQUEST;
	s = str_make((const char *)data + 1, size - 1);
	step = (data[0] >> 1) + 1u;
	if (s.n / step > 4096)
		step = s.n / 4096;
	run(&whole, kind, s, 0);
	run(&cut, kind, s, step);
	must(whole.result == cut.result && whole.status == cut.status);
	if (whole.result == H1_OK) {
		all_inside(&whole, s.n);
		same_head(&whole, &cut, true);
		written_anew_is_the_same(&whole, kind);
	}
	free(whole.block);
	free(cut.block);
	return 0;
}
