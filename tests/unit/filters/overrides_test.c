/* overrides_test.c - the set of exceptions: what it takes, what it finds. */
#include "world.h"

#include "base/table.h"
#include "filters/overrides.h"

static const struct override good = {.id = "01J",
    .action = ACTION_BLOCK,
    .scope = OVERRIDE_HOST,
    .who = OVERRIDE_ALL,
    .subject = STR_INIT("a.test")};

static int
add(struct overrides *o, struct override one)
{
	struct err err = {0};
	int rc = overrides_add(o, &one, &err);

	assert_true(rc == 0 || err.text[0]);
	return rc;
}

static void
what_is_malformed_is_not_taken(void **unused)
{
	struct overrides *o = overrides_new();
	struct override bad[14];
	unsigned n = 0;

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good;
	bad[n++].id[0] = '\0';
	memset(bad[n++].id, 'x', sizeof(good.id));
	bad[n++].action = ACTION_WARN;
	bad[n++].scope = (enum override_scope)7;
	bad[n++].who = (enum override_for)9;
	bad[n++].subject = STR("");
	bad[n++].subject = STR("A.test");
	bad[n++].subject = STR("a.test.");
	bad[n++].subject = STR("a.test/x");
	bad[n++].scope = OVERRIDE_URL;
	bad[n++].who = OVERRIDE_GROUP;
	bad[n].from = 10;
	bad[n++].until = 10;
	bad[n++].reason = (struct str){"x", OVERRIDE_REASON_MAX + 1};
	bad[n++].subject = STR("0x7f.1");
	assert_int_equal(n, ARRAY_LEN(bad));
	for (unsigned i = 0; i < n; i++)
		if (add(o, bad[i]) == 0)
			fail_msg("number %u was taken", i);
	assert_int_equal(overrides_count(o), 0);
	assert_int_equal(add(o, good), 0);
	assert_int_equal(overrides_close(o), 0);
	assert_int_equal(add(o, good), -1); /* too late */
	overrides_free(o);
}

static struct name
name_of(const char *text, char room[NAME_ROOM])
{
	struct name n;

	assert_int_equal(name_from_text(str_of(text), room, &n), NAME_OK);
	return n;
}

static int
find(const struct overrides *o, const char *host, int64_t now)
{
	static const uint8_t client[16] = {1};
	const struct override_asker who = {
	    .client = client, .user_known = true, .now = now};
	struct override_open open;
	char room[NAME_ROOM];

	return overrides_find(o, &who, name_of(host, room), NULL, &open);
}

static void
none_are_found_where_there_are_none(void **unused)
{
	struct overrides *o = overrides_new();

	(void)unused;
	assert_int_equal(find(NULL, "a.test", 0), -1);
	assert_int_equal(find(o, "a.test", 0), -1); /* not closed yet */
	assert_int_equal(overrides_close(o), 0);
	assert_int_equal(find(o, "a.test", 0), -1);
	assert_int_equal(overrides_count(NULL), 0);
	assert_null(overrides_at(o, 0));
	overrides_free(o);
	overrides_free(NULL);
}

/* As many as there may be, each found by its host and nothing else. */
static void
each_of_ten_thousand_is_found(void **unused)
{
	struct overrides *o = overrides_new();
	char text[32];

	(void)unused;
	for (unsigned i = 0; i < OVERRIDES_MAX; i++) {
		struct override one = good;

		one.scope = i % 2 ? OVERRIDE_SITE : OVERRIDE_HOST;
		snprintf(text, sizeof(text), "h%u.test", i);
		one.subject = str_of(text);
		assert_int_equal(add(o, one), 0);
	}
	assert_int_equal(add(o, good), -1);
	assert_int_equal(overrides_close(o), 0);
	for (unsigned i = 0; i < OVERRIDES_MAX; i += 7) {
		snprintf(text, sizeof(text), "h%u.test", i);
		assert_int_equal(find(o, text, 5), i);
		snprintf(text, sizeof(text), "www.h%u.test", i);
		assert_int_equal(find(o, text, 5), i % 2 ? (int)i : -1);
		snprintf(text, sizeof(text), "xh%u.test", i);
		assert_int_equal(find(o, text, 5), -1);
	}
	overrides_free(o);
}

static struct override
site(const char *subject, enum action a, int64_t from, int64_t until)
{
	struct override one = good;

	one.action = a;
	one.scope = OVERRIDE_SITE;
	one.subject = str_of(subject);
	one.from = from;
	one.until = until;
	return one;
}

/* Whatever the order in which they came. */
static void
the_longer_site_then_the_newer_decides(void **unused)
{
	const struct override all[] = {site("test", ACTION_BLOCK, 9, 0),
	    site("a.test", ACTION_ALLOW, 3, 0),
	    site("a.test", ACTION_BLOCK, 5, 20),
	    site("b.a.test", ACTION_ALLOW, 1, 0)};
	static const unsigned order[][4] = {
	    {0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
		struct overrides *o = overrides_new();
		const struct override *got;

		for (unsigned k = 0; k < 4; k++)
			assert_int_equal(add(o, all[order[i][k]]), 0);
		assert_int_equal(overrides_close(o), 0);
		got = overrides_at(o, (unsigned)find(o, "x.b.a.test", 10));
		assert_true(str_eq(got->subject, STR("b.a.test")));
		got = overrides_at(o, (unsigned)find(o, "x.a.test", 10));
		assert_int_equal(got->action, ACTION_BLOCK);
		got = overrides_at(o, (unsigned)find(o, "x.a.test", 20));
		assert_int_equal(got->action, ACTION_ALLOW);
		got = overrides_at(o, (unsigned)find(o, "c.test", 10));
		assert_true(str_eq(got->subject, STR("test")));
		assert_int_equal(find(o, "c.test", 8), -1);
		overrides_free(o);
	}
}

/* A snapshot with others shares the lists, and each holds what it needs. */
static void
snapshots_with_overrides_outlive_each_other(void **unused)
{
	struct overrides *o = overrides_new(), *p = overrides_new();
	struct snapshot *base, *one, *two, *none;
	struct override user = good;
	struct world w;

	(void)unused;
	world_init(&w);
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	base = world_snapshot(&w);
	assert_int_equal(add(o, good), 0);
	assert_int_equal(overrides_close(o), 0);
	user.who = OVERRIDE_ONE;
	user.user = STR("alice");
	assert_int_equal(add(p, user), 0);
	assert_int_equal(overrides_close(p), 0);
	one = snapshot_with_overrides(base, o);
	two = snapshot_with_overrides(one, p);
	none = snapshot_with_overrides(two, NULL);
	assert_true(one && two && none);
	assert_ptr_equal(snapshot_overrides(one), o);
	assert_ptr_equal(snapshot_overrides(two), p);
	assert_null(snapshot_overrides(none));
	assert_null(snapshot_overrides(base));
	assert_true(snapshot_digest(one) == snapshot_digest(base));
	assert_int_equal(snapshot_wants(one), 0);
	assert_int_equal(snapshot_wants(two), SNAPSHOT_WANTS_USER);
	assert_int_equal(snapshot_wants(none), 0);
	assert_false(snapshot_unref(base)); /* the others hold it */
	assert_true(snapshot_unref(one));
	snapshot_free(one);
	assert_true(snapshot_unref(none));
	snapshot_free(none);
	assert_int_equal(overrides_count(snapshot_overrides(two)), 1);
	assert_true(snapshot_unref(two));
	snapshot_free(two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_malformed_is_not_taken),
	    cmocka_unit_test(none_are_found_where_there_are_none),
	    cmocka_unit_test(each_of_ten_thousand_is_found),
	    cmocka_unit_test(the_longer_site_then_the_newer_decides),
	    cmocka_unit_test(snapshots_with_overrides_outlive_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
