/*
 * fuzz_decide.c - lines of policy, then lines of requests:
 *
 *	block category:c1, host:a.test
 *	> connect=a.test sni=b.test http://a.test/x
 *
 * Whatever they are: decide() answers, never NEED twice, never ASK at the
 * deepest stage; an answer that is final at the host stays so; explain()
 * comes to the same; and no address is let through that would be denied if it
 * were written as some server reads it. The words are plain so that a fuzzer gets far.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/table.h"
#include "filters/decide.h"
#include "filters/explain.h"
#include "filters/snapshot.h"
#include "lists/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES 64
#define NEEDS (3 + FACT_GROUPS_MAX + FACT_BUDGETS_MAX) /* each once */

static struct buf image;

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
	    v->reason != REASON_PATTERN_LIMIT)
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
	told = explain(s, &r, EXPLAIN_TRACE, &out);
	explain(s, &r, EXPLAIN_JSON, &out);
	if (told.kind != late.kind || out.failed)
		abort();
	judge_readings(s, &a, &r, &late);
	snapshot_provenance(s, &r, &late, &p);
	if (p.policy.n == 0 || p.group.n == 0 || p.rule_text.n == 0)
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
	    .on_unsettled = size % 3 ? ACTION_BLOCK : ACTION_ALLOW};
	struct snapshot_builder *b = snapshot_begin(1);
	struct err err = {0};
	struct snapshot *s;

	if (!image.p)
		make_image();
	if (!b ||
	    snapshot_image(b, (struct bytes){(const uint8_t *)image.p, image.n},
	        NULL, NULL, &err) < 0 ||
	    snapshot_policy(b, &def, &err) < 0)
		abort();
	snapshot_share_patterns(b, size % 5 == 0);
	asked = rest;
	for (unsigned n = 0; n < LINES && str_next(&rest, '\n', &line); n++)
		if (line.n && line.p[0] != '>')
			add_rule(b, line);
	s = snapshot_finish(b, &err);
	if (!s)
		abort();
	for (unsigned n = 0; n < LINES && str_next(&asked, '\n', &line); n++)
		if (line.n && line.p[0] == '>')
			judge(s, str_trim(str_sub(line, 1, line.n)));
	snapshot_free(s);
	return 0;
}
