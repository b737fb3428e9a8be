/*
 * source_reader_test.c - what readers keep from one line to the next, their
 * bounds, and what holds for all formats alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "lists/source.h"

/* What a source came to: numbers, and its last entry as text. */
struct tally {
	unsigned entries, rejected, skipped, cancelled;
	unsigned group; /* the largest */
	struct buf text, why;
};

static void
entry(void *ctx, const struct source_entry *e)
{
	struct tally *t = ctx;

	t->entries++;
	t->group = e->group > t->group ? e->group : t->group;
	buf_addf(&t->text, "%s%u:%.*s", t->text.n ? " " : "", e->role,
	    STR_ARG(e->text));
}

static void
reject(void *ctx, const char *why)
{
	struct tally *t = ctx;

	t->rejected++;
	buf_reset(&t->why);
	buf_add_str(&t->why, str_of(why));
}

static void
skipped(void *ctx, const char *why)
{
	struct tally *t = ctx;

	(void)why;
	t->skipped++;
}

static void
cancel(void *ctx, const struct source_entry *e)
{
	struct tally *t = ctx;

	(void)e;
	t->cancelled++;
}

static void
tally_fini(struct tally *t)
{
	buf_fini(&t->text);
	buf_fini(&t->why);
}

static struct tally
read_text(enum list_format format, const char *only, struct str text)
{
	struct tally t = {0};
	struct source_sink sink = {entry, reject, skipped, cancel, &t};
	struct source_reader *r = source_reader_new(format, str_of(only));
	struct str line;

	assert_non_null(r);
	while (str_next(&text, '\n', &line))
		source_reader_line(r, line, &sink);
	source_reader_end(r, &sink);
	source_reader_free(r);
	return t;
}

/* ---- all formats */

/* A line of each format that is one entry. */
static const struct {
	enum list_format format;
	const char *line;
} good[] = {
    {LIST_DOMAINS, "bad.test"},
    {LIST_EXACT, "bad.test"},
    {LIST_HOSTS, "0.0.0.0 bad.test"},
    {LIST_URLS, "bad.test/x"},
    {LIST_PATTERNS, "casino"},
    {LIST_ADBLOCK, "||bad.test^"},
    {LIST_DNSMASQ, "address=/bad.test/0.0.0.0"},
    {LIST_RPZ, "bad.test CNAME ."},
    {LIST_DSTDOMAIN, "bad.test"},
    {LIST_V2FLY, "full:bad.test"},
    {LIST_E2_SITES, "bad.test"},
    {LIST_E2_URLS, "bad.test/x"},
    {LIST_E2_REGEXPS, "casino"},
    {LIST_HASHED, "00ff00ff00ff00ff00ff00ff00ff00ff"
                  "00ff00ff00ff00ff00ff00ff00ff00ff,host"},
};

static void
line_ends_marks_and_blanks_mean_nothing(void **state)
{
	static const struct {
		const char *front, *back;
		unsigned lines; /* how often the line is there */
	} around[] = {
	    {"", "\r", 1},
	    {"", " \t ", 1},
	    {"", "\r\n\r\n", 1},
	    {"\xef\xbb\xbf", "", 1},
	    {"\n\n", "", 1},
	    {"\xef\xbb\xbf\n", "\n", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		for (size_t k = 0; k < ARRAY_LEN(around); k++) {
			struct tally t, plain = read_text(good[i].format, "",
			                    str_of(good[i].line));
			struct buf b = BUF_EMPTY;

			buf_addf(&b, "%s%s%s", around[k].front, good[i].line,
			    around[k].back);
			t = read_text(good[i].format, "", buf_str(&b));
			if (t.entries != 1 || t.rejected || t.skipped ||
			    !str_eq(buf_str(&t.text), buf_str(&plain.text)))
				fail_msg("%s: %zu",
				    list_format_name(good[i].format), k);
			buf_fini(&b);
			tally_fini(&t);
			tally_fini(&plain);
		}
}

/* A mark is one at the very front alone. */
static void
a_mark_within_is_no_mark(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct buf b = BUF_EMPTY;
		struct tally t;

		buf_addf(&b, "%s\n\xff\xfe%s", good[i].line, good[i].line);
		t = read_text(good[i].format, "", buf_str(&b));
		if (t.entries != 1 || t.rejected != 1)
			fail_msg("%s", list_format_name(good[i].format));
		buf_fini(&b);
		tally_fini(&t);
	}
}

/* One line too long is rejected and does not harm the next. */
static void
a_long_line_is_rejected_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct buf b = BUF_EMPTY;
		struct tally t;

		buf_addf(&b, "%s", good[i].line);
		while (b.n <= SOURCE_LINE_MAX)
			buf_add_char(&b, 'x');
		buf_addf(&b, "\n%s", good[i].line);
		t = read_text(good[i].format, "", buf_str(&b));
		if (t.entries != 1 || t.rejected != 1 ||
		    !str_starts(buf_str(&t.why), STR("the line is too long")))
			fail_msg("%s", list_format_name(good[i].format));
		buf_fini(&b);
		tally_fini(&t);
	}
}

static void
utf16_is_rejected_line_by_line(void **state)
{
	static const char le[] = "\xff\xfe"
	                         "b\0\n\0x\0\n\0",
	                  be[] = "\xfe\xff"
	                         "\0b\0\n\0x\0\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct tally t =
		    read_text(good[i].format, "", str_make(le, sizeof(le) - 1));

		assert_int_equal(t.rejected, 3);
		assert_true(str_starts(buf_str(&t.why), STR("UTF-16")));
		tally_fini(&t);
		t = read_text(good[i].format, "", str_make(be, sizeof(be) - 1));
		assert_int_equal(t.rejected, 3);
		assert_int_equal(t.entries, 0);
		tally_fini(&t);
	}
}

/* Without a byte of text there is nothing, in each format. */
static void
nothing_comes_of_nothing(void **state)
{
	static const char *const empty[] = {
	    "", "\n", "\r\n", " \t\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf\r\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		for (size_t k = 0; k < ARRAY_LEN(empty); k++) {
			struct tally t =
			    read_text(good[i].format, "", str_of(empty[k]));

			if (t.entries || t.rejected || t.skipped)
				fail_msg("%s: %zu",
				    list_format_name(good[i].format), k);
			tally_fini(&t);
		}
}

/* ---- v2fly: what an include asks for */

static void
attributes_choose_lines(void **state)
{
	static const struct {
		const char *only, *line;
		bool wanted;
	} row[] = {
	    {"", "x.test", true},
	    {"", "x.test @ads", true},
	    {"@ads", "x.test", false},
	    {"@ads", "x.test @ads", true},
	    {"@ads", "x.test @ADS", true},
	    {"@ads", "x.test @adsx", false},
	    {"@ads", "x.test &ads", false},
	    {"@ads", "x.test @cn @ads", true},
	    {"@ads @cn", "x.test @ads", false},
	    {"@ads @cn", "x.test @cn @ads", true},
	    {"@!cn", "x.test @!cn", true},
	    {"@!cn", "x.test @cn", false},
	    {"@-cn", "x.test", true},
	    {"@-cn", "x.test @cn", false},
	    {"@-cn", "x.test @!cn", true},
	    {"@-!cn", "x.test @!cn", false},
	    {"@ads @-cn", "x.test @ads", true},
	    {"@ads @-cn", "x.test @ads @cn", false},
	    {"ads", "x.test @ads", true},
	    {"  @ads\t@cn ", "x.test @ads @cn", true},
	    {"@ads", "full:x.test @ads # c", true},
	    {"@ads", "keyword:casino", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct tally t =
		    read_text(LIST_V2FLY, row[i].only, str_of(row[i].line));

		/* it is an entry, or told as skipped */
		if (t.entries != row[i].wanted || t.skipped == row[i].wanted)
			fail_msg("<%s> <%s>", row[i].only, row[i].line);
		tally_fini(&t);
	}
}

/* ---- AdBlock: groups and conditions */

static void
groups_have_a_bound(void **state)
{
	struct buf b = BUF_EMPTY;
	struct tally t;

	(void)state;
	for (unsigned i = 0; i < 1002; i++)
		buf_addf(&b, "||x%u.test^$denyallow=a.x%u.test\n", i, i);
	buf_add_str(&b, STR("||after.test^\n"));
	t = read_text(LIST_ADBLOCK, "", buf_str(&b));
	assert_int_equal(t.entries, 2 * 1000 + 1);
	assert_int_equal(t.rejected, 2);
	assert_int_equal(t.group, 1000);
	tally_fini(&t);
	buf_fini(&b);
}

/* A rule that comes to nothing takes no group and spares nothing. */
static void
what_is_rejected_spares_nothing(void **state)
{
	struct tally t = read_text(LIST_ADBLOCK, "",
	    STR("||com^$denyallow=a.test\n||x..y^$denyallow=a.test\n"
	        "||b.test^$denyallow=c.b.test\n"));

	(void)state;
	assert_int_equal(t.rejected, 2);
	assert_int_equal(t.entries, 2);
	assert_int_equal(t.group, 1);
	tally_fini(&t);
}

static void
conditions_nest_and_end(void **state)
{
	struct buf b = BUF_EMPTY;
	struct tally t;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		buf_addf(&b, "!#if x%u\n", i);
	buf_add_str(&b, STR("||a.test^\nbad.test##.ad\n"));
	for (unsigned i = 0; i < 49; i++)
		buf_add_str(&b, STR("!#endif\n"));
	buf_add_str(&b, STR("||b.test^\n!#endif\n||c.test^\n"));
	t = read_text(LIST_ADBLOCK, "", buf_str(&b));
	assert_int_equal(t.entries, 1);
	assert_int_equal(t.skipped, 3);
	assert_true(str_eq(buf_str(&t.text), STR("0:c.test")));
	tally_fini(&t);
	buf_fini(&b);
}

/* What badfilter takes away is what the rule without it gives. */
static void
badfilter_takes_what_the_rule_gives(void **state)
{
	static const char *const rule[] = {"||bad.test^", "|bad.test^",
	    "bad.test", "||*.bad.test^", "@@||bad.test^", "@@|bad.test^",
	    "||198.51.100.7^", "||ads*.bad.test^", "/casino[0-9]/",
	    "||bad.test/x*y^", "|https://bad.test/x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rule); i++) {
		struct buf b = BUF_EMPTY;
		struct tally t;

		buf_addf(&b, "%s$badfilter", rule[i]);
		t = read_text(LIST_ADBLOCK, "", buf_str(&b));
		if (t.cancelled != 1 || t.entries || t.rejected || t.skipped)
			fail_msg("%s", rule[i]);
		tally_fini(&t);
		buf_fini(&b);
	}
}

/* ---- zones */

/* A record that never ends is given up, and those behind it are read. */
static void
a_record_without_an_end_is_given_up(void **state)
{
	struct buf b = BUF_EMPTY;
	struct tally t;

	(void)state;
	buf_add_str(&b, STR("@ SOA a. b. (\n"));
	for (unsigned i = 0; i < 1000; i++)
		buf_addf(&b, "x%u.test CNAME .\n", i);
	t = read_text(LIST_RPZ, "", buf_str(&b));
	assert_int_equal(t.rejected, 1);
	assert_in_range(t.entries, 700, 999);
	tally_fini(&t);
	buf_fini(&b);
}

static void
names_are_relative_to_where_they_stand(void **state)
{
	struct tally t = read_text(LIST_RPZ, "",
	    STR("$ORIGIN policy.test.\n@ SOA a. b. 1 2 3 4 5\n"
	        "a.test CNAME .\n$ORIGIN b.test\nx CNAME .\n*.x CNAME .\n"
	        "@ CNAME .\n$ORIGIN c\ny CNAME .\n$ORIGIN policy.test.\n"
	        "d.test CNAME .\n$ORIGIN elsewhere.test.\ne.test CNAME .\n"));

	(void)state;
	assert_true(str_eq(buf_str(&t.text),
	    STR("1:a.test 1:x.b.test 2:x.b.test 1:b.test 1:y.c.b.test "
	        "1:d.test")));
	assert_int_equal(t.rejected, 1);
	tally_fini(&t);
}

/* Names grow by origins; what does not fit is rejected, not cut. */
static void
origins_that_grow_too_long_are_rejected(void **state)
{
	struct buf b = BUF_EMPTY;
	struct tally t;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		buf_add_str(&b, STR("$ORIGIN abcdefghij\n"));
	t = read_text(LIST_RPZ, "", buf_str(&b));
	assert_int_equal(t.rejected, 50 - 23); /* 23 times 11 bytes fit */
	tally_fini(&t);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(line_ends_marks_and_blanks_mean_nothing),
	    cmocka_unit_test(a_mark_within_is_no_mark),
	    cmocka_unit_test(a_long_line_is_rejected_alone),
	    cmocka_unit_test(utf16_is_rejected_line_by_line),
	    cmocka_unit_test(nothing_comes_of_nothing),
	    cmocka_unit_test(attributes_choose_lines),
	    cmocka_unit_test(groups_have_a_bound),
	    cmocka_unit_test(what_is_rejected_spares_nothing),
	    cmocka_unit_test(conditions_nest_and_end),
	    cmocka_unit_test(badfilter_takes_what_the_rule_gives),
	    cmocka_unit_test(a_record_without_an_end_is_given_up),
	    cmocka_unit_test(names_are_relative_to_where_they_stand),
	    cmocka_unit_test(origins_that_grow_too_long_are_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
