/* nested_may.c - the quick look at a URL: may there be another in it? */
#include "base/hex.h"
#include "filters/nested_impl.h"

/* "\u0068", "\x68" */
static bool
is_script(char c)
{
	c = str_lower_char(c);
	return c == 'u' || c == 'x';
}

/* An escape that may hide a mark: of a letter, a digit, a slash, what begins an
 * escape, and what readers leave out. */
static bool
hides(struct str s, size_t at)
{
	int hi = at + 1 < s.n ? hex_digit(s.p[at + 1]) : -1;
	int lo = at + 2 < s.n ? hex_digit(s.p[at + 2]) : -1;
	int c = hi * 16 + lo;

	if (at + 1 < s.n && str_lower_char(s.p[at + 1]) == 'u')
		return true;
	if (hi < 0 || lo < 0)
		return false;
	return c == '%' || c == '/' || c == '\\' || c == '=' || c == '&' ||
	       c == '#' || c == '\t' || c == '\n' || c == '\r' ||
	       (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static bool
nocase(struct str s, size_t at, struct str what)
{
	return str_eq_nocase(str_sub(s, at, what.n), what);
}

/* Does a name end at <at>? A list of that name ("u[]"), and what begins an
 * escape, end it as well. */
static bool
ends(struct str s, size_t at)
{
	return at < s.n && (s.p[at] == '=' || s.p[at] == '[' ||
	                       s.p[at] == '%' || s.p[at] == '+');
}

/* "u", "url", "uri", "imgurl" behind a '?' or '&', in any spelling. */
static bool
takes(struct str s, size_t at)
{
	while (at < s.n && s.p[at] == '+')
		at++;
	if (at == s.n)
		return false;
	switch (s.p[at]) {
	case '%':
		return true;
	case 'u':
	case 'U':
		return ends(s, at + 1) || ((nocase(s, at, STR("url")) ||
		                               nocase(s, at, STR("uri"))) &&
		                              ends(s, at + 3));
	case 'i':
	case 'I':
		return nocase(s, at, STR("imgurl")) && ends(s, at + 6);
	case 's': /* "&sol;" and "&colon;" of HTML */
	case 'c':
		return nocase(s, at, STR("sol;")) ||
		       nocase(s, at, STR("colon;"));
	default:
		return false;
	}
}

/* Does a mark begin at <at>? Some that are none are taken for one. */
static inline bool
is_mark(struct str s, size_t at)
{
	switch (s.p[at]) {
	case 'h':
	case 'H':
		return nested_four_nocase(s, at, "http") ||
		       nested_four(s, at, "hvtr") ||
		       nested_four(s, at, "h0dH") ||
		       nested_four(s, at, "hUVF") || nested_four(s, at, "hSFI");
	case 'u':
	case 'U':
		return nested_four_nocase(s, at, "uggc") ||
		       nested_four(s, at, "U0hS") || nested_four(s, at, "U0ZS");
	case 'Y':
		return nested_four(s, at, "YUhS");
	case 'F':
		return nested_four(s, at, "FIUj");
	case 'c':
	case 'C':
		return nested_four_nocase(s, at, "cach") ||
		       nested_four(s, at, "czov");
	case 'a':
		return nested_four(s, at, "aHR0");
	case 'S':
		return nested_four(s, at, "SHR0") || nested_four(s, at, "SFRU");
	case 'o':
		return nested_four(s, at, "odHR");
	case 'I':
		return nested_four(s, at, "IdHR") || nested_four(s, at, "IVFR");
	case 'O':
		return nested_four(s, at, "Oi8v");
	case '6':
		return nested_four(s, at, "6874");
	case '4':
		return nested_four(s, at, "4854");
	case '/':
	case '\\':
		return at + 1 < s.n &&
		       (nested_is_slash(s.p[at + 1]) ||
		           (s.p[at] == '\\' && is_script(s.p[at + 1])));
	case '?':
	case '&':
		return takes(s, at + 1);
	case '%':
		return hides(s, at);
	default:
		return false;
	}
}

/* The bytes that is_mark() knows. */
static const bool may_begin[256] = {
    ['h'] = true,
    ['H'] = true,
    ['u'] = true,
    ['U'] = true,
    ['c'] = true,
    ['C'] = true,
    ['a'] = true,
    ['S'] = true,
    ['o'] = true,
    ['I'] = true,
    ['O'] = true,
    ['Y'] = true,
    ['F'] = true,
    ['6'] = true,
    ['4'] = true,
    ['/'] = true,
    ['\\'] = true,
    ['?'] = true,
    ['&'] = true,
    ['%'] = true,
};

static bool
has_mark(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (may_begin[(unsigned char)s.p[i]] && is_mark(s, i))
			return true;
	return false;
}

bool
nested_may(struct name host, const struct url *url)
{
	bool serves = nested_serves(host);
	char room[NAME_ROOM];

	if (serves && nested_in_host(host, room).n)
		return true;
	if (!url)
		return false;
	/* Where what was sent differs, no mark comes of resolving dots, and
	 * of escapes only where there was an escape that hides one. */
	if (has_mark(url->raw.n ? str_sub(url->raw, url->text.n - url->path.n,
	                              url->raw.n)
	                        : url->path))
		return true;
	return serves && nested_service(host, 0) != NULL;
}
