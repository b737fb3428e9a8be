/* diag_test.c - how reports are shown. */
#include "tests/unit/config/collect.h"

#include <unistd.h>

/* What config_report_stderr() writes of <r>, into <out>. */
static void
shown(const struct config_report *r, char *out, size_t size)
{
	FILE *file = tmpfile();
	int old = dup(STDERR_FILENO);
	size_t n;

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	config_report_stderr(NULL, r);
	fflush(stderr);
	assert_true(dup2(old, STDERR_FILENO) >= 0);
	close(old);
	rewind(file);
	n = fread(out, 1, size - 1, file);
	out[n] = '\0';
	fclose(file);
}

static const struct {
	const char *rule;
	struct config_report report;
	const char *shown;
} cases[] = {
    {"nowhere", {true, NULL, 0, 0, "no memory", NULL}, "error: no memory\n"},
    {"a file", {false, "a.conf", 0, 0, "x", NULL}, "a.conf: warning: x\n"},
    {"a line", {false, "a.conf", 3, 0, "x", NULL}, "a.conf:3: warning: x\n"},
    {"a place without its line", {true, "a.conf", 3, 4, "x", NULL},
        "a.conf:3:4: error: x\n"},
    {"caret", {true, "a", 1, 3, "x", "a b"}, "a:1:3: error: x\n  a b\n    ^\n"},
    {"caret at the first", {true, "a", 1, 1, "x", "ab"},
        "a:1:1: error: x\n  ab\n  ^\n"},
    {"caret behind the end", {true, "a", 1, 3, "x", "ab"},
        "a:1:3: error: x\n  ab\n    ^\n"},
    {"tabs stay tabs", {true, "a", 1, 4, "x", "a\t\tb"},
        "a:1:4: error: x\n  a\t\tb\n   \t\t^\n"},
    {"columns are bytes, carets are under characters",
        {true, "a", 1, 6, "x", "\xd0\xa8\xd0\xa8 b"},
        "a:1:6: error: x\n  \xd0\xa8\xd0\xa8 b\n     ^\n"},
    {"nothing moves the terminal",
        {true, "a\x1b", 1, 3, "x\x1b[2J",
            "a\x1b"
            "b"},
        "a\\x1b:1:3: error: x\\x1b[2J\n  a?b\n    ^\n"},
};

static void
reports_look_like_a_compilers(void **state)
{
	char text[1024];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		shown(&cases[i].report, text, sizeof(text));
		if (strcmp(text, cases[i].shown) != 0)
			fail_msg("%s: shown\n%swanted\n%s", cases[i].rule, text,
			    cases[i].shown);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reports_look_like_a_compilers),
	};

	return cmocka_run_group_tests_name("config/diag", tests, NULL, NULL);
}
