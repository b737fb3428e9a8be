/* judge_search.c - what is searched for, once for all rules. */
#include "filters/judge.h"
#include "filters/safesearch.h"
#include "filters/snapshot_impl.h"

const struct sight_search *
judge_search(struct judge *j)
{
	static const struct sight_search none;
	struct search text;

	if (j->r->stage < STAGE_URL)
		return NULL;
	if (!j->s->engines || !snapshot_search(j->s, j->r, &text))
		return &none;
	j->search = (struct sight_search){.is = true, .lost = text.lost};
	if (j->s->themes)
		themes_match(j->s->themes, &text, &j->search.hits);
	return &j->search;
}

void
judge_search_tell(const struct judge *j, struct verdict *out)
{
	const struct sight_search *s = j->from.search;

	if (!s || !s->is || out->tier == TIER_PROTECTED)
		return;
	out->is_search = true;
	out->severity = (uint8_t)s->hits.severity;
	if (s->hits.severity != SEVERITY_NONE)
		out->theme = s->hits.theme;
}
