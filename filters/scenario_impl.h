/* scenario_impl.h - the parts of scenarios; for scenario*.c alone. */
#ifndef FILTERS_SCENARIO_IMPL_H
#define FILTERS_SCENARIO_IMPL_H

#include <stdbool.h>

#include "filters/scenario.h"

/* Turn <parts>, some page of a search engine, into a search for <text>, with
 * its canonical URL in <r>, whose host is set. False: it is no engine that the
 * snapshot knows, or there was no memory. */
bool scenario_search(struct arena *a, const struct snapshot *s, struct str text,
    struct url_parts *parts, struct request *r);

#endif
