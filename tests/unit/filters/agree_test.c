/*
 * agree_test.c - one question asked in every way there is comes to one answer:
 * in stages and with facts fetched one by one, as the proxy asks; all at once
 * from HOST on, as `suzgi test` does; from URL on, as `suzgi simulate` does;
 * and explained, as text, as a story and as JSON. Over a hundred thousand
 * random pairs of a policy and a request, with every term and tier there is.
 */
#include "world.h"
#include "world_tiers.h"

#include "base/table.h"
#include "filters/decide.h"
#include "filters/explain.h"
#include "filters/scenario.h"
#include "filters/trace_pack.h"

#define WORLDS   125
#define REQUESTS 800        /* in each */
#define NOW      1795424400 /* 2026-11-23T09:00Z, a Monday */

static uint64_t state = 0x9e3779b97f4a7c15u;

static unsigned
chance(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % n);
}

#define PICK(words) ((words)[chance(ARRAY_LEN(words))])

/* ------------------------------------------------------------ the policies */

static const char *const terms[] = {
    "category:red",
    "category:green",
    "list:one",
    "host:a.test",
    "host:x.b.test",
    "host:192.0.2.0/24",
    "url:a.test/p",
    "url:find.test/search",
    "regex:evil",
    "regex:^http://b",
    "port:80",
    "port:1000-65535",
    "method:POST",
    "method:CONNECT",
    "ip-literal",
    "any",
    "during:lessons",
    "during:nights",
    "group:pupils",
    "group:heads",
    "user:ann",
    "user:bob",
    "type:video/",
    "type:text/html",
    "ext:exe",
    "size>1KiB",
    "size>1MiB",
    "search:weapons",
    "search:any",
    "search>=caution",
    "header:x-a",
    "header:x-a=b",
    "ua:bot",
    "referer:b.test",
    "visibility:url",
    "visibility:content",
    "visibility:sni",
    "disguised",
    "doh",
};

static void
random_rule(struct buf *b)
{
	unsigned alternatives = 1 + chance(3);

	for (unsigned i = 0; i < alternatives; i++) {
		unsigned n = 1 + chance(3);

		if (i)
			buf_add_str(b, STR(", "));
		for (unsigned k = 0; k < n; k++)
			buf_addf(b, "%s%s%s", k ? " " : "",
			    chance(4) == 0 ? "!" : "", PICK(terms));
	}
	buf_add_char(b, '\0');
}

static void
random_policy(struct world *w, const char *name)
{
	unsigned n = chance(7);

	w->nested = chance(2);
	world_policy(w, name, chance(3) ? ACTION_ALLOW : ACTION_BLOCK,
	    chance(2) ? ACTION_ALLOW : ACTION_BLOCK);
	for (unsigned i = 0; i < n; i++) {
		struct buf b = BUF_EMPTY;

		random_rule(&b);
		if (chance(12) == 0)
			world_budget(w, b.p, 3600, BUDGET_DAY);
		else
			world_rule(w, (enum action)chance(ACTIONS), b.p);
		buf_fini(&b);
	}
}

static void
add_schedule(struct world *w, const char *name, const char *when)
{
	struct schedule_hours hours;
	const struct schedule_def d = {
	    .name = str_of(name), .hours = &hours, .nhours = 1};
	struct err err = {0};

	assert_int_equal(schedule_hours_read(str_of(when), &hours, &err), 0);
	assert_int_equal(snapshot_schedule(w->builder, &d, &err), 0);
}

static void
add_words(struct world *w)
{
	const struct theme_def theme = {.name = STR("weapons"),
	    .severity = SEVERITY_CAUTION,
	    .text = STR("big gun\nknife\tdanger\n")};
	struct err err = {0};

	add_schedule(w, "lessons", "mon-fri 08:30-15:30");
	add_schedule(w, "nights", "22:00-06:30");
	assert_int_equal(snapshot_theme(w->builder, &theme, &err), 0);
	if (chance(4))
		assert_int_equal(snapshot_engines(w->builder,
		                     STR("version\t1\nengine\tfind\tsearch\nhos"
		                         "t\tfind.test\n"
		                         "strict\tquery\tsafe\ton\nterms\tq\n"),
		                     &err),
		    0);
}

static const char *const overrides[][5] = {
    {"override", "allow", "host", "a.test", "all"},
    {"override", "block", "site", "b.test", "group:pupils"},
    {"override", "allow", "url", "b.test/p", "user:ann"},
    {"override", "block", "url", "a.test/p/q", "all"},
    {"override", "allow", "site", "find.test", "10.1.0.7"},
    {"override", "block", "host", "c.test", "user:bob"},
};

static void
add_overrides(struct world *w)
{
	for (unsigned i = 0; i < ARRAY_LEN(overrides); i++) {
		char *cell[5], room[5][32];

		if (chance(3))
			continue;
		for (unsigned k = 0; k < 5; k++) {
			str_copy(
			    str_of(overrides[i][k]), room[k], sizeof(room[k]));
			cell[k] = room[k];
		}
		world_override(w, cell, 5);
	}
}

static struct snapshot *
random_world(void)
{
	struct world w;

	world_init(&w);
	world_list(&w, "one", "red", LIST_DOMAINS, "a.test\nx.b.test\n");
	world_list(&w, "one", "green", LIST_URLS, "b.test/p\nc.test/evil\n");
	world_list(&w, "two", "red", LIST_ADBLOCK,
	    "||b.test^\n@@||y.b.test^\n/banner[0-9]/\n");
	world_begin(&w);
	add_words(&w);
	if (chance(3) == 0)
		world_protected(&w, LIST_URLS, "c.test/worst\nworst.test\n");
	if (chance(3) == 0)
		world_support(&w, "help.test");
	random_policy(&w, "pupils");
	random_policy(&w, "heads");
	random_policy(&w, "default");
	world_group_of(&w, "heads", "heads",
	    chance(2) ? "auth-group:heads user:bob" : "auth-group:heads");
	world_group_of(&w, "pupils", "pupils",
	    chance(2) ? "net:10.1.0.0/16 listener:lan"
	              : "user:ann mac:02:00:5e:00:00:01");
	if (chance(2))
		add_overrides(&w);
	w.shared = chance(2);
	return world_snapshot(&w);
}

/* ------------------------------------------------------------ the requests */

static const char *const hosts[] = {"a.test", "x.a.test", "b.test", "x.b.test",
    "y.b.test", "c.test", "find.test", "help.test", "worst.test", "192.0.2.7"};
static const char *const paths[] = {"/", "/p", "/p/q", "/evil", "/p/..%2fevil",
    "/worst", "/search?q=big+gun", "/?q=knife", "/?q=cats", "/setup.exe",
    "/banner1", "/?u=http://b.test/p", "/x?u=http%3A%2F%2Fworst.test%2F"};
static const char *const extras[] = {"", "", " user ann", " user bob",
    " user ann member heads", " client 10.1.0.7", " client 10.1.0.7 user bob",
    " listener lan", " mac 02:00:5e:00:00:01", " method POST"};
static const char *const times[] = {"", " at 2026-11-23T03:00",
    " at 2026-11-22T12:00", " at 2026-11-23T15:30", " at 2026-11-23T15:29:59"};
static const char *const heads[] = {"", " ua \"a bot\"",
    " referer http://b.test/", " header x-a=b", " header x-a=c",
    " header accept=application/dns-message"};
static const char *const answers[] = {"", " type video/mp4", " type text/html",
    " size 500", " size 2MiB type video/mp4", " type text/html size 1024",
    " size 1025"};

static void
random_line(char *line, size_t size)
{
	const char *host = PICK(hosts), *extra = PICK(extras);

	unsigned shape = chance(8);

	if (shape == 0)
		snprintf(line, size, "block - %s:%s%s%s", host,
		    chance(4) ? "443" : "8443", extra, PICK(times));
	else if (shape == 1)
		snprintf(line, size, "block - https://%s/ connect %s:443%s%s",
		    PICK(hosts), host, extra, PICK(times));
	else
		snprintf(line, size, "block - http://%s%s%s%s%s%s%s", host,
		    chance(8) ? "" : ":8080", PICK(paths), extra, PICK(times),
		    PICK(heads), PICK(answers));
}

/* -------------------------------------------------------- as the proxy asks */

/* What was asked for comes, or does not. */
static void
settle(struct facts *f, const struct facts *truth, const struct verdict *need)
{
	uint64_t bit;

	facts_ask(f, need);
	f->settled |= need->needs & truth->settled & (FACT_USER | FACT_GRANT);
	if (f->settled & FACT_USER)
		f->user = truth->user;
	if (f->settled & FACT_GRANT)
		f->granted = truth->granted;
	if (need->needs & FACT_MEMBER) {
		bit = UINT64_C(1) << need->member;
		f->member.settled |= truth->member.settled & bit;
		f->member.is |= truth->member.is & bit;
	}
	if (need->needs & FACT_SPENT) {
		bit = UINT64_C(1) << need->budget;
		f->spent.settled |= truth->spent.settled & bit;
		f->spent.is |= truth->spent.is & bit;
	}
}

static struct verdict
ask_as_the_proxy(const struct snapshot *s, const struct scenario *c)
{
	const struct answer none = {0};
	struct request r = c->request;
	struct facts f = {0};

	r.stage = r.deepest >= STAGE_URL ? STAGE_URL : STAGE_HOST;
	r.answer = none;
	for (unsigned turns = 0; turns < 1000; turns++) {
		struct verdict v = decide(s, &r, &f, NULL);

		if (v.kind == VERDICT_NEED) {
			settle(&f, &c->facts, &v);
			continue;
		}
		if (v.kind != VERDICT_ASK)
			return v;
		if (r.stage >= r.deepest)
			fail_msg("asked again at the deepest stage");
		/* its answer comes; then, by and by, all of it */
		r.stage = r.stage < STAGE_HEAD ? STAGE_HEAD : STAGE_BODY;
		r.answer = c->request.answer;
		/* nobody said: it is empty, and tells at once */
		r.answer.has_size |=
		    r.stage == STAGE_BODY || r.answer.type.n == 0;
	}
	fail_msg("it never ends");
	return (struct verdict){0};
}

/* ---------------------------------------------------------------- the same */

static void
must_agree(const char *how, const char *line, const struct verdict *a,
    const struct verdict *b)
{
	if (a->kind == b->kind && a->action == b->action &&
	    a->reason == b->reason && a->tier == b->tier &&
	    a->rule == b->rule &&
	    /* of these two tiers nobody is asked who he is */
	    (a->tier <= TIER_SUPPORT ||
	        (a->group == b->group && a->policy == b->policy)))
		return;
	fail_msg("%s: %s: the proxy says %d %s %s, rule %d at %s; it says %d "
	         "%s %s, rule %d at %s",
	    line, how, a->kind, action_name(a->action), reason_slug(a->reason),
	    a->rule, stage_name(a->stage), b->kind, action_name(b->action),
	    reason_slug(b->reason), b->rule, stage_name(b->stage));
}

static void
compare(const struct snapshot *s, const struct scenario *c, const char *line,
    unsigned seen[ACTIONS])
{
	static const enum explain_form forms[] = {
	    EXPLAIN_TEXT, EXPLAIN_TRACE, EXPLAIN_JSON, EXPLAIN_JSON_TRACE};
	struct verdict live = ask_as_the_proxy(s, c), v;
	struct request r = c->request;
	struct facts f = c->facts;
	struct buf b = BUF_EMPTY;

	seen[scenario_action(&live)]++;
	v = scenario_run(s, c);
	must_agree("test", line, &live, &v);
	v = scenario_decide(s, &r, &f, scenario_first(&r));
	must_agree("simulate", line, &live, &v);
	v = explain_with(s, &c->request, &c->facts, PICK(forms), &b);
	must_agree("explain", line, &live, &v);
	assert_false(b.failed);
	buf_fini(&b);
}

static void
live_is_explain_is_test_is_simulate(void **unused)
{
	unsigned seen[ACTIONS] = {0}, asked = 0;
	struct arena a;

	(void)unused;
	arena_init(&a, 0);
	for (unsigned i = 0; i < WORLDS; i++) {
		struct snapshot *s = random_world();

		for (unsigned k = 0; k < REQUESTS; k++) {
			struct scenario c;
			struct err err;
			char line[400];

			random_line(line, sizeof(line));
			if (scenario_read(&a, s, str_of(line), NOW, &c, &err) <
			    0)
				fail_msg(
				    "%s: %u: %s", line, c.column, err.text);
			if (chance(16) == 0) /* nobody can tell who it is */
				c.facts.settled &= ~(uint32_t)FACT_USER;
			if (chance(8) == 0)
				c.facts.granted = true;
			if (chance(8) == 0)
				c.facts.spent.is = UINT64_MAX;
			compare(s, &c, line, seen);
			asked++;
			arena_reset(&a);
		}
		if (snapshot_unref(s))
			snapshot_free(s);
	}
	arena_fini(&a);
	assert_int_equal(asked, WORLDS * REQUESTS);
	for (unsigned i = 0; i < ACTIONS; i++)
		if (seen[i] < asked / 50)
			fail_msg("%u of %u came to %s: this says little",
			    seen[i], asked, action_name((enum action)i));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(live_is_explain_is_test_is_simulate),
	};

	return cmocka_run_group_tests_name("filters/agree", tests, NULL, NULL);
}
