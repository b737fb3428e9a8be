/* args_test.c - options stand anywhere, and a mistake is explained. */
#include "tests/unit/cli/kit.h"

/* What a command of ours was given. */
static struct cli_common common;
static bool flag;
static const char *value;
static char words[256];

static int
command(int argc, char **argv)
{
	const struct cli_option options[] = {
	    {.name = "trace", .letter = 't', .help = "h", .flag = &flag},
	    {.name = "time", .arg = "TIME", .help = "h", .value = &value},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "x [OPTION]...",
	    .about = "About x.",
	    .options = options,
	    .common = &common};
	int status;

	common = (struct cli_common){.json = false};
	flag = false;
	value = NULL;
	words[0] = '\0';
	status = cli_parse(&a, argc, argv);
	for (int i = 0; i < a.argc; i++) {
		size_t n = strlen(words);

		snprintf(words + n, sizeof(words) - n, "%s|", a.argv[i]);
	}
	return status;
}

static const struct {
	const char *line;
	bool flag, json;
	const char *value, *file, *words;
} good[] = {
    {"x", false, false, NULL, NULL, ""},
    {"x a b", false, false, NULL, NULL, "a|b|"},
    {"x -t a", true, false, NULL, NULL, "a|"},
    {"x a --trace b", true, false, NULL, NULL, "a|b|"},
    {"x --time now a", false, false, "now", NULL, "a|"},
    {"x --time=now", false, false, "now", NULL, ""},
    {"x --time= a", false, false, "", NULL, "a|"},
    {"x --time -t", false, false, "-t", NULL, ""},
    {"x -c f --json", false, true, NULL, "f", ""},
    {"x --config=f", false, false, NULL, "f", ""},
    {"x -- -t --time", false, false, NULL, NULL, "-t|--time|"},
    {"x - a", false, false, NULL, NULL, "-|a|"},
};

static void
options_stand_before_between_and_behind(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		run(command, good[i].line);
		assert_int_equal(rc, -1);
		assert_int_equal(flag, good[i].flag);
		assert_int_equal(common.json, good[i].json);
		assert_string_equal(words, good[i].words);
		if (good[i].value)
			assert_string_equal(value, good[i].value);
		else
			assert_null(value);
		if (good[i].file)
			assert_string_equal(common.at.file, good[i].file);
		else
			assert_null(common.at.file);
		assert_string_equal(err, "");
	}
}

static const struct {
	const char *line, *says;
} bad[] = {
    {"x --trcae", "unknown option \"trcae\"; did you mean --trace?"},
    {"x --confg f", "unknown option \"confg\"; did you mean --config?"},
    {"x --zzzzzz", "unknown option \"zzzzzz\""},
    {"x -z", "unknown option \"z\""},
    {"x --t", "unknown option \"t\""},
    {"x -trace", "unknown option \"trace\"; did you mean --trace?"},
    {"x --trace=1", "--trace takes no value"},
    {"x --time", "--time needs its TIME"},
    {"x a -c", "--config needs its FILE"},
};

static void
mistakes_are_explained(void **state)
{
	char whole[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		run(command, bad[i].line);
		snprintf(whole, sizeof(whole),
		    "suzgi x: %s\nsuzgi x --help says how\n", bad[i].says);
		assert_string_equal(err, whole);
		assert_int_equal(rc, CLI_USAGE);
		assert_string_equal(out, "");
	}
}

static void
sets_are_kept_in_order_and_have_a_bound(void **state)
{
	char name[] = "x", set[] = "--set=a.b=1";
	char *argv[CLI_SETS_MAX + 3] = {name};

	(void)state;
	run(command, "x --set a.b=1 y --set=c.d=2");
	assert_int_equal(rc, -1);
	assert_int_equal(common.nsets, 2);
	assert_string_equal(common.at.set[0], "a.b=1");
	assert_string_equal(common.at.set[1], "c.d=2");
	assert_null(common.at.set[2]);
	for (unsigned i = 1; i <= CLI_SETS_MAX + 1; i++)
		argv[i] = set;
	assert_int_equal(command(CLI_SETS_MAX + 1, argv), -1);
	assert_int_equal(common.nsets, CLI_SETS_MAX);
	assert_null(common.at.set[CLI_SETS_MAX]);
	assert_int_equal(command(CLI_SETS_MAX + 2, argv), CLI_USAGE);
}

static void
help_names_every_option(void **state)
{
	static const char *const lines[] = {"x --help", "x -h", "x a --help"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		run(command, lines[i]);
		assert_int_equal(rc, CLI_OK);
		assert_string_equal(err, "");
		assert_non_null(strstr(out, "usage: suzgi x [OPTION]...\n"));
		assert_non_null(strstr(out, "About x."));
		assert_non_null(strstr(out, "-t, --trace "));
		assert_non_null(strstr(out, "    --time TIME "));
		assert_non_null(strstr(out, "-c, --config FILE "));
		assert_non_null(strstr(out, "    --set KEY=VALUE "));
	}
}

/* Every command: --help is no error, an unknown option is. */
static void
every_command_takes_help_and_refuses_nonsense(void **state)
{
	static cli_command *const commands[] = {cmd_run, cmd_check, cmd_explain,
	    cmd_lists, cmd_log, cmd_status, cmd_reload, cmd_config,
	    cmd_version};

	(void)state;
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		run(commands[i], "c --help");
		assert_int_equal(rc, CLI_OK);
		assert_int_equal(strncmp(out, "usage: suzgi ", 13), 0);
		run(commands[i], "c --no-such-option");
		assert_int_equal(rc, CLI_USAGE);
		assert_non_null(strstr(err, "unknown option"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(options_stand_before_between_and_behind),
	    TEST(mistakes_are_explained),
	    TEST(sets_are_kept_in_order_and_have_a_bound),
	    TEST(help_names_every_option),
	    TEST(every_command_takes_help_and_refuses_nonsense),
	};

	return cmocka_run_group_tests_name("cli/args", tests, NULL, NULL);
}
