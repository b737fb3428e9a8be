/*
 * listen.h - the listening sockets of a worker: accept, judge the address,
 * count, hand over to conn.h. Out of descriptors or connections, accepting
 * pauses (the others wait in the kernel) and is taken up by a timer.
 */
#ifndef PROXY_LISTEN_H
#define PROXY_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "proxy/loop.h"

struct config;
struct config_listen;
struct daemon_inherit;
struct err;
struct worker;

struct listener {
	struct worker *worker;
	const struct config_listen *config; /* borrowed from the settings;
					     * NULL: it is configured no more */
	struct str name; /* borrowed from the config the daemon started with */
	uint16_t index;  /* of its [listen] section */
	int fd;          /* borrowed: the supervisor keeps it */
	struct watch watch;
};

/* Fill w->listeners from what was inherited. */
int listen_open(
    struct worker *w, const struct daemon_inherit *in, struct err *err);
void listen_close(struct worker *w);

void listen_start(struct worker *w); /* begin, or go on, accepting */
void listen_pause(struct worker *w); /* for LIMIT_ACCEPT_PAUSE_MS */
void listen_stop(struct worker *w);  /* for good: a drain */

/* Take the settings of another configuration, by the sections' names. */
void listen_settle(struct worker *w, const struct config *c);

#endif
