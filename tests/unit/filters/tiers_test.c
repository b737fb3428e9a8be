/*
 * tiers_test.c - thousands of random policies, groups, exceptions and budgets
 * with random requests: what is protected is closed whatever else is said;
 * nobody is asked who he is on the way to help; every question is a new one, so
 * that there is an end; and asked stage by stage the end is that of one call
 * that is given everything.
 */
#include "world_tiers.h"

#include "base/table.h"
#include "filters/decide.h"

#define WORLDS   300
#define REQUESTS 40
#define NEEDS    (4 + FACT_GROUPS_MAX + FACT_BUDGETS_MAX)

static uint64_t state = 0x243f6a8885a308d3u;

static unsigned
chance(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 11) % n);
}

/* ------------------------------------------------------------- the world */

static const char *const hosts[] = {"a.test", "x.a.test", "b.test", "xb.test",
    "help.test", "x.help.test", "over.test", "secret.test", "x.secret.test",
    "192.0.2.7", "part.test", "help.part.test"};
static const char *const paths[] = {"/", "/p", "/p/q", "/open", "/hidden",
    "/hidden/x", "/x/..%2fhidden", "/go?u=http://a.test/p",
    "/go?u=http%3A%2F%2Fsecret.test%2F", "/go?u=http://x.part.test/hidden",
    "/p/..;/hidden", "/go?u=http://over.test/"};
/* Of the paths above those that are below "/hidden" in some reading. */
static const char *const hidden[] = {
    "/hidden", "/hidden/x", "/x/..%2fhidden", "/p/..;/hidden"};

static void
random_text(char *out, size_t size)
{
	static const char *const terms[] = {"category:red", "category:blue",
	    "list:l", "host:a.test", "host:b.test", "host:192.0.2.0/24",
	    "url:a.test/p", "url:part.test/open", "regex:hidden", "any",
	    "port:80", "method:POST", "user:alice", "user:bob", "group:g1",
	    "ip-literal", "visibility:url", "type:video/", "size>1KiB",
	    "ext:exe", "header:x", "disguised"};
	size_t n = 0;

	out[0] = '\0';
	for (unsigned left = chance(3) + 1; left && n < size; left--)
		n += (size_t)snprintf(out + n, size - n, "%s%s%s",
		    chance(4) ? "" : "!", terms[chance(ARRAY_LEN(terms))],
		    left == 1   ? ""
		    : chance(3) ? " "
		                : ", ");
}

static void
random_policy(struct world *w, const char *name)
{
	char text[256];

	w->nested = chance(2);
	world_policy(w, name, chance(2) ? ACTION_ALLOW : ACTION_BLOCK,
	    chance(3) ? ACTION_BLOCK : ACTION_ALLOW);
	for (unsigned n = chance(6); n; n--) {
		random_text(text, sizeof(text));
		if (chance(5) == 0)
			world_budget(w, text, 60, BUDGET_DAY);
		else
			world_rule(w, (enum action)chance(ACTIONS), text);
	}
}

static void
random_override(struct world *w)
{
	static const char *const actions[] = {"allow", "block"};
	static const char *const subjects[][2] = {{"host", "a.test"},
	    {"site", "secret.test"}, {"host", "over.test"},
	    {"site", "part.test"}, {"site", "help.test"}, {"url", "a.test/p"},
	    {"url", "part.test/hidden"}, {"url", "secret.test/"},
	    {"host", "192.0.2.7"}, {"url", "x.a.test/go"}};
	static const char *const whos[] = {
	    "all", "all", "group:g1", "user:alice", "user:bob", "10.0.0.1"};
	const char *const *what = subjects[chance(ARRAY_LEN(subjects))];
	const char *const words[] = {"override", actions[chance(2)], what[0],
	    what[1], whos[chance(ARRAY_LEN(whos))], "50", "150"};
	char room[ARRAY_LEN(words)][24], *cell[ARRAY_LEN(words)];

	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		cell[i] = room[i];
		snprintf(room[i], sizeof(room[i]), "%s", words[i]);
	}
	world_override(w, cell, chance(3) ? 5 : 7);
}

static bool guarded; /* the world has protected lists */

static struct snapshot *
random_world(bool lost)
{
	static const char *const members[] = {"10.0.0.0/31", "user:alice",
	    "auth-group:staff", "listener:lan 10.0.0.2",
	    "user:bob auth-group:staff", "mac:02:00:00:00:00:01"};
	struct world w;
	char name[8];
	unsigned policies = chance(3) + 1;

	world_init(&w);
	world_list(&w, "l", "red", LIST_DOMAINS, "a.test\nhelp.test\n");
	world_list(&w, "l", "blue", LIST_URLS, "x.a.test/p\nb.test/open\n");
	guarded = chance(3);
	if (guarded) {
		world_protected(&w, LIST_URLS, "secret.test/\n192.0.2.7/\n");
		world_protected(&w, LIST_URLS, "part.test/hidden\n");
	}
	world_begin(&w);
	if (lost)
		snapshot_protected_lost(w.builder);
	world_support(&w, "help.test");
	if (chance(2))
		world_support(&w, "part.test");
	for (unsigned i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		world_group_of(&w, name, i % policies ? "p1" : "p0",
		    members[chance(ARRAY_LEN(members))]);
	}
	for (unsigned i = 0; i < (policies > 1 ? 2 : 1); i++) {
		snprintf(name, sizeof(name), "p%u", i);
		random_policy(&w, name);
	}
	random_policy(&w, "default");
	for (unsigned n = chance(5); n; n--)
		random_override(&w);
	return world_snapshot(&w);
}

/* -------------------------------------------------------------- requests */

/* What will be told of who asks, once it is asked for. */
static void
random_truth(struct facts *f)
{
	static const char *const users[] = {"", "alice", "bob", "carol"};

	*f = (struct facts){.asked = FACT_USER | FACT_GRANT,
	    .user = str_of(users[chance(4)]),
	    .granted = chance(2)};
	f->settled = chance(4) ? f->asked : chance(4) * FACT_USER;
	f->settled &= f->asked;
	f->member.asked = f->spent.asked = UINT64_MAX;
	f->member.settled = chance(4) ? UINT64_MAX : 0;
	f->spent.settled = chance(4) ? UINT64_MAX : state;
	f->member.is = chance(2);
	f->spent.is = state >> 7;
}

static void
random_query(struct query *q, char text[256])
{
	const char *h = hosts[chance(ARRAY_LEN(hosts))];
	const char *p = paths[chance(ARRAY_LEN(paths))];
	size_t n = 0;

	if (chance(3) == 0)
		n += (size_t)snprintf(text, 256, "connect=%s:443 ",
		    hosts[chance(ARRAY_LEN(hosts))]);
	if (chance(3) == 0)
		n += (size_t)snprintf(
		    text + n, 256 - n, "sni=%s ", hosts[chance(5)]);
	snprintf(text + n, 256 - n, "%snow=%u http://%s%s",
	    chance(3) ? "" : "listener=lan mac=02:00:00:00:00:01 ",
	    100 + 50 * chance(2), h, p);
	query_init(q, chance(2) ? "10.0.0.1" : "10.0.0.2", STAGE_URL,
	    chance(4) ? STAGE_URL : STAGE_HOST, text);
	q->tag = p;
	if (q->r.deepest == STAGE_URL && chance(2)) {
		q->r.deepest = chance(2) ? STAGE_BODY : STAGE_HEAD;
		q->r.answer = (struct answer){.status = 200,
		    .type = chance(2) ? STR("video/mp4") : STR("text/html"),
		    .size = 600 * chance(3),
		    .has_size = chance(2)};
	}
}

static bool
is_under(struct name n, const char *parent)
{
	struct name p = {
	    .p = parent, .n = (uint8_t)strlen(parent), .kind = NAME_DNS};

	return n.kind == NAME_DNS && (name_eq(n, p) || name_is_under(n, p));
}

static bool
is_closed(struct name n)
{
	return is_under(n, "secret.test") ||
	       str_eq(name_str(n), STR("192.0.2.7"));
}

/* By hand, from the lists above: may it not be reached, seen to the end? */
static bool
ref_protected(const struct query *q)
{
	const struct request *r = &q->r;
	const char *path = q->tag;
	bool url = r->deepest >= STAGE_URL;

	/* these cover all of a host, but they are entries of URLs */
	if (!url || !guarded)
		return false;
	if (is_closed(r->host) || strstr(path, "secret.test") ||
	    strstr(path, "part.test/hidden"))
		return true;
	for (unsigned i = 0; i < ARRAY_LEN(hidden); i++)
		if (strcmp(path, hidden[i]) == 0)
			return is_under(r->host, "part.test");
	return false;
}

/* -------------------------------------------------------------- questions */

/* What was asked for becomes known, as <truth> has it. */
static void
answer(struct facts *f, const struct verdict *need, const struct facts *truth)
{
	facts_ask(f, need);
	f->settled |= need->needs & truth->settled & (FACT_USER | FACT_GRANT);
	f->user = truth->user;
	f->granted = truth->granted;
	f->member.settled = f->member.asked & truth->member.settled;
	f->member.is = f->member.settled & truth->member.is;
	f->spent.settled = f->spent.asked & truth->spent.settled;
	f->spent.is = f->spent.settled & truth->spent.is;
}

static void
same(const struct snapshot *s, const struct request *r, const struct facts *f,
    const struct verdict *v)
{
	static const struct trace ear = {0};
	struct facts again = *f;
	struct verdict heard = decide(s, r, &again, &ear);

	assert_int_equal(heard.kind, v->kind);
	assert_int_equal(heard.reason, v->reason);
	assert_int_equal(heard.tier, v->tier);
	assert_int_equal(heard.rule, v->rule);
	assert_int_equal(heard.needs, v->needs);
	assert_true(heard.budgets == v->budgets);
}

/* At one stage, all that it asks for given; <asks>: how often it asked. */
static struct verdict
ask(const struct snapshot *s, const struct request *r, struct facts *f,
    const struct facts *truth, unsigned *asks)
{
	struct verdict v = decide(s, r, f, NULL);

	for (; v.kind == VERDICT_NEED; ++*asks) {
		struct facts before = *f;

		same(s, r, f, &v);
		answer(f, &v, truth);
		if (f->asked == before.asked &&
		    f->member.asked == before.member.asked &&
		    f->spent.asked == before.spent.asked)
			fail_msg("the same was asked for twice");
		if (*asks > NEEDS)
			fail_msg("no end of questions");
		v = decide(s, r, f, NULL);
	}
	same(s, r, f, &v);
	return v;
}

static struct verdict
in_stages(const struct snapshot *s, const struct query *q,
    const struct facts *truth, unsigned *asks)
{
	struct request r = q->r;
	struct facts f = {0};
	struct verdict v;

	*asks = 0;
	for (r.stage = STAGE_CONN;; r.stage = v.next) {
		static const struct answer none;

		r.method =
		    r.stage < STAGE_URL && !r.tunnel ? STR_NONE : q->r.method;
		r.answer = r.stage < STAGE_HEAD ? none : q->r.answer;
		v = ask(s, &r, &f, truth, asks);
		if (v.kind != VERDICT_ASK || r.stage >= r.deepest)
			return v;
		assert_true(v.next > r.stage && v.next <= r.deepest);
	}
}

static struct verdict
at_once(
    const struct snapshot *s, const struct query *q, const struct facts *truth)
{
	struct facts f = *truth;
	struct request r = q->r;

	r.stage = r.deepest;
	if (r.stage < STAGE_URL && !r.tunnel)
		r.method = STR_NONE;
	return decide(s, &r, &f, NULL);
}

/* -------------------------------------------------------------- properties */

static void
check(const struct snapshot *s, const struct query *q,
    const struct facts *truth, const char *text)
{
	unsigned asks;
	struct verdict end = in_stages(s, q, truth, &asks);
	struct verdict all = at_once(s, q, truth);
	const struct request *r = &q->r;

	if (all.kind == VERDICT_NEED)
		fail_msg("%s: asks for what it was given", text);
	/* a size that is not told is waited for until the body ends */
	if (end.kind != all.kind)
		fail_msg("%s: %d in stages (%s), %d at once (%s)", text,
		    end.kind, reason_slug(end.reason), all.kind,
		    reason_slug(all.reason));
	if (ref_protected(q) &&
	    (all.kind != VERDICT_DENY || all.reason != REASON_PROTECTED ||
	        all.has_entry || end.kind != VERDICT_DENY))
		fail_msg("%s: protected, but %d (%s)", text, all.kind,
		    reason_slug(all.reason));
	if (!ref_protected(q) && all.tier == TIER_PROTECTED &&
	    r->deepest >= STAGE_URL && !is_closed(r->connect) &&
	    !is_closed(r->sni))
		fail_msg(
		    "%s: not protected, but %s", text, reason_slug(all.reason));
	if (!ref_protected(q) && is_under(r->host, "help.test") &&
	    !r->connect.n && !r->sni.n &&
	    (all.kind != VERDICT_ALLOW || all.tier != TIER_SUPPORT || asks))
		fail_msg("%s: no help (%s, asked %u times)", text,
		    reason_slug(all.reason), asks);
}

static void
no_policy_and_no_exception_opens_what_is_protected(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < WORLDS; i++) {
		struct snapshot *s = random_world(false);

		for (unsigned k = 0; k < REQUESTS; k++) {
			struct facts truth;
			struct query q;
			char text[256];

			random_query(&q, text);
			random_truth(&truth);
			check(s, &q, &truth, text);
			query_fini(&q);
		}
		snapshot_free(s);
	}
}

static void
where_a_protected_list_is_lost_nothing_is_let_through(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < WORLDS / 10; i++) {
		struct snapshot *s = random_world(true);

		for (unsigned k = 0; k < REQUESTS; k++) {
			struct facts truth, none = {0};
			struct query q;
			char text[256];
			struct verdict v;

			random_query(&q, text);
			random_truth(&truth);
			q.r.stage = (enum stage)chance(q.r.deepest + 1);
			v = decide(s, &q.r, chance(2) ? &none : &truth, NULL);
			assert_int_equal(v.kind, VERDICT_DENY);
			assert_int_equal(v.reason, REASON_PROTECTED_LOST);
			query_fini(&q);
		}
		snapshot_free(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
	        no_policy_and_no_exception_opens_what_is_protected),
	    cmocka_unit_test(
	        where_a_protected_list_is_lost_nothing_is_let_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
