/*
 * bench_policies.c - what a decision costs where there is much of everything:
 * 50 policies of 40 rules (lists, hosts, hours, users, budgets, types), 50
 * groups (networks, users, auth-groups), 20 lists of 5,000 hosts.
 *
 *	bench_policies [TURNS [ROW]]
 *
 * Prints nanoseconds a decision at URL: for the first group and the last, for
 * who is in none, and with all that stands above policies; or of one ROW (0 to
 * 3) alone, for a profile. No rule holds, so that all are read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/table.h"
#include "bench.h"
#include "filters/decide.h"
#include "filters/overrides.h"
#include "filters/schedule.h"
#include "filters/snapshot.h"
#include "lists/compile.h"

#define GROUPS    50
#define RULES     40
#define LISTS     20
#define HOSTS     5000
#define NAMES     1024
#define OVERRIDES 1000
#define NOW       1795428000 /* a Monday, 10:00 UTC */

static struct buf image, secret;
static struct url url[NAMES];
static struct arena arena;
static volatile uint64_t sink;

static void
check(bool ok, const char *what, const struct err *err)
{
	if (!ok)
		bench_die(what, err->text);
}

static void
feed(struct compile *c, const char *word)
{
	const struct compile_source src = {.list = STR("bench"),
	    .category = str_of(word),
	    .file = str_of(word),
	    .format = LIST_DOMAINS};
	struct err err = {0};
	int id = compile_source(c, &src, &err);

	check(id >= 0, word, &err);
	for (unsigned i = 0; i < HOSTS; i++) {
		char line[64];
		int n = snprintf(line, sizeof(line), "%s-h%u.test\n", word, i);

		check(compile_feed(c, id, line, (size_t)n, &err) == 0, word,
		    &err);
	}
	compile_source_end(c, id, &err);
}

static void
make_lists(void)
{
	const struct compile_options opt = {.seed = 1};
	struct compile *c = compile_new(&opt), *p = compile_new(&opt);
	struct err err = {0};

	for (unsigned k = 0; k < LISTS; k++) {
		char word[16];

		snprintf(word, sizeof(word), "c%u", k);
		feed(c, word);
	}
	feed(p, "secret");
	check(compile_finish(c, &image, &err) == 0 &&
	          compile_finish(p, &secret, &err) == 0,
	    "lists", &err);
	compile_free(c);
	compile_free(p);
}

/* <form> with the next of <numbers> in place of each '#'. */
static struct str
fill(const char *form, const unsigned *numbers, char *out, size_t room)
{
	size_t n = 0;

	for (; *form && n + 12 < room; form++)
		if (*form == '#')
			n += (size_t)snprintf(
			    out + n, room - n, "%u", *numbers++);
		else
			out[n++] = *form;
	out[n] = '\0';
	return str_make(out, n);
}

static void
add_rule(struct snapshot_builder *b, int policy, unsigned i)
{
	static const char *const forms[] = {
	    "category:c# port:8#, category:c#",
	    "category:c# during:lessons",
	    "host:h#.test, host:other#.test",
	    "category:c# !host:ok#.test",
	    "host:school#.test during:lessons",
	    "user:user# host:mine#.test",
	    "category:c# method:POST",
	    "url:site#.test/path#",
	    "category:c#",
	    "type:video/ host:film#.test",
	};
	struct rule_def d = {.action = i % 9 ? ACTION_BLOCK : ACTION_ALLOW};
	struct err err = {0};
	const unsigned numbers[] = {i % LISTS, i % 10, (i + 1) % LISTS};
	char text[128];
	uint32_t column;

	/* every tenth a budget */
	if (i % 10 == 8) {
		d.action = ACTION_BLOCK;
		d.per = policy < 10 ? BUDGET_DAY : BUDGET_NO;
		d.budget_s = 3600;
	}
	d.text = fill(forms[i % 10], numbers, text, sizeof(text));
	check(snapshot_rule(b, policy, &d, &column, &err) == 0, text, &err);
}

static void
add_group(struct snapshot_builder *b, unsigned i)
{
	char name[16], user[16], auth[16], text[32];
	const struct str users[] = {str_of(user)}, auths[] = {str_of(auth)};
	struct err err = {0};
	struct net net[2];
	struct group_def d = {.nets = net,
	    .nnets = 2,
	    .users = users,
	    .nusers = i % 5 == 4,
	    .auth_groups = auths,
	    .nauth_groups = i % 5 == 4};

	snprintf(name, sizeof(name), "g%u", i);
	snprintf(user, sizeof(user), "user%u", i);
	snprintf(auth, sizeof(auth), "auth%u", i);
	d.name = d.policy = str_of(name);
	for (unsigned k = 0; k < 2; k++) {
		snprintf(text, sizeof(text), "10.%u.%u.0/24", i + 1, k);
		net_from_text(str_of(text), &net[k]);
	}
	check(snapshot_group(b, &d, &err) == 0, name, &err);
}

static void
add_tiers(struct snapshot_builder *b)
{
	struct err err = {0};

	check(snapshot_protected(b,
	          (struct bytes){(const uint8_t *)secret.p, secret.n}, NULL,
	          NULL, &err) == 0,
	    "protected", &err);
	for (unsigned i = 0; i < 20; i++) {
		char text[32], room[NAME_ROOM];
		struct name name;

		snprintf(text, sizeof(text), "help%u.test", i);
		if (name_from_text(str_of(text), room, &name) == NAME_OK)
			snapshot_support(b, name, &err);
	}
}

static struct snapshot *
with_overrides(struct snapshot *s)
{
	struct overrides *o = overrides_new();
	struct err err = {0};

	for (unsigned i = 0; o && i < OVERRIDES; i++) {
		struct override one = {.id = "x",
		    .action = ACTION_ALLOW,
		    .scope = OVERRIDE_SITE,
		    .who = OVERRIDE_ALL};
		char text[32];
		int n = snprintf(text, sizeof(text), "over%u.test", i);

		one.subject = str_make(text, (size_t)n);
		check(overrides_add(o, &one, &err) == 0, text, &err);
	}
	if (!o || overrides_close(o) < 0)
		bench_die("overrides", "out of memory");
	return snapshot_with_overrides(s, o);
}

static struct snapshot *
build(bool tiers)
{
	static const struct schedule_hours hours = {
	    .days = 0x1f, .from = 11 * 3600, .to = 15 * 3600};
	const struct schedule_def lessons = {
	    .name = STR("lessons"), .hours = &hours, .nhours = 1};
	struct snapshot_builder *b = snapshot_begin(1);
	struct err err = {0};
	struct snapshot *s;

	check(
	    snapshot_image(b, (struct bytes){(const uint8_t *)image.p, image.n},
	        NULL, NULL, &err) == 0 &&
	        snapshot_schedule(b, &lessons, &err) == 0,
	    "image", &err);
	for (unsigned i = 0; i < GROUPS; i++) {
		char name[16];
		struct policy_def d = {.nested = tiers};

		snprintf(name, sizeof(name), "g%u", i);
		d.name = str_of(name);
		check(snapshot_policy(b, &d, &err) == (int)i, name, &err);
		for (unsigned r = 0; r < RULES; r++)
			add_rule(b, (int)i, r);
		add_group(b, i);
	}
	if (tiers)
		add_tiers(b);
	s = snapshot_finish(b, &err);
	check(s != NULL, "snapshot", &err);
	return tiers ? with_overrides(s) : s;
}

static void
make_urls(void)
{
	arena_init(&arena, 0);
	for (unsigned i = 0; i < NAMES; i++) {
		char *room = arena_alloc(&arena, NAME_ROOM), text[128];
		struct url_parts parts;
		const char *why;
		int n = snprintf(text, sizeof(text),
		    "http://www.cdn%u.free%u.test/static/img/%u.png?s=8d1f0c",
		    i, i % 40, i);

		if (!room ||
		    url_split(&arena, str_make(text, (size_t)n), room, &parts,
		        &why) < 0 ||
		    url_canon(&arena, &parts, &url[i]) < 0)
			bench_die("url", "malformed");
	}
}

/* One for each row, so that a profile tells them apart. */
static void
decide_one(const struct snapshot *s, const char *client, unsigned i)
{
	struct facts f = {.asked = FACT_USER,
	    .settled = FACT_USER,
	    .user = STR("somebody"),
	    .member = {.asked = UINT64_MAX, .settled = UINT64_MAX},
	    .spent = {.asked = UINT64_MAX, .settled = UINT64_MAX}};
	struct request r = {.stage = STAGE_URL,
	    .deepest = STAGE_URL,
	    .now = NOW,
	    .method = STR("GET"),
	    .url = url[i % NAMES]};
	struct net n;

	net_from_text(str_of(client), &n);
	memcpy(r.client, n.addr, 16);
	r.host = r.url.host;
	r.port = 80;
	sink += decide(s, &r, &f, NULL).kind == VERDICT_ALLOW;
}

static void
measure(const char *what, const struct snapshot *s, const char *client,
    unsigned turns)
{
	double best = 1e9;

	for (unsigned run = 0; run < 5; run++) {
		double from = bench_now(), ns;

		for (unsigned i = 0; i < turns; i++)
			decide_one(s, client, i);
		ns = (bench_now() - from) * 1e9 / turns;
		best = ns < best ? ns : best;
	}
	printf("%-44s %8.0f ns\n", what, best);
}

int
main(int argc, char **argv)
{
	unsigned turns =
	    argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	int row = argc > 2 ? argv[2][0] - '0' : -1;
	struct snapshot *plain, *all;

	make_lists();
	make_urls();
	plain = build(false);
	all = build(true);

	const struct {
		const char *what, *client;
		const struct snapshot *s;
	} rows[] = {{"50 policies, the first group", "10.1.0.7", plain},
	    {"50 policies, the last group", "10.50.1.7", plain},
	    {"50 policies, in no group", "10.99.0.7", plain},
	    {"the last group, all tiers", "10.50.1.7", all}};
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		if (row < 0 || (unsigned)row == i)
			measure(rows[i].what, rows[i].s, rows[i].client, turns);
	snapshot_free(plain);
	snapshot_free(all);
	arena_fini(&arena);
	buf_fini(&image);
	buf_fini(&secret);
	return 0;
}
