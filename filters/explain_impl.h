/* explain_impl.h - the parts of explain; for explain*.c alone. */
#ifndef FILTERS_EXPLAIN_IMPL_H
#define FILTERS_EXPLAIN_IMPL_H

#include <stdbool.h>

#include "base/buf.h"
#include "filters/decide.h"
#include "filters/snapshot_impl.h"

/* A question with its answer. All borrowed. */
struct explained {
	const struct snapshot *s;
	const struct request *r; /* as it was asked, all of it */
	const struct facts *f;
	struct verdict v;
	struct provenance p;
	struct verdict url; /* what is said before there is an answer; if
	                     * <open> */
	bool open;          /* it has an answer, and nobody said which */
};

/* explain_text.c: the answer in lines. */
void explain_text(struct buf *out, const struct explained *e);

/* explain_json.c: the same as the members of an object. */
void explain_members(struct buf *out, const struct explained *e);

/* "net:10.1.0.0/16", "user:x", "everyone else": why who asks is in his group. */
void explain_why_group(struct buf *out, const struct explained *e);

/* What is done to a search, or STR_NONE: "reached at ...". */
void explain_safe(struct buf *out, const struct explained *e);

const char *explain_subject(enum subject s); /* in words */

/* Blanks, one at least, until <columns> are filled from <from> on; what stands
 * in front of a line. */
void explain_pad(struct buf *b, size_t from, size_t columns);
void explain_label(struct buf *b, const char *word);

/* ---------------------------------------------------------------- stories */

/* Hears a story and writes it: lines of text, or the steps of a JSON array. */
struct ear {
	const struct snapshot *s;
	const struct policy *policy; /* whose rules are read; NULL: another
	                              * one's, known by number alone */
	struct buf *out;
	bool json;
	unsigned nterms; /* of the rule that is being read */
	uint8_t terms[256];
};
struct trace ear_trace(struct ear *e);

#endif
