/* delta.c - the head of a delta, its numbers, and the walk over an image. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "lists/address.h"
#include "lists/delta_format.h"

/* ------------------------------------------------------------------ head */

static bool
checksum_holds(struct bytes b)
{
	static const uint8_t zero[16];
	struct hash_stream h;
	struct hash128 got;
	size_t rest = DELTA_CHECKSUM + sizeof(zero);

	hash_stream_init(&h);
	hash_stream_add(&h, b.p, DELTA_CHECKSUM);
	hash_stream_add(&h, zero, sizeof(zero));
	hash_stream_add(&h, b.p + rest, b.n - rest);
	got = hash_stream_end(&h);
	return got.lo == image_rd64(b.p + DELTA_CHECKSUM) &&
	       got.hi == image_rd64(b.p + DELTA_CHECKSUM + 8);
}

static struct delta_end
read_end(const uint8_t *p)
{
	return (struct delta_end){
	    image_rd64(p), {image_rd64(p + 8), image_rd64(p + 16)}};
}

int
delta_view(struct delta *d, struct bytes bytes, struct err *err)
{
	const uint8_t *p = bytes.p;

	if (bytes.n < 8 || memcmp(p, DELTA_MAGIC, 8) != 0)
		return err_set(err, ERR_CORRUPT, "this is no list delta");
	if (bytes.n < DELTA_HEADER || image_rd64(p + 16) != bytes.n)
		return err_set(
		    err, ERR_CORRUPT, "the delta is not of its length");
	if (image_rd32(p + 8) != DELTA_VERSION)
		return err_set(err, ERR_CORRUPT,
		    "the delta has version %u, this program reads %d",
		    image_rd32(p + 8), DELTA_VERSION);
	if (!checksum_holds(bytes))
		return err_set(
		    err, ERR_CORRUPT, "the delta's checksum does not hold");
	if (image_rd32(p + 12) > 65535)
		return err_set(err, ERR_CORRUPT, "the delta is malformed");
	*d = (struct delta){.bytes = bytes,
	    .nsources = image_rd32(p + 12),
	    .from = read_end(p + 40),
	    .to = read_end(p + 64),
	    .seed = image_rd64(p + 88),
	    .generation = image_rd64(p + 96),
	    .fingerprint = {image_rd64(p + 104), image_rd64(p + 112)}};
	return 0;
}

bool
delta_fits(const struct delta *d, const struct image *a)
{
	struct delta_end end = {
	    a->bytes.n, {image_rd64(a->bytes.p + IMAGE_CHECKSUM),
	                    image_rd64(a->bytes.p + IMAGE_CHECKSUM + 8)}};

	return memcmp(&end, &d->from, sizeof(end)) == 0;
}

/* --------------------------------------------------------------- numbers */

uint64_t
delta_get(struct delta_reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; r->p < r->end && shift < 64; shift += 7) {
		uint8_t c = *r->p++;

		if (shift == 63 && c > 1)
			break;
		v |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return v;
	}
	r->bad = true;
	r->p = r->end;
	return 0;
}

int64_t
delta_get_signed(struct delta_reader *r)
{
	uint64_t v = delta_get(r);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

const uint8_t *
delta_get_bytes(struct delta_reader *r, uint64_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > (uint64_t)(r->end - p)) {
		r->bad = true;
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return p;
}

void
delta_put(struct buf *b, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		buf_add_char(b, (char)(unsigned char)(v | 128));
	buf_add_char(b, (char)v);
}

void
delta_put_signed(struct buf *b, int64_t v)
{
	delta_put(b, v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1);
}

/* ------------------------------------------------------------------ walk */

struct walk {
	const struct image *im;
	delta_fn *fn;
	void *arg;
	enum delta_walk how;
	uint64_t posting; /* number of the next */
	char room[DELTA_KEY_MAX + 1];
};

/* The postings of an entry of this class, whose first has number <posting>;
 * false where it has none. */
static bool
fill_postings(const struct image *im, uint32_t class, uint64_t posting,
    struct delta_entry *e)
{
	uint32_t flags;

	e->n = 0;
	e->ids = image_class(im, class, &e->n, &flags);
	e->posting = posting;
	if (!e->ids || (posting + e->n) > im->lines_len / 4)
		return false;
	e->lines = im->lines + 4 * (size_t)posting;
	return true;
}

static bool
walk_entry(struct walk *w, struct delta_entry *e, uint32_t class)
{
	if (!fill_postings(w->im, class, w->posting, e))
		return false;
	w->posting += e->n;
	return w->fn(w->arg, e);
}

static bool
walk_names(struct walk *w)
{
	const struct image *im = w->im;
	const uint8_t *end = im->blob + im->blob_len, *next;
	struct image_entry e;

	for (const uint8_t *p = im->blob; p < end; p = next) {
		struct image_hit hit = {.entry = (uint32_t)(p - im->blob)};
		struct delta_entry d = {.kind = DELTA_NAME};

		next = image_read_entry(p, end, &e);
		if (!next)
			return false;
		if (w->how == DELTA_WALK_ALL)
			d.key =
			    str_make(w->room, image_entry_text(im, &hit,
			                          w->room, sizeof(w->room)));
		if (!walk_entry(w, &d, e.class))
			return false;
	}
	return true;
}

static bool
walk_nets(struct walk *w)
{
	const struct image *im = w->im;
	struct image_net net;

	for (uint32_t i = 0; i < im->nnets4 + im->nnets6; i++) {
		unsigned bytes = i < im->nnets4 ? 4 : 16;
		struct delta_entry d = {.kind = DELTA_NET};

		if (bytes == 4)
			image_read_net4(im, i, &net);
		else
			image_read_net6(im, i - im->nnets4, &net);
		w->room[0] = (char)bytes;
		memcpy(w->room + 1, net.addr, bytes);
		w->room[1 + bytes] = (char)(unsigned char)net.bits;
		d.key = str_make(w->room, bytes + 2);
		if (net.bits > bytes * 8 || !walk_entry(w, &d, net.class))
			return false;
	}
	return true;
}

static bool
walk_digests(struct walk *w)
{
	for (uint32_t i = 0; i < w->im->ndigests; i++) {
		const uint8_t *row =
		    w->im->digests + (size_t)i * IMAGE_DIGEST_ROW;
		struct delta_entry d = {.kind = DELTA_DIGEST};

		d.key = str_make((const char *)row, 32);
		if (!walk_entry(w, &d, image_rd32(row + 32)))
			return false;
	}
	return true;
}

static bool
walk_patterns(struct walk *w)
{
	const struct image *im = w->im;
	struct image_pattern p;

	for (uint32_t i = 0; i < im->npatterns; i++) {
		const uint8_t *row = im->patterns + (size_t)i * IMAGE_PATTERN;
		struct delta_entry d = {.kind = DELTA_PATTERN,
		    .n = 1,
		    .ids = row + 12,
		    .lines = row + 16,
		    .posting = im->lines_len / 4 + i};

		if (!image_pattern(im, i, &p) ||
		    p.text.n > DELTA_KEY_MAX - 2 - 255)
			return false;
		w->room[0] = (char)p.flags;
		w->room[1] = (char)(unsigned char)p.anchor.n;
		if (p.anchor.n)
			memcpy(w->room + 2, p.anchor.p, p.anchor.n);
		if (p.text.n)
			memcpy(w->room + 2 + p.anchor.n, p.text.p, p.text.n);
		d.key = str_make(w->room, 2 + p.anchor.n + p.text.n);
		if (!w->fn(w->arg, &d))
			return false;
	}
	return true;
}

bool
delta_each(const struct image *im, enum delta_walk how, delta_fn *fn, void *arg)
{
	struct walk w = {.im = im, .how = how, .fn = fn, .arg = arg};

	return walk_names(&w) && walk_nets(&w) && walk_digests(&w) &&
	       w.posting == im->lines_len / 4 && walk_patterns(&w);
}

uint32_t *
delta_index(const struct image *im)
{
	uint32_t *index = malloc(im->nbuckets * sizeof(*index));
	const uint8_t *p = im->blob, *end = im->blob + im->blob_len;
	uint32_t n = 0, flags, posting = 0;
	struct image_entry e;

	for (uint32_t b = 0; index && b < im->nbuckets; b++) {
		const uint8_t *row = im->buckets + (size_t)b * IMAGE_BUCKET;
		uint32_t to = image_rd32(row + IMAGE_BUCKET);

		index[b] = posting;
		while (p && (size_t)(p - im->blob) < to) {
			p = image_read_entry(p, end, &e);
			if (p && !image_class(im, e.class, &n, &flags))
				p = NULL;
			posting += n;
		}
		if (!p || (size_t)(p - im->blob) != to) {
			free(index);
			return NULL;
		}
	}
	return index;
}

/* The number of the first posting of the entry at <entry>, in <bucket>. */
static bool
posting_of(const struct image *im, uint32_t posting, uint32_t bucket,
    uint32_t entry, uint64_t *out)
{
	uint32_t at = image_rd32(im->buckets + (size_t)bucket * IMAGE_BUCKET);
	const uint8_t *p = im->blob + at, *end = im->blob + im->blob_len;
	uint32_t n, flags, left = IMAGE_BUCKET_MAX;
	struct image_entry e;

	*out = posting;
	while (left-- && p < im->blob + entry) {
		p = image_read_entry(p, end, &e);
		if (!p || !image_class(im, e.class, &n, &flags))
			return false;
		*out += n;
	}
	return p == im->blob + entry;
}

bool
delta_find(const struct image *im, const uint32_t *index, struct str key,
    struct delta_entry *e)
{
	uint64_t hash = hash64(key.p, key.n, im->seed), posting;
	uint32_t b = image_bucket_of(hash, im->nbuckets), entry, class, flags;

	*e = (struct delta_entry){.kind = DELTA_NAME, .key = key};
	if (!image_probe(im, key, hash, &entry, &class))
		return false;
	if (index)
		return posting_of(im, index[b], b, entry, &posting) &&
		       fill_postings(im, class, posting, e);
	e->ids = image_class(im, class, &e->n, &flags);
	return e->ids;
}

/* ------------------------------------------------------------------ keys */

static bool
name_is_sound(struct str key)
{
	size_t host = str_find(key, '/', 0);

	if (host == 0 || host >= NAME_ROOM || key.n - host > IMAGE_PATH_MAX)
		return false;
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] <= ' ' || key.p[i] > '~')
			return false;
	return true;
}

static bool
net_is_sound(struct str key)
{
	unsigned bytes = key.n ? (unsigned char)key.p[0] : 0;
	uint8_t addr[16];

	if ((bytes != 4 && bytes != 16) || key.n != bytes + 2 ||
	    (unsigned char)key.p[1 + bytes] > 8 * bytes)
		return false;
	memcpy(addr, key.p + 1, bytes);
	address_mask(addr, bytes, (unsigned char)key.p[1 + bytes]);
	return memcmp(addr, key.p + 1, bytes) == 0;
}

static bool
pattern_is_sound(struct str key)
{
	return key.n > 2 && key.n <= DELTA_PATTERN_MAX &&
	       key.n > 2u + (unsigned char)key.p[1];
}

bool
delta_key_is_sound(enum delta_kind kind, struct str key)
{
	switch (kind) {
	case DELTA_NAME:
		return name_is_sound(key);
	case DELTA_NET:
		return net_is_sound(key);
	case DELTA_DIGEST:
		return key.n == 32;
	case DELTA_PATTERN:
		return pattern_is_sound(key);
	}
	return false;
}
