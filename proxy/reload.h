/*
 * reload.h - the loader thread: configuration and lists into a snapshot.
 *
 * All that may take its time and touch a disk or Redis for lists happens
 * here: reading, compiling, checking, publishing, following, unmapping. What
 * comes out is whole and proven, or nothing: the daemon then keeps what it
 * has.
 */
#ifndef PROXY_RELOAD_H
#define PROXY_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "proxy/worker.h"

struct config;
struct daemon_inherit;
struct err;
struct loader; /* opaque */
struct msgq;
struct snapshot;

/* What a load came to; owned by who receives it. */
struct load {
	struct snapshot *snapshot;       /* a reference; NULL: it failed */
	struct snapshot *shadow;         /* a reference; NULL: none */
	struct worker_settings settings; /* config NULL: as before */
	bool config_is_ours; /* settings.config is to be freed with it */
	bool former;         /* of what was read some could not be used: it
			      * serves with what was in force before */
	struct buf report;   /* JSON, the elements of an array of findings */
	unsigned errors;
	int64_t took_ms;
	/* the daemon's: what was lent to workers before, and how many of them
	 * have said that they use this one */
	struct load *older; /* owned */
	unsigned users;
};
void load_free(struct load *l); /* NULL: nothing. What was taken is NULL */

/*
 * The message that brings one, beside daemon_msg. p: the struct load; NULL
 * when memory was out. num: as given to loader_reload(); 0: nobody asked.
 */
#define LOADER_DONE 100

/*
 * The first load, in the caller's thread. In the first process the given
 * configuration is used, later it is read again. Findings go to stderr. NULL
 * when there is nothing to serve with, or memory is out.
 */
struct load *load_first(const struct daemon_inherit *in);

/* Start the thread; <first> is what load_first() gave; results go to <out>. */
struct loader *loader_start(const struct daemon_inherit *in,
    const struct load *first, struct msgq *out, struct err *err);

/* Ask for a load; its result will carry <number>. */
bool loader_reload(struct loader *l, uint64_t number);

/* Free <s>, whose last reference is gone. */
void loader_bury(struct loader *l, struct snapshot *s);

/*
 * End the thread. False when it is in the midst of something long: it is then
 * left alone, for the process is about to end.
 */
bool loader_stop(struct loader *l);

#endif
