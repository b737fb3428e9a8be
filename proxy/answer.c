/* answer.c - from the head of an answer to what it is. */
#include "proxy/answer.h"

#include "base/hex.h"

#define FILENAME_MAX_ 1024 /* bytes of a file's name that are looked at */

/* The first field of this name at or after <from>; NULL: none. */
static const struct h1_field *
field_after(const struct h1_head *h, unsigned from, struct str name)
{
	for (unsigned i = from; i < h->nfields; i++)
		if (str_eq_nocase(h->field[i].name, name))
			return &h->field[i];
	return NULL;
}

static struct str
value_of(const struct h1_head *h, struct str name)
{
	const struct h1_field *f = field_after(h, 0, name);

	return f ? f->value : STR_NONE;
}

/* What stands before the parameters. */
static struct str
essence(struct str v)
{
	struct str before, after;

	str_cut(v, ';', &before, &after);
	return str_trim(before);
}

/* Is a field there twice, and says another thing? */
static bool
contradicts(const struct h1_head *h, struct str name)
{
	const struct h1_field *first = field_after(h, 0, name), *f = first;

	while (f) {
		if (!str_eq_nocase(essence(f->value), essence(first->value)))
			return true;
		f = field_after(h, (unsigned)(f - h->field) + 1, name);
	}
	return false;
}

/* ---- file names */

/* Percent escapes undone; "%x" that are none stay. */
static struct str
unescape(struct str s, struct arena *a)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	if (!p)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++) {
		int hi = -1, lo = -1;

		if (s.p[i] == '%' && i + 2 < s.n) {
			hi = hex_digit(s.p[i + 1]);
			lo = hex_digit(s.p[i + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			p[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			p[n++] = s.p[i];
		}
	}
	return str_make(p, n);
}

/* Take the value of a parameter off the front of *<rest>, up to its ';'. */
static struct str
take_value(struct str *rest, struct arena *a)
{
	struct str raw;
	char *p;
	size_t i = 1, n = 0;

	if (!rest->n || rest->p[0] != '"') {
		str_cut(*rest, ';', &raw, rest);
		return str_trim(raw);
	}
	p = arena_alloc(a, rest->n);
	if (!p)
		return STR_NONE;
	for (; i < rest->n && rest->p[i] != '"'; i++) {
		if (rest->p[i] == '\\' && i + 1 < rest->n)
			i++;
		p[n++] = rest->p[i];
	}
	str_cut(str_sub(*rest, i, rest->n), ';', &raw, rest);
	return str_make(p, n);
}

/* "UTF-8''na%C3%AFve.exe" without its character set and language; STR_NONE:
 * malformed. */
static struct str
extended(struct str v, struct arena *a)
{
	struct str set, language, text;

	if (!str_cut(v, '\'', &set, &v) || !str_cut(v, '\'', &language, &text))
		return STR_NONE;
	return unescape(text, a);
}

struct str
answer_filename(struct str v, struct arena *a)
{
	struct str plain = STR_NONE, star = STR_NONE, type, name, value;

	v = str_sub(v, 0, FILENAME_MAX_);
	str_cut(v, ';', &type, &v);
	/* "filename=x" alone, without a type, is taken by browsers, too */
	if (str_find(type, '=', 0) < type.n)
		v = str_make(type.p, type.n + (v.n ? v.n + 1 : 0));
	while (v.n) {
		if (!str_cut(v, '=', &name, &v))
			break;
		name = str_trim(name);
		v = str_trim(v);
		value = take_value(&v, a);
		if (str_eq_nocase(name, STR("filename*")) && !star.n)
			star = extended(value, a);
		else if (str_eq_nocase(name, STR("filename")) && !plain.n)
			plain = unescape(value, a);
	}
	return star.n ? star : plain;
}

/* ---- encodings, parts, sizes */

/* What can be undone by who gets it: all else goes through as it is. */
static bool
is_coding(struct str s)
{
	static const char *const known[] = {"gzip", "x-gzip", "deflate",
	    "compress", "x-compress", "br", "zstd", "dcb", "dcz"};

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq_nocase(s, str_of(known[i])))
			return true;
	return false;
}

static bool
is_gzip(struct str s)
{
	return str_eq_nocase(s, STR("gzip")) || str_eq_nocase(s, STR("x-gzip"));
}

static enum answer_first
look_at_encoding(const struct h1_head *h, bool *encoded)
{
	const struct str name = STR("Content-Encoding");
	const struct h1_field *f = field_after(h, 0, name);
	unsigned codings = 0, gzip = 0;
	struct str list, one;

	for (; f; f = field_after(h, (unsigned)(f - h->field) + 1, name))
		for (list = f->value; str_next(&list, ',', &one);) {
			codings += is_coding(str_trim(one));
			gzip += is_gzip(str_trim(one));
		}
	*encoded = codings != 0;
	if (!codings)
		return ANSWER_FIRST_RAW;
	return codings == 1 && gzip == 1 ? ANSWER_FIRST_GZIP
	                                 : ANSWER_FIRST_NOTHING;
}

/* "bytes 0-99/1234": where it begins, and how long the whole is. */
static bool
range_of(struct str v, uint64_t *from, uint64_t *whole, bool *has_whole)
{
	const struct str unit = STR("bytes ");
	struct str range, total, first, last;

	*has_whole = false;
	if (!str_eq_nocase(str_sub(v, 0, unit.n), unit) ||
	    !str_cut(str_sub(v, unit.n, v.n), '/', &range, &total) ||
	    !str_cut(range, '-', &first, &last) ||
	    !str_to_u64(str_trim(first), from))
		return false;
	*has_whole = str_to_u64(str_trim(total), whole);
	return true;
}

static const char *
look_at_part(
    const struct h1_head *h, struct answer *out, enum answer_first *first)
{
	const struct str parts = STR("multipart/byteranges");
	uint64_t from = 0;

	if (str_eq_nocase(essence(out->type), parts))
		return "an answer in several parts that nobody asked for";
	if (!range_of(value_of(h, STR("Content-Range")), &from, &out->size,
	        &out->has_size) ||
	    from != 0)
		*first = ANSWER_FIRST_NOTHING;
	return NULL;
}

const char *
answer_build(const struct h1_head *h, enum h1_framing in, struct arena *a,
    struct answer *out, enum answer_first *first)
{
	const struct h1_field *type = h1_find(h, H1_CONTENT_TYPE);

	*out = (struct answer){.status = h->status};
	if (contradicts(h, STR("Content-Type")))
		return "the answer says of itself that it is two things";
	if (type)
		out->type = arena_str(a, type->value);
	out->filename =
	    answer_filename(value_of(h, STR("Content-Disposition")), a);
	if (h->has_length && in != H1_CHUNKED && in != H1_TO_EOF) {
		out->has_size = true;
		out->size = h->length;
	}
	*first = look_at_encoding(h, &out->encoded);
	if (in == H1_NO_BODY)
		*first = ANSWER_FIRST_NOTHING;
	return h->status == 206 ? look_at_part(h, out, first) : NULL;
}
