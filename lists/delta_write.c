/* delta_write.c - what was found to differ, in bytes. */
#include "lists/delta_write.h"

#include <stdlib.h>

#include "base/hash.h"
#include "lists/compile.h"
#include "lists/delta_format.h"
#include "lists/emit.h"

#define NO_LINE UINT32_MAX

struct writer {
	const struct image *a, *b;
	struct delta_text *t;
	struct buf *out;
	struct delta_coder *coder; /* owned */
};

static void
put_text(struct buf *out, struct str s)
{
	delta_put(out, s.n);
	buf_add_str(out, s);
}

static void
put_sources(struct writer *w)
{
	struct image_source s;

	for (uint32_t i = 0; i < w->b->nsources; i++) {
		if (!image_source(w->b, (uint16_t)i, &s))
			continue; /* they all are there */
		delta_put(w->out, w->t->origin[i]);
		if (!w->t->origin[i]) {
			put_text(w->out, s.list);
			put_text(w->out, s.category);
			put_text(w->out, s.file);
			buf_add_char(w->out, (char)s.role);
			delta_put(w->out, s.group);
		}
		delta_put(w->out, s.lines);
		delta_put(w->out, s.rejected);
		delta_put(w->out, s.skipped);
		delta_put(w->out, s.date);
	}
}

/* The runs of a source; how many they are is known only then. */
static void
put_runs(struct writer *w, uint32_t source)
{
	const uint32_t *lines = w->t->lines + w->t->at[source];
	struct buf runs = BUF_EMPTY;
	uint64_t n = 0, begin = 0;
	int64_t shift = 0;

	for (uint64_t i = 0; i < w->t->nlines[source]; i++) {
		int64_t by = (int64_t)lines[i] - (int64_t)i;

		if (lines[i] == NO_LINE || by == shift)
			continue;
		delta_put(&runs, i - begin);
		delta_put_signed(&runs, by - shift);
		begin = i;
		shift = by;
		n++;
	}
	delta_put(w->out, n);
	buf_add_str(w->out, buf_str(&runs));
	w->out->failed |= runs.failed;
	buf_fini(&runs);
}

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
put_tombs(struct writer *w)
{
	uint64_t *tomb = (uint64_t *)(void *)w->t->tombs.p, next = 0;
	size_t n = w->t->tombs.n / sizeof(*tomb);

	if (n)
		qsort(tomb, n, sizeof(*tomb), compare_u64);
	delta_put(w->out, n);
	for (size_t i = 0; i < n; i++) {
		delta_put(w->out, tomb[i] - next);
		next = tomb[i] + 1;
	}
}

/* An addition as it is sorted. */
struct sorted {
	struct delta_add add;
	struct str key;
};

static int
compare_adds(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	if (x->add.kind != y->add.kind)
		return x->add.kind < y->add.kind ? -1 : 1;
	if (x->add.source != y->add.source)
		return x->add.source < y->add.source ? -1 : 1;
	if (x->add.line != y->add.line)
		return x->add.line < y->add.line ? -1 : 1;
	return str_cmp(x->key, y->key);
}

static void
put_key(struct writer *w, const struct sorted *s)
{
	size_t head;

	switch ((enum delta_kind)s->add.kind) {
	case DELTA_NAME:
		delta_put_name(w->coder, s->key, w->out);
		break;
	case DELTA_NET:
	case DELTA_DIGEST:
		buf_add_str(w->out, s->key);
		break;
	case DELTA_PATTERN:
		head = 2u + (unsigned char)s->key.p[1];
		buf_add(w->out, s->key.p, head);
		put_text(w->out, str_sub(s->key, head, s->key.n));
		break;
	}
}

/* Those of one kind and source, from <s> to <end>; where the next begin. */
static const struct sorted *
put_group(struct writer *w, const struct sorted *s, const struct sorted *end)
{
	const struct sorted *to = s;
	uint32_t line = 0;

	while (to < end && to->add.kind == s->add.kind &&
	       to->add.source == s->add.source)
		to++;
	delta_put(w->out, s->add.source);
	delta_put(w->out, (uint64_t)(to - s));
	for (; s < to; s++) {
		delta_put(w->out, s->add.line - line);
		line = s->add.line;
		put_key(w, s);
	}
	return to;
}

static void
put_adds(struct writer *w, const struct sorted *s, size_t n)
{
	const struct sorted *end = s + n;

	for (unsigned kind = 0; kind < DELTA_KINDS; kind++) {
		const struct sorted *p = s;
		uint64_t groups = 0;

		for (; p < end && p->add.kind == kind; p++)
			groups += p == s || p->add.source != p[-1].add.source;
		delta_put(w->out, groups);
		while (groups--)
			s = put_group(w, s, end);
	}
}

/* All of them, in their order. False: no memory. */
static bool
sort_and_put_adds(struct writer *w)
{
	const struct delta_add *all =
	    (const struct delta_add *)(const void *)w->t->adds.p;
	size_t n = w->t->adds.n / sizeof(*all);
	struct sorted *s = malloc((n + 1) * sizeof(*s));

	if (!s)
		return false;
	for (size_t i = 0; i < n; i++)
		s[i] = (struct sorted){
		    all[i], str_make(w->t->keys.p + all[i].at, all[i].n)};
	if (n)
		qsort(s, n, sizeof(*s), compare_adds);
	put_adds(w, s, n);
	free(s);
	return true;
}

static void
put_end(uint8_t *p, const struct image *im)
{
	emit_wr64(p, im->bytes.n);
	memcpy(p + 8, im->bytes.p + IMAGE_CHECKSUM, 16);
}

/* The checksum last: it is of all the rest, too. */
static void
fill_header(const struct writer *w, uint8_t *p)
{
	uint64_t fingerprint[2];
	struct hash128 sum;

	memcpy(p, DELTA_MAGIC, 8);
	emit_wr32(p + 8, DELTA_VERSION);
	emit_wr32(p + 12, w->b->nsources);
	emit_wr64(p + 16, w->out->n);
	put_end(p + 40, w->a);
	put_end(p + 64, w->b);
	emit_wr64(p + 88, w->b->seed);
	emit_wr64(p + 96, w->b->generation);
	image_fingerprint(w->b, fingerprint);
	emit_wr64(p + 104, fingerprint[0]);
	emit_wr64(p + 112, fingerprint[1]);
	sum = hash128(p, w->out->n);
	emit_wr64(p + DELTA_CHECKSUM, sum.lo);
	emit_wr64(p + DELTA_CHECKSUM + 8, sum.hi);
}

bool
delta_write(const struct image *a, const struct image *b, struct delta_text *t,
    struct buf *out)
{
	static const uint8_t head[DELTA_HEADER];
	struct writer w = {a, b, t, out, delta_coder_new(a)};
	bool sorted;

	if (!w.coder)
		return false;
	buf_reset(out);
	buf_add(out, head, sizeof(head));
	put_sources(&w);
	for (uint32_t i = 0; i < b->nsources; i++)
		if (t->origin[i])
			put_runs(&w, i);
	put_tombs(&w);
	sorted = sort_and_put_adds(&w);
	delta_coder_free(w.coder);
	if (!sorted || out->failed)
		return false;
	fill_header(&w, (uint8_t *)out->p);
	return true;
}
