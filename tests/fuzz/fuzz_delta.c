/*
 * fuzz_delta.c - any bytes as a delta of a certain image, with base, length
 * and checksum put right: nothing is read outside it, and what comes out is
 * an image that holds together or nothing.
 *
 * The first byte says what the rest is: even, what stands behind the header
 * (a seed is made of the byte); odd, two lists in text: what a delta makes of
 * the one is the other.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "lists/compile.h"
#include "lists/delta.h"
#include "lists/delta_format.h"
#include "lists/emit.h"
#include "lists/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
compile(struct str text, struct str more, uint64_t seed, struct buf *out)
{
	struct compile_options opt = {.seed = seed};
	struct compile_source s = {
	    .list = STR("l"), .file = STR("f"), .format = LIST_DOMAINS};
	struct compile *c = compile_new(&opt);
	struct err err;
	int id;

	if (!c)
		abort();
	id = compile_source(c, &s, &err);
	compile_feed(c, id, text.p, text.n, &err);
	s.format = LIST_ADBLOCK;
	id = compile_source(c, &s, &err);
	compile_feed(c, id, more.p, more.n, &err);
	if (compile_finish(c, out, &err) < 0)
		abort();
	compile_free(c);
}

static struct image
view(const struct buf *b)
{
	struct image im;
	struct err err;

	if (image_view(&im, (struct bytes){(const uint8_t *)b->p, b->n}, &err) <
	    0)
		abort();
	return im;
}

static int
apply(const struct image *a, const struct buf *delta, struct buf *out)
{
	static const struct delta_room room;
	struct compile_out to = emit_into(out);
	/* a copy of its own, of just this size */
	uint8_t *p = malloc(delta->n);
	struct delta d;
	struct err err = {.code = ERR_NONE};
	uint64_t n = 0;
	int rc;

	if (!p)
		abort();
	memcpy(p, delta->p, delta->n);
	rc = delta_view(&d, (struct bytes){p, delta->n}, &err);
	if (rc == 0)
		rc = delta_apply(a, &d, &room, &to, &n, &err);
	free(p);
	if (rc < 0 && (err.code == ERR_NONE || n))
		abort();
	return rc;
}

/* Enough names for endings and pieces to be learnt. */
static const struct buf *
base(void)
{
	static struct buf b;
	struct buf text = BUF_EMPTY;

	if (b.p)
		return &b;
	buf_addf(&text, "a.test\nb.test\nwww.b.test\n10.0.0.0/8\n::1\n");
	for (unsigned i = 0; i < 300; i++)
		buf_addf(&text, "shop-online-%u.zone-of-shops.test\n", i);
	compile(buf_str(&text),
	    STR("||a.test^\n@@||b.a.test^\n/ads[0-9]/\n||c.test^\n"), 1, &b);
	buf_fini(&text);
	return &b;
}

/* What stands behind the header, as the input has it. */
static void
try_bytes(const uint8_t *data, size_t size, uint64_t seed)
{
	struct image a = view(base());
	struct buf d = BUF_EMPTY, out = BUF_EMPTY;
	uint8_t head[DELTA_HEADER] = {0};
	struct hash128 sum;

	memcpy(head, DELTA_MAGIC, 8);
	emit_wr32(head + 8, DELTA_VERSION);
	emit_wr32(head + 12, size > 1 ? data[0] % 5 : 0);
	emit_wr64(head + 16, sizeof(head) + size);
	emit_wr64(head + 40, a.bytes.n);
	memcpy(head + 48, a.bytes.p + IMAGE_CHECKSUM, 16);
	emit_wr64(head + 88, seed);
	buf_add(&d, head, sizeof(head));
	buf_add(&d, data, size);
	sum = hash128(d.p, d.n);
	emit_wr64((uint8_t *)d.p + DELTA_CHECKSUM, sum.lo);
	emit_wr64((uint8_t *)d.p + DELTA_CHECKSUM + 8, sum.hi);
	/* it names no image that there is */
	if (apply(&a, &d, &out) == 0)
		abort();
	buf_fini(&d);
	buf_fini(&out);
}

/* Two lists; and from the one to the other. */
static void
try_texts(struct str text, uint64_t seed)
{
	struct buf im[2] = {BUF_EMPTY, BUF_EMPTY}, d = BUF_EMPTY;
	struct buf out = BUF_EMPTY;
	struct image a, b;
	struct str part[4], rest = text;
	struct err err;

	for (unsigned i = 0; i < 4; i++)
		str_cut(rest, '\f', &part[i], &rest);
	compile(part[0], part[1], seed, &im[0]);
	compile(part[2], part[3], seed ^ 4, &im[1]);
	a = view(&im[0]);
	b = view(&im[1]);
	if (delta_make(&a, &b, SIZE_MAX, &d, &err) < 0 ||
	    apply(&a, &d, &out) < 0 || out.n != im[1].n ||
	    memcmp(out.p, im[1].p, out.n) != 0)
		abort();
	buf_fini(&im[0]);
	buf_fini(&im[1]);
	buf_fini(&d);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2)
		try_texts(str_make((const char *)data + 1, size - 1), data[0]);
	else
		try_bytes(data + 1, size - 1, data[0]);
	return 0;
}
