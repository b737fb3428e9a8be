/*
 * overrides.h - overrides and the snapshot in force: put on it, and what one
 * comes to.
 */
#ifndef PROXY_OVERRIDES_H
#define PROXY_OVERRIDES_H

#include <stdbool.h>

#include "filters/overrides.h"

struct buf;
struct guard;
struct snapshot;

/*
 * A reference to <base> with a copy of <set> (NULL: none) on it; to <base>
 * itself where <set> is empty. NULL: no memory.
 */
struct snapshot *overrides_dress(
    struct snapshot *base, const struct overrides *set);

/*
 * What <o> changes, by deciding before and after: for its client, user or
 * group, or for each group. Appends members of a JSON object:
 *
 *	"group_known":true, "groups":3, "changed":2, "stronger":1,
 *	"tier":"protected", "reason":"protected", "private":false
 *
 * <groups> were asked about, <changed> of them get another answer than
 * before, and <stronger> not the one that was meant, by <tier> and <reason>
 * of the first of these. Where what decides is not known here (a user's
 * group), nothing is claimed.
 */
struct overrides_effect {
	const struct snapshot *before, *after; /* borrowed */
	const struct guard *guard;             /* borrowed; NULL: none */
	const struct override *o;
};
void overrides_tell(const struct overrides_effect *e, struct buf *out);

#endif
