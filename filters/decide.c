/*
 * decide.c - the function: who asks, names, tiers.
 *
 * A term is true, false or unknown. Unknown is what a later stage will tell;
 * where the request can get no later stage, such a term is false ("what
 * cannot be seen is taken not to be so"), hence its negation true. Unknown,
 * too, is a pattern that met its limit, or whether a name is in a list where
 * it is in more than can be kept: there no stage helps, and the policy says
 * what it means:
 *
 *  on_unsettled = block: the rule may hold or not, so the stricter of its
 *	own action and of what the rules behind it say is done;
 *  on_unsettled = allow: the rule counts as false.
 *
 * Either way the reason is pattern-limit (or unsettled) if the outcome rests
 * on it.
 */
#include "filters/decide.h"

#include "filters/group.h"
#include "filters/judge.h"
#include "filters/overrides.h"
#include "filters/snapshot_impl.h"
#include "filters/terms.h"
#include "filters/trace.h"

/* All that a call judges. */
struct asked {
	unsigned n;
	struct sight_of name[SIGHT_NAMES];
	struct judge_inner inner;
};

/* ----------------------------------------------------------------- tiers */

static void
trace_tier(
    const struct judge *j, enum tier t, enum truth value, struct str what)
{
	if (j->trace && j->trace->tier)
		j->trace->tier(j->trace->arg, t, value, what);
}

static void
trace_override(const struct judge *j, enum truth value, const struct verdict *v)
{
	const struct override *o = overrides_at(j->s->overrides, v->override);

	trace_tier(j, TIER_OVERRIDE, value,
	    value == TRUTH_TRUE && o ? str_of(o->id) : STR_NONE);
}

static struct verdict
closed(const struct judge *j, enum tier t, enum reason why, enum subject about)
{
	struct verdict out = j->blank;

	out.kind = VERDICT_DENY;
	out.action = ACTION_BLOCK;
	out.reason = why;
	out.tier = t;
	out.subject = about;
	return out;
}

static struct verdict
supported(const struct judge *j, const struct sight_of *a)
{
	struct verdict out = j->blank;

	out.reason = REASON_SUPPORT;
	out.tier = TIER_SUPPORT;
	out.subject = a->subject;
	return out;
}

/* What stands above the policy, then its rules, say of <a>. */
static void
judge_tiers(struct judge *j, const struct sight_of *a, struct verdict *out)
{
	struct maybe may;
	const struct name *support =
	    j->s->nsupport ? tier_support(j->s, a->name) : NULL;
	enum truth value = TRUTH_FALSE;
	struct sight v;

	if (j->trace) {
		sight_take(&v, &j->from, a);
		trace_sight(j->trace, j->policy, &v);
		if (j->s->nprotected)
			trace_tier(j, TIER_PROTECTED, TRUTH_FALSE, STR_NONE);
	}
	if (j->s->nsupport)
		trace_tier(j, TIER_SUPPORT, support ? TRUTH_TRUE : TRUTH_FALSE,
		    support ? name_str(*support) : STR_NONE);
	if (support) {
		*out = supported(j, a);
		return;
	}
	may.any = false;
	if (j->s->overrides) {
		value = tier_override(j, a, out, &may);
		trace_override(j, value, out);
	}
	if (value != TRUTH_FALSE)
		return;
	if (!j->trace)
		sight_take(&v, &j->from, a);
	judge_rules(j, &v, &may, out);
}

/* -------------------------------------------------------------- subjects */

static void
combine(struct verdict *out, const struct verdict *got)
{
	if (got->kind == VERDICT_ASK && out->kind == VERDICT_ASK)
		verdict_ask_both(out, got);
	if (verdict_strictness(got) > verdict_strictness(out))
		*out = *got;
}

/* ------------------------------------------------------------- protected */

/* A verdict that names no entry, no rule and no list. */
static struct verdict
protected_verdict(const struct judge *j, const struct sight_of *a)
{
	if (j->trace && j->trace->subject)
		j->trace->subject(j->trace->arg, a->subject, name_str(a->name));
	trace_tier(j, TIER_PROTECTED, TRUTH_TRUE, STR_NONE);
	return closed(j, TIER_PROTECTED, REASON_PROTECTED, a->subject);
}

/* Does an address, of its own or of what is inside of it, tell more later? */
static bool
tells_more(const struct sight_of *a)
{
	return !a->url && a->deepest >= STAGE_URL;
}

static bool
are_protected(struct judge *j, const struct asked *all, struct verdict *out)
{
	for (unsigned i = 0; i < all->n; i++) {
		if (tells_more(&all->name[i]))
			j->reveals = STAGE_URL;
		if (!tier_protected(j->s, &all->name[i]))
			continue;
		*out = protected_verdict(j, &all->name[i]);
		return true;
	}
	return false;
}

/* The same of what is inside of the addresses, whatever a policy says of
 * such. */
static bool
holds_protected(
    const struct judge *j, const struct asked *all, struct verdict *out)
{
	enum truth any = TRUTH_FALSE;

	for (unsigned i = 0; i < all->n && any != TRUTH_TRUE; i++) {
		enum truth one = TRUTH_FALSE;
		struct sight_of at;

		if (all->inner.of[i])
			one = judge_inner_protected(j, &all->name[i], &at);
		if (one == TRUTH_TRUE)
			*out = protected_verdict(j, &at);
		if (one != TRUTH_FALSE)
			any = one;
	}
	if (any == TRUTH_UNKNOWN)
		*out =
		    closed(j, TIER_PROTECTED, REASON_UNSETTLED, SUBJECT_NESTED);
	return any != TRUTH_FALSE;
}

static bool
is_protected(struct judge *j, struct asked *all, struct verdict *out)
{
	if (j->s->nprotected == 0)
		return false;
	if (are_protected(j, all, out))
		return true;
	return all->inner.any && holds_protected(j, all, out);
}

/* ------------------------------------------- addresses inside the address */

static bool
blocks_inside(const struct judge *j)
{
	return j->policy->nested &&
	       (j->policy->blocks_inside || j->s->overrides);
}

/* Does an address inside of that of <a> count? Not where a place that helps
 * links elsewhere. */
static bool
looks_inside(const struct judge *j, const struct verdict *got)
{
	return blocks_inside(j) && got->tier != TIER_SUPPORT;
}

/* The URL that somebody allowed, if that is why <got> is as it is. */
static const struct override *
allowed_url(const struct judge *j, const struct verdict *got)
{
	const struct override *o = overrides_at(j->s->overrides, got->override);

	return got->tier == TIER_OVERRIDE && got->kind == VERDICT_ALLOW && o &&
	               o->scope == OVERRIDE_URL
	           ? o
	           : NULL;
}

static struct verdict
judge_inner(struct judge *j, const struct sight_of *a)
{
	struct judge_patterns patterns;
	struct verdict got;

	patterns.known = patterns.ran = patterns.silent = false;
	j->now = &patterns;
	judge_tiers(j, a, &got);
	j->now = &j->patterns;
	if (got.reason == REASON_RULE || got.reason == REASON_OVERRIDE ||
	    got.reason == REASON_BUDGET)
		got.reason = REASON_NESTED;
	return got;
}

struct insides {
	struct judge *j;
	unsigned name, seen;
	const struct override *allowed; /* NULL: no URL was */
	struct verdict *out;            /* so far */
};

/* Nothing in there lets anything through. */
static bool
judge_inside(void *arg, const struct nested *one)
{
	struct insides *in = arg;
	struct sight_of a = judge_inner_at(in->j->r, one);
	struct verdict got = judge_inner(in->j, &a);

	got.nested = judge_inner_number(in->name, in->seen++);
	if (got.kind != VERDICT_ALLOW &&
	    !(in->allowed && judge_inner_is_of(in->allowed, one)))
		combine(in->out, &got);
	return true;
}

static void
judge_insides(struct insides *in, const struct sight_of *a)
{
	const struct nested_hear hear = {NULL, judge_inside, in};

	if (nested_each(a->name, a->url, &hear) == NESTED_LOST) {
		const struct maybe more = {
		    true, closed(in->j, TIER_POLICY, REASON_UNSETTLED,
		              SUBJECT_NESTED)};

		judge_unsettled(in->j, &more, in->out);
	}
}

static void
judge_all(struct judge *j, const struct asked *all, struct verdict *out)
{
	for (unsigned i = 0; i < all->n; i++) {
		const struct sight_of *a = &all->name[i];
		struct verdict more = {.kind = VERDICT_ALLOW};
		struct verdict *got = i ? &more : out;
		struct insides in = {.j = j, .name = i, .out = out};
		bool inside;

		judge_tiers(j, a, got);
		in.allowed = allowed_url(j, got);
		inside = looks_inside(j, got);
		if (inside && tells_more(a))
			j->reveals = STAGE_URL;
		if (i)
			combine(out, &more);
		if (inside && all->inner.any && all->inner.of[i])
			judge_insides(&in, a);
	}
}

static enum visibility
visibility_of(const struct request *r)
{
	if (r->stage >= STAGE_BODY)
		return VISIBILITY_CONTENT;
	if (r->stage >= STAGE_URL)
		return VISIBILITY_URL;
	if (r->stage == STAGE_HOST &&
	    (r->host.kind == NAME_DNS || r->sni.kind == NAME_DNS ||
	        r->connect.kind == NAME_DNS))
		return VISIBILITY_SNI;
	return VISIBILITY_IP;
}

/* Who asks cannot be told: ask, or close. */
static struct verdict
unknown_group(const struct judge *j, const struct missing *m)
{
	struct verdict out = j->blank;

	if (!m->needs)
		return closed(j, TIER_POLICY, REASON_UNSETTLED, SUBJECT_NONE);
	out.kind = VERDICT_NEED;
	out.needs = m->needs;
	out.member = m->member;
	return out;
}

static void
set_group(struct judge *j, uint16_t group)
{
	const struct snapshot *s = j->s;

	j->blank.group = group;
	j->blank.policy = s->groups[group].policy;
	j->policy = &s->policies[j->blank.policy];
	j->blank.safe_search = (uint8_t)j->policy->safe_search;
	j->blank.youtube = (uint8_t)j->policy->youtube;
	j->from = (struct sight_from){.s = s,
	    .policy = j->policy,
	    .request = j->r,
	    .facts = j->f,
	    .search = judge_search(j),
	    .group = group};
}

/* Are all of them places that are always reachable? Then nobody is asked who
 * he is: seeking help is nobody's business. */
static bool
are_support(const struct judge *j, const struct asked *all)
{
	for (unsigned i = 0; i < all->n; i++)
		if (!tier_support(j->s, all->name[i].name))
			return false;
	return true;
}

/* The strictest there are, for who is not known. */
static void
set_safest(struct judge *j)
{
	for (unsigned i = 0; i < j->s->npolicies; i++) {
		const struct policy *p = &j->s->policies[i];

		if (p->safe_search > j->blank.safe_search)
			j->blank.safe_search = (uint8_t)p->safe_search;
		if (p->youtube > j->blank.youtube)
			j->blank.youtube = (uint8_t)p->youtube;
	}
}

/* Until a name is known, what stands above the policies may say anything. */
static bool
waits_for_name(const struct judge *j)
{
	const struct snapshot *s = j->s;

	return j->r->stage < STAGE_HOST && j->r->deepest >= STAGE_HOST &&
	       (s->nprotected || s->nsupport || s->overrides);
}

static struct verdict
ask_at(const struct judge *j, enum stage next, enum subject about)
{
	struct verdict out = j->blank;

	out.kind = VERDICT_ASK;
	out.next = next;
	out.subject = about;
	return out;
}

static void
judge_request(struct judge *j, struct asked *all, struct verdict *out)
{
	struct chosen in;
	enum truth who = group_of(j->s, j->r, j->f, j->trace, &in);

	set_group(j, in.group);
	if (j->s->protected_lost) {
		*out = closed(
		    j, TIER_PROTECTED, REASON_PROTECTED_LOST, SUBJECT_NONE);
		return;
	}
	if (waits_for_name(j)) {
		*out = ask_at(j, STAGE_HOST, SUBJECT_NONE);
		return;
	}
	all->n = sight_names(j->r, all->name);
	if (j->s->nprotected || blocks_inside(j))
		judge_inner_find(&all->inner, all->name, all->n);
	if (is_protected(j, all, out))
		return;
	if (who != TRUTH_TRUE) {
		if (!are_support(j, all)) {
			*out = unknown_group(j, &in.lacks);
			return;
		}
		set_safest(j);
	}
	judge_all(j, all, out);
	if (j->reveals < STAGES &&
	    (out->kind == VERDICT_ALLOW || out->action == ACTION_WARN))
		*out = ask_at(j, j->reveals, out->subject);
}

struct verdict
decide(const struct snapshot *s, const struct request *r, struct facts *f,
    const struct trace *trace)
{
	struct asked all;
	struct judge j;
	struct verdict out;

	j.s = s;
	j.r = r;
	j.f = f;
	j.trace = trace;
	j.patterns.known = j.patterns.ran = j.patterns.silent = false;
	j.now = &j.patterns;
	j.budgets = 0;
	j.reveals = STAGES;
	j.blank = (struct verdict){
	    .stage = r->stage,
	    .next = r->stage,
	    .visibility = visibility_of(r),
	    .tier = TIER_POLICY,
	    .override = UINT16_MAX,
	    .theme = UINT16_MAX,
	    .rule = VERDICT_NO_RULE,
	    .category = NAMESET_NONE,
	};
	all.inner.any = false;
	judge_request(&j, &all, &out);
	if (out.kind == VERDICT_ALLOW || out.kind == VERDICT_ASK)
		out.budgets = j.budgets;
	judge_search_tell(&j, &out);
	out.patterns_ran = j.patterns.ran;
	out.patterns_n = j.patterns.ran ? f->patterns.n : 0;
	return out;
}
