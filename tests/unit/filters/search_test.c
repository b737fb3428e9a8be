/* search_test.c - searches, folded to words. */
#include "world.h"

#include "base/table.h"
#include "base/utf8.h"
#include "filters/search.h"

static struct str
folded(const char *raw, bool encoded)
{
	static struct search s;

	search_fold(str_of(raw), encoded, &s);
	assert_true(s.is);
	assert_false(s.lost);
	return str_make(s.text, s.n);
}

static void
is(const char *raw, bool encoded, const char *want)
{
	struct str got = folded(raw, encoded);

	if (!str_eq(got, str_of(want)))
		fail_msg(
		    "\"%s\": \"%.*s\" is not \"%s\"", raw, STR_ARG(got), want);
}

static void
escapes_are_taken_out_once(void **unused)
{
	static const struct {
		const char *raw, *text;
	} rows[] = {
	    {"", ""},
	    {"red", "red"},
	    {"red+cars", "red cars"},
	    {"red%20cars", "red cars"},
	    {"red%2Bcars", "red cars"},
	    {"++red++", "red"},
	    {"%72%65%64", "red"},
	    {"%2572", "72"},
	    {"100%", "100"},
	    {"%zz", "zz"},
	    {"%", ""},
	    {"%4", "4"},
	    {"%u0431%u043E%u0431", "боб"},
	    {"%U0431", "б"},
	    {"%u043", "u043"},
	    {"a%uD83D%uDE00b", "a b"},
	    {"%D0%B1%D0%BE%D0%B1", "боб"},
	    {"a%00b", "a b"},
	    {"a%0Ab%09c", "a b c"},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is(rows[i].raw, true, rows[i].text);
	is("100%25+a", false, "100 25 a");
}

static void
a_word_is_the_same_however_it_is_written(void **unused)
{
	static const struct {
		const char *raw, *text;
	} rows[] = {
	    /* case */
	    {"RED Cars", "red cars"},
	    {"ҚЫЗЫЛ", "қызыл"},
	    {"ӘҒҚҢӨҰҮҺІ", "әғқңөұүһі"},
	    {"ЎЗБЕКИСТОН", "ўзбекистон"},
	    {"ЁЛКА", "елка"},
	    {"ёлка", "елка"},
	    {"ЙОД йод", "йод йод"},
	    {"\u0418\u0306од и\u0306од", "йод йод"},
	    {"\u0443\u0306збек", "ўзбек"},
	    {"Straße STRASSE", "strasse strasse"},
	    {"İSTANBUL ıstanbul", "istanbul istanbul"},
	    /* marks */
	    {"café cafe\u0301", "cafe cafe"},
	    {"za\u0301mok за\u0301мок", "zamok замок"},
	    {"b\u0336a\u0336d\u0336", "bad"},
	    {"b\u20ddad", "bad"},
	    {"مَدْرَسَة مدرسة", "مدرسة مدرسة"},
	    /* in other scripts marks are letters */
	    {"हिन्दी", "हिन्दी"},
	    /* what cannot be seen */
	    {"b\u200bad", "bad"},
	    {"b\u200ca\u200dd", "bad"},
	    {"b\u2060ad\ufeff", "bad"},
	    {"b\u00adad", "bad"},
	    {"\u202eb\u202cad", "bad"},
	    {"b\u034fad", "bad"},
	    {"b\ufe0fad", "bad"},
	    {"b\U000e0061ad", "bad"},
	    {"b\u180ead", "bad"},
	    {"b\u2063ad", "bad"},
	    /* compatibility forms */
	    {"ｂａｄ", "bad"},
	    {"ＢＡＤ", "bad"},
	    {"𝐛𝐚𝐝 𝔟𝔞𝔡 𝓫𝓪𝓭", "bad bad bad"},
	    {"ⓑⓐⓓ", "bad"},
	    {"ﬁre", "fire"},
	    {"b²", "b2"},
	    {"ⅳ", "iv"},
	    {"ﾃｽﾄ", "テ ス ト"},
	    /* what parts words */
	    {"self-harm", "self harm"},
	    {"self\u2010harm self\u2014harm", "self harm self harm"},
	    {"b.a.d", "b a d"},
	    {"bad!!! (very)", "bad very"},
	    {"a,b;c:d/e\\f|g", "a b c d e f g"},
	    {"a\u00a0b\u3000c\u2003d", "a b c d"},
	    {"a😀b", "a b"},
	    {"covid19 2026", "covid19 2026"},
	    {"c++ c#", "c c"},
	    {"_a_b_", "a b"},
	    /* apostrophes: one for all, and only inside of a word */
	    {"o'zbek o`zbek oʻzbek oʼzbek o‘zbek o’zbek o´zbek",
	        "o'zbek o'zbek o'zbek o'zbek o'zbek o'zbek o'zbek"},
	    {"O‘ZBEK gʻisht", "o'zbek g'isht"},
	    {"o＇zbek", "o'zbek"},
	    {"'bad' ‘bad’ \"bad\"", "bad bad bad"},
	    {"bogʻ", "bog"},
	    {"don't", "don't"},
	    {"d''or", "d'or"},
	    {"' a '' b", "a b"},
	    {"a '.b", "a b"},
	    /* no blanks between words */
	    {"自殺方法", "自 殺 方 法"},
	    {"a自b", "a 自 b"},
	    {"서울 시", "서울 시"},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is(rows[i].raw, false, rows[i].text);
}

/* "красный автомобиль", "ҚАЗАҚ" has no place in the old ones. */
static void
bytes_that_are_no_utf8_are_russian(void **unused)
{
	static const struct {
		const char *raw, *text;
	} rows[] = {
	    /* windows-1251 */
	    {"%EA%F0%E0%F1%ED%FB%E9+%E0%E2%F2%EE%EC%EE%E1%E8%EB%FC",
	        "красный автомобиль"},
	    {"%CA%F0%E0%F1%ED%FB%E9+%E0%E2%F2%EE%EC%EE%E1%E8%EB%FC",
	        "красный автомобиль"},
	    {"%B8%EB%EA%E0+red", "елка red"},
	    {"%E0%96%E0", "а а"},
	    /* KOI8-R */
	    {"%CB%D2%C1%D3%CE%D9%CA+%C1%D7%D4%CF%CD%CF%C2%C9%CC%D8",
	        "красный автомобиль"},
	    {"%EB%D2%C1%D3%CE%D9%CA+%C1%D7%D4%CF%CD%CF%C2%C9%CC%D8",
	        "красный автомобиль"},
	    /* with UTF-8 beside it: both ways */
	    {"%EA%F0%E0%F1%ED%FB%E9+%C3%A9", "e красный г"},
	    {"%C3%A9+%EA%F0%E0%F1%ED%FB%E9", "e г красный"},
	    {"%CC%A3%C4", "мјд лед"},
	    {"%D0%BA%D0%BE%D1%82+%FF", "кот рєрѕс я"},
	    {"red+%FFant+%D0%BA", "red ant к red яant рє"},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is(rows[i].raw, true, rows[i].text);
}

/* ISO 8859-5 and code page 866 come behind what is more usual. */
static void
rarer_charsets_are_read_as_well(void **unused)
{
	static const char *const rows[] = {
	    /* ISO 8859-5, in small letters and with capitals */
	    "%DA%E0%D0%E1%DD%EB%D9%20%D0%D2%E2%DE%DC%DE%D1%D8%DB%EC",
	    "%BA%E0%D0%E1%DD%EB%D9%20%B0%D2%E2%DE%DC%DE%D1%D8%DB%EC",
	    "%BA%C0%B0%C1%BD%CB%B9",
	    "%DA%E0%D0%E1%DD%EB%D9+%C3%A9",
	    /* code page 866 */
	    "%AA%E0%A0%E1%AD%EB%A9%20%A0%A2%E2%AE%AC%AE%A1%A8%AB%EC",
	    "%8A%E0%A0%E1%AD%EB%A9%20%80%A2%E2%AE%AC%AE%A1%A8%AB%EC",
	    "%8A%90%80%91%8D%9B%89",
	    "%C3%A9+%AA%E0%A0%E1%AD%EB%A9",
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct search s;

		search_fold(str_of(rows[i]), true, &s);
		assert_false(s.lost);
		s.text[s.n < SEARCH_TEXT_MAX ? s.n : s.n - 1] = '\0';
		if (!strstr(s.text, "красный"))
			fail_msg("%s: \"%s\"", rows[i], s.text);
	}
}

/* A character that was cut does not make a long search one that is lost. */
static void
a_cut_character_is_no_other_charset(void **unused)
{
	char raw[SEARCH_TEXT_MAX + 8];
	struct search s;

	(void)unused;
	for (size_t i = 0; i + 1 < 400; i += 2)
		memcpy(raw + i, "\xd1\x8f", 2);
	raw[400] = '\xd1';
	search_fold(str_make(raw, 401), false, &s);
	assert_false(s.lost);
	memset(raw + 400, '\xff', 4);
	search_fold(str_make(raw, 404), false, &s);
	assert_true(s.lost);
}

static void
what_is_too_long_is_cut_at_a_letter_and_said(void **unused)
{
	char raw[3 * 2000];
	struct search s;

	(void)unused;
	memset(raw, 'a', sizeof(raw));
	search_fold(str_make(raw, SEARCH_TEXT_MAX), false, &s);
	assert_false(s.lost);
	assert_int_equal(s.n, SEARCH_TEXT_MAX);
	search_fold(str_make(raw, SEARCH_TEXT_MAX + 1), false, &s);
	assert_true(s.lost);
	assert_int_equal(s.n, SEARCH_TEXT_MAX);

	/* what takes two bytes does not come in half */
	for (size_t i = 0; i + 1 < sizeof(raw); i += 2)
		memcpy(raw + i, "\xd1\x8f", 2);
	search_fold(str_make(raw, 600), false, &s);
	assert_true(s.lost);
	raw[0] = 'a';
	raw[1] = 'b';
	raw[2] = 'c';
	search_fold(str_make(raw + 1, 600), false, &s);
	assert_true(s.lost);
	assert_true(utf8_is_valid(str_make(s.text, s.n)));

	/* words, too, are counted */
	for (size_t i = 0; i + 1 < sizeof(raw); i += 2)
		memcpy(raw + i, "a ", 2);
	search_fold(str_make(raw, 2 * SEARCH_WORDS_MAX), false, &s);
	assert_false(s.lost);
	assert_int_equal(s.n, 2 * SEARCH_WORDS_MAX - 1);
	search_fold(str_make(raw, 2 * SEARCH_WORDS_MAX + 1), false, &s);
	assert_true(s.lost);
	assert_int_equal(s.n, 2 * SEARCH_WORDS_MAX - 1);

	/* and so is what was decoded */
	memset(raw, '+', sizeof(raw));
	search_fold(str_make(raw, sizeof(raw)), true, &s);
	assert_true(s.lost);
	assert_int_equal(s.n, 0);
}

/* Folded again, it stays what it is; whatever it was. */
static void
folded_of_folded_is_itself(void **unused)
{
	uint32_t seed = 7;

	(void)unused;
	for (int round = 0; round < 20000; round++) {
		char raw[48];
		struct search s, again;
		size_t n = 0;

		while (n + UTF8_MAX <= sizeof(raw) && seed % 11 != 3) {
			uint32_t cp;

			seed = seed * 1103515245 + 12345;
			cp = (seed >> 8) % ((seed >> 4) % 3 ? 0x600 : 0x20000);
			if (cp >= 0xd800 && cp < 0xe000)
				cp = '-';
			n += utf8_encode(cp, raw + n);
		}
		seed = seed * 1103515245 + 12345;
		search_fold(str_make(raw, n), false, &s);
		assert_true(utf8_is_valid(str_make(s.text, s.n)));
		search_fold(str_make(s.text, s.n), false, &again);
		if (!str_eq(
		        str_make(s.text, s.n), str_make(again.text, again.n)))
			fail_msg("\"%.*s\" becomes \"%.*s\"", (int)s.n, s.text,
			    (int)again.n, again.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes_are_taken_out_once),
	    cmocka_unit_test(a_word_is_the_same_however_it_is_written),
	    cmocka_unit_test(bytes_that_are_no_utf8_are_russian),
	    cmocka_unit_test(rarer_charsets_are_read_as_well),
	    cmocka_unit_test(a_cut_character_is_no_other_charset),
	    cmocka_unit_test(what_is_too_long_is_cut_at_a_letter_and_said),
	    cmocka_unit_test(folded_of_folded_is_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
