/*
 * nested.h - addresses inside an address: what a translator, a cache, an
 * archive, an image service or a web proxy is asked to fetch.
 *
 * Looked for: http:// and https:// (and // behind a '=' or '/') in path and
 * query, percent-encoded once or twice, in base64 and in hex; hosts without a
 * scheme for services known to take them; a host that is the label of another
 * ("bad-test.translate.goog"). Found ones are made canonical by the same
 * functions as any other; what cannot be is none.
 */
#ifndef FILTERS_NESTED_H
#define FILTERS_NESTED_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/url.h"
#include "lists/name.h"

struct arena;

#define NESTED_MAX 32 /* beyond it: <lost> */

struct nested {
	struct url url; /* canonical; in the arena */
	bool has_url;   /* else a host alone: url.host */
};
struct nested_found {
	unsigned n;
	bool lost; /* there are more */
	struct nested one[NESTED_MAX];
};

/* May there be any? Quick, no false no. */
bool nested_may(struct name host, const struct url *url);

/* <url> NULL: of the host alone. Different ones once each. -1: memory. */
int nested_find(struct arena *a, struct name host, const struct url *url,
    struct nested_found *out);

#endif
