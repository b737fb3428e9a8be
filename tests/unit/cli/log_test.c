/* log_test.c - the block log as people ask for it, in each format. */
#include "tests/unit/cli/kit.h"

#include <sys/stat.h>

#include "review/keys.h"
#include "review/record.h"

#define ID "01M808VGH0G0D0C0000000000"

static const char *const lines[] = {
    "{\"ts\":\"2026-11-20T08:00:00.000Z\",\"id\":\"" ID
    "1\",\"action\":\"block\",\"reason\":\"rule\",\"client\":"
    "\"p-0123456789abcdef\",\"method\":\"GET\",\"host\":\"a.test\","
    "\"url\":\"http://a.test/=1,2\",\"status\":403,\"ms\":3,\"rule\":{"
    "\"category\":\"adult\"}}\n",
    "{\"ts\":\"2026-11-21T08:00:00.000Z\",\"id\":\"" ID
    "2\",\"action\":\"refuse\",\"reason\":\"malformed\",\"client\":"
    "\"10.1.2.3\",\"status\":400,\"ms\":0}\n",
    "{\"ts\":\"2026-11-22T08:00:00.000Z\",\"id\":\"" ID
    "3\",\"action\":\"block\",\"reason\":\"rule\",\"client\":"
    "\"10.1.2.3\",\"method\":\"GET\",\"host\":\"x.b.test\","
    "\"url\":\"http://x.b.test/\",\"status\":403,\"ms\":1,\"rule\":{"
    "\"category\":\"games\"}}\n",
};

static int
begin(void **state)
{
	if (set_up(state) < 0 || mkdir("st", 0700) < 0 ||
	    mkdir("st/log", 0700) < 0)
		return -1;
	put("s.conf", "[proxy]\nstate-dir = ./st\n[policy default]\n");
	put("st/log/block.jsonl.1", lines[0]);
	put("st/log/block.jsonl", "");
	for (unsigned i = 1; i < 3; i++) {
		int fd = open("st/log/block.jsonl", O_WRONLY | O_APPEND);

		if (write(fd, lines[i], strlen(lines[i])) < 0)
			return -1;
		close(fd);
	}
	return 0;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, tear_down)

/* Which of the lines: their last digits. */
static const struct {
	const char *line, *which;
} questions[] = {
    {"log export -c s.conf", "123"},
    {"log search -c s.conf --json", "123"},
    {"log tail -c s.conf --json", "23"},
    {"log tail -c s.conf --json -n 1", "3"},
    {"log tail -c s.conf --json -n 0", ""},
    {"log tail -c s.conf --json -n 2 --client p-0123456789abcdef", "1"},
    {"log export -c s.conf --host b.test", "3"},
    {"log export -c s.conf --host .test", ""},
    {"log export -c s.conf --host test", "13"},
    {"log export -c s.conf --category ADULT", "1"},
    {"log export -c s.conf --action refuse", "2"},
    {"log export -c s.conf --client 10.1.2.3", "23"},
    {"log export -c s.conf --since 2026-11-21", "23"},
    {"log export -c s.conf --since 2026-11-21~08:00", "23"},
    {"log export -c s.conf --until 2026-11-21T08:00:00Z", "1"},
    {"log export -c s.conf --since 1h", ""},
    {"log export -c s.conf --text MALFORMED", "2"},
    {"log export -c s.conf --id " ID "2", "2"},
    {"log export -c s.conf --id " ID "2 --action block", ""},
};

static void
filters_and_bounds(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(questions) / sizeof(questions[0]);
	     i++) {
		struct buf want = BUF_EMPTY;

		run(cmd_log, questions[i].line);
		for (const char *w = questions[i].which; *w; w++)
			buf_add_str(&want, str_of(lines[*w - '1']));
		buf_add_char(&want, '\0');
		assert_int_equal(rc, CLI_OK);
		assert_string_equal(err, "");
		assert_string_equal(out, want.p);
		buf_fini(&want);
	}
}

static void
each_format_has_its_shape(void **state)
{
	(void)state;
	run(cmd_log, "log export -c s.conf --format csv --id " ID "1");
	assert_int_equal(strncmp(out, "ts,id,action,", 13), 0);
	assert_non_null(strstr(out, "\r\n2026-11-20T08:00:00.000Z," ID "1,"));
	assert_non_null(strstr(out, "\"http://a.test/=1,2\""));
	run(cmd_log, "log export -c s.conf --format squid --id " ID "1");
	assert_int_equal(strncmp(out, "1795161600.000 ", 15), 0);
	assert_non_null(strstr(out, " TCP_DENIED/403 "));
	run(cmd_log, "log search -c s.conf --id " ID "1");
	assert_non_null(strstr(out, "http://a.test/=1,2"));
	assert_null(strchr(out, '{'));
}

/* Whoever holds the keys may ask by address. */
static void
an_address_finds_its_pseudonyms(void **state)
{
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff, 10, 9, 9, 9};
	char line[256];
	static struct keys k = {.dir = "st/keys"};
	struct err e = {.code = ERR_NONE};

	(void)state;
	snprintf(line, sizeof(line),
	    "{\"ts\":\"2026-11-22T09:00:00.000Z\",\"id\":\"" ID
	    "9\",\"action\":\"block\",\"client\":\"%s\"}\n",
	    keys_pseudonym(&k, 1795338000000, addr, &e));
	assert_int_equal(e.code, ERR_NONE);
	put("st/log/block.jsonl", line);
	run(cmd_log, "log export -c s.conf --client 10.9.9.9");
	assert_string_equal(out, line);
	run(cmd_log, "log export -c s.conf --client 10.9.9.8");
	assert_string_equal(out, "");
}

static void
what_is_not_read_is_said(void **state)
{
	(void)state;
	put("st/log/block.jsonl.2.gz", "x");
	put("st/log/block.jsonl.1", "torn\n");
	run(cmd_log, "log search -c s.conf --json");
	assert_int_equal(rc, CLI_OK);
	assert_non_null(strstr(err, "1 lines are no records; left out\n"));
	assert_non_null(strstr(err, "1 compressed files in /"));
}

static void
a_broken_configuration_hides_no_log(void **state)
{
	(void)state;
	put("s.conf", "[proxy]\nstate-dir = ./st\nwrokers = 1\n");
	run(cmd_log, "log export -c s.conf");
	assert_int_equal(rc, CLI_OK);
	assert_string_equal(err, "");
	assert_non_null(strstr(out, ID "3"));
}

static const struct {
	const char *line, *says;
} refused[] = {
    {"log -c s.conf", "say tail, search or export"},
    {"log -c s.conf find", "\"find\": it is tail, search or export"},
    {"log tail -c s.conf -n x", "-n \"x\" is no number of lines"},
    {"log search -c s.conf -n 1", "-f and -n are for tail"},
    {"log search -c s.conf -f", "-f and -n are for tail"},
    {"log export -c s.conf --format xml",
        "--format \"xml\": it is text, jsonl, csv or squid"},
    {"log export -c s.conf --until noon", "--until \"noon\" is no time"},
};

static void
questions_that_make_no_sense(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		run(cmd_log, refused[i].line);
		assert_int_equal(rc, CLI_USAGE);
		assert_string_equal(out, "");
		assert_non_null(strstr(err, refused[i].says));
	}
}

static void
no_log_is_said_where_it_was_looked_for(void **state)
{
	(void)state;
	unlink("st/log/block.jsonl");
	unlink("st/log/block.jsonl.1");
	run(cmd_log, "log tail -c s.conf");
	assert_int_equal(rc, CLI_FAILED);
	assert_non_null(strstr(err, "there is no block.jsonl in /tmp/"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(filters_and_bounds),
	    TEST(each_format_has_its_shape),
	    TEST(an_address_finds_its_pseudonyms),
	    TEST(what_is_not_read_is_said),
	    TEST(a_broken_configuration_hides_no_log),
	    TEST(questions_that_make_no_sense),
	    TEST(no_log_is_said_where_it_was_looked_for),
	};

	return cmocka_run_group_tests_name("cli/log", tests, NULL, NULL);
}
