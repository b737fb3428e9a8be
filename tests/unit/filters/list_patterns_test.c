/* list_patterns_test.c - patterns of lists: facts, what is left out, digests,
 * threads. What they decide is in tests/tables/list-patterns.tsv. */
#include "world.h"

#include <pthread.h>

#include "base/table.h"
#include "filters/decide.h"

static struct verdict
ask(const struct snapshot *s, const char *client, const char *text,
    struct facts *f)
{
	struct query q;
	struct verdict v;

	query_init(&q, client, STAGE_URL, STAGE_URL, text);
	v = decide(s, &q.r, f, NULL);
	query_fini(&q);
	return v;
}

static struct snapshot *
of_lists(bool shared)
{
	struct world w;

	world_init(&w);
	world_list(&w, "ads", "ads", LIST_PATTERNS, "/banner[0-9]\n/sponsor\n");
	world_list(&w, "kids", "toys", LIST_V2FLY, "keyword:plaything\n");
	world_list(&w, "off", "off", LIST_PATTERNS, "/unused\n/sponsor\n");
	w.shared = shared;
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_ALLOW, "host:known.test");
	world_rule(&w, ACTION_BLOCK, "category:toys");
	world_rule(&w, ACTION_BLOCK, "list:ads");
	world_policy(&w, "other", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "list:off");
	world_group(&w, "other", "other", "10.9.0.0/16");
	world_policy(&w, "none", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "host:bad.test");
	world_group(&w, "none", "none", "10.8.0.0/16");
	return world_snapshot(&w);
}

static void
where_they_are_shared_they_are_asked_for(void **unused)
{
	struct snapshot *s = of_lists(true);
	struct facts f = {0};
	struct verdict v;

	(void)unused;
	v = ask(s, "10.0.0.1", "http://known.test/banner1", &f);
	assert_int_equal(v.kind, VERDICT_ALLOW);
	/* a host pattern is no fact from outside */
	v = ask(s, "10.0.0.1", "http://plaything.test/banner1", &f);
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_int_equal(v.rule, 1);
	v = ask(s, "10.8.0.1", "http://a.test/banner1", &f);
	assert_int_equal(v.kind, VERDICT_ALLOW);
	v = ask(s, "10.0.0.1", "http://a.test/banner1/unused", &f);
	assert_int_equal(v.kind, VERDICT_NEED);
	assert_int_equal(v.needs, FACT_PATTERNS);
	f.asked = FACT_PATTERNS;
	v = ask(s, "10.0.0.1", "http://a.test/banner1/unused", &f);
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_true(v.patterns_ran);
	/* those of other policies too: they are for all */
	assert_int_equal(v.patterns_n, 2);
	f.settled = FACT_PATTERNS;
	v = ask(s, "10.9.0.1", "http://a.test/", &f);
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_false(v.patterns_ran);
	f.patterns = (struct pattern_hits){0};
	v = ask(s, "10.0.0.1", "http://a.test/banner1", &f);
	assert_int_equal(v.kind, VERDICT_ALLOW);
	/* it met a limit where it was tried: what did not match is open */
	f.patterns.limit = true;
	v = ask(s, "10.0.0.1", "http://a.test/", &f);
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_int_equal(v.reason, REASON_PATTERN_LIMIT);
	snapshot_free(s);
}

static void
one_text_in_two_lists_is_one_pattern(void **unused)
{
	struct snapshot *s = of_lists(false);
	struct pattern_place at;
	unsigned n = snapshot_patterns(s);
	struct facts f = {0};

	(void)unused;
	assert_int_equal(n, 4);
	assert_int_equal(
	    ask(s, "10.0.0.1", "http://a.test/sponsor", &f).kind, VERDICT_DENY);
	assert_int_equal(
	    ask(s, "10.9.0.1", "http://a.test/sponsor", &f).kind, VERDICT_DENY);
	for (unsigned i = 0; i < n; i++) {
		assert_true(snapshot_pattern_place(s, i, &at));
		assert_true(at.line > 0 && at.file.n > 0 && at.list.n > 0);
	}
	assert_false(snapshot_pattern_place(s, n, &at));
	assert_false(snapshot_pattern_place(s, 1u << 20, &at));
	snapshot_free(s);
}

/* ------------------------------------------------------- what is left out */

struct told {
	unsigned n;
	uint32_t line;
	char why[256], file[64];
};

static void
tell(void *arg, const struct pattern_reject *r)
{
	struct told *t = arg;

	t->n++;
	t->line = r->line;
	snprintf(t->why, sizeof(t->why), "%s", r->why);
	snprintf(t->file, sizeof(t->file), "%.*s", STR_ARG(r->file));
	assert_true(str_eq(r->list, STR("odd")) && r->text.n);
}

/* As world_begin(), with an ear. */
static void
begin_with_ear(struct world *w, struct buf *image, struct told *t)
{
	struct err err = {0};

	w->builder = snapshot_begin(1);
	assert_int_equal(compile_finish(w->lists, image, &err), 0);
	compile_free(w->lists);
	w->lists = NULL;
	snapshot_hear_rejects(w->builder, tell, t);
	assert_int_equal(snapshot_image(w->builder,
	                     (struct bytes){(uint8_t *)image->p, image->n},
	                     NULL, NULL, &err),
	    0);
}

static void
what_cannot_be_used_is_told_of_and_nothing_else_lost(void **unused)
{
	struct buf image = BUF_EMPTY;
	struct told t = {0};
	struct facts f = {0};
	struct snapshot *s;
	struct world w;

	(void)unused;
	world_init(&w);
	world_list(&w, "odd", "odd", LIST_PATTERNS,
	    "/fine\n\n/bad(?<a>x)(?<a>y)\n/good\n");
	begin_with_ear(&w, &image, &t);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.line, 3);
	assert_string_equal(t.file, "odd/odd");
	assert_non_null(strstr(t.why, "name"));
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "list:odd");
	s = world_snapshot(&w);
	assert_int_equal(snapshot_pattern_rejects(s), 1);
	assert_int_equal(snapshot_patterns(s), 2);
	assert_int_equal(
	    ask(s, "10.0.0.1", "http://a.test/good", &f).kind, VERDICT_DENY);
	assert_int_equal(
	    ask(s, "10.0.0.1", "http://a.test/badxy", &f).kind, VERDICT_ALLOW);
	snapshot_free(s);
	buf_fini(&image);
}

static void
count(void *arg, const struct pattern_reject *r)
{
	struct told *t = arg;

	t->n++;
	snprintf(t->why, sizeof(t->why), "%s", r->why);
}

/* What is too much is the list's loss, not the policy's. */
static void
a_list_full_of_patterns_leaves_room_for_rules(void **unused)
{
	struct buf lines = BUF_EMPTY, image = BUF_EMPTY;
	struct facts f = {0};
	struct err err = {0};
	struct told t = {0};
	struct snapshot *s;
	struct world w;
	unsigned room = SNAPSHOT_PATTERNS_MAX - 4096;

	(void)unused;
	for (unsigned i = 0; i < room + 3; i++)
		buf_addf(&lines, "/page%05u/\n", i);
	buf_add_char(&lines, '\0');
	world_init(&w);
	world_list(&w, "full", "full", LIST_PATTERNS, lines.p);
	w.builder = snapshot_begin(1);
	assert_int_equal(compile_finish(w.lists, &image, &err), 0);
	compile_free(w.lists);
	w.lists = NULL;
	snapshot_hear_rejects(w.builder, count, &t);
	assert_int_equal(
	    snapshot_image(w.builder,
	        (struct bytes){(uint8_t *)image.p, image.n}, NULL, NULL, &err),
	    0);
	assert_int_equal(t.n, 3);
	assert_string_equal(t.why, "the lists have too many patterns");
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "regex:mine");
	world_rule(&w, ACTION_WARN, "list:full");
	s = world_snapshot(&w);
	assert_int_equal(snapshot_patterns(s), room + 1);
	assert_int_equal(snapshot_pattern_rejects(s), 3);
	assert_int_equal(
	    ask(s, "10.0.0.1", "http://a.test/mine", &f).action, ACTION_BLOCK);
	assert_int_equal(
	    ask(s, "10.0.0.1", "http://a.test/page00777/", &f).action,
	    ACTION_WARN);
	assert_int_equal(
	    ask(s, "10.0.0.1", "http://a.test/page", &f).action, ACTION_ALLOW);
	snapshot_free(s);
	buf_fini(&lines);
	buf_fini(&image);
}

/* An address that more patterns match than can be told of. */
static void
more_matches_than_fit_leave_the_rest_unsettled(void **unused)
{
	struct buf lines = BUF_EMPTY, path = BUF_EMPTY;
	struct facts f = {0};
	struct snapshot *s;
	struct verdict v;
	struct world w;

	(void)unused;
	buf_add_str(&path, STR("http://a.test/"));
	for (unsigned i = 0; i < 100; i++) {
		buf_addf(&lines, "/word%02u/\n", i);
		buf_addf(&path, "/word%02u/", i);
	}
	buf_add_char(&lines, '\0');
	buf_add_char(&path, '\0');
	world_init(&w);
	world_list(&w, "many", "many", LIST_PATTERNS, lines.p);
	world_list(&w, "last", "last", LIST_PATTERNS, "/word99/\n");
	world_list(&w, "none", "none", LIST_PATTERNS, "/nowhere/\n");
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "list:none");
	world_rule(&w, ACTION_WARN, "list:last");
	world_policy(&w, "lax", ACTION_ALLOW, ACTION_ALLOW);
	world_rule(&w, ACTION_BLOCK, "list:many");
	world_group(&w, "lax", "lax", "10.9.0.0/16");
	w.shared = true; /* so that all are run */
	s = world_snapshot(&w);
	f.asked = FACT_PATTERNS;
	v = ask(s, "10.0.0.1", path.p, &f);
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_true(f.patterns.overflow); /* no cache will have it */
	v = ask(s, "10.9.0.1", path.p, &f);
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_int_equal(v.reason, REASON_RULE);
	v = ask(s, "10.0.0.1", "http://a.test/word99/", &f);
	assert_int_equal(v.action, ACTION_WARN);
	assert_int_equal(v.reason, REASON_RULE);
	snapshot_free(s);
	buf_fini(&lines);
	buf_fini(&path);
}

/* --------------------------------------------------------------- digests */

static uint64_t
digest_of(enum list_format format, const char *lines, const char *more)
{
	struct snapshot *s;
	struct world w;
	uint64_t d;

	world_init(&w);
	world_list(&w, "l", "c", format, lines);
	if (more)
		world_list(&w, "m", "c", format, more);
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "list:l");
	s = world_snapshot(&w);
	d = snapshot_digest(s);
	snapshot_free(s);
	return d;
}

static void
the_digest_is_of_patterns_and_exceptions_too(void **unused)
{
	static const struct {
		enum list_format format;
		const char *a, *a_more, *b, *b_more;
	} rows[] = {
	    {LIST_PATTERNS, "/one\n", NULL, "/two\n", NULL},
	    {LIST_PATTERNS, "/one\n/two\n", NULL, "/one\n", NULL},
	    /* cached matches name patterns by number */
	    {LIST_PATTERNS, "/one\n/two\n", NULL, "/two\n/one\n", NULL},
	    {LIST_PATTERNS, "/one\n", "/two\n", "/two\n", "/one\n"},
	    {LIST_ADBLOCK, "||a.test^\n@@||x.a.test^\n", NULL, "||a.test^\n",
	        NULL},
	    {LIST_ADBLOCK, "||a.test^\n@@||x.a.test^\n", NULL,
	        "||a.test^\n||x.a.test^\n", NULL},
	    {LIST_ADBLOCK, "||a.test^\n", NULL, "||a.test^$important\n", NULL},
	    {LIST_ADBLOCK, "||a.test/ads\n", NULL, "/\\/\\/a\\.test\\/ads/\n",
	        NULL},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t a =
		    digest_of(rows[i].format, rows[i].a, rows[i].a_more);

		assert_true(
		    a == digest_of(rows[i].format, rows[i].a, rows[i].a_more));
		if (a == digest_of(rows[i].format, rows[i].b, rows[i].b_more))
			fail_msg(
			    "%s and %s have one digest", rows[i].a, rows[i].b);
	}
}

/* --------------------------------------------------------------- threads */

#define THREADS 8

static void *
work(void *arg)
{
	struct snapshot *s = snapshot_ref(arg);
	void *wrong = NULL;

	for (unsigned i = 0; i < 200 && !wrong; i++) {
		struct facts f = {0};

		if (ask(s, "10.0.0.1", "http://a.plaything.test/", &f).rule !=
		        0 ||
		    ask(s, "10.0.0.1", "http://a.test/banner7", &f).rule != 1 ||
		    ask(s, "10.0.0.1", "http://ok.test/banner7", &f).rule !=
		        VERDICT_NO_RULE ||
		    ask(s, "10.0.0.1", "http://x.bad.test/", &f).rule != 1)
			wrong = arg;
	}
	if (snapshot_unref(s))
		wrong = arg; /* main still holds one */
	return wrong;
}

static void
workers_share_what_lists_say(void **unused)
{
	pthread_t t[THREADS];
	struct snapshot *s;
	struct world w;
	void *wrong;

	(void)unused;
	world_init(&w);
	world_list(&w, "kids", "toys", LIST_V2FLY, "keyword:plaything\n");
	world_list(&w, "ads", "ads", LIST_ADBLOCK,
	    "/\\/banner[0-9]/\n||bad.test^\n@@||ok.test^\n");
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "category:toys");
	world_rule(&w, ACTION_BLOCK, "category:ads");
	s = world_snapshot(&w);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, s), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
	assert_true(snapshot_unref(s));
	snapshot_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(where_they_are_shared_they_are_asked_for),
	    cmocka_unit_test(one_text_in_two_lists_is_one_pattern),
	    cmocka_unit_test(
	        what_cannot_be_used_is_told_of_and_nothing_else_lost),
	    cmocka_unit_test(a_list_full_of_patterns_leaves_room_for_rules),
	    cmocka_unit_test(more_matches_than_fit_leave_the_rest_unsettled),
	    cmocka_unit_test(the_digest_is_of_patterns_and_exceptions_too),
	    cmocka_unit_test(workers_share_what_lists_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
