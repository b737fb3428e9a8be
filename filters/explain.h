/*
 * explain.h - a verdict with its whole story, as text and as JSON.
 *
 * Runs decide() with a trace: at HOST, then as deep as the request goes, as
 * the edge does. The text is what `suzgi explain` prints (DESIGN section 10);
 * the JSON has the record's field names (docs/formats/block-log.md) and, for
 * the same request, its values. The trace lists all entries and patterns that
 * cover the request ("listed", "matches"), the exceptions among them
 * ("except") and what these took away ("(excepted)").
 */
#ifndef FILTERS_EXPLAIN_H
#define FILTERS_EXPLAIN_H

#include <stdbool.h>

#include "base/bytes.h"
#include "filters/request.h"
#include "filters/verdict.h"

struct buf;
struct facts;
struct snapshot;

enum explain_form {
	EXPLAIN_TEXT = 0,
	EXPLAIN_TRACE,
	EXPLAIN_JSON,
	EXPLAIN_JSON_TRACE, /* with "trace", an array of its steps */
};

/*
 * <r> filled down to r->deepest, with r->stage == r->deepest. Appends to
 * <out>, returns the final verdict (ALLOW or DENY).
 */
struct verdict explain_with(const struct snapshot *s, const struct request *r,
    const struct facts *f, enum explain_form form, struct buf *out);
/* The same for somebody nobody knows anything of: scenario_facts(). */
struct verdict explain(const struct snapshot *s, const struct request *r,
    enum explain_form form, struct buf *out);

/*
 * A story that was kept with a record (filters/trace_pack.h), of a request to
 * <policy>: the same lines, or steps of a JSON array. Rules are named where
 * those of <s> are still the same, else by their number. Groups are named as
 * <s> has them.
 */
enum explain_kept {
	EXPLAIN_WHOLE = 0,
	EXPLAIN_CUT,         /* there was more than was kept */
	EXPLAIN_OTHER_RULES, /* the policy has others now */
	EXPLAIN_DAMAGED,     /* nothing was told */
};
enum explain_kept explain_story(const struct snapshot *s, struct str policy,
    struct bytes story, enum explain_form form, struct buf *out);

#endif
