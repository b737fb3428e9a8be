/*
 * site.h - our own pages: http://suzgi.internal/ ([page] address), asked for
 * through the proxy and answered by it. There is the button of warnings:
 * POST /continue. All else, and a GET of it, changes nothing.
 */
#ifndef PROXY_SITE_H
#define PROXY_SITE_H

#include <stdbool.h>

#include "base/str.h"
#include "proxy/token.h"

struct txn;

/* What is read of a form: the token and its name. More is refused. */
#define SITE_BODY_MAX (TOKEN_CHARS + 64)

/* What a txn for us has. */
struct site {
	bool asked;        /* it is for us */
	bool is_press;     /* and it is the button */
	char *body;        /* in the arena, SITE_BODY_MAX bytes; NULL: none */
	size_t n;          /* of them are there */
	struct str onward; /* in the arena: where to go on to; "" : nowhere */
};

/* Is <t>, whose request is built, for us? Then t->site says so. */
bool site_is_asked(struct txn *t);

#endif
