/*
 * delta_text.c - names by the endings and pieces of the image that a delta
 * begins with: who applies it has them.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "lists/delta_format.h"

struct delta_coder {
	const struct image *im; /* borrowed */
	uint32_t *slots;        /* owned; by hash: ending; 0: free */
	uint32_t mask;
	/* the pieces, by their first byte, longer ones first */
	uint8_t piece[IMAGE_NPIECES];
	uint8_t first[129]; /* of byte c: piece[first[c] .. first[c + 1] - 1] */
};

static struct str
piece_of(const struct image *im, unsigned i)
{
	unsigned n = im->pieces[i];
	const uint8_t *p = im->pieces + IMAGE_NPIECES + (size_t)IMAGE_PIECE * i;

	return str_make((const char *)p, n <= IMAGE_PIECE ? n : 0);
}

static void
sort_pieces(struct delta_coder *c)
{
	uint8_t to[128];

	for (unsigned i = 0; i < IMAGE_NPIECES; i++) {
		struct str s = piece_of(c->im, i);

		if (s.n > 1 && (unsigned char)s.p[0] < 128)
			c->first[(unsigned char)s.p[0] + 1]++;
	}
	for (unsigned byte = 0; byte < 128; byte++) {
		c->first[byte + 1] =
		    (uint8_t)(c->first[byte + 1] + c->first[byte]);
		to[byte] = c->first[byte];
	}
	for (unsigned len = IMAGE_PIECE; len > 1; len--)
		for (unsigned i = 0; i < IMAGE_NPIECES; i++) {
			struct str s = piece_of(c->im, i);

			if (s.n == len && (unsigned char)s.p[0] < 128)
				c->piece[to[(unsigned char)s.p[0]]++] =
				    (uint8_t)i;
		}
}

static uint32_t *
slot_of(const struct delta_coder *c, struct str ending)
{
	uint32_t at = (uint32_t)hash64(ending.p, ending.n, 0);

	for (;; at++) {
		uint32_t *slot = &c->slots[at & c->mask];

		if (!*slot || str_eq(image_ending(c->im, *slot), ending))
			return slot;
	}
}

struct delta_coder *
delta_coder_new(const struct image *im)
{
	struct delta_coder *c = calloc(1, sizeof(*c));
	uint32_t nslots = 64;

	if (!c)
		return NULL;
	while (nslots < im->nendings * (uint64_t)2)
		nslots *= 2;
	c->im = im;
	c->mask = nslots - 1;
	c->slots = calloc(nslots, sizeof(*c->slots));
	if (!c->slots) {
		free(c);
		return NULL;
	}
	for (uint32_t i = 1; i < im->nendings; i++) {
		struct str s = image_ending(im, i);

		if (s.n)
			*slot_of(c, s) = i;
	}
	sort_pieces(c);
	return c;
}

void
delta_coder_free(struct delta_coder *c)
{
	if (c)
		free(c->slots);
	free(c);
}

/* The longest ending of <name>; 0: none. */
static uint32_t
ending_of(const struct delta_coder *c, struct str name)
{
	for (size_t i = str_find(name, '.', 0); i < name.n;
	     i = str_find(name, '.', i + 1)) {
		uint32_t e = *slot_of(c, str_sub(name, i, name.n));

		if (e)
			return e;
	}
	return 0;
}

/* The longest piece that <rest> begins with; false: none does. */
static bool
longest_piece(
    const struct delta_coder *c, struct str rest, unsigned *piece, size_t *n)
{
	unsigned byte = (unsigned char)rest.p[0];

	if (byte >= 128)
		return false;
	for (unsigned i = c->first[byte]; i < c->first[byte + 1]; i++) {
		struct str s = piece_of(c->im, c->piece[i]);

		if (str_starts(rest, s)) {
			*piece = c->piece[i];
			*n = s.n;
			return true;
		}
	}
	return false;
}

void
delta_put_name(const struct delta_coder *c, struct str name, struct buf *out)
{
	uint32_t ending = ending_of(c, name);
	struct str rest =
	    str_sub(name, 0, name.n - image_ending(c->im, ending).n);
	char text[IMAGE_KEY_MAX];
	size_t n = 0, len;
	unsigned piece;

	for (size_t i = 0; i < rest.n; i += len) {
		len = 1;
		text[n++] =
		    longest_piece(c, str_sub(rest, i, rest.n), &piece, &len)
		        ? (char)(unsigned char)(128 + piece)
		        : rest.p[i];
	}
	delta_put(out, n);
	delta_put(out, ending);
	buf_add(out, text, n);
}

bool
delta_get_name(struct delta_reader *r, const struct image *im,
    char room[DELTA_KEY_MAX], struct str *out)
{
	uint64_t n = delta_get(r), ending = delta_get(r);
	const uint8_t *text = delta_get_bytes(r, n);
	struct str part;
	size_t to = 0;

	if (!text || ending >= im->nendings)
		return false;
	for (uint64_t i = 0; i <= n; i++) {
		part = i < n ? str_make((const char *)text + i, 1)
		             : image_ending(im, (uint32_t)ending);
		if (i < n && text[i] >= 128)
			part = piece_of(im, text[i] - 128u);
		if (part.n > DELTA_KEY_MAX - to)
			return false;
		if (part.n)
			memcpy(room + to, part.p, part.n);
		to += part.n;
	}
	*out = str_make(room, to);
	return true;
}
