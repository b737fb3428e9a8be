/* builder_impl.h - a snapshot in the making; for builder*.c alone. */
#ifndef FILTERS_BUILDER_IMPL_H
#define FILTERS_BUILDER_IMPL_H

#include "filters/list_patterns.h"
#include "filters/snapshot_impl.h"

struct snapshot_builder {
	struct snapshot *s; /* owned */
	struct reject_ear ear;
};

/* "there is a <what> "<name>" already, at ..." */
int builder_already(const char *what, struct str name,
    const struct where *first, struct err *err);
/* A copy that lives as long as <s>. */
struct where builder_where(struct snapshot *s, const struct where *w);

/* The group "default" behind all others, whether it was given or not; each
 * group's policy found. */
int builder_close_groups(struct snapshot_builder *b, struct err *err);
/* Once all its rules are there. */
void judge_rules_close(struct policy *p);
/* Once all support sites are there. */
void tier_support_close(struct snapshot *s);

#endif
