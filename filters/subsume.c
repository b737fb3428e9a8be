/* subsume.c - which rules can never be what decides. */
#include "filters/subsume.h"

#include "base/table.h"
#include "filters/net.h"
#include "filters/rule.h"
#include "filters/snapshot_impl.h"

const struct rule *
snapshot_rules(const struct snapshot *s, unsigned policy, unsigned *n)
{
	*n = s->policies[policy].nrules;
	return s->policies[policy].rules;
}

unsigned
snapshot_policies(const struct snapshot *s)
{
	return s->npolicies;
}

/* ---------------------------------------------------------------- terms */

enum trait {
	/* Its value does not depend on how a URL is read, so that <every> is
	 * no matter. */
	TRAIT_PLAIN = 1 << 0,
	/* It says whom a rule is about: see names_it() in judge_rules.c. */
	TRAIT_NAMES = 1 << 1,
	/* The same for each name of a request and what is inside of it. */
	TRAIT_ALL = 1 << 2,
	/* What is true of every reading is true of some. */
	TRAIT_SOME = 1 << 3,
};

/* A kind that is not here has none. */
static const uint8_t traits[] = {
    [TERM_CATEGORY] = TRAIT_NAMES | TRAIT_SOME,
    [TERM_LIST] = TRAIT_NAMES | TRAIT_SOME,
    [TERM_HOST] = TRAIT_NAMES | TRAIT_PLAIN,
    [TERM_NET] = TRAIT_NAMES | TRAIT_PLAIN,
    [TERM_URL] = TRAIT_NAMES | TRAIT_SOME,
    [TERM_REGEX] = TRAIT_NAMES | TRAIT_SOME,
    [TERM_PORT] = TRAIT_PLAIN | TRAIT_ALL,
    [TERM_METHOD] = TRAIT_PLAIN,
    [TERM_IP_LITERAL] = TRAIT_PLAIN,
    [TERM_ANY] = TRAIT_PLAIN | TRAIT_ALL,
    [TERM_DURING] = TRAIT_PLAIN | TRAIT_ALL,
    [TERM_GROUP] = TRAIT_PLAIN | TRAIT_ALL,
    [TERM_USER] = TRAIT_PLAIN,
    [TERM_HEADER] = TRAIT_SOME,
    [TERM_UA] = TRAIT_PLAIN,
    [TERM_REFERER] = TRAIT_PLAIN,
    [TERM_VISIBILITY] = TRAIT_PLAIN,
};

static bool
has_trait(const struct term *t, enum trait trait)
{
	unsigned kind = (unsigned)t->kind;

	return kind < ARRAY_LEN(traits) && (traits[kind] & trait);
}

static bool
same_net(const struct net *a, const struct net *b)
{
	return a->bits == b->bits && memcmp(a->addr, b->addr, 16) == 0;
}

/* Each address of <a> is one of <b>. */
static bool
net_within(const struct net *a, const struct net *b)
{
	return a->bits >= b->bits && net_has(b, a->addr);
}

static bool
is_under(const struct name *n, const struct name *parent)
{
	return name_eq(*n, *parent) || name_is_under(*n, *parent);
}

static bool
same_header(const struct term_header *a, const struct term_header *b)
{
	return str_eq_nocase(a->name, b->name) && str_eq(a->value, b->value);
}

/* Both of one kind: do they say the same? */
static bool
same_value(const struct term *a, const struct term *b)
{
	switch (a->kind) {
	case TERM_CATEGORY:
	case TERM_LIST:
	case TERM_REGEX:
	case TERM_DURING:
	case TERM_SEARCH:
	case TERM_SEVERITY:
	case TERM_VISIBILITY:
		return a->id == b->id;
	case TERM_METHOD:
	case TERM_GROUP:
	case TERM_USER:
	case TERM_UA:
	case TERM_TYPE:
	case TERM_EXT:
		return str_eq(a->text, b->text);
	case TERM_HOST:
	case TERM_REFERER:
		return name_eq(*a->host, *b->host);
	case TERM_NET:
		return same_net(a->net, b->net);
	case TERM_URL:
		return name_eq(a->url->host, b->url->host) &&
		       str_eq(a->url->path.path, b->url->path.path) &&
		       !a->url->path.read && !b->url->path.read;
	case TERM_PORT:
		return a->port.low == b->port.low &&
		       a->port.high == b->port.high;
	case TERM_HEADER:
		return same_header(a->header, b->header);
	case TERM_SIZE:
		return a->size == b->size;
	case TERM_IP_LITERAL:
	case TERM_ANY:
	case TERM_SEARCH_ANY:
	case TERM_DISGUISED:
	case TERM_DOH:
		return true;
	}
	return false;
}

/* The path is under the other one however it is read: both have one
 * spelling. */
static bool
url_within(const struct term_url *a, const struct term_url *b)
{
	return !a->path.read && !b->path.read && !name_is_address(a->host) &&
	       !name_is_address(b->host) && is_under(&a->host, &b->host) &&
	       url_path_is_under(a->path.path, b->path.path);
}

/* "video/mp4" is one of "video/". */
static bool
type_within(struct str a, struct str b)
{
	return str_ends(b, STR("/")) && str_starts(a, b);
}

/* The same for terms of one kind. */
static bool
narrower(const struct term *a, const struct term *b)
{
	if (same_value(a, b))
		return true;
	switch ((int)b->kind) {
	case TERM_HOST:
	case TERM_REFERER:
		return is_under(a->host, b->host);
	case TERM_NET:
		return net_within(a->net, b->net);
	case TERM_URL:
		return url_within(a->url, b->url);
	case TERM_PORT:
		return a->port.low >= b->port.low &&
		       a->port.high <= b->port.high;
	case TERM_SEVERITY:
		return a->id >= b->id;
	case TERM_VISIBILITY: /* who sees the answer sees the URL */
		return a->id == VISIBILITY_CONTENT && b->id == VISIBILITY_URL;
	case TERM_SIZE:
		return a->size >= b->size;
	case TERM_TYPE:
		return type_within(a->text, b->text);
	case TERM_HEADER:
		return b->header->value.n == 0 &&
		       str_eq_nocase(a->header->name, b->header->name);
	default:
		return false;
	}
}

/* Whatever makes <a> true makes <b> true; '!' and readings not looked at. */
static bool
plain_implies(const struct term *a, const struct term *b)
{
	if (b->kind == TERM_ANY)
		return true;
	if (a->kind == b->kind)
		return narrower(a, b);
	switch ((int)b->kind) {
	case TERM_HOST:
		return a->kind == TERM_URL && !name_is_address(a->url->host) &&
		       is_under(&a->url->host, b->host);
	case TERM_URL:
		return a->kind == TERM_HOST && b->url->path.path.n == 1 &&
		       !name_is_address(b->url->host) &&
		       is_under(a->host, &b->url->host);
	case TERM_IP_LITERAL:
		return a->kind == TERM_NET;
	case TERM_SEARCH_ANY:
		return a->kind == TERM_SEARCH || a->kind == TERM_SEVERITY;
	default:
		return false;
	}
}

/* Never both true, '!' not looked at. */
static bool
excludes(const struct term *a, const struct term *b)
{
	if (a->kind != b->kind)
		return (a->kind == TERM_HOST && b->kind == TERM_NET) ||
		       (a->kind == TERM_NET && b->kind == TERM_HOST);
	switch ((int)a->kind) {
	case TERM_PORT:
		return a->port.high < b->port.low || b->port.high < a->port.low;
	case TERM_METHOD:
	case TERM_GROUP:
	case TERM_USER:
		return !same_value(a, b);
	case TERM_VISIBILITY:
		return !narrower(a, b) && !narrower(b, a);
	case TERM_HOST:
		return !is_under(a->host, b->host) &&
		       !is_under(b->host, a->host);
	default:
		return false;
	}
}

/* What <a> says holds for as many readings as what <b> says, or more. */
static bool
reads_as(const struct term *a, const struct term *b)
{
	if (a->every == b->every ||
	    (has_trait(a, TRAIT_PLAIN) && has_trait(b, TRAIT_PLAIN)))
		return true;
	return a->every && has_trait(a, TRAIT_SOME) && has_trait(b, TRAIT_SOME);
}

/* Whatever makes <a> true makes <b> true. */
static bool
term_implies(const struct term *a, const struct term *b)
{
	if (b->kind == TERM_ANY)
		return !b->not ;
	if (!a->not &&!b->not )
		return plain_implies(a, b) &&
		       (reads_as(a, b) || has_trait(b, TRAIT_PLAIN));
	if (a->not &&b->not )
		return plain_implies(b, a) &&
		       (reads_as(b, a) || has_trait(a, TRAIT_PLAIN));
	return !a->not &&excludes(a, b);
}

/* --------------------------------------------------------- alternatives */

struct alternative {
	const struct term *v;
	unsigned n;
};

/* The one that begins at <first>; <next> is where another may. */
static struct alternative
take(const struct rule *r, unsigned first, unsigned *next)
{
	unsigned end = first;

	while (!r->terms[end++].last)
		continue;
	*next = end;
	return (struct alternative){&r->terms[first], end - first};
}

static bool
spend(uint32_t *work, unsigned n)
{
	if (*work < n) {
		*work = 0;
		return false;
	}
	*work -= n;
	return true;
}

/* Whatever makes <a> true makes <b> true. */
static bool
implies(
    const struct alternative *a, const struct alternative *b, uint32_t *work)
{
	for (unsigned k = 0; k < b->n; k++) {
		unsigned i = 0;

		while (i < a->n && spend(work, 1) &&
		       !term_implies(&a->v[i], &b->v[k]))
			i++;
		if (i == a->n || *work == 0)
			return false;
	}
	return true;
}

/* Each term of <b> stands in <a> as well. */
static bool
has_terms_of(const struct alternative *a, const struct alternative *b)
{
	for (unsigned k = 0; k < b->n; k++) {
		unsigned i = 0;

		while (i < a->n && (a->v[i].kind != b->v[k].kind ||
		                       a->v[i].not != b->v[k].not ||
		                       !same_value(&a->v[i], &b->v[k])))
			i++;
		if (i == a->n)
			return false;
	}
	return true;
}

/* Two terms that are never both true. */
static bool
is_never(const struct alternative *a, unsigned *x, unsigned *y)
{
	for (unsigned i = 0; i < a->n; i++) {
		const struct term *t = &a->v[i];

		*x = *y = i;
		if (t->kind == TERM_ANY && t->not )
			return true;
		for (*y = 0; *y < i; ++*y) {
			struct term turned = a->v[*y];

			turned.not = !turned.not ;
			if (term_implies(t, &turned))
				return true;
			turned = *t;
			turned.not = !turned.not ;
			if (term_implies(&a->v[*y], &turned))
				return true;
		}
	}
	return false;
}

/* Two terms of which one takes back what the other says, but for addresses
 * that are read in several ways. */
static bool
is_hardly(const struct alternative *a, unsigned *x, unsigned *y)
{
	for (*x = 0; *x < a->n; ++*x)
		for (*y = 0; *y < *x; ++*y) {
			const struct term *t = &a->v[*x], *u = &a->v[*y];

			if (t->kind == u->kind &&
			    t->not != u->not &&same_value(t, u))
				return true;
		}
	return false;
}

static bool
any_has(const struct alternative *a, enum trait trait)
{
	for (unsigned i = 0; i < a->n; i++)
		if (!a->v[i].not &&has_trait(&a->v[i], trait))
			return true;
	return false;
}

static bool
all_have(const struct alternative *a, enum trait trait)
{
	for (unsigned i = 0; i < a->n; i++)
		if (!has_trait(&a->v[i], trait))
			return false;
	return true;
}

/* ---------------------------------------------------------------- rules */

static bool
lets(enum action a)
{
	return a == ACTION_ALLOW || a == ACTION_MONITOR;
}

/*
 * Rules that stop are read for addresses inside the address only where they
 * say whom they are about. One that does not leaves those to what is behind
 * it, unless nothing gets that far.
 */
static bool
decides_inside(const struct policy *p, unsigned at, const struct alternative *a,
    const struct alternative *behind, const struct rule *r)
{
	const struct rule *me = &p->rules[at];

	if (!p->nested || lets(me->action) || any_has(a, TRAIT_NAMES))
		return true;
	if (!lets(r->action) && !any_has(behind, TRAIT_NAMES))
		return true;
	if (me->action != ACTION_BLOCK || !all_have(a, TRAIT_ALL))
		return false;
	for (unsigned i = 0; i < at; i++)
		if (p->rules[i].action != ACTION_BLOCK)
			return false;
	return true;
}

/* Some alternative of rule <at>, which is before <r>, holds where <a> does. */
static bool
stands_before(const struct policy *p, unsigned at, const struct rule *r,
    const struct alternative *a, struct dead *out, uint32_t *work)
{
	const struct rule *before = &p->rules[at];
	unsigned first = 0, next;

	if (before->per != BUDGET_NO)
		return false; /* while it lasts it decides nothing */
	for (; first < before->nterms; first = next) {
		struct alternative b = take(before, first, &next);

		if (!implies(a, &b, work) || !decides_inside(p, at, &b, a, r))
			continue;
		out->why = DEAD_BEHIND;
		out->rule = (uint16_t)at;
		out->same = has_terms_of(&b, a) && has_terms_of(a, &b);
		return true;
	}
	return false;
}

static bool
is_dead(const struct policy *p, unsigned rule, unsigned first,
    const struct alternative *a, struct dead *out, uint32_t *work)
{
	unsigned x, y;

	*out = (struct dead){.first = (uint16_t)first};
	out->why = is_never(a, &x, &y) ? DEAD_NEVER : DEAD_HARDLY;
	if (out->why == DEAD_NEVER || is_hardly(a, &x, &y)) {
		out->a = (uint16_t)(first + y);
		out->b = (uint16_t)(first + x);
		return true;
	}
	for (unsigned i = 0; i < rule; i++)
		if (stands_before(p, i, &p->rules[rule], a, out, work))
			return true;
	return false;
}

_Static_assert(DEAD_MAX >= RULE_TERMS_MAX, "room for each alternative");

void
subsume_dead(const struct snapshot *s, unsigned policy, unsigned rule,
    struct dead_set *out, uint32_t *work)
{
	const struct policy *p = &s->policies[policy];
	const struct rule *r = &p->rules[rule];
	unsigned next;

	out->alternatives = out->n = 0;
	for (unsigned first = 0; first < r->nterms; first = next) {
		struct alternative a = take(r, first, &next);

		out->alternatives++;
		if (is_dead(p, rule, first, &a, &out->v[out->n], work))
			out->n++;
	}
}
