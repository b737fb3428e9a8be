/* visibility_test.c - hours go by as the test says. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "proxy/visibility.h"

#define HOUR INT64_C(3600)
#define WEEK (168 * HOUR)
#define SOME (HOUR * 498720) /* begins an hour */

/* An hour from <at> on, in steps of a minute, with these counts in it. */
static bool
hour(struct visibility *v, int64_t at, struct visibility_counts *total,
    struct visibility_counts more)
{
	bool over = false;

	for (unsigned i = 0; i < 60; i++) {
		over |= visibility_sample(v, at + i * 60, total);
		if (i == 30) {
			total->requests += more.requests;
			total->tunnels += more.tunnels;
			total->blocked += more.blocked;
		}
	}
	return over;
}

static const struct visibility_counts usual = {1000, 640, 95};

/* The same hour of <weeks> weeks, and then one with <now> in it. */
static void
weeks_then(struct visibility *v, unsigned weeks, struct visibility_counts now)
{
	struct visibility_counts total = {0};
	int64_t at = SOME;

	*v = (struct visibility){.begun = false};
	for (unsigned i = 0; i < weeks; i++, at += WEEK) {
		hour(v, at, &total, usual);
		assert_true(visibility_sample(v, at + HOUR, &total));
	}
	hour(v, at, &total, now);
	assert_true(visibility_sample(v, at + HOUR, &total));
}

static void
said(const struct visibility *v, const char *want)
{
	struct buf b = BUF_EMPTY;

	visibility_say(v, &b);
	buf_add_char(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static void
an_hour_is_held_against_what_is_usual(void **state)
{
	static const struct {
		const char *rule;
		unsigned weeks;
		struct visibility_counts now;
		unsigned odd;
	} rows[] = {
	    {"the usual", 4, {1000, 640, 95}, 0},
	    {"fewer blocks", 4, {1000, 640, 12}, VISIBILITY_FEWER_BLOCKED},
	    {"none at all", 4, {1000, 640, 0}, VISIBILITY_FEWER_BLOCKED},
	    {"somewhat fewer is chance", 4, {1000, 640, 30}, 0},
	    {"more blocks", 4, {1000, 640, 500}, VISIBILITY_MORE_BLOCKED},
	    {"more tunnels", 4, {1000, 900, 95}, VISIBILITY_MORE_TUNNELS},
	    {"fewer tunnels", 4, {1000, 300, 95}, VISIBILITY_FEWER_TUNNELS},
	    {"both", 4, {1000, 990, 3},
	        VISIBILITY_FEWER_BLOCKED | VISIBILITY_MORE_TUNNELS},
	    {"a holiday: few requests, as few blocks", 4, {100, 64, 9}, 0},
	    {"nobody there", 4, {0, 0, 0}, 0},
	    {"a handful of requests says nothing", 4, {40, 40, 0}, 0},
	    {"after one week nothing is usual", 1, {1000, 990, 0}, 0},
	    {"after two weeks it is", 2, {1000, 640, 0},
	        VISIBILITY_FEWER_BLOCKED},
	    {"and after many", 30, {1000, 640, 0}, VISIBILITY_FEWER_BLOCKED},
	};
	struct visibility v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		weeks_then(&v, rows[i].weeks, rows[i].now);
		if (visibility_odd(&v) != rows[i].odd)
			fail_msg("%s: %x", rows[i].rule, visibility_odd(&v));
	}
	weeks_then(&v, 4, (struct visibility_counts){1000, 710, 12});
	said(&v, "tunnels 71 % (usual 64 %), blocked 12/h (usual 95/h): "
	         "far fewer blocks than usual");
	weeks_then(&v, 0, (struct visibility_counts){1000, 710, 12});
	said(&v, "tunnels 71 %, blocked 12/h");
	said(&(struct visibility){.begun = true}, "");
}

/* Ten thousand requests a second, a tenth of them blocked. */
static void
large_numbers_are_numbers(void **state)
{
	static const struct visibility_counts many = {36000000, 640, 3600000};
	struct visibility v = {.begun = false};
	struct visibility_counts total = {0};
	int64_t at = SOME;

	(void)state;
	for (unsigned i = 0; i < 4; i++, at += WEEK)
		hour(&v, at, &total, many);
	assert_int_equal(visibility_odd(&v), 0);
	hour(&v, at, &total, (struct visibility_counts){36000000, 640, 360000});
	visibility_sample(&v, at + HOUR, &total);
	assert_int_equal(visibility_odd(&v), VISIBILITY_FEWER_BLOCKED);
}

/* An odd hour is held against others before it is one of them. */
static void
what_is_odd_for_weeks_becomes_usual(void **state)
{
	struct visibility_counts total = {0};
	struct visibility v = {.begun = false};
	int64_t at = SOME;
	unsigned odd = 0;

	(void)state;
	for (unsigned i = 0; i < 8; i++, at += WEEK)
		hour(&v, at, &total, usual);
	for (unsigned i = 0; i < 30; i++, at += WEEK) {
		hour(&v, at, &total, (struct visibility_counts){1000, 640, 10});
		visibility_sample(&v, at + HOUR, &total);
		odd += visibility_odd(&v) != 0;
	}
	assert_true(odd > 1 && odd < 30);
	assert_int_equal(visibility_odd(&v), 0);
}

static void
a_clock_that_is_set_makes_no_hours(void **state)
{
	struct visibility_counts total = {0};
	struct visibility v = {.begun = false};

	(void)state;
	visibility_sample(&v, SOME + 60, &total);
	total.requests = 500;
	/* far ahead, and back: neither was watched */
	assert_false(visibility_sample(&v, SOME + 5 * WEEK, &total));
	assert_false(visibility_sample(&v, SOME - WEEK, &total));
	assert_false(visibility_sample(&v, 0, &total));
	assert_false(visibility_sample(&v, SOME + 120, &total));
	assert_int_equal(v.last.number, 0);
	for (unsigned i = 0; i < VISIBILITY_HOURS; i++)
		assert_int_equal(v.usual[i].weeks, 0);
	/* one that was watched for half of it is not learnt either */
	for (unsigned i = 30; i < 60; i++)
		visibility_sample(&v, SOME + HOUR + i * 60, &total);
	assert_false(visibility_sample(&v, SOME + 2 * HOUR, &total));
}

/* Counters begin anew with the process; the hour goes on. */
static void
a_restart_loses_nothing_that_was_stored(void **state)
{
	struct visibility_counts total = {0};
	struct visibility v = {.begun = false}, w;
	struct buf b = BUF_EMPTY;

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		visibility_sample(&v, SOME + i * 60, &total);
		total.requests += 10;
	}
	visibility_write(&v, &b);
	assert_true(visibility_read(&w, buf_str(&b)));
	total = (struct visibility_counts){0};
	for (unsigned i = 30; i < 60; i++) {
		visibility_sample(&w, SOME + i * 60, &total);
		total.requests += 10;
	}
	assert_true(visibility_sample(&w, SOME + HOUR, &total));
	assert_int_equal(w.last.counts.requests, 590);
	assert_int_equal(w.last.watched_s, 3600 - 60);
	buf_fini(&b);
}

/* Of a damaged file nothing is believed. */
static void
each_damage_is_seen(void **state)
{
	struct visibility v, w;
	struct buf b = BUF_EMPTY, c = BUF_EMPTY;

	(void)state;
	weeks_then(&v, 3, (struct visibility_counts){1000, 710, 12});
	visibility_write(&v, &b);
	assert_true(visibility_read(&w, buf_str(&b)));
	visibility_write(&w, &c);
	assert_true(str_eq(buf_str(&b), buf_str(&c)));
	for (size_t n = 0; n < b.n; n++)
		assert_false(visibility_read(&w, str_make(b.p, n)));
	for (size_t i = 0; i < b.n; i++)
		for (unsigned bit = 0; bit < 8; bit += 3) {
			b.p[i] ^= (char)(1u << bit);
			assert_false(visibility_read(&w, buf_str(&b)));
			assert_int_equal(w.last.number, 0);
			b.p[i] ^= (char)(1u << bit);
		}
	buf_add_char(&b, '\n');
	assert_false(visibility_read(&w, buf_str(&b)));
	buf_fini(&b);
	buf_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_hour_is_held_against_what_is_usual),
	    cmocka_unit_test(large_numbers_are_numbers),
	    cmocka_unit_test(what_is_odd_for_weeks_becomes_usual),
	    cmocka_unit_test(a_clock_that_is_set_makes_no_hours),
	    cmocka_unit_test(a_restart_loses_nothing_that_was_stored),
	    cmocka_unit_test(each_damage_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
