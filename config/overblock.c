/* overblock.c - which known good sites lists would block. */
#include "config/overblock.h"

#include "base/sys/clock.h"
#include "config/config.h"
#include "config/corpus.h"
#include "config/hours.h"
#include "config/reach.h"
#include "filters/decide.h"
#include "filters/scenario.h"
#include "filters/snapshot.h"
#include "lists/image.h"

/* Lists may come at night, and be read in the lessons: so many of the times
 * that schedules tell apart are looked at. */
#define TIMES 8

/* Who asks: one group for each policy. */
struct asker {
	struct str policy, group;
};

struct search {
	struct overblock *o;
	const struct config *c;
	const struct snapshot *before, *now;
	int64_t time, times[HOURS_MAX];
	unsigned ntimes;
	struct asker *askers;
	unsigned naskers, room; /* room: of o->v */
};

/* ---------------------------------------------------------------- who */

/* Does a rule of the policy name groups? */
static bool
names_groups(const struct config *c, struct str policy)
{
	for (unsigned p = 0; p < c->policy.n; p++) {
		const struct config_policy *one = &c->policy.v[p];

		if (!str_eq(one->name, policy))
			continue;
		for (unsigned i = 0; i < one->rules.n; i++) {
			struct str text = one->rules.v[i].text;

			if (str_search(text, STR("group:")) < text.n)
				return true;
		}
	}
	return false;
}

/* What is decided depends on who asks by the policy alone, unless that names
 * groups. */
static void
add_asker(struct search *s, struct str policy, struct str group)
{
	bool apart = names_groups(s->c, policy);

	for (unsigned i = 0; i < s->naskers && !apart; i++)
		if (str_eq(s->askers[i].policy, policy))
			return;
	s->askers[s->naskers++] = (struct asker){policy, group};
}

static int
find_askers(struct search *s)
{
	const struct config *c = s->c;

	s->askers =
	    arena_zalloc(&s->o->arena, (c->group.n + 1) * sizeof(*s->askers));
	if (!s->askers)
		return -1;
	for (unsigned i = 0; i < c->group.n; i++)
		if (group_is_reachable(c, i))
			add_asker(s, c->group.v[i].policy, c->group.v[i].name);
	if (group_is_reachable(c, c->group.n))
		add_asker(s, STR("default"), STR("default"));
	return 0;
}

/* --------------------------------------------------------------- what */

enum way { WAY_PLAIN = 0, WAY_TUNNEL, WAYS };

/* The address itself, or a tunnel to its host. */
static void
fill(const struct search *s, const struct asker *who,
    const struct corpus_site *site, enum way way, struct request *r)
{
	*r = (struct request){.now = s->time};
	r->as_group = snapshot_as_group(s->now, who->group);
	r->stage = r->deepest = way == WAY_PLAIN ? STAGE_URL : STAGE_HOST;
	if (way == WAY_TUNNEL) {
		r->tunnel = true;
		r->method = STR("CONNECT");
		r->connect = site->url.host;
		r->port = 443;
		return;
	}
	r->method = STR("GET");
	r->host = site->url.host;
	r->port = site->url.port;
	r->url = site->url;
}

static struct verdict
ask(const struct snapshot *snapshot, const struct request *r)
{
	struct facts f;

	scenario_facts(&f, STR_NONE);
	return decide(snapshot, r, &f, NULL);
}

static int
add_finding(struct search *s, const struct asker *who,
    const struct corpus_site *site, const struct request *r,
    const struct verdict *v)
{
	struct overblock *o = s->o;
	struct overblock_finding *f;
	struct provenance p;

	if (o->n == s->room) {
		s->room = s->room ? s->room * 2 : 64;
		f = arena_zalloc(&o->arena, s->room * sizeof(*f));
		if (!f)
			return -1;
		if (o->n)
			memcpy(f, o->v, o->n * sizeof(*f));
		o->v = f;
	}
	f = &o->v[o->n++];
	snapshot_provenance(s->now, r, v, &p);
	*f = (struct overblock_finding){
	    .site = site,
	    .action = v->action,
	    .policy = arena_str(&o->arena, who->policy),
	    .list = arena_str(&o->arena, p.list),
	    .category = arena_str(&o->arena, p.category),
	    .entry = arena_str(&o->arena, p.entry),
	    .file = arena_str(&o->arena, p.source_file),
	    .line = p.source_line,
	    .rule_file = arena_str(&o->arena, p.rule_file),
	    .rule = arena_str(&o->arena, p.rule_text),
	    .rule_line = p.rule_line,
	};
	return o->arena.failed ? -1 : 0;
}

/* Does he newly lose it at this time? 1: and it was added. -1: memory. */
static int
judge_at(struct search *s, const struct asker *who,
    const struct corpus_site *site, enum way way)
{
	struct request r;
	struct verdict v;

	fill(s, who, site, way, &r);
	v = ask(s->now, &r);
	if (v.kind != VERDICT_DENY ||
	    (s->before && ask(s->before, &r).kind == VERDICT_DENY))
		return 0;
	return add_finding(s, who, site, &r, &v) < 0 ? -1 : 1;
}

/* Add <site> if anybody loses it, at some time. -1: memory. */
static int
judge(struct search *s, const struct corpus_site *site)
{
	for (unsigned t = 0; t < s->ntimes; t++) {
		s->time = s->times[t];
		for (unsigned i = 0; i < s->naskers * WAYS; i++) {
			int rc = judge_at(s, &s->askers[i / WAYS], site,
			    (enum way)(i % WAYS));

			if (rc)
				return rc < 0 ? -1 : 0;
		}
	}
	return 0;
}

int
overblock_find(struct overblock *o, const struct corpus *sites,
    const struct config *c, const struct snapshot *before,
    const struct snapshot *now)
{
	struct search s = {.o = o, .c = c, .before = before, .now = now};
	int rc;

	*o = (struct overblock){.n = 0};
	arena_init(&o->arena, 0);
	s.ntimes = hours_find(c, clock_wall_ms() / 1000, s.times);
	rc = s.ntimes ? find_askers(&s) : -1;
	s.ntimes = s.ntimes < TIMES ? s.ntimes : TIMES;
	for (unsigned i = 0; rc == 0 && i < sites->n; i++)
		rc = judge(&s, &sites->v[i]);
	if (rc < 0)
		overblock_fini(o);
	return rc;
}

void
overblock_fini(struct overblock *o)
{
	arena_fini(&o->arena);
	*o = (struct overblock){.n = 0};
}

/* -------------------------------------------------------------- score */

struct scoring {
	struct overblock_score *v;
	unsigned n, max;
};

/* One site for a list and category; more than once counts once. */
static void
add_score(struct scoring *g, const struct image_source *s,
    const struct corpus_site *site, unsigned *seen, unsigned number)
{
	struct overblock_score *row = NULL;
	unsigned i;

	for (i = 0; i < g->n && i < g->max && !row; i++)
		if (str_eq(g->v[i].list, s->list) &&
		    str_eq(g->v[i].category, s->category))
			row = &g->v[i];
	if (!row && g->n >= g->max)
		return;
	if (!row) {
		row = &g->v[g->n++];
		*row = (struct overblock_score){
		    .list = s->list, .category = s->category};
	}
	if (seen[row - g->v] == number)
		return;
	seen[row - g->v] = number;
	if (row->sites < OVERBLOCK_EXAMPLES)
		row->some[row->sites] = site;
	row->sites++;
}

unsigned
overblock_score(const struct image *im, const struct corpus *sites,
    struct overblock_score *v, unsigned max)
{
	struct scoring g = {v, 0, max};
	unsigned *seen = calloc(max ? max : 1, sizeof(*seen));

	for (unsigned i = 0; seen && i < sites->n; i++) {
		const struct url *u = &sites->v[i].url;
		struct image_hits hits = {0};
		struct image_held held = {0};
		struct image_source s;

		image_find_host(im, u->host, &hits);
		image_find_url(im, u->host, u->path, &hits);
		image_hold(im, &hits, &held);
		for (uint32_t k = 0; k < held.n; k++)
			if (image_source(im, held.v[k].source, &s))
				add_score(&g, &s, &sites->v[i], seen, i + 1);
	}
	free(seen);
	return g.n;
}
