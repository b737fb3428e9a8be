/* token.c - what the button of a warning carries. */
#include "proxy/token.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/sys/digest.h"

#define VERSION 1
#define FIXED   (1 + 8 + 8 + 16)

/* Into <out>; how many bytes, 0: no base64url, or not the one spelling. */
static size_t
decode(struct str s, uint8_t out[TOKEN_BYTES])
{
	struct base64_got got;

	if (s.n > TOKEN_CHARS)
		return 0;
	got = base64_read(s, BASE64_URL, out);
	return got.digits == s.n && got.exact ? got.bytes : 0;
}

/* -------------------------------------------------------------------- payload */

static void
put_u64(struct buf *b, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		buf_add_char(b, (char)(v >> (56 - 8 * i)));
}

static uint64_t
get_u64(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

bool
token_write(
    const struct token *t, const uint8_t key[TOKEN_KEY], struct buf *out)
{
	struct buf b = BUF_EMPTY;
	uint8_t mac[DIGEST_BYTES];
	char text[TOKEN_CHARS];
	bool ok;

	for (unsigned i = 0; i < TOKEN_TEXTS; i++)
		if (t->text[i].n >= TOKEN_BYTES)
			return false;
	buf_add_char(&b, VERSION);
	put_u64(&b, (uint64_t)t->expires);
	put_u64(&b, t->number);
	buf_add(&b, t->client, sizeof(t->client));
	for (unsigned i = 0; i < TOKEN_TEXTS; i++) {
		buf_add_char(&b, (char)(t->text[i].n >> 8));
		buf_add_char(&b, (char)t->text[i].n);
		buf_add_str(&b, t->text[i]);
	}
	ok = !b.failed && b.n + DIGEST_BYTES <= TOKEN_BYTES &&
	     digest_hmac(key, TOKEN_KEY, (const uint8_t *)b.p, b.n, mac) == 0;
	if (ok) {
		buf_add(&b, mac, sizeof(mac));
		buf_add(out, text, base64_write(b.p, b.n, BASE64_URL, text));
		ok = !b.failed && !out->failed;
	}
	buf_fini(&b);
	return ok;
}

/* The texts, which must end where the payload does. */
static bool
take_texts(const uint8_t *p, size_t n, struct token *out)
{
	for (unsigned i = 0; i < TOKEN_TEXTS; i++) {
		size_t len;

		if (n < 2)
			return false;
		len = (size_t)p[0] << 8 | p[1];
		if (n - 2 < len)
			return false;
		out->text[i] = str_make((const char *)p + 2, len);
		p += 2 + len;
		n -= 2 + len;
	}
	return n == 0;
}

enum token_result
token_read(struct str text, const uint8_t key[TOKEN_KEY], int64_t now,
    uint8_t room[TOKEN_BYTES], struct token *out)
{
	uint8_t mac[DIGEST_BYTES];
	size_t n = decode(text, room);

	*out = (struct token){0};
	if (n < FIXED + DIGEST_BYTES)
		return TOKEN_FORGED;
	n -= DIGEST_BYTES;
	if (digest_hmac(key, TOKEN_KEY, room, n, mac) < 0 ||
	    !digest_equal(mac, room + n, DIGEST_BYTES))
		return TOKEN_FORGED;
	if (room[0] != VERSION)
		return TOKEN_FORGED;
	out->expires = (int64_t)get_u64(room + 1);
	out->number = get_u64(room + 9);
	memcpy(out->client, room + 17, sizeof(out->client));
	if (!take_texts(room + FIXED, n - FIXED, out))
		return TOKEN_FORGED;
	/* beyond what we give: the clock was set back meanwhile */
	if (now >= out->expires || out->expires - now > TOKEN_S)
		return TOKEN_EXPIRED;
	return TOKEN_OK;
}
