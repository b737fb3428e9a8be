/*
 * decide.c - the function: names, rules, three-valued logic.
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

#include "base/bug.h"
#include "filters/group.h"
#include "filters/pattern.h"
#include "filters/sight.h"
#include "filters/snapshot_impl.h"
#include "filters/terms.h"
#include "filters/trace.h"

/* What a call of decide() knows besides the sights of its names. */
struct judge {
	const struct snapshot *s;
	const struct request *r;
	struct facts *f;
	const struct trace *trace;
	const struct policy *policy;
	struct verdict blank; /* group and policy filled in */
	struct sight_from from;
	bool patterns_known, patterns_ran;
	bool patterns_silent;           /* known, and none said anything */
	struct pattern_result patterns; /* if patterns_known */
};

/* --------------------------------------------------------------- rules */

static void
trace_term(const struct judge *j, uint16_t rule, uint16_t term, enum truth v)
{
	if (j->trace && j->trace->term)
		j->trace->term(j->trace->arg, rule, term, v);
}

static void
missing_add(struct missing *m, const struct missing *more)
{
	m->patterns |= more->patterns;
	m->entries |= more->entries;
	m->unsettled |= more->unsettled;
	if (!(m->needs & FACT_MEMBER))
		m->member = more->member;
	m->needs |= more->needs;
	if (more->size && (!m->size || more->size < m->size))
		m->size = more->size;
	if (more->next < m->next)
		m->next = more->next;
}

/*
 * The alternative that begins with term <at>: all must hold. What one that is
 * unknown lacks counts only if no other is false.
 */
static enum truth
alternative(const struct judge *j, const struct sight *v, uint16_t rule,
    uint16_t at, struct missing *m)
{
	const struct rule *r = &j->policy->rules[rule];
	const struct pattern_result *patterns =
	    j->patterns_known ? &j->patterns : NULL;
	struct missing mine = MISSING_NOTHING;
	enum truth value = TRUTH_TRUE;

	do {
		enum truth t = term_value(v, &r->terms[at], patterns, &mine);

		trace_term(j, rule, at, t);
		if (t == TRUTH_FALSE)
			return TRUTH_FALSE;
		if (t == TRUTH_UNKNOWN)
			value = TRUTH_UNKNOWN;
	} while (!r->terms[at++].last);
	if (value == TRUTH_UNKNOWN) {
		missing_add(m, &mine);
	}
	return value;
}

/* The value of a rule; where true, <first> is its alternative's first term. */
static enum truth
rule_value(const struct judge *j, const struct sight *v, uint16_t rule,
    uint16_t *first, struct missing *m)
{
	const struct rule *r = &j->policy->rules[rule];
	enum truth value = TRUTH_FALSE;
	uint16_t at = 0;

	*m = MISSING_NOTHING;
	while (at < r->nterms) {
		enum truth alt = alternative(j, v, rule, at, m);

		if (alt == TRUTH_TRUE) {
			*first = at;
			return TRUTH_TRUE;
		}
		if (alt == TRUTH_UNKNOWN) {
			if (value == TRUTH_FALSE)
				*first = at;
			value = TRUTH_UNKNOWN;
		}
		while (!r->terms[at++].last)
			continue;
	}
	return value;
}

/* ------------------------------------------------------------- patterns */

/* False: they have to be asked for first. */
static bool
settle_patterns(struct judge *j)
{
	const struct pattern_set *ps = j->s->patterns;
	unsigned count = pattern_set_count(ps);

	if (!j->s->shared) {
		pattern_set_run(
		    ps, &j->r->url, j->policy->patterns, &j->patterns);
		j->patterns_known = true;
		return true;
	}
	if (!(j->f->asked & FACT_PATTERNS))
		return false;
	j->patterns_known = true;
	if ((j->f->settled & FACT_PATTERNS) &&
	    pattern_hits_into(&j->f->patterns, count, &j->patterns))
		return true;
	/* all of them, so that what is cached serves every policy */
	pattern_set_run(ps, &j->r->url, NULL, &j->patterns);
	pattern_hits_from(&j->patterns, &j->f->patterns);
	j->patterns_ran = true;
	return true;
}

/* ------------------------------------------------------------- verdicts */

static enum verdict_kind
kind_of(enum action a)
{
	return a == ACTION_BLOCK || a == ACTION_WARN ? VERDICT_DENY
	                                             : VERDICT_ALLOW;
}

/* Which of two verdicts holds: DENY before NEED before ASK before ALLOW. */
static unsigned
strictness(const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_DENY:
		return v->action == ACTION_WARN ? 4 : 5;
	case VERDICT_NEED:
		return 3;
	case VERDICT_ASK:
		return 2;
	case VERDICT_ALLOW:
		return v->action == ACTION_MONITOR ? 1 : 0;
	}
	return BUG(true) ? 5 : 0;
}

/* The term to name for a rule that holds: one that an entry stands behind,
 * else the first that is not a negation, else the first. */
static uint16_t
telling_term(const struct rule *r, uint16_t first)
{
	uint16_t best = first, at = first;
	unsigned most = 0;

	do {
		const struct term *t = &r->terms[at];
		unsigned tells =
		    t->not                                             ? 0
		    : t->kind == TERM_CATEGORY || t->kind == TERM_LIST ? 3
		    : t->kind == TERM_ANY || t->kind == TERM_PORT      ? 1
		                                                       : 2;
		if (tells > most) {
			most = tells;
			best = at;
		}
	} while (!r->terms[at++].last);
	return best;
}

static void
name_entry(const struct judge *j, const struct sight *v, const struct term *t,
    struct verdict *out)
{
	struct sight_entry e;

	if (t->kind == TERM_CATEGORY)
		out->category = t->id;
	if (!sight_entry_of(v, t, &e))
		return;
	out->has_entry = true;
	out->image = e.image;
	out->source = e.source;
	out->by_pattern = e.by_pattern;
	out->entry_kind = e.hit.kind;
	out->entry = e.by_pattern ? e.pattern : e.hit.entry;
	out->entry_off = e.hit.off;
	out->entry_len = e.hit.len;
	if (t->kind == TERM_LIST)
		out->category =
		    j->s->images[e.image].sources[e.source].category;
	if (e.path)
		out->subject = SUBJECT_URL;
}

/* The verdict of a rule whose alternative at <first> holds (or may). */
static struct verdict
rule_verdict(
    const struct judge *j, const struct sight *v, uint16_t rule, uint16_t first)
{
	const struct rule *r = &j->policy->rules[rule];
	struct verdict out = j->blank;
	const struct term *t;

	out.kind = kind_of(r->action);
	out.action = r->action;
	out.reason = REASON_RULE;
	out.rule = rule;
	out.term = telling_term(r, first);
	out.subject = v->subject;
	t = &r->terms[out.term];
	if (!t->not &&(t->kind == TERM_CATEGORY || t->kind == TERM_LIST))
		name_entry(j, v, t, &out);
	else if (t->kind == TERM_URL || t->kind == TERM_REGEX)
		out.subject = v->url ? SUBJECT_URL : v->subject;
	return out;
}

static struct verdict
default_verdict(const struct judge *j, const struct sight *v)
{
	struct verdict out = j->blank;

	out.action = j->policy->otherwise;
	out.kind = kind_of(out.action);
	out.reason = REASON_DEFAULT;
	out.tier = TIER_DEFAULT;
	out.subject = v->subject;
	return out;
}

/*
 * What has to be asked for now, rather than waited for: a stage may well show
 * that nobody has to say who he is. Not one behind the request's own: what is
 * sent on is not called back.
 */
static uint32_t
needs_now(const struct missing *m)
{
	if (m->patterns)
		return FACT_PATTERNS;
	return m->next <= STAGE_URL ? 0 : m->needs;
}

static struct verdict
open_verdict(const struct judge *j, const struct sight *v, uint16_t rule,
    const struct missing *m)
{
	struct verdict out = j->blank;

	out.needs = needs_now(m);
	out.kind = out.needs ? VERDICT_NEED : VERDICT_ASK;
	out.member = m->member;
	out.subject = v->subject;
	out.rule = rule;
	if (out.needs)
		return out;
	out.next = v->known < STAGE_HOST ? STAGE_HOST : m->next;
	if (out.next == STAGE_BODY)
		out.size_limit = m->size;
	return out;
}

/* --------------------------------------------------------------- names */

static void
trace_rule(const struct judge *j, uint16_t rule, enum truth value)
{
	if (j->trace && j->trace->rule)
		j->trace->rule(j->trace->arg, j->blank.policy, rule, value);
}

/* An unsettled rule stood before <rest>, which the others came to. */
static struct verdict
with_unsettled(const struct judge *j, struct verdict may, struct verdict rest)
{
	if (strictness(&may) <= strictness(&rest))
		return rest; /* the same, or stricter, whatever it is */
	if (j->policy->on_unsettled == ACTION_BLOCK)
		rest = may;
	rest.reason = may.reason;
	return rest;
}

/* Which rules can be told to be false without a look at their terms? */
enum skim {
	SKIM_NONE = 0, /* somebody listens, more lists may come, or nobody
			  * can tell: read all */
	SKIM_MISSED,   /* those that need a list which the name is not in, or
			  * a pattern where none matched */
	SKIM_LISTED,   /* the name is in none: all that need any */
};

static enum skim
skim_of(const struct judge *j, const struct sight *v)
{
	if (j->trace || v->known < STAGE_HOST ||
	    (v->urls_listed && v->deepest >= STAGE_URL) || v->lost ||
	    v->some_open)
		return SKIM_NONE;
	return bits_empty(&v->has[0].categories) && bits_empty(&v->has[0].lists)
	           ? SKIM_LISTED
	           : SKIM_MISSED;
}

/* May a URL pattern of a list still give what <r> needs? */
static inline bool
may_match(const struct sight *v, const struct rule *r)
{
	return v->may_match && (bits_meet(&v->may.categories, &r->categories) ||
	                           bits_meet(&v->may.lists, &r->lists));
}

static inline bool
is_missed(const struct judge *j, enum skim skim, const struct sight *v,
    const struct rule *r)
{
	if (skim == SKIM_NONE)
		return false;
	if (r->listed || (r->by_pattern && !may_match(v, r)))
		return skim == SKIM_LISTED ||
		       (!bits_meet(&v->has[0].categories, &r->categories) &&
		           !bits_meet(&v->has[0].lists, &r->lists));
	return r->patterned && j->patterns_silent && v->url;
}

/* All patterns were tried: on the URL, if that is the one of <v>. */
static void
hear_patterns(struct judge *j, struct sight *v)
{
	j->patterns_silent = pattern_result_is_empty(&j->patterns);
	if (v->url)
		sight_patterns(v, &j->patterns);
}

/* The verdict of an unsettled rule, if it is to hold. */
static struct verdict
unsettled_verdict(const struct judge *j, const struct sight *v, uint16_t rule,
    uint16_t first, const struct missing *m)
{
	struct verdict out = rule_verdict(j, v, rule, first);

	out.reason = m->entries || m->unsettled ? REASON_UNSETTLED
	                                        : REASON_PATTERN_LIMIT;
	return out;
}

/* Read the rules in order for one name. */
static struct verdict
judge_name(struct judge *j, struct sight *v)
{
	struct verdict may = {.kind = VERDICT_ALLOW};
	enum skim skim;
	struct missing m;
	uint16_t first = 0;

	if (j->patterns_known)
		hear_patterns(j, v);
	skim = skim_of(j, v);
	for (uint16_t i = 0; i < j->policy->nrules; i++) {
		enum truth value;

		if (is_missed(j, skim, v, &j->policy->rules[i]))
			continue;
		value = rule_value(j, v, i, &first, &m);
		if (value == TRUTH_UNKNOWN && m.patterns) {
			if (!settle_patterns(j))
				return open_verdict(j, v, i, &m);
			hear_patterns(j, v);
			skim = skim_of(j, v);
			value = rule_value(j, v, i, &first, &m);
		}
		trace_rule(j, i, value);
		if (value == TRUTH_TRUE)
			return with_unsettled(
			    j, may, rule_verdict(j, v, i, first));
		if (value == TRUTH_UNKNOWN && (m.needs || m.next < STAGES))
			return open_verdict(j, v, i, &m);
		if (value == TRUTH_UNKNOWN) {
			struct verdict own =
			    unsettled_verdict(j, v, i, first, &m);

			if (strictness(&own) > strictness(&may))
				may = own;
		}
	}
	return with_unsettled(j, may, default_verdict(j, v));
}

/* Two names to ask about again: at the earlier stage, at the lower size. */
static void
ask_both(struct verdict *out, const struct verdict *other)
{
	if (out->next == STAGE_BODY && other->next == STAGE_BODY) {
		if (!out->size_limit || !other->size_limit)
			out->size_limit = 0;
		else if (other->size_limit < out->size_limit)
			out->size_limit = other->size_limit;
	} else if (other->next < out->next) {
		out->next = other->next;
		out->size_limit = other->size_limit;
	}
}

static void
judge_one(struct judge *j, enum subject subject, struct name name,
    struct verdict *out, bool *any)
{
	struct sight v;
	struct verdict got;

	sight_take(&v, &j->from, subject, name);
	if (j->trace)
		trace_sight(j->trace, j->policy, &v);
	got = judge_name(j, &v);
	if (*any && got.kind == VERDICT_ASK && out->kind == VERDICT_ASK)
		ask_both(out, &got);
	if (!*any || strictness(&got) > strictness(out))
		*out = got;
	*any = true;
}

/* Each name that is there, and each different one once. */
static struct verdict
judge_all(struct judge *j)
{
	const struct request *r = j->r;
	const struct name none = {0};
	struct name host = r->stage >= STAGE_URL ? r->url.host : r->host;
	struct verdict out = j->blank;
	bool any = false;

	if (r->stage < STAGE_HOST) {
		judge_one(j, SUBJECT_NONE, none, &out, &any);
		return out;
	}
	if (host.n)
		judge_one(j, SUBJECT_HOST, host, &out, &any);
	if (r->connect.n && !name_eq(r->connect, host))
		judge_one(j, SUBJECT_CONNECT, r->connect, &out, &any);
	if (r->sni.n && !name_eq(r->sni, host) && !name_eq(r->sni, r->connect))
		judge_one(j, SUBJECT_SNI, r->sni, &out, &any);
	if (!any)
		judge_one(j, SUBJECT_NONE, none, &out, &any);
	return out;
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
unknown_group(const struct verdict *blank, const struct missing *m)
{
	struct verdict out = *blank;

	out.kind = m->needs ? VERDICT_NEED : VERDICT_DENY;
	out.needs = m->needs;
	out.member = m->member;
	out.tier = TIER_POLICY;
	if (m->needs)
		return out;
	out.action = ACTION_BLOCK;
	out.reason = REASON_UNSETTLED;
	return out;
}

static void
set_policy(struct judge *j, uint16_t group)
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
	    .group = group};
}

struct verdict
decide(const struct snapshot *s, const struct request *r, struct facts *f,
    const struct trace *trace)
{
	struct missing m;
	struct judge j;
	struct verdict out;
	enum truth who;
	uint16_t group;

	j.s = s;
	j.r = r;
	j.f = f;
	j.trace = trace;
	j.patterns_known = j.patterns_ran = j.patterns_silent = false;
	j.blank = (struct verdict){
	    .stage = r->stage,
	    .next = r->stage,
	    .visibility = visibility_of(r),
	    .tier = TIER_POLICY,
	    .theme = UINT16_MAX,
	    .rule = VERDICT_NO_RULE,
	    .category = NAMESET_NONE,
	};
	who = group_of(s, r, f, trace, &group, &m);
	set_policy(&j, group);
	if (who != TRUTH_TRUE)
		return unknown_group(&j.blank, &m);
	out = judge_all(&j);
	out.patterns_ran = j.patterns_ran;
	out.patterns_n = j.patterns_ran ? f->patterns.n : 0;
	return out;
}
