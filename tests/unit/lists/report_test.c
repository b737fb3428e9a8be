/*
 * report_test.c - what became of lines: counts, reasons, examples; and which
 * source of the image speaks for the file.
 */
#include "tests/unit/lists/build.h"

#include "base/table.h"

static uint64_t
reasons_in_all(const struct compile_report *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < r->nreasons; i++) {
		assert_non_null(r->reason[i].why);
		assert_true(r->reason[i].n > 0);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(
			    r->reason[i].why, r->reason[k].why);
		n += r->reason[i].n;
	}
	return n;
}

static void
each_line_that_is_none_has_a_reason(void **state)
{
	static const struct {
		enum list_format format;
		const char *text;
		unsigned entries, rejected, skipped;
	} row[] = {
	    {LIST_DOMAINS, "a.test\n*\ncom\nb.test/x\n", 1, 3, 0},
	    {LIST_DOMAINS, "*\n*\n*\n*\n", 0, 4, 0},
	    {LIST_ADBLOCK, "||a.test^\nb.test##.ad\n", 1, 0, 1},
	    {LIST_PATTERNS, "a.*\ncasino\n", 1, 1, 0},
	    {LIST_EXACT, "\n\n# x\n", 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct build_source src = {
		    "l", "c", row[i].format, str_of(row[i].text)};
		struct compile *c = build_feed(&src, 1, 3, 1);
		const struct compile_report *r = compile_report(c, 0);

		if (r->entries != row[i].entries ||
		    r->rejected != row[i].rejected ||
		    r->skipped != row[i].skipped)
			fail_msg("%s: %u %u %u", row[i].text,
			    (unsigned)r->entries, (unsigned)r->rejected,
			    (unsigned)r->skipped);
		assert_int_equal(reasons_in_all(r), r->rejected + r->skipped);
		assert_int_equal(r->nkept, r->rejected + r->skipped);
		compile_free(c);
	}
}

static void
what_is_skipped_leaves_room_for_what_is_wrong(void **state)
{
	struct buf text = BUF_EMPTY;
	struct build_source src = {"l", "c", LIST_ADBLOCK, {NULL, 0}};
	struct compile *c;
	const struct compile_report *r;
	unsigned skipped = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		buf_addf(&text, "a%d.test##.ad\n", i);
	for (int i = 0; i < 100; i++)
		buf_addf(&text, "||\n");
	src.text = buf_str(&text);
	c = build_feed(&src, 1, SIZE_MAX, 1);
	r = compile_report(c, 0);
	assert_int_equal(r->skipped, 100);
	assert_int_equal(r->rejected, 100);
	assert_int_equal(r->nkept, COMPILE_REJECTS_KEPT);
	for (unsigned i = 0; i < r->nkept; i++) {
		skipped += r->kept[i].skipped;
		assert_int_equal(r->kept[i].skipped, r->kept[i].line <= 100);
	}
	assert_int_equal(skipped, COMPILE_REJECTS_KEPT / 2);
	compile_free(c);
	buf_fini(&text);
}

/* Sums over the sources of the image are those of the reports. */
static void
the_image_says_what_the_reports_say(void **state)
{
	struct build_source src[] = {
	    {"ads", "a", LIST_ADBLOCK,
	        STR("||a.test^\n@@||b.a.test^\n||c.test^$important\n||a.test^\n"
	            "d.test##.ad\n||\n||e.test^\n||e.test^$badfilter\n")},
	    {"own", "b", LIST_DNSMASQ,
	        STR("address=/a.test/0.0.0.0\nserver=/b.a.test/#\n"
	            "local=/c.test/\n")},
	    {"none", "", LIST_DOMAINS, STR("# nothing\n")},
	};
	struct compile *c = build_feed(src, ARRAY_LEN(src), 5, 1);
	struct image_source sum[3], s;
	unsigned firsts = 0;
	struct buf b = BUF_EMPTY;
	struct image im;
	struct err err;

	(void)state;
	assert_int_equal(compile_finish(c, &b, &err), 0);
	im = build_view(&b);
	assert_true(im.nsources > 3);
	memset(sum, 0, sizeof(sum));
	for (uint16_t i = 0; i < im.nsources; i++) {
		unsigned k = 0;

		assert_true(image_source(&im, i, &s));
		while (k < 3 && !str_eq(s.list, str_of(src[k].list)))
			k++;
		assert_true(k < 3);
		sum[k].entries += s.entries;
		sum[k].lines += s.lines;
		sum[k].rejected += s.rejected;
		sum[k].skipped += s.skipped;
		firsts += s.lines > 0;
	}
	assert_int_equal(firsts, 3);
	for (int k = 0; k < 3; k++) {
		const struct compile_report *r = compile_report(c, k);

		assert_int_equal(sum[k].entries, r->entries);
		assert_int_equal(sum[k].lines, r->lines);
		assert_int_equal(sum[k].rejected, r->rejected);
		assert_int_equal(sum[k].skipped, r->skipped);
	}
	assert_int_equal(compile_report(c, 0)->entries, 3);
	assert_int_equal(compile_report(c, 0)->duplicates, 1);
	assert_int_equal(compile_report(c, 0)->cancelled, 1);
	assert_int_equal(sum[2].entries, 0);
	compile_free(c);
	buf_fini(&b);
}

static void
a_date_is_kept_for_each_source_of_a_file(void **state)
{
	struct compile_options opt = {.seed = 1};
	struct compile *c = compile_new(&opt);
	struct compile_source src = {.list = STR("l"),
	    .format = LIST_ADBLOCK,
	    .date = UINT64_C(0x123456789a)};
	struct str text = STR("||a.test^\n@@||b.a.test^\n");
	struct buf b = BUF_EMPTY;
	struct image_source s;
	struct image im;
	struct err err;

	(void)state;
	assert_int_equal(compile_source(c, &src, &err), 0);
	assert_int_equal(compile_feed(c, 0, text.p, text.n, &err), 0);
	assert_int_equal(compile_finish(c, &b, &err), 0);
	im = build_view(&b);
	assert_int_equal(im.nsources, 2);
	for (uint16_t i = 0; i < 2; i++) {
		assert_true(image_source(&im, i, &s));
		assert_true(s.date == UINT64_C(0x123456789a));
	}
	compile_free(c);
	buf_fini(&b);
}

/* Roles, groups, patterns and hashed entries are part of what is listed. */
static void
content_knows_how_lines_are_meant(void **state)
{
	static const struct build_source rows[] = {
	    {"l", "c", LIST_ADBLOCK, STR_INIT("||a.test^\n")},
	    {"l", "c", LIST_ADBLOCK, STR_INIT("@@||a.test^\n")},
	    {"l", "c", LIST_ADBLOCK, STR_INIT("||a.test^$important\n")},
	    {"l", "c", LIST_EXACT, STR_INIT("a.test\n")},
	    {"l", "c", LIST_PATTERNS, STR_INIT("casino\n")},
	    {"l", "c", LIST_PATTERNS, STR_INIT("casinos\n")},
	    {"l", "d", LIST_PATTERNS, STR_INIT("casino\n")},
	    {"l", "c", LIST_HASHED,
	        STR_INIT("645379a67e849fb8c5d5278f6057d2b82ba0b034c7519a8535dd"
	                 "12822ca3fe7f,host,c,\n")},
	    {"l", "c", LIST_HASHED,
	        STR_INIT("745379a67e849fb8c5d5278f6057d2b82ba0b034c7519a8535dd"
	                 "12822ca3fe7f,host,c,\n")},
	    {"l", "c", LIST_DOMAINS, STR_INIT("")},
	};
	uint64_t got[ARRAY_LEN(rows)][2];
	struct build_source same = {
	    "l", "c", LIST_DOMAINS, STR("# x\n\na.test\n")};
	uint64_t plain[2];
	struct image im;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		b = build(&rows[i], 1);
		im = build_view(&b);
		image_content(&im, got[i]);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(got[i], got[k], 16);
		buf_fini(&b);
	}
	/* and how the file is written is not */
	b = build(&same, 1);
	im = build_view(&b);
	image_content(&im, plain);
	assert_memory_equal(plain, got[0], 16);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_line_that_is_none_has_a_reason),
	    cmocka_unit_test(what_is_skipped_leaves_room_for_what_is_wrong),
	    cmocka_unit_test(the_image_says_what_the_reports_say),
	    cmocka_unit_test(a_date_is_kept_for_each_source_of_a_file),
	    cmocka_unit_test(content_knows_how_lines_are_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
