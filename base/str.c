/* str.c - text slices by value. */
#include "base/str.h"

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (str_lower_char(a.p[i]) != str_lower_char(b.p[i]))
			return false;
	return true;
}

bool
str_starts(struct str s, struct str with)
{
	return s.n >= with.n &&
	       (with.n == 0 || memcmp(s.p, with.p, with.n) == 0);
}

bool
str_ends(struct str s, struct str with)
{
	return s.n >= with.n &&
	       (with.n == 0 || memcmp(s.p + s.n - with.n, with.p, with.n) == 0);
}

size_t
str_find(struct str s, char c, size_t from)
{
	const char *hit;

	if (from >= s.n)
		return s.n;
	hit = memchr(s.p + from, c, s.n - from);
	return hit ? (size_t)(hit - s.p) : s.n;
}

size_t
str_search(struct str s, struct str what)
{
	const char *hit;

	if (what.n == 0)
		return 0;
	if (s.n < what.n)
		return s.n;
	for (size_t at = 0; at + what.n <= s.n; at = (size_t)(hit - s.p) + 1) {
		hit = memchr(s.p + at, what.p[0], s.n - what.n - at + 1);
		if (!hit)
			break;
		if (memcmp(hit, what.p, what.n) == 0)
			return (size_t)(hit - s.p);
	}
	return s.n;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str
str_sub(struct str s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	return (struct str){s.p ? s.p + from : NULL, n};
}

bool
str_cut(struct str s, char sep, struct str *before, struct str *after)
{
	size_t at = str_find(s, sep, 0);

	*before = str_sub(s, 0, at);
	*after = str_sub(s, at < s.n ? at + 1 : s.n, s.n);
	return at < s.n;
}

bool
str_next(struct str *rest, char sep, struct str *part)
{
	if (!rest->p)
		return false;
	if (!str_cut(*rest, sep, part, rest))
		rest->p = NULL;
	return true;
}

bool
str_to_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned char)s.p[i] - (unsigned)'0';

		if (d > 9 || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, d, &v))
			return false;
	}
	*out = v;
	return true;
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool
str_copy(struct str s, char *out, size_t size)
{
	if (s.n >= size) {
		if (size)
			out[0] = '\0';
		return false;
	}
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}
