/* utf8.c - UTF-8, strictly; the door to utf8proc. */
#include "base/utf8.h"

#include <utf8proc.h>

#include "base/table.h"

size_t
utf8_decode(struct str s, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char c;
	size_t n;
	uint32_t v;

	if (s.n == 0)
		return 0;
	c = (unsigned char)s.p[0];
	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || n > s.n)
		return 0;
	v = c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	*cp = v;
	return n;
}

bool
utf8_is_valid(struct str s)
{
	while (s.n) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);

		if (n == 0)
			return false;
		s = str_sub(s, n, s.n);
	}
	return true;
}

size_t
utf8_encode(uint32_t cp, char out[UTF8_MAX])
{
	utf8proc_uint8_t bytes[UTF8_MAX];
	utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)cp, bytes);

	memcpy(out, bytes, (size_t)n);
	return (size_t)n;
}

size_t
utf8_fold(uint32_t cp, uint32_t out[UTF8_FOLD_MAX])
{
	utf8proc_int32_t to[UTF8_FOLD_MAX];
	utf8proc_ssize_t n;

	if (cp < 0x80) {
		out[0] = cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
		return 1;
	}
	n = utf8proc_decompose_char((utf8proc_int32_t)cp, to, UTF8_FOLD_MAX,
	    UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
	        UTF8PROC_IGNORE,
	    NULL);
	if (n < 0 || n > UTF8_FOLD_MAX) { /* no such character */
		out[0] = cp;
		return 1;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++)
		out[i] = (uint32_t)to[i];
	return (size_t)n;
}

enum utf8_kind
utf8_kind(uint32_t cp)
{
	static const uint8_t kind[] = {
	    [UTF8PROC_CATEGORY_LU] = UTF8_LETTER,
	    [UTF8PROC_CATEGORY_LL] = UTF8_LETTER,
	    [UTF8PROC_CATEGORY_LT] = UTF8_LETTER,
	    [UTF8PROC_CATEGORY_LM] = UTF8_LETTER,
	    [UTF8PROC_CATEGORY_LO] = UTF8_LETTER,
	    [UTF8PROC_CATEGORY_ND] = UTF8_DIGIT,
	    [UTF8PROC_CATEGORY_NL] = UTF8_DIGIT,
	    [UTF8PROC_CATEGORY_NO] = UTF8_DIGIT,
	    [UTF8PROC_CATEGORY_MN] = UTF8_MARK,
	    [UTF8PROC_CATEGORY_MC] = UTF8_MARK,
	    [UTF8PROC_CATEGORY_ME] = UTF8_MARK,
	};
	size_t i = (size_t)utf8proc_category((utf8proc_int32_t)cp);

	return i < ARRAY_LEN(kind) ? (enum utf8_kind)kind[i] : UTF8_OTHER;
}

bool
utf8_is_harmless(uint32_t cp)
{
	static const struct {
		uint32_t from, to;
	} not [] = {{0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c},
	    {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
	    {0x2060, 0x206f}, {0xe000, 0xf8ff}, {0xfeff, 0xfeff},
	    {0xfff9, 0xfffb}, {0xe0000, 0x10ffff}};

	for (size_t i = 0; i < ARRAY_LEN(not ); i++)
		if (cp >= not [i].from && cp <= not [i].to)
			return false;
	return true;
}
