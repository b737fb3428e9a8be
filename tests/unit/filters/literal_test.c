/* literal_test.c - what patterns are seen to need, and where they hold. */
#include "world.h"

#include "base/table.h"
#include "filters/literal.h"
#include "filters/literal_grams.h"

/* "a, b": in the order of the pattern. */
static void
spell(const struct literal_need *need, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < need->any.n; i++) {
		struct str s = literal_at(&need->any, i);

		n += (size_t)snprintf(
		    out + n, size - n, "%s%.*s", i ? ", " : "", STR_ARG(s));
		assert_true(n < size);
	}
}

static void
what_a_pattern_needs(void **unused)
{
	static const struct {
		const char *pattern, *needs;
	} rows[] = {
	    {"abc", "abc"},
	    {"ABC", "abc"},
	    {"ab|cd", "ab, cd"},
	    {"ab|c", ""},
	    {"ab|", ""},
	    {"ab|cd|.*", ""},
	    {"ab|.*cd", "ab, cd"},
	    {"x(ab|cd)yz", "xabyz, xcdyz"},
	    {"x(ab|c.d)yz", "yz"},
	    {"qq(zz|zq)?", "qq"},
	    {"porn(ab|cd)?er", "pornaber, porncder, porner"},
	    /* quantifiers */
	    {"abc?de", "abcde, abde"},
	    {"zq*de", "de"},
	    {"abc+de", "abc"},
	    {"abqz+zqde", "zzqde"},
	    {"abc{0}de", "abde"},
	    {"a{2}{3}bcd", "abcd"},
	    {"a+{0}bc", "bc"},
	    {"(ab)+{0}", ""},
	    {"(ab){2}", "ab"},
	    {"(ab){1}cd", "abcd"},
	    {"(ab)*", ""},
	    {"(ab.*cd)+", "ab"},
	    {"(ab.*cd)*ef", "ef"},
	    {"(ab.*cd)?ef", "ef"},
	    {"ab+?c", "bc"},
	    {"zqj{2,}+x", "zqj"},
	    {"a{,3}bcd", ""}, /* another thing in newer versions */
	    {"a{ 1}bcd", ""},
	    {"a{b|cdef", "a{b, cdef"},
	    {"ab{", "ab{"},
	    {"ab{1,2", "ab{1,2"},
	    /* escapes */
	    {"abc\\.de", "abc.de"},
	    {"abc\\d+de", "abc"},
	    {"a\\/b", "a/b"},
	    {"\\x41bc", "abc"},
	    {"\\x{41}bc", "abc"},
	    {"\\x4", ""},
	    {"zz\\x4q", "zz\x04q"},
	    {"a\\x{041}bc", ""},
	    {"\\xe9bcd", "bcd"},
	    {"ab\\101cd", "ab"},
	    {"ab\\1234cd", "ab"},
	    {"(zqz)\\1ab", "zqz"},
	    {"abc\\Kdef", "abcdef"},
	    {"abc\\b\\.def$", "abc.def"},
	    {"ab\\tcd", "ab\tcd"},
	    {"ab\\Rcd", "ab"},
	    {"ab\\N{2}cd", ""},
	    {"ab\\g1", ""},
	    {"ab\\k<a>", ""},
	    {"ab\\pLcd", ""},
	    {"ab\\cAcd", ""},
	    {"ab\\o{101}", ""},
	    {"\\Qa|b\\Ecd", "a|bcd"},
	    {"\\Qab\\E+cd", "bcd"},
	    {"ab\\Q\\E*cd", "cd"},
	    {"ab\\E*cd", "cd"},
	    {"ab\\E\\Q\\E{0}cd", "acd"},
	    {"\\Qab", "ab"},
	    {"\\Qa(b", "a(b"},
	    {"a\\", ""},
	    /* classes */
	    {"[aA]dx", "adx"},
	    {"[ab]zq", "azq, bzq"},
	    {"[a-d]zq", "azq, bzq, czq, dzq"},
	    {"[a-e]zq", "zq"},
	    {"[^a]zq", "zq"},
	    {"[.]zq", ".zq"},
	    {"[]a]zq", "]zq, azq"},
	    {"[^]|]def", "def"},
	    {"[\\]|]def", "]def, |def"},
	    {"[\\d]def", "def"},
	    {"[\\x41]def", "def"},
	    {"[a\\-c]zq", "-zq, azq, czq"},
	    {"[[:alpha:]]def", ""},
	    {"[a[.b.]]def", ""},
	    {"[\\Qa]b]\\E]def", ""},
	    {"[\\E]a]def", ""},
	    {"[a", ""},
	    /* groups */
	    {"(?:ab)cd", "abcd"},
	    {"(?>ab)cd", "abcd"},
	    {"(?<name>ab)cd", "abcd"},
	    {"(?P<n>ab)cd", "abcd"},
	    {"(?'n'ab)cd", "abcd"},
	    {"(?|ab|cd)", "ab, cd"},
	    {"(?=ab)cde", "cde"},
	    {"(?!ab)cde", "cde"},
	    {"(?<=ab)cde", "cde"},
	    {"(?<!ab)cde", "cde"},
	    {"ab(?=x|y)cd", "abcd"},
	    {"(?i)abc", "abc"},
	    {"(?i:ab)c", "abc"},
	    {"(?s-i)ABC", "abc"},
	    {"a(?#x)bc", "abc"},
	    {"ab(?#x)*cd", "cd"},
	    {"(?x)a b c", ""},
	    {"(ab(?x:# ) \n )bcd", ""},
	    {"(?xx)abc", ""},
	    {"(a|(*ACCEPT))bcd", ""},
	    {"ab(*SKIP)cd", ""},
	    {"abc(?R)?", ""},
	    {"(ab)(?1)", ""},
	    {"(ab)(?-1)", ""},
	    {"(?<n>ab)(?&n)", ""},
	    {"(?P<n>ab)(?P>n)", ""},
	    {"(?P<n>ab)(?P=n)", ""},
	    {"(ab)?(?(1)cd|ef)", ""},
	    {"(?(DEFINE)ab)cd", ""},
	    {"ab(?C1)cd", ""},
	    {"(?*ab)cd", ""},
	    {"(?<*a>b)cd", ""},
	    {"((((ab)))", ""},
	    {"ab)", ""},
	    {"*ab", ""},
	    {"{3}abc", ""},
	    /* the rarest, not the longest */
	    {"http://www.*\\.zqx", ".zqx"},
	    {"index.*qjxz.*index\\.html", "qjxz"},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct literal_need need;
		char got[512];

		literal_read(str_of(rows[i].pattern), true, &need);
		spell(&need, got, sizeof(got));
		if (strcmp(got, rows[i].needs) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].pattern, got,
			    rows[i].needs);
	}
}

static void
which_domain_a_pattern_is_about(void **unused)
{
	static const struct {
		const char *pattern, *anchor, *needs;
	} rows[] = {
	    {"^https?://x\\.test/", "x.test", ""},
	    {"^https?://x\\.test/ads", "x.test", "/ads"},
	    {"^https?://([^/]*\\.)?x\\.test/ads", "x.test", "/ads"},
	    {"^https?:\\/\\/([^\\/]+\\.)?x\\.test\\/ads", "x.test", "/ads"},
	    {"^http://(www\\.)?x\\.test/", "x.test", ""},
	    {"^(http|https)://(?:[a-z0-9-]+\\.)*X\\.test[/:]", "x.test", ""},
	    {"^https?://[^/]*\\.x\\.test/", "x.test", ""},
	    {"^https?://[^/]+ads\\.x\\.test/", "x.test", ""},
	    {"^https?://ads[0-9]+\\.x\\.test/", "x.test", ""},
	    {"^https?://(a|b)\\.x\\.test/", "x.test", ""},
	    {"^https?://x\\.test(/|$)", "x.test", ""},
	    {"^https?://x\\.test(?:[/:]|$)zq", "x.test", "/zq, :zq, zq"},
	    {"^https?://x\\.test[^a-z0-9_.-]", "x.test", ""},
	    {"^https?://x\\.test[^\\w.%-]", "x.test", ""},
	    {"^https?://x\\.test:", "x.test", ""},
	    {"^https?://x\\.test$", "x.test", ""},
	    {"^https?://x\\.test/?", "", "https://x.test, http://x.test"},
	    {"(?i)^https?://x\\.test/", "x.test", ""},
	    {"\\Ahttp://x\\.test/", "x.test", ""},
	    {"^http://(x\\.test/)ads", "x.test", "x.test/ads"},
	    {"^http://1\\.2\\.3\\.4/", "1.2.3.4", ""},
	    /* not these: */
	    {"https?://x\\.test/", "", NULL},
	    {"^https?://x\\.test", "", NULL},
	    {"^https?://x\\.test/|ads", "", NULL},
	    {"ads|^https?://x\\.test/", "", NULL},
	    {"(?m)^https?://x\\.test/", "", NULL},
	    {"^https?://x\\.test/(?m)", "", NULL},
	    {"^https?://.*x\\.test/", "", NULL},
	    {"^https?://(.*\\.)?x\\.test/", "", NULL},
	    {"^https?://[^/]*test/", "", NULL},
	    {"^https?://[^.]*\\.test/", "", NULL},
	    {"^https?://x.test/", "", NULL},
	    {"^https?://x\\.test\\b", "", NULL},
	    {"^https?://x\\.test(?=/)", "", NULL},
	    {"^https?://x\\.test(/|x)", "", NULL},
	    {"^https?://x\\.test(/)?", "", NULL},
	    {"^https?://x\\.test[/]*", "", NULL},
	    {"^https?://x\\.test\\W", "", NULL},
	    {"^https?://x\\.test[^/]", "", NULL},
	    {"^https?://x\\.tes(t|u)/", "", NULL},
	    {"^https?://x\\.testx*/", "", NULL},
	    {"^ftp://x\\.test/", "", NULL},
	    {"^https?://", "", NULL},
	    {"^https?:///x", "", NULL},
	    {"^https?://\\./", "", NULL},
	    {"^https?://x\\.test\\./", "", NULL},
	    {"^?https?://x\\.test/", "", NULL},
	    {"(^)https?://x\\.test/", "", NULL},
	    {"^(https?://)?x\\.test/", "", NULL},
	    {"^(https?://x\\.test/)?", "", NULL},
	    {"^https?://x\\.test/(?R)?", "", NULL},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct literal_need need;
		char needs[512];

		literal_read(str_of(rows[i].pattern), true, &need);
		spell(&need, needs, sizeof(needs));
		if (!str_eq(str_make(need.anchor, need.anchor_len),
		        str_of(rows[i].anchor)) ||
		    (rows[i].needs && strcmp(rows[i].needs, needs) != 0))
			fail_msg("%s: \"%.*s\", \"%s\"", rows[i].pattern,
			    need.anchor_len, need.anchor, needs);
		/* a host has no scheme: the pattern says nothing of it */
		literal_read(str_of(rows[i].pattern), false, &need);
		assert_int_equal(need.anchor_len, 0);
	}
}

static void
every_prefix_is_read(void **unused)
{
	static const char text[] =
	    "^https?:\\/\\/([^/]*\\.)?x\\.t[e-s]t(?:[/:]|$)(?i)\\Qa|b\\E+"
	    "(?<n>a(?=b)c|[^]a\\]]{2,3}?)(?#c)*\\x{41}\\x4f\\d(?>a|b(c|d)e)++";
	struct literal_need need;

	(void)unused;
	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n + 1);

		/* so that a byte too many is seen */
		copy = realloc(copy, n ? n : 1);
		memcpy(copy, text, n);
		literal_read(str_make(copy, n), true, &need);
		literal_read(
		    str_make(text + n, sizeof(text) - 1 - n), true, &need);
		free(copy);
	}
}

static void
groups_in_groups_are_bounded(void **unused)
{
	static char text[200100];
	struct literal_need need;

	(void)unused;
	memset(text, '(', 100000);
	memcpy(text + 100000, "abc", 3);
	memset(text + 100003, ')', 100000 - 3);
	literal_read(str_make(text, 100000), true, &need);
	assert_int_equal(need.any.n, 0);
	literal_read(str_make(text, 200003), true, &need);
	assert_int_equal(need.any.n, 0);
	literal_read(str_make(text + 100000 - 20, 20 + 3 + 20), true, &need);
	assert_int_equal(need.any.n, 1);
}

static void
sets_have_a_bound(void **unused)
{
	static char text[20000];
	struct literal_need need;
	size_t n = 0;

	(void)unused;
	for (unsigned i = 0; i < 200; i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%sw%03u", i ? "|" : "", i);
	literal_read(str_make(text, n), true, &need);
	assert_int_equal(need.any.n, 200);
	for (unsigned i = 200; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "|w%03u", i);
	literal_read(str_make(text, n), true, &need);
	assert_int_equal(need.any.n, 0);
	/* "(a|b)(a|b)...": what comes of it is not more */
	for (n = 0; n < 600; n += 6)
		memcpy(text + n, "(zq|q)", 6);
	literal_read(str_make(text, n), true, &need);
	assert_true(need.any.n > 1 && need.any.n <= LITERALS_JOIN);
	/* a long one is cut */
	memset(text, 'z', 5000);
	literal_read(str_make(text, 5000), true, &need);
	assert_int_equal(need.any.n, 1);
	assert_int_equal(need.any.len[0], LITERAL_MAX);
}

static void
common_pieces_weigh_more(void **unused)
{
	static const char *const pairs[][2] = {
	    {"http", "zqxj"},
	    {".com", "porn"},
	    {"www.", "/ads"},
	    {"e", "zq"},
	    {"//", "zq"},
	    {"/index.html", "/wysiwyg"},
	    {"http", "https://"},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(pairs); i++) {
		struct str often = str_of(pairs[i][0]);
		struct str rare = str_of(pairs[i][1]);

		if (often.n < 2)
			continue;
		if (literal_weight(often) <= literal_weight(rare))
			fail_msg("%s, %s", pairs[i][0], pairs[i][1]);
	}
	assert_true(literal_weight(STR("\x01\x02\x7f")) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_pattern_needs),
	    cmocka_unit_test(which_domain_a_pattern_is_about),
	    cmocka_unit_test(every_prefix_is_read),
	    cmocka_unit_test(groups_in_groups_are_bounded),
	    cmocka_unit_test(sets_have_a_bound),
	    cmocka_unit_test(common_pieces_weigh_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
