/*
 * judge_rules.c - a policy's rules, read in order for one name, with
 * three-valued logic. What unknown means is told in decide.c.
 */
#include "base/bug.h"
#include "filters/builder_impl.h"
#include "filters/judge.h"
#include "filters/terms.h"

/* --------------------------------------------------------------- rules */

static enum verdict_kind
kind_of(enum action a)
{
	return a == ACTION_BLOCK || a == ACTION_WARN ? VERDICT_DENY
	                                             : VERDICT_ALLOW;
}

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
 * The alternative that begins with term <at>: all must hold. <m>: what one that
 * is unknown lacks; not of those that another term makes false.
 */
static enum truth
alternative(const struct judge *j, const struct sight *v, uint16_t rule,
    uint16_t at, struct missing *m)
{
	const struct rule *r = &j->policy->rules[rule];
	enum truth value = TRUTH_TRUE;

	*m = MISSING_NOTHING;
	do {
		enum truth t = term_value(v, &r->terms[at], v->patterns, m);

		trace_term(j, rule, at, t);
		if (t == TRUTH_FALSE)
			return TRUTH_FALSE;
		if (t == TRUTH_UNKNOWN)
			value = TRUTH_UNKNOWN;
	} while (!r->terms[at++].last);
	return value;
}

/*
 * Does the alternative at <first> say whom it is about? An address inside the
 * address is not what is asked for: it counts where it is listed or named, not
 * because everything is blocked at this hour.
 */
static bool
names_it(const struct rule *r, uint16_t first)
{
	uint16_t at = first;

	do {
		const struct term *t = &r->terms[at];

		if (!t->not &&(t->kind == TERM_CATEGORY ||
		               t->kind == TERM_LIST || t->kind == TERM_HOST ||
		               t->kind == TERM_NET || t->kind == TERM_URL ||
		               t->kind == TERM_REGEX))
			return true;
	} while (!r->terms[at++].last);
	return false;
}

static bool
may_say(const struct rule *r, uint16_t first)
{
	return kind_of(r->action) == VERDICT_ALLOW || names_it(r, first);
}

/* Of each rule, where to go on if nothing is listed. */
static void
link_rules(struct policy *p)
{
	uint16_t next = p->nrules;

	for (uint16_t i = p->nrules; i-- > 0;) {
		p->rules[i].next = next;
		if (!p->rules[i].listed)
			next = i;
	}
}

void
judge_rules_close(struct policy *p)
{
	link_rules(p);
	for (unsigned i = 0; i < p->nrules; i++) {
		const struct rule *r = &p->rules[i];

		for (uint16_t at = 0; at < r->nterms; at++)
			if ((at == 0 || r->terms[at - 1].last) &&
			    kind_of(r->action) == VERDICT_DENY)
				p->blocks_inside |= names_it(r, at);
	}
}

/* The value of a rule; where true, <first> is its alternative's first term;
 * where unknown, <m> is what it lacks. */
static enum truth
rule_value(const struct judge *j, const struct sight *v, uint16_t rule,
    uint16_t *first, struct missing *m)
{
	const struct rule *r = &j->policy->rules[rule];
	enum truth value = TRUTH_FALSE;
	struct missing mine;
	uint16_t at = 0;

	while (at < r->nterms) {
		enum truth alt = TRUTH_FALSE;

		if (v->subject != SUBJECT_NESTED || may_say(r, at))
			alt = alternative(j, v, rule, at, &mine);
		if (alt == TRUTH_TRUE) {
			*first = at;
			return TRUTH_TRUE;
		}
		if (alt == TRUTH_UNKNOWN) {
			if (value == TRUTH_FALSE) {
				*first = at;
				*m = MISSING_NOTHING;
			}
			missing_add(m, &mine);
			value = TRUTH_UNKNOWN;
		}
		while (!r->terms[at++].last)
			continue;
	}
	return value;
}

/* ------------------------------------------------------------- patterns */

/* False: they have to be asked for first. Of an address inside the address
 * nothing is shared. */
static bool
settle_patterns(struct judge *j, const struct sight *v)
{
	const struct pattern_set *ps = j->s->patterns;
	struct judge_patterns *p = j->now;
	unsigned count = pattern_set_count(ps);

	if (!j->s->shared || v->subject == SUBJECT_NESTED) {
		pattern_set_run(ps, v->url, j->policy->patterns, &p->result);
		p->known = true;
		return true;
	}
	if (!(j->f->asked & FACT_PATTERNS))
		return false;
	p->known = true;
	if ((j->f->settled & FACT_PATTERNS) &&
	    pattern_hits_into(&j->f->patterns, count, &p->result))
		return true;
	/* all of them, so that what is cached serves every policy */
	pattern_set_run(ps, v->url, NULL, &p->result);
	pattern_hits_from(&p->result, &j->f->patterns);
	p->ran = true;
	return true;
}

/* ------------------------------------------------------------- verdicts */

unsigned
verdict_strictness(const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_DENY:
		return v->action == ACTION_WARN ? 4 : 7;
	case VERDICT_NEED:
		return 6;
	case VERDICT_ASK:
		return v->next <= STAGE_URL ? 5 : 3;
	case VERDICT_ALLOW:
		return v->action == ACTION_WARN      ? 2
		       : v->action == ACTION_MONITOR ? 1
		                                     : 0;
	}
	return BUG(true) ? 7 : 0;
}

void
verdict_ask_both(struct verdict *out, const struct verdict *other)
{
	if (out->next == STAGE_BODY && other->next == STAGE_BODY) {
		if (!out->size_limit ||
		    (other->size_limit && other->size_limit < out->size_limit))
			out->size_limit = other->size_limit;
	} else if (other->next < out->next) {
		out->next = other->next;
		out->size_limit = other->size_limit;
	}
}

/* How much a term that holds says of what is asked for. */
static unsigned
tells(const struct term *t)
{
	if (t->not )
		return 0;
	switch ((int)t->kind) {
	case TERM_CATEGORY:
	case TERM_LIST:
		return 3; /* an entry stands behind it */
	case TERM_ANY:
	case TERM_PORT:
	case TERM_DURING:
	case TERM_GROUP:
	case TERM_USER:
	case TERM_VISIBILITY:
		return 1; /* the same of whatever is asked for */
	default:
		return 2;
	}
}

/* The term to name for a rule that holds: the one that says most, of those
 * the first; else the first. */
static uint16_t
telling_term(const struct rule *r, uint16_t first)
{
	uint16_t best = first, at = first;
	unsigned most = 0;

	do {
		unsigned much = tells(&r->terms[at]);

		if (much > most) {
			most = much;
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
	if (e.path && v->subject != SUBJECT_NESTED)
		out->subject = SUBJECT_URL;
}

/* A warning that was read does not come again for a while. */
static void
heed_grant(const struct facts *f, struct verdict *out)
{
	if (!((f->asked | f->settled) & FACT_GRANT)) {
		out->kind = VERDICT_NEED;
		out->needs = FACT_GRANT;
	} else if ((f->settled & FACT_GRANT) && f->granted) {
		out->kind = VERDICT_ALLOW;
		out->reason = REASON_CONTINUED;
	}
}

/* The verdict of a rule whose alternative at <first> holds (or may). */
static void
rule_verdict(const struct judge *j, const struct sight *v, uint16_t rule,
    uint16_t first, struct verdict *out)
{
	const struct rule *r = &j->policy->rules[rule];
	const struct term *t;

	*out = j->blank;
	out->kind = kind_of(r->action);
	out->action = r->action;
	out->reason = REASON_RULE;
	out->rule = rule;
	out->term = telling_term(r, first);
	out->subject = v->subject;
	t = &r->terms[out->term];
	if (!t->not &&(t->kind == TERM_CATEGORY || t->kind == TERM_LIST))
		name_entry(j, v, t, out);
	else if ((t->kind == TERM_URL || t->kind == TERM_REGEX) && v->url &&
	         v->subject != SUBJECT_NESTED)
		out->subject = SUBJECT_URL;
	if (r->action == ACTION_WARN)
		heed_grant(j->f, out);
}

static void
default_verdict(
    const struct judge *j, const struct sight *v, struct verdict *out)
{
	*out = j->blank;
	out->subject = v->subject;
	if (v->subject == SUBJECT_NESTED)
		return; /* nobody asked for it */
	out->action = j->policy->otherwise;
	out->kind = kind_of(out->action);
	out->reason = REASON_DEFAULT;
	out->tier = TIER_DEFAULT;
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

static void
open_verdict(const struct judge *j, const struct sight *v, uint16_t rule,
    const struct missing *m, struct verdict *out)
{
	*out = j->blank;
	out->needs = needs_now(m);
	out->kind = out->needs ? VERDICT_NEED : VERDICT_ASK;
	out->member = m->member;
	out->subject = v->subject;
	out->rule = rule;
	if (out->needs)
		return;
	out->next = v->known < STAGE_HOST ? STAGE_HOST : m->next;
	if (out->next == STAGE_BODY)
		out->size_limit = m->size;
}

/* --------------------------------------------------------------- names */

static void
trace_rule(const struct judge *j, uint16_t rule, enum truth value)
{
	if (j->trace && j->trace->rule)
		j->trace->rule(j->trace->arg, j->blank.policy, rule, value);
}

void
judge_unsettled(
    const struct judge *j, const struct maybe *may, struct verdict *out)
{
	if (!may->any || verdict_strictness(&may->v) <= verdict_strictness(out))
		return; /* the same, or stricter, whatever it is */
	if (j->policy->on_unsettled == ACTION_BLOCK)
		*out = may->v;
	out->reason = may->v.reason;
}

static void
add_maybe(struct maybe *may, const struct verdict *v)
{
	if (may->any && verdict_strictness(v) <= verdict_strictness(&may->v))
		return;
	may->any = true;
	may->v = *v;
}

/* What came out of reading a rule. */
struct reading {
	enum truth value;
	uint16_t first; /* the alternative that holds, or may */
	struct missing lacks;
};

/* Which rules can be told to be false without a look at their terms? */
enum skim {
	SKIM_NONE = 0, /* who listens wants all of them, more lists may come,
			* or nobody can tell: read all */
	SKIM_MISSED,   /* those that need a list which the name is not in, or
			* a pattern where none matched */
	SKIM_LISTED,   /* the name is in none: all that need any */
};

static enum skim
skim_of(const struct judge *j, const struct sight *v)
{
	if ((j->trace && !j->trace->brief) || v->known < STAGE_HOST ||
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
	return r->patterned && v->url && j->now->silent;
}

/* All patterns were tried: on the URL, if that is the one of <v>. */
static void
hear_patterns(struct judge *j, struct sight *v)
{
	struct judge_patterns *p = j->now;

	p->silent = pattern_result_is_empty(&p->result);
	if (v->url)
		sight_patterns(v, &p->result);
}

/* --------------------------------------------------------------- budgets */

enum spent { SPENT_NO = 0, SPENT_YES, SPENT_UNSETTLED, SPENT_ASK };

static enum spent
spent(const struct facts *f, const struct rule *r)
{
	uint64_t bit = (uint64_t)1 << r->budget % FACT_BUDGETS_MAX;

	if (f->spent.settled & bit)
		return f->spent.is & bit ? SPENT_YES : SPENT_NO;
	return f->spent.asked & bit ? SPENT_UNSETTLED : SPENT_ASK;
}

/*
 * A budget's rule holds, or may (<value>). False: it has no say, but counts.
 * Else <out> is what it says: for sure (*value TRUE), or maybe.
 */
static bool
heed_budget(struct judge *j, const struct sight *v, const struct rule *r,
    enum truth *value, struct verdict *out)
{
	enum spent is = spent(j->f, r);

	if (is == SPENT_ASK) {
		*out = j->blank;
		out->kind = VERDICT_NEED;
		out->needs = FACT_SPENT;
		out->budget = r->budget;
		out->subject = v->subject;
		*value = TRUTH_TRUE;
		return true;
	}
	if (is != SPENT_YES && v->subject != SUBJECT_NESTED)
		j->budgets |= (uint64_t)1 << r->budget % FACT_BUDGETS_MAX;
	if (is == SPENT_NO)
		return false;
	out->budget = r->budget;
	if (is == SPENT_UNSETTLED) {
		out->reason = REASON_UNSETTLED;
		*value = TRUTH_UNKNOWN;
	} else if (*value == TRUTH_TRUE) {
		out->reason = REASON_BUDGET;
	}
	return true;
}

/* --------------------------------------------------------------- the loop */

/* The value of rule <i>, for which patterns are tried where it needs them.
 * False: they have to be asked for. */
static bool
read_rule(struct judge *j, struct sight *v, uint16_t i, enum skim *skim,
    struct reading *out)
{
	out->value = rule_value(j, v, i, &out->first, &out->lacks);
	if (out->value == TRUTH_UNKNOWN && out->lacks.patterns) {
		if (!settle_patterns(j, v))
			return false;
		hear_patterns(j, v);
		*skim = skim_of(j, v);
		out->value = rule_value(j, v, i, &out->first, &out->lacks);
	}
	trace_rule(j, i, out->value);
	return out->value != TRUTH_UNKNOWN ||
	       (!out->lacks.needs && out->lacks.next == STAGES);
}

/* What a rule says that is true, or (<is> UNKNOWN) may be. False: it has no
 * say. */
static bool
said(struct judge *j, const struct sight *v, uint16_t i, struct reading *is,
    struct verdict *out)
{
	const struct rule *r = &j->policy->rules[i];

	rule_verdict(j, v, i, is->first, out);
	if (is->value == TRUTH_UNKNOWN)
		out->reason = is->lacks.entries || is->lacks.unsettled
		                  ? REASON_UNSETTLED
		                  : REASON_PATTERN_LIMIT;
	return !r->per || heed_budget(j, v, r, &is->value, out);
}

/*
 * A rule that stops what is larger than so much, where that is not known yet:
 * it is let through until then, if what stands behind the rule says so. Else
 * "block = size>100MiB" would open up to there what the next rule blocks.
 */
static bool
is_for_size(const struct rule *r, const struct verdict *open)
{
	return open->kind == VERDICT_ASK && open->next == STAGE_BODY &&
	       kind_of(r->action) == VERDICT_DENY;
}

/* Rule <i> was read and is open. True: reading goes on behind it, and <waits>
 * has what it waits for. */
static bool
go_on_behind(const struct judge *j, uint16_t i, const struct verdict *open,
    struct verdict *waits)
{
	if (!is_for_size(&j->policy->rules[i], open))
		return false;
	if (waits->kind == VERDICT_ASK)
		verdict_ask_both(waits, open);
	else
		*waits = *open;
	return true;
}

/* All but what waits for a size. */
static void
read_rules(struct judge *j, struct sight *v, struct maybe *may,
    struct verdict *waits, struct verdict *out)
{
	enum skim skim;

	if (j->now->known)
		hear_patterns(j, v);
	skim = skim_of(j, v);
	for (uint16_t i = 0; i < j->policy->nrules; i++) {
		const struct rule *r = &j->policy->rules[i];
		struct reading is;

		if (is_missed(j, skim, v, r)) {
			if (skim == SKIM_LISTED)
				i = (uint16_t)(r->next - 1);
			continue;
		}
		if (!read_rule(j, v, i, &skim, &is)) {
			open_verdict(j, v, i, &is.lacks, out);
			if (go_on_behind(j, i, out, waits))
				continue;
			return;
		}
		if (is.value == TRUTH_FALSE || !said(j, v, i, &is, out))
			continue;
		if (is.value == TRUTH_TRUE) {
			judge_unsettled(j, may, out);
			return;
		}
		add_maybe(may, out);
	}
	default_verdict(j, v, out);
	judge_unsettled(j, may, out);
}

void
judge_rules(
    struct judge *j, struct sight *v, struct maybe *may, struct verdict *out)
{
	struct verdict waits;

	waits.kind = VERDICT_ALLOW; /* nothing waits */
	read_rules(j, v, may, &waits, out);
	if (waits.kind != VERDICT_ASK)
		return;
	if (out->kind == VERDICT_ASK)
		verdict_ask_both(out, &waits);
	else if (out->kind == VERDICT_ALLOW)
		*out = waits;
}
