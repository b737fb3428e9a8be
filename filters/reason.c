/* reason.c - the rows of reasons.def as words. */
#include "filters/reason.h"

#include "base/bug.h"

static const struct {
	const char *slug, *text;
	enum reason_kind kind;
} reasons[REASON_N] = {
#define REASON(id, slug, kind, text)                                           \
	[REASON_##id] = {slug, text, REASON_KIND_##kind},
#include "filters/reasons.def"
#undef REASON
};

const char *
reason_slug(enum reason r)
{
	if (BUG((unsigned)r >= REASON_N))
		r = REASON_INTERNAL;
	return reasons[r].slug;
}

const char *
reason_text(enum reason r)
{
	if (BUG((unsigned)r >= REASON_N))
		r = REASON_INTERNAL;
	return reasons[r].text;
}

enum reason_kind
reason_kind(enum reason r)
{
	if (BUG((unsigned)r >= REASON_N))
		r = REASON_INTERNAL;
	return reasons[r].kind;
}

enum reason
reason_from_slug(struct str slug)
{
	for (unsigned r = 0; r < REASON_N; r++)
		if (str_eq(slug, str_of(reasons[r].slug)))
			return (enum reason)r;
	return REASON_NONE;
}
