/* tiers.c - what stands above the policy: what is protected, what is always
 * reachable, and what people decided for a while. */
#include <stdlib.h>

#include "filters/builder_impl.h"
#include "filters/judge.h"
#include "filters/overrides.h"
#include "filters/snapshot_impl.h"

/* ------------------------------------------------------------- protected */

/* Does <im> list <name>, or <path> of it (empty: of none)? What may be missing
 * may be an exception; here that opens nothing. */
static bool
lists(const struct snap_image *im, struct name name, struct str path)
{
	struct image_hits hits;
	struct image_held held;

	hits.n = 0;
	hits.more = hits.lost = false;
	image_find_host(&im->image, name, &hits);
	if (path.n)
		image_find_url(&im->image, name, path, &hits);
	if (hits.n == 0)
		return false;
	image_hold(&im->image, &hits, &held);
	return held.n || held.more || hits.lost;
}

static bool
lists_any(const struct snap_image *im, const struct sight_of *a)
{
	if (lists(im, a->name, a->url ? a->url->path : STR_NONE))
		return true;
	for (unsigned i = 0; a->url && i < a->url->nalts; i++)
		if (lists(im, a->name, a->url->alt[i].path))
			return true;
	/* an exception of a path leaves the host what it is */
	return a->url && lists(im, a->name, STR_NONE);
}

bool
tier_protected(const struct snapshot *s, const struct sight_of *a)
{
	for (unsigned i = 0; i < s->nprotected && a->name.n; i++)
		if (lists_any(&s->protected[i], a))
			return true;
	return false;
}

/* --------------------------------------------------------------- support */

static int
by_text(const void *left, const void *right)
{
	const struct name *a = left, *b = right;

	return str_cmp(name_str(*a), name_str(*b));
}

void
tier_support_close(struct snapshot *s)
{
	if (s->nsupport)
		qsort(s->support, s->nsupport, sizeof(s->support[0]), by_text);
}

const struct name *
tier_support(const struct snapshot *s, struct name name)
{
	struct name at = name;

	while (s->nsupport && at.n) {
		const struct name *found = bsearch(&at, s->support, s->nsupport,
		    sizeof(s->support[0]), by_text);
		struct str label, rest;

		if (found)
			return found;
		if (name.kind != NAME_DNS)
			break;
		str_cut(name_str(at), '.', &label, &rest);
		at.p = rest.p;
		at.n = (uint8_t)rest.n;
	}
	return NULL;
}

/* ------------------------------------------------------------- overrides */

static struct verdict
override_verdict(const struct judge *j, const struct sight_of *a, int found)
{
	const struct override *o =
	    overrides_at(j->s->overrides, (unsigned)found);
	struct verdict out = j->blank;

	out.action = o->action;
	out.kind = o->action == ACTION_BLOCK ? VERDICT_DENY : VERDICT_ALLOW;
	out.reason = REASON_OVERRIDE;
	out.tier = TIER_OVERRIDE;
	out.override = (uint16_t)found;
	out.subject = a->subject;
	if (o->scope == OVERRIDE_URL && a->subject == SUBJECT_HOST)
		out.subject = SUBJECT_URL;
	return out;
}

enum truth
tier_override(const struct judge *j, const struct sight_of *a,
    struct verdict *out, struct maybe *may)
{
	const struct snapshot *s = j->s;
	const struct override_asker who = {.client = j->r->client,
	    .user = j->f->user,
	    .group = s->groups[j->blank.group].name,
	    .user_known = j->f->settled & FACT_USER,
	    .now = j->r->now};
	struct override_open open;
	int found = overrides_find(s->overrides, &who, a->name, a->url, &open);

	*out = j->blank;
	out->subject = a->subject;
	if (open.url && a->deepest >= STAGE_URL) {
		out->kind = VERDICT_ASK;
		out->next = STAGE_URL;
		return TRUTH_UNKNOWN;
	}
	if (open.user && !(j->f->asked & FACT_USER)) {
		out->kind = VERDICT_NEED;
		out->needs = FACT_USER;
		return TRUTH_UNKNOWN;
	}
	if (open.user_blocks) {
		may->any = true;
		may->v = *out;
		may->v.kind = VERDICT_DENY;
		may->v.action = ACTION_BLOCK;
		may->v.reason = REASON_UNSETTLED;
		may->v.tier = TIER_OVERRIDE;
	}
	if (found < 0)
		return TRUTH_FALSE;
	*out = override_verdict(j, a, found);
	judge_unsettled(j, may, out);
	return TRUTH_TRUE;
}
