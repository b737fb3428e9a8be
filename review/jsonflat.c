/*
 * jsonflat.c - read one JSON text into a flat list of paths and values.
 *
 * A recursive descent, as deep as JSONFLAT_DEPTH and no deeper.
 */
#include "review/jsonflat.h"

struct reader {
	struct jsonflat *f;
	struct str in; /* what is left */
	char path[JSONFLAT_PATH];
	size_t path_n;
	struct buf text; /* owned: the string being read */
};

static bool read_value(struct reader *r, unsigned depth);

static void
skip_blanks(struct reader *r)
{
	while (r->in.n && (r->in.p[0] == ' ' || r->in.p[0] == '\t' ||
	                      r->in.p[0] == '\n' || r->in.p[0] == '\r'))
		r->in = str_sub(r->in, 1, r->in.n);
}

/* Take <c> if it comes next, behind blanks. */
static bool
take(struct reader *r, char c)
{
	skip_blanks(r);
	if (!r->in.n || r->in.p[0] != c)
		return false;
	r->in = str_sub(r->in, 1, r->in.n);
	return true;
}

static bool
take_hex(struct reader *r, uint32_t *out)
{
	*out = 0;
	if (r->in.n < 4)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		char c = str_lower_char(r->in.p[i]);

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*out = *out << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	r->in = str_sub(r->in, 4, r->in.n);
	return true;
}

static void
add_utf8(struct buf *b, uint32_t cp)
{
	if (cp < 0x80) {
		buf_add_char(b, (char)cp);
		return;
	}
	if (cp < 0x800) {
		buf_add_char(b, (char)(0xc0 | cp >> 6));
	} else if (cp < 0x10000) {
		buf_add_char(b, (char)(0xe0 | cp >> 12));
		buf_add_char(b, (char)(0x80 | (cp >> 6 & 0x3f)));
	} else {
		buf_add_char(b, (char)(0xf0 | cp >> 18));
		buf_add_char(b, (char)(0x80 | (cp >> 12 & 0x3f)));
		buf_add_char(b, (char)(0x80 | (cp >> 6 & 0x3f)));
	}
	buf_add_char(b, (char)(0x80 | (cp & 0x3f)));
}

/* Behind "\u". */
static bool
take_unicode(struct reader *r)
{
	uint32_t cp, low;

	if (!take_hex(r, &cp))
		return false;
	if (cp >= 0xd800 && cp < 0xdc00 && str_starts(r->in, STR("\\u"))) {
		r->in = str_sub(r->in, 2, r->in.n);
		if (!take_hex(r, &low))
			return false;
		if (low >= 0xdc00 && low < 0xe000)
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		else
			cp = 0xfffd;
	}
	if (cp >= 0xdc80 && cp <= 0xdcff)
		buf_add_char(&r->text, (char)(cp & 0xff)); /* a raw byte */
	else if (cp >= 0xd800 && cp < 0xe000)
		add_utf8(&r->text, 0xfffd);
	else
		add_utf8(&r->text, cp);
	return true;
}

static bool
take_escape(struct reader *r)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *at;
	char c;

	if (!r->in.n)
		return false;
	c = r->in.p[0];
	r->in = str_sub(r->in, 1, r->in.n);
	if (c == 'u')
		return take_unicode(r);
	at = c ? strchr(names, c) : NULL;
	if (!at)
		return false;
	buf_add_char(&r->text, means[at - names]);
	return true;
}

/* A string into r->text. */
static bool
take_string(struct reader *r)
{
	buf_reset(&r->text);
	if (!take(r, '"'))
		return false;
	for (;;) {
		size_t n = 0;

		while (n < r->in.n && r->in.p[n] != '"' && r->in.p[n] != '\\' &&
		       (unsigned char)r->in.p[n] >= 0x20)
			n++;
		buf_add(&r->text, r->in.p, n);
		r->in = str_sub(r->in, n, r->in.n);
		if (!r->in.n || (unsigned char)r->in.p[0] < 0x20)
			return false;
		if (take(r, '"'))
			return !r->text.failed;
		r->in = str_sub(r->in, 1, r->in.n); /* the backslash */
		if (!take_escape(r))
			return false;
	}
}

static bool
keep(struct reader *r, struct str value, bool quoted)
{
	struct jsonflat *f = r->f;
	struct jsonflat_item item = {
	    .path = arena_str(&f->arena, str_make(r->path, r->path_n)),
	    .value = arena_str(&f->arena, value),
	    .quoted = quoted,
	};

	if (f->n == JSONFLAT_ITEMS)
		return false;
	buf_add(&f->items, &item, sizeof(item));
	f->n++;
	return !f->arena.failed && !f->items.failed;
}

/* Go down by <part>; false where the path gets too long. */
static bool
descend(struct reader *r, struct str part)
{
	size_t dot = r->path_n ? 1 : 0;

	if (part.n + dot > sizeof(r->path) - r->path_n)
		return false;
	if (dot)
		r->path[r->path_n] = '.';
	if (part.n)
		memcpy(r->path + r->path_n + dot, part.p, part.n);
	r->path_n += dot + part.n;
	return true;
}

static bool
read_object(struct reader *r, unsigned depth)
{
	size_t at = r->path_n;

	if (take(r, '}'))
		return true;
	do {
		if (!take_string(r) || !descend(r, buf_str(&r->text)) ||
		    !take(r, ':') || !read_value(r, depth))
			return false;
		r->path_n = at;
	} while (take(r, ','));
	return take(r, '}');
}

static bool
read_array(struct reader *r, unsigned depth)
{
	size_t at = r->path_n;
	unsigned i = 0;
	char number[16];

	if (take(r, ']'))
		return true;
	do {
		int n = snprintf(number, sizeof(number), "%u", i++);

		if (!descend(r, str_make(number, (size_t)n)) ||
		    !read_value(r, depth))
			return false;
		r->path_n = at;
	} while (take(r, ','));
	return take(r, ']');
}

static bool
is_word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' ||
	       c == '+' || c == '.' || c == 'E';
}

/* true, false, null, or what begins like a number. */
static bool
is_word(struct str s)
{
	bool sign = str_starts(s, STR("-"));
	char first = s.n > sign ? s.p[sign] : '\0';

	return (first >= '0' && first <= '9') || str_eq(s, STR("true")) ||
	       str_eq(s, STR("false")) || str_eq(s, STR("null"));
}

static bool
read_value(struct reader *r, unsigned depth)
{
	size_t n = 0;
	struct str word;

	if (depth == JSONFLAT_DEPTH)
		return false;
	if (take(r, '{'))
		return read_object(r, depth + 1);
	if (take(r, '['))
		return read_array(r, depth + 1);
	if (r->in.n && r->in.p[0] == '"')
		return take_string(r) && keep(r, buf_str(&r->text), true);
	while (n < r->in.n && is_word_char(r->in.p[n]))
		n++;
	word = str_sub(r->in, 0, n);
	r->in = str_sub(r->in, n, r->in.n);
	return is_word(word) && keep(r, word, false);
}

bool
jsonflat_read(struct jsonflat *f, struct str text)
{
	struct reader r = {.f = f, .in = text};
	bool fine;

	arena_reset(&f->arena);
	buf_reset(&f->items);
	f->n = 0;
	fine = read_value(&r, 0);
	skip_blanks(&r);
	fine = fine && r.in.n == 0;
	buf_fini(&r.text);
	if (!fine)
		f->n = 0;
	return fine;
}

void
jsonflat_fini(struct jsonflat *f)
{
	arena_fini(&f->arena);
	buf_fini(&f->items);
	f->n = 0;
}

const struct jsonflat_item *
jsonflat_at(const struct jsonflat *f, size_t i)
{
	return i < f->n
	           ? (const struct jsonflat_item *)(const void *)f->items.p + i
	           : NULL;
}

struct str
jsonflat_get(const struct jsonflat *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(jsonflat_at(f, i)->path, str_of(path)))
			return jsonflat_at(f, i)->value;
	return STR_NONE;
}

uint64_t
jsonflat_u64(const struct jsonflat *f, const char *path)
{
	uint64_t v;

	return str_to_u64(jsonflat_get(f, path), &v) ? v : 0;
}
