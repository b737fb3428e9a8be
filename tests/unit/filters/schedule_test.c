/* schedule_test.c - hours and days as an admin writes them, and when they
 * hold: by the clock on the wall, changes of time included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/table.h"
#include "filters/schedule.h"
#include "filters/snapshot_impl.h"
#include "filters/zone.h"

#define PARTS 8

static void
hours_are_read(void **unused)
{
	static const struct {
		const char *text;
		uint8_t days;
		uint32_t from, to; /* minutes */
	} good[] = {
	    {"mon-fri 08:30-15:30", 0x1f, 510, 930},
	    {"sat", 0x20, 0, 1440},
	    {"sat sun", 0x60, 0, 1440},
	    {"Mon WED-Thu 8:05-09:00", 0x0d, 485, 540},
	    {"daily 10:00-24:00", 0x7f, 600, 1440},
	    {"10:00-11:00", 0x7f, 600, 660},
	    {"22:00-06:30", 0x7f, 1320, 390},
	    {"fri 22:00-00:00", 0x10, 1320, 0},
	    {"sat-mon", 0x61, 0, 1440},
	    {"sun-sun", 0x40, 0, 1440},
	    {"  tue   00:00-00:01 ", 0x02, 0, 1},
	    {"mon\t09:00-10:00", 0x01, 540, 600},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(good); i++) {
		struct schedule_hours h;
		struct err err = {0};

		if (schedule_hours_read(str_of(good[i].text), &h, &err) < 0)
			fail_msg("%s: %s", good[i].text, err.text);
		if (h.days != good[i].days || h.from != good[i].from * 60 ||
		    h.to != good[i].to * 60)
			fail_msg("%s: days %x, %u to %u", good[i].text, h.days,
			    h.from / 60, h.to / 60);
	}
}

static void
what_are_no_hours_is_told(void **unused)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
	    {"", "expected days and hours"},
	    {"  ", "expected days and hours"},
	    {"monday", "neither days nor hours"},
	    {"mon-", "neither days nor hours"},
	    {"mon-fri-sat", "neither days nor hours"},
	    {"mon,tue", "neither days nor hours"},
	    {"08:30", "not hours"},
	    {"08:30-", "not hours"},
	    {"08:30-25:00", "not hours"},
	    {"08:30-24:01", "not hours"},
	    {"08:60-09:00", "not hours"},
	    {"8-9", "not hours"},
	    {"08:3-09:00", "not hours"},
	    {"008:30-09:00", "not hours"},
	    {"08:30-09:00-10:00", "not hours"},
	    {"24:00-08:00", "nothing begins at 24:00"},
	    {"08:00-08:00", "ends as it begins"},
	    {"mon 08:00-09:00 10:00-11:00", "a comma before \"10:00"},
	    {"08:00-09:00 mon", "a comma before \"mon\""},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct schedule_hours h;
		struct err err = {0};

		assert_int_equal(
		    schedule_hours_read(str_of(bad[i].text), &h, &err), -1);
		if (!strstr(err.text, bad[i].why))
			fail_msg("%s: %s", bad[i].text, err.text);
	}
}

static void
dates_are_read(void **unused)
{
	static const struct {
		const char *text;
		int64_t from, to;
	} good[] = {
	    {"2026-11-23", 20780, 20780},
	    {"2026-11-23..2026-11-23", 20780, 20780},
	    {" 2026-12-28 .. 2027-01-08 ", 20815, 20826},
	    {"2028-02-29", 21243, 21243},
	};
	static const char *const bad[] = {"", "..", "2026-02-29",
	    "2026-11-23..", "..2026-11-23", "2026-11-23-2026-11-24",
	    "2026-11-24..2026-11-23", "26-11-23", "2026-1-23", "2026-11-3",
	    "2026/11/23", "23.11.2026", "1969-12-31", "2026-11-23...2026-11-24",
	    "2026-13-01", "-026-11-23", "+202-11-23"};
	struct schedule_dates d;

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(
		    schedule_dates_read(str_of(good[i].text), &d, NULL), 0);
		assert_int_equal(d.from, good[i].from);
		assert_int_equal(d.to, good[i].to);
	}
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = {0};

		if (schedule_dates_read(str_of(bad[i]), &d, &err) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(err.text[0]);
	}
}

/* --------------------------------------------------------------- holding */

struct calendar {
	struct schedule_hours hours[PARTS];
	struct schedule_dates only[PARTS], except[PARTS];
	struct schedule_def def;
};

/* Each part of <text> between commas. */
static void
make(struct calendar *c, const char *when, const char *only, const char *except)
{
	struct str rest, part;

	*c = (struct calendar){0};
	c->def.hours = c->hours;
	c->def.only = c->only;
	c->def.except = c->except;
	for (rest = str_of(when); *when && str_next(&rest, ',', &part);)
		assert_int_equal(
		    schedule_hours_read(part, &c->hours[c->def.nhours++], NULL),
		    0);
	for (rest = str_of(only); *only && str_next(&rest, ',', &part);)
		assert_int_equal(
		    schedule_dates_read(part, &c->only[c->def.nonly++], NULL),
		    0);
	for (rest = str_of(except); *except && str_next(&rest, ',', &part);)
		assert_int_equal(schedule_dates_read(
		                     part, &c->except[c->def.nexcept++], NULL),
		    0);
}

/* "2026-11-23 15:29" as if it were UTC */
static int64_t
moment(const char *text)
{
	unsigned y, mo, d, h, mi, s = 0;
	int64_t days;

	assert_true(
	    sscanf(text, "%u-%u-%u %u:%u:%u", &y, &mo, &d, &h, &mi, &s) >= 5);
	assert_true(date_to_days((int32_t)y, mo, d, &days));
	return days * 86400 + h * 3600 + mi * 60 + s;
}

/* 2026-11-23 is a Monday. */
static const struct {
	const char *when, *only, *except, *at;
	bool holds;
} cases[] = {
    /* the end is not included, the begin is */
    {"mon-fri 08:30-15:30", "", "", "2026-11-23 08:29:59", false},
    {"mon-fri 08:30-15:30", "", "", "2026-11-23 08:30", true},
    {"mon-fri 08:30-15:30", "", "", "2026-11-23 15:29:59", true},
    {"mon-fri 08:30-15:30", "", "", "2026-11-23 15:30", false},
    {"mon-fri 08:30-15:30", "", "", "2026-11-28 10:00", false},
    {"mon-fri 08:30-15:30, sat 09:00-12:00", "", "", "2026-11-28 10:00", true},
    /* any of the parts */
    {"mon, tue", "", "", "2026-11-24 23:59:59", true},
    {"mon, tue", "", "", "2026-11-25 00:00", false},
    /* nothing at all: always */
    {"", "", "", "1970-01-01 00:00", true},
    {"", "2026-11-23", "", "2026-11-23 12:00", true},
    {"", "2026-11-23", "", "2026-11-24 00:00", false},
    {"", "", "2026-11-23", "2026-11-23 12:00", false},
    {"", "", "2026-11-23", "2026-11-24 12:00", true},
    /* the end of the day */
    {"20:00-24:00", "", "", "2026-11-23 23:59:59", true},
    {"20:00-24:00", "", "", "2026-11-24 00:00", false},
    {"20:00-00:00", "", "", "2026-11-23 23:59:59", true},
    {"20:00-00:00", "", "", "2026-11-24 00:00", false},
    /* over midnight: of the day it begins on */
    {"mon 22:00-06:30", "", "", "2026-11-23 21:59", false},
    {"mon 22:00-06:30", "", "", "2026-11-23 22:00", true},
    {"mon 22:00-06:30", "", "", "2026-11-24 06:29", true},
    {"mon 22:00-06:30", "", "", "2026-11-24 06:30", false},
    {"mon 22:00-06:30", "", "", "2026-11-23 06:00", false},
    {"mon 22:00-06:30", "", "", "2026-11-24 22:00", false},
    {"sun 22:00-06:30", "", "", "2026-11-23 06:00", true},
    {"22:00-06:30", "2026-11-23", "", "2026-11-24 06:00", true},
    {"22:00-06:30", "2026-11-23", "", "2026-11-23 06:00", false},
    {"22:00-06:30", "2026-11-23", "", "2026-11-24 23:00", false},
    {"22:00-06:30", "", "2026-11-23", "2026-11-24 06:00", false},
    {"22:00-06:30", "", "2026-11-23", "2026-11-23 06:00", true},
    {"22:00-06:30", "", "2026-11-23", "2026-11-24 22:30", true},
    /* both ends of dates are included; what is excepted stays so */
    {"", "2026-11-01..2026-11-23", "", "2026-11-23 23:59", true},
    {"", "2026-11-01..2026-11-23", "", "2026-11-01 00:00", true},
    {"", "2026-11-01..2026-11-23", "", "2026-10-31 23:59", false},
    {"", "2026-11-01..2026-11-23", "2026-11-23", "2026-11-23 10:00", false},
    {"mon", "2026-11-24, 2026-11-30", "", "2026-11-30 10:00", true},
    {"mon", "2026-11-24, 2026-11-30", "", "2026-11-24 10:00", false},
    /* before 1970 the week goes on */
    {"wed", "", "", "1969-12-31 23:59", true},
};

static void
hours_hold_when_they_say(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		struct calendar c;

		make(&c, cases[i].when, cases[i].only, cases[i].except);
		if (schedule_holds(&c.def, NULL, moment(cases[i].at)) !=
		    cases[i].holds)
			fail_msg("when \"%s\", only \"%s\", except \"%s\" at "
			         "%s",
			    cases[i].when, cases[i].only, cases[i].except,
			    cases[i].at);
	}
}

/* A file of the fuzzer's seeds: no machine's own are needed. */
static struct bytes
file_of(const char *name, char room[8192])
{
	static const char data[] = TEST_DATA;
	char path[512];
	size_t n;
	FILE *in;

	snprintf(path, sizeof(path), "%.*sfuzz/corpus/zone/%s",
	    (int)(strrchr(data, '/') + 1 - data), data, name);
	in = fopen(path, "rb");
	assert_non_null(in);
	n = fread(room, 1, 8192, in);
	fclose(in);
	return (struct bytes){(const uint8_t *)room, n};
}

static const struct zone *
zone_of(struct arena *a, const char *name)
{
	char room[8192];
	const struct zone *z = zone_read(a, file_of(name, room), NULL);

	assert_non_null(z);
	return z;
}

static const struct {
	const char *zone, *when, *utc;
	bool holds;
} changes[] = {
    /* Almaty was at +6 and is at +5: lessons are where the clock is */
    {"Almaty", "mon-fri 08:30-15:30", "2024-02-28 02:30", true},
    {"Almaty", "mon-fri 08:30-15:30", "2024-03-04 02:30", false},
    {"Almaty", "mon-fri 08:30-15:30", "2024-03-04 03:30", true},
    {"Almaty", "mon-fri 08:30-15:30", "2026-11-23 10:29", true},
    {"Almaty", "mon-fri 08:30-15:30", "2026-11-23 10:31", false},
    /* the hour before midnight came twice, both times a Thursday's */
    {"Almaty", "thu 23:00-24:00", "2024-02-29 17:00", true},
    {"Almaty", "thu 23:00-24:00", "2024-02-29 17:59:59", true},
    {"Almaty", "thu 23:00-24:00", "2024-02-29 18:00", true},
    {"Almaty", "thu 23:00-24:00", "2024-02-29 18:59:59", true},
    {"Almaty", "thu 23:00-24:00", "2024-02-29 19:00", false},
    {"Almaty", "fri", "2024-02-29 18:30", false},
    {"Almaty", "fri", "2024-02-29 19:00", true},
    /* 02:00 to 03:00 is skipped in March */
    {"New_York", "02:00-03:00", "2026-03-07 07:30", true},
    {"New_York", "02:00-03:00", "2026-03-08 06:59:59", false},
    {"New_York", "02:00-03:00", "2026-03-08 07:00", false},
    {"New_York", "01:30-03:30", "2026-03-08 06:45", true},
    {"New_York", "01:30-03:30", "2026-03-08 07:29", true},
    {"New_York", "01:30-03:30", "2026-03-08 07:30", false},
    /* and 01:00 to 02:00 comes twice in November */
    {"New_York", "01:00-02:00", "2026-11-01 05:30", true},
    {"New_York", "01:00-02:00", "2026-11-01 06:30", true},
    {"New_York", "01:00-02:00", "2026-11-01 07:00", false},
    /* over a midnight, over a change */
    {"Kyiv", "sat 22:00-06:00", "2026-03-29 02:59", true},
    {"Kyiv", "sat 22:00-06:00", "2026-03-29 03:00", false},
    {"Kyiv", "sat 22:00-06:00", "2026-10-25 03:59", true},
    {"Kyiv", "sat 22:00-06:00", "2026-10-25 04:00", false},
    /* half an hour, and a quarter past noon elsewhere */
    {"Lord_Howe", "01:30-02:00", "2026-04-04 14:45", true},
    {"Lord_Howe", "01:30-02:00", "2026-04-04 15:15", true},
    {"Lord_Howe", "01:30-02:00", "2026-04-04 15:30", false},
    {"Tehran", "12:00-12:15", "2026-11-23 08:30", true},
    /* a Friday that never was */
    {"Apia", "fri", "2011-12-30 09:59", false},
    {"Apia", "thu", "2011-12-30 09:59:59", true},
    {"Apia", "sat", "2011-12-30 10:00", true},
};

static void
hours_are_those_of_the_clock_on_the_wall(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(changes); i++) {
		struct calendar c;
		struct arena a;

		arena_init(&a, 0);
		make(&c, changes[i].when, "", "");
		if (schedule_holds(&c.def, zone_of(&a, changes[i].zone),
		        moment(changes[i].utc)) != changes[i].holds)
			fail_msg("%s: \"%s\" at %s UTC", changes[i].zone,
			    changes[i].when, changes[i].utc);
		arena_fini(&a);
	}
}

/* Minute by minute: what is not over midnight is as long as it says, each
 * day without a change. */
static void
a_week_has_as_many_minutes_as_written(void **unused)
{
	struct calendar c;
	unsigned held = 0;

	(void)unused;
	make(&c, "mon-fri 08:30-15:30, fri 22:00-06:00, sun 23:00-01:00", "",
	    "");
	for (int64_t t = moment("2026-11-23 00:00");
	     t < moment("2026-11-30 00:00"); t += 60)
		held += schedule_holds(&c.def, NULL, t);
	/* five times seven hours, eight, one of this Sunday and one of the
	 * Sunday before */
	assert_int_equal(held, (5 * 7 + 8 + 1 + 1) * 60);
}

/* ------------------------------------------------------------ in a snapshot */

static void
what_cannot_be_in_a_snapshot_is_told(void **unused)
{
	struct snapshot_builder *b = snapshot_begin(1);
	struct schedule_def d = {
	    .name = STR("lessons"), .where = {STR("a.conf"), 3, 1}};
	struct err err = {0};
	char name[16];

	(void)unused;
	assert_non_null(b);
	assert_int_equal(snapshot_schedule(b, &d, &err), 0);
	assert_int_equal(snapshot_schedule(b, &d, &err), -1);
	assert_string_equal(
	    err.text, "there is a schedule \"lessons\" already, at a.conf:3");
	d.name = STR("night");
	d.zone = (struct bytes){(const uint8_t *)"nonsense", 8};
	assert_int_equal(snapshot_schedule(b, &d, &err), -1);
	assert_non_null(strstr(err.text, "not a time zone's file"));
	assert_int_equal(snapshot_zone(b, d.zone, &err), -1);
	d.zone.n = 0;
	for (int i = 1; i < SCHEDULES_MAX; i++) {
		d.name = str_make(
		    name, (size_t)snprintf(name, sizeof(name), "s%d", i));
		assert_int_equal(snapshot_schedule(b, &d, &err), 0);
	}
	d.name = STR("one-too-many");
	assert_int_equal(snapshot_schedule(b, &d, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	snapshot_abandon(b);
}

/* What was given may be gone afterwards. */
static void
a_snapshot_keeps_copies(void **unused)
{
	struct snapshot_builder *b = snapshot_begin(1);
	struct calendar *c = malloc(sizeof(*c));
	const struct schedule_def *kept;
	struct snapshot *s;

	(void)unused;
	assert_true(b && c);
	make(c, "mon 09:00-10:00", "2026-11-23..2026-12-31", "2026-11-30");
	c->def.name = STR("first");
	assert_int_equal(snapshot_schedule(b, &c->def, NULL), 0);
	memset(c, 0xff, sizeof(*c));
	free(c);
	s = snapshot_finish(b, NULL);
	assert_non_null(s);
	kept = &s->schedules[0].def;
	assert_true(schedule_holds(kept, NULL, moment("2026-11-23 09:30")));
	assert_false(schedule_holds(kept, NULL, moment("2026-11-30 09:30")));
	assert_false(schedule_holds(kept, NULL, moment("2027-01-04 09:30")));
	snapshot_free(s);
}

static void
a_schedule_without_a_zone_has_the_snapshots(void **unused)
{
	struct snapshot_builder *b = snapshot_begin(1);
	struct schedule_def d = {.name = STR("own")};
	char almaty[8192];
	char kyiv[8192];
	struct bytes zone;
	struct snapshot *s;

	(void)unused;
	assert_non_null(b);
	zone = file_of("Almaty", almaty);
	assert_int_equal(snapshot_zone(b, zone, NULL), 0);
	assert_int_equal(snapshot_schedule(b, &d, NULL), 0);
	d.name = STR("other");
	d.zone = file_of("Kyiv", kyiv);
	assert_int_equal(snapshot_schedule(b, &d, NULL), 0);
	s = snapshot_finish(b, NULL);
	assert_non_null(s);
	assert_ptr_equal(s->schedules[0].zone, s->zone);
	assert_ptr_not_equal(s->schedules[1].zone, s->zone);
	snapshot_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hours_are_read),
	    cmocka_unit_test(what_are_no_hours_is_told),
	    cmocka_unit_test(dates_are_read),
	    cmocka_unit_test(hours_hold_when_they_say),
	    cmocka_unit_test(hours_are_those_of_the_clock_on_the_wall),
	    cmocka_unit_test(a_week_has_as_many_minutes_as_written),
	    cmocka_unit_test(what_cannot_be_in_a_snapshot_is_told),
	    cmocka_unit_test(a_snapshot_keeps_copies),
	    cmocka_unit_test(a_schedule_without_a_zone_has_the_snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
