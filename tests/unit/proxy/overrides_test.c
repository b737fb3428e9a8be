/* overrides_test.c - overrides on a snapshot, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "filters/snapshot.h"
#include "lists/name.h"
#include "proxy/overrides.h"

/* pupils: bad.test is blocked; default: all is allowed. help.test is a place
 * that offers help. */
static struct snapshot *
sample(void)
{
	struct snapshot_builder *b = snapshot_begin(7);
	struct net net;
	char room[NAME_ROOM];
	struct name help;
	struct err err;
	uint32_t column;
	int p;

	assert_non_null(b);
	assert_true(net_from_text(STR("10.1.0.0/16"), &net));
	assert_int_equal(name_from_text(STR("help.test"), room, &help), 0);
	assert_int_equal(snapshot_support(b, help, &err), 0);
	p = snapshot_policy(b,
	    &(struct policy_def){
	        .name = STR("young"), .on_unsettled = ACTION_BLOCK},
	    &err);
	assert_true(p >= 0);
	assert_int_equal(snapshot_rule(b, p,
	                     &(struct rule_def){.action = ACTION_BLOCK,
	                         .text = STR("host:bad.test")},
	                     &column, &err),
	    0);
	assert_int_equal(snapshot_group(b,
	                     &(struct group_def){.name = STR("pupils"),
	                         .policy = STR("young"),
	                         .nets = &net,
	                         .nnets = 1},
	                     &err),
	    0);
	return snapshot_finish(b, &err);
}

static void
drop(struct snapshot *s)
{
	if (snapshot_unref(s))
		snapshot_free(s);
}

static struct override
one(enum action action, enum override_for who, const char *subject)
{
	struct override o = {.id = "01KAR2Q0P7C8ZJ2M6T5W000001",
	    .action = action,
	    .scope = OVERRIDE_HOST,
	    .who = who,
	    .subject = str_of(subject),
	    .from = 1000};

	return o;
}

static struct snapshot *
dressed(struct snapshot *base, const struct override *o)
{
	struct overrides *set = overrides_new();
	struct snapshot *s;
	struct err err;

	assert_int_equal(overrides_add(set, o, &err), 0);
	assert_int_equal(overrides_close(set), 0);
	s = overrides_dress(base, set);
	overrides_free(set); /* the snapshot has a copy */
	assert_non_null(s);
	return s;
}

static void
an_empty_set_is_the_snapshot_itself(void **state)
{
	struct snapshot *base = sample(), *s = overrides_dress(base, NULL);

	(void)state;
	assert_ptr_equal(s, base);
	drop(s);
	drop(base);
}

static void
a_snapshot_with_a_set_outlives_who_made_both(void **state)
{
	struct override o = one(ACTION_BLOCK, OVERRIDE_ALL, "x.test");
	struct snapshot *base = sample(), *s = dressed(base, &o);

	(void)state;
	assert_ptr_not_equal(s, base);
	drop(base);
	assert_int_equal(snapshot_generation(s), 7);
	assert_int_equal(overrides_count(snapshot_overrides(s)), 1);
	assert_true(str_eq(
	    overrides_at(snapshot_overrides(s), 0)->subject, STR("x.test")));
	drop(s);
}

static void
what_it_changes_is_told(void **state)
{
	static const struct {
		const char *what;
		enum action action;
		enum override_for who;
		const char *subject, *group, *said;
	} rows[] = {
	    {"opens for its group", ACTION_ALLOW, OVERRIDE_GROUP, "bad.test",
	        "pupils",
	        "\"group_known\":true,\"groups\":1,\"changed\":1,"
	        "\"stronger\":0"},
	    {"opens for one of two groups", ACTION_ALLOW, OVERRIDE_ALL,
	        "bad.test", NULL,
	        "\"group_known\":true,\"groups\":2,\"changed\":1,"
	        "\"stronger\":0"},
	    {"closes for all", ACTION_BLOCK, OVERRIDE_ALL, "x.test", NULL,
	        "\"groups\":2,\"changed\":2,\"stronger\":0"},
	    {"was so already", ACTION_ALLOW, OVERRIDE_ALL, "x.test", NULL,
	        "\"groups\":2,\"changed\":0,\"stronger\":0"},
	    {"help stays", ACTION_BLOCK, OVERRIDE_ALL, "help.test", NULL,
	        "\"groups\":2,\"changed\":0,\"stronger\":2,"
	        "\"tier\":\"support\""},
	    {"no such group", ACTION_ALLOW, OVERRIDE_GROUP, "bad.test", "old",
	        "\"group_known\":false,\"groups\":0"},
	    {"a client of the group", ACTION_ALLOW, OVERRIDE_ONE, "bad.test",
	        NULL, "\"groups\":1,\"changed\":1,\"stronger\":0"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct override o =
		    one(rows[i].action, rows[i].who, rows[i].subject);
		struct snapshot *base = sample(), *s;
		struct overrides_effect e = {.before = base, .o = &o};
		struct buf b = BUF_EMPTY;

		o.group = str_of(rows[i].group);
		memcpy(o.client + 10, "\xff\xff\x0a\x01\x02\x03", 6);
		e.after = s = dressed(base, &o);
		buf_add_char(&b, '{');
		overrides_tell(&e, &b);
		buf_add_char(&b, '\0');
		if (!strstr(b.p, rows[i].said))
			fail_msg("%s: %s", rows[i].what, b.p);
		buf_fini(&b);
		drop(s);
		drop(base);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_set_is_the_snapshot_itself),
	    cmocka_unit_test(a_snapshot_with_a_set_outlives_who_made_both),
	    cmocka_unit_test(what_it_changes_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
