/* emit_parts.c - the names and the path lengths of an image. */
#include <stdlib.h>

#include "base/err.h"
#include "lists/emit.h"

/* ---------------------------------------------------------------- names */

/* The bucket that is being written. */
struct bucket {
	uint32_t number;
	unsigned n;  /* its entries */
	uint64_t at; /* where in BLOB the next entry goes */
	uint8_t row[IMAGE_BUCKET];
};

static uint8_t *
put_number(uint8_t *p, uint32_t v)
{
	if (v < 224) {
		*p = (uint8_t)v;
		return p + 1;
	}
	v -= 224;
	if (v < 31 * 256) {
		p[0] = (uint8_t)(224 + (v >> 8));
		p[1] = (uint8_t)v;
		return p + 2;
	}
	v += 224;
	p[0] = 255;
	emit_wr16(p + 1, v & 0xffff);
	p[3] = (uint8_t)(v >> 16);
	return p + 4;
}

static void
bucket_begin(struct emit *em, struct bucket *b)
{
	memset(b->row, 0, sizeof(b->row));
	emit_wr32(b->row, (uint32_t)b->at);
	b->n = 0;
	if (b->number % IMAGE_RANK_EVERY == 0 && b->number < em->nbuckets)
		emit_put32(em, IMAGE_RANKS, (uint32_t)em->posting);
}

static void
bucket_end(struct emit *em, struct bucket *b)
{
	if (b->n > IMAGE_TAGS)
		b->row[IMAGE_BUCKET - 1] = IMAGE_TAG_MORE;
	emit_put(em, IMAGE_BUCKETS, b->row, sizeof(b->row));
}

/* Go on to bucket <number>; those between are empty. */
static void
bucket_go(struct emit *em, struct bucket *b, uint32_t number)
{
	while (b->number < number) {
		bucket_end(em, b);
		b->number++;
		bucket_begin(em, b);
	}
}

/* One entry at the end of the blob. */
static void
emit_entry(struct emit *em, struct bucket *b, struct str key, uint32_t class)
{
	uint8_t text[IMAGE_KEY_MAX], head[16], *p = head;
	uint32_t ending;
	size_t n = dict_encode(em->dict, key, text, &ending);

	if (n < 255) {
		*p++ = (uint8_t)n;
	} else {
		*p++ = 255;
		emit_wr16(p, (uint32_t)n);
		p += 2;
	}
	p = put_number(p, class);
	p = put_number(p, ending);
	emit_put(em, IMAGE_BLOB, head, (size_t)(p - head));
	emit_put(em, IMAGE_BLOB, text, n);
	b->at += (size_t)(p - head) + n;
	emit_lines(em);
}

static void
emit_name(struct emit *em, struct bucket *b, uint64_t slot)
{
	const struct entries *e = &em->in.names->entries;
	uint32_t class;

	if (!emit_class(em, e, slot, &class))
		return;
	bucket_go(em, b, image_bucket_of(slot, em->nbuckets));
	if (b->n < IMAGE_TAGS)
		b->row[4 + b->n] = image_tag_of(slot);
	if (++b->n > IMAGE_BUCKET_MAX)
		emit_fail(em, "the hash does not spread the entries");
	emit_entry(em, b, entries_key(entries_first(e, slot)), class);
	if (b->at > IMAGE_BLOB_MAX)
		emit_fail(em, "too many entries");
}

bool
emit_names(struct emit *em)
{
	struct parts *names = em->in.names;
	struct bucket b = {0};

	bucket_begin(em, &b);
	for (unsigned p = 0; p < parts_count(names) && !em->failed; p++) {
		if (parts_load(names, p, em->err) < 0)
			em->failed = true;
		for (size_t i = 0; i < names->entries.n && !em->failed; i++)
			emit_name(em, &b, names->entries.slots[i]);
	}
	bucket_go(em, &b, em->nbuckets);
	bucket_end(em, &b);
	em->end += b.at; /* BLOB is the last section: now it has a length */
	return !em->failed;
}

/* ------------------------------------------------------------- prefixes */

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The pairs of hosts and path lengths, sorted, each once; how many. */
static size_t
unite_pairs(uint64_t *pair, size_t n)
{
	size_t to = 0;

	if (n)
		qsort(pair, n, sizeof(*pair), compare_u64);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || pair[i] != pair[i - 1])
			pair[to++] = pair[i];
	return to;
}

/* Write the lists behind <nslots> slots, and the slots. False: too crowded. */
static bool
put_prefixes(struct emit *em, const uint64_t *pair, size_t n, uint32_t nslots)
{
	uint64_t size = 8 + (uint64_t)(nslots + IMAGE_SLOTS_AWAY) * IMAGE_SLOT;
	struct buf *b = &em->to[IMAGE_PREFIXES].b;
	size_t same;

	buf_reset(b);
	if (!buf_room(b, size + 4 * n))
		return true; /* seen by who looks at failed */
	memset(b->p, 0, size);
	emit_wr32(emit_byte(em, IMAGE_PREFIXES, 0), nslots);
	for (size_t i = 0; i < n; i += same) {
		uint32_t host = (uint32_t)(pair[i] >> 16), away = 0;
		uint8_t *slot = emit_byte(em, IMAGE_PREFIXES,
		    8 + (uint64_t)(host & (nslots - 1)) * IMAGE_SLOT);

		for (; image_rd32(slot + 4); slot += IMAGE_SLOT)
			if (++away == IMAGE_SLOTS_AWAY)
				return false;
		emit_wr32(slot, host);
		emit_wr32(slot + 4, (uint32_t)size);
		for (same = 0; i + same < n && pair[i + same] >> 16 == host;
		     same++)
			emit_wr16(
			    emit_byte(em, IMAGE_PREFIXES, size + 2 + 2 * same),
			    (uint32_t)(pair[i + same] & 0xffff));
		emit_wr16(emit_byte(em, IMAGE_PREFIXES, size), (uint32_t)same);
		size += 2 + 2 * same;
	}
	b->n = size;
	return true;
}

void
emit_prefixes(struct emit *em)
{
	uint64_t *pair = (uint64_t *)(void *)em->pairs.p;
	size_t n = unite_pairs(pair, em->pairs.n / sizeof(*pair));
	uint32_t nslots = 16;

	while (nslots < n)
		nslots *= 2;
	while (n && !put_prefixes(em, pair, n, nslots) && nslots < 1u << 30)
		nslots *= 2;
	buf_fini(&em->pairs);
	if (nslots >= 1u << 30)
		emit_fail(em, "the hash does not spread the hosts of URLs");
	emit_whole(em, IMAGE_PREFIXES);
}
