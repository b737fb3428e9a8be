/* updating_test.c - where a list that is fetched is read from. */
#include "config/updating.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/loader.h"
#include "feeds/place.h"
#include "feeds/state.h"
#include "feeds/update.h"

static char top[64];
static unsigned warnings, errors;

static int
set_up(void **state)
{
	(void)state;
	warnings = errors = 0;
	snprintf(top, sizeof(top), "/tmp/suzgi-test-XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	place_remove(top);
	return 0;
}

static void
count(void *arg, const struct config_report *r)
{
	(void)arg;
	if (r->error)
		errors++;
	else if (strstr(r->text, "never been fetched"))
		warnings++;
}

/* A configuration with [list x] of <keys>. */
static struct config *
load(const char *keys)
{
	struct config_paths at = {.state = top, .data = "packaging"};
	char text[1024], path[128];
	struct err err;

	snprintf(text, sizeof(text),
	    "[policy default]\nblock = list:x\n[list x]\n%s\n", keys);
	snprintf(path, sizeof(path), "%s/c.conf", top);
	assert_int_equal(file_replace(path, str_of(text), 0600, &err), 0);
	at.file = path;
	return config_load(&at, count, NULL);
}

/* A version is in force, as if it had been fetched. */
static void
put_in_force(bool accepted)
{
	struct feed_state s = {
	    .current = {.name = "v-0", .accepted = accepted}};
	char folder[PATH_MAX];
	struct err err;

	assert_true(place_folder(folder, str_of(top), STR("x")));
	assert_int_equal(file_mkdirs(folder, &err), 0);
	assert_int_equal(feed_state_save(folder, &s, &err), 0);
}

static bool
reads(const struct config *c, const char *below)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", top, below);
	return str_eq(c->list.v[0].source, str_of(path));
}

static void
without_a_version_it_is_unfetched(void **state)
{
	struct config *c = load("update = https://l.test/x");

	(void)state;
	assert_non_null(c);
	assert_true(c->list.v[0].unfetched);
	assert_int_equal(warnings, 1);
	/* nothing that could be read as an empty list */
	assert_int_not_equal(access(c->list.v[0].source.p, F_OK), 0);
	config_free(c);
}

static void
without_a_version_its_own_source_is_read(void **state)
{
	struct config *c = load("update = https://l.test/x\nsource = own");

	(void)state;
	assert_non_null(c);
	assert_false(c->list.v[0].unfetched);
	assert_int_equal(warnings, 0);
	assert_true(reads(c, "own"));
	config_free(c);
}

static void
the_version_in_force_is_read(void **state)
{
	uint64_t before, after;
	struct config *c;

	(void)state;
	c = load("update = https://l.test/x +-30%\nsource = own");
	before = config_digest(c);
	config_free(c);
	put_in_force(false);
	c = load("update = https://l.test/x +-30%\nsource = own");
	assert_true(reads(c, "feeds/x/v-0"));
	assert_int_equal(c->list.v[0].max_change, 30);
	after = config_digest(c);
	/* what was fetched is no change of the configuration */
	assert_true(before == after);
	config_free(c);
}

static void
what_was_accepted_has_no_bound(void **state)
{
	struct config *c;

	(void)state;
	put_in_force(true);
	c = load("update = https://l.test/x\nmax-change = 5%");
	assert_true(c->list.v[0].max_change == CONFIG_ANY_CHANGE);
	assert_int_equal(c->list.v[0].change, 5);
	config_free(c);
}

static void
a_list_that_is_not_fetched_is_left_alone(void **state)
{
	struct config *c;

	(void)state;
	put_in_force(true);
	c = load("source = own\nmax-change = 5%");
	assert_true(reads(c, "own"));
	assert_int_equal(c->list.v[0].max_change, 5);
	config_free(c);
}

static void
a_feed_has_what_was_configured(void **state)
{
	struct config *c = load("update = usb/x.txt every 2h\n"
	                        "sign-key = the.pub\nca-file = ca.pem\n"
	                        "max-size = 2MiB\ntimeout = 9s\n");
	struct feed f;
	char path[128];

	(void)state;
	assert_non_null(c);
	f = updating_feed(c, &c->list.v[0]);
	snprintf(path, sizeof(path), "%s/usb/x.txt", top);
	assert_true(str_eq(f.plan.url, str_of(path)));
	assert_int_equal(f.plan.every_s, 7200);
	snprintf(path, sizeof(path), "%s/the.pub", top);
	assert_true(str_eq(f.sign_key, str_of(path)));
	snprintf(path, sizeof(path), "%s/ca.pem", top);
	assert_true(str_eq(f.ca_file, str_of(path)));
	assert_int_equal(f.max_size, 2 << 20);
	assert_int_equal(f.timeout_s, 9);
	assert_false(f.insecure);
	config_free(c);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(without_a_version_it_is_unfetched),
	    TEST(without_a_version_its_own_source_is_read),
	    TEST(the_version_in_force_is_read),
	    TEST(what_was_accepted_has_no_bound),
	    TEST(a_list_that_is_not_fetched_is_left_alone),
	    TEST(a_feed_has_what_was_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
