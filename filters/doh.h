/*
 * doh.h - does it look like DNS over HTTPS? A question to a name server inside
 * of a request (RFC 8484, and the JSON form that Google and Cloudflare have),
 * told by its types, its path or its parameter, to whichever host.
 */
#ifndef FILTERS_DOH_H
#define FILTERS_DOH_H

#include <stdbool.h>

#include "base/str.h"
#include "filters/request.h"

/* By Accept, Content-Type (if r->fields are there) or <url>. */
bool doh_is_asked(const struct request *r, const struct url *url);
bool doh_is_answered(const struct answer *a);

/* Is <what> in <text>, letters of any case? */
bool text_has(struct str text, struct str what);

#endif
