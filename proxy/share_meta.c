/* share_meta.c - what a published image is said to be, and the proof of it. */
#include "proxy/share_meta.h"

#include <inttypes.h>

void
share_hex(const uint8_t digest[DIGEST_BYTES], char out[SHARE_DIGEST_HEX])
{
	for (unsigned i = 0; i < DIGEST_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool
share_number(struct str s, uint64_t max, uint64_t *out)
{
	return s.n > 0 && s.p[0] != '0' && str_to_u64(s, out) && *out <= max;
}

/* The statement, without its MAC; its length. */
static size_t
statement(const struct share_meta *m, char out[SHARE_META_TEXT])
{
	int n = snprintf(out, SHARE_META_TEXT,
	    "suzgi-list 1\n"
	    "generation %" PRIu64 "\n"
	    "bytes %" PRIu64 "\n"
	    "chunks %" PRIu64 "\n"
	    "sha256 %s\n",
	    m->generation, m->bytes, m->chunks, m->sha256);

	return n > 0 && n < SHARE_META_TEXT ? (size_t)n : 0;
}

/* The statement of a delta, likewise. */
static size_t
delta_statement(const struct share_delta *d, char out[SHARE_META_TEXT])
{
	int n = snprintf(out, SHARE_META_TEXT,
	    "suzgi-delta 1\n"
	    "generation %" PRIu64 "\n"
	    "base %s\n"
	    "image %s\n"
	    "bytes %" PRIu64 "\n"
	    "chunks %" PRIu64 "\n"
	    "sha256 %s\n",
	    d->blob.generation, d->base, d->image, d->blob.bytes,
	    d->blob.chunks, d->blob.sha256);

	return n > 0 && n < SHARE_META_TEXT ? (size_t)n : 0;
}

/* The MAC of a statement of <n> bytes (0: there is none). */
static bool
mac_of(const char *text, size_t n, const uint8_t key[32],
    char out[SHARE_DIGEST_HEX])
{
	uint8_t mac[DIGEST_BYTES];

	if (n == 0 || digest_hmac(key, 32, text, n, mac) < 0)
		return false;
	share_hex(mac, out);
	return true;
}

static bool
mac_is(const char *text, size_t n, const uint8_t key[32],
    const char want[SHARE_DIGEST_HEX])
{
	char mac[SHARE_DIGEST_HEX];

	return mac_of(text, n, key, mac) &&
	       digest_equal(
	           (const uint8_t *)mac, (const uint8_t *)want, sizeof(mac));
}

static bool
is_possible(const struct share_meta *m)
{
	return m->generation > 0 && m->generation <= SHARE_GEN_MAX &&
	       m->bytes > 0 && m->bytes <= SHARE_IMAGE_MAX &&
	       m->chunks == (m->bytes + SHARE_CHUNK - 1) / SHARE_CHUNK;
}

bool
share_meta_sign(struct share_meta *m, const uint8_t key[32])
{
	char text[SHARE_META_TEXT];

	return mac_of(text, statement(m, text), key, m->mac);
}

bool
share_meta_holds(const struct share_meta *m, const uint8_t key[32])
{
	char text[SHARE_META_TEXT];

	return is_possible(m) && mac_is(text, statement(m, text), key, m->mac);
}

bool
share_delta_sign(struct share_delta *d, const uint8_t key[32])
{
	char text[SHARE_META_TEXT];

	return mac_of(text, delta_statement(d, text), key, d->blob.mac);
}

bool
share_delta_holds(const struct share_delta *d, const uint8_t key[32])
{
	char text[SHARE_META_TEXT];

	return is_possible(&d->blob) &&
	       mac_is(text, delta_statement(d, text), key, d->blob.mac);
}

size_t
share_meta_text(const struct share_meta *m, char out[SHARE_META_TEXT])
{
	size_t n = statement(m, out);
	int more = snprintf(out + n, SHARE_META_TEXT - n, "mac %s\n", m->mac);

	return more > 0 && (size_t)more < SHARE_META_TEXT - n ? n + (size_t)more
	                                                      : 0;
}

/* "<name> <value>" at the front of <rest>. */
static bool
take_line(struct str *rest, struct str name, struct str *value)
{
	struct str line, key;

	return str_next(rest, '\n', &line) && str_cut(line, ' ', &key, value) &&
	       str_eq(key, name);
}

bool
share_meta_parse(struct str text, struct share_meta *m)
{
	char again[SHARE_META_TEXT];
	struct str rest = text, v[6];
	static const struct str names[6] = {{"suzgi-list", 10},
	    {"generation", 10}, {"bytes", 5}, {"chunks", 6}, {"sha256", 6},
	    {"mac", 3}};

	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < 6; i++)
		if (!take_line(&rest, names[i], &v[i]))
			return false;
	return share_number(v[1], SHARE_GEN_MAX, &m->generation) &&
	       share_number(v[2], SHARE_IMAGE_MAX, &m->bytes) &&
	       share_number(v[3], SHARE_IMAGE_MAX, &m->chunks) &&
	       v[4].n == SHARE_DIGEST_HEX - 1 &&
	       v[5].n == SHARE_DIGEST_HEX - 1 &&
	       str_copy(v[4], m->sha256, sizeof(m->sha256)) &&
	       str_copy(v[5], m->mac, sizeof(m->mac)) &&
	       str_eq(text, str_make(again, share_meta_text(m, again)));
}
