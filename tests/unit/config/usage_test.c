/* usage_test.c - what a ut1 tree says of its categories. */
#include "config/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/table.h"

static void
usage_files(void **state)
{
	static const struct {
		const char *text;
		enum usage_kind want;
	} row[] = {
	    {"black", USAGE_BLACK},
	    {"black\n", USAGE_BLACK},
	    {"WHITE\r\n", USAGE_WHITE},
	    {"# a remark: white\nblack\nads\npublicite\n", USAGE_BLACK},
	    {"ads\n  white  \nblack\n", USAGE_WHITE},
	    {"blackish\n", USAGE_UNKNOWN},
	    {"", USAGE_UNKNOWN},
	    {"# black\n", USAGE_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_int_equal(usage_of(str_of(row[i].text)), row[i].want);
}

#define GLOBAL                                                                 \
	"#\n# NAME : what these are\n#\n"                                      \
	"NAME:\tadult\nDEFAULT_TYPE: black\nSOURCE: https://lists.test/x\n"    \
	"DESC EN: Some sites: all sorts.\nDESC RU: \xd0\x92\xd1\x81\xd1\x91\n" \
	"NAME EN: Adult (X)\nNAME FR: Adulte\n\n\n"                            \
	"NAME: press\r\nDEFAULT_TYPE: white\r\nNAME EN: News\r\n"              \
	"\nNAME: odd\nno colon\nWHAT: x\n: y\nDEFAULT_TYPE: grey\n"

static void
global_usage(void **state)
{
	static const struct {
		const char *category, *language;
		bool found;
		enum usage_kind kind;
		const char *label, *text;
	} row[] = {
	    {"adult", "EN", true, USAGE_BLACK, "Adult (X)",
	        "Some sites: all sorts."},
	    {"adult", "en", true, USAGE_BLACK, "Adult (X)",
	        "Some sites: all sorts."},
	    {"adult", "RU", true, USAGE_BLACK, "", "\xd0\x92\xd1\x81\xd1\x91"},
	    {"adult", "FR", true, USAGE_BLACK, "Adulte", ""},
	    {"adult", "KK", true, USAGE_BLACK, "", ""},
	    {"press", "EN", true, USAGE_WHITE, "News", ""},
	    {"odd", "EN", true, USAGE_UNKNOWN, "", ""},
	    {"adul", "EN", false, USAGE_UNKNOWN, "", ""},
	    {"what these are", "EN", false, USAGE_UNKNOWN, "", ""},
	    {"", "EN", false, USAGE_UNKNOWN, "", ""},
	};
	struct usage u;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(
		    usage_find(STR(GLOBAL), str_of(row[i].category),
		        str_of(row[i].language), &u),
		    row[i].found);
		assert_int_equal(u.kind, row[i].kind);
		assert_true(str_eq(u.label, str_of(row[i].label)));
		assert_true(str_eq(u.text, str_of(row[i].text)));
	}
	assert_true(usage_find(STR(GLOBAL), STR("adult"), STR("EN"), &u));
	assert_true(str_eq(u.source, STR("https://lists.test/x")));
	assert_true(str_eq(u.name, STR("adult")));
	assert_false(usage_find(STR_NONE, STR("adult"), STR("EN"), &u));
}

/* What it says of one category never comes from another's record. */
static void
every_beginning_can_be_read(void **state)
{
	struct usage u;

	(void)state;
	for (size_t n = 0; n < sizeof(GLOBAL); n++) {
		struct str text = str_sub(STR(GLOBAL), 0, n);

		if (usage_find(text, STR("press"), STR("EN"), &u))
			assert_int_not_equal(u.kind, USAGE_BLACK);
		if (usage_find(text, STR("odd"), STR("EN"), &u))
			assert_int_equal(u.kind, USAGE_UNKNOWN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(usage_files),
	    cmocka_unit_test(global_usage),
	    cmocka_unit_test(every_beginning_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
