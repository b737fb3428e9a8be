/*
 * crew.h - the workers of the proxy process and their threads, as one. For the
 * daemon's main thread.
 */
#ifndef PROXY_CREW_H
#define PROXY_CREW_H

#include "proxy/worker.h"

struct err;
struct grants;
struct thread;

struct crew {
	struct worker **worker; /* owned */
	struct thread *thread;  /* owned */
	struct grants
	    *grants; /* owned: pressed at one, a button holds at all */
	unsigned n;  /* workers that run, or have ended */
};

/*
 * Start <n> of them, each with <like>, a number of its own, our grants and a
 * reference of like->snapshot. All are made before the first runs: nothing is served by
 * half a proxy. -1 with <err> set; what was made stays, for the process ends.
 */
int crew_start(struct crew *c, unsigned n, const struct worker_setup *like,
    struct err *err);

/* A message without more to it, to all. */
void crew_tell(const struct crew *c, enum worker_msg kind);

/* Let each say DAEMON_ECHO with <p> once it has taken all that it was sent so
 * far. How many will. */
unsigned crew_echo(const struct crew *c, void *p);

/* Wait until all threads have ended; then free all of it. */
void crew_join(struct crew *c);
void crew_free(struct crew *c);

#endif
