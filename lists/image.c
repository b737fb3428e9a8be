/* image.c - a view of an image: what is checked once, classes, sources. */
#include "lists/image.h"

#include "base/err.h"
#include "base/hash.h"
#include "lists/compile.h"
#include "lists/image_format.h"

struct section {
	const uint8_t *p;
	uint64_t n;
};

static bool
read_sections(struct bytes b, struct section sec[IMAGE_NSECTIONS])
{
	for (unsigned i = 0; i < IMAGE_NSECTIONS; i++) {
		const uint8_t *row = b.p + IMAGE_SECTIONS + 16 * i;
		uint64_t off = image_rd64(row), n = image_rd64(row + 8);

		if (off < IMAGE_HEADER || off > b.n || n > b.n - off)
			return false;
		sec[i] = (struct section){b.p + off, n};
	}
	return true;
}

/* Do the counts of the header fit into their sections? */
static bool
counts_fit(const struct image *im, const struct section sec[IMAGE_NSECTIONS])
{
	uint64_t slots = im->nslots;

	return im->nbuckets && im->nsources <= 65535 && im->nendings &&
	       (uint64_t)im->nbuckets * IMAGE_BUCKET + IMAGE_BUCKET <=
	           sec[IMAGE_BUCKETS].n &&
	       (uint64_t)im->nendings * 4 + 4 <= sec[IMAGE_ENDINGS].n &&
	       IMAGE_NPIECES * (1 + IMAGE_PIECE) <= sec[IMAGE_PIECES].n &&
	       (uint64_t)im->nclasses * 4 + 4 <= sec[IMAGE_CLASSES].n &&
	       (uint64_t)im->nsources * IMAGE_SOURCE <= sec[IMAGE_SOURCES].n &&
	       (uint64_t)im->nnets4 * IMAGE_NET4 <= sec[IMAGE_NETS4].n &&
	       (uint64_t)im->nnets6 * IMAGE_NET6 <= sec[IMAGE_NETS6].n &&
	       (slots & (slots - 1)) == 0 &&
	       (slots == 0 || 8 + (slots + IMAGE_SLOTS_AWAY) * IMAGE_SLOT <=
	                          sec[IMAGE_PREFIXES].n) &&
	       (uint64_t)im->npatterns * IMAGE_PATTERN <=
	           sec[IMAGE_PATTERNS].n &&
	       (uint64_t)im->ndigests * IMAGE_DIGEST_ROW <=
	           sec[IMAGE_DIGESTS].n &&
	       sec[IMAGE_BLOB].n <= IMAGE_BLOB_MAX;
}

static void
set_sections(struct image *im, const struct section sec[IMAGE_NSECTIONS])
{
	im->buckets = sec[IMAGE_BUCKETS].p;
	im->endings = sec[IMAGE_ENDINGS].p;
	im->endings_len = sec[IMAGE_ENDINGS].n;
	im->pieces = sec[IMAGE_PIECES].p;
	im->classes = sec[IMAGE_CLASSES].p;
	im->classes_len = sec[IMAGE_CLASSES].n;
	im->sources = sec[IMAGE_SOURCES].p;
	im->strings = sec[IMAGE_STRINGS].p;
	im->strings_len = sec[IMAGE_STRINGS].n;
	im->nets4 = sec[IMAGE_NETS4].p;
	im->nets6 = sec[IMAGE_NETS6].p;
	im->prefixes = sec[IMAGE_PREFIXES].p;
	im->prefixes_len = sec[IMAGE_PREFIXES].n;
	im->nslots = im->prefixes_len >= 8 ? image_rd32(im->prefixes) : 0;
	im->ranks = sec[IMAGE_RANKS].p;
	im->ranks_len = sec[IMAGE_RANKS].n;
	im->lines = sec[IMAGE_LINES].p;
	im->lines_len = sec[IMAGE_LINES].n;
	im->blob = sec[IMAGE_BLOB].p;
	im->blob_len = sec[IMAGE_BLOB].n;
	im->patterns = sec[IMAGE_PATTERNS].p;
	im->patterns_len = sec[IMAGE_PATTERNS].n;
	im->digests = sec[IMAGE_DIGESTS].p;
}

int
image_view(struct image *im, struct bytes bytes, struct err *err)
{
	struct section sec[IMAGE_NSECTIONS];
	const uint8_t *p = bytes.p;
	struct image v = {.bytes = bytes};

	if (bytes.n < 8 || memcmp(p, IMAGE_MAGIC, 8) != 0)
		return err_set(err, ERR_CORRUPT, "this is no list image");
	if (bytes.n < IMAGE_HEADER)
		return err_set(err, ERR_CORRUPT, "the image is cut short");
	if (image_rd32(p + 8) != IMAGE_VERSION)
		return err_set(err, ERR_CORRUPT,
		    "the image has version %u, this program reads %d",
		    image_rd32(p + 8), IMAGE_VERSION);
	if (image_rd64(p + 56) != bytes.n)
		return err_set(err, ERR_CORRUPT,
		    "the image has %llu bytes and should have %llu",
		    (unsigned long long)bytes.n,
		    (unsigned long long)image_rd64(p + 56));
	v.seed = image_rd64(p + 16);
	v.nentries = image_rd64(p + 24);
	v.generation = image_rd64(p + 32);
	v.nbuckets = image_rd32(p + 80);
	v.nclasses = image_rd32(p + 84);
	v.nsources = image_rd32(p + 88);
	v.nendings = image_rd32(p + 92);
	v.nnets4 = image_rd32(p + 96);
	v.nnets6 = image_rd32(p + 100);
	v.npatterns = image_rd32(p + 120);
	v.ndigests = image_rd32(p + 124);
	if (!read_sections(bytes, sec))
		return err_set(
		    err, ERR_CORRUPT, "a section of the image lies outside it");
	set_sections(&v, sec);
	if (!counts_fit(&v, sec))
		return err_set(err, ERR_CORRUPT,
		    "a section of the image is shorter than its contents");
	*im = v;
	return 0;
}

bool
image_intact(const struct image *im)
{
	static const uint8_t zero[16];
	struct hash_stream h;
	struct hash128 got;
	const uint8_t *p = im->bytes.p;
	size_t rest = IMAGE_CHECKSUM + sizeof(zero);

	hash_stream_init(&h);
	hash_stream_add(&h, p, IMAGE_CHECKSUM);
	hash_stream_add(&h, zero, sizeof(zero));
	hash_stream_add(&h, p + rest, im->bytes.n - rest);
	got = hash_stream_end(&h);
	return got.lo == image_rd64(p + IMAGE_CHECKSUM) &&
	       got.hi == image_rd64(p + IMAGE_CHECKSUM + 8);
}

struct str
image_ending(const struct image *im, uint32_t i)
{
	uint64_t room = im->endings_len - 4 * ((uint64_t)im->nendings + 1);
	const uint8_t *text = im->endings + 4 * ((uint64_t)im->nendings + 1);
	uint32_t from, to;

	if (i >= im->nendings)
		return STR_NONE;
	from = image_rd32(im->endings + 4 * (uint64_t)i);
	to = image_rd32(im->endings + 4 * (uint64_t)i + 4);
	if (from > to || to > room)
		return STR_NONE;
	return str_make((const char *)text + from, to - from);
}

const uint8_t *
image_class(
    const struct image *im, uint32_t class, uint32_t *n, uint32_t *flags)
{
	uint64_t head = 4 * ((uint64_t)im->nclasses + 1);
	uint64_t room = (im->classes_len - head) / 2;
	uint32_t from, to;

	if (class >= im->nclasses)
		return NULL;
	from = image_rd32(im->classes + 4 * (uint64_t) class);
	to = image_rd32(im->classes + 4 * (uint64_t) class + 4);
	*flags = from & ~IMAGE_CLASS_AT;
	from &= IMAGE_CLASS_AT;
	to &= IMAGE_CLASS_AT;
	if (from > to || to > room)
		return NULL;
	*n = to - from;
	return im->classes + head + 2 * (uint64_t)from;
}

unsigned
image_class_sources(
    const struct image *im, uint32_t class, uint16_t *ids, unsigned max)
{
	uint32_t n = 0, flags;
	const uint8_t *p = image_class(im, class, &n, &flags);

	if (!p)
		return 0;
	for (unsigned i = 0; i < n && i < max; i++)
		ids[i] = (uint16_t)image_rd16(p + 2 * i);
	return n;
}

static struct str
string_at(const struct image *im, const uint8_t *ref)
{
	uint32_t off = image_rd32(ref), n = image_rd32(ref + 4);

	if (off > im->strings_len || n > im->strings_len - off)
		return STR_NONE;
	return str_make((const char *)im->strings + off, n);
}

bool
image_source(const struct image *im, uint16_t id, struct image_source *s)
{
	const uint8_t *row = im->sources + (size_t)id * IMAGE_SOURCE;

	if (id >= im->nsources)
		return false;
	*s = (struct image_source){
	    .list = string_at(im, row),
	    .category = string_at(im, row + 8),
	    .file = string_at(im, row + 16),
	    .role = row[24],
	    .group = (uint16_t)image_rd16(row + 26),
	    .lines = image_rd64(row + 32),
	    .entries = image_rd64(row + 40),
	    .rejected = image_rd64(row + 48),
	    .skipped = image_rd64(row + 56),
	    .date = image_rd64(row + 64),
	};
	return true;
}

/* The <n> bytes at <off> behind the rows of PATTERNS. */
static bool
pattern_text(
    const struct image *im, const uint8_t *ref, uint32_t n, struct str *out)
{
	uint64_t head = (uint64_t)im->npatterns * IMAGE_PATTERN;
	uint64_t room = im->patterns_len - head, off = image_rd32(ref);

	if (off > room || n > room - off)
		return false;
	*out = str_make((const char *)im->patterns + head + off, n);
	return true;
}

bool
image_pattern(const struct image *im, uint32_t i, struct image_pattern *out)
{
	const uint8_t *row = im->patterns + (size_t)i * IMAGE_PATTERN;

	if (i >= im->npatterns || image_rd16(row + 12) >= im->nsources)
		return false;
	*out = (struct image_pattern){
	    .source = (uint16_t)image_rd16(row + 12),
	    .flags = row[15],
	    .line = image_rd32(row + 16),
	};
	return pattern_text(im, row, image_rd32(row + 4), &out->text) &&
	       pattern_text(im, row + 8, row[14], &out->anchor);
}

void
image_content(const struct image *im, uint64_t out[2])
{
	out[0] = image_rd64(im->bytes.p + IMAGE_CONTENT);
	out[1] = image_rd64(im->bytes.p + IMAGE_CONTENT + 8);
}

void
image_fingerprint(const struct image *im, uint64_t out[2])
{
	out[0] = image_rd64(im->bytes.p + 40);
	out[1] = image_rd64(im->bytes.p + 48);
}
