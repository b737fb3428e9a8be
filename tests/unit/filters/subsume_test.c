/* subsume_test.c - what is called dead is: by hand, and against decide() for
 * random policies and requests. */
#include "world.h"

#include "base/table.h"
#include "filters/decide.h"
#include "filters/rule.h"
#include "filters/scenario.h"
#include "filters/schedule.h"
#include "filters/subsume.h"

/* ---------------------------------------------------------------- by hand */

/* The dead alternatives of the last rule: "never@0+1", "hardly@0+1",
 * "behind@0:1" (alternative at term 0 by rule 1), "same@0:1". */
static const struct {
	const char *rule;
	const char *rules[6];
	bool nested;
	const char *dead;
} cases[] = {
    {"what is there already", {"block category:red", "block category:red"},
        true, "same@0:0"},
    {"the other way about",
        {"block category:red host:a.test", "block host:a.test category:red"},
        true, "same@0:0"},
    {"contradiction", {"block category:red", "allow category:red"}, true,
        "same@0:0"},
    {"narrower by a term", {"block category:red", "warn category:red port:80"},
        true, "behind@0:0"},
    {"wider is not", {"block category:red port:80", "warn category:red"}, true,
        ""},
    {"a part of it", {"block category:red", "warn category:blue, category:red"},
        true, "same@1:0"},
    {"each part by another rule",
        {"block category:red", "block host:a.test",
            "warn host:x.a.test, category:red"},
        true, "behind@0:1 same@1:0"},
    {"one of several before",
        {"block category:blue, category:red, host:b.test",
            "allow category:red"},
        true, "same@0:0"},
    {"below a host", {"block host:a.test", "allow host:x.a.test"}, true,
        "behind@0:0"},
    {"above a host", {"block host:x.a.test", "allow host:a.test"}, true, ""},
    {"a name that only ends alike", {"block host:a.test", "allow host:ba.test"},
        true, ""},
    {"a path of a host", {"block host:a.test", "allow url:a.test/p"}, true,
        "behind@0:0"},
    {"a path of a path", {"block url:a.test/p", "warn url:x.a.test/p/q"}, true,
        "behind@0:0"},
    {"a path that only begins alike",
        {"block url:a.test/p", "warn url:a.test/pq"}, true, ""},
    {"the whole host by its path", {"block url:a.test/", "warn host:x.a.test"},
        true, "behind@0:0"},
    {"an address in a network",
        {"block host:10.0.0.0/8", "allow host:10.1.2.3"}, true, "behind@0:0"},
    {"a network is named by addresses",
        {"block ip-literal", "allow host:10.1.2.3"}, false, "behind@0:0"},
    {"ports", {"block port:1-1023", "allow port:80, port:8080"}, false,
        "behind@0:0"},
    {"any", {"allow any", "block category:red"}, true, "behind@0:0"},
    {"any that blocks, with nothing let through before it",
        {"block category:blue", "block any", "block category:red"}, true,
        "behind@0:1"},
    {"any that blocks leaves what is inside of what is let through",
        {"allow host:b.test", "block any", "block category:red"}, true, ""},
    {"where that is not looked at",
        {"allow host:b.test", "block any", "block category:red"}, false,
        "behind@0:1"},
    {"a rule that names nobody leaves what is inside",
        {"block method:GET", "block category:red method:GET"}, true, ""},
    {"both name nobody", {"block method:GET", "warn port:80 method:GET"}, true,
        "behind@0:0"},
    {"a negation of the wider is narrower",
        {"block !host:x.a.test", "allow !host:a.test"}, false, "behind@0:0"},
    {"a negation of the narrower is wider",
        {"block !host:a.test", "allow !host:x.a.test"}, false, ""},
    {"what excludes implies the negation",
        {"block !host:a.test", "allow host:b.test"}, false, "behind@0:0"},
    {"let through by every reading is stopped by any",
        {"block url:a.test/p", "allow url:a.test/p"}, true, "same@0:0"},
    {"stopped by any reading is not let through by every one",
        {"allow url:a.test/p", "block url:a.test/p"}, true, ""},
    {"negated, let through by none is stopped by some not",
        {"block port:80 !category:red", "allow port:80 !category:red"}, false,
        "same@0:0"},
    {"negated, the other way about",
        {"allow port:80 !category:red", "block port:80 !category:red"}, false,
        ""},
    {"paths with several readings are left alone",
        {"block url:a.test/p%2fq", "warn url:a.test/p%2fq/r"}, true, ""},
    /* ------------------------------------------------------------- never */
    {"two ports", {"block port:80 port:443"}, true, "never@0+1"},
    {"two hosts", {"block category:red host:a.test host:b.test"}, true,
        "never@1+2"},
    {"a host and one below it are none", {"block host:a.test host:x.a.test"},
        true, ""},
    {"two methods", {"block method:GET method:POST, any"}, true, "never@0+1"},
    {"a name and an address", {"block host:a.test host:10.0.0.0/8"}, true,
        "never@0+1"},
    {"not anything", {"block category:red !any"}, true, "never@1+1"},
    {"a and not a", {"block port:80 !port:80"}, true, "never@0+1"},
    {"narrower and not the wider", {"allow host:x.a.test !host:a.test"}, true,
        "never@0+1"},
    {"an exception of it is not", {"allow host:a.test !host:x.a.test"}, true,
        ""},
    {"let through: in and not in, by readings",
        {"allow category:red !category:red"}, true, "never@0+1"},
    {"stopped: two readings may differ", {"block category:red !category:red"},
        true, "hardly@0+1"},
    {"two categories are none", {"block category:red category:blue"}, true, ""},
};

static struct snapshot *
world_of(struct world *w, const char *const *rules, bool nested)
{
	struct err err = {0};
	const struct policy_def d = {.name = STR("default"),
	    .on_unsettled = ACTION_BLOCK,
	    .nested = nested,
	    .where = {STR("test.conf"), 1, 1}};

	world_init(w);
	world_list(w, "one", "red", LIST_DOMAINS, "red.test\n");
	world_list(w, "two", "blue", LIST_DOMAINS, "blue.test\n");
	world_begin(w);
	w->policy = snapshot_policy(w->builder, &d, &err);
	assert_true(w->policy >= 0);
	for (unsigned i = 0; rules[i]; i++) {
		enum action a = ACTION_ALLOW;
		const char *text = strchr(rules[i], ' ');

		while (strncmp(rules[i], action_name(a),
		           (size_t)(text - rules[i])) != 0)
			a = (enum action)(a + 1);
		world_rule(w, a, text + 1);
	}
	return world_snapshot(w);
}

static void
write_dead(const struct dead *v, unsigned n, struct buf *out)
{
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_add_char(out, ' ');
		if (v[i].why == DEAD_BEHIND)
			buf_addf(out, "%s@%u:%u", v[i].same ? "same" : "behind",
			    v[i].first, v[i].rule);
		else
			buf_addf(out, "%s@%u+%u",
			    v[i].why == DEAD_NEVER ? "never" : "hardly", v[i].a,
			    v[i].b);
	}
	buf_add_char(out, '\0');
}

static void
dead_by_hand(void **state)
{
	bool bad = false;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		struct snapshot *s =
		    world_of(&w, cases[i].rules, cases[i].nested);
		uint32_t work = SUBSUME_WORK_MAX;
		struct buf out = BUF_EMPTY;
		struct dead_set set;
		unsigned n = 0;

		while (cases[i].rules[n])
			n++;
		subsume_dead(s, 0, n - 1, &set, &work);
		write_dead(set.v, set.n, &out);
		if (strcmp(out.p, cases[i].dead) != 0) {
			print_error("%s: found \"%s\", expected \"%s\"\n",
			    cases[i].rule, out.p, cases[i].dead);
			bad = true;
		}
		buf_fini(&out);
		assert_true(snapshot_unref(s));
		snapshot_free(s);
	}
	assert_false(bad);
}

static void
work_that_is_used_up_finds_nothing(void **state)
{
	static const char *const rules[] = {
	    "block category:red", "block category:red", NULL};
	struct world w;
	struct snapshot *s = world_of(&w, rules, true);
	struct dead_set set;
	uint32_t work = 0;

	(void)state;
	subsume_dead(s, 0, 1, &set, &work);
	assert_int_equal(set.n, 0);
	assert_int_equal(set.alternatives, 1);
	work = SUBSUME_WORK_MAX;
	subsume_dead(s, 0, 1, &set, &work);
	assert_int_equal(set.n, 1);
	assert_true(work < SUBSUME_WORK_MAX);
	assert_true(snapshot_unref(s));
	snapshot_free(s);
}

/* -------------------------------------------------------------- by chance */

#define WORLDS   40
#define POLICIES 25
#define REQUESTS 100 /* in all a hundred thousand */
#define RULES    6

static uint64_t state = 0x9e3779b97f4a7c15u;

static unsigned
chance(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % n);
}

#define PICK(v) (v)[chance(ARRAY_LEN(v))]

static const char *const terms[] = {"category:red", "category:green",
    "category:blue", "list:one", "list:two", "host:a.test", "host:x.a.test",
    "host:b.test", "host:192.0.2.7", "host:192.0.2.0/24", "url:a.test/",
    "url:a.test/p", "url:x.a.test/p", "url:a.test/p/q", "url:b.test/p",
    "url:a.test/p%2fq", "regex:q", "regex:evil", "port:80", "port:1-100",
    "port:443", "method:GET", "method:CONNECT", "ip-literal", "any",
    "during:day", "during:night", "group:kids", "group:default", "user:ann",
    "user:bob", "header:X-A", "header:X-A=one", "ua:Mini", "referer:a.test",
    "referer:x.a.test", "visibility:url", "visibility:sni", "type:video/",
    "type:video/mp4", "type:image/", "ext:exe", "ext:mp4", "size>1KiB",
    "size>1MiB", "disguised", "doh"};

static const char *const hosts[] = {"a.test", "x.a.test", "y.x.a.test",
    "b.test", "ba.test", "c.test", "192.0.2.7", "192.0.3.1"};
static const char *const paths[] = {"/", "/p", "/p/q", "/pq", "/p?q", "/evil",
    "/p%2fq", "/p/..%2fevil", "/evil;x/q", "/p.exe", "/p?u=http://a.test/p",
    "/go?http%3A%2F%2Fx.a.test%2Fp%2Fq", "/x/http://b.test/evil",
    "/?u=http://192.0.2.7/p.exe"};
static const char *const asked[] = {" method POST", " user ann", " user bob",
    " header X-A=one", " header X-A=two", " ua \"Opera Mini\"",
    " referer http://x.a.test/p", " referer http://b.test/", " type video/mp4",
    " type image/png", " size 10MiB", " size 2KiB", " at 2026-11-23T10:00Z",
    " at 2026-11-23T22:00Z"};

static void
random_rule(struct buf *out)
{
	unsigned alternatives = chance(3) ? 1 : 2 + chance(2);

	buf_reset(out);
	for (unsigned a = 0; a < alternatives; a++)
		for (unsigned t = 0, n = 1 + chance(3); t < n; t++)
			buf_addf(out, "%s%s%s",
			    t       ? " "
			    : a > 0 ? ", "
			            : "",
			    chance(4) ? "" : "!", PICK(terms));
}

static void
add_schedules(struct world *w)
{
	static const struct schedule_hours hours[] = {
	    {0x7f, 8 * 3600, 16 * 3600}, {0x7f, 20 * 3600, 6 * 3600}};
	static const char *const names[] = {"day", "night"};
	struct err err;

	for (unsigned i = 0; i < 2; i++) {
		const struct schedule_def d = {
		    .name = str_of(names[i]), .hours = &hours[i], .nhours = 1};

		assert_int_equal(snapshot_schedule(w->builder, &d, &err), 0);
	}
}

static struct snapshot *
random_world(void)
{
	struct err err = {0};
	struct policy_def d = {.name = STR("default"),
	    .otherwise = (enum action)chance(2),
	    .on_unsettled = chance(2) ? ACTION_BLOCK : ACTION_ALLOW,
	    .nested = chance(2),
	    .where = {STR("test.conf"), 1, 1}};
	static const char *const categories[] = {"red", "green", "blue"};
	struct buf text = BUF_EMPTY;
	struct world w;

	world_init(&w);
	for (unsigned i = 0; i < 3; i++) {
		buf_reset(&text);
		buf_addf(&text, "%s\n%s", PICK(hosts), PICK(hosts));
		buf_add_char(&text, '\0');
		world_list(
		    &w, i ? "one" : "two", categories[i], LIST_DOMAINS, text.p);
		buf_reset(&text);
		buf_addf(&text, "a.test/p\n%s/evil", PICK(hosts));
		buf_add_char(&text, '\0');
		world_list(&w, "two", PICK(categories), LIST_URLS, text.p);
	}
	world_begin(&w);
	add_schedules(&w);
	w.policy = snapshot_policy(w.builder, &d, &err);
	assert_true(w.policy >= 0);
	for (unsigned i = 0; i < RULES;) {
		uint32_t column;

		random_rule(&text);
		if (world_try_rule(&w, (enum action)chance(ACTIONS),
		        buf_str(&text), &column, &err) == 0)
			i++;
		else
			fail_msg("%.*s: %s", STR_ARG(buf_str(&text)), err.text);
	}
	world_group(&w, "kids", "default", "10.0.0.0/8");
	buf_fini(&text);
	return world_snapshot(&w);
}

static void
random_request(struct buf *out)
{
	unsigned how = chance(8);

	buf_reset(out);
	buf_addf(out, "block %s ", chance(2) ? "kids" : "default");
	if (how == 0)
		buf_addf(out, "https://%s/", PICK(hosts));
	else if (how == 1)
		buf_addf(out, "%s:%u", PICK(hosts), chance(2) ? 443 : 80);
	else
		buf_addf(out, "http://%s%s", PICK(hosts), PICK(paths));
	if (how == 1 && chance(2))
		buf_addf(out, " sni %s", "b.test");
	for (unsigned n = chance(5); n; n--)
		buf_add_str(out, str_of(PICK(asked)));
}

struct verdicts {
	const struct snapshot *s;
	struct dead_set dead[RULES];
	unsigned found;  /* dead ones, */
	unsigned ruled;  /* verdicts that a rule gave, */
	unsigned inside; /* about an address inside the address */
};

static void
find_dead(struct verdicts *t)
{
	uint32_t work = SUBSUME_WORK_MAX;

	for (unsigned i = 0; i < RULES; i++) {
		subsume_dead(t->s, 0, i, &t->dead[i], &work);
		t->found += t->dead[i].n;
	}
}

/* What decided is none of the dead. */
static void
check_alive(struct verdicts *t, const struct verdict *v, const struct buf *line)
{
	unsigned n;
	const struct rule *rules = snapshot_rules(t->s, 0, &n);

	if (v->rule == VERDICT_NO_RULE || v->tier != TIER_POLICY ||
	    v->reason == REASON_NONE || v->reason == REASON_UNSETTLED)
		return; /* the rule is one that could not be told */
	t->ruled++;
	t->inside += v->subject == SUBJECT_NESTED;
	for (unsigned i = 0; i < t->dead[v->rule].n; i++) {
		const struct dead *x = &t->dead[v->rule].v[i];
		unsigned last = x->first;

		while (!rules[v->rule].terms[last].last)
			last++;
		if (x->why == DEAD_HARDLY || v->term < x->first ||
		    v->term > last)
			continue;
		for (unsigned r = 0; r <= v->rule; r++)
			print_error("%u: %.*s\n", r, STR_ARG(rules[r].line));
		fail_msg("%.*s: rule %u is called dead (%d, behind %u) and "
		         "decided by term %u: %d %s %s, subject %d",
		    STR_ARG(buf_str(line)), v->rule, x->why, x->rule, v->term,
		    v->kind, action_name(v->action), reason_slug(v->reason),
		    v->subject);
	}
}

static void
what_is_called_dead_never_decides(void **unused)
{
	struct verdicts t = {0};
	struct buf line = BUF_EMPTY;
	struct arena a;

	(void)unused;
	arena_init(&a, 0);
	for (unsigned w = 0; w < WORLDS * POLICIES; w++) {
		struct snapshot *s = random_world();

		t.s = s;
		find_dead(&t);
		for (unsigned i = 0; i < REQUESTS; i++) {
			struct scenario c;
			struct verdict v;
			struct err err = {0};

			random_request(&line);
			arena_reset(&a);
			if (scenario_read(&a, s, buf_str(&line), 1795000000, &c,
			        &err) < 0)
				continue; /* two users, say */
			if (!chance(4))
				c.facts.settled &= ~(uint32_t)FACT_USER;
			c.facts.granted = chance(2);
			v = scenario_run(s, &c);
			check_alive(&t, &v, &line);
		}
		assert_true(snapshot_unref(s));
		snapshot_free(s);
	}
	assert_true(t.found > WORLDS * POLICIES / 4);
	assert_true(t.ruled > WORLDS * POLICIES * REQUESTS / 4);
	assert_true(t.inside > WORLDS * POLICIES / 4);
	arena_fini(&a);
	buf_fini(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dead_by_hand),
	    cmocka_unit_test(work_that_is_used_up_finds_nothing),
	    cmocka_unit_test(what_is_called_dead_never_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
