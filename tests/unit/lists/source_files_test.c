/*
 * source_files_test.c - whole files of each format, compiled: the same however
 * they are cut, and what holds for a host is what the format's own program
 * would say.
 */
#include "tests/unit/lists/build.h"

#include "base/table.h"

/* clang-format off */
static const struct sample {
	enum list_format format;
	const char *text;
	const char *held, *free; /* hosts, parted by blanks */
	unsigned rejected, skipped;
} samples[] = {
	{LIST_DOMAINS,
	    "\xef\xbb\xbf# list\r\nbad.test\r\n.worse.test # c\r\n\r\n"
	    "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd2\x9b\xd0\xb0"
	    "\xd0\xb7\r\n198.51.100.0/24\r\ncom\r\n# caf\xe9\r\n",
	    "bad.test www.bad.test worse.test a.b.worse.test 198.51.100.9 "
	    "xn--e1afmkfd.xn--80ao21a",
	    "notbad.test test x.com 198.51.101.1", 1, 0},
	{LIST_EXACT, "bad.test\nwww.bad.test\n*.worse.test\n",
	    "bad.test www.bad.test", "m.bad.test worse.test a.worse.test",
	    1, 0},
	{LIST_HOSTS,
	    "127.0.0.1 localhost\n0.0.0.0 bad.test ads.bad.test # c\n"
	    "192.0.2.5 printer.test\n",
	    "bad.test ads.bad.test", "www.bad.test printer.test", 1, 0},
	{LIST_ADBLOCK,
	    "[Adblock Plus 2.0]\n! Title: x\n||bad.test^\n@@||good.bad.test^\n"
	    "|exact.test^\nplain.test\n||*.below.test^\n"
	    "||strong.test^$important\n@@||strong.test^\n"
	    "||weak.test^$important\n@@||weak.test^$important\n"
	    "||group.test^$denyallow=a.group.test|b.group.test\n"
	    "@@||c.group.test^\n||other.test^\n"
	    "||gone.test^\n||gone.test^$badfilter\n"
	    "||client.test^$client=192.0.2.1\n||third.test^$third-party\n"
	    "bad.test##.ad\n!#if ext\n||if.test^\n!#endif\n@@||bad.test/x\n",
	    "bad.test www.bad.test exact.test plain.test a.below.test "
	    "strong.test group.test x.group.test other.test",
	    "good.bad.test x.good.bad.test www.exact.test www.plain.test "
	    "below.test weak.test a.group.test x.b.group.test c.group.test "
	    "gone.test client.test third.test if.test", 1, 4},
	{LIST_DNSMASQ,
	    "# x\nno-resolv\naddress=/bad.test/ads.test/0.0.0.0\n"
	    "local=/worse.test/\nserver=/good.bad.test/192.0.2.1\n"
	    "address=/evil.good.bad.test/::\naddress=/moved.test/192.0.2.5\n"
	    "address=/#/0.0.0.0\n",
	    "bad.test a.bad.test ads.test worse.test evil.good.bad.test "
	    "x.evil.good.bad.test",
	    "good.bad.test a.good.bad.test moved.test", 1, 2},
	{LIST_RPZ,
	    "$TTL 60\n$ORIGIN rpz.test.\n@ SOA ns. host. (\n 1 ; serial\n"
	    " 2 3 4 5 )\n NS localhost.\n; names\nbad.test CNAME .\n"
	    "*.bad.test 300 IN CNAME *.\nhelp.bad.test CNAME rpz-passthru.\n"
	    "apex.test CNAME .\n*.only.test CNAME rpz-drop.\n"
	    "abs.test.rpz.test. CNAME .\nmoved.test A 192.0.2.5\n"
	    "sink.test A 0.0.0.0\n24.0.100.51.198.rpz-ip CNAME .\n"
	    "32.1.2.0.192.rpz-client-ip CNAME .\nout.test. CNAME .\n",
	    "bad.test a.bad.test apex.test a.only.test abs.test sink.test "
	    "198.51.100.9 x.help.bad.test",
	    "help.bad.test www.apex.test only.test moved.test out.test "
	    "192.0.2.1", 1, 2},
	{LIST_DSTDOMAIN, "bad.test\n.worse.test\n# c\n*.no.test\n",
	    "bad.test worse.test www.worse.test",
	    "www.bad.test no.test a.no.test", 1, 0},
	{LIST_V2FLY,
	    "# x\ninclude:other\nbad.test @ads\nfull:exact.test # c\n"
	    "keyword:com\ndomain:cn\n",
	    "bad.test www.bad.test exact.test", "www.exact.test x.com x.cn",
	    2, 0},
	{LIST_E2_SITES,
	    "#listcategory: \"x\"\n#time: 9 0 17 0 01234\n"
	    ".Include</etc/e2guardian/lists/x>\nbad.test\n.gov\n**\n",
	    "bad.test www.bad.test", "x.gov x.test", 2, 1},
};
/* clang-format on */

/* All that a build shows of itself, into <out>. */
static void
outcome(const struct sample *s, enum list_format format, size_t step,
    struct buf *out)
{
	struct build_source src = {"l", "c", format, str_of(s->text)};
	struct compile *c = build_feed(&src, 1, step, 1);
	struct err err = {0};

	if (compile_finish(c, out, &err) < 0)
		fail_msg("%s", err.text);
	buf_addf(out, "%llu %llu %llu",
	    (unsigned long long)compile_report(c, 0)->lines,
	    (unsigned long long)compile_report(c, 0)->rejected,
	    (unsigned long long)compile_report(c, 0)->skipped);
	compile_free(c);
}

static void
every_cut_gives_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const struct sample *s = &samples[i];
		struct buf whole = BUF_EMPTY, cut = BUF_EMPTY;

		outcome(s, s->format, SIZE_MAX, &whole);
		for (size_t step = 1; step <= strlen(s->text); step++) {
			outcome(s, s->format, step, &cut);
			if (!str_eq(buf_str(&whole), buf_str(&cut)))
				fail_msg("%s by %zu",
				    list_format_name(s->format), step);
		}
		buf_fini(&whole);
		buf_fini(&cut);
	}
}

static void
every_beginning_can_be_compiled(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		struct sample s = samples[i];
		struct buf out = BUF_EMPTY;

		for (size_t n = 0; n <= strlen(samples[i].text); n++) {
			char *text = strndup(samples[i].text, n);

			assert_non_null(text);
			s.text = text;
			outcome(&s, s.format, SIZE_MAX, &out);
			free(text);
		}
		buf_fini(&out);
	}
}

/* Is there a source that holds for <host>? */
static bool
holds(const struct image *im, struct str host)
{
	struct image_hits hits = {0};
	static struct image_held held;
	char room[NAME_ROOM];
	struct name n;

	assert_int_equal(name_from_text(host, room, &n), NAME_OK);
	image_find_host(im, n, &hits);
	image_hold(im, &hits, &held);
	assert_false(held.more);
	return held.n > 0;
}

static void
all_hold(const struct sample *s, const struct image *im, const char *hosts,
    bool want)
{
	struct str rest = str_of(hosts), host;

	while (str_next(&rest, ' ', &host))
		if (holds(im, host) != want)
			fail_msg("%s: %.*s", list_format_name(s->format),
			    STR_ARG(host));
}

static void
what_holds_is_what_the_format_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const struct sample *s = &samples[i];
		struct build_source src = {
		    "l", "c", s->format, str_of(s->text)};
		struct compile *c = build_feed(&src, 1, SIZE_MAX, 1);
		const struct compile_report *r = compile_report(c, 0);
		struct buf out = BUF_EMPTY;
		struct err err = {0};
		struct image im;

		if (r->rejected != s->rejected || r->skipped != s->skipped)
			fail_msg("%s: %llu rejected, %llu skipped",
			    list_format_name(s->format),
			    (unsigned long long)r->rejected,
			    (unsigned long long)r->skipped);
		assert_int_equal(compile_finish(c, &out, &err), 0);
		im = build_view(&out);
		all_hold(s, &im, s->held, true);
		all_hold(s, &im, s->free, false);
		compile_free(c);
		buf_fini(&out);
	}
}

/* These can be told by their lines: named or not, it comes to the same. */
static void
recognised_is_as_good_as_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const struct sample *s = &samples[i];
		struct buf named = BUF_EMPTY, found = BUF_EMPTY;

		if (s->format == LIST_EXACT || s->format == LIST_DSTDOMAIN)
			continue;
		outcome(s, s->format, SIZE_MAX, &named);
		outcome(s, LIST_AUTO, SIZE_MAX, &found);
		if (!str_eq(buf_str(&named), buf_str(&found)))
			fail_msg("%s", list_format_name(s->format));
		buf_fini(&named);
		buf_fini(&found);
	}
}

/* What was saved by the wrong editor, or is none of our formats at all. */
static void
no_text_is_no_list(void **state)
{
	static const char utf16[] =
	    "\xff\xfe"
	    "b\0a\0d\0.\0t\0e\0s\0t\0\n\0x\0.\0t\0e\0s\0t\0\n\0";
	static const char html[] =
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<title>Log in</title>\n"
	    "<form action=\"/login\">\n</form>\n";
	const struct {
		struct str text;
	} row[] = {{{utf16, sizeof(utf16) - 1}}, {{html, sizeof(html) - 1}}};

	(void)state;
	for (unsigned f = LIST_DOMAINS; f < LIST_UT1; f++)
		for (size_t i = 0; i < ARRAY_LEN(row); i++) {
			struct build_source src = {
			    "l", "c", (enum list_format)f, row[i].text};
			struct compile *c = build_feed(&src, 1, SIZE_MAX, 1);
			const struct compile_report *r = compile_report(c, 0);

			/* one pattern may look like one */
			if (r->rejected * 2 < r->lines && f != LIST_PATTERNS &&
			    f != LIST_E2_REGEXPS)
				fail_msg("%s: %llu of %llu",
				    list_format_name((enum list_format)f),
				    (unsigned long long)r->rejected,
				    (unsigned long long)r->lines);
			compile_free(c);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_cut_gives_the_same),
	    cmocka_unit_test(every_beginning_can_be_compiled),
	    cmocka_unit_test(what_holds_is_what_the_format_means),
	    cmocka_unit_test(recognised_is_as_good_as_named),
	    cmocka_unit_test(no_text_is_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
