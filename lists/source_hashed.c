/*
 * source_hashed.c - "sha256,kind,category,added": what is listed is not told.
 *
 * The kind says what was hashed: a canonical host, or host and path as a URL
 * entry has them. One holds a '/', the other does not, so digests of both can
 * stand in one table. The list's own category is what counts.
 */
#include "lists/source.h"

static int
nibble(char c)
{
	c = str_lower_char(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *
digest(struct str s, uint8_t out[32])
{
	if (s.n != 64)
		return "no SHA-256: 64 hexadecimal digits";
	for (unsigned i = 0; i < 32; i++) {
		int high = nibble(s.p[2 * i]), low = nibble(s.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return "no SHA-256: 64 hexadecimal digits";
		out[i] = (uint8_t)(high << 4 | low);
	}
	return NULL;
}

static struct str
field(struct str *rest)
{
	struct str s;

	if (!str_next(rest, ',', &s))
		return STR_NONE;
	s = str_trim(s);
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = str_sub(s, 1, s.n - 2);
	return s;
}

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

void
source_hashed(struct str line, const struct source_sink *sink)
{
	struct source_entry e = {.kind = SOURCE_DIGEST};
	struct str rest = line, sum = field(&rest), kind = field(&rest);
	struct str category = field(&rest), added = field(&rest);
	const char *why;

	if (str_eq_nocase(sum, STR("sha256")))
		return; /* the header */
	why = digest(sum, e.digest);
	if (!why && !str_eq_nocase(kind, STR("url")) &&
	    !str_eq_nocase(kind, STR("host")))
		why = "the kind is neither url nor host";
	if (!why && (rest.n || !is_plain(category) || !is_plain(added)))
		why = "not four columns: sha256,kind,category,added";
	if (why)
		sink->reject(sink->ctx, why);
	else
		sink->entry(sink->ctx, &e);
}
