/* helpline_test.c - what helpers may answer, and how questions are written. */
#include "proxy/wire/helpline.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/buf.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static bool
parse(const char *text, size_t n, bool channels, struct helpline *out)
{
	static char room[HELPLINE_MAX + 16];

	assert_true(n < sizeof(room));
	memcpy(room, text, n);
	room[n] = '?'; /* is not to be looked at */
	return helpline_parse(room, n, channels, out);
}

static void
is(struct str found, const char *expected)
{
	if (!str_eq(found, str_of(expected)))
		fail_msg("found \"%.*s\", expected \"%s\"", STR_ARG(found),
		    expected ? expected : "");
}

static void
answers_that_are_understood(void **state)
{
	static const struct {
		const char *line;
		enum helpline_result result;
		const char *user, *token, *message, *group;
	} rows[] = {
	    {"OK", HELPLINE_OK, 0, 0, 0, 0},
	    {"OK\r", HELPLINE_OK, 0, 0, 0, 0},
	    {"OK ", HELPLINE_OK, 0, 0, 0, 0},
	    {"ERR", HELPLINE_ERR, 0, 0, 0, 0},
	    {"BH", HELPLINE_BH, 0, 0, 0, 0},
	    {"OK user=alice", HELPLINE_OK, "alice", 0, 0, 0},
	    {"OK  user=alice ", HELPLINE_OK, "alice", 0, 0, 0},
	    {"OK user=a%20b", HELPLINE_OK, "a b", 0, 0, 0},
	    {"OK user=\"a b\"", HELPLINE_OK, "a b", 0, 0, 0},
	    {"OK user=\"a\\\"b\\\\c\"", HELPLINE_OK, "a\"b\\c", 0, 0, 0},
	    {"OK user=\"a%20b\"", HELPLINE_OK, "a%20b", 0, 0, 0},
	    {"OK user=\"\"", HELPLINE_OK, "", 0, 0, 0},
	    {"OK user=", HELPLINE_OK, "", 0, 0, 0},
	    {"OK user= group=x", HELPLINE_OK, "", 0, 0, "x"},
	    {"OK group=a group=b", HELPLINE_OK, 0, 0, 0, "a"},
	    {"OK other=x user=y", HELPLINE_OK, "y", 0, 0, 0},
	    {"OK some words user=x", HELPLINE_OK, 0, 0, 0, 0},
	    {"ERR Wrong password", HELPLINE_ERR, 0, 0, 0, 0},
	    {"ERR message=\"No such user\"", HELPLINE_ERR, 0, 0, "No such user",
	        0},
	    {"TT YIIFoo=", HELPLINE_TT, 0, "YIIFoo=", 0, 0},
	    {"TT token=YII=", HELPLINE_TT, 0, "YII=", 0, 0},
	    {"AF alice", HELPLINE_AF, "alice", 0, 0, 0},
	    {"AF YII= alice@R.TEST", HELPLINE_AF, "alice@R.TEST", "YII=", 0, 0},
	    {"AF user=alice token=YII=", HELPLINE_AF, "alice", "YII=", 0, 0},
	    {"OK token=YII= user=\"a\"", HELPLINE_OK, "a", "YII=", 0, 0},
	    {"NA", HELPLINE_NA, 0, 0, 0, 0},
	    {"NA * gss_accept_sec_context() failed", HELPLINE_NA, 0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char with[256];
		struct helpline h;
		int n = snprintf(with, sizeof(with), "17 %s", rows[i].line);

		for (unsigned channels = 0; channels < 2; channels++) {
			if (!(channels ? parse(with, n, true, &h)
			               : parse(rows[i].line,
			                     strlen(rows[i].line), false, &h)))
				fail_msg("not understood: %s", rows[i].line);
			assert_int_equal(h.result, rows[i].result);
			assert_int_equal(h.channel, channels ? 17 : 0);
			is(h.user, rows[i].user);
			is(h.token, rows[i].token);
			is(h.message, rows[i].message);
			is(h.group, rows[i].group);
		}
	}
}

static void
what_is_no_answer(void **state)
{
	static const char *const rows[] = {"", " ", " OK", "ok", "OKAY", "OK\t",
	    "O", "YES", "OK user=\"a", "OK user=\"a\"b", "OK user=\"a\\",
	    "OK user=a user=b", "OK token=a token=b", "OK ttl=x", "OK ttl=-1",
	    "OK ttl=1 ttl=2", "OK ttl=", "TT", "TT a b", "AF", "AF a b c",
	    "0 OK", "OK a\x01", "OK user=\x7f\x01", "OK\r\r"};
	static const char *const channels[] = {"OK", "-1 OK", "x OK", " 1 OK",
	    "1", "1 ", "1OK", "1000000000 OK", "0x1 OK", "+1 OK", "1  ",
	    "1.0 OK"};
	struct helpline h;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++)
		if (parse(rows[i], strlen(rows[i]), false, &h))
			fail_msg("understood: \"%s\"", rows[i]);
	for (size_t i = 0; i < LEN(channels); i++)
		if (parse(channels[i], strlen(channels[i]), true, &h))
			fail_msg("understood: \"%s\"", channels[i]);
	assert_false(parse("OK\0x", 4, false, &h));
	assert_true(parse("999999999 OK", 12, true, &h));
	assert_int_equal(h.channel, HELPLINE_CHANNEL);
	assert_true(parse("007  OK", 7, true, &h));
	assert_int_equal(h.channel, 7);
}

static void
how_long_it_holds(void **state)
{
	struct helpline h;

	(void)state;
	assert_true(parse("OK", 2, false, &h));
	assert_false(h.has_ttl);
	assert_true(parse("OK ttl=0", 8, false, &h));
	assert_true(h.has_ttl && h.ttl_s == 0);
	assert_true(parse("OK ttl=300 user=x", 17, false, &h));
	assert_int_equal(h.ttl_s, 300);
	assert_true(parse("OK ttl=99999999999", 18, false, &h));
	assert_int_equal(h.ttl_s, UINT32_MAX);
}

/* A line cut anywhere never says more than the whole, nor another user. */
static void
every_prefix(void **state)
{
	static const char *const lines[] = {
	    "12 OK user=\"al\\\"ice\" group=b ttl=60 message=\"x y\"",
	    "12 AF YIItoken= alice@REALM.TEST", "12 ERR message=\"no\"",
	    "12 OK token=YII= user=a%20b"};

	(void)state;
	for (size_t i = 0; i < LEN(lines); i++)
		for (size_t n = 0; n <= strlen(lines[i]); n++) {
			struct helpline whole, h;

			assert_true(
			    parse(lines[i], strlen(lines[i]), true, &whole));
			if (!parse(lines[i], n, true, &h))
				continue;
			assert_true(h.channel <= whole.channel);
			assert_true(h.user.n <= whole.user.n || whole.token.n);
			assert_true(
			    h.result == whole.result || n < strlen("12 OK "));
		}
}

static void
too_long_is_no_answer(void **state)
{
	static char line[HELPLINE_MAX + 8];
	struct helpline h;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "OK ", 3);
	assert_true(parse(line, HELPLINE_MAX, false, &h));
	assert_false(parse(line, HELPLINE_MAX + 1, false, &h));
}

/* As Squid's own rfc1738_escape() writes it. */
static void
questions_are_escaped(void **state)
{
	static const struct {
		const char *text, *escaped;
	} rows[] = {
	    {"alice", "alice"},
	    {"a b", "a%20b"},
	    {"100%", "100%25"},
	    {"a\nb\r", "a%0ab%0d"},
	    {"<>\"#{}|\\^~[]`'", "%3c%3e%22%23%7b%7d%7c%5c%5e%7e%5b%5d%60%27"},
	    {":;@&=+$,/?!*()-_.", ":;@&=+$,/?!*()-_."},
	    {"\xc3\xa9\x7f", "%c3%a9%7f"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct buf b = BUF_EMPTY;
		struct str back;

		helpline_escape(&b, str_of(rows[i].text));
		is(buf_str(&b), rows[i].escaped);
		back = helpline_unescape(b.p, b.n);
		is(back, rows[i].text);
		buf_fini(&b);
	}
}

static void
every_byte_comes_back(void **state)
{
	struct buf b = BUF_EMPTY;
	char all[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		all[i] = (char)i;
	helpline_escape(&b, str_make(all, 256));
	for (size_t i = 0; i < b.n; i++)
		assert_true(b.p[i] > ' ' && b.p[i] < 0x7f);
	assert_true(str_eq(helpline_unescape(b.p, b.n), str_make(all, 256)));
	buf_fini(&b);
}

static void
a_percent_alone_stays(void **state)
{
	static const struct {
		const char *text, *is;
	} rows[] = {{"%", "%"}, {"%4", "%4"}, {"%zz", "%zz"}, {"%4z", "%4z"},
	    {"%%41", "%A"}, {"%2541", "%41"}, {"a%41", "aA"}};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char room[16];
		size_t n = strlen(rows[i].text);

		memcpy(room, rows[i].text, n + 1);
		is(helpline_unescape(room, n), rows[i].is);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_that_are_understood),
	    cmocka_unit_test(what_is_no_answer),
	    cmocka_unit_test(how_long_it_holds),
	    cmocka_unit_test(every_prefix),
	    cmocka_unit_test(too_long_is_no_answer),
	    cmocka_unit_test(questions_are_escaped),
	    cmocka_unit_test(every_byte_comes_back),
	    cmocka_unit_test(a_percent_alone_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
