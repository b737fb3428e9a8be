/*
 * subsume.h - which rules can never be what decides: because nothing makes
 * them true, or because one before them is true whenever they are.
 *
 * Told from the terms alone, for any lists and any request, and only where it
 * is certain: that nothing is found says nothing.
 */
#ifndef FILTERS_SUBSUME_H
#define FILTERS_SUBSUME_H

#include <stdbool.h>
#include <stdint.h>

struct rule;
struct snapshot;

/* The rules of a policy, in order. */
const struct rule *snapshot_rules(
    const struct snapshot *s, unsigned policy, unsigned *n);
unsigned snapshot_policies(const struct snapshot *s);

enum dead_why {
	DEAD_NEVER = 0, /* two of its terms exclude each other */
	DEAD_HARDLY,    /* the same, but for addresses that can be read in
			 * several ways: it may decide */
	DEAD_BEHIND,    /* <rule> decides before */
};

/* An alternative of a rule that can never (or HARDLY) be what decides. */
struct dead {
	enum dead_why why;
	uint16_t first; /* its first term */
	uint16_t a, b;  /* NEVER, HARDLY: the terms; a == b: it is "!any" */
	uint16_t rule;  /* BEHIND: of the policy, */
	bool same;      /* which has the same condition */
};

/* Comparisons of terms in all; what is beyond is not looked at. A policy of
 * 1000 rules with three terms each takes some two millions, and hundredths of
 * a second. */
#define SUBSUME_WORK_MAX 20000000u

#define DEAD_MAX 256 /* alternatives of a rule */
struct dead_set {
	unsigned alternatives, n; /* of the rule; of these, dead */
	struct dead v[DEAD_MAX];  /* in order */
};

/* Those of rule <rule>. <work>: what is left of the comparisons, to begin with
 * the whole. */
void subsume_dead(const struct snapshot *s, unsigned policy, unsigned rule,
    struct dead_set *out, uint32_t *work);

#endif
