/* member_test.c - which names inside an archive become files. */
#include "feeds/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
names_are_judged(void **state)
{
	static const struct {
		const char *name;
		enum member want;
	} rows[] = {
	    {"adult/domains", MEMBER_TAKE},
	    {"./adult/domains", MEMBER_TAKE},
	    {"././a", MEMBER_TAKE},
	    {"list of sites.txt", MEMBER_TAKE},
	    {"cat\xc3\xa9gorie/x", MEMBER_TAKE},
	    {"a..b", MEMBER_TAKE},
	    {"a/b/c/d/e/f/g/h", MEMBER_TAKE},
	    {".hidden", MEMBER_SKIP},
	    {"a/._domains", MEMBER_SKIP},
	    {"__MACOSX/a", MEMBER_SKIP},
	    {"...", MEMBER_SKIP},
	    {"", MEMBER_BAD},
	    {".", MEMBER_BAD},
	    {"..", MEMBER_BAD},
	    {"../x", MEMBER_BAD},
	    {"a/../../x", MEMBER_BAD},
	    {"a/..", MEMBER_BAD},
	    {"./../x", MEMBER_BAD},
	    {"/etc/passwd", MEMBER_BAD},
	    {".//etc/passwd", MEMBER_BAD},
	    {"a//b", MEMBER_BAD},
	    {"a/", MEMBER_BAD},
	    {"a/./b", MEMBER_BAD},
	    {"..\\x", MEMBER_BAD},
	    {"a\nb", MEMBER_BAD},
	    {"a\x7f", MEMBER_BAD},
	    {"\x1b[2J", MEMBER_BAD},
	    {"a/b/c/d/e/f/g/h/i", MEMBER_BAD},
	};
	char name[400];
	struct str clean;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (member_judge(str_of(rows[i].name), &clean) != rows[i].want)
			fail_msg("%s", rows[i].name);
	memset(name, 'a', sizeof(name));
	assert_int_equal(
	    member_judge(str_make(name, MEMBER_PART), &clean), MEMBER_TAKE);
	assert_int_equal(
	    member_judge(str_make(name, MEMBER_PART + 1), &clean), MEMBER_BAD);
	for (unsigned i = 0; i < sizeof(name); i += 30)
		name[i] = i ? '/' : 'a';
	assert_int_equal(
	    member_judge(str_make(name, MEMBER_NAME), &clean), MEMBER_TAKE);
	assert_int_equal(
	    member_judge(str_make(name, MEMBER_NAME + 1), &clean), MEMBER_BAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
