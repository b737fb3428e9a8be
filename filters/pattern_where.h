/*
 * pattern_where.h - the patterns of a snapshot for those who look into them:
 * where each stands and what the set knows of it.
 */
#ifndef FILTERS_PATTERN_WHERE_H
#define FILTERS_PATTERN_WHERE_H

#include "filters/pattern.h"
#include "filters/snapshot.h"

const struct pattern_set *snapshot_pattern_set(const struct snapshot *s);

/* The first rule that has pattern <id>; NULL: it is only of lists. */
const struct where *snapshot_pattern_rule(
    const struct snapshot *s, unsigned id);

#endif
