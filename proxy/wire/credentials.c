/* credentials.c - what a Proxy-Authorization field says. */
#include "proxy/wire/credentials.h"

#include <stdint.h>

#include "base/base64.h"
#include "base/table.h"
#include "base/utf8.h"

/* <n> without the padding; SIZE_MAX: no base64. */
static size_t
digits(struct str s)
{
	size_t n = s.n;

	while (n && s.n - n < 2 && s.p[n - 1] == '=')
		n--;
	if (n != s.n && s.n % 4)
		return SIZE_MAX;
	for (size_t i = 0; i < n; i++)
		if (base64_digit(s.p[i], BASE64_PLAIN) < 0)
			return SIZE_MAX;
	return n % 4 == 1 ? SIZE_MAX : n;
}

enum credentials_scheme
credentials_of(struct str value, struct str *token)
{
	struct str scheme, rest;
	enum credentials_scheme s = CREDENTIALS_OTHER;

	*token = STR_NONE;
	if (!str_cut(value, ' ', &scheme, &rest))
		return CREDENTIALS_OTHER;
	if (str_eq_nocase(scheme, STR("Basic")))
		s = CREDENTIALS_BASIC;
	else if (str_eq_nocase(scheme, STR("Negotiate")))
		s = CREDENTIALS_NEGOTIATE;
	rest = str_trim(rest);
	if (s == CREDENTIALS_OTHER || rest.n == 0 || digits(rest) == SIZE_MAX)
		return CREDENTIALS_OTHER;
	*token = rest;
	return s;
}

/* Its bytes into <out>; SIZE_MAX: no base64, or more than <max>. */
static size_t
decode64(struct str s, char *out, size_t max)
{
	size_t n = digits(s);

	if (n == SIZE_MAX || n / 4 * 3 + n % 4 > max)
		return SIZE_MAX;
	return base64_read(str_sub(s, 0, n), BASE64_PLAIN, out).bytes;
}

static bool
has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

bool
credentials_basic(struct str token, char room[CREDENTIALS_ROOM],
    struct str *user, struct str *password)
{
	size_t n = decode64(token, room, CREDENTIALS_ROOM);
	struct str all;

	*user = *password = STR_NONE;
	if (n == SIZE_MAX)
		return false;
	all = str_make(room, n);
	if (!str_cut(all, ':', user, password) || user->n == 0 ||
	    password->n == 0 || user->n > CREDENTIALS_USER_MAX ||
	    password->n > CREDENTIALS_PASSWORD_MAX)
		return false;
	return !has_controls(all) && utf8_is_valid(all);
}

/*
 * Letters that a directory takes for others (RFC 4518 2.3 maps them by their
 * compatibility), and marks and blanks that it drops: with them one account
 * had many names, each of them unknown to the rules.
 */
static bool
has_twins(uint32_t cp)
{
	static const struct {
		uint32_t from, to;
	} twins[] = {{0xa0, 0xa0}, {0xaa, 0xaa}, {0xb2, 0xb3}, {0xb9, 0xba},
	    {0x17f, 0x17f}, {0x1c4, 0x1cc}, {0x1f1, 0x1f3}, {0x2b0, 0x2b8},
	    {0x300, 0x36f}, {0x1680, 0x1680}, {0x1d2c, 0x1d6a},
	    {0x2000, 0x200a}, {0x202f, 0x202f}, {0x205f, 0x205f},
	    {0x2070, 0x209f}, {0x20d0, 0x214f}, {0x2150, 0x218f},
	    {0x2460, 0x24ff}, {0x2c7c, 0x2c7d}, {0x3000, 0x3000},
	    {0x3200, 0x33ff}, {0xfb00, 0xfdff}, {0xfe00, 0xfe0f},
	    {0xfe20, 0xfe2f}, {0xfe70, 0xfefe}, {0xff00, 0xffef},
	    {0x1d400, 0x1d7ff}, {0x1f100, 0x1f1ff}};

	for (unsigned i = 0; i < ARRAY_LEN(twins); i++)
		if (cp >= twins[i].from && cp <= twins[i].to)
			return true;
	return false;
}

size_t
credentials_user(struct str name, char *out)
{
	size_t n = 0;
	struct str left = name;

	if (name.n == 0 || name.n > CREDENTIALS_USER_MAX || name.p[0] == ' ' ||
	    name.p[name.n - 1] == ' ')
		return 0;
	while (left.n) {
		uint32_t cp;
		size_t took = utf8_decode(left, &cp);

		if (took == 0 || !utf8_is_harmless(cp) || has_twins(cp))
			return 0;
		/* a directory takes several blanks for one */
		if (cp != ' ' || out[n - 1] != ' ') {
			memcpy(out + n, left.p, took);
			n += took;
		}
		left = str_sub(left, took, left.n);
	}
	return n;
}
