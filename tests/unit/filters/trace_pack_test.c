/* trace_pack_test.c - a story that is kept is the story that was told. */
#include "world.h"

#include "base/table.h"
#include "filters/scenario.h"
#include "filters/trace_pack.h"

/* ---- a story as text */

struct story {
	struct buf out, terms;
};

static void
story_fini(struct story *s)
{
	buf_fini(&s->out);
	buf_fini(&s->terms);
}

static void
say_group(void *arg, uint16_t group, enum truth value)
{
	struct story *s = arg;

	buf_addf(&s->out, "g%u=%d ", group, (int)value);
}

static void
say_tier(void *arg, enum tier t, enum truth value, struct str what)
{
	struct story *s = arg;

	(void)what;
	buf_addf(&s->out, "t%d=%d ", (int)t, (int)value);
}

static void
say_subject(void *arg, enum subject s, struct str text)
{
	struct story *story = arg;

	(void)text;
	buf_addf(&story->out, "s%d ", (int)s);
}

static void
say_rule(void *arg, uint16_t policy, uint16_t rule, enum truth value)
{
	struct story *s = arg;

	(void)policy;
	if (value != TRUTH_FALSE) /* what need not be looked at is not kept */
		buf_add_str(&s->out, buf_str(&s->terms));
	buf_reset(&s->terms);
	buf_addf(&s->out, "r%u=%d ", rule, (int)value);
}

static void
say_term(void *arg, uint16_t rule, uint16_t term, enum truth value)
{
	struct story *s = arg;

	if (term == 0)
		buf_reset(&s->terms); /* read anew, now that more is known */
	buf_addf(&s->terms, "%u.%u=%d ", rule, term, (int)value);
}

static struct trace
story_into(struct story *b)
{
	return (struct trace){.arg = b,
	    .group = say_group,
	    .tier = say_tier,
	    .subject = say_subject,
	    .rule = say_rule,
	    .term = say_term};
}

/* Tell it live and from its bytes; <n> of these. */
static void
same_story(const struct snapshot *s, const struct query *q, size_t *n)
{
	struct story live = {BUF_EMPTY, BUF_EMPTY},
	             kept = {BUF_EMPTY, BUF_EMPTY};
	struct trace hear = story_into(&live), read = story_into(&kept);
	uint8_t room[TRACE_PACK_MAX];
	struct trace_head head;
	struct facts f, again;
	struct verdict v;

	scenario_facts(&f, STR_NONE);
	again = f;
	v = decide(s, &q->r, &f, &hear);
	*n = trace_pack(s, &q->r, &again, room);
	assert_true(trace_unpack((struct bytes){room, *n}, &read, &head));
	assert_int_equal(head.rules, trace_rules_hash(s, v.policy));
	assert_int_not_equal(head.rules, 0);
	if (!head.cut)
		assert_int_equal(kept.out.n, live.out.n);
	assert_memory_equal(kept.out.p, live.out.p, kept.out.n);
	story_fini(&live);
	story_fini(&kept);
}

static struct snapshot *
school(void)
{
	struct world w;

	world_init(&w);
	world_list(&w, "ut1", "adult", LIST_DOMAINS, "casino.test\n");
	world_policy(&w, "pupils", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_ALLOW, "url:good.test/ok !method:POST");
	world_rule(&w, ACTION_BLOCK,
	    "host:a.test, host:b.test port:81 any, any "
	    "port:82, method:PUT port:1-9");
	world_rule(&w, ACTION_BLOCK, "category:adult");
	world_rule(&w, ACTION_WARN, "regex:evil");
	world_group(&w, "staff", "pupils", "10.2.0.0/16");
	world_group(&w, "pupils", "pupils", "10.1.0.0/16");
	return world_snapshot(&w);
}

static const char *const asked[] = {"http://casino.test/",
    "http://good.test/ok", "http://good.test/evil", "http://b.test:81/",
    "http://free.test:82/", "connect=casino.test:443",
    "connect=a.test:443 sni=casino.test", "http://free.test/"};

static void
what_is_kept_is_what_was_told(void **unused)
{
	struct snapshot *s = school();
	size_t n;

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(asked); i++) {
		enum stage deepest =
		    asked[i][0] == 'h' ? STAGE_URL : STAGE_HOST;
		struct query q;

		query_init(&q, "10.1.0.7", deepest, deepest, asked[i]);
		same_story(s, &q, &n);
		assert_true(n < 40);
		query_fini(&q);
	}
	snapshot_free(s);
}

static void
a_long_story_is_cut_and_says_so(void **unused)
{
	struct world w;
	struct snapshot *s;
	struct trace_head head;
	uint8_t room[TRACE_PACK_MAX];
	const struct trace deaf = {0};
	struct facts f;
	struct query q;
	size_t n;

	(void)unused;
	world_init(&w);
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	for (unsigned i = 0; i < 400; i++)
		world_rule(&w, ACTION_BLOCK, "host:a.test port:81, port:82");
	s = world_snapshot(&w);
	query_init(&q, "10.1.0.7", STAGE_URL, STAGE_URL, "http://b.test/");
	same_story(s, &q, &n);
	assert_true(n > TRACE_PACK_MAX - 8);
	scenario_facts(&f, STR_NONE);
	n = trace_pack(s, &q.r, &f, room);
	assert_true(trace_unpack((struct bytes){room, n}, &deaf, &head));
	assert_true(head.cut);
	query_fini(&q);
	snapshot_free(s);
}

static void
forty_rules_fit(void **unused)
{
	struct world w;
	struct snapshot *s;
	struct query q;
	size_t n;

	(void)unused;
	world_init(&w);
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	for (unsigned i = 0; i < 39; i++)
		world_rule(&w, ACTION_BLOCK,
		    i % 2 ? "host:a.test port:81, port:82 !method:GET"
		          : "host:a.test");
	world_rule(&w, ACTION_BLOCK, "any");
	s = world_snapshot(&w);
	query_init(&q, "10.1.0.7", STAGE_HOST, STAGE_HOST,
	    "connect=b.test:443 sni=c.test");
	same_story(s, &q, &n);
	assert_true(n < 160);
	query_fini(&q);
	snapshot_free(s);
}

static void
another_rule_has_another_hash(void **unused)
{
	static const char *const a[] = {"block host:a.test", NULL},
	                         *const b[] = {"block host:b.test", NULL};
	struct world w;
	struct snapshot *one, *two;

	(void)unused;
	world_init(&w);
	one = world_of_rules(&w, ACTION_ALLOW, a);
	world_init(&w);
	two = world_of_rules(&w, ACTION_ALLOW, b);
	assert_int_not_equal(
	    trace_rules_hash(one, 0), trace_rules_hash(two, 0));
	assert_int_equal(trace_rules_hash(one, 99), 0);
	snapshot_free(one);
	snapshot_free(two);
}

/* Every cut and every changed byte is read or refused, within its bounds. */
static void
damaged_bytes_lead_nowhere(void **unused)
{
	struct snapshot *s = school();
	struct story out = {BUF_EMPTY, BUF_EMPTY};
	const struct trace hear = story_into(&out);
	uint8_t room[TRACE_PACK_MAX];
	struct trace_head head;
	struct facts f;
	struct query q;
	size_t n;

	(void)unused;
	query_init(&q, "10.1.0.7", STAGE_URL, STAGE_URL, "http://b.test:81/");
	scenario_facts(&f, STR_NONE);
	n = trace_pack(s, &q.r, &f, room);
	for (size_t k = 0; k <= n; k++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, room, k);
		trace_unpack((struct bytes){copy, k}, &hear, &head);
		if (k < 5)
			assert_false(trace_unpack(
			    (struct bytes){copy, k}, &hear, &head));
		free(copy);
	}
	for (size_t k = 0; k < n; k++)
		for (unsigned byte = 0; byte < 256; byte++) {
			uint8_t was = room[k];

			room[k] = (uint8_t)byte;
			trace_unpack((struct bytes){room, n}, &hear, &head);
			room[k] = was;
			buf_reset(&out.out);
		}
	story_fini(&out);
	query_fini(&q);
	snapshot_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_kept_is_what_was_told),
	    cmocka_unit_test(a_long_story_is_cut_and_says_so),
	    cmocka_unit_test(forty_rules_fit),
	    cmocka_unit_test(another_rule_has_another_hash),
	    cmocka_unit_test(damaged_bytes_lead_nowhere),
	};

	return cmocka_run_group_tests_name(
	    "filters/trace_pack", tests, NULL, NULL);
}
