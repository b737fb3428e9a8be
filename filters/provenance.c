/* provenance.c - a verdict in words: who, by which rule, by which line. */
#include <string.h>

#include "base/bug.h"
#include "filters/judge.h"
#include "filters/nested.h"
#include "filters/overrides.h"
#include "filters/snapshot_impl.h"

/* The list, category, file and line of the entry that decided. */
static void
entry_provenance(
    const struct snapshot *s, const struct verdict *v, struct provenance *out)
{
	const struct image *im = snapshot_image_at(s, v->image);
	const struct image_hit hit = {.entry = v->entry,
	    .kind = v->entry_kind,
	    .off = v->entry_off,
	    .len = v->entry_len};
	struct image_source src;

	if (BUG(!im) || !image_source(im, v->source, &src))
		return;
	out->list = src.list;
	out->source_file = src.file;
	out->entry =
	    v->by_pattern
	        ? snapshot_list_pattern(im, v->entry, &out->source_line)
	        : snapshot_list_entry(im, &hit, v->source, out->room,
	              sizeof(out->room), &out->source_line);
}

static void
rule_provenance(
    const struct policy *p, const struct verdict *v, struct provenance *out)
{
	if (v->rule < p->nrules) {
		const struct rule *rule = &p->rules[v->rule];

		out->rule_file = rule->where.file;
		out->rule_line = rule->where.line;
		out->rule_text = rule->line;
		return;
	}
	out->rule_file = p->where.file;
	if (v->reason == REASON_UNSETTLED)
		out->rule_text = STR("on-unsettled = block");
	else if (p->otherwise == ACTION_BLOCK)
		out->rule_text = STR("default = block");
	else
		out->rule_text = STR("default = allow");
}

static void
override_provenance(
    const struct snapshot *s, const struct verdict *v, struct provenance *out)
{
	const struct override *o = overrides_at(s->overrides, v->override);

	if (!o)
		return;
	out->override = str_of(o->id);
	out->override_why = o->reason;
	out->override_who = o->author;
}

void
snapshot_provenance(const struct snapshot *s, const struct request *r,
    const struct verdict *v, struct provenance *out)
{
	const struct policy *p;

	*out = (struct provenance){.tier = tier_name(v->tier)};
	if (BUG(v->group >= s->ngroups || v->policy >= s->npolicies))
		return;
	p = &s->policies[v->policy];
	out->group = s->groups[v->group].name;
	out->policy = p->name;
	if (v->nested && v->tier != TIER_PROTECTED)
		out->nested = judge_inner_text(
		    r, v->nested, out->nested_room, sizeof(out->nested_room));
	if (v->tier == TIER_OVERRIDE)
		override_provenance(s, v, out);
	if (v->tier < TIER_POLICY)
		return; /* no rule, and of what is protected no word */
	rule_provenance(p, v, out);
	out->theme = snapshot_theme_name(s, v->theme);
	if (v->category < s->categories.n)
		out->category = s->categories.name[v->category];
	if (v->has_entry)
		entry_provenance(s, v, out);
}
