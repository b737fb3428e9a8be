/* nested_decode.c - how a URL is written inside of another. */
#include "base/base64.h"
#include "base/hex.h"
#include "base/table.h"
#include "filters/nested_impl.h"

size_t
nested_unescape(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '%' && i + 2 < n && hex_digit(p[i + 1]) >= 0 &&
		    hex_digit(p[i + 2]) >= 0) {
			p[to++] = (char)(hex_digit(p[i + 1]) * 16 +
			                 hex_digit(p[i + 2]));
			i += 2;
		} else {
			p[to++] = p[i];
		}
	}
	return to;
}

/* ------------------------------------------------- where coding begins */

/*
 * Of base64: "http://", "https://", both with a capital, in capitals, where
 * they begin at each of the three places of a group, and what is left where
 * "http" is taken for granted. <before>: how far back the group begins.
 */
static const struct {
	struct str text;
	unsigned before;
} base64_marks[] = {
/* clang-format off */
#define M(text, before) {STR_INIT(text), before}
	M("aHR0cDov", 0), M("aHR0cHM6", 0), M("SHR0cDov", 0), M("SHR0cHM6", 0),
	M("SFRUUDov", 0), M("SFRUUFM6", 0),
	M("h0dHA6L", 2),  M("h0dHBzO", 2),  M("hUVFA6L", 2),  M("hUVFBTO", 2),
	M("odHRwOi", 3),  M("odHRwczo", 3), M("IdHRwOi", 3),  M("IdHRwczo", 3),
	M("IVFRQOi", 3),  M("IVFRQUzo", 3),
	M("Oi8v", 0),     M("czovL", 0),
#undef M
    /* clang-format on */
};

static enum nested_coding
base64_coded(struct str s, size_t at, size_t *from)
{
	for (size_t i = 0; i < ARRAY_LEN(base64_marks); i++) {
		struct str text = base64_marks[i].text;
		unsigned back = base64_marks[i].before;

		if (!nested_four(s, at, text.p) || back > at ||
		    !str_eq(str_sub(s, at, text.n), text))
			continue;
		/* "://" alone is too little to go by but at the front */
		if (text.n < 6 && at && s.p[at - 1] != '=' &&
		    s.p[at - 1] != '/')
			continue;
		*from = at - back;
		return CODING_BASE64;
	}
	return CODING_NONE;
}

static bool
begins(struct str s, size_t at, struct str with)
{
	return str_eq_nocase(str_sub(s, at, with.n), with);
}

enum nested_coding
nested_coded(struct str s, size_t at, size_t *from)
{
	*from = at;
	switch (s.p[at]) {
	case '6':
		return nested_four(s, at, "6874") &&
		               nested_four(s, at + 4, "7470")
		           ? CODING_HEX
		           : CODING_NONE;
	case '4':
		return nested_four(s, at, "4854") &&
		               nested_four(s, at + 4, "5450")
		           ? CODING_HEX
		           : CODING_NONE;
	case 'u':
	case 'U':
		return nested_four_nocase(s, at, "uggc") &&
		               (begins(s, at + 4, STR(":")) ||
		                   begins(s, at + 4, STR("f:")))
		           ? CODING_ROT13
		           : CODING_NONE;
	case 'h':
		if (nested_four(s, at, "hvtr"))
			return CODING_XOR;
		return nested_four(s, at, "h0dH") || nested_four(s, at, "hUVF")
		           ? base64_coded(s, at, from)
		           : CODING_NONE;
	case 'a':
		return nested_four(s, at, "aHR0") ? base64_coded(s, at, from)
		                                  : CODING_NONE;
	case 'o':
		return nested_four(s, at, "odHR") ? base64_coded(s, at, from)
		                                  : CODING_NONE;
	case 'c':
		return nested_four(s, at, "czov") ? base64_coded(s, at, from)
		                                  : CODING_NONE;
	case 'S':
	case 'I':
	case 'O':
		return base64_coded(s, at, from);
	default:
		return CODING_NONE;
	}
}

/* ------------------------------------------------------------ decoding */

static size_t
from_hex(struct str s, char *room)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < s.n && hex_digit(s.p[i]) >= 0 &&
	                   hex_digit(s.p[i + 1]) >= 0;
	     i += 2)
		room[n++] =
		    (char)(hex_digit(s.p[i]) * 16 + hex_digit(s.p[i + 1]));
	return n;
}

static char
rot13(char c)
{
	char low = str_lower_char(c);

	if (low < 'a' || low > 'z')
		return c;
	return (char)(low < 'n' ? c + 13 : c - 13);
}

struct str
nested_decode(enum nested_coding how, struct str s, char *room)
{
	size_t n = 0;

	switch (how) {
	case CODING_BASE64:
		n = base64_read(s, BASE64_EITHER, room).bytes;
		break;
	case CODING_HEX:
		n = from_hex(s, room);
		break;
	case CODING_ROT13:
		for (; n < s.n; n++)
			room[n] = rot13(s.p[n]);
		break;
	case CODING_XOR:
		for (; n < s.n; n++)
			room[n] = (char)(n % 2 ? s.p[n] ^ 2 : s.p[n]);
		break;
	case CODING_NONE:
		break;
	}
	return str_make(room, n);
}
