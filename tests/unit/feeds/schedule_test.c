/* schedule_test.c - where from and when; also when clocks change. */
#include "feeds/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

#define U "https://lists.test/ut1.tar.gz"

static int
parse(const char *text, struct feed_plan *p)
{
	struct str bad = STR_NONE;
	struct err err;

	return feed_plan_parse(str_of(text), p, &bad, &err);
}

static void
plans_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *again; /* NULL: the same */
	} rows[] = {
	    {U " daily 03:30 +-20%", NULL},
	    {U " daily 3:05", U " daily 03:05"},
	    {U " weekly mon 23:59", NULL},
	    {U " weekly SUN 00:00 +-5%", U " weekly sun 00:00 +-5%"},
	    {U " every 6h", NULL},
	    {U " every 90s", NULL},
	    {U " every 120m +-1000%", U " every 2h +-1000%"},
	    {U " never", NULL},
	    {U, U " every 1d"},
	    {U "  +-20%", U " every 1d +-20%"},
	    {"/media/usb/list.txt daily 12:00", NULL},
	    {"file:///media/usb/list.txt every 1d", NULL},
	    {"list.txt every 1s", NULL},
	    {"", ""},
	};
	struct buf b = BUF_EMPTY;
	struct feed_plan p;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *want = rows[i].again ? rows[i].again : rows[i].text;

		assert_int_equal(parse(rows[i].text, &p), 0);
		buf_reset(&b);
		feed_plan_print(&p, &b);
		if (!str_eq(buf_str(&b), str_of(want)))
			fail_msg(
			    "%s gave %.*s", rows[i].text, STR_ARG(buf_str(&b)));
	}
	buf_fini(&b);
}

static void
mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *bad;
	} rows[] = {
	    {U " daily", ""},
	    {U " daily 24:00", "24:00"},
	    {U " daily 3:5", "3:5"},
	    {U " daily 03:60", "03:60"},
	    {U " weekly 03:30", "03:30"},
	    {U " weekly mon", ""},
	    {U " every", ""},
	    {U " every 0s", "0s"},
	    {U " every 6", "6"},
	    {U " every -1h", "-1h"},
	    {U " every 401d", "401d"},
	    {U " every 99999999999999999999d", "99999999999999999999d"},
	    {U " hourly", "hourly"},
	    {U " daily 03:30 daily 04:30", "daily"},
	    {U " +-20% daily 03:30", "daily"},
	    {U " +-20", "+-20"},
	    {U " +-20% +-30%", "+-30%"},
	    {U " +-1001%", "+-1001%"},
	    {U " +20%", "+20%"},
	    {"ftp://lists.test/x", "ftp://lists.test/x"},
	    {"gopher://x/y daily 03:30", "gopher://x/y"},
	    {"file://host/x", "file://host/x"},
	    {"https://", "https://"},
	};
	struct feed_plan p;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str bad = STR_NONE;
		struct err err;
		int rc = feed_plan_parse(str_of(rows[i].text), &p, &bad, &err);

		if (rc == 0 || !str_eq(bad, str_of(rows[i].bad)))
			fail_msg("%s: %d, bad is %.*s", rows[i].text, rc,
			    STR_ARG(bad));
	}
}

static void
passwords_are_not_shown(void **state)
{
	static const struct {
		const char *url, *shown;
	} rows[] = {
	    {"https://u:p@x.test/a@b", "https://x.test/a@b"},
	    {"https://u:p@q@x.test", "https://x.test"},
	    {"https://x.test/a@b", "https://x.test/a@b"},
	    {"/a/b@c", "/a/b@c"},
	};
	struct buf b = BUF_EMPTY;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_reset(&b);
		feed_url_shown(str_of(rows[i].url), &b);
		assert_true(str_eq(buf_str(&b), str_of(rows[i].shown)));
	}
	buf_fini(&b);
}

static int64_t
at(const char *zone, int day, int hour, int minute)
{
	struct tm tm = {.tm_year = 126,
	    .tm_mon = 2,
	    .tm_mday = day,
	    .tm_hour = hour,
	    .tm_min = minute,
	    .tm_isdst = -1};

	setenv("TZ", zone, 1);
	tzset();
	return (int64_t)mktime(&tm);
}

static void
the_next_time_is_the_first_after(void **state)
{
	struct feed_plan p;
	const char *z = "UTC0";

	(void)state;
	/* 2026-03-02 is a Monday */
	parse(U " daily 03:30", &p);
	assert_int_equal(feed_next(&p, at(z, 2, 3, 29), 0), at(z, 2, 3, 30));
	assert_int_equal(feed_next(&p, at(z, 2, 3, 30), 0), at(z, 3, 3, 30));
	assert_int_equal(feed_next(&p, at(z, 2, 23, 0), 0), at(z, 3, 3, 30));
	parse(U " weekly mon 03:30", &p);
	assert_int_equal(feed_next(&p, at(z, 2, 3, 29), 0), at(z, 2, 3, 30));
	assert_int_equal(feed_next(&p, at(z, 2, 3, 30), 0), at(z, 9, 3, 30));
	assert_int_equal(feed_next(&p, at(z, 3, 0, 0), 0), at(z, 9, 3, 30));
	parse(U " every 6h", &p);
	assert_int_equal(feed_next(&p, 1000, 0), 1000 + 6 * 3600);
	parse(U " never", &p);
	assert_int_equal(feed_next(&p, 1000, 0), INT64_MAX);
}

/* In Berlin 02:30 of 29 March 2026 is not there. */
static void
an_hour_that_is_left_out_is_not_a_day_left_out(void **state)
{
	const char *z = "CET-1CEST,M3.5.0,M10.5.0/3";
	int64_t before = at(z, 28, 2, 30), next;
	struct feed_plan p;

	(void)state;
	parse(U " daily 02:30", &p);
	next = feed_next(&p, before, 0);
	assert_in_range(next, before + 22 * 3600, before + 24 * 3600 + 3600);
	next = feed_next(&p, next, 0);
	assert_int_equal(next, at(z, 30, 2, 30));
}

/* Of any seed, not more than the bound late and never early. */
static void
jitter_is_late_and_bounded(void **state)
{
	static const char *const texts[] = {
	    U " daily 03:30", U " every 10m", U " every 1s", U " every 30d"};
	static const int64_t most[] = {FEED_JITTER_MAX, 60, 0, FEED_JITTER_MAX};
	bool differ = false;
	struct feed_plan p;

	(void)state;
	at("UTC0", 1, 0, 0);
	for (unsigned i = 0; i < 4; i++) {
		int64_t plain;

		parse(texts[i], &p);
		plain = feed_next(&p, 5000000, 0);
		for (uint32_t seed = 1; seed < 4000000000u; seed += 98765431) {
			int64_t n = feed_next(&p, 5000000, seed);

			assert_in_range(n - plain, 0, most[i]);
			differ = differ || n != plain;
		}
	}
	assert_true(differ);
}

static void
what_is_due(void **state)
{
	const int64_t now = 2000000000;
	struct feed_tries t = {.seed = 4};
	struct feed_plan p;

	(void)state;
	parse(U " every 6h", &p);
	/* never tried */
	assert_int_equal(feed_due(&p, &t, now), now);
	/* tried, and it went well */
	t.last = now - 3600;
	assert_in_range(feed_due(&p, &t, now), now + 5 * 3600,
	    now + 5 * 3600 + FEED_JITTER_MAX);
	/* the clock went back by a year since */
	t.last = now + 365 * 86400;
	assert_int_equal(feed_due(&p, &t, now), now);
	/* by a little: no reason to ask again */
	t.last = now + 60;
	assert_true(feed_due(&p, &t, now) > now);
	/* forward by a year */
	t.last = now - 365 * 86400;
	assert_true(feed_due(&p, &t, now) <= now);
	/* by hand alone, whatever happened */
	parse(U " never", &p);
	assert_int_equal(feed_due(&p, &t, now), INT64_MAX);
}

static void
failures_back_off(void **state)
{
	struct feed_tries t = {.last = 1000000, .seed = 0};
	int64_t last = 0;
	struct feed_plan p;

	(void)state;
	at("UTC0", 1, 0, 0);
	parse(U " every 30d", &p);
	for (t.failures = 1; t.failures < 100; t.failures++) {
		int64_t due = feed_due(&p, &t, t.last) - t.last;

		assert_true(due >= last && due >= FEED_RETRY_FIRST_S);
		assert_true(due <= FEED_RETRY_MAX_S);
		last = due;
	}
	assert_int_equal(last, FEED_RETRY_MAX_S);
	/* never later than it would have been anyway */
	parse(U " every 2s", &p);
	assert_int_equal(feed_due(&p, &t, t.last), t.last + 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plans_are_read_and_written),
	    cmocka_unit_test(mistakes_are_named),
	    cmocka_unit_test(passwords_are_not_shown),
	    cmocka_unit_test(the_next_time_is_the_first_after),
	    cmocka_unit_test(an_hour_that_is_left_out_is_not_a_day_left_out),
	    cmocka_unit_test(jitter_is_late_and_bounded),
	    cmocka_unit_test(what_is_due),
	    cmocka_unit_test(failures_back_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
