/* explain_json.c - a verdict with the names of a record. */
#include "base/json.h"
#include "filters/explain_impl.h"
#include "filters/safesearch.h"
#include "filters/search.h"

static void
put_text(struct buf *b, const char *key, struct str s)
{
	if (s.n)
		json_key_str(b, key, s);
}

static void
put_number(struct buf *b, const char *key, uint64_t v)
{
	if (v)
		json_key_u64(b, key, v);
}

static void
put_rule(struct buf *b, const struct provenance *p)
{
	json_key(b, "rule");
	json_open(b, '{');
	put_text(b, "file", p->rule_file);
	put_number(b, "line", p->rule_line);
	put_text(b, "text", p->rule_text);
	put_text(b, "list", p->list);
	put_text(b, "category", p->category);
	put_text(b, "entry", p->entry);
	put_text(b, "source", p->source_file);
	put_number(b, "source_line", p->source_line);
	json_close(b, '}');
}

static void
put_search(struct buf *b, const struct explained *e)
{
	struct search words;

	if (!e->v.is_search || !snapshot_search(e->s, e->r, &words))
		return;
	put_text(b, "search", str_make(words.text, words.n));
	if (e->v.severity == SEVERITY_NONE)
		return;
	put_text(b, "theme", snapshot_theme_name(e->s, e->v.theme));
	json_key_z(b, "severity", severity_name((enum severity)e->v.severity));
}

static void
put_buf(struct buf *b, const char *key, struct buf *text)
{
	put_text(b, key, buf_str(text));
	buf_fini(text);
}

void
explain_members(struct buf *b, const struct explained *e)
{
	struct buf safe = BUF_EMPTY, why = BUF_EMPTY;
	const struct request *r = e->r;
	const struct verdict *v = &e->v;

	json_key_z(b, "action", action_name(v->action));
	json_key_z(b, "reason", reason_slug(v->reason));
	json_key_z(b, "tier", tier_name(v->tier));
	json_key_z(b, "stage", stage_name(v->stage));
	json_key_z(b, "visibility", visibility_name(v->visibility));
	put_text(b, "user", e->f->user);
	put_text(b, "group", e->p.group);
	if (v->tier > TIER_SUPPORT)
		explain_why_group(&why, e);
	put_buf(b, "group_by", &why);
	put_text(b, "policy", e->p.policy);
	put_text(b, "method", r->method);
	put_text(b, "host", name_str(r->host));
	put_number(b, "port", r->port);
	if (r->deepest >= STAGE_URL)
		put_text(b, "url", r->url.text);
	put_text(b, "nested", e->p.nested);
	put_search(b, e);
	put_text(b, "connect", name_str(r->connect));
	put_text(b, "sni", name_str(r->sni));
	if (r->tunnel)
		json_key_bool(b, "tunnel", true);
	if (v->tier >= TIER_POLICY)
		put_rule(b, &e->p);
	put_text(b, "override", e->p.override);
	put_text(b, "override_reason", e->p.override_why);
	put_text(b, "override_author", e->p.override_who);
	explain_safe(&safe, e);
	put_buf(b, "safe", &safe);
	if (e->open && e->url.kind == VERDICT_ASK)
		json_key_bool(b, "open", true);
}
