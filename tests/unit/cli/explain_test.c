/* explain_test.c - what explain says, word for word, and how it exits. */
#include "tests/unit/cli/kit.h"

static const char config[] = "[proxy]\n"
                             "state-dir = ./st\n"
                             "[list bad]\n"
                             "source = bad.txt\n"
                             "category = adult\n"
                             "[group kids]\n"
                             "match = net:10.1.0.0/16\n"
                             "[policy kids]\n"
                             "block = host:games.test\n"
                             "[policy default]\n"
                             "allow = url:good.test/ok\n"
                             "block = category:adult\n";

static int
begin(void **state)
{
	if (set_up(state) < 0)
		return -1;
	put("s.conf", config);
	put("bad.txt", "casino.test\nsub.example.test\n");
	return 0;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, tear_down)

/* The list's path with this run's folder out of it. */
static void
expect_out(const char *want)
{
	struct buf b = BUF_EMPTY;
	struct str rest = str_of(out), dir = str_of(kit_dir);

	for (size_t at; (at = str_search(rest, dir)) < rest.n;
	     rest = str_sub(rest, at + dir.n, rest.n)) {
		buf_add_str(&b, str_sub(rest, 0, at));
		buf_add_str(&b, STR("DIR"));
	}
	buf_add_str(&b, rest);
	buf_add_char(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static const struct {
	const char *line;
	int rc;
	const char *out;
} golden[] = {
    {"explain -c s.conf http://www.casino.test/play", CLI_BLOCKED,
        "block     http://www.casino.test/play\n"
        "rule      s.conf:12  block = category:adult\n"
        "category  adult\n"
        "entry     casino.test             bad, DIR/bad.txt:1\n"
        "policy    default (everyone else)       stage name, final\n"},
    {"explain -c s.conf http://good.test/x", CLI_OK,
        "allow     http://good.test/x\n"
        "rule      none matched: default = allow\n"
        "policy    default (everyone else)       stage address, final\n"},
    {"explain -c s.conf https://casino.test/", CLI_BLOCKED,
        "block     casino.test:443\n"
        "rule      s.conf:12  block = category:adult\n"
        "category  adult\n"
        "entry     casino.test             bad, DIR/bad.txt:1\n"
        "policy    default (everyone else)       stage name, final\n"},
    {"explain -c s.conf --group kids http://games.test/", CLI_BLOCKED,
        "block     http://games.test/\n"
        "rule      s.conf:9  block = host:games.test\n"
        "policy    kids (as asked)               stage name, final\n"},
    {"explain -c s.conf --connect a.test:443 --sni casino.test", CLI_BLOCKED,
        "block     a.test:443\n"
        "name      casino.test, the server name in the TLS greeting\n"
        "rule      s.conf:12  block = category:adult\n"
        "category  adult\n"
        "entry     casino.test             bad, DIR/bad.txt:1\n"
        "policy    default (everyone else)       stage name, final\n"},
    {"explain -c s.conf http://10.1.2.300/", CLI_FAILED,
        "refused   http://10.1.2.300/\n"
        "reason    ends in a number, but is no IPv4 address\n"},
    {"explain -c s.conf --json http://10.1.2.300/", CLI_FAILED,
        "{\"url\":\"http://10.1.2.300/\",\"error\":\"ends in a number, but "
        "is no IPv4 address\"}\n"},
    {"explain -c s.conf --json --trace -g kids a.test:443", CLI_OK,
        "{\"action\":\"allow\",\"reason\":\"default\",\"tier\":\"default\","
        "\"stage\":\"host\",\"visibility\":\"sni\",\"group\":\"kids\","
        "\"group_by\":\"as asked\",\"policy\":\"kids\",\"method\":\"CONNECT\","
        "\"port\":443,\"connect\":\"a.test\",\"tunnel\":true,\"rule\":{"
        "\"file\":"
        "\"s.conf\",\"text\":\"default = "
        "allow\"},\"trace\":[{\"group\":\"kids\","
        "\"value\":\"yes\"},{\"judged\":\"tunnel target\",\"name\":\"a.test\"},"
        "{\"tier\":\"protected\",\"value\":\"no\"},{\"rule\":1,\"value\":"
        "\"no\","
        "\"file\":\"s.conf\",\"line\":9,\"text\":\"block = host:games.test\","
        "\"terms\":[{\"text\":\"host:games.test\",\"value\":\"no\"}]}]}\n"},
    {"explain -c s.conf --trace --time 2026-11-22T08:30 "
     "http://casino.test/",
        CLI_BLOCKED,
        "block     http://casino.test/\n"
        "rule      s.conf:12  block = category:adult\n"
        "category  adult\n"
        "entry     casino.test             bad, DIR/bad.txt:1\n"
        "policy    default (everyone else)       stage name, final\n"
        "group     no      kids\n"
        "group     yes     default\n"
        "judged    casino.test, the host\n"
        "  listed  casino.test             bad/adult, DIR/bad.txt:1\n"
        "  tier    no      protected\n"
        "  rule    no      s.conf:11  allow = url:good.test/ok\n"
        "  rule    yes     s.conf:12  block = category:adult\n"},
};

static void
answers_are_as_written_here(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		run(cmd_explain, golden[i].line);
		assert_string_equal(err, "");
		expect_out(golden[i].out);
		assert_int_equal(rc, golden[i].rc);
	}
}

static void
lines_of_stdin_may_say_who_asks(void **state)
{
	(void)state;
	put("in", "GET\t10.1.2.3\thttp://games.test/\r\n"
	          "\n"
	          "http://games.test/\n"
	          "GET\thttp://games.test/\n");
	assert_non_null(freopen("in", "r", stdin));
	run(cmd_explain, "explain -c s.conf -");
	assert_int_equal(rc, CLI_FAILED); /* the last is no line of ours */
	expect_out(
	    "block     http://games.test/\n"
	    "rule      s.conf:9  block = host:games.test\n"
	    "policy    kids (net:10.1.0.0/16)        stage name, final\n"
	    "allow     http://games.test/\n"
	    "rule      none matched: default = allow\n"
	    "policy    default (everyone else)       stage address, final\n"
	    "refused   GET\n"
	    "reason    expected URL, or METHOD, client's address and URL with "
	    "tabs between\n");
}

static const struct {
	const char *line;
	int rc;
	const char *says; /* begins stderr */
} refused[] = {
    {"explain -c s.conf", CLI_USAGE, "suzgi explain: which address?"},
    {"explain -c s.conf --group kdis http://a.test/", CLI_USAGE,
        "suzgi explain: unknown group \"kdis\"; did you mean \"kids\"?"},
    {"explain -c s.conf --client 10.1 http://a.test/", CLI_USAGE,
        "suzgi explain: client \"10.1\": is no IP address"},
    {"explain -c s.conf --time noon http://a.test/", CLI_USAGE,
        "suzgi explain: at \"noon\": is no time"},
    {"explain -c gone.conf http://a.test/", CLI_CONFIG, "error: cannot open"},
};

static void
questions_that_make_no_sense(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		run(cmd_explain, refused[i].line);
		assert_int_equal(rc, refused[i].rc);
		assert_string_equal(out, "");
		assert_int_equal(
		    strncmp(err, refused[i].says, strlen(refused[i].says)), 0);
	}
}

/* explain is for looking: it compiles in memory alone. */
static void
nothing_is_written(void **state)
{
	(void)state;
	run(cmd_explain, "explain -c s.conf http://a.test/");
	assert_int_equal(rc, CLI_OK);
	assert_int_equal(access("st", F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(answers_are_as_written_here),
	    TEST(lines_of_stdin_may_say_who_asks),
	    TEST(questions_that_make_no_sense),
	    TEST(nothing_is_written),
	};

	return cmocka_run_group_tests_name("cli/explain", tests, NULL, NULL);
}
