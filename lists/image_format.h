/*
 * image_format.h - the layout of an image in C, for lists/ alone.
 * docs/formats/image.md says what it means. Reads are of unaligned little
 * endian; whoever reads has checked the bounds.
 */
#ifndef LISTS_IMAGE_FORMAT_H
#define LISTS_IMAGE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "lists/name.h"

#define IMAGE_MAGIC    "\x89SZL\r\n\x1a\n"
#define IMAGE_VERSION  3
#define IMAGE_HEADER   352
#define IMAGE_ALIGN    64
#define IMAGE_CHECKSUM 64  /* where it stands */
#define IMAGE_CONTENT  104 /* where the digest of the contents stands */
#define IMAGE_SECTIONS 128

enum image_section {
	IMAGE_BUCKETS = 0,
	IMAGE_ENDINGS,
	IMAGE_PIECES,
	IMAGE_CLASSES,
	IMAGE_SOURCES,
	IMAGE_STRINGS,
	IMAGE_NETS4,
	IMAGE_NETS6,
	IMAGE_PREFIXES,
	IMAGE_RANKS,
	IMAGE_LINES,
	IMAGE_PATTERNS,
	IMAGE_DIGESTS,
	IMAGE_BLOB,
	IMAGE_NSECTIONS
};

#define IMAGE_BUCKET       16 /* bytes of a bucket's row */
#define IMAGE_TAGS         12
#define IMAGE_TAG_MORE     1   /* in the last tag: there are more entries */
#define IMAGE_BUCKET_MAX   256 /* entries; an image with more is not built */
#define IMAGE_RANK_EVERY   16  /* buckets */
#define IMAGE_NPIECES      128
#define IMAGE_PIECE        8
#define IMAGE_CLASS_SELF   0x80000000u /* all sources have IMAGE_SELF */
#define IMAGE_CLASS_MIXED  0x40000000u /* one has IMAGE_BELOW or _EXCEPT */
#define IMAGE_CLASS_AT     0x3fffffffu
#define IMAGE_SOURCE       72
#define IMAGE_NET4         20
#define IMAGE_NET6         32
#define IMAGE_SLOT         8
#define IMAGE_PATTERN      20
#define IMAGE_DIGEST_ROW   40
#define IMAGE_SLOTS_AWAY   32 /* how far a host may be from its slot */
#define IMAGE_NUMBER_MAX   0xffffffu
#define IMAGE_BLOB_MAX     0x7fffffffu
#define IMAGE_ENTRY_NET    0x80000000u /* in an entry's number */
#define IMAGE_ENTRY_DIGEST 0xc0000000u
#define IMAGE_ENTRY_PLACE  0x3fffffffu /* in either */

/* Longer paths in lists are refused; a look-up tries no longer prefix. */
#define IMAGE_PATH_MAX 2048
#define IMAGE_KEY_MAX  (255 + IMAGE_PATH_MAX)

static inline uint32_t
image_rd16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t
image_rd32(const uint8_t *p)
{
	return image_rd16(p) | image_rd16(p + 2) << 16;
}

static inline uint64_t
image_rd64(const uint8_t *p)
{
	return image_rd32(p) | (uint64_t)image_rd32(p + 4) << 32;
}

static inline uint32_t
image_bucket_of(uint64_t hash, uint32_t nbuckets)
{
	return (uint32_t)((hash >> 32) * nbuckets >> 32);
}

static inline uint8_t
image_tag_of(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 32);

	return tag < 2 ? (uint8_t)(tag + 2) : tag;
}

/*
 * Which of the 12 tags of the bucket at <row> equal <tag>: a bit each. The
 * portable form is what the other has to agree with.
 */
static inline unsigned
image_tags_portable(const uint8_t *row, uint8_t tag)
{
	const uint64_t low7 = 0x7f7f7f7f7f7f7f7fu;
	uint64_t pattern = 0x0101010101010101u * tag;
	uint64_t x[2] = {
	    image_rd64(row) ^ pattern, image_rd64(row + 8) ^ pattern};
	unsigned mask = 0;

	for (unsigned i = 0; i < 2; i++) {
		/* the top bit of each byte that is zero, and of no other */
		uint64_t zero = ~(((x[i] & low7) + low7) | x[i] | low7);

		mask |= (unsigned)((zero >> 7) * 0x0102040810204080u >> 56)
		        << (8 * i);
	}
	return mask >> 4;
}

#ifdef __SSE2__
#include <emmintrin.h>

static inline unsigned
image_tags(const uint8_t *row, uint8_t tag)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)row);
	__m128i eq = _mm_cmpeq_epi8(v, _mm_set1_epi8((char)tag));

	return (unsigned)_mm_movemask_epi8(eq) >> 4;
}
#else
static inline unsigned
image_tags(const uint8_t *row, uint8_t tag)
{
	return image_tags_portable(row, tag);
}
#endif

/* An entry of BLOB, taken apart. */
struct image_entry {
	const uint8_t *text; /* borrowed from the image */
	uint32_t ntext, class, ending;
};

static inline const uint8_t *
image_read_number(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
	unsigned need = p < end ? (*p < 224 ? 1u : *p < 255 ? 2u : 4u) : 1u;

	if ((size_t)(end - p) < need)
		return NULL;
	if (need == 1)
		*out = p[0];
	else if (need == 2)
		*out = 224 + ((uint32_t)(p[0] - 224) << 8) + p[1];
	else
		*out = image_rd16(p + 1) | (uint32_t)p[3] << 16;
	return p + need;
}

/* Read the entry at <p>; what is behind it, or NULL: it does not fit. */
static inline const uint8_t *
image_read_entry(const uint8_t *p, const uint8_t *end, struct image_entry *e)
{
	if (p >= end)
		return NULL;
	e->ntext = *p++;
	if (e->ntext == 255) {
		if (end - p < 2)
			return NULL;
		e->ntext = image_rd16(p);
		p += 2;
	}
	p = image_read_number(p, end, &e->class);
	if (!p)
		return NULL;
	p = image_read_number(p, end, &e->ending);
	if (!p || (size_t)(end - p) < e->ntext)
		return NULL;
	e->text = p;
	return p + e->ntext;
}

struct image;
struct image_hit;

/* Ending <i> of the image; the empty one where there is none such. */
struct str image_ending(const struct image *im, uint32_t i);

/* The sources of class <class> as 2-byte numbers, and the class's flags; NULL
 * out of range. */
const uint8_t *image_class(
    const struct image *im, uint32_t class, uint32_t *n, uint32_t *flags);

/* How specific <hit> is: more is more. */
uint32_t image_specific(const struct image *im, const struct image_hit *hit);

/* Where in BLOB the entry with this very key is, and its class. */
bool image_probe(const struct image *im, struct str key, uint64_t hash,
    uint32_t *entry, uint32_t *class);

/* The entry of DIGESTS with these 32 bytes, and its class. */
bool image_digest(const struct image *im, const uint8_t *sha256,
    uint32_t *entry, uint32_t *class);

/* Add what DIGESTS has of a host, or of a URL (<path> not empty). For when
 * there are some. */
struct image_hits;
void image_find_digests(const struct image *im, struct name host,
    struct str path, struct image_hits *hits);

/* Add a hit, or give up the one that says least. */
void image_add_hit(const struct image *im, struct image_hits *hits,
    const struct image_hit *hit);

/* Does a class say anything of what is below (or inside) its entry? */
bool image_class_covers(const struct image *im, uint32_t class);

/*
 * Where the suffixes of <host> of two labels or more begin, longest first. An
 * address has one.
 */
#define IMAGE_LABELS 128 /* 253 bytes have 127 labels at most */
unsigned image_suffixes(const struct name *host, uint8_t off[IMAGE_LABELS]);

/* One network of NETS4 or NETS6. */
struct image_net {
	uint8_t addr[16];
	uint32_t outer, class, posting, bits;
};
void image_read_net4(const struct image *im, uint32_t i, struct image_net *n);
void image_read_net6(const struct image *im, uint32_t i, struct image_net *n);

#endif
