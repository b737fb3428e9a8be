/* search.c - what is searched for, decoded and folded to words. */
#include "filters/search.h"

#include "base/hex.h"
#include "base/table.h"
#include "base/utf8.h"

#define DECODED_MAX 4096 /* bytes; what is behind them is lost */

/* ------------------------------------------------------------ decoding */

/* <n> hex digits at <at> of <s>; -1: there are fewer. */
static int
hex_number(struct str s, size_t at, size_t n)
{
	int v = 0;

	if (at + n > s.n)
		return -1;
	for (size_t i = at; i < at + n; i++) {
		if (hex_digit(s.p[i]) < 0)
			return -1;
		v = v * 16 + hex_digit(s.p[i]);
	}
	return v;
}

/* Where text is put together. */
struct text {
	char *p;
	size_t n, max;
	bool lost;
};

static void
add_byte(struct text *t, char c)
{
	if (t->n == t->max)
		t->lost = true;
	else
		t->p[t->n++] = c;
}

static void
add_point(struct text *t, uint32_t cp)
{
	char bytes[UTF8_MAX];
	size_t n;

	if (cp < 0x80) {
		add_byte(t, (char)cp);
		return;
	}
	n = utf8_encode(cp, bytes);
	if (t->n + n > t->max) {
		t->lost = true;
		return;
	}
	memcpy(t->p + t->n, bytes, n);
	t->n += n;
}

/* Escapes taken out: "%D0%B1", and "%u0431" of scripts. */
static void
unescape(struct str raw, struct text *out)
{
	for (size_t i = 0; i < raw.n; i++) {
		int byte, point = -1;

		if (raw.p[i] != '%') {
			add_byte(out, raw.p[i] == '+' ? ' ' : raw.p[i]);
			continue;
		}
		byte = hex_number(raw, i + 1, 2);
		if (i + 1 < raw.n && str_lower_char(raw.p[i + 1]) == 'u')
			point = hex_number(raw, i + 2, 4);
		if (byte >= 0) {
			add_byte(out, (char)byte);
			i += 2;
		} else if (point >= 0) {
			add_point(out, point >= 0xd800 && point < 0xe000
			                   ? ' '
			                   : (uint32_t)point);
			i += 5;
		} else {
			add_byte(out, '%');
		}
	}
}

/* The upper halves of windows-1251 and KOI8-R, letters only; 0: none. KOI8-R
 * as it is in Russian; the letters of Kazakh have no place in either. */
static const uint16_t windows_1251[128] = {
    [0x00] = 0x402,
    0x403,
    [0x03] = 0x453,
    [0x0a] = 0x409,
    [0x0c] = 0x40a,
    0x40c,
    0x40b,
    0x40f,
    0x452,
    [0x1a] = 0x459,
    [0x1c] = 0x45a,
    0x45c,
    0x45b,
    0x45f,
    [0x21] = 0x40e,
    0x45e,
    0x408,
    [0x25] = 0x490,
    [0x28] = 0x401,
    [0x2a] = 0x404,
    [0x2f] = 0x407,
    [0x32] = 0x406,
    0x456,
    0x491,
    [0x38] = 0x451,
    [0x3a] = 0x454,
    [0x3c] = 0x458,
    0x405,
    0x455,
    0x457,
};
static const char koi8_letters[] = "юабцдефгхийклмнопярстужвьызшэщчъ";

/* The Cyrillic letter that <c>, from 0x80 on, is in some charset; else 0. */
typedef uint32_t charset(unsigned char c);

static uint32_t
from_1251(unsigned char c)
{
	return c >= 0xc0 ? 0x410u + (c - 0xc0u) : windows_1251[c - 0x80];
}

static uint32_t
from_koi8(unsigned char c)
{
	size_t at = 2 * (size_t)(c & 0x1f); /* each takes two bytes */
	uint32_t cp = 0;

	if (c == 0xa3 || c == 0xb3)
		return 0x451;
	if (c < 0xc0)
		return 0;
	utf8_decode(str_make(koi8_letters + at, 2), &cp);
	return c >= 0xe0 ? cp - 0x20 : cp;
}

/* The letters of ISO 8859-5 and of code page 866: "а" to "п" stand behind the
 * capitals in both. */
static uint32_t
from_8859_5(unsigned char c)
{
	if (c == 0xa1 || c == 0xf1)
		return 0x451;
	return c >= 0xb0 && c < 0xf0 ? 0x410u + (c - 0xb0u) : 0;
}

static uint32_t
from_866(unsigned char c)
{
	if (c == 0xf0 || c == 0xf1)
		return 0x451;
	if (c < 0xb0)
		return 0x410u + (c - 0x80u);
	return c >= 0xe0 && c < 0xf0 ? 0x440u + (c - 0xe0u) : 0;
}

/* How often each letter is in Russian, in a thousand: from "а" on. */
static const uint8_t per_thousand[32] = {80, 16, 45, 17, 30, 85, 9, 17, 74, 12,
    35, 44, 32, 67, 110, 28, 47, 55, 63, 26, 3, 10, 5, 14, 7, 4, 1, 19, 17, 3,
    6, 20};

/* How likely is it that <s> is in the charset of <from>, <all> of it or what is
 * no UTF-8? Capitals inside of a word in small letters speak against it. */
static int
likely(struct str s, charset *from, bool all)
{
	int score = 0;
	bool small = false;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		uint32_t cp = 0;
		size_t n = c >= 0x80 && !all
		               ? utf8_decode(str_sub(s, i, s.n), &cp)
		               : 0;

		if (n > 1) {
			i += n - 1;
			small = false;
			continue;
		}
		cp = c >= 0x80 ? from(c) : 0;
		if (c >= 0x80 && cp == 0)
			score -= 40;
		if (cp >= 0x410 && cp < 0x450)
			score += per_thousand[(cp - 0x410) % 32];
		if (cp >= 0x410 && cp < 0x430 && small)
			score -= 40;
		small = cp >= 0x430 && cp < 0x450;
	}
	return score;
}

/* How many bytes of <s> are in characters of more than one, and how many in
 * none. */
static void
count(struct str s, size_t *valid, size_t *invalid)
{
	*valid = *invalid = 0;
	while (s.n) {
		uint32_t cp;
		size_t n =
		    (unsigned char)s.p[0] < 0x80 ? 1 : utf8_decode(s, &cp);

		*valid += n > 1 ? n : 0;
		*invalid += n == 0;
		s = str_make(s.p + (n ? n : 1), s.n - (n ? n : 1));
	}
}

/* ------------------------------------------------------------- folding */

static bool
is_apostrophe(uint32_t cp)
{
	/* those that are typed for the one of Uzbek, and for all others */
	static const uint16_t all[] = {'\'', '`', 0xb4, 0x2b9, 0x2bb, 0x2bc,
	    0x2bd, 0x2be, 0x2bf, 0x2c8, 0x2ca, 0x2cb, 0x2018, 0x2019, 0x201b,
	    0x2032, 0x2035, 0xff07, 0xff40};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i] == cp)
			return true;
	return false;
}

/* Marks that only decorate: of Latin, Greek and Cyrillic, and the vowel signs
 * of Arabic and Hebrew, which are left out as often as not. In other scripts
 * they are letters. */
static bool
is_decoration(uint32_t cp)
{
	static const struct {
		uint16_t from, to;
	} ranges[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5c7},
	    {0x610, 0x61a}, {0x64b, 0x65f}, {0x670, 0x670}, {0x1ab0, 0x1aff},
	    {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f}};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (cp >= ranges[i].from && cp <= ranges[i].to)
			return true;
	return false;
}

/* Written without blanks between words: each is a word of its own. */
static bool
is_ideograph(uint32_t cp)
{
	if (cp < 0x3040)
		return false;
	return cp <= 0x30ff || (cp >= 0x3400 && cp <= 0x9fff) ||
	       (cp >= 0xf900 && cp <= 0xfaff) ||
	       (cp >= 0x20000 && cp <= 0x3ffff);
}

/* Words, as they come. */
struct fold {
	struct text out;
	uint32_t last;   /* the letter at the end of <out>; 0: none */
	bool apostrophe; /* one stands behind it */
	bool apart;      /* the next letter begins a word */
	unsigned words;
};

static void
fold_letter(struct fold *f, uint32_t cp)
{
	size_t before = f->out.n;
	bool begins = f->out.n == 0 || f->apart || is_ideograph(cp) ||
	              is_ideograph(f->last);

	if (f->out.lost)
		return;
	if (begins && ++f->words > SEARCH_WORDS_MAX) {
		f->out.lost = true;
		return;
	}
	if (begins && f->out.n)
		add_byte(&f->out, ' ');
	else if (f->apostrophe)
		add_byte(&f->out, '\'');
	f->apostrophe = f->apart = false;
	add_point(&f->out, cp);
	if (f->out.lost)
		f->out.n = before;
	f->last = cp;
}

/* What <cp> makes of the letter before it; 0: nothing. The two that are letters
 * of their own in Cyrillic, and the syllables of Korean (Unicode 3.12). */
static uint32_t
compose(uint32_t last, uint32_t cp)
{
	uint32_t syllable = last - 0xac00;

	if (cp == 0x306)
		return last == 0x438 ? 0x439 : last == 0x443 ? 0x45e : 0;
	if (last >= 0x1100 && last < 0x1113 && cp >= 0x1161 && cp < 0x1176)
		return 0xac00 + ((last - 0x1100) * 21 + (cp - 0x1161)) * 28;
	if (syllable < 11172 && syllable % 28 == 0 && cp > 0x11a7 &&
	    cp < 0x11c3)
		return last + (cp - 0x11a7);
	return 0;
}

/* <cp> is decomposed and of lower case. */
static void
fold_one(struct fold *f, uint32_t cp)
{
	enum utf8_kind kind;
	uint32_t whole = compose(f->last, cp);

	if (whole && !f->out.lost && !f->apart && !f->apostrophe) {
		char bytes[UTF8_MAX];

		f->out.n -= utf8_encode(f->last, bytes);
		f->last = whole;
		add_point(&f->out, whole);
		return;
	}
	if (is_decoration(cp))
		return;
	if (is_apostrophe(cp)) {
		f->apostrophe = f->last != 0 && !f->apart;
		f->apart |= !f->apostrophe;
		return;
	}
	kind = utf8_kind(cp);
	if (kind == UTF8_OTHER) {
		f->apart = true;
		f->apostrophe = false;
		return;
	}
	fold_letter(f, cp == 0x131 ? 'i' : cp);
}

/* The letter that <cp> becomes, for those that most searches are made of; 0: not
 * one of these. */
static uint32_t
plain_letter(uint32_t cp)
{
	if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9'))
		return cp;
	if (cp >= 'A' && cp <= 'Z')
		return cp + 32;
	if (cp >= 0x430 && cp < 0x450)
		return cp;
	return cp >= 0x410 && cp < 0x430 ? cp + 0x20 : 0;
}

static void
fold_point(struct fold *f, uint32_t cp)
{
	uint32_t to[UTF8_FOLD_MAX];
	size_t n;

	if (plain_letter(cp)) {
		fold_letter(f, plain_letter(cp));
		return;
	}
	if (cp == ' ') {
		f->apart = true;
		f->apostrophe = false;
		return;
	}
	if (is_apostrophe(cp)) { /* some would come apart into a blank */
		fold_one(f, cp);
		return;
	}
	n = utf8_fold(cp, to);
	for (size_t i = 0; i < n; i++)
		fold_one(f, to[i]);
}

/* As UTF-8; what else there is beside it parts words. */
static void
fold_utf8(struct fold *f, struct str s)
{
	while (s.n) {
		uint32_t cp;
		size_t n = utf8_decode(s, &cp);

		fold_point(f, n ? cp : ' ');
		s = str_make(s.p + (n ? n : 1), s.n - (n ? n : 1));
	}
}

static void
fold_charset(struct fold *f, struct str s, charset *from)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		uint32_t cp = c >= 0x80 ? from(c) : c;

		fold_point(f, cp ? cp : ' ');
	}
}

/* What is read behind what was read in another way is no word of that. */
static void
fold_apart(struct fold *f)
{
	f->apart = true;
	f->apostrophe = false;
}

static charset *
likelier(struct str s, charset *a, charset *b, bool all)
{
	return likely(s, b, all) > likely(s, a, all) ? b : a;
}

/* Bytes that are no UTF-8: in the charset that is likely. One that is likely
 * only if what looks like UTF-8 is none comes in addition, and so do those that
 * few use by now. */
static void
fold_old(struct fold *f, struct str s)
{
	charset *often = likelier(s, from_1251, from_koi8, false);
	charset *more = likelier(s, from_1251, from_koi8, true);
	charset *rare = likelier(s, from_866, from_8859_5, false);

	fold_charset(f, s, often);
	if (more != often) {
		fold_apart(f);
		fold_charset(f, s, more);
	}
	if (likelier(s, often, rare, false) == rare) {
		fold_apart(f);
		fold_charset(f, s, rare);
	}
}

#define CUT_MAX 3 /* bytes that are left of a character that was cut */

/*
 * In which charset? Characters of UTF-8 are seldom there by accident, but one
 * beside an older charset must not hide what is said in that: where there are
 * both it is read both ways, one behind the other.
 */
static void
fold_bytes(struct fold *f, struct str s)
{
	size_t valid, invalid;
	bool lost;

	count(s, &valid, &invalid);
	if (valid || invalid == 0)
		fold_utf8(f, s);
	if (invalid == 0)
		return;
	lost = f->out.lost;
	if (valid)
		fold_apart(f);
	fold_old(f, s);
	/* a long text that was cut within a character is no other charset */
	if (valid && invalid <= CUT_MAX)
		f->out.lost = lost;
}

void
search_fold(struct str raw, bool encoded, struct search *out)
{
	char room[DECODED_MAX];
	struct text plain = {.p = room, .max = sizeof(room)};
	struct fold f = {.out = {.p = out->text, .max = SEARCH_TEXT_MAX}};

	if (encoded) {
		unescape(raw, &plain);
		raw = str_make(room, plain.n);
	}
	fold_bytes(&f, raw);
	out->is = true;
	out->lost = f.out.lost || plain.lost;
	out->n = (uint16_t)f.out.n;
}
