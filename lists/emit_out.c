/* emit_out.c - sections on their way out. */
#include "base/err.h"
#include "lists/emit.h"

#define STREAM_BYTES (64u << 10) /* held back of each section */

bool
emit_fail(struct emit *em, const char *what)
{
	if (!em->failed && what)
		err_set(em->err, ERR_LIMIT, "%s", what);
	else if (!em->failed)
		err_set(em->err, ERR_MEMORY,
		    "no memory for the image of the lists");
	em->failed = true;
	return false;
}

void
emit_place(struct emit *em, enum image_section s, uint64_t len)
{
	em->end = (em->end + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
	em->to[s].at = em->end;
	em->end += len;
}

static void
flush(struct emit *em, struct emit_stream *to)
{
	const struct compile_out *out = em->in.out;

	if (to->b.failed)
		emit_fail(em, NULL);
	if (!em->failed && to->b.n &&
	    out->write(out->ctx, to->at + to->len, to->b.p, to->b.n, em->err) <
	        0)
		em->failed = true;
	to->len += to->b.n;
	buf_reset(&to->b);
}

void
emit_put(struct emit *em, enum image_section s, const void *p, size_t n)
{
	struct emit_stream *to = &em->to[s];

	buf_add(&to->b, p, n);
	if (to->at && to->b.n >= STREAM_BYTES)
		flush(em, to);
}

void
emit_put32(struct emit *em, enum image_section s, uint32_t v)
{
	uint8_t p[4];

	emit_wr32(p, v);
	emit_put(em, s, p, sizeof(p));
}

void
emit_whole(struct emit *em, enum image_section s)
{
	emit_place(em, s, em->to[s].b.n);
	flush(em, &em->to[s]);
}

void
emit_lines(struct emit *em)
{
	for (size_t i = 0; i < em->posted.n; i++)
		emit_put32(em, IMAGE_LINES, em->posted.v[i].line);
	em->posting += em->posted.n;
}

bool
emit_flush(struct emit *em)
{
	for (unsigned s = 0; s < IMAGE_NSECTIONS; s++)
		flush(em, &em->to[s]);
	return !em->failed;
}

static int
buf_write(void *ctx, uint64_t at, const void *p, size_t n, struct err *err)
{
	struct buf *b = ctx;
	uint64_t end = at + n;

	if (end > b->n) {
		if (end > SIZE_MAX || !buf_room(b, (size_t)end - b->n))
			return err_set(err, ERR_MEMORY,
			    "no memory for the image of the lists");
		memset(b->p + b->n, 0, (size_t)end - b->n);
		b->n = (size_t)end;
	}
	memcpy(b->p + at, p, n);
	return 0;
}

static int
buf_view(void *ctx, uint64_t n, struct bytes *bytes, struct err *err)
{
	struct buf *b = ctx;

	if (b->n < n && buf_write(b, n - 1, "", 1, err) < 0)
		return -1;
	*bytes = (struct bytes){(const uint8_t *)b->p, (size_t)n};
	return 0;
}

struct compile_out
emit_into(struct buf *b)
{
	return (struct compile_out){b, buf_write, buf_view};
}
