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

struct trace {
	void *arg;
	/* A subject is taken up: which name, as text. */
	void (*subject)(void *arg, enum subject s, struct str text);
	/* A rule was read for it, with its value. */
	void (*rule)(
	    void *arg, uint16_t policy, uint16_t rule, enum truth value);
	/* A term of it. */
	void (*term)(void *arg, uint16_t rule, uint16_t term, enum truth value);
	/* A list entry that covers the subject, whether it decides or not. */
	void (*entry)(void *arg, struct str list, struct str category,
	    struct str entry, struct str file, uint32_t line);
};

struct verdict decide(const struct snapshot *s, const struct request *r,
    struct facts *f, const struct trace *trace);
/* <f> is read for settled facts; where patterns were run here, what matched
 * is left in f->patterns (v.patterns_ran) for the edge to cache. */

#endif
