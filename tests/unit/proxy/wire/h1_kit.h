/*
 * h1_kit.h - feed a head to the parser whole, in every two pieces and a byte
 * at a time, and have all come out the same. Each call gets its bytes in a
 * fresh block of exactly that size, so that the sanitizers see any look
 * beyond it or back at a former one.
 */
#ifndef TESTS_UNIT_PROXY_WIRE_H1_KIT_H
#define TESTS_UNIT_PROXY_WIRE_H1_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proxy/wire/h1.h"

struct outcome {
	enum h1_result result;
	unsigned status;
	size_t seen; /* bytes given when it was known */
	struct buf text;
};

struct kit {
	struct h1_parser p;
	struct h1_head head;
	struct h1_field room[H1_FIELDS_MAX];
	char *block;
};

static inline void
kit_render(struct buf *b, const struct h1_head *h)
{
	buf_addf(b, "%zu|%d|%.*s|%.*s|%u|%.*s|%d|%llu|%d%d%d%d%d%d|%d%.*s",
	    h->len, h->minor, STR_ARG(h->method), STR_ARG(h->target), h->status,
	    STR_ARG(h->reason), (int)h->framing, (unsigned long long)h->length,
	    h->has_length, h->chunked, h->close, h->upgrade_websocket,
	    h->expect_continue, h->expect_other, h->host.p != NULL,
	    STR_ARG(h->host));
	for (unsigned i = 0; i < h->nfields; i++)
		buf_addf(b, "\n%d%c %.*s:%.*s", h->field[i].id,
		    h->field[i].hop ? 'h' : '-', STR_ARG(h->field[i].name),
		    STR_ARG(h->field[i].value));
}

/* Give the first <n> bytes; false when that settled it. */
static inline bool
kit_feed(struct kit *k, struct str s, size_t n, struct outcome *o)
{
	char *block = malloc(n ? n : 1);

	memcpy(block, s.p, n);
	o->result = h1_head(&k->p, block, n, &k->head, k->room);
	free(k->block);
	k->block = block;
	o->seen = n;
	return o->result == H1_MORE;
}

/* After <first> bytes all, or (by_byte) one more each time. */
static inline struct outcome
kit_run(enum h1_kind kind, struct str s, size_t first, bool by_byte)
{
	struct kit *k = calloc(1, sizeof(*k));
	struct outcome o = {0};
	size_t n = first;

	h1_begin(&k->p, kind);
	while (kit_feed(k, s, n, &o) && n < s.n)
		n = by_byte ? n + 1 : s.n;
	o.status = o.result == H1_BAD ? k->p.status : 0;
	if (o.result == H1_BAD)
		assert_non_null(k->p.why);
	if (o.result == H1_OK)
		kit_render(&o.text, &k->head);
	free(k->block);
	free(k);
	return o;
}

static inline void
kit_same(struct str s, const struct outcome *a, struct outcome b, size_t cut)
{
	if (a->result != b.result || a->status != b.status ||
	    !str_eq(buf_str(&a->text), buf_str(&b.text)))
		fail_msg("cut at %zu: %d/%u, whole: %d/%u: %.*s\n%.*s\n%.*s",
		    cut, (int)b.result, b.status, (int)a->result, a->status,
		    STR_ARG(s), STR_ARG(buf_str(&a->text)),
		    STR_ARG(buf_str(&b.text)));
	buf_fini(&b.text);
}

/* The outcome of the whole, after all ways to cut it gave the same. */
static inline struct outcome
kit_parse(enum h1_kind kind, struct str s)
{
	struct outcome whole = kit_run(kind, s, s.n, false), o;

	kit_same(s, &whole, kit_run(kind, s, 0, true), 1);
	for (size_t cut = 0; cut < s.n; cut++) {
		if (s.n > 1000 && cut % 997 != 0)
			continue;
		kit_same(s, &whole, kit_run(kind, s, cut, false), cut);
		/* A prefix is never whole but where the head is. */
		o = kit_run(kind, str_sub(s, 0, cut), cut, false);
		assert_false(o.result == H1_OK && whole.result != H1_OK);
		assert_false(o.result == H1_BAD && whole.result != H1_BAD);
		buf_fini(&o.text);
	}
	return whole;
}

static inline unsigned
kit_status(enum h1_kind kind, struct str s)
{
	struct outcome o = kit_parse(kind, s);

	if (o.result == H1_MORE)
		o.status = 1;
	buf_fini(&o.text);
	return o.status;
}

/* How many bytes had to be there for the refusal. */
static inline size_t
kit_refused_at(enum h1_kind kind, struct str s)
{
	struct outcome o = kit_run(kind, s, 0, true);

	assert_int_equal(o.result, H1_BAD);
	return o.seen;
}

#endif
