/*
 * fuzz_decide.c - lines of policy, then lines of requests:
 *
 *	block category:c1, host:a.test
 *	> connect=a.test sni=b.test http://a.test/x
 *
 * and between them "+support HOST", "+user NAME", "+budget TERMS", "+protected",
 * "+allow site HOST". Whatever they are: decide() answers, never asks for the
 * same twice, never ASKs at the deepest stage; an answer that is final at the
 * host stays so; explain() comes to the same; no address is let through that
 * would be denied if it were written as some server reads it, nor one that is
 * protected. The words are plain so that a fuzzer gets far.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/table.h"
#include "filters/decide.h"
#include "filters/explain.h"
#include "filters/overrides.h"
#include "filters/snapshot.h"
#include "lists/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES 64
#define NEEDS (3 + FACT_GROUPS_MAX + FACT_BUDGETS_MAX) /* each once */

static struct buf image, secret;

/* Lists that are the same in every run: entries, exceptions, patterns. */
static void
make_image(void)
{
	static const struct {
		const char *list, *category;
		enum list_format format;
		const char *lines;
	} rows[] = {
	    {"l1", "c1", LIST_DOMAINS, "a.test\n192.0.2.0/24\n"},
	    {"l2", "c2", LIST_URLS, "b.test/x\na.test/y\n"},
	    {"l3", "c3", LIST_EXACT, "c.test\n"},
	    {"l4", "c1", LIST_ADBLOCK,
	        "||b.test^\n@@||x.b.test^\n||y.x.b.test^$important\n"
	        "||c.test^$denyallow=d.c.test\n||*.e.test^\n"
	        "||d.test/x*y\n/\\/ad[0-9]+/\n/ads[0-9]+\\./\n"},
	    {"l5", "c3", LIST_DNSMASQ,
	        "address=/b.test/\nserver=/x.b.test/#\n"
	        "address=/y.x.b.test/\n"},
	    {"l6", "c6", LIST_PATTERNS, "/(x+)+$\nevil[0-9]*\n/xyz/\n"},
	    {"l2", "c2", LIST_V2FLY, "keyword:gamble\n"},
	};
	const struct compile_options opt = {.seed = 1};
	struct compile *c = compile_new(&opt);
	struct err err = {0};

	for (unsigned i = 0; c && i < ARRAY_LEN(rows); i++) {
		const struct compile_source src = {.list = str_of(rows[i].list),
		    .category = str_of(rows[i].category),
		    .file = STR("f"),
		    .format = rows[i].format};
		struct str lines = str_of(rows[i].lines);
		int id = compile_source(c, &src, &err);

		if (id < 0 || compile_feed(c, id, lines.p, lines.n, &err) < 0 ||
		    compile_source_end(c, id, &err) < 0)
			abort();
	}
	if (!c || compile_finish(c, &image, &err) < 0)
		abort();
	compile_free(c);
}

/* What is protected, the same in every run. */
static void
make_secret(void)
{
	const struct compile_options opt = {.seed = 2};
	const struct compile_source src = {.list = STR("s"),
	    .category = STR("s"),
	    .file = STR("s"),
	    .format = LIST_URLS};
	struct compile *c = compile_new(&opt);
	struct str lines = STR("secret.test/\nb.test/hidden\n");
	struct err err = {0};
	int id = c ? compile_source(c, &src, &err) : -1;

	if (id < 0 || compile_feed(c, id, lines.p, lines.n, &err) < 0 ||
	    compile_source_end(c, id, &err) < 0 ||
	    compile_finish(c, &secret, &err) < 0)
		abort();
	compile_free(c);
}

static bool guarded; /* the snapshot has what is protected */

static void
add_rule(struct snapshot_builder *b, struct str line)
{
	struct rule_def d = {.where = {STR("f"), 1, 1}};
	struct str action;
	struct err err;
	uint32_t column;

	str_cut(line, ' ', &action, &d.text);
	for (int a = 0; a < ACTIONS; a++)
		if (str_eq(action, str_of(action_name((enum action)a)))) {
			d.action = (enum action)a;
			snapshot_rule(b, 0, &d, &column, &err);
		}
}

static void
add_group(struct snapshot_builder *b, struct str user)
{
	const struct group_def d = {.name = user,
	    .policy = STR("default"),
	    .users = &user,
	    .nusers = 1};
	struct err err;

	if (user.n)
		snapshot_group(b, &d, &err);
}

static void
add_support(struct snapshot_builder *b, struct str host)
{
	char room[NAME_ROOM];
	struct name name;
	struct err err;

	if (name_from_text(host, room, &name) == NAME_OK)
		snapshot_support(b, name, &err);
}

static void
add_override(struct overrides *o, struct str action, struct str text)
{
	struct override one = {.id = "x", .who = OVERRIDE_ALL};
	struct str scope;
	struct err err;

	str_cut(text, ' ', &scope, &one.subject);
	one.action = str_eq(action, STR("allow")) ? ACTION_ALLOW : ACTION_BLOCK;
	one.scope = str_eq(scope, STR("url"))    ? OVERRIDE_URL
	            : str_eq(scope, STR("host")) ? OVERRIDE_HOST
	                                         : OVERRIDE_SITE;
	if (text.n % 3 == 0) {
		one.who = OVERRIDE_ONE;
		one.user = STR("alice");
	}
	overrides_add(o, &one, &err);
}

/* "+support HOST", "+user NAME", "+budget TERMS", "+allow SCOPE SUBJECT",
 * "+protected" */
static void
add_tier(struct snapshot_builder *b, struct overrides *o, struct str line)
{
	struct rule_def d = {.where = {STR("f"), 1, 1},
	    .action = ACTION_BLOCK,
	    .per = BUDGET_DAY,
	    .budget_s = 60};
	struct bytes bytes = {(const uint8_t *)secret.p, secret.n};
	struct str what, rest;
	uint32_t column;
	struct err err;

	str_cut(line, ' ', &what, &rest);
	d.text = rest;
	if (str_eq(what, STR("support")))
		add_support(b, rest);
	else if (str_eq(what, STR("user")))
		add_group(b, rest);
	else if (str_eq(what, STR("budget")))
		snapshot_rule(b, 0, &d, &column, &err);
	else if (!str_eq(what, STR("protected")))
		add_override(o, what, rest);
	else if (snapshot_protected(b, bytes, NULL, NULL, &err) == 0)
		guarded = true;
}

static void
set_url(struct arena *a, struct str word, struct request *r)
{
	char *room = arena_alloc(a, NAME_ROOM);
	struct url_parts p;
	const char *why;

	if (room && url_split(a, word, room, &p, &why) == 0 &&
	    url_canon(a, &p, &r->url) == 0) {
		r->host = p.host;
		r->port = p.port;
		r->deepest = STAGE_URL;
	}
}

static void
read_request(struct arena *a, struct str line, struct request *r)
{
	struct str word, key, value;

	*r = (struct request){.deepest = STAGE_HOST, .method = STR("GET")};
	while (str_next(&line, ' ', &word)) {
		struct name *n = NULL;
		char *room = arena_alloc(a, NAME_ROOM);

		str_cut(word, '=', &key, &value);
		if (str_eq(key, STR("connect")))
			n = &r->connect;
		else if (str_eq(key, STR("sni")))
			n = &r->sni;
		else if (str_eq(key, STR("method")))
			r->method = value;
		else
			set_url(a, word, r);
		if (n && room)
			(void)name_from_wire(value, room, n);
		r->tunnel |= n == &r->connect;
	}
}

static bool
is_final(const struct verdict *v)
{
	return v->kind == VERDICT_ALLOW || v->kind == VERDICT_DENY;
}

static struct verdict
ask(const struct snapshot *s, const struct request *r, enum stage stage)
{
	struct request copy = *r;
	struct facts f = {0};
	struct verdict v;

	copy.stage = stage;
	if (stage < STAGE_URL && !r->tunnel)
		copy.method = STR_NONE;
	v = decide(s, &copy, &f, NULL);
	for (unsigned n = 0; v.kind == VERDICT_NEED && n < NEEDS; n++) {
		facts_ask(&f, &v);
		v = decide(s, &copy, &f, NULL);
	}
	if (v.kind == VERDICT_NEED ||
	    (v.kind == VERDICT_ASK && (stage >= r->deepest || v.next <= stage)))
		abort();
	return v;
}

/* <r>, whose verdict is <v>, with <path> for what it is about. */
static void
judge_reading(const struct snapshot *s, struct arena *a,
    const struct request *r, const struct verdict *v, struct str path)
{
	struct url_parts p = {
	    .scheme = r->url.scheme, .host = r->url.host, .port = r->url.port};
	struct request plain = *r;
	struct verdict w;

	p.has_query = str_cut(path, '?', &p.path, &p.query);
	if (url_canon(a, &p, &plain.url) < 0)
		abort();
	if (plain.url.nalts || plain.url.raw.n)
		return; /* may itself be read as more than <r> was */
	w = ask(s, &plain, plain.deepest);
	if (w.kind == VERDICT_DENY && v->kind != VERDICT_DENY &&
	    w.reason != REASON_PATTERN_LIMIT &&
	    v->reason != REASON_PATTERN_LIMIT && w.reason != REASON_UNSETTLED &&
	    v->reason != REASON_UNSETTLED)
		abort();
}

static void
judge_readings(const struct snapshot *s, struct arena *a,
    const struct request *r, const struct verdict *v)
{
	if (r->deepest < STAGE_URL)
		return;
	judge_reading(s, a, r, v, r->url.path);
	for (unsigned i = 0; i < r->url.nalts; i++)
		judge_reading(s, a, r, v, r->url.alt[i].path);
}

static void
judge(const struct snapshot *s, struct str line)
{
	const struct facts nothing = {.asked = UINT32_MAX,
	    .member = {.asked = UINT64_MAX},
	    .spent = {.asked = UINT64_MAX}};
	struct buf out = BUF_EMPTY;
	struct verdict early, late, told;
	struct provenance p;
	struct request r;
	struct arena a;

	arena_init(&a, 0);
	read_request(&a, line, &r);
	ask(s, &r, STAGE_CONN);
	early = ask(s, &r, STAGE_HOST);
	late = ask(s, &r, r.deepest);
	if (!is_final(&late) || (is_final(&early) && early.kind != late.kind))
		abort();
	r.stage = r.deepest;
	told = explain_with(s, &r, &nothing, EXPLAIN_TRACE, &out);
	explain_with(s, &r, &nothing, EXPLAIN_JSON, &out);
	if (told.kind != late.kind || out.failed)
		abort();
	judge_readings(s, &a, &r, &late);
	snapshot_provenance(s, &r, &late, &p);
	if (p.policy.n == 0 || p.group.n == 0 ||
	    (p.rule_text.n == 0 && late.tier >= TIER_POLICY))
		abort();
	if (guarded && r.deepest >= STAGE_URL &&
	    str_eq(name_str(r.host), STR("secret.test")) &&
	    late.reason != REASON_PROTECTED)
		abort();
	buf_fini(&out);
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_make((const char *)data, size), line, asked;
	const struct policy_def def = {.name = STR("default"),
	    .otherwise = size % 2 ? ACTION_BLOCK : ACTION_ALLOW,
	    .on_unsettled = size % 3 ? ACTION_BLOCK : ACTION_ALLOW,
	    .nested = size % 7 < 3};
	struct overrides *o = overrides_new();
	struct snapshot_builder *b = snapshot_begin(1);
	struct err err = {0};
	struct snapshot *s, *base;

	if (!image.p) {
		make_image();
		make_secret();
	}
	guarded = false;
	if (!b || !o ||
	    snapshot_image(b, (struct bytes){(const uint8_t *)image.p, image.n},
	        NULL, NULL, &err) < 0 ||
	    snapshot_policy(b, &def, &err) < 0)
		abort();
	snapshot_share_patterns(b, size % 5 == 0);
	asked = rest;
	for (unsigned n = 0; n < LINES && str_next(&rest, '\n', &line); n++)
		if (line.n && line.p[0] == '+')
			add_tier(b, o, str_sub(line, 1, line.n));
		else if (line.n && line.p[0] != '>')
			add_rule(b, line);
	base = snapshot_finish(b, &err);
	if (!base || overrides_close(o) < 0)
		abort();
	s = snapshot_with_overrides(base, o);
	if (!s || snapshot_unref(base))
		abort();
	for (unsigned n = 0; n < LINES && str_next(&asked, '\n', &line); n++)
		if (line.n && line.p[0] == '>')
			judge(s, str_trim(str_sub(line, 1, line.n)));
	snapshot_free(s);
	return 0;
}
