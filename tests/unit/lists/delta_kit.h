/* delta_kit.h - for tests of deltas: images, and what a delta makes of one. */
#ifndef TESTS_UNIT_LISTS_DELTA_KIT_H
#define TESTS_UNIT_LISTS_DELTA_KIT_H

#include "lists/delta.h"

#include "base/hash.h"
#include "tests/unit/lists/build.h"

#define ANY_SIZE ((size_t)1 << 30)

static inline struct buf
build_seed(const struct build_source *src, size_t n, uint64_t seed)
{
	struct compile *c = build_feed(src, n, SIZE_MAX, seed);
	struct buf out = BUF_EMPTY;
	struct err err = {0};

	if (compile_finish(c, &out, &err) < 0)
		fail_msg("%s", err.text);
	compile_free(c);
	return out;
}

/* Where an image goes to: a buffer that cannot move once it was viewed. */
static inline int
to_write(void *ctx, uint64_t at, const void *p, size_t n, struct err *err)
{
	struct buf *b = ctx;

	(void)err;
	if (at + n > b->n) {
		assert_true(buf_room(b, at + n - b->n));
		memset(b->p + b->n, 0, at + n - b->n);
		b->n = at + n;
	}
	memcpy(b->p + at, p, n);
	return 0;
}

static inline int
to_view(void *ctx, uint64_t n, struct bytes *bytes, struct err *err)
{
	struct buf *b = ctx;

	if (b->n < n)
		to_write(ctx, n - 1, "", 1, err);
	*bytes = (struct bytes){(const uint8_t *)b->p, (size_t)n};
	return 0;
}

static inline struct bytes
as_bytes(const struct buf *b)
{
	return (struct bytes){(const uint8_t *)b->p, b->n};
}

static inline int
apply(const struct buf *a, struct bytes bytes, struct buf *out, struct err *err)
{
	static const struct delta_room room;
	struct compile_out to = {out, to_write, to_view};
	struct image im = build_view(a);
	struct delta d;
	uint64_t n;

	buf_reset(out);
	*err = (struct err){0};
	if (delta_view(&d, bytes, err) < 0 ||
	    delta_apply(&im, &d, &room, &to, &n, err) < 0)
		return -1;
	assert_int_equal(n, out->n);
	return 0;
}

static inline struct buf
make(const struct buf *a, const struct buf *b)
{
	struct image from = build_view(a), to = build_view(b);
	struct buf delta = BUF_EMPTY;
	struct err err = {0};

	if (delta_make(&from, &to, ANY_SIZE, &delta, &err) < 0)
		fail_msg("%s", err.text);
	return delta;
}

/* Length and checksum of a delta that was changed. */
static inline void
put_right(uint8_t *p, size_t n)
{
	struct hash128 sum;

	for (unsigned i = 0; i < 8; i++)
		p[16 + i] = (uint8_t)((uint64_t)n >> (8 * i));
	memset(p + 24, 0, 16);
	sum = hash128(p, n);
	for (unsigned i = 0; i < 8; i++) {
		p[24 + i] = (uint8_t)(sum.lo >> (8 * i));
		p[32 + i] = (uint8_t)(sum.hi >> (8 * i));
	}
}

#endif
