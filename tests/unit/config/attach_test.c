/* attach_test.c - the files that belong to a configuration. */
#include "tests/unit/config/collect.h"

#include <limits.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "config/attach.h"
#include "config/zones.h"

static char folder[40];

static int
set_up(void **state)
{
	(void)state;
	memcpy(folder, "/tmp/suzgi-attach-XXXXXX", 25);
	return mkdtemp(folder) ? 0 : -1;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

#define CHECK(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void
put(const char *below, const char *text)
{
	char path[PATH_MAX], *slash;
	struct err err;

	assert_true(file_join(path, sizeof(path), folder, below));
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(path, &err), 0);
	*slash = '/';
	assert_int_equal(file_replace(path, str_of(text), 0600, &err), 0);
}

/* Load <text>, with the folder as that of shipped data and "@" in its place,
 * and what belongs to it. */
static const char *
attached(struct config *c, const char *text, struct buf *out)
{
	struct diag d = {.report = collect, .arg = out, .files = &c->files};
	struct buf b = BUF_EMPTY;

	for (; *text; text++)
		if (*text == '@')
			buf_add_str(&b, str_of(folder));
		else
			buf_add_char(&b, *text);
	buf_reset(out);
	assert_int_equal(load_text(c, buf_str(&b), out), 0);
	buf_fini(&b);
	c->data_dir = str_of(folder);
	attach_files(c, &d);
	return collected(out);
}

static void
zones_are_read_by_name(void **state)
{
	struct buf out = BUF_EMPTY;
	struct config c;

	(void)state;
	assert_string_equal(attached(&c,
	                        "[proxy]\ntimezone = Asia/Almaty\n"
	                        "[policy default]\n[schedule a]\nwhen = mon\n"
	                        "timezone = Europe/Lisbon\n"
	                        "[schedule b]\nwhen = mon\n",
	                        &out),
	    "");
	assert_memory_equal(c.zone.p, "TZif", 4);
	assert_memory_equal(c.schedule.v[0].zone.p, "TZif", 4);
	assert_int_equal(c.schedule.v[1].zone.n, 0); /* that of [proxy] */
	arena_fini(&c.arena);
	assert_string_equal(
	    attached(&c,
	        "[proxy]\ntimezone = Asia/Almatty\n[policy default]\n"
	        "[schedule a]\nwhen = mon\ntimezone = almaty\n"
	        "[schedule b]\nwhen = mon\ntimezone = Asia\n"
	        "[schedule c]\nwhen = mon\ntimezone = Mars/Phobos\n",
	        &out),
	    "t:2:12: error: there is no time zone \"Asia/Almatty\"; did you "
	    "mean "
	    "\"Asia/Almaty\"?\n"
	    "t:6:12: error: there is no time zone \"almaty\"; did you mean "
	    "\"Asia/Almaty\"?\n"
	    "t:9:12: error: there is no time zone \"Asia\"; they are named "
	    "like "
	    "Asia/Almaty\n"
	    "t:12:12: error: there is no time zone \"Mars/Phobos\"; they are "
	    "named like Asia/Almaty\n");
	arena_fini(&c.arena);
	buf_fini(&out);
}

static void
zones_are_found_in_any_folder(void **state)
{
	struct config c;
	struct buf out = BUF_EMPTY;

	(void)state;
	put("Asia/Almaty", "");
	put("America/Argentina/Ushuaia", "");
	put("posix/Asia/Almaati", "");
	put("zone.tab", "");
	load_text(&c, STR("[policy default]\n"), &out);
	assert_string_equal(
	    zones_near(&c, folder, STR("Asia/Almati")).p, "Asia/Almaty");
	assert_string_equal(zones_near(&c, folder, STR("ushuaia")).p,
	    "America/Argentina/Ushuaia");
	assert_int_equal(zones_near(&c, folder, STR("zone.tab")).n, 0);
	assert_int_equal(zones_near(&c, "/nonexistent", STR("x")).n, 0);
	arena_fini(&c.arena);
	buf_fini(&out);
}

static void
phrases_are_read_whole_or_not_at_all(void **state)
{
	struct buf out = BUF_EMPTY, big = BUF_EMPTY;
	struct config c;
	uint64_t digest;

	(void)state;
	put("th.txt", "one\ntwo\n");
	assert_string_equal(
	    attached(
	        &c, "[policy default]\n[terms a]\nsource = @/th.txt\n", &out),
	    "");
	assert_string_equal(c.terms.v[0].text.p, "one\ntwo\n");
	digest = config_digest(&c);
	arena_fini(&c.arena);
	/* what is in the file is a part of the configuration */
	put("th.txt", "one\n");
	attached(&c, "[policy default]\n[terms a]\nsource = @/th.txt\n", &out);
	assert_true(config_digest(&c) != digest);
	arena_fini(&c.arena);
	for (unsigned i = 0; i <= ATTACH_TERMS_MAX / 8; i++)
		buf_add_str(&big, STR("phrases\n"));
	buf_add_char(&big, '\0');
	put("th.txt", big.p);
	attached(&c,
	    "[policy default]\n[terms a]\nsource = @/th.txt\n"
	    "[terms b]\nsource = @/none.txt\n",
	    &out);
	assert_non_null(strstr(collected(&out), "t:2:2: error: [terms a]: "));
	assert_non_null(strstr(out.p, "t:4:2: error: [terms b]: "));
	arena_fini(&c.arena);
	buf_fini(&big);
	buf_fini(&out);
}

static void
helpers_are_looked_at(void **state)
{
	struct buf out = BUF_EMPTY;
	struct config c;

	(void)state;
	put("users", "");
	assert_string_equal(
	    attached(&c,
	        "[policy default]\n[auth a]\nkind = basic\nhtpasswd = @/users\n"
	        "[auth b]\nkind = group\nhelper = /bin/sh -c x\n",
	        &out),
	    "");
	arena_fini(&c.arena);
	attached(&c,
	    "[policy default]\n[auth a]\nkind = basic\nhtpasswd = /no/users\n"
	    "[auth b]\nkind = group\nhelper = /no/helper -x\n",
	    &out);
	assert_string_equal(collected(&out),
	    "t:2:2: error: [auth a]: cannot read /no/users: No such file or "
	    "directory\n"
	    "t:5:2: error: [auth b]: the helper /no/helper cannot be started: "
	    "No "
	    "such file or directory\n");
	arena_fini(&c.arena);
	buf_fini(&out);
}

static void
shipped_tables_may_be_missing_where_nobody_needs_them(void **state)
{
	struct buf out = BUF_EMPTY;
	struct config c;

	(void)state;
	/* moved away from all its data */
	assert_string_equal(attached(&c, "[policy default]\n", &out), "");
	arena_fini(&c.arena);
	put("lists/x", "");
	attached(&c, "[policy default]\n", &out);
	assert_non_null(
	    strstr(out.p, "warning: the shipped table of search engines: "));
	assert_non_null(strstr(
	    out.p, "warning: the shipped sites that are always reachable: "));
	assert_null(strstr(out.p, "error"));
	arena_fini(&c.arena);
	put(ATTACH_SUPPORT, "");
	attached(&c,
	    "[policy default]\n[policy p]\nsafe-search = on\n[group g]\n"
	    "match = net:10.0.0.1\npolicy = p\n",
	    &out);
	assert_non_null(strstr(out.p, "t:2:2: error: [policy p] asks for safe "
	                              "search"));
	arena_fini(&c.arena);
	attached(&c, "[policy default]\nblock = search:any\n", &out);
	assert_non_null(strstr(out.p, "t:1:2: error: [policy default] asks"));
	arena_fini(&c.arena);
	put(ATTACH_ENGINES, "a table\n");
	assert_string_equal(
	    attached(&c, "[policy default]\nyoutube = moderate\n", &out), "");
	assert_string_equal(c.engines.p, "a table\n");
	arena_fini(&c.arena);
	buf_fini(&out);
}

static void
support_sites_have_a_line_each(void **state)
{
	struct buf out = BUF_EMPTY;
	struct config c;

	(void)state;
	put("lists/search-engines.tsv", "");
	put(ATTACH_SUPPORT, "# comment\n\nHelp.TEST\tkk\tHelp\nb..test\ten\tX\n"
	                    "  c.test  \r\n\tno host\nd.test\tru\tПомощь");
	assert_string_equal(
	    attached(
	        &c, "[policy default]\n[support]\nsites = own.test\n", &out),
	    "lists/support-sites.tsv:4:0: warning: expected a host, found "
	    "\"b..test\"\n");
	assert_int_equal(c.shipped_support.n, 3);
	assert_string_equal(c.shipped_support.v[0].p, "help.test");
	assert_string_equal(c.shipped_support.v[1].p, "c.test");
	assert_string_equal(c.shipped_support.v[2].p, "d.test");
	assert_int_equal(c.support.n, 1);
	arena_fini(&c.arena);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CHECK(zones_are_read_by_name),
	    CHECK(zones_are_found_in_any_folder),
	    CHECK(phrases_are_read_whole_or_not_at_all),
	    CHECK(helpers_are_looked_at),
	    CHECK(shipped_tables_may_be_missing_where_nobody_needs_them),
	    CHECK(support_sites_have_a_line_each),
	};

	return cmocka_run_group_tests_name("config/attach", tests, NULL, NULL);
}
