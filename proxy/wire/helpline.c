/* helpline.c - the lines that we and Squid's helpers speak. */
#include "proxy/wire/helpline.h"

#include "base/buf.h"
#include "base/hex.h"
#include "base/table.h"

struct str
helpline_unescape(char *p, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		int hi = -1, lo = -1;

		if (p[i] == '%' && n - i > 2) {
			hi = hex_digit(p[i + 1]);
			lo = hex_digit(p[i + 2]);
		}
		if (hi < 0 || lo < 0) {
			p[out++] = p[i];
			continue;
		}
		p[out++] = (char)(hi << 4 | lo);
		i += 2;
	}
	return str_make(p, out);
}

/* What Squid's rfc1738_escape() escapes, so that helpers which compare
 * without unescaping see what they see from it. */
static bool
is_plain(unsigned char c)
{
	static const struct str unsafe = STR_INIT("<>\"#%{}|\\^~[]`'");

	return c > 0x20 && c < 0x7f && str_find(unsafe, (char)c, 0) == unsafe.n;
}

void
helpline_escape(struct buf *out, struct str s)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_plain(c)) {
			buf_add_char(out, s.p[i]);
			continue;
		}
		buf_add_char(out, '%');
		buf_add_char(out, hex[c >> 4]);
		buf_add_char(out, hex[c & 15]);
	}
}

/* What is left of the line. */
struct rest {
	char *p;
	size_t n;
};

static void
skip_blanks(struct rest *r)
{
	while (r->n && *r->p == ' ') {
		r->p++;
		r->n--;
	}
}

/* Up to the next blank. */
static struct rest
word(struct rest *r)
{
	struct rest w;

	skip_blanks(r);
	w = *r;
	while (r->n && *r->p != ' ') {
		r->p++;
		r->n--;
	}
	w.n -= r->n;
	return w;
}

/* "..." with backslashes, in place. False: its end is missing. */
static bool
quoted(struct rest *r, struct str *out)
{
	char *begin = r->p + 1, *to = begin;

	for (size_t i = 1; i < r->n; i++) {
		char c = r->p[i];

		if (c == '"') {
			*out = str_make(begin, (size_t)(to - begin));
			r->p += i + 1;
			r->n -= i + 1;
			return r->n == 0 || *r->p == ' ';
		}
		if (c == '\\' && ++i < r->n)
			c = r->p[i];
		*to++ = c;
	}
	return false;
}

static bool
is_key_char(char c)
{
	return (str_lower_char(c) >= 'a' && str_lower_char(c) <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* The key at the front of <r>; empty: what follows is text. */
static struct str
key_of(const struct rest *r)
{
	size_t n = 0;

	while (n < r->n && is_key_char(r->p[n]))
		n++;
	if (n == 0 || n == r->n || r->p[n] != '=')
		return STR_NONE;
	return str_make(r->p, n);
}

static bool
take_ttl(struct str value, struct helpline *out)
{
	uint64_t v;

	if (out->has_ttl || !str_to_u64(value, &v))
		return false;
	out->has_ttl = true;
	out->ttl_s = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
	return true;
}

/* False: said twice, which would leave us the choice. */
static bool
take_pair(struct str key, struct str value, struct helpline *out)
{
	static const struct {
		struct str key;
		size_t at;
		bool many;
	} keys[] = {
	    {STR_INIT("user"), offsetof(struct helpline, user), false},
	    {STR_INIT("group"), offsetof(struct helpline, group), true},
	    {STR_INIT("message"), offsetof(struct helpline, message), true},
	    {STR_INIT("token"), offsetof(struct helpline, token), false},
	};

	if (str_eq(key, STR("ttl")))
		return take_ttl(value, out);
	for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
		struct str *to;

		if (!str_eq(key, keys[i].key))
			continue;
		to = (struct str *)(void *)((char *)out + keys[i].at);
		if (to->p && !keys[i].many)
			return false;
		if (!to->p)
			*to = value;
	}
	return true;
}

static bool
take_pairs(struct rest r, struct helpline *out)
{
	for (;;) {
		struct str key, value;

		skip_blanks(&r);
		key = key_of(&r);
		if (!key.n)
			return true; /* text for people: not read */
		r.p += key.n + 1;
		r.n -= key.n + 1;
		if (r.n && *r.p == '"') {
			if (!quoted(&r, &value))
				return false;
		} else if (r.n && *r.p != ' ') {
			struct rest w = word(&r);

			value = helpline_unescape(w.p, w.n);
		} else {
			value = str_make(r.p, 0);
		}
		if (!take_pair(key, value, out))
			return false;
	}
}

/* "TT token", "AF [token] user", "NA ..." without keys. */
static bool
take_words(struct rest r, struct helpline *out)
{
	struct rest first, second;

	skip_blanks(&r);
	if (key_of(&r).n && (str_eq(key_of(&r), STR("token")) ||
	                        str_eq(key_of(&r), STR("user"))))
		return take_pairs(r, out);
	if (out->result == HELPLINE_NA)
		return true;
	first = word(&r);
	second = word(&r);
	skip_blanks(&r);
	if (r.n)
		return false;
	if (out->result == HELPLINE_TT) {
		out->token = str_make(first.p, first.n);
		return first.n && !second.n;
	}
	if (second.n) {
		out->token = str_make(first.p, first.n);
		first = second;
	}
	out->user = helpline_unescape(first.p, first.n);
	return first.n != 0;
}

static bool
take_channel(struct rest *r, uint32_t *out)
{
	struct rest w;
	uint64_t v;

	if (r->n && *r->p == ' ')
		return false;
	w = word(r);
	if (w.n > 9 || !str_to_u64(str_make(w.p, w.n), &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
has_controls(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x20 && p[i] != '\t')
			return true;
	return false;
}

bool
helpline_parse(char *line, size_t n, bool channels, struct helpline *out)
{
	static const struct str results[] = {
	    [HELPLINE_OK] = STR_INIT("OK"),
	    [HELPLINE_ERR] = STR_INIT("ERR"),
	    [HELPLINE_BH] = STR_INIT("BH"),
	    [HELPLINE_TT] = STR_INIT("TT"),
	    [HELPLINE_AF] = STR_INIT("AF"),
	    [HELPLINE_NA] = STR_INIT("NA"),
	};
	struct rest r = {line, n}, w;

	*out = (struct helpline){0};
	if (r.n && r.p[r.n - 1] == '\r')
		r.n--;
	if (r.n > HELPLINE_MAX || has_controls(r.p, r.n))
		return false;
	if (channels && !take_channel(&r, &out->channel))
		return false;
	if (!channels && r.n && *r.p == ' ')
		return false;
	w = word(&r);
	for (unsigned i = 0; i < ARRAY_LEN(results); i++) {
		if (!str_eq(str_make(w.p, w.n), results[i]))
			continue;
		out->result = (enum helpline_result)i;
		return out->result >= HELPLINE_TT ? take_words(r, out)
		                                  : take_pairs(r, out);
	}
	return false;
}
