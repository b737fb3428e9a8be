/* source_recognise_test.c - which format a text has, by name and by lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "lists/source.h"

#define DIGEST                                                                 \
	"00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff"

/* clang-format off */
static const struct {
	const char *file, *head;
	enum list_format want;
} rows[] = {
	/* names by convention say it, whatever is in the file */
	{"ut1/gambling/domains", "a.test/x\n", LIST_DOMAINS},
	{"ut1/gambling/urls", "a.test\n", LIST_URLS},
	{"ut1/ads/expressions", "a.test\n", LIST_PATTERNS},
	{"ut1/adult/very_restrictive_expression", "a\n", LIST_PATTERNS},
	{"lists/bannedsitelist", "a.test/x\n", LIST_E2_SITES},
	{"lists/exceptionsitelist", "", LIST_E2_SITES},
	{"lists/greysitelist", "", LIST_E2_SITES},
	{"lists/localbannedsitelist", "", LIST_E2_SITES},
	{"lists/bannedurllist", "", LIST_E2_URLS},
	{"lists/greyurllist", "", LIST_E2_URLS},
	{"lists/bannedregexpurllist", "", LIST_E2_REGEXPS},
	{"lists/exceptionregexpurllist", "", LIST_E2_REGEXPS},
	{"squid/bad.dstdomain", "bad.test\n", LIST_DSTDOMAIN},
	{"dstdomain", "", LIST_DSTDOMAIN},
	/* a folder's name is not the file's */
	{"domains/x.txt", "a.test/x\n", LIST_URLS},
	{"sitelist/x.txt", "a.test\n", LIST_DOMAINS},

	{"x", "", LIST_DOMAINS},
	{"x", "bad.test", LIST_DOMAINS},
	{"x", "bad.test\nworse.test\n", LIST_DOMAINS},
	{"x", "bad.test\n10.0.0.0/8\n", LIST_DOMAINS},
	{"x", "http://bad.test/\nhttp://worse.test/\n", LIST_DOMAINS},
	{"x", "# comment\n\n.bad.test\n*.worse.test\n", LIST_DOMAINS},
	{"x", "\xef\xbb\xbf" "bad.test\r\n", LIST_DOMAINS},
	{"x", "bad.test\nbad.test/x\n", LIST_URLS},
	{"x", "http://bad.test/x\n", LIST_URLS},
	{"x", "https://bad.test/a.b?c=d\n", LIST_URLS},

	{"x", "# hosts\n127.0.0.1 localhost\n0.0.0.0 bad.test\n", LIST_HOSTS},
	{"x", "0.0.0.0 bad.test", LIST_HOSTS},
	{"x", ":: bad.test\n:: worse.test\nx\n", LIST_HOSTS},

	{"x", "[Adblock Plus 2.0]\nbad.test\n", LIST_ADBLOCK},
	{"x", "\xef\xbb\xbf[Adblock Plus 2.0]\n", LIST_ADBLOCK},
	{"x", "[uBlock Origin]\n", LIST_ADBLOCK},
	{"x", "! Title: x\n||bad.test^\n", LIST_ADBLOCK},
	{"x", "! Title: x\nbad.test\n||bad.test^\nworse.test\na.test\n",
	    LIST_ADBLOCK},
	{"x", "# Title\n||bad.test^\n||worse.test^$important\n", LIST_ADBLOCK},
	{"x", "@@||good.test^\n||bad.test^\n", LIST_ADBLOCK},
	{"x", "bad.test##.ad\nworse.test#@#.ad\n", LIST_ADBLOCK},
	/* one stray rule does not make a list one of rules */
	{"x", "a.test\nb.test\nc.test\n||bad.test^\n", LIST_DOMAINS},

	{"x", "address=/bad.test/0.0.0.0\n", LIST_DNSMASQ},
	{"x", "# x\nlocal=/bad.test/\nlocal=/worse.test/\n", LIST_DNSMASQ},
	{"x", "server=/good.test/192.0.2.1\n", LIST_DNSMASQ},
	{"x", "no-resolv\ncache-size=1\nbogus-priv\naddress=/bad.test/#\n",
	    LIST_DNSMASQ},

	{"x", "$TTL 60\n@ SOA a. b. 1 2 3 4 5\nbad.test CNAME .\n", LIST_RPZ},
	{"x", "$ORIGIN rpz.test.\nbad.test CNAME .\n", LIST_RPZ},
	{"x", "@ 60 IN SOA a. b. (\n 1\n 2\n 3\n 4\n 5 )\n", LIST_RPZ},
	{"x", "; zone\nbad.test CNAME .\n*.bad.test CNAME .\n", LIST_RPZ},
	{"x", "bad.test 60 IN CNAME rpz-passthru.\n", LIST_RPZ},

	{"x", "full:bad.test\nworse.test\n", LIST_V2FLY},
	{"x", "bad.test\ninclude:other\n", LIST_V2FLY},
	{"x", "keyword:casino\n", LIST_V2FLY},
	{"x", "bad.test @ads\nworse.test\n", LIST_V2FLY},

	{"x", "#listcategory: \"x\"\nbad.test\n", LIST_E2_SITES},
	{"x", ".Include</etc/e2guardian/lists/x>\nbad.test\n", LIST_E2_SITES},
	{"x", ".Include<x>\nbad.test/x\n", LIST_E2_URLS},
	{"x", "#listcategory: \"x\"\n\\.(mp3|wav)$\n", LIST_E2_REGEXPS},

	{"x", "(casino|poker)\n/ads/[0-9]+\\.js\n", LIST_PATTERNS},
	{"x", "^https?://[^/]*casino.*\n", LIST_PATTERNS},
	/* parentheses are in paths as well */
	{"x", "bad.test/Foo_(bar)\nbad.test/x\n", LIST_URLS},

	{"x", "sha256,kind,category,added\n", LIST_HASHED},
	{"x", "SHA256,kind\n", LIST_HASHED},
	{"x", "# c\n" DIGEST ",url,adult,2026-11-22\n", LIST_HASHED},

	/* no list at all is still some format, whose lines are rejected */
	{"x", "<!DOCTYPE html>\n<html><head><title>x</title>\n", LIST_DOMAINS},
	{"x", "\xff\xfe" "b", LIST_DOMAINS},
};
/* clang-format on */

static void
formats_are_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum list_format got = source_recognise(
		    str_of(rows[i].head), str_of(rows[i].file));

		if (got != rows[i].want)
			fail_msg("%s: <%s>: %s", rows[i].file, rows[i].head,
			    list_format_name(got));
	}
}

/* A head is cut wherever it is full. */
static void
a_line_that_is_cut_does_not_count(void **state)
{
	static const struct {
		const char *line;
		enum list_format want;
	} row[] = {
	    {"||bad.test^\n", LIST_ADBLOCK},
	    {"0.0.0.0 bad.test\n", LIST_HOSTS},
	    {"address=/bad.test/0.0.0.0\n", LIST_DNSMASQ},
	    {"bad.test CNAME .\n", LIST_RPZ},
	    {"full:bad.test\n", LIST_V2FLY},
	    {DIGEST ",url,a,b\n", LIST_HASHED},
	    {"bad.test\n", LIST_DOMAINS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct str one = str_of(row[i].line);
		struct buf b = BUF_EMPTY;

		for (unsigned n = 0; n < 4; n++)
			buf_add_str(&b, one);
		for (size_t n = one.n; n < b.n; n++)
			assert_int_equal(
			    source_recognise(str_make(b.p, n), STR("x")),
			    row[i].want);
		buf_fini(&b);
	}
}

/* What a line asks for, or that it asks for nothing. */
static void
lines_that_include(void **state)
{
	static const struct {
		enum list_format format;
		const char *line, *name, *only; /* NULL: includes nothing */
	} row[] = {
	    {LIST_E2_SITES, ".Include</etc/x>", "/etc/x", ""},
	    {LIST_E2_URLS, "  .Include< x >\r", "x", ""},
	    {LIST_E2_REGEXPS, ".include<x>", "x", ""},
	    {LIST_E2_SITES, ".Include<x> # c", "x", ""},
	    {LIST_E2_SITES, "#.Include<x>", NULL, NULL},
	    {LIST_E2_SITES, ".Include<x", NULL, NULL},
	    {LIST_E2_SITES, ".Include<>", NULL, NULL},
	    {LIST_E2_SITES, ".Include< >", NULL, NULL},
	    {LIST_E2_SITES, "include:x", NULL, NULL},
	    {LIST_DOMAINS, ".Include<x>", NULL, NULL},
	    {LIST_V2FLY, "include:x", "x", ""},
	    {LIST_V2FLY, "include:x @ads @-cn # c", "x", "@ads @-cn"},
	    {LIST_V2FLY, " include:x# c", "x", ""},
	    {LIST_V2FLY, "include:", NULL, NULL},
	    {LIST_V2FLY, "# include:x", NULL, NULL},
	    {LIST_V2FLY, "domain:include.test", NULL, NULL},
	    {LIST_V2FLY, ".Include<x>", NULL, NULL},
	    {LIST_ADBLOCK, "include:x", NULL, NULL},
	    {LIST_V2FLY, "", NULL, NULL},
	};
	struct source_include inc;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		bool got =
		    source_include(row[i].format, str_of(row[i].line), &inc);

		if (got != (row[i].name != NULL))
			fail_msg("<%s>", row[i].line);
		if (!got)
			continue;
		assert_true(str_eq(inc.name, str_of(row[i].name)));
		assert_true(str_eq(inc.only, str_of(row[i].only)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(formats_are_recognised),
	    cmocka_unit_test(a_line_that_is_cut_does_not_count),
	    cmocka_unit_test(lines_that_include),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
