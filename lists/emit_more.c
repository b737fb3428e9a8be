/* emit_more.c - networks, patterns and digests of an image. */
#include <stdlib.h>

#include "lists/address.h"
#include "lists/emit.h"

static struct str
key_at(const struct entries *e, size_t i)
{
	return entries_key(entries_first(e, e->slots[i]));
}

/* ------------------------------------------------------------- networks */

/* Does network <a> contain the address that <b> begins with? */
static bool
net_contains(struct str a, struct str b)
{
	unsigned bytes = (unsigned char)a.p[0];
	uint8_t masked[16];

	memcpy(masked, b.p + 1, bytes);
	address_mask(masked, bytes, (unsigned char)a.p[1 + bytes]);
	return memcmp(masked, a.p + 1, bytes) == 0;
}

/* Write network <i>; <outer> is its place + 1 in the same table. */
static void
emit_net(struct emit *em, size_t i, uint32_t outer)
{
	const struct entries *e = em->in.nets;
	struct str key = key_at(e, i);
	unsigned bytes = (unsigned char)key.p[0];
	const uint8_t *addr = (const uint8_t *)key.p + 1;
	uint8_t row[IMAGE_NET6];
	uint32_t class;

	if (!emit_class(em, e, e->slots[i], &class))
		return;
	for (unsigned k = 0; k < bytes; k++)
		row[k] = addr[bytes == 4 ? 3 - k : k];
	emit_wr32(row + bytes, outer);
	emit_wr32(row + bytes + 4, class);
	emit_wr32(row + bytes + 8, (uint32_t)em->posting);
	emit_wr32(row + bytes + 12, (unsigned char)key.p[1 + bytes]);
	emit_put(em, bytes == 4 ? IMAGE_NETS4 : IMAGE_NETS6, row, bytes + 16);
	emit_lines(em);
}

void
emit_nets(struct emit *em)
{
	uint32_t open[129], depth = 0; /* networks around the present one */

	for (size_t i = 0; i < em->nnets && !em->failed; i++) {
		size_t base = i < em->nnets4 ? 0 : em->nnets4;
		struct str key = key_at(em->in.nets, i);

		if (i == em->nnets4)
			depth = 0;
		while (depth &&
		       !net_contains(
		           key_at(em->in.nets, base + open[depth - 1]), key))
			depth--;
		emit_net(em, i, depth ? open[depth - 1] + 1 : 0);
		open[depth++] = (uint32_t)(i - base);
	}
}

/* -------------------------------------------------------------- digests */

void
emit_digests(struct emit *em)
{
	const struct entries *e = em->in.digests;
	uint8_t row[IMAGE_DIGEST_ROW];
	uint32_t class;

	for (size_t i = 0; i < em->ndigests && !em->failed; i++) {
		if (!emit_class(em, e, e->slots[i], &class))
			return;
		memcpy(row, key_at(e, i).p, 32);
		emit_wr32(row + 32, class);
		emit_wr32(row + 36, (uint32_t)em->posting);
		emit_put(em, IMAGE_DIGESTS, row, sizeof(row));
		emit_lines(em);
	}
}

/* ------------------------------------------------------------- patterns */

/* A row of PATTERNS as it is sorted. */
struct row {
	struct posted by;
	struct str key;
	uint32_t anchor_at; /* the text stands behind it */
};

static int
compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->by.source != y->by.source)
		return x->by.source < y->by.source ? -1 : 1;
	if (x->by.line != y->by.line)
		return x->by.line < y->by.line ? -1 : 1;
	return str_cmp(x->key, y->key);
}

/* All rows; where each one's text is to be goes into <size>. */
static struct row *
collect_rows(struct emit *em, uint64_t *size)
{
	const struct entries *e = em->in.patterns;
	struct row *rows = malloc((em->npatterns + (size_t)1) * sizeof(*rows));
	size_t n = 0;

	*size = 0;
	for (size_t i = 0; rows && i < e->n; i++) {
		struct str key = key_at(e, i);

		if (!entries_posted(
		        e, e->slots[i], em->in.number, &em->posted)) {
			free(rows);
			return NULL;
		}
		for (size_t k = 0; k < em->posted.n && n < em->npatterns; k++)
			rows[n++] =
			    (struct row){em->posted.v[k], key, (uint32_t)*size};
		*size += key.n - 2;
	}
	if (rows)
		qsort(rows, n, sizeof(*rows), compare_rows);
	return rows;
}

void
emit_patterns(struct emit *em)
{
	uint64_t size;
	struct row *rows = collect_rows(em, &size);

	if (!rows || size > UINT32_MAX) {
		emit_fail(em, rows ? "too many patterns" : NULL);
		free(rows);
		return;
	}
	for (uint32_t i = 0; i < em->npatterns; i++) {
		const struct row *r = &rows[i];
		uint8_t anchor = (uint8_t)r->key.p[1], p[IMAGE_PATTERN];

		emit_wr32(p, r->anchor_at + anchor);
		emit_wr32(p + 4, (uint32_t)r->key.n - 2 - anchor);
		emit_wr32(p + 8, r->anchor_at);
		emit_wr16(p + 12, r->by.source);
		p[14] = anchor;
		p[15] = (uint8_t)r->key.p[0];
		emit_wr32(p + 16, r->by.line);
		emit_put(em, IMAGE_PATTERNS, p, sizeof(p));
	}
	free(rows);
	for (size_t i = 0; i < em->in.patterns->n; i++) {
		struct str key = key_at(em->in.patterns, i);

		emit_put(em, IMAGE_PATTERNS, key.p + 2, key.n - 2);
	}
	emit_whole(em, IMAGE_PATTERNS);
}
