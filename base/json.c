/* json.c - write JSON into a buffer. */
#include "base/json.h"

#include "base/buf.h"
#include "base/utf8.h"

static void
comma(struct buf *b)
{
	char last = b->n ? b->p[b->n - 1] : '[';

	if (last != '{' && last != '[' && last != ':' && last != '\n')
		buf_add_char(b, ',');
}

void
json_open(struct buf *b, char bracket)
{
	comma(b);
	buf_add_char(b, bracket);
}

void
json_close(struct buf *b, char bracket)
{
	buf_add_char(b, bracket);
}

void
json_key(struct buf *b, const char *key)
{
	size_t n = strlen(key);
	char *to;

	comma(b);
	if (!buf_room(b, n + 3)) /* once for all: keys are most of a log */
		return;
	to = b->p + b->n;
	*to++ = '"';
	memcpy(to, key, n);
	to += n;
	*to++ = '"';
	*to = ':';
	b->n += n + 3;
}

/* How many bytes at the front of <s> can be copied as they are. */
static size_t
plain_run(struct str s)
{
	size_t n = 0;

	while (n < s.n) {
		unsigned char c = (unsigned char)s.p[n];

		if (c - 0x20u >= 0x5f || c == '"' || c == '\\')
			break;
		n++;
	}
	return n;
}

/* \uXXXX; what lies above U+FFFF takes two (RFC 8259 7). */
static void
add_escape(struct buf *b, uint32_t cp)
{
	if (cp > 0xffff) {
		buf_addf(b, "\\u%04x", 0xd800 + ((cp - 0x10000) >> 10));
		cp = 0xdc00 + ((cp - 0x10000) & 0x3ff);
	}
	buf_addf(b, "\\u%04x", cp);
}

void
json_str(struct buf *b, struct str s)
{
	comma(b);
	buf_add_char(b, '"');
	while (s.n) {
		size_t n = plain_run(s), step;
		uint32_t cp;

		buf_add(b, s.p, n);
		s = str_sub(s, n, s.n);
		if (!s.n)
			break;
		step = utf8_decode(s, &cp);
		if (step == 0) {
			buf_addf(b, "\\udc%02x", (unsigned char)s.p[0]);
			step = 1;
		} else if (cp == '"' || cp == '\\') {
			buf_add_char(b, '\\');
			buf_add_char(b, (char)cp);
		} else if (utf8_is_harmless(cp)) {
			buf_add(b, s.p, step);
		} else {
			add_escape(b, cp);
		}
		s = str_sub(s, step, s.n);
	}
	buf_add_char(b, '"');
}

void
json_u64(struct buf *b, uint64_t v)
{
	comma(b);
	buf_add_u64(b, v);
}

void
json_bool(struct buf *b, bool v)
{
	comma(b);
	buf_add_str(b, v ? STR("true") : STR("false"));
}

void
json_key_str(struct buf *b, const char *key, struct str s)
{
	json_key(b, key);
	json_str(b, s);
}

void
json_key_z(struct buf *b, const char *key, const char *z)
{
	json_key_str(b, key, str_of(z));
}

void
json_key_u64(struct buf *b, const char *key, uint64_t v)
{
	json_key(b, key);
	json_u64(b, v);
}

void
json_key_bool(struct buf *b, const char *key, bool v)
{
	json_key(b, key);
	json_bool(b, v);
}

void
text_add_escaped(struct buf *b, struct str s)
{
	while (s.n) {
		uint32_t cp;
		size_t step = utf8_decode(s, &cp);

		if (step && utf8_is_harmless(cp)) {
			buf_add(b, s.p, step);
		} else {
			step = step ? step : 1;
			for (size_t i = 0; i < step; i++)
				buf_addf(b, "\\x%02x", (unsigned char)s.p[i]);
		}
		s = str_sub(s, step, s.n);
	}
}
