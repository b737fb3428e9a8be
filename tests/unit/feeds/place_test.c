/* place_test.c - folders of versions: kept, swept, locked. */
#include "feeds/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "feeds/state.h"

static char top[64];

static int
set_up(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/suzgi-test-XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	place_remove(top);
	return access(top, F_OK) == 0 ? -1 : 0;
}

static const char *
below(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void
put(const char *name)
{
	char folder[PATH_MAX];
	struct err err;

	snprintf(folder, sizeof(folder), "%s", below(name));
	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_mkdirs(folder, &err), 0);
	assert_int_equal(file_replace(below(name), STR("x\n"), 0640, &err), 0);
}

static bool
there(const char *name)
{
	return access(below(name), F_OK) == 0;
}

static void
folders_around_all_are_left_out(void **state)
{
	static const struct {
		const char *file, *kept;
	} rows[] = {
	    {"s/data/list.txt", "v-1/list.txt"},
	    {"s/data/blacklists/adult/domains", "v-1/adult/domains"},
	    {"s/data/a/b/c/adult/urls", "v-1/adult/urls"},
	    {"s/data/adult/domains", "v-1/adult/domains"},
	    {"s/data/pkg/list.txt", "v-1/list.txt"},
	};
	char from[PATH_MAX];
	struct err err;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put(rows[i].file);
		snprintf(from, sizeof(from), "%s", below("s/data"));
		assert_int_equal(place_keep(top, from, "v-1", &err), 0);
		if (!there(rows[i].kept))
			fail_msg("%s", rows[i].file);
		place_remove(below("s"));
		place_remove(below("v-1"));
	}
}

static void
what_the_state_does_not_name_goes(void **state)
{
	struct feed_state s = {.current = {.name = "v-2"},
	    .former = {.name = "v-1"},
	    .held = {.name = "v-3"}};

	(void)state;
	put("v-0/x");
	put("v-1/x");
	put("v-2/a/b");
	put("v-3/x");
	put("v-4/a/b/c");
	put("staging/data/x");
	put("state.json");
	put("state.json.77.tmp");
	put("lock");
	place_sweep(top, &s);
	assert_true(there("v-1/x") && there("v-2/a/b") && there("v-3/x"));
	assert_true(there("state.json") && there("lock"));
	assert_false(there("v-0") || there("v-4") || there("staging"));
	assert_false(there("state.json.77.tmp"));
}

static void
a_link_is_removed_and_not_followed(void **state)
{
	(void)state;
	put("keep/x");
	put("v-9/y");
	{
		char to[PATH_MAX];

		snprintf(to, sizeof(to), "%s", below("keep"));
		assert_int_equal(symlink(to, below("v-9/link")), 0);
	}
	place_remove(below("v-9"));
	assert_true(there("keep/x"));
	assert_false(there("v-9"));
}

static void
a_feed_is_locked_once(void **state)
{
	struct err err;
	int one = place_lock(below("feed"), &err), two;

	(void)state;
	assert_true(one >= 0);
	two = place_lock(below("feed"), &err);
	assert_int_equal(two, -1);
	assert_int_equal(err.code, ERR_REFUSED);
	close(one);
	two = place_lock(below("feed"), &err);
	assert_true(two >= 0);
	close(two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        folders_around_all_are_left_out, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        what_the_state_does_not_name_goes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        a_link_is_removed_and_not_followed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        a_feed_is_locked_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
