/* patterns_test.c - suzgi patterns: which are slow, where they stand. */
#include "kit.h"

#include "cli/patterns.h"

static const char lists[] = "[proxy]\nstate-dir = ./st\n"
                            "[list re]\nsource = re.txt\n"
                            "format = patterns\ncategory = ads\n"
                            "[policy default]\n";

static void
put_conf(const char *rules)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s", lists, rules);
	put("s.conf", text);
	put("re.txt", "banner[0-9]+\n/ads/([a-z]+)+\\d+$\n"
	              "^https?://([^/]*\\.)?x\\.test/ads\n");
}

/* The line of <out> that has <word>; it has <more> as well? */
static bool
line_has(const char *word, const char *more)
{
	const char *at = strstr(out, word), *from = at, *end;
	const char *found;

	if (!at)
		return false;
	while (from > out && from[-1] != '\n')
		from--;
	end = strchr(at, '\n');
	found = strstr(from, more);
	return found && found < end;
}

static void
each_pattern_has_its_place_and_when_it_is_tried(void **state)
{
	(void)state;
	put_conf("block = category:ads\nblock = regex:casino[0-9]\n"
	         "block = regex:[a-z]x[0-9]*y\n");
	run(cmd_patterns, "patterns -c s.conf");
	assert_int_equal(rc, CLI_OK);
	assert_string_equal(err, "");
	assert_true(line_has("| banner[0-9]+", "\"banner\" | "));
	assert_true(line_has("| banner[0-9]+", "re.txt:1 |"));
	assert_true(line_has("x\\.test/ads", "\"/ads\" on x.test"));
	assert_true(line_has("| casino[0-9]", "s.conf:9 |"));
	assert_true(line_has("| [a-z]x[0-9]*y", "every address"));
	assert_true(line_has("| [a-z]x[0-9]*y", "always "));
	assert_true(line_has("\\d+$", "limit "));
	assert_true(line_has("5 patterns, 1 tried on every address", "all"));
	/* what is given up on stands first */
	assert_true(strstr(out, "limit ") < strstr(out, "always "));
}

static void
the_slow_ones_alone_and_as_json(void **state)
{
	(void)state;
	put_conf("block = category:ads\nblock = regex:casino[0-9]\n");
	run(cmd_patterns, "patterns --slow -c s.conf --json");
	assert_int_equal(rc, CLI_OK);
	assert_ptr_equal(strstr(out, "{\"count\":4,\"always\":0,"), out);
	assert_null(strstr(out, "casino"));
	assert_non_null(
	    strstr(out, "{\"pattern\":\"/ads/([a-z]+)+\\\\d+$\",\"of\":\"url\","
	                "\"list\":\"re\",\"category\":\"ads\",\"file\":"));
	assert_non_null(
	    strstr(out, "\"line\":2,\"literal\":\"/ads/\",\"always\":false,"));
	assert_non_null(strstr(out, "\"limit\":true,\"slow\":true}"));
	run(cmd_patterns, "patterns -c s.conf --json");
	assert_non_null(strstr(out, "\"literal\":\"casino\",\"always\":false"));
	assert_non_null(
	    strstr(out, "\"literal\":\"/ads\",\"domain\":\"x.test\""));
}

static void
check_warns_of_slow_patterns(void **state)
{
	(void)state;
	put_conf("block = category:ads\nblock = regex:casino[0-9]\n"
	         "block = regex:[a-z]x[0-9]*y\n");
	run(cmd_check, "check s.conf");
	assert_int_equal(rc, CLI_OK);
	assert_non_null(strstr(err,
	    "s.conf:10:9: warning: slow pattern \"[a-z]x[0-9]*y\": it is tried "
	    "on every address"));
	assert_null(strstr(err, "casino"));
	assert_non_null(strstr(err,
	    "slow patterns in lists: 0 are tried on every address, 1 take too "
	    "long on some"));
	assert_non_null(strstr(out, ", 2 warnings\n"));
}

static void
there_may_be_none_and_mistakes_are_told(void **state)
{
	(void)state;
	put("s.conf", "[proxy]\nstate-dir = ./st\n"
	              "[policy default]\nblock = host:a.test\n");
	run(cmd_patterns, "patterns -c s.conf");
	assert_int_equal(rc, CLI_OK);
	assert_non_null(strstr(out, "0 patterns, 0 tried on every address"));
	run(cmd_patterns, "patterns x -c s.conf");
	assert_int_equal(rc, CLI_USAGE);
	put("s.conf", "[proxy]\nno-such = 1\n");
	run(cmd_patterns, "patterns -c s.conf");
	assert_int_equal(rc, CLI_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_pattern_has_its_place_and_when_it_is_tried),
	    TEST(the_slow_ones_alone_and_as_json),
	    TEST(check_warns_of_slow_patterns),
	    TEST(there_may_be_none_and_mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
