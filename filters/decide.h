/*
 * decide.h - the function.
 *
 *	struct facts f = {0};
 *	struct verdict v = decide(snapshot, &request, &f, NULL);
 *
 * Pure: no I/O, no clock, no chance; the same arguments give the same
 * verdict. It does not fail and does not wait. Rules are read in order with
 * three-valued logic: the first that is true, with no unknown one before it,
 * decides; an unknown one before makes the answer ASK (or NEED) until
 * r->deepest is reached, where unknown is false. Each name of the request is
 * judged; the strictest verdict holds.
 *
 * <trace> (NULL: none) hears of each step of the same code path: explain is
 * decide() with an ear.
 */
#ifndef FILTERS_DECIDE_H
#define FILTERS_DECIDE_H

#include "filters/facts.h"
#include "filters/request.h"
#include "filters/verdict.h"

struct snapshot;

enum truth { TRUTH_FALSE = 0, TRUTH_TRUE, TRUTH_UNKNOWN };

/* A list's entry or pattern that covers a subject, whether it decides or not,
 * or an exception that does. */
struct trace_entry {
	struct str list, category, file;
	struct str entry; /* as stored; of a pattern its text */
	uint32_t line;
	bool by_pattern;
	bool exception; /* it takes others away */
	bool excepted;  /* an exception took it away */
};

struct trace {
	void *arg;
	/* Rules that need a list which the subject is not in, or a pattern
	 * where none matched, may go untold: they are FALSE. */
	bool brief;
	/* A group was tried for the client, first of all. */
	void (*group)(void *arg, uint16_t group, enum truth value);
	/* A tier above the policy was asked about the subject; <what> says
	 * what it holds (an override's id, a support site); never of the
	 * protected tier. */
	void (*tier)(void *arg, enum tier t, enum truth value, struct str what);
	/* A subject is taken up: which name, as text. */
	void (*subject)(void *arg, enum subject s, struct str text);
	/* A rule was read for it, with its value. */
	void (*rule)(
	    void *arg, uint16_t policy, uint16_t rule, enum truth value);
	/* A term of it. */
	void (*term)(void *arg, uint16_t rule, uint16_t term, enum truth value);
	void (*entry)(void *arg, const struct trace_entry *e);
};

struct verdict decide(const struct snapshot *s, const struct request *r,
    struct facts *f, const struct trace *trace);
/* <f> is read for settled facts; where patterns were run here, what matched
 * is left in f->patterns (v.patterns_ran) for the edge to cache. */

#endif
