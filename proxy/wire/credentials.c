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
 * compatibility: all that Unicode's NFKC changes), marks and blanks that it
 * drops, and letters whose small one base/fold.h does not know: with them one
 * account had many names, each of them unknown to the rules. Not in it: what
 * Indic scripts, Thai and Lao are commonly written with.
 */
static bool
has_twins(uint32_t cp)
{
	static const struct {
		uint32_t from, to;
	} twins[] = {{0xa0, 0xa0}, {0xa8, 0xa8}, {0xaa, 0xaa}, {0xad, 0xad},
	    {0xaf, 0xaf}, {0xb2, 0xb5}, {0xb8, 0xba}, {0xbc, 0xbe},
	    {0x130, 0x130}, {0x132, 0x133}, {0x13f, 0x140}, {0x149, 0x149},
	    {0x17f, 0x17f}, {0x1c4, 0x1cc}, {0x1f1, 0x1f3}, {0x23a, 0x23a},
	    {0x23e, 0x23e}, {0x2b0, 0x2b8}, {0x2d8, 0x2dd}, {0x2e0, 0x2e4},
	    {0x300, 0x36f}, {0x374, 0x374}, {0x37a, 0x37a}, {0x37e, 0x37e},
	    {0x384, 0x385}, {0x387, 0x387}, {0x3d0, 0x3d6}, {0x3f0, 0x3f2},
	    {0x3f4, 0x3f5}, {0x3f9, 0x3f9}, {0x587, 0x587}, {0x600, 0x605},
	    {0x61c, 0x61c}, {0x675, 0x678}, {0x6dd, 0x6dd}, {0x70f, 0x70f},
	    {0x890, 0x891}, {0x8e2, 0x8e2}, {0xedc, 0xedd}, {0xf0c, 0xf0c},
	    {0xf77, 0xf77}, {0xf79, 0xf79}, {0x10fc, 0x10fc}, {0x1680, 0x1680},
	    {0x180e, 0x180e}, {0x1c80, 0x1c87}, {0x1d2c, 0x1d6a},
	    {0x1d78, 0x1d78}, {0x1d9b, 0x1dbf}, {0x1e9a, 0x1e9b},
	    {0x1e9e, 0x1e9e}, {0x1f71, 0x1f71}, {0x1f73, 0x1f73},
	    {0x1f75, 0x1f75}, {0x1f77, 0x1f77}, {0x1f79, 0x1f79},
	    {0x1f7b, 0x1f7b}, {0x1f7d, 0x1f7d}, {0x1fbb, 0x1fbb},
	    {0x1fbd, 0x1fc1}, {0x1fc9, 0x1fc9}, {0x1fcb, 0x1fcb},
	    {0x1fcd, 0x1fcf}, {0x1fd3, 0x1fd3}, {0x1fdb, 0x1fdf},
	    {0x1fe3, 0x1fe3}, {0x1feb, 0x1feb}, {0x1fed, 0x1fef},
	    {0x1ff9, 0x1ff9}, {0x1ffb, 0x1ffb}, {0x1ffd, 0x200f},
	    {0x2011, 0x2011}, {0x2017, 0x2017}, {0x2024, 0x2026},
	    {0x202a, 0x202f}, {0x2033, 0x2034}, {0x2036, 0x2037},
	    {0x203c, 0x203c}, {0x203e, 0x203e}, {0x2047, 0x2049},
	    {0x2057, 0x2057}, {0x205f, 0x209f}, {0x20a8, 0x20a8},
	    {0x20d0, 0x218f}, {0x222c, 0x222d}, {0x222f, 0x2230},
	    {0x2329, 0x232a}, {0x2460, 0x24ff}, {0x2a0c, 0x2a0c},
	    {0x2a74, 0x2a76}, {0x2adc, 0x2adc}, {0x2c62, 0x2c62},
	    {0x2c64, 0x2c64}, {0x2c6d, 0x2c70}, {0x2c7c, 0x2c7f},
	    {0x2d6f, 0x2d6f}, {0x2e9f, 0x2e9f}, {0x2ef3, 0x2fd5},
	    {0x3000, 0x3000}, {0x3036, 0x3036}, {0x3038, 0x303a},
	    {0x309b, 0x309c}, {0x309f, 0x309f}, {0x30ff, 0x30ff},
	    {0x3131, 0x318e}, {0x3192, 0x319f}, {0x3200, 0x33ff},
	    {0xa69c, 0xa69d}, {0xa770, 0xa770}, {0xa78d, 0xa78d},
	    {0xa7aa, 0xa7ae}, {0xa7b0, 0xa7b2}, {0xa7c5, 0xa7c5},
	    {0xa7f2, 0xa7f4}, {0xa7f8, 0xa7f9}, {0xab5c, 0xab5f},
	    {0xab69, 0xab69}, {0xf900, 0xfa0d}, {0xfa10, 0xfa10},
	    {0xfa12, 0xfa12}, {0xfa15, 0xfa1e}, {0xfa20, 0xfa20},
	    {0xfa22, 0xfa22}, {0xfa25, 0xfa26}, {0xfa2a, 0xfe44},
	    {0xfe47, 0xfffb}, {0x10781, 0x107ba}, {0x110bd, 0x110bd},
	    {0x110cd, 0x110cd}, {0x13430, 0x13438}, {0x1bca0, 0x1bca3},
	    {0x1d15e, 0x1d164}, {0x1d173, 0x1d17a}, {0x1d1bb, 0x1d1c0},
	    {0x1d400, 0x1d7ff}, {0x1ee00, 0x1eebb}, {0x1f100, 0x1f251},
	    {0x1fbf0, 0x1fbf9}, {0x2f800, 0x2fa1d}, {0xe0001, 0xe007f}};

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
