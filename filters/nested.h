/*
 * nested.h - addresses inside an address: what a translator, a cache, an
 * archive, an image service or a web proxy is asked to fetch.
 *
 * Looked for: http:// and https:// (and // behind a '=' or '/') in path and
 * query, with the escapes of URLs, scripts and HTML, in base64 and in hex;
 * hosts without a scheme for services known to take them; a host that is the
 * label of another ("bad-test.translate.goog"). Found ones are made canonical
 * by the same functions as any other; what cannot be is none.
 */
#ifndef FILTERS_NESTED_H
#define FILTERS_NESTED_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/url.h"
#include "lists/name.h"

#define NESTED_MAX 256 /* different ones that are told; beyond it: lost */

struct nested {
	struct url url; /* canonical */
	bool has_url;   /* else a host alone: url.host */
};

/* Who is told of them, as they are found. */
struct nested_hear {
	/* Does it matter what the addresses of <host> are? Where not they are
	 * read no further, which is cheap. NULL: it does of all. */
	bool (*host)(void *arg, struct name host);
	/* <one> is gone when this returns. False: that is enough. */
	bool (*one)(void *arg, const struct nested *one);
	void *arg;
};

enum nested_end {
	NESTED_ALL = 0,
	NESTED_ENOUGH,
	/* There may be more: it takes more work, or memory, to tell. */
	NESTED_LOST,
};

/* May there be any? Quick, no false no. */
bool nested_may(struct name host, const struct url *url);

/* <url> NULL: of the host alone. Different ones once each, always in the same
 * order. */
enum nested_end nested_each(
    struct name host, const struct url *url, const struct nested_hear *hear);

#endif
