/*
 * literal.h - what a text must contain for a pattern to match it.
 *
 * A reader of PCRE2's syntax that understands what is usual. At anything else
 * (recursion, conditions, verbs, extended syntax ...) the answer is "nothing
 * can be told" and the pattern is always tried: a literal too many would be a
 * way past the filter.
 *
 *	"/(ads?|banner)[0-9]+\.(gif|png)"	/ad, /ads or /banner
 *	"^https?://([^/]*\.)?x\.test/a"		/a; anchor x.test
 *	"[a-z]+\d*"				nothing
 */
#ifndef FILTERS_LITERAL_H
#define FILTERS_LITERAL_H

#include <stdbool.h>

#include "filters/literal_set.h"
#include "lists/name.h"

struct literal_need {
	/* Each text that matches has, in lower case, one of these inside; of
	 * all that could be named those that are rarest in URLs. Of at least
	 * LITERAL_MIN bytes each. Empty: nothing can be told. */
	struct literal_set any;
	/* A URL that matches is of this host or below it; 0: not told. */
	uint8_t anchor_len;
	char anchor[NAME_ROOM];
};

#define LITERAL_MIN 2

/* <pattern> is one that PCRE2 compiles, to be tried on URLs (else: on hosts,
 * and there is no anchor). Never fails: without memory nothing is told. */
void literal_read(struct str pattern, bool url, struct literal_need *out);

#endif
