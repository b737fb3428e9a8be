/*
 * image_digest.c - entries that are only known by their SHA-256. Which parts
 * of a request are tried is said in docs/formats/image.md.
 */
#include "base/sha256.h"
#include "lists/address.h"
#include "lists/image.h"
#include "lists/image_format.h"

#define FOLDERS_MAX 32 /* beginnings of a path that end in '/' */
#define LABELS_MOST 4  /* of a shortened host in front of a path */

/* A host, or its end, whose digests are looked up: bytes <off> to <off> + <len>
 * - 1 of the host asked for, as <key>. */
struct part {
	struct str key;
	uint8_t off, len;
};

bool
image_digest(const struct image *im, const uint8_t *digest, uint32_t *entry,
    uint32_t *class)
{
	uint32_t lo = 0, hi = im->ndigests;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const uint8_t *row =
		    im->digests + (size_t)mid * IMAGE_DIGEST_ROW;
		int by = memcmp(row, digest, SHA256_BYTES);

		if (by == 0) {
			*entry = IMAGE_ENTRY_DIGEST | mid;
			*class = image_rd32(row + SHA256_BYTES);
			return true;
		}
		if (by < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Look up the first <n> bytes of <text>, which begins with the part's host. */
static void
find_one(const struct image *im, const struct part *p, struct str text,
    struct image_hits *hits)
{
	struct image_hit hit = {.kind = IMAGE_DIGEST,
	    .self = p->off == 0,
	    .off = p->off,
	    .len = (uint16_t)(p->len + (text.n - p->key.n))};
	uint8_t digest[SHA256_BYTES];

	sha256(text.p, text.n, digest);
	if (image_digest(im, digest, &hit.entry, &hit.class) &&
	    (hit.self || image_class_covers(im, hit.class)))
		image_add_hit(im, hits, &hit);
}

/* The lengths of <path> that are tried, ascending. */
static unsigned
lengths(struct str path, uint16_t len[FOLDERS_MAX + 2])
{
	size_t end = str_find(path, '?', 0);
	unsigned n = 0;

	for (size_t i = 0; i < end && i < IMAGE_PATH_MAX && n < FOLDERS_MAX;
	     i++)
		if (path.p[i] == '/')
			len[n++] = (uint16_t)(i + 1);
	if (end <= IMAGE_PATH_MAX && end > 0 && (n == 0 || len[n - 1] != end))
		len[n++] = (uint16_t)end;
	if (path.n > end && path.n <= IMAGE_PATH_MAX)
		len[n++] = (uint16_t)path.n;
	return n;
}

static void
find_paths(const struct image *im, const struct part *p, struct str path,
    struct image_hits *hits)
{
	uint16_t len[FOLDERS_MAX + 2];
	unsigned n = lengths(path, len);
	char text[IMAGE_KEY_MAX];

	if (n == 0)
		return;
	memcpy(text, p->key.p, p->key.n);
	memcpy(text + p->key.n, path.p, len[n - 1]);
	while (n-- > 0)
		find_one(im, p, str_make(text, p->key.n + len[n]), hits);
}

static void
find_part(const struct image *im, const struct part *p, struct str path,
    struct image_hits *hits)
{
	if (path.n)
		find_paths(im, p, path, hits);
	else
		find_one(im, p, p->key, hits);
}

void
image_find_digests(const struct image *im, struct name host, struct str path,
    struct image_hits *hits)
{
	uint8_t off[IMAGE_LABELS], inner[4];
	unsigned n = image_suffixes(&host, off);
	char text[ADDRESS_ROOM];

	for (unsigned i = 0; i < n; i++) {
		struct part p = {.key = str_sub(name_str(host), off[i], host.n),
		    .off = off[i],
		    .len = (uint8_t)(host.n - off[i])};

		/* suffix <i> of <n> has n - i + 1 labels */
		if (i == 0 || !path.n || n - i + 1 <= LABELS_MOST)
			find_part(im, &p, path, hits);
	}
	if (host.kind == NAME_IPV6 && name_embedded_ipv4(host.addr, inner)) {
		struct part p = {.len = host.n};

		p.key = str_make(text, address_ipv4_text(inner, text));
		find_part(im, &p, path, hits);
	}
}
