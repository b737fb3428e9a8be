/* test_test.c - suzgi test: what its lines come to, and how that is told. */
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
                             "block = category:adult\n";

static int
begin(void **state)
{
	if (set_up(state) < 0)
		return -1;
	put("s.conf", config);
	put("bad.txt", "casino.test\n");
	return 0;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, tear_down)

static void
all_as_expected(void **state)
{
	(void)state;
	put("t", "\xef\xbb\xbf# what we promised\r\n"
	         "\r\n"
	         "block kids http://games.test/ # always\r\n"
	         "  # later\n"
	         "allow -    http://games.test/\n"
	         "block -    http://games.test/ client 10.1.2.3\n"
	         "block -    https://www.casino.test/");
	run(cmd_test, "test -c s.conf t");
	assert_string_equal(err, "");
	assert_string_equal(out, "4 passed, 0 failed\n");
	assert_int_equal(rc, CLI_OK);
	run(cmd_test, "test -c s.conf --json t t");
	assert_string_equal(
	    out, "{\"failures\":[],\"passed\":8,\"failed\":0,\"wrong\":0}\n");
	assert_int_equal(rc, CLI_OK);
	assert_int_equal(access("st", F_OK), -1); /* nothing is written */
}

static void
what_differs_is_told_as_a_compiler_does(void **state)
{
	(void)state;
	put("t", "allow kids http://games.test/\n"
	         "\n"
	         "block kids http://casino.test/\n");
	run(cmd_test, "test -c s.conf t");
	assert_string_equal(out,
	    "t:1:1: expected allow, got block by block = host:games.test at "
	    "s.conf:9, policy kids\n"
	    "    allow kids http://games.test/\n"
	    "    ^\n"
	    "t:3:1: expected block, got allow: no rule matched, default = "
	    "allow, policy kids\n"
	    "    block kids http://casino.test/\n"
	    "    ^\n"
	    "0 passed, 2 failed\n");
	assert_int_equal(rc, CLI_BLOCKED);
	run(cmd_test, "test -c s.conf --json t");
	assert_string_equal(out,
	    "{\"failures\":[{\"file\":\"t\",\"line\":1,\"column\":1,\"text\":"
	    "\"allow kids http://games.test/\",\"expected\":\"allow\","
	    "\"action\":\"block\",\"reason\":\"rule\",\"tier\":\"policy\","
	    "\"group\":\"kids\",\"policy\":\"kids\",\"rule\":{\"file\":"
	    "\"s.conf\",\"line\":9,\"text\":\"block = host:games.test\"}},"
	    "{\"file\":\"t\",\"line\":3,\"column\":1,\"text\":"
	    "\"block kids http://casino.test/\",\"expected\":\"block\","
	    "\"action\":\"allow\",\"reason\":\"default\",\"tier\":\"default\","
	    "\"group\":\"kids\",\"policy\":\"kids\",\"rule\":{\"text\":"
	    "\"default = allow\"}}],\"passed\":0,\"failed\":2,\"wrong\":0}\n");
	assert_int_equal(rc, CLI_BLOCKED);
}

static void
what_is_not_understood_is_shown(void **state)
{
	(void)state;
	put("t", "block kids http://games.test/\n"
	         "block \"қ\" http://games.test/\n"
	         "block kdis http://games.test/\n"
	         "allow kids http://games.test/\n");
	run(cmd_test, "test -c s.conf t");
	assert_string_equal(out,
	    "t:2:7: unknown group \"қ\"\n"
	    "    block \"қ\" http://games.test/\n"
	    "          ^\n"
	    "t:3:7: unknown group \"kdis\"; did you mean \"kids\"?\n"
	    "    block kdis http://games.test/\n"
	    "          ^\n"
	    "t:4:1: expected allow, got block by block = host:games.test at "
	    "s.conf:9, policy kids\n"
	    "    allow kids http://games.test/\n"
	    "    ^\n"
	    "1 passed, 1 failed, 2 not understood\n");
	assert_int_equal(rc, CLI_USAGE);
}

static void
stdin_and_candidates_and_times(void **state)
{
	(void)state;
	put("t", "allow kids http://games.test/\n");
	assert_non_null(freopen("t", "r", stdin));
	put("new.conf", "[proxy]\nstate-dir = ./st\n[group kids]\n"
	                "match = net:10.1.0.0/16\n[policy kids]\n");
	run(cmd_test, "test -c new.conf -");
	assert_string_equal(out, "1 passed, 0 failed\n");
	assert_int_equal(rc, CLI_OK);
	run(cmd_test, "test -c new.conf --time 2026-11-23T10:00 t");
	assert_int_equal(rc, CLI_OK);
}

static const struct {
	const char *line;
	int rc;
	const char *says;
} refused[] = {
    {"test -c s.conf", CLI_USAGE, "suzgi test: which file?"},
    {"test -c s.conf gone", CLI_FAILED, "suzgi: cannot open gone"},
    {"test -c s.conf --time noon s.conf", CLI_USAGE,
        "suzgi test: --time takes"},
    {"test -c gone.conf t", CLI_CONFIG, "error: cannot open"},
};

static void
what_cannot_be_tested(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		run(cmd_test, refused[i].line);
		assert_int_equal(rc, refused[i].rc);
		if (strncmp(err, refused[i].says, strlen(refused[i].says)) != 0)
			fail_msg("%s: %s", refused[i].line, err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(all_as_expected),
	    TEST(what_differs_is_told_as_a_compiler_does),
	    TEST(what_is_not_understood_is_shown),
	    TEST(stdin_and_candidates_and_times),
	    TEST(what_cannot_be_tested),
	};

	return cmocka_run_group_tests_name("cli/test", tests, NULL, NULL);
}
