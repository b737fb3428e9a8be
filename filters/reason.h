/* reason.h - why something ended as it did: reasons.def as an enum. */
#ifndef FILTERS_REASON_H
#define FILTERS_REASON_H

#include "base/str.h"

enum reason {
#define REASON(id, slug, kind, text) REASON_##id,
#include "filters/reasons.def"
#undef REASON
	REASON_N
};

enum reason_kind {
	REASON_KIND_FINE = 0,
	REASON_KIND_POLICY,
	REASON_KIND_REFUSE,
	REASON_KIND_CLIENT,
	REASON_KIND_ORIGIN,
	REASON_KIND_OURS,
};

const char *reason_slug(enum reason r);
const char *reason_text(enum reason r);
enum reason_kind reason_kind(enum reason r);
enum reason reason_from_slug(struct str slug); /* REASON_NONE: unknown */

#endif
