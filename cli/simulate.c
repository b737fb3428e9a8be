/* simulate.c - the traffic of the past, decided by two configurations. */
#include "cli/simulate.h"

#include "base/err.h"
#include "filters/scenario.h"
#include "filters/snapshot.h"
#include "lists/name.h"

#define EXAMPLE_MAX 200

/*
 * The group that is taken for granted in both: the one that was asked for,
 * or the log's where it does not say enough for finding it again. "" : none.
 */
static struct str
group_of(const struct simulation *s)
{
	const struct traffic *t = &s->traffic;
	unsigned wants = snapshot_wants(s->live) | snapshot_wants(s->candidate);

	if (s->group.n)
		return s->group;
	if (t->client.n &&
	    !(wants & (SNAPSHOT_WANTS_USER | SNAPSHOT_WANTS_MAC)))
		return STR_NONE;
	return t->group;
}

static struct verdict
judge(const struct snapshot *s, const struct scenario *c, uint16_t group)
{
	struct request r = c->request;
	struct facts f = c->facts;

	r.as_group = group;
	r.deepest = scenario_deepest(s, &r);
	return scenario_decide(s, &r, &f, scenario_first(&r));
}

static void
keep(struct tally *t, struct str word, struct str example, struct str why)
{
	struct tally_row *row = tally_add(t, word);

	if (!row || row->n > 1)
		return;
	row->example = arena_str(&t->arena, str_sub(example, 0, EXAMPLE_MAX));
	row->why = arena_str(&t->arena, str_sub(why, 0, EXAMPLE_MAX));
}

/* "conf:12  block = category:games": what does it, or did it. */
static struct str
why_of(struct arena *a, const struct provenance *p)
{
	char line[16];
	int n = p->rule_line
	            ? snprintf(line, sizeof(line), ":%u  ", p->rule_line)
	            : snprintf(line, sizeof(line), "  ");
	size_t room = p->rule_file.n + (size_t)n + p->rule_text.n;
	char *text = arena_alloc(a, room + 1);

	if (!text)
		return STR_NONE;
	n = snprintf(text, room + 1, "%.*s%s%.*s", STR_ARG(p->rule_file),
	    p->rule_file.n ? line : "", STR_ARG(p->rule_text));
	return str_make(text, (size_t)n);
}

/* What tells is the one that stops it. */
static void
count_change(struct simulation *s, enum sim_change what,
    const struct scenario *c, const struct verdict *v)
{
	const struct snapshot *by =
	    what == SIM_ALLOWED ? s->live : s->candidate;
	const struct request *r = &c->request;
	struct name host = r->host.n ? r->host : r->sni.n ? r->sni : r->connect;
	struct sim_kind *k = &s->kind[what];
	struct str url = s->traffic.url.n ? s->traffic.url : s->traffic.connect;
	struct provenance p;
	struct str why;

	snapshot_provenance(by, r, v, &p);
	why = why_of(&s->arena, &p);
	k->lines++;
	keep(&k->group, p.group, url, why);
	keep(&k->category, p.category.n ? p.category : STR("-"), url, why);
	keep(&k->site, name_site(host), url, why);
	tally_set_add(&k->hosts, name_str(host));
	if (s->traffic.who.n)
		tally_set_add(&k->people, s->traffic.who);
}

static void
compare(struct simulation *s, const struct scenario *c, uint16_t live_group,
    uint16_t candidate_group)
{
	struct verdict was = judge(s->live, c, live_group);
	struct verdict is = judge(s->candidate, c, candidate_group);
	enum action from = scenario_action(&was), to = scenario_action(&is);

	s->judged++;
	if (from == to)
		return;
	if (to == ACTION_BLOCK)
		count_change(s, SIM_BLOCKED, c, &is);
	else if (to == ACTION_WARN)
		count_change(s, SIM_WARNED, c, &is);
	else if (from == ACTION_BLOCK || from == ACTION_WARN)
		count_change(s, SIM_ALLOWED, c, &was);
	else
		s->monitored++;
}

static int
judge_line(struct simulation *s)
{
	const struct traffic *t = &s->traffic;
	struct scenario_word words[TRAFFIC_WORDS];
	struct str group = group_of(s);
	const struct scenario_ask ask = {.address = t->url,
	    .words = words,
	    .nwords = traffic_words(t, words),
	    .now = t->at ? t->at : s->now};
	uint16_t live = 0, candidate = 0;
	struct scenario c;
	struct err err;
	uint32_t column;

	if (group.n) {
		live = snapshot_as_group(s->live, group);
		candidate = snapshot_as_group(s->candidate, group);
		if (!live || !candidate)
			return SIM_NO_GROUP;
	}
	if (scenario_make(&s->arena, s->live, &ask, &c, &column, &err) < 0)
		return SIM_NOT_AN_ADDRESS;
	compare(s, &c, live, candidate);
	return TRAFFIC_OK;
}

void
simulation_line(struct simulation *s, struct str line)
{
	int result = (int)traffic_read(&s->traffic, line);

	if (result == TRAFFIC_EMPTY)
		return;
	s->lines++;
	s->records += line.p[0] == '{';
	if (result == TRAFFIC_OK)
		result = judge_line(s);
	if (result != TRAFFIC_OK)
		s->unused[result]++;
	arena_reset(&s->arena);
}

void
simulation_fini(struct simulation *s)
{
	for (unsigned i = 0; i < SIM_CHANGES; i++) {
		struct sim_kind *k = &s->kind[i];

		tally_fini(&k->group);
		tally_fini(&k->category);
		tally_fini(&k->site);
		tally_set_fini(&k->hosts);
		tally_set_fini(&k->people);
	}
	traffic_fini(&s->traffic);
	arena_fini(&s->arena);
}
