/* emit_parts.c - the names, the networks and the path lengths of an image. */
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "lists/address.h"
#include "lists/emit.h"

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

/* One entry at the end of the blob. */
static int
emit_entry(struct emit *em, size_t i, struct err *err)
{
	uint8_t text[IMAGE_KEY_MAX], *p, *begin;
	struct str key = emit_key(em, i);
	uint32_t ending;
	size_t n = dict_encode(em->dict, key, text, &ending);

	if (!buf_room(em->out, n + 16))
		return err_set(err, ERR_MEMORY, "no memory for an image");
	begin = p = (uint8_t *)em->out->p + em->out->n;
	if (n < 255) {
		*p++ = (uint8_t)n;
	} else {
		*p++ = 255;
		emit_wr16(p, (uint32_t)n);
		p += 2;
	}
	p = put_number(p, em->class_of[i]);
	p = put_number(p, ending);
	memcpy(p, text, n);
	em->out->n += (size_t)(p - begin) + n;
	emit_lines(em, i);
	return 0;
}

/* The row of bucket <b>, whose entries are the slots from .. to - 1. */
static void
emit_row(struct emit *em, uint32_t b, uint64_t off, size_t from, size_t to)
{
	uint8_t *row = emit_byte(em, IMAGE_BUCKETS, (uint64_t)b * IMAGE_BUCKET);

	emit_wr32(row, (uint32_t)off);
	for (size_t k = 0; k < to - from && k < IMAGE_TAGS; k++) {
		uint64_t slot = em->entries->slots[from + k];

		row[4 + k] = image_tag_of(slot);
	}
	if (to - from > IMAGE_TAGS)
		row[IMAGE_BUCKET - 1] = IMAGE_TAG_MORE;
}

int
emit_names(struct emit *em, struct err *err)
{
	const uint64_t *slots = em->entries->slots;
	size_t at = 0;

	emit_begin(em, IMAGE_BLOB);
	for (uint32_t b = 0; b <= em->nbuckets; b++) {
		uint64_t off = em->out->n - em->at[IMAGE_BLOB];
		size_t from = at;

		if (b % IMAGE_RANK_EVERY == 0 && b < em->nbuckets)
			emit_wr32(emit_byte(em, IMAGE_RANKS,
			              4 * (uint64_t)(b / IMAGE_RANK_EVERY)),
			    (uint32_t)em->posting);
		for (; at < em->nnames &&
		       image_bucket_of(slots[at], em->nbuckets) == b;
		     at++)
			if (emit_entry(em, at, err) < 0)
				return -1;
		if (em->out->n - em->at[IMAGE_BLOB] > IMAGE_BLOB_MAX)
			return err_set(err, ERR_LIMIT, "too many entries");
		if (at - from > IMAGE_BUCKET_MAX)
			return err_set(err, ERR_LIMIT,
			    "the hash does not spread the entries");
		emit_row(em, b, off, from, at);
	}
	emit_end(em, IMAGE_BLOB);
	return 0;
}

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

/* Write network <i> of its table; <outer> is its place + 1 in the same. */
static void
emit_net(struct emit *em, size_t slot, size_t i, uint32_t outer)
{
	struct str key = emit_key(em, slot);
	unsigned bytes = (unsigned char)key.p[0];
	uint8_t *row =
	    bytes == 4 ? emit_byte(em, IMAGE_NETS4, (uint64_t)i * IMAGE_NET4)
	               : emit_byte(em, IMAGE_NETS6, (uint64_t)i * IMAGE_NET6);
	const uint8_t *addr = (const uint8_t *)key.p + 1;

	if (bytes == 4)
		for (unsigned k = 0; k < 4; k++)
			row[k] = addr[3 - k];
	else
		memcpy(row, addr, bytes);
	row += bytes;
	emit_wr32(row, outer);
	emit_wr32(row + 4, em->class_of[slot]);
	emit_wr32(row + 8, (uint32_t)em->posting);
	emit_wr32(row + 12, (unsigned char)key.p[1 + bytes]);
	emit_lines(em, slot);
}

int
emit_nets(struct emit *em, struct err *err)
{
	uint32_t open[129], depth = 0; /* networks around the present one */

	(void)err;
	for (size_t k = 0; k < em->nnets; k++) {
		size_t base = k < em->nnets4 ? 0 : em->nnets4;
		struct str key = emit_key(em, em->nnames + k);

		if (k == em->nnets4)
			depth = 0;
		while (depth && !net_contains(emit_key(em, em->nnames + base +
		                                               open[depth - 1]),
		                    key))
			depth--;
		emit_net(em, em->nnames + k, k - base,
		    depth ? open[depth - 1] + 1 : 0);
		open[depth++] = (uint32_t)(k - base);
	}
	return 0;
}

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Each URL entry's host and length, sorted, each pair once; how many. */
static size_t
collect_prefixes(const struct emit *em, uint64_t *pair)
{
	size_t n = 0, to = 0;

	for (size_t i = 0; i < em->nnames; i++) {
		struct str key = emit_key(em, i);
		size_t host = str_find(key, '/', 0);

		if (host < key.n)
			pair[n++] =
			    hash64(key.p, host, em->opt->seed) >> 32 << 16 |
			    (key.n - host);
	}
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
	size_t same;

	em->out->n = em->at[IMAGE_PREFIXES];
	if (!buf_room(em->out, size + 4 * n))
		return true; /* seen by who looks at out->failed */
	memset(emit_byte(em, IMAGE_PREFIXES, 0), 0, size);
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
	em->out->n += size;
	return true;
}

int
emit_prefixes(struct emit *em, struct err *err)
{
	uint64_t *pair;
	size_t n = 0;
	uint32_t nslots = 16;

	emit_begin(em, IMAGE_PREFIXES);
	for (size_t i = 0; i < em->nnames; i++) {
		struct str key = emit_key(em, i);

		n += str_find(key, '/', 0) < key.n;
	}
	if (n > IMAGE_BLOB_MAX / 16)
		return err_set(err, ERR_LIMIT, "too many URLs");
	pair = malloc((n + 1) * sizeof(*pair));
	if (!pair)
		return err_set(err, ERR_MEMORY, "no memory for an image");
	n = collect_prefixes(em, pair);
	while (nslots < n)
		nslots *= 2;
	while (n && !put_prefixes(em, pair, n, nslots) && nslots < 1u << 30)
		nslots *= 2;
	free(pair);
	if (nslots >= 1u << 30)
		return err_set(err, ERR_LIMIT,
		    "the hash does not spread the hosts of URLs");
	emit_end(em, IMAGE_PREFIXES);
	return 0;
}
