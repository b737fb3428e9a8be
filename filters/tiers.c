/* tiers.c - what stands above the policy: what is protected, what is always
 * reachable, and what people decided for a while. */
#include <stdlib.h>

#include "filters/builder_impl.h"
#include "filters/judge.h"
#include "filters/overrides.h"
#include "filters/snapshot_impl.h"

/* ------------------------------------------------------------- protected */

/* Do <hits> hold, exceptions heeded? What may be missing may be an exception;
 * here that opens nothing. */
static bool
holds(const struct image *im, const struct image_hits *hits)
{
	struct image_held held;

	if (hits->n == 0)
		return false;
	image_hold(im, hits, &held);
	return held.n || held.more || hits->lost;
}

/* Is <path> of <name> listed, together with what is said of <name>? */
static bool
lists_path(const struct image *im, struct name name, struct str path)
{
	struct image_hits hits;

	hits.n = 0;
	hits.more = hits.lost = false;
	image_find_url(im, name, path, &hits);
	if (hits.n == 0)
		return false;
	image_find_host(im, name, &hits);
	return holds(im, &hits);
}

/* The name, whatever the path; or some reading of the path. */
static bool
lists(const struct image *im, const struct sight_of *a)
{
	struct image_hits hits;

	hits.n = 0;
	hits.more = hits.lost = false;
	image_find_host(im, a->name, &hits);
	if (holds(im, &hits))
		return true;
	if (!a->url || !image_has_urls(im, a->name))
		return false;
	if (lists_path(im, a->name, a->url->path))
		return true;
	for (unsigned i = 0; i < a->url->nalts; i++)
		if (lists_path(im, a->name, a->url->alt[i].path))
			return true;
	return false;
}

bool
tier_protected(const struct snapshot *s, const struct sight_of *a)
{
	for (unsigned i = 0; i < s->nprotected && a->name.n; i++)
		if (lists(&s->protected[i].image, a))
			return true;
	return false;
}

bool
tier_may_protect(const struct snapshot *s, struct name name)
{
	const struct sight_of a = {.name = name};

	for (unsigned i = 0; i < s->nprotected && name.n; i++)
		if (image_has_urls(&s->protected[i].image, name) ||
		    lists(&s->protected[i].image, &a))
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
	for (unsigned i = 0; i < s->nsupport; i++)
		s->support_lengths |= (uint64_t)1 << s->support[i].n % 64;
}

/* The site that is <name> from byte <from> on. */
static const struct name *
site_of(const struct snapshot *s, struct name name, uint8_t from)
{
	name.p += from;
	name.n = (uint8_t)(name.n - from);
	if (!(s->support_lengths >> name.n % 64 & 1))
		return NULL;
	return bsearch(
	    &name, s->support, s->nsupport, sizeof(s->support[0]), by_text);
}

const struct name *
tier_support(const struct snapshot *s, struct name name)
{
	const struct name *found = NULL;

	if (s->nsupport == 0 || name.n == 0)
		return NULL;
	found = site_of(s, name, 0);
	if (name.kind != NAME_DNS)
		return found;
	for (uint8_t i = 1; i < name.n && !found; i++)
		if (name.p[i - 1] == '.')
			found = site_of(s, name, i);
	return found;
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
	struct override_open open = {0};
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
