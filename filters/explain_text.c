/* explain_text.c - a verdict in lines for people. */
#include "base/json.h"
#include "filters/explain_impl.h"
#include "filters/net.h"
#include "filters/overrides.h"
#include "filters/safesearch.h"
#include "filters/scenario.h"
#include "filters/search.h"

#define LABEL  10 /* columns */
#define ENTRY  24
#define POLICY 30

static const char *const stages[STAGES] = {
    [STAGE_CONN] = "connection",
    [STAGE_HOST] = "name",
    [STAGE_URL] = "address",
    [STAGE_HEAD] = "answer",
    [STAGE_BODY] = "content",
};

void
explain_pad(struct buf *b, size_t from, size_t columns)
{
	do
		buf_add_char(b, ' ');
	while (b->n - from < columns && !b->failed);
}

void
explain_label(struct buf *b, const char *word)
{
	size_t from = b->n;

	buf_add_str(b, str_of(word));
	explain_pad(b, from, LABEL);
}

static void
add_host(struct buf *b, struct name n, uint16_t port)
{
	buf_addf(
	    b, n.kind == NAME_IPV6 ? "[%.*s]" : "%.*s", STR_ARG(name_str(n)));
	if (port)
		buf_addf(b, ":%u", port);
}

static void
add_place(struct buf *b, struct str file, uint32_t line)
{
	text_add_escaped(b, file);
	if (line)
		buf_addf(b, ":%u", line);
}

/* ---------------------------------------------------------------- subject */

/* What was asked, in one line: an address, else the first name given. */
static bool
has_address(const struct request *r)
{
	return r->deepest >= STAGE_URL && r->url.text.n;
}

static struct name
asked_name(const struct request *r)
{
	return r->connect.n ? r->connect : r->host.n ? r->host : r->sni;
}

static void
add_subject(struct buf *b, const struct request *r)
{
	struct name n = asked_name(r);

	if (has_address(r))
		text_add_escaped(b, r->url.text);
	else if (n.n)
		add_host(b, n, r->port);
	else
		buf_addf(b, "port %u", r->port);
}

/* Which name decided, where that is not the one in the first line. */
static void
add_name(struct buf *b, const struct request *r, enum subject subject)
{
	struct name n = subject == SUBJECT_CONNECT ? r->connect : r->sni;

	if ((subject != SUBJECT_CONNECT && subject != SUBJECT_SNI) ||
	    (!has_address(r) && name_eq(n, asked_name(r))))
		return;
	explain_label(b, "name");
	add_host(b, n, 0);
	buf_addf(b, ", the %s\n", explain_subject(subject));
}

/* ---------------------------------------------------------- what decided */

static void
add_override(struct buf *b, const struct explained *e)
{
	const struct override *o = overrides_at(e->s->overrides, e->v.override);

	explain_label(b, "exception");
	text_add_escaped(b, e->p.override);
	if (e->p.override_who.n) {
		buf_add_str(b, STR(" by "));
		text_add_escaped(b, e->p.override_who);
	}
	if (e->p.override_why.n) {
		buf_add_str(b, STR(": "));
		text_add_escaped(b, e->p.override_why);
	}
	if (o && o->until > e->r->now)
		buf_addf(b, " (ends in %lld minutes)",
		    (long long)((o->until - e->r->now + 59) / 60));
	buf_add_char(b, '\n');
}

static void
add_rule(struct buf *b, const struct explained *e)
{
	const struct provenance *p = &e->p;

	if (e->v.tier == TIER_OVERRIDE && p->override.n) {
		add_override(b, e);
		return;
	}
	if (e->v.tier < TIER_POLICY) {
		explain_label(b, "tier");
		buf_addf(b, "%s, above every policy\n", tier_name(e->v.tier));
		return;
	}
	explain_label(b, "rule");
	if (e->v.rule != VERDICT_NO_RULE) {
		add_place(b, p->rule_file, p->rule_line);
		buf_add_str(b, STR("  "));
	} else {
		buf_add_str(b, STR("none matched: "));
	}
	text_add_escaped(b, p->rule_text);
	buf_add_char(b, '\n');
}

static void
add_entry(struct buf *b, const struct verdict *v, const struct provenance *p)
{
	size_t from;

	explain_label(b, v->by_pattern ? "pattern" : "entry");
	from = b->n;
	text_add_escaped(b, p->entry);
	explain_pad(b, from, ENTRY);
	text_add_escaped(b, p->list);
	buf_add_str(b, STR(", "));
	add_place(b, p->source_file, p->source_line);
	buf_add_char(b, '\n');
}

void
explain_why_group(struct buf *b, const struct explained *e)
{
	const struct snapshot *s = e->s;
	const struct group *g = &s->groups[e->v.group];
	char room[NET_ROOM];

	if (e->r->as_group) {
		buf_add_str(b, STR("as asked"));
		return;
	}
	for (unsigned i = 0; i < g->nnets; i++)
		if (net_has(&g->nets[i], e->r->client)) {
			buf_add_str(b, STR("net:"));
			buf_add_str(b, net_text(&g->nets[i], room));
			return;
		}
	for (unsigned i = 0; e->r->has_mac && i < g->nmacs; i++)
		if (memcmp(g->macs[i], e->r->mac, sizeof(e->r->mac)) == 0) {
			buf_add_str(b, STR("by its MAC address"));
			return;
		}
	for (unsigned i = 0; e->r->listener.n && i < g->nlisteners; i++)
		if (str_eq(g->listeners[i], e->r->listener)) {
			buf_add_str(b, STR("listener:"));
			text_add_escaped(b, e->r->listener);
			return;
		}
	for (unsigned i = 0; e->f->user.n && i < g->nusers; i++)
		if (str_eq(g->users[i], e->f->user)) {
			buf_add_str(b, STR("user:"));
			text_add_escaped(b, e->f->user);
			return;
		}
	for (unsigned i = 0; i < g->nauth; i++)
		if (e->f->member.is >> g->auth[i] & 1) {
			buf_add_str(b, STR("auth-group:"));
			text_add_escaped(b, snapshot_auth_group(s, g->auth[i]));
			return;
		}
	buf_add_str(b, STR("everyone else"));
}

static void
add_policy(struct buf *b, const struct explained *e)
{
	size_t from;

	explain_label(b, "policy");
	from = b->n;
	if (e->v.tier <= TIER_SUPPORT) { /* nobody was asked who he is */
		buf_add_str(b, STR("any, whoever asks"));
		explain_pad(b, from, POLICY);
		buf_addf(b, "stage %s, final\n", stages[e->v.stage]);
		return;
	}
	text_add_escaped(b, e->p.policy);
	buf_add_str(b, STR(" ("));
	if (!str_eq(e->p.group, e->p.policy)) {
		buf_add_str(b, STR("group "));
		text_add_escaped(b, e->p.group);
		buf_add_str(b, STR(", "));
	}
	explain_why_group(b, e);
	buf_add_char(b, ')');
	explain_pad(b, from, POLICY);
	buf_addf(b, "stage %s, final\n", stages[e->v.stage]);
}

/* --------------------------------------------------------- what else is */

static void
add_search(struct buf *b, const struct explained *e)
{
	struct search words;

	if (!e->v.is_search || !snapshot_search(e->s, e->r, &words))
		return;
	explain_label(b, "search");
	text_add_escaped(b, str_make(words.text, words.n));
	if (e->v.severity != SEVERITY_NONE) {
		buf_add_str(b, STR("  (theme "));
		text_add_escaped(b, snapshot_theme_name(e->s, e->v.theme));
		buf_addf(
		    b, ", %s)", severity_name((enum severity)e->v.severity));
	}
	buf_add_char(b, '\n');
}

static void
add_part(struct buf *b, const char *how, struct str what)
{
	if (b->n)
		buf_add_str(b, STR(", "));
	buf_add_str(b, str_of(how));
	text_add_escaped(b, what);
}

void
explain_safe(struct buf *b, const struct explained *e)
{
	struct safe_edit edit;
	struct arena a;

	arena_init(&a, 0);
	if (e->v.kind == VERDICT_ALLOW &&
	    snapshot_safe_edit(e->s, e->r, &e->v, &a, &edit)) {
		if (edit.unsafe)
			buf_add_str(b, STR("the engine has no safe search"));
		if (edit.dial.n)
			add_part(b, "reached at ", name_str(edit.dial));
		if (edit.has_query)
			add_part(b, "asked with ?", edit.query);
		if (edit.field.name.n) {
			add_part(b, "told ", edit.field.name);
			buf_add_str(b, STR(": "));
			text_add_escaped(b, edit.field.value);
		}
	}
	arena_fini(&a);
}

static void
add_safe(struct buf *b, const struct explained *e)
{
	struct buf text = BUF_EMPTY;

	explain_safe(&text, e);
	if (text.n) {
		explain_label(b, "safe");
		buf_add_str(b, buf_str(&text));
		buf_add_char(b, '\n');
	}
	buf_fini(&text);
}

/* What this answer leaves open. */
static void
add_open(struct buf *b, const struct explained *e)
{
	const struct policy *p = &e->s->policies[e->v.policy];

	if (e->open && e->url.kind == VERDICT_ASK && e->url.rule < p->nrules) {
		const struct rule *r = &p->rules[e->url.rule];

		explain_label(b, "open");
		buf_add_str(b, STR("the answer's type and size were not given "
		                   "(--type, --size), for\n"));
		explain_label(b, "");
		add_place(b, r->where.file, r->where.line);
		buf_add_str(b, STR("  "));
		text_add_escaped(b, r->line);
		buf_add_char(b, '\n');
	}
	if (e->v.budgets) {
		explain_label(b, "open");
		buf_add_str(b, STR("a budget is charged; how much of it is "
		                   "used up is not asked here\n"));
	}
	if (e->v.kind == VERDICT_DENY && e->v.action == ACTION_WARN) {
		explain_label(b, "open");
		buf_add_str(b, STR("who has read the warning gets on for a "
		                   "while; that is not asked here\n"));
	}
}

void
explain_text(struct buf *b, const struct explained *e)
{
	const struct verdict *v = &e->v;

	explain_label(b, action_name(v->action));
	add_subject(b, e->r);
	buf_add_char(b, '\n');
	if (v->reason != REASON_RULE && v->reason != REASON_DEFAULT) {
		explain_label(b, "reason");
		buf_addf(b, "%s: %s\n", reason_slug(v->reason),
		    reason_text(v->reason));
	}
	add_name(b, e->r, v->subject);
	if (e->p.nested.n) {
		explain_label(b, "inside");
		text_add_escaped(b, e->p.nested);
		buf_add_char(b, '\n');
	}
	add_rule(b, e);
	if (e->p.category.n) {
		explain_label(b, "category");
		text_add_escaped(b, e->p.category);
		buf_add_char(b, '\n');
	}
	if (v->has_entry)
		add_entry(b, v, &e->p);
	add_search(b, e);
	add_safe(b, e);
	add_policy(b, e);
	add_open(b, e);
}
