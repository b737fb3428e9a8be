/*
 * zone_test.c - local time against the C library's, from the same files: those
 * of tests/fuzz/corpus/zone, so that no machine's own are needed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/table.h"
#include "filters/zone.h"

#define FILE_MAX  8192
#define YEAR_1970 0
#define YEAR_2038 2147483647
#define YEAR_2101 4133980800
#define DAY       86400

struct file {
	char path[512];
	uint8_t bytes[FILE_MAX];
	size_t n;
};

static void
load(struct file *f, const char *name)
{
	static const char data[] = TEST_DATA;
	FILE *in;

	snprintf(f->path, sizeof(f->path), "%.*sfuzz/corpus/zone/%s",
	    (int)(strrchr(data, '/') + 1 - data), data, name);
	in = fopen(f->path, "rb");
	if (!in)
		fail_msg("%s cannot be read", f->path);
	f->n = fread(f->bytes, 1, FILE_MAX, in);
	fclose(in);
	assert_in_range(f->n, 44, FILE_MAX - 1);
}

static const struct zone *
zone_of(struct arena *a, const char *name)
{
	struct err err = {0};
	const struct zone *z;
	struct file f;

	load(&f, name);
	z = zone_read(a, (struct bytes){f.bytes, f.n}, &err);
	if (!z)
		fail_msg("%s: %s", name, err.text);
	return z;
}

static void
same(const struct zone *z, int64_t utc, const char *name)
{
	struct local_time l;
	time_t t = (time_t)utc;
	struct tm tm;

	zone_local(z, utc, &l);
	if (!localtime_r(&t, &tm))
		fail_msg("no local time");
	if (l.year != tm.tm_year + 1900 || l.month != tm.tm_mon + 1 ||
	    l.day != tm.tm_mday || l.weekday != (tm.tm_wday + 6) % 7 ||
	    (int)l.second != tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec ||
	    l.offset_s != tm.tm_gmtoff ||
	    l.days * DAY + l.second != utc + l.offset_s)
		fail_msg("%s at %lld: %d-%02u-%02u %u s, offset %d; the C "
		         "library says %d-%02d-%02d, offset %ld",
		    name, (long long)utc, l.year, l.month, l.day, l.second,
		    l.offset_s, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		    tm.tm_gmtoff);
}

static int32_t
offset_at(const struct zone *z, int64_t utc)
{
	struct local_time l;

	zone_local(z, utc, &l);
	return l.offset_s;
}

/* Between <low> and <high> the offset changes: both sides of that moment. */
static void
same_around_change(
    const struct zone *z, int64_t low, int64_t high, const char *name)
{
	int32_t before = offset_at(z, low);

	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (offset_at(z, mid) == before)
			low = mid;
		else
			high = mid;
	}
	same(z, low - 1, name);
	same(z, low, name);
	same(z, high, name);
	same(z, high + 1, name);
}

static void
walk(const struct zone *z, const char *name, int64_t from, int64_t to)
{
	const int64_t step = 29 * 3600 + 1801;

	for (int64_t t = from; t < to; t += step) {
		same(z, t, name);
		if (offset_at(z, t) != offset_at(z, t + step))
			same_around_change(z, t, t + step, name);
	}
}

static void
set_zone(const char *path)
{
	char tz[600];

	snprintf(tz, sizeof(tz), ":%s", path);
	setenv("TZ", tz, 1);
	tzset();
}

static const char *const names[] = {"Almaty", "Tashkent", "Kyiv", "London",
    "London-fat", "New_York", "Tehran", "Lord_Howe", "Dublin", "Nuuk", "Apia",
    "Casablanca"};

static void
local_time_is_that_of_the_c_library(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		struct arena a;
		struct file f;

		arena_init(&a, 0);
		load(&f, names[i]);
		set_zone(f.path);
		walk(zone_of(&a, names[i]), names[i], YEAR_1970, YEAR_2101);
		arena_fini(&a);
	}
}

static void
version_one_has_the_same_times_up_to_2038(void **unused)
{
	struct err err = {0};
	const struct zone *z;
	struct arena a;
	struct file f;

	(void)unused;
	arena_init(&a, 0);
	load(&f, "London-fat");
	set_zone(f.path);
	f.bytes[4] = '\0'; /* what is behind its first block is not looked at */
	z = zone_read(&a, (struct bytes){f.bytes, f.n}, &err);
	assert_non_null(z);
	walk(z, "version 1", YEAR_1970, YEAR_2038 - 40L * DAY);
	arena_fini(&a);
}

static void
without_a_zone_it_is_utc(void **unused)
{
	(void)unused;
	setenv("TZ", "UTC0", 1);
	tzset();
	walk(NULL, "UTC", -YEAR_2038, YEAR_2101);
}

static void
years_far_away_stay_within_their_types(void **unused)
{
	static const int64_t far[] = {
	    INT64_MIN, INT64_MAX, -YEAR_2101 * 1000, YEAR_2101 * 1000};
	struct arena a;

	(void)unused;
	arena_init(&a, 0);
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		for (unsigned k = 0; k < ARRAY_LEN(far); k++) {
			const struct zone *z = zone_of(&a, names[i]);
			struct local_time l;
			int64_t begins;

			zone_local(z, far[k], &l);
			assert_in_range(l.month, 1, 12);
			assert_in_range(l.day, 1, 31);
			assert_in_range(l.second, 0, DAY - 1);
			assert_true((l.year > 2100) == (far[k] > 0));
			begins = zone_day_begins(z, far[k]);
			assert_true((begins > 0) == (far[k] > 0));
		}
	arena_fini(&a);
}

/* ------------------------------------------------------------------ days */

/* The first second of <date> by going through it all. */
static int64_t
begins_slowly(const struct zone *z, int64_t days)
{
	int64_t t = days * DAY - 30 * 3600;
	struct local_time l;

	for (;; t += 60) {
		zone_local(z, t, &l);
		if (l.days >= days)
			return t;
	}
}

static const struct {
	const char *zone, *what;
	int32_t year;
	unsigned month, day;
} begins[] = {
    {"Almaty", "an ordinary day", 2026, 11, 23},
    {"Almaty", "the day whose eve was an hour longer", 2024, 3, 1},
    {"Almaty", "that eve", 2024, 2, 29},
    {"Kyiv", "a change at three", 2026, 3, 29},
    {"Kyiv", "a change back at four", 2026, 10, 25},
    {"Tehran", "midnight skipped", 2022, 3, 22},
    {"Tehran", "the day after", 2022, 3, 23},
    {"Nuuk", "a change late on the evening", 2026, 3, 28},
    {"Nuuk", "behind the footer's first use", 2090, 3, 26},
    {"Apia", "the day after a day that never was", 2011, 12, 31},
    {"Apia", "the day that never was", 2011, 12, 30},
    {"Apia", "the day before it", 2011, 12, 29},
    {"Lord_Howe", "half an hour", 2026, 4, 5},
};

static void
a_day_begins_with_its_first_second(void **unused)
{
	struct arena a;

	(void)unused;
	arena_init(&a, 0);
	for (unsigned i = 0; i < ARRAY_LEN(begins); i++) {
		const struct zone *z = zone_of(&a, begins[i].zone);
		int64_t days, got;

		assert_true(date_to_days(
		    begins[i].year, begins[i].month, begins[i].day, &days));
		got = zone_day_begins(z, days);
		if (got != begins_slowly(z, days))
			fail_msg("%s, %s: %lld, not %lld", begins[i].zone,
			    begins[i].what, (long long)got,
			    (long long)begins_slowly(z, days));
	}
	arena_fini(&a);
	assert_int_equal(zone_day_begins(NULL, 20000), 20000LL * DAY);
}

static void
a_skipped_midnight_is_that_of_the_change(void **unused)
{
	struct arena a;
	struct local_time l;
	int64_t days;

	(void)unused;
	arena_init(&a, 0);
	assert_true(date_to_days(2022, 3, 22, &days));
	zone_local(zone_of(&a, "Tehran"),
	    zone_day_begins(zone_of(&a, "Tehran"), days), &l);
	assert_int_equal(l.days, days);
	assert_int_equal(l.second, 3600);
	arena_fini(&a);
}

static void
days_are_counted_as_the_calendar_does(void **unused)
{
	static const struct {
		int32_t year;
		unsigned month, day;
		bool is;
		int64_t days;
	} dates[] = {
	    {1970, 1, 1, true, 0},
	    {1969, 12, 31, true, -1},
	    {2000, 2, 29, true, 11016},
	    {2026, 11, 23, true, 20780},
	    {2100, 3, 1, true, 47541},
	    {2100, 2, 29, false, 0},
	    {2026, 2, 29, false, 0},
	    {2026, 4, 31, false, 0},
	    {2026, 13, 1, false, 0},
	    {2026, 0, 1, false, 0},
	    {2026, 1, 0, false, 0},
	    {2026, 1, 32, false, 0},
	};
	int64_t days;

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(dates); i++) {
		bool is = date_to_days(
		    dates[i].year, dates[i].month, dates[i].day, &days);

		assert_int_equal(is, dates[i].is);
		if (is)
			assert_int_equal(days, dates[i].days);
	}
}

/* -------------------------------------------------------------- footers */

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A file with one type, no changes and this footer. */
static size_t
file_of(const char *footer, uint8_t out[256])
{
	static const char block[] = "\0\0\0\0\0\0X"; /* offset 0 */
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		memset(out + n, 0, 44);
		memcpy(out + n, "TZif3", 5);
		put32(out + n + 36, 1);
		put32(out + n + 40, 2);
		memcpy(out + n + 44, block, 8);
		n += 52;
	}
	return n + (size_t)snprintf((char *)out + n, 256 - n, "\n%s\n", footer);
}

static void
footers_are_those_of_posix(void **unused)
{
	static const char *const good[] = {"EET-2EEST,M3.5.0/3,M10.5.0/4",
	    "EST5EDT4,M3.2.0/02:00:00,M11.1.0/2",
	    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "AAA-1BBB,J60/2,J300",
	    "AAA-1BBB,59,299/1:30:15", "AAA+3:30BBB-1:15:30,J1/0,J365/25",
	    "IST-1GMT0,M10.5.0,M3.5.0/1", "AAA-1BBB,J300/167,M3.1.0/-167",
	    "<+0330>-3:30", "UTC0", "AAA24", "AAA-24BBB-23,M2.1.0,M11.5.6"};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(good); i++) {
		struct err err = {0};
		const struct zone *z;
		uint8_t bytes[256];
		struct arena a;
		size_t n = file_of(good[i], bytes);

		arena_init(&a, 0);
		z = zone_read(&a, (struct bytes){bytes, n}, &err);
		if (!z)
			fail_msg("%s: %s", good[i], err.text);
		setenv("TZ", good[i], 1);
		tzset();
		walk(z, good[i], YEAR_1970 + 370L * DAY, YEAR_2038);
		arena_fini(&a);
	}
}

/* RFC 8536 3.3.1; C libraries err here where UTC is in another year. */
static void
summer_may_last_all_year(void **unused)
{
	uint8_t bytes[256];
	size_t n = file_of("XXX3EDT4,0/0,J365/23", bytes);
	const struct zone *z;
	struct arena a;

	(void)unused;
	arena_init(&a, 0);
	z = zone_read(&a, (struct bytes){bytes, n}, NULL);
	assert_non_null(z);
	for (int64_t t = YEAR_1970; t < YEAR_2101; t += 1800)
		assert_int_equal(offset_at(z, t), -4 * 3600);
	arena_fini(&a);
}

static void
what_is_no_footer_is_refused(void **unused)
{
	static const char *const bad[] = {"E", "EE-2", "EET", "EET25",
	    "EET-2EEST", "EET-2EEST,", "EET-2EEST,M3.5.0",
	    "EET-2EE,M3.5.0,M4.1.0", "EET-2EEST,M13.5.0,M4.1.0",
	    "EET-2EEST,M0.5.0,M4.1.0", "EET-2EEST,M3.6.0,M4.1.0",
	    "EET-2EEST,M3.0.0,M4.1.0", "EET-2EEST,M3.5.7,M4.1.0",
	    "EET-2EEST,J0,J4", "EET-2EEST,J366,J4", "EET-2EEST,366,J4",
	    "EET-2EEST,J1/168,J4", "EET-2EEST,J1,J4,J5", "EET-2EEST,J1,J4 ",
	    "<+05-5", "<+0!>-5", "EET-2:60", "EET-2:0:60",
	    "EET-99999999999999999999", "EET--2", ":EET-2", "1ET-2"};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t bytes[256];
		struct err err = {0};
		struct arena a;
		size_t n = file_of(bad[i], bytes);

		arena_init(&a, 0);
		if (zone_read(&a, (struct bytes){bytes, n}, &err))
			fail_msg("%s was taken", bad[i]);
		assert_string_equal(err.text,
		    "not a time zone's file: its footer is malformed");
		arena_fini(&a);
	}
}

/* ------------------------------------------------------------ bad files */

static void
no_prefix_of_a_file_is_a_zone(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		struct file f;

		load(&f, names[i]);
		for (size_t n = 0; n < f.n; n++) {
			uint8_t *exact = malloc(n);
			struct err err = {0};
			struct arena a;

			assert_true(exact || n == 0);
			if (n)
				memcpy(exact, f.bytes, n);
			arena_init(&a, 0);
			if (zone_read(&a, (struct bytes){exact, n}, &err))
				fail_msg("%zu bytes of %s", n, names[i]);
			assert_int_equal(err.code, ERR_INPUT);
			arena_fini(&a);
			free(exact);
		}
	}
}

static void
damage_is_told(void **unused)
{
	/* Almaty: a header of 44, a block of one type, another header */
	static const struct {
		size_t at;
		uint8_t byte;
		const char *why;
	} damage[] = {
	    {0, 'X', "does not begin with TZif"},
	    {4, 'x', "version"},
	    {4, '1', "version"},
	    {51, 'X', "does not begin with TZif"},
	    {51 + 31, 1, "leap seconds"},
	    {51 + 32, 1, "too many changes"},
	    {51 + 43, 99, "too early"},
	    {51 + 39, 0, "no types"},
	    {51 + 44, 0x7f, "not in order"},
	};
	struct file f;

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(damage); i++) {
		struct err err = {0};
		struct arena a;

		load(&f, "Almaty");
		f.bytes[damage[i].at] = damage[i].byte;
		arena_init(&a, 0);
		assert_null(zone_read(&a, (struct bytes){f.bytes, f.n}, &err));
		if (!strstr(err.text, damage[i].why))
			fail_msg("byte %zu: %s", damage[i].at, err.text);
		arena_fini(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(local_time_is_that_of_the_c_library),
	    cmocka_unit_test(version_one_has_the_same_times_up_to_2038),
	    cmocka_unit_test(without_a_zone_it_is_utc),
	    cmocka_unit_test(years_far_away_stay_within_their_types),
	    cmocka_unit_test(a_day_begins_with_its_first_second),
	    cmocka_unit_test(a_skipped_midnight_is_that_of_the_change),
	    cmocka_unit_test(days_are_counted_as_the_calendar_does),
	    cmocka_unit_test(footers_are_those_of_posix),
	    cmocka_unit_test(summer_may_last_all_year),
	    cmocka_unit_test(what_is_no_footer_is_refused),
	    cmocka_unit_test(no_prefix_of_a_file_is_a_zone),
	    cmocka_unit_test(damage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
