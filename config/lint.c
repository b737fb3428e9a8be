/* lint.c - rules that can never decide, and what they rest on. */
#include "config/lint.h"

#include "base/buf.h"
#include "base/table.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/term_text.h"
#include "filters/rule.h"
#include "filters/subsume.h"

#define SHOWN      60 /* bytes of a rule */
#define DEAD_SHOWN 3  /* alternatives of one rule, and rules before it */

/* A policy that is looked through. */
struct lint {
	const struct config_policy *policy;
	const struct rule *rules;
	unsigned number, nrules;
	bool all; /* a rule that holds for everything was spoken of */
	struct diag *d;
};

/* Of rule <i>, from its term <term> on. */
static struct where
place(const struct lint *l, unsigned i, unsigned term)
{
	const struct config_rule *r = &l->policy->rules.v[i];
	struct str text = term_text(r->text, term);

	return diag_within(&r->where, r->pieces.v, r->pieces.n,
	    text.n ? (size_t)(text.p - r->text.p) : 0);
}

static int
shown(struct str s)
{
	return s.n > SHOWN ? SHOWN : (int)s.n;
}

static const char *
cut(struct str s)
{
	return s.n > SHOWN ? "..." : "";
}

/* "suzgi.conf:12 (block = any)" */
static void
add_rule(struct buf *b, const struct lint *l, unsigned i)
{
	const struct config_rule *r = &l->policy->rules.v[i];
	struct str line = l->rules[i].line;

	buf_addf(b, "%.*s:%u (%.*s%s)", STR_ARG(r->where.file), r->where.line,
	    shown(line), line.p, cut(line));
}

static bool
is_any(const struct lint *l, unsigned i)
{
	const struct rule *r = &l->rules[i];

	for (unsigned t = 0; t < r->nterms; t++)
		if (r->terms[t].kind == TERM_ANY &&
		    !r->terms[t].not &&r->terms[t].last &&
		    (t == 0 || r->terms[t - 1].last))
			return true;
	return false;
}

/* ------------------------------------------------------------ dead ones */

static void
say_never(const struct lint *l, unsigned i, const struct dead *x)
{
	const struct config_rule *r = &l->policy->rules.v[i];
	struct where at = place(l, i, x->b);
	struct str a = term_text(r->text, x->a), b = term_text(r->text, x->b);

	if (x->a == x->b)
		diag_warn(l->d, &at, "this never holds: \"%.*s\" is nothing",
		    STR_ARG(b));
	else if (x->why == DEAD_HARDLY)
		diag_warn(l->d, &at,
		    "\"%.*s\" and \"%.*s\" hold together only for addresses "
		    "that can be read in several ways",
		    STR_ARG(a), STR_ARG(b));
	else
		diag_warn(l->d, &at,
		    "this never holds: \"%.*s\" and \"%.*s\" exclude each "
		    "other; terms beside each other must all hold, a comma "
		    "parts alternatives",
		    STR_ARG(a), STR_ARG(b));
}

/* Whole rule <i> is behind one that says the same, or holds for everything. */
static void
say_plain(struct lint *l, unsigned i, const struct dead *x)
{
	struct where at = place(l, i, 0);
	bool other = l->rules[i].action != l->rules[x->rule].action ||
	             l->rules[i].per != BUDGET_NO;
	struct buf b = BUF_EMPTY;

	add_rule(&b, l, x->rule);
	if (is_any(l, x->rule)) {
		if (!l->all)
			diag_warn(l->d, &at,
			    "no rule from here on is ever reached: %.*s holds "
			    "for everything",
			    STR_ARG(buf_str(&b)));
		l->all = true;
	} else if (x->same && other) {
		diag_warn(l->d, &at,
		    "this contradicts %.*s, which has the same condition and "
		    "stands before it: this one never decides",
		    STR_ARG(buf_str(&b)));
	} else if (x->same) {
		diag_warn(l->d, &at, "this says again what %.*s says",
		    STR_ARG(buf_str(&b)));
	} else {
		diag_warn(l->d, &at,
		    "this never decides: whenever it holds %.*s does, which "
		    "stands before it",
		    STR_ARG(buf_str(&b)));
	}
	buf_fini(&b);
}

static bool
all_by_one(const struct dead *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i].why != DEAD_BEHIND || v[i].rule != v[0].rule)
			return false;
	return n > 0;
}

/* All of rule <i> is dead, for several reasons. */
static void
say_several(const struct lint *l, unsigned i, const struct dead *v, unsigned n)
{
	struct where at = place(l, i, 0);
	struct buf b = BUF_EMPTY;
	unsigned told = 0;

	for (unsigned k = 0; k < n; k++) {
		unsigned before = 0;

		while (before < k && v[before].rule != v[k].rule)
			before++;
		if (v[k].why != DEAD_BEHIND || before < k)
			continue;
		if (told++ == DEAD_SHOWN) {
			buf_add_str(&b, STR(" and others"));
			break;
		}
		buf_add_str(&b, told > 1 ? STR(", ") : STR(""));
		add_rule(&b, l, v[k].rule);
	}
	if (told)
		diag_warn(l->d, &at,
		    "this never decides: each part of it is behind one of "
		    "%.*s",
		    STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

static void
say_part(const struct lint *l, unsigned i, const struct dead *x)
{
	struct where at = place(l, i, x->first);
	struct buf b = BUF_EMPTY;

	add_rule(&b, l, x->rule);
	diag_warn(l->d, &at,
	    "this part of the rule never decides: whenever it holds %.*s "
	    "does, which stands before it",
	    STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

static void
lint_dead(struct lint *l, const struct snapshot *s, unsigned i, uint32_t *work)
{
	struct dead_set set;
	unsigned never = 0, told = 0;

	subsume_dead(s, l->number, i, &set, work);
	for (unsigned k = 0; k < set.n; k++)
		if (set.v[k].why != DEAD_BEHIND && never++ < DEAD_SHOWN)
			say_never(l, i, &set.v[k]);
	if (never == set.n)
		return;
	if (set.n == set.alternatives) {
		if (all_by_one(set.v, set.n))
			say_plain(l, i, &set.v[0]);
		else
			say_several(l, i, set.v, set.n);
		return;
	}
	for (unsigned k = 0; k < set.n && told < DEAD_SHOWN; k++)
		if (set.v[k].why == DEAD_BEHIND) {
			say_part(l, i, &set.v[k]);
			told++;
		}
}

/* ------------------------------------------------------------ weak ones */

/* What a client says of itself, and anybody can say. */
static bool
is_claim(const struct term *t)
{
	return t->kind == TERM_UA || t->kind == TERM_REFERER ||
	       t->kind == TERM_HEADER;
}

/* What says nothing of where it goes or who asks. */
static bool
is_circumstance(const struct term *t)
{
	return t->not || t->kind == TERM_ANY || t->kind == TERM_METHOD ||
	       t->kind == TERM_DURING || t->kind == TERM_PORT ||
	       t->kind == TERM_VISIBILITY;
}

/* Something is let through because of a claim alone. */
static void
lint_claims(const struct lint *l, unsigned i)
{
	const struct rule *r = &l->rules[i];
	unsigned claim = r->nterms;
	bool rests = true;

	if (r->action != ACTION_ALLOW && r->action != ACTION_MONITOR)
		return;
	for (unsigned t = 0; t < r->nterms; t++) {
		const struct term *term = &r->terms[t];

		if (is_claim(term) && !term->not )
			claim = t;
		else if (!is_circumstance(term))
			rests = false;
		if (!term->last)
			continue;
		if (rests && claim < r->nterms) {
			struct where at = place(l, i, claim);
			struct str text =
			    term_text(l->policy->rules.v[i].text, claim);

			diag_warn(l->d, &at,
			    "this lets through whoever says \"%.*s\", and "
			    "any program can say that; add a host:, list: or "
			    "group: beside it",
			    STR_ARG(text));
		}
		claim = r->nterms;
		rests = true;
	}
}

static void
lint_one(struct lint *l, const struct snapshot *s, unsigned i, uint32_t *work)
{
	lint_dead(l, s, i, work);
	lint_claims(l, i);
}

void
lint_rules(const struct config *c, const struct snapshot *s, struct diag *d)
{
	uint32_t work = SUBSUME_WORK_MAX;

	for (unsigned p = 0; p < c->policy.n && p < snapshot_policies(s); p++) {
		struct lint l = {
		    .policy = &c->policy.v[p], .number = p, .d = d};

		l.rules = snapshot_rules(s, p, &l.nrules);
		if (l.nrules != l.policy->rules.n)
			continue; /* not of this configuration */
		for (unsigned i = 0; i < l.nrules; i++)
			lint_one(&l, s, i, &work);
	}
}
