/*
 * resolve.h - names to addresses, with a cache; the door to c-ares.
 *
 *	resolve_start(r, name, port, &q, cb, arg)
 *	  true: q.result is there already (cache, literal): cb is not called
 *	  false: cb(arg) is called later, in another turn, once
 *
 * Honours TTLs (5 s to 1 h), keeps failures for 5 to 30 s, bounded in
 * entries; the same name asked twice at once is one query. /etc/hosts counts
 * and comes first; search domains do not: the name that was judged is the one
 * that is looked up. An answer is there within RESOLVE_DEADLINE_MS, whatever
 * the servers do. What it says may be anywhere: ask the guard.
 */
#ifndef PROXY_RESOLVE_H
#define PROXY_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/list.h"
#include "filters/reason.h"
#include "lists/name.h"

struct config;
struct err;
struct loop;
struct resolver; /* one a worker */
struct stats;

#define RESOLVE_ADDRS_MAX   16
#define RESOLVE_DEADLINE_MS 5000

struct resolve_result {
	enum reason failed; /* REASON_NONE: fine; NO_SUCH_HOST, DNS_FAILED */
	unsigned n;
	struct sockaddr_storage addr[RESOLVE_ADDRS_MAX]; /* with the port; IPv6
							  * and IPv4 in turn */
};

/* Lies in who asks; must stay in place until answered or cancelled. */
struct resolve_query {
	struct resolve_result result;
	struct list_node node; /* private */
	uint16_t port;
	void (*done)(void *arg);
	void *arg;
	bool waiting;
};

struct resolver *resolver_new(struct loop *l, const struct config *c,
    struct stats *stats, struct err *err);
void resolver_free(struct resolver *r); /* NULL: nothing; cancels all */

bool resolve_start(struct resolver *r, struct name name, uint16_t port,
    struct resolve_query *q, void (*done)(void *arg), void *arg);
void resolve_cancel(struct resolve_query *q); /* harmless when not waiting */

#endif
