/*
 * judge.h - what one call of decide() knows while it goes through names,
 * tiers and rules. For decide.c, tiers.c and judge_*.c alone.
 */
#ifndef FILTERS_JUDGE_H
#define FILTERS_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/decide.h"
#include "filters/nested.h"
#include "filters/overrides.h"
#include "filters/pattern.h"
#include "filters/sight.h"

/* What became of the patterns on one URL. */
struct judge_patterns {
	bool known, ran;
	bool silent;                  /* known, and none said anything */
	struct pattern_result result; /* if known */
};

struct judge {
	const struct snapshot *s;
	const struct request *r;
	struct facts *f;
	const struct trace *trace;
	bool group_known;
	const struct policy *policy; /* if so, as what is below */
	struct verdict blank;        /* group and policy filled in */
	struct sight_from from;
	struct judge_patterns patterns; /* on the request's URL */
	struct judge_patterns *now;     /* on the one that is being judged */
	struct sight_search search;     /* if the URL is known */
	uint64_t budgets;               /* those that this use is charged to */
	/* Where the protected tier, or what is inside of an address, will tell
	 * more; STAGES: all is known that can be. */
	enum stage reveals;
};

/*
 * Which of two verdicts holds: DENY before NEED before ASK before ALLOW. But a
 * warning, which one may go on behind, waits for what may be stronger: facts,
 * and stages up to the URL; not for what comes back.
 */
unsigned verdict_strictness(const struct verdict *v);
/* Two that ASK: <out> is asked again for both, at the earlier stage, at the
 * lower size. */
void verdict_ask_both(struct verdict *out, const struct verdict *other);

/* What may hold, and cannot be settled, before what is said further on. */
struct maybe {
	bool any; /* else <v> is not set */
	struct verdict v;
};

/* The verdict of the rules, in order, for one name. <may> grows. */
void judge_rules(
    struct judge *j, struct sight *v, struct maybe *may, struct verdict *out);

/* <out> was come to; what becomes of it if <may> may hold. */
void judge_unsettled(
    const struct judge *j, const struct maybe *may, struct verdict *out);

/* What is searched for, kept in <j>; NULL: the URL is not known. */
const struct sight_search *judge_search(struct judge *j);
/* Into the verdict. */
void judge_search_tell(const struct judge *j, struct verdict *out);

/* ----------------------------------------------------------------- tiers */

/* Is <a> protected, as far as it is known? */
bool tier_protected(const struct snapshot *s, const struct sight_of *a);
/* Is <name>, or may some address of it be? Quick. */
bool tier_may_protect(const struct snapshot *s, struct name name);

/* The support site that <name> is, or is below of; NULL: none. */
const struct name *tier_support(const struct snapshot *s, struct name name);

/* The override that decides about <a>: TRUE, its verdict is in <out>.
 * UNKNOWN: what has to be asked is. FALSE: go on, with <may>, which may hold
 * whatever the rules say. */
enum truth tier_override(const struct judge *j, const struct sight_of *a,
    struct verdict *out, struct maybe *may);

/* --------------------------------------- addresses inside the addresses */

/* Which of the names have an address that may hold others? Quick. */
struct judge_inner {
	bool any;
	bool of[SIGHT_NAMES];
};
void judge_inner_find(
    struct judge_inner *in, const struct sight_of *name, unsigned n);

/* What is asked of <one>. */
struct sight_of judge_inner_at(
    const struct request *r, const struct nested *one);

/* Is something protected inside of the address of <a>? TRUE: that is in *<at>,
 * without its URL. UNKNOWN: there may be. */
enum truth judge_inner_protected(
    const struct judge *j, const struct sight_of *a, struct sight_of *at);

/* verdict.nested of the <k>th inside of name <i>'s address, from 0. */
uint16_t judge_inner_number(unsigned i, unsigned k);
/* The text of what has that number, into <room>; STR_NONE: nothing has. */
struct str judge_inner_text(
    const struct request *r, uint16_t number, char *room, size_t size);

/* Is <one> part of what the override <o> of a URL names? Who allows
 * "proxy.test/?u=http://x.test/" means x.test as well; who allows
 * "proxy.test/" does not mean all that can be had through it. */
bool judge_inner_is_of(const struct override *o, const struct nested *one);

#endif
