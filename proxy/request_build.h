/*
 * request_build.h - from the head of a request to what is asked for: the one
 * place where raw text becomes canonical names and URLs.
 *
 * In absolute form the target's authority counts and Host is ignored (RFC
 * 9112 3.2.2); origin form only inside a tunnel to a port for plain HTTP.
 */
#ifndef PROXY_REQUEST_BUILD_H
#define PROXY_REQUEST_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/reason.h"

struct txn;

struct request_fault {
	enum reason reason;
	uint16_t status;
	const char *why; /* a static sentence, or NULL */
};

/*
 * Fill t->target, t->request and t->raw_url from t->head. true with t->status
 * set: it is a question to the proxy itself. false: <fault> says why not.
 */
bool request_build(struct txn *t, struct request_fault *fault);

/* The server name of a TLS greeting, once it is known; false: no valid name. */
bool request_add_sni(struct txn *t, struct str sni);

#endif
