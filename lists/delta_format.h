/*
 * delta_format.h - the layout of a delta in C, and what making and applying
 * one share. For lists/ alone; docs/formats/delta.md says what it means.
 */
#ifndef LISTS_DELTA_FORMAT_H
#define LISTS_DELTA_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "lists/delta.h"
#include "lists/image.h"
#include "lists/image_format.h"
#include "lists/source.h"

#define DELTA_MAGIC    "\x89SZD\r\n\x1a\n"
#define DELTA_VERSION  1
#define DELTA_HEADER   128
#define DELTA_CHECKSUM 24 /* where it stands */

/* What a key is, in the order in which they are added. */
enum delta_kind { DELTA_NAME = 0, DELTA_NET, DELTA_DIGEST, DELTA_PATTERN };
#define DELTA_KINDS 4

/* flags, length of the anchor, anchor, text */
#define DELTA_PATTERN_MAX (2 + 255 + SOURCE_LINE_MAX)
#define DELTA_KEY_MAX     DELTA_PATTERN_MAX
_Static_assert(DELTA_KEY_MAX >= IMAGE_KEY_MAX, "room for any key");

/* Reads from front to back; what is not there reads as 0 and sets <bad>. */
struct delta_reader {
	const uint8_t *p, *end;
	bool bad;
};

uint64_t delta_get(struct delta_reader *r);
int64_t delta_get_signed(struct delta_reader *r);
/* The next <n> bytes; NULL where there are less. */
const uint8_t *delta_get_bytes(struct delta_reader *r, uint64_t n);

struct buf;
void delta_put(struct buf *b, uint64_t v);
void delta_put_signed(struct buf *b, int64_t v);

/* An entry of an image: its key and its postings. A row of PATTERNS is an
 * entry with one posting. */
struct delta_entry {
	enum delta_kind kind;
	struct str key;       /* lives for the call */
	uint32_t n;           /* postings */
	const uint8_t *ids;   /* their sources, 2 bytes each */
	const uint8_t *lines; /* 4 bytes each */
	uint64_t posting;     /* number of the first */
};

/*
 * Each entry of <im>, its postings in the order of their numbers, until <fn>
 * returns false. False: it did, or the image is damaged.
 */
enum delta_walk {
	DELTA_WALK_ALL = 0,
	DELTA_WALK_NO_NAMES /* no key of them */
};
typedef bool delta_fn(void *arg, const struct delta_entry *e);
bool delta_each(
    const struct image *im, enum delta_walk how, delta_fn *fn, void *arg);

/* Of each bucket the number of its first posting; to be freed. NULL: no
 * memory, or the image is damaged. */
uint32_t *delta_index(const struct image *im);

/* The entry of a domain or URL; false: there is none. Without <index> it has
 * sources, no lines. */
bool delta_find(const struct image *im, const uint32_t *index, struct str key,
    struct delta_entry *e);

/* Can <key> be one of its kind? What compiles entries relies on that. */
bool delta_key_is_sound(enum delta_kind kind, struct str key);

/* ---- delta_text.c: names, by the endings and pieces of an image */

struct delta_coder;                                          /* opaque */
struct delta_coder *delta_coder_new(const struct image *im); /* NULL: memory */
void delta_coder_free(struct delta_coder *c);                /* NULL: nothing */
void delta_put_name(
    const struct delta_coder *c, struct str name, struct buf *out);

/* And back, into <room>; false where it is no name. */
bool delta_get_name(struct delta_reader *r, const struct image *im,
    char room[DELTA_KEY_MAX], struct str *out);

#endif
