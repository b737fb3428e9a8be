/* decide_test.c - what tables cannot say: facts, limits, the trace. */
#include "world.h"

#include <pthread.h>

#include "base/table.h"
#include "filters/decide.h"

static struct verdict
ask(const struct snapshot *s, const char *text, struct facts *f)
{
	struct query q;
	struct verdict v;

	query_init(&q, "10.0.0.1", STAGE_URL, STAGE_URL, text);
	v = decide(s, &q.r, f, NULL);
	query_fini(&q);
	return v;
}

static struct snapshot *
shared_snapshot(void)
{
	static const char *const rules[] = {"allow host:known.test",
	    "block regex:evil", "block regex:other host:b.test", NULL};
	struct world w;

	world_init(&w);
	w.shared = true;
	return world_of_rules(&w, ACTION_ALLOW, rules);
}

static void
patterns_are_asked_for_only_where_they_count(void **unused)
{
	struct snapshot *s = shared_snapshot();
	struct facts f = {0};
	struct verdict v = ask(s, "http://known.test/evil", &f);

	(void)unused;
	assert_int_equal(v.kind, VERDICT_ALLOW);
	v = ask(s, "http://a.test/evil", &f);
	assert_int_equal(v.kind, VERDICT_NEED);
	assert_int_equal(v.needs, FACT_PATTERNS);
	assert_false(v.patterns_ran);
	snapshot_free(s);
}

static void
a_fact_that_did_not_come_is_made_here_and_whole(void **unused)
{
	struct snapshot *s = shared_snapshot();
	struct facts f = {.asked = FACT_PATTERNS};
	struct verdict v = ask(s, "http://a.test/evil/other", &f);

	(void)unused;
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_int_equal(v.rule, 1);
	assert_true(v.patterns_ran);
	assert_int_equal(
	    v.patterns_n, 2); /* "other" too: it may serve others */
	assert_int_equal(f.patterns.n, 2);
	assert_int_equal(f.patterns.id[1], 1);
	v = ask(s, "http://a.test/", &f);
	assert_int_equal(v.kind, VERDICT_ALLOW);
	assert_true(v.patterns_ran);
	assert_int_equal(f.patterns.n, 0);
	snapshot_free(s);
}

static void
a_fact_that_came_is_used(void **unused)
{
	struct snapshot *s = shared_snapshot();
	struct facts f = {.asked = FACT_PATTERNS,
	    .settled = FACT_PATTERNS,
	    .patterns = {.n = 1, .id = {0}}};
	struct verdict v = ask(s, "http://a.test/", &f);

	(void)unused;
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_false(v.patterns_ran);
	f.patterns = (struct pattern_hits){0};
	v = ask(s, "http://a.test/evil", &f);
	assert_int_equal(v.kind, VERDICT_ALLOW);
	snapshot_free(s);
}

static void
a_fact_that_cannot_be_is_made_anew(void **unused)
{
	static const struct pattern_hits bad[] = {
	    {.n = 1, .id = {7}},
	    {.n = 2, .id = {1, 0}},
	    {.n = 99},
	    {.overflow = true},
	};
	struct snapshot *s = shared_snapshot();

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct facts f = {.asked = FACT_PATTERNS,
		    .settled = FACT_PATTERNS,
		    .patterns = bad[i]};
		struct verdict v = ask(s, "http://a.test/evil", &f);

		assert_int_equal(v.kind, VERDICT_DENY);
		assert_true(v.patterns_ran);
	}
	snapshot_free(s);
}

static void
a_cached_limit_leaves_what_did_not_match_open(void **unused)
{
	struct snapshot *s = shared_snapshot();
	struct facts f = {.asked = FACT_PATTERNS,
	    .settled = FACT_PATTERNS,
	    .patterns = {.limit = true}};
	struct verdict v = ask(s, "http://a.test/", &f);

	(void)unused;
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_int_equal(v.reason, REASON_PATTERN_LIMIT);
	f.patterns.n = 1; /* the first did match */
	v = ask(s, "http://a.test/", &f);
	assert_int_equal(v.kind, VERDICT_DENY);
	assert_int_equal(v.reason, REASON_RULE);
	snapshot_free(s);
}

/* ------------------------------------------------------------- limits */

#define SLOW_URL                                                               \
	"http://a.test/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"

struct limit_case {
	const char *what;
	enum action otherwise, on_unsettled;
	const char *rules[4]; /* "block terms" */
	enum action want;
	enum reason reason;
	unsigned rule; /* from 1; 0 default */
};

static const struct limit_case limit_cases[] = {
    {"blocks_where_the_policy_says_block", ACTION_ALLOW, ACTION_BLOCK,
        {"block regex:/\\/(a+)+$/"}, ACTION_BLOCK, REASON_PATTERN_LIMIT, 1},
    {"counts_as_false_where_it_says_allow", ACTION_ALLOW, ACTION_ALLOW,
        {"block regex:/\\/(a+)+$/"}, ACTION_ALLOW, REASON_PATTERN_LIMIT, 0},
    {"never_opens_what_a_later_rule_blocks", ACTION_ALLOW, ACTION_ALLOW,
        {"allow regex:/\\/(a+)+$/", "block host:a.test"}, ACTION_BLOCK,
        REASON_RULE, 2},
    {"blocks_behind_an_open_exception", ACTION_ALLOW, ACTION_BLOCK,
        {"allow regex:/\\/(a+)+$/", "block host:a.test"}, ACTION_BLOCK,
        REASON_RULE, 2},
    {"does_not_block_where_all_outcomes_allow", ACTION_ALLOW, ACTION_BLOCK,
        {"allow regex:/\\/(a+)+$/"}, ACTION_ALLOW, REASON_DEFAULT, 0},
    {"keeps_the_stricter_of_both", ACTION_ALLOW, ACTION_BLOCK,
        {"warn regex:/\\/(a+)+$/", "block host:a.test"}, ACTION_BLOCK,
        REASON_RULE, 2},
    {"warns_where_it_might_have_warned", ACTION_ALLOW, ACTION_BLOCK,
        {"warn regex:/\\/(a+)+$/", "monitor any"}, ACTION_WARN,
        REASON_PATTERN_LIMIT, 1},
    {"is_open_when_turned_round_too", ACTION_ALLOW, ACTION_BLOCK,
        {"block !regex:/\\/(a+)+$/"}, ACTION_BLOCK, REASON_PATTERN_LIMIT, 1},
    {"does_not_matter_beside_what_is_false", ACTION_ALLOW, ACTION_BLOCK,
        {"block regex:/\\/(a+)+$/ host:b.test"}, ACTION_ALLOW, REASON_DEFAULT,
        0},
    {"does_not_matter_beside_another_true_way", ACTION_ALLOW, ACTION_BLOCK,
        {"block regex:/\\/(a+)+$/, host:a.test"}, ACTION_BLOCK, REASON_RULE, 1},
};

static void
a_pattern_at_its_limit(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(limit_cases); i++) {
		const struct limit_case *c = &limit_cases[i];
		struct facts f = {0};
		struct snapshot *s;
		struct verdict v;
		struct world w;

		world_init(&w);
		world_policy(&w, "default", c->otherwise, c->on_unsettled);
		for (unsigned k = 0; k < 4 && c->rules[k]; k++) {
			const char *text = strchr(c->rules[k], ' ') + 1;
			enum action a = ACTION_ALLOW;

			while (strncmp(action_name(a), c->rules[k], 4) != 0)
				a = (enum action)(a + 1);
			world_rule(&w, a, text);
		}
		s = world_snapshot(&w);
		v = ask(s, SLOW_URL, &f);
		if (v.action != c->want || v.reason != c->reason ||
		    (v.rule == VERDICT_NO_RULE ? 0 : v.rule + 1u) != c->rule)
			fail_msg("%s: %s, %s, rule %u", c->what,
			    action_name(v.action), reason_slug(v.reason),
			    v.rule + 1u);
		snapshot_free(s);
	}
}

static void
limits_are_counted_by_pattern(void **unused)
{
	static const char *const rules[] = {
	    "block regex:fine", "block regex:/\\/(a+)+$/", NULL};
	struct facts f = {0};
	struct snapshot *s;
	struct world w;

	(void)unused;
	world_init(&w);
	s = world_of_rules(&w, ACTION_ALLOW, rules);
	ask(s, SLOW_URL, &f);
	ask(s, SLOW_URL, &f);
	ask(s, "http://a.test/", &f);
	assert_int_equal(snapshot_pattern_limits(s, 0), 0);
	assert_int_equal(snapshot_pattern_limits(s, 1), 2);
	snapshot_free(s);
}

/* ------------------------------------------------------- what else is said */

static void
how_far_was_seen_is_recorded(void **unused)
{
	static const struct {
		const char *text;
		enum stage stage;
		enum visibility want;
	} rows[] = {
	    {"", STAGE_CONN, VISIBILITY_IP},
	    {"connect=192.0.2.1:443", STAGE_HOST, VISIBILITY_IP},
	    {"connect=192.0.2.1:443 sni=a.test", STAGE_HOST, VISIBILITY_SNI},
	    {"connect=a.test:443", STAGE_HOST, VISIBILITY_SNI},
	    {"http://a.test/", STAGE_URL, VISIBILITY_URL},
	    {"http://a.test/", STAGE_HEAD, VISIBILITY_URL},
	    {"http://a.test/", STAGE_BODY, VISIBILITY_CONTENT},
	};
	struct err err = {0};
	struct snapshot *s = snapshot_finish(snapshot_begin(1), &err);

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts f = {0};
		struct verdict v;
		struct query q;

		query_init(
		    &q, "10.0.0.1", rows[i].stage, rows[i].stage, rows[i].text);
		v = decide(s, &q.r, &f, NULL);
		assert_int_equal(v.visibility, rows[i].want);
		assert_int_equal(v.stage, rows[i].stage);
		query_fini(&q);
	}
	snapshot_free(s);
}

struct heard {
	unsigned subjects, rules, terms, entries;
	enum truth last;
};

static void
hear_subject(void *arg, enum subject s, struct str text)
{
	struct heard *h = arg;

	h->subjects++;
	assert_true(s == SUBJECT_HOST || s == SUBJECT_CONNECT);
	assert_true(text.n > 0);
}

static void
hear_rule(void *arg, uint16_t policy, uint16_t rule, enum truth value)
{
	struct heard *h = arg;

	assert_int_equal(policy, 0);
	h->rules++;
	h->last = value;
	(void)rule;
}

static void
hear_term(void *arg, uint16_t rule, uint16_t term, enum truth value)
{
	struct heard *h = arg;

	(void)rule;
	(void)term;
	(void)value;
	h->terms++;
}

static void
hear_entry(void *arg, const struct trace_entry *e)
{
	struct heard *h = arg;

	assert_true(str_eq(e->list, STR("ut1")) && e->category.n && e->entry.n);
	assert_true(e->file.n > 0 && e->line > 0);
	h->entries++;
}

static void
the_trace_hears_of_every_step(void **unused)
{
	struct heard h = {0};
	const struct trace t = {.arg = &h,
	    .subject = hear_subject,
	    .rule = hear_rule,
	    .term = hear_term,
	    .entry = hear_entry};
	struct facts f = {0};
	struct snapshot *s;
	struct verdict v;
	struct query q;
	struct world w;

	(void)unused;
	world_init(&w);
	world_list(&w, "ut1", "adult", LIST_DOMAINS, "bad.test\ntest.test\n");
	world_list(&w, "ut1", "games", LIST_DOMAINS, "bad.test\nx.bad.test\n");
	world_list(&w, "ut1", "deep", LIST_URLS, "bad.test/x\n");
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_ALLOW, "host:other.test");
	world_rule(&w, ACTION_BLOCK, "category:games port:80");
	world_rule(&w, ACTION_BLOCK, "any");
	s = world_snapshot(&w);
	query_init(&q, "10.0.0.1", STAGE_URL, STAGE_URL,
	    "connect=other.test:80 http://x.bad.test/x");
	v = decide(s, &q.r, &f, &t);
	assert_int_equal(v.rule, 1);
	assert_int_equal(h.subjects, 2);
	assert_int_equal(h.rules, 2 + 1);
	assert_int_equal(h.terms, 1 + 2 + 1);
	assert_int_equal(h.entries, 4); /* adult, games twice, deep */
	assert_int_equal(h.last, TRUTH_TRUE);
	query_fini(&q);
	/* an ear that hears nothing changes nothing */
	query_init(&q, "10.0.0.1", STAGE_URL, STAGE_URL, "http://bad.test/");
	v = decide(s, &q.r, &f, &(struct trace){0});
	assert_int_equal(v.rule, 1);
	query_fini(&q);
	snapshot_free(s);
}

static void
the_most_specific_entry_is_named(void **unused)
{
	struct facts f = {0};
	struct provenance p;
	struct snapshot *s;
	struct verdict v;
	struct query q;
	struct world w;

	(void)unused;
	world_init(&w);
	world_list(&w, "ut1", "adult", LIST_DOMAINS,
	    "# one\nbad.test\n\nx.bad.test\n");
	world_list(&w, "exact", "adult", LIST_EXACT, "y.x.bad.test\n");
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "port:1, !port:2 category:adult");
	s = world_snapshot(&w);
	query_init(
	    &q, "10.0.0.1", STAGE_HOST, STAGE_HOST, "host=z.y.x.bad.test:80");
	v = decide(s, &q.r, &f, NULL);
	snapshot_provenance(s, &q.r, &v, &p);
	assert_true(str_eq(p.entry, STR("x.bad.test")));
	assert_true(str_eq(p.list, STR("ut1")));
	assert_true(str_eq(p.category, STR("adult")));
	assert_true(str_eq(p.source_file, STR("ut1/adult")));
	assert_int_equal(p.source_line, 4);
	assert_true(str_eq(p.rule_file, STR("test.conf")));
	assert_int_equal(p.rule_line, 1);
	assert_true(
	    str_eq(p.rule_text, STR("block = port:1, !port:2 category:adult")));
	assert_int_equal(v.term, 2);
	query_fini(&q);
	query_init(
	    &q, "10.0.0.1", STAGE_HOST, STAGE_HOST, "host=y.x.bad.test:80");
	v = decide(s, &q.r, &f, NULL);
	snapshot_provenance(s, &q.r, &v, &p);
	assert_true(str_eq(p.list, STR("exact")));
	query_fini(&q);
	snapshot_free(s);
}

static void
several_images_add_up(void **unused)
{
	struct buf image[2] = {BUF_EMPTY, BUF_EMPTY};
	static const char *const line[2] = {"one.test\n", "two.test\n"};
	static const struct policy_def d = {.name = {"default", 7}};
	static const struct rule_def r = {
	    .action = ACTION_BLOCK, .text = {"category:b, category:a", 22}};
	struct snapshot_builder *b = snapshot_begin(1);
	struct facts f = {0};
	struct err err = {0};
	struct snapshot *s;
	uint32_t column;

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		const struct compile_options opt = {.seed = i};
		const struct compile_source src = {.list = STR("l"),
		    .category = i ? STR("b") : STR("a"),
		    .file = STR("f"),
		    .format = LIST_DOMAINS};
		struct compile *c = compile_new(&opt);
		int id = compile_source(c, &src, &err);

		compile_feed(c, id, line[i], 9, &err);
		compile_source_end(c, id, &err);
		assert_int_equal(compile_finish(c, &image[i], &err), 0);
		compile_free(c);
		assert_int_equal(
		    snapshot_image(b,
		        (struct bytes){(uint8_t *)image[i].p, image[i].n}, NULL,
		        NULL, &err),
		    0);
	}
	assert_int_equal(snapshot_policy(b, &d, &err), 0);
	assert_int_equal(snapshot_rule(b, 0, &r, &column, &err), 0);
	s = snapshot_finish(b, &err);
	assert_int_equal(ask(s, "http://one.test/", &f).kind, VERDICT_DENY);
	assert_int_equal(ask(s, "http://one.test/", &f).image, 0);
	assert_int_equal(ask(s, "http://two.test/", &f).kind, VERDICT_DENY);
	assert_int_equal(ask(s, "http://two.test/", &f).image, 1);
	assert_int_equal(ask(s, "http://three.test/", &f).kind, VERDICT_ALLOW);
	snapshot_free(s);
	buf_fini(&image[0]);
	buf_fini(&image[1]);
}

#define THREADS 8

/* What a worker does with the snapshot that all workers share. */
static void *
work(void *arg)
{
	struct snapshot *s = snapshot_ref(arg);
	void *wrong = NULL;

	for (unsigned i = 0; i < 200 && !wrong; i++) {
		struct facts f = {0};

		if (ask(s, "http://x.bad.test/", &f).rule != 0 ||
		    ask(s, "http://a.test/evil", &f).rule != 1 ||
		    ask(s, SLOW_URL, &f).reason != REASON_PATTERN_LIMIT ||
		    ask(s, "http://a.test/", &f).kind != VERDICT_ALLOW)
			wrong = arg;
	}
	if (snapshot_unref(s))
		wrong = arg; /* main still holds one */
	return wrong;
}

static void
workers_share_a_snapshot(void **unused)
{
	pthread_t t[THREADS];
	struct snapshot *s;
	struct world w;
	void *wrong;

	(void)unused;
	world_init(&w);
	world_list(&w, "ut1", "adult", LIST_DOMAINS, "bad.test\n");
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "category:adult");
	world_rule(&w, ACTION_BLOCK, "regex:evil");
	world_rule(&w, ACTION_BLOCK, "regex:/\\/(a+)+$/");
	s = world_snapshot(&w);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, s), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(snapshot_pattern_limits(s, 1), THREADS * 200);
	assert_true(snapshot_unref(s));
	snapshot_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(patterns_are_asked_for_only_where_they_count),
	    cmocka_unit_test(a_fact_that_did_not_come_is_made_here_and_whole),
	    cmocka_unit_test(a_fact_that_came_is_used),
	    cmocka_unit_test(a_fact_that_cannot_be_is_made_anew),
	    cmocka_unit_test(a_cached_limit_leaves_what_did_not_match_open),
	    cmocka_unit_test(a_pattern_at_its_limit),
	    cmocka_unit_test(limits_are_counted_by_pattern),
	    cmocka_unit_test(how_far_was_seen_is_recorded),
	    cmocka_unit_test(the_trace_hears_of_every_step),
	    cmocka_unit_test(the_most_specific_entry_is_named),
	    cmocka_unit_test(several_images_add_up),
	    cmocka_unit_test(workers_share_a_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
