/* trace.h - what explain hears of a name before its rules are read. For
 * filters/ alone; what is heard is in decide.h. */
#ifndef FILTERS_TRACE_H
#define FILTERS_TRACE_H

#include "filters/decide.h"

struct policy;
struct sight;

/* The name, then each entry, exception and matching pattern that covers it.
 * URL patterns are tried for this alone; <v> is left as it was. */
void trace_sight(
    const struct trace *t, const struct policy *p, struct sight *v);

#endif
