/* snapshot_test.c - building: limits, duplicates, references, the digest. */
#include "world.h"

#include "base/table.h"
#include "filters/decide.h"
#include "lists/image.h"

static unsigned drops;

static void
count_drop(void *arg)
{
	(void)arg;
	drops++;
}

static void
an_empty_snapshot_allows_all(void **unused)
{
	struct err err = {0};
	struct snapshot *s = snapshot_finish(snapshot_begin(5), &err);
	struct facts f = {0};
	struct verdict v;
	struct query q;

	(void)unused;
	assert_non_null(s);
	query_init(&q, "10.0.0.1", STAGE_URL, STAGE_URL, "http://a.test/");
	v = decide(s, &q.r, &f, NULL);
	assert_int_equal(v.kind, VERDICT_ALLOW);
	assert_int_equal(v.reason, REASON_DEFAULT);
	assert_int_equal(v.rule, VERDICT_NO_RULE);
	assert_int_equal(snapshot_generation(s), 5);
	assert_int_equal(snapshot_images(s), 0);
	assert_int_equal(snapshot_patterns(s), 0);
	query_fini(&q);
	snapshot_free(s);
}

static void
the_last_reference_is_told(void **unused)
{
	struct err err = {0};
	struct snapshot *s = snapshot_finish(snapshot_begin(1), &err);

	(void)unused;
	assert_ptr_equal(snapshot_ref(s), s);
	assert_false(snapshot_unref(s));
	assert_true(snapshot_unref(s));
	snapshot_free(s);
	snapshot_free(NULL);
	snapshot_abandon(NULL);
}

static void
a_bad_image_is_refused_and_dropped_at_once(void **unused)
{
	struct snapshot_builder *b = snapshot_begin(1);
	struct err err = {0};

	(void)unused;
	drops = 0;
	assert_int_equal(
	    snapshot_image(b, (struct bytes){(const uint8_t *)"nonsense", 8},
	        count_drop, NULL, &err),
	    -1);
	assert_int_equal(drops, 1);
	assert_true(err.text[0] != '\0');
	snapshot_abandon(b);
	assert_int_equal(drops, 1);
}

static struct buf
image_with(unsigned categories)
{
	const struct compile_options opt = {.seed = 1};
	struct compile *c = compile_new(&opt);
	struct buf b = BUF_EMPTY;
	struct err err = {0};

	for (unsigned i = 0; i < categories; i++) {
		char word[16], line[32];
		int n = snprintf(word, sizeof(word), "c%u", i);
		int len = snprintf(line, sizeof(line), "h%u.test\n", i);
		const struct compile_source src = {.list = STR("l"),
		    .category = str_make(word, (size_t)n),
		    .file = str_make(word, (size_t)n),
		    .format = LIST_DOMAINS};
		int id = compile_source(c, &src, &err);

		assert_true(id >= 0);
		assert_int_equal(
		    compile_feed(c, id, line, (size_t)len, &err), 0);
		assert_int_equal(compile_source_end(c, id, &err), 0);
	}
	assert_int_equal(compile_finish(c, &b, &err), 0);
	compile_free(c);
	return b;
}

static void
more_categories_than_fit_name_the_limit(void **unused)
{
	struct buf fit = image_with(256), over = image_with(257);
	struct snapshot_builder *b = snapshot_begin(1);
	struct err err = {0};

	(void)unused;
	drops = 0;
	assert_int_equal(
	    snapshot_image(b, (struct bytes){(uint8_t *)over.p, over.n},
	        count_drop, NULL, &err),
	    -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "256 categories"));
	assert_int_equal(drops, 1);
	snapshot_abandon(b);
	b = snapshot_begin(1);
	assert_int_equal(
	    snapshot_image(b, (struct bytes){(uint8_t *)fit.p, fit.n},
	        count_drop, NULL, &err),
	    0);
	for (unsigned i = 1; i < SNAPSHOT_IMAGES_MAX; i++)
		assert_int_equal(
		    snapshot_image(b, (struct bytes){(uint8_t *)fit.p, fit.n},
		        count_drop, NULL, &err),
		    0);
	assert_int_equal(
	    snapshot_image(b, (struct bytes){(uint8_t *)fit.p, fit.n},
	        count_drop, NULL, &err),
	    -1);
	assert_int_equal(snapshot_declare(b, STR("l"), STR("c3")), 0);
	assert_int_equal(snapshot_declare(b, STR("l"), STR("one-more")), -1);
	snapshot_free(snapshot_finish(b, &err));
	assert_int_equal(drops, 2 + SNAPSHOT_IMAGES_MAX);
	buf_fini(&fit);
	buf_fini(&over);
}

static void
what_is_there_twice_is_an_error(void **unused)
{
	const struct policy_def p = {
	    .name = STR("p"), .where = {STR("a.conf"), 3, 1}};
	const struct group_def g = {.name = STR("g"),
	    .policy = STR("p"),
	    .where = {STR("a.conf"), 7, 1}};
	struct snapshot_builder *b = snapshot_begin(1);
	struct err err = {0};

	(void)unused;
	assert_int_equal(snapshot_policy(b, &p, &err), 0);
	assert_int_equal(snapshot_policy(b, &p, &err), -1);
	assert_string_equal(
	    err.text, "there is a policy \"p\" already, at a.conf:3");
	assert_int_equal(snapshot_group(b, &g, &err), 0);
	assert_int_equal(snapshot_group(b, &g, &err), -1);
	assert_string_equal(
	    err.text, "there is a group \"g\" already, at a.conf:7");
	snapshot_abandon(b);
}

static void
a_group_needs_its_policy(void **unused)
{
	struct err err = {0};
	struct world w;

	(void)unused;
	world_init(&w);
	world_policy(&w, "pupils", ACTION_ALLOW, ACTION_BLOCK);
	world_group(&w, "g", "pupil", "10.0.0.0/8");
	assert_null(snapshot_finish(w.builder, &err));
	assert_string_equal(err.text, "group \"g\": there is no policy "
	                              "\"pupil\"; did you mean \"pupils\"?");
}

static void
a_policy_may_come_behind_its_group(void **unused)
{
	struct snapshot *s;
	struct world w;

	(void)unused;
	world_init(&w);
	world_group(&w, "g", "p", "10.0.0.0/8");
	world_policy(&w, "p", ACTION_BLOCK, ACTION_BLOCK);
	s = world_snapshot(&w);
	assert_non_null(s);
	snapshot_free(s);
}

static void
the_group_default_may_have_another_policy(void **unused)
{
	struct facts f = {0};
	struct verdict v;
	struct snapshot *s;
	struct query q;
	struct world w;
	struct err err = {0};
	struct net all;
	struct group_def d = {.name = STR("default"),
	    .policy = STR("p"),
	    .nets = &all,
	    .nnets = 1};

	(void)unused;
	world_init(&w);
	world_policy(&w, "p", ACTION_BLOCK, ACTION_BLOCK);
	net_from_text(STR("::/0"), &all);
	assert_int_equal(snapshot_group(w.builder, &d, &err), -1);
	world_group(&w, "default", "p", "");
	world_group(&w, "g", "default", "10.1.0.0/16");
	s = world_snapshot(&w);
	query_init(&q, "10.1.0.1", STAGE_HOST, STAGE_HOST, "host=a.test:80");
	v = decide(s, &q.r, &f, NULL);
	assert_int_equal(v.kind, VERDICT_ALLOW);
	query_fini(&q);
	query_init(&q, "10.2.0.1", STAGE_HOST, STAGE_HOST, "host=a.test:80");
	v = decide(s, &q.r, &f, NULL);
	assert_int_equal(v.kind, VERDICT_DENY);
	query_fini(&q);
	snapshot_free(s);
}

static void
too_many_of_anything_names_the_limit(void **unused)
{
	struct snapshot_builder *b = snapshot_begin(1);
	const struct rule_def r = {.action = ACTION_BLOCK, .text = STR("any")};
	struct err err = {0};
	uint32_t column;
	char word[16];

	(void)unused;
	for (unsigned i = 0; i <= SNAPSHOT_POLICIES_MAX; i++) {
		int n = snprintf(word, sizeof(word), "p%u", i);
		const struct policy_def p = {.name = str_make(word, (size_t)n)};

		assert_int_equal(snapshot_policy(b, &p, &err),
		    i < SNAPSHOT_POLICIES_MAX ? (int)i : -1);
	}
	assert_non_null(strstr(err.text, "256 policies"));
	for (unsigned i = 0; i <= SNAPSHOT_RULES_MAX; i++)
		assert_int_equal(snapshot_rule(b, 0, &r, &column, &err),
		    i < SNAPSHOT_RULES_MAX ? 0 : -1);
	assert_non_null(strstr(err.text, "1000 rules"));
	assert_int_equal(snapshot_rule(b, -1, &r, &column, &err), -1);
	assert_int_equal(snapshot_rule(b, 999, &r, &column, &err), -1);
	/* no room for the policy "default", which was not given */
	assert_null(snapshot_finish(b, &err));
}

static uint64_t
digest_of(const char *policy, enum action otherwise, const char *rule,
    const char *net, uint32_t line)
{
	struct snapshot *s;
	struct world w;
	uint64_t d;

	world_init(&w);
	world_list(&w, "l", "c", LIST_DOMAINS, "a.test\n");
	w.line = line;
	world_policy(&w, policy, otherwise, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, rule);
	world_group(&w, "g", policy, net);
	s = world_snapshot(&w);
	d = snapshot_digest(s);
	snapshot_free(s);
	return d;
}

static uint64_t
digest_of_list(const char *category, const char *lines)
{
	struct snapshot *s;
	struct world w;
	uint64_t d;

	world_init(&w);
	world_list(&w, "l", category, LIST_DOMAINS, lines);
	world_policy(&w, "p", ACTION_ALLOW, ACTION_BLOCK);
	s = world_snapshot(&w);
	d = snapshot_digest(s);
	snapshot_free(s);
	return d;
}

static void
the_digest_is_of_what_is_listed(void **unused)
{
	uint64_t d = digest_of_list("c", "a.test\nb.test\n");

	(void)unused;
	assert_true(d == digest_of_list("c", "\nb.test\nb.test\na.test"));
	assert_true(d != digest_of_list("c", "a.test\n"));
	assert_true(d != digest_of_list("d", "a.test\nb.test\n"));
}

static void
the_digest_is_of_what_decides(void **unused)
{
	uint64_t d = digest_of("p", ACTION_ALLOW, "any", "10.0.0.0/8", 1);

	(void)unused;
	assert_true(d == digest_of("p", ACTION_ALLOW, "any", "10.0.0.0/8", 1));
	/* who is in which group, and on which line a rule stands, is not */
	assert_true(d == digest_of("p", ACTION_ALLOW, "any", "10.0.0.0/9", 70));
	assert_true(d != digest_of("q", ACTION_ALLOW, "any", "10.0.0.0/8", 1));
	assert_true(d != digest_of("p", ACTION_BLOCK, "any", "10.0.0.0/8", 1));
	assert_true(d != digest_of("p", ACTION_ALLOW, "!any", "10.0.0.0/8", 1));
}

static void
patterns_can_be_listed(void **unused)
{
	static const char *const rules[] = {
	    "block regex:one", "block regex:two, regex:one", NULL};
	struct snapshot *s;
	struct world w;

	(void)unused;
	world_init(&w);
	s = world_of_rules(&w, ACTION_ALLOW, rules);
	assert_int_equal(snapshot_patterns(s), 2);
	assert_true(str_eq(snapshot_pattern_text(s, 1), STR("two")));
	assert_int_equal(snapshot_pattern_text(s, 2).n, 0);
	assert_int_equal(snapshot_pattern_limits(s, 0), 0);
	assert_int_equal(snapshot_pattern_limits(s, 99), 0);
	assert_null(snapshot_image_at(s, 0));
	snapshot_free(s);
}

static void
declared_names_may_be_used(void **unused)
{
	struct world w;

	(void)unused;
	world_init(&w);
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	assert_int_equal(
	    snapshot_declare(w.builder, STR("empty"), STR("none")), 0);
	world_rule(&w, ACTION_BLOCK, "list:empty, category:none");
	snapshot_free(world_snapshot(&w));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_snapshot_allows_all),
	    cmocka_unit_test(the_last_reference_is_told),
	    cmocka_unit_test(a_bad_image_is_refused_and_dropped_at_once),
	    cmocka_unit_test(more_categories_than_fit_name_the_limit),
	    cmocka_unit_test(what_is_there_twice_is_an_error),
	    cmocka_unit_test(a_group_needs_its_policy),
	    cmocka_unit_test(a_policy_may_come_behind_its_group),
	    cmocka_unit_test(the_group_default_may_have_another_policy),
	    cmocka_unit_test(too_many_of_anything_names_the_limit),
	    cmocka_unit_test(the_digest_is_of_what_decides),
	    cmocka_unit_test(the_digest_is_of_what_is_listed),
	    cmocka_unit_test(patterns_can_be_listed),
	    cmocka_unit_test(declared_names_may_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
