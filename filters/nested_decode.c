/* nested_decode.c - how a URL is written inside of another. */
#include "base/base64.h"
#include "base/hex.h"
#include "base/table.h"
#include "base/utf8.h"
#include "filters/nested_impl.h"

/* A character that is written in another way: how long that is. */
struct escape {
	size_t n; /* 0: none */
	uint32_t cp;
	bool byte; /* <cp> is one */
};

/* <n> digits at <at>; fewer are none. */
static struct escape
digits(struct str s, size_t at, size_t n)
{
	struct escape e = {.n = at + n};

	for (size_t i = at; i < at + n; i++) {
		int v = i < s.n ? hex_digit(s.p[i]) : -1;

		if (v < 0)
			return (struct escape){0};
		e.cp = e.cp * 16 + (uint32_t)v;
	}
	return e;
}

/* "&#58;" and "&#x3a;", and those that have names. */
static struct escape
of_html(struct str s)
{
	bool is_hex = s.n > 2 && str_lower_char(s.p[2]) == 'x';
	struct escape e = {.n = is_hex ? 3 : 2};
	size_t from = e.n;

	if (str_starts(s, STR("&colon;")))
		return (struct escape){7, ':', false};
	if (str_starts(s, STR("&sol;")))
		return (struct escape){5, '/', false};
	if (str_starts(s, STR("&period;")))
		return (struct escape){8, '.', false};
	if (!str_starts(s, STR("&#")))
		return (struct escape){0};
	for (; e.n < s.n && e.n < from + 7; e.n++) {
		int v = hex_digit(s.p[e.n]);

		if (v < 0 || (!is_hex && v > 9))
			break;
		e.cp = e.cp * (is_hex ? 16 : 10) + (uint32_t)v;
	}
	if (e.n == from)
		return (struct escape){0};
	e.n += e.n < s.n && s.p[e.n] == ';';
	return e;
}

/* What is written at the front of <s>. */
static struct escape
escape(struct str s)
{
	struct escape e = {0};
	char c = s.n > 1 ? str_lower_char(s.p[1]) : '\0';

	if (s.p[0] == '&')
		return of_html(s);
	if (c == 'u')
		return digits(s, 2, 4);
	if (s.p[0] == '%')
		e = digits(s, 1, 2);
	else if (c == 'x')
		e = digits(s, 2, 2);
	e.byte = true;
	return e;
}

static bool
is_character(uint32_t cp)
{
	return cp < 0xd800 || (cp >= 0xe000 && cp < 0x110000);
}

size_t
nested_unescape(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		struct escape e = {0};

		if (p[i] == '%' || p[i] == '\\' || p[i] == '&')
			e = escape(str_make(p + i, n - i));
		if (e.n == 0 || (!e.byte && !is_character(e.cp))) {
			p[to++] = p[i];
			continue;
		}
		i += e.n - 1;
		if (e.byte || e.cp < 0x80) {
			p[to++] = (char)e.cp;
		} else {
			char said[UTF8_MAX];
			size_t len = utf8_encode(e.cp, said);

			memcpy(p + to, said, len); /* each is shorter so */
			to += len;
		}
	}
	return to;
}

/* ------------------------------------------------- where coding begins */

/*
 * Of base64: "http" in small letters, with a capital, in capitals, where it
 * begins at each of the three places of a group, and what is left where it is
 * taken for granted; and all that in base64 once more. <before>: how far back
 * the group begins.
 */
static const struct {
	struct str text;
	unsigned before;
} base64_marks[] = {
/* clang-format off */
#define M(text, before) {STR_INIT(text), before}
	M("aHR0", 0), M("SHR0", 0), M("SFRU", 0),
	M("h0dH", 2), M("hUVF", 2),
	M("odHR", 3), M("IdHR", 3), M("IVFR", 3),
	M("Oi8v", 0), M("czovL", 0),
	M("YUhS", 0), M("U0hS", 0), M("U0ZS", 0),
	M("FIUj", 2), M("hSFI", 3),
#undef M
    /* clang-format on */
};

/* What is left of a URL without its "http". */
static bool
is_rest(struct str mark)
{
	return mark.p[0] == 'O' || mark.p[0] == 'c';
}

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
		if (is_rest(text) && at && s.p[at - 1] != '=' &&
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
	case 'U':
		if (nested_four(s, at, "U0hS") || nested_four(s, at, "U0ZS"))
			return base64_coded(s, at, from);
		/* fallthrough */
	case 'u':
		return nested_four_nocase(s, at, "uggc") &&
		               (begins(s, at + 4, STR(":")) ||
		                   begins(s, at + 4, STR("f:")))
		           ? CODING_ROT13
		           : CODING_NONE;
	case 'h':
		if (nested_four(s, at, "hvtr"))
			return CODING_XOR;
		return nested_four(s, at, "h0dH") ||
		               nested_four(s, at, "hUVF") ||
		               nested_four(s, at, "hSFI")
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
	case 'F':
	case 'I':
	case 'O':
	case 'S':
	case 'Y':
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
