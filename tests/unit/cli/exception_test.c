/* exception_test.c - times and words of exceptions; where no filter runs. */
#include "kit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/exception.h"
#include "cli/who.h"

#define NOW INT64_C(1795435200) /* Mon 23 Nov 2026 12:00 UTC */

static void
spans(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} rows[] = {
	    {"45m", 2700},
	    {"2h", 7200},
	    {"1d", 86400},
	    {"1h30m", 5400},
	    {"90s", 90},
	    {"2w", 1209600},
	    {"0m", 0},
	    {"", 0},
	    {"45", 0},
	    {"m", 0},
	    {"-5m", 0},
	    {"5 m", 0},
	    {"5M", 0},
	    {"1.5h", 0},
	    {"5mx", 0},
	    {"11000d", 0},
	    {"99999999999999999999d", 0},
	    {"18446744073709551617s", 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (exception_span_of(rows[i].text) != rows[i].s)
			fail_msg("%s", rows[i].text);
}

static void
times_are_of_the_filters_zone(void **state)
{
	static const struct {
		const char *zone, *text;
		int64_t at; /* -1: refused */
	} rows[] = {
	    {"UTC", "16:30", NOW + 16200},
	    {"UTC", "11:59", -1}, /* has passed */
	    {"UTC", "12:00", -1},
	    {"UTC", "2026-11-23T16:30", NOW + 16200},
	    {"UTC", "2026-11-23 16:30", NOW + 16200},
	    {"UTC", "2026-11-23T16:30:30", NOW + 16230},
	    {"UTC", "2026-11-24T00:00", NOW + 43200},
	    {"<+05>-5", "17:30", NOW + 1800},
	    {"<+05>-5", "16:59", -1},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", "2027-03-28T02:30", -1},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", "2027-03-28T03:30",
	        1806197400}, /* 01:30 UTC */
	    {"UTC", "2026-02-30T10:00", -1},
	    {"UTC", "2126-01-01T10:00", -1},
	    {"UTC", "tomorrow", -1},
	    {"UTC", "16:30x", -1},
	    {"UTC", "25:00", -1},
	    {"UTC", "2027-11-23", -1},
	    {"UTC", "", -1},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why = NULL;
		int64_t at;

		setenv("TZ", rows[i].zone, 1);
		tzset();
		at = exception_time_of(rows[i].text, NOW, &why);
		if (at != rows[i].at)
			fail_msg("%s %s: %lld (%s)", rows[i].zone, rows[i].text,
			    (long long)at, why ? why : "-");
		assert_true(at >= 0 || why);
	}
}

static void
words(void **state)
{
	struct override o = {.action = ACTION_ALLOW,
	    .scope = OVERRIDE_SITE,
	    .who = OVERRIDE_GROUP,
	    .subject = STR("kids.test"),
	    .group = STR("pupils"),
	    .until = NOW + 2700};
	struct buf b = BUF_EMPTY;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	exception_subject(&b, &o);
	buf_add_char(&b, '|');
	exception_whom(&b, &o);
	buf_add_char(&b, '|');
	exception_until(&b, &o, NOW);
	buf_add_char(&b, '|');
	exception_span(&b, 2700);
	buf_add_char(&b, '|');
	exception_span(&b, 90061);
	buf_add_char(&b, '|');
	o.scope = OVERRIDE_URL;
	o.subject = STR("kids.test/a");
	o.who = OVERRIDE_ONE;
	o.client[10] = o.client[11] = 0xff;
	o.client[12] = 10;
	o.until = NOW + 86400;
	exception_subject(&b, &o);
	buf_add_char(&b, '|');
	exception_whom(&b, &o);
	buf_add_char(&b, '|');
	exception_until(&b, &o, NOW);
	buf_add_char(&b, '|');
	o.until = 0;
	exception_until(&b, &o, NOW);
	buf_add_char(&b, '\0');
	assert_string_equal(b.p,
	    "kids.test and all below it|the group pupils|until 12:45 "
	    "today|45 minutes|1 day 1 hour|http://kids.test/a and all below "
	    "it|the client 10.0.0.0|until Tue 24 Nov 2026 12:00|until "
	    "somebody ends it");
	buf_fini(&b);
}

static void
without_a_filter_the_journal_is_written(void **state)
{
	char id[27], command[128];

	(void)state;
	put("a.conf", "[group pupils]\nmatch = net:10.1.0.0/16\n"
	              "[policy pupils]\n");
	run(cmd_allow, "allow -c a.conf --state st --for 45m x.test");
	assert_int_equal(rc, CLI_FAILED);
	assert_non_null(strstr(err, "start the filter once"));
	assert_int_equal(mkdir("st", 0700), 0);
	run(cmd_allow, "allow -c a.conf --state st --for 45m --group pupils "
	               "--json Kids.TEST --site");
	assert_int_equal(rc, CLI_OK);
	assert_non_null(strstr(out, "\"running\":false"));
	assert_non_null(strstr(out, "\"subject\":\"kids.test\""));
	assert_non_null(strstr(out, "\"group\":\"pupils\""));
	memcpy(id, strstr(out, "\"id\":\"") + 6, 26);
	id[26] = '\0';
	run(cmd_overrides, "overrides -c a.conf --state st");
	assert_int_equal(rc, CLI_OK);
	assert_non_null(strstr(out, id));
	snprintf(command, sizeof(command),
	    "overrides -c a.conf --state st end %s", id);
	run(cmd_overrides, command);
	assert_int_equal(rc, CLI_OK);
	run(cmd_overrides, command);
	assert_int_equal(rc, CLI_FAILED);
	assert_non_null(strstr(err, "has ended before"));
	run(cmd_overrides, "overrides -c a.conf --state st list");
	assert_non_null(strstr(out, "no exception is in force"));
	run(cmd_overrides, "overrides -c a.conf --state st list --all --json");
	assert_non_null(strstr(out, "\"state\":\"ended\""));
	run(cmd_overrides, "overrides -c a.conf --state st end NOTANID");
	assert_int_equal(rc, CLI_USAGE);
	run(cmd_block,
	    "block -c a.conf --state st --forever --group pupls x.test");
	assert_int_equal(rc, CLI_FAILED);
	assert_non_null(strstr(err, "did you mean \"pupils\""));
	run(cmd_block, "block -c a.conf --state st x.test");
	assert_int_equal(rc, CLI_USAGE);
}

static void
who_runs_is_never_empty(void **state)
{
	char who[WHO_MAX];

	(void)state;
	who_runs(who, sizeof(who));
	assert_true(who[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spans),
	    cmocka_unit_test(times_are_of_the_filters_zone),
	    cmocka_unit_test(words),
	    cmocka_unit_test_setup_teardown(
	        without_a_filter_the_journal_is_written, set_up, tear_down),
	    cmocka_unit_test(who_runs_is_never_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
