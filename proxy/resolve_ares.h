/*
 * resolve_ares.h - the door to c-ares: one name in, addresses with a lifetime
 * out. For resolve.c alone, which has the cache, the waiting and the deadline.
 *
 * ares_link_ask() may answer from within itself as well as later; either way
 * exactly once, and always in the end: c-ares gives up by itself. Where one
 * family has addresses and the other is late, it is not waited for: the answer
 * is what there is, with a lifetime of 0.
 */
#ifndef PROXY_RESOLVE_ARES_H
#define PROXY_RESOLVE_ARES_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/resolve.h"

struct ares_link;
struct config;
struct err;
struct loop;

/* An address without a port: 4 or 16 bytes. */
struct ares_addr {
	bool v6;
	uint8_t addr[16];
};

struct ares_answer {
	enum reason failed; /* REASON_NONE, NO_SUCH_HOST, DNS_FAILED */
	unsigned n;
	uint32_t ttl_s; /* the shortest that any of them had */
	struct ares_addr addr[RESOLVE_ADDRS_MAX]; /* IPv6 and IPv4 in turn */
};

typedef void ares_answered(void *arg, const struct ares_answer *a);

/* <turn>(arg) is called from the loop after c-ares has worked. */
struct ares_link *ares_link_new(struct loop *l, const struct config *c,
    void (*turn)(void *arg), void *arg, struct err *err);
/* Questions that are open are answered before it returns, most DNS_FAILED. */
void ares_link_free(struct ares_link *a); /* NULL: nothing */

/* <name>: NUL-ended; copied. */
void ares_link_ask(
    struct ares_link *a, const char *name, ares_answered *done, void *arg);

#endif
