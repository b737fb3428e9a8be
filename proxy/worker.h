/*
 * worker.h - one thread: its loop, its conns, its pins, its graveyard.
 *
 * Started by proxy/daemon.c, spoken to by messages alone. A conn stays with
 * the worker that accepted it; nothing of a worker is touched by another
 * thread but its counters, which are read relaxed.
 */
#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "proxy/loop.h"
#include "proxy/stats.h"

struct config;
struct daemon_inherit;
struct err;
struct facts_cache;
struct guard;
struct msgq;
struct origin_pool;
struct redis;
struct resolver;
struct ring;
struct rings;
struct snapshot;

/* A worker's hold on a snapshot: one reference, counted here without locks. */
struct pin {
	struct snapshot *snapshot; /* shared: one reference while the pin lives */
	uint64_t users;            /* txns that use it; this thread's alone */
	struct list_node node;     /* in worker.pins */
};

/* One listening socket of this worker. */
struct listener {
	const struct config_listen *config; /* borrowed from the config */
	uint16_t index;
	int fd; /* borrowed: the supervisor keeps it */
	struct watch watch;
	struct worker *worker;
};

struct worker {
	unsigned index;
	const struct config *config; /* borrowed from the daemon */
	struct loop *loop;           /* owned */
	struct msgq *inbox;          /* owned; the daemon sends */
	struct msgq *daemon;         /* borrowed; answers go there */
	struct watch inbox_watch;
	struct listener *listeners; /* owned */
	unsigned nlisteners;
	struct pin *pin;            /* the present one; in pins */
	struct list_node pins;      /* owned */
	struct list_node conns;     /* all open; owned */
	struct list_node graves;    /* closed in this turn; owned */
	unsigned nconns;
	struct rings *rings;        /* borrowed */
	struct ring *ring;          /* borrowed: ours */
	struct resolver *resolver;  /* owned */
	struct redis *redis;        /* owned; NULL without [redis] */
	struct facts_cache *facts;  /* owned; of facts_fetch.h */
	struct guard *guard;        /* borrowed: of the daemon, replaced with the
				     * snapshot message */
	struct origin_pool *pool;   /* owned */
	struct client_table *clients; /* owned: connections by client */
	uint8_t chance[10];         /* counts up: ids of records */
	bool draining;
	struct stats stats;         /* ours to write, others read relaxed */
};

/*
 * What of the configuration a reload changes besides the snapshot. Lent by the
 * daemon: a worker that answered DAEMON_SETTLED for one has no pointer into
 * an earlier one any more, listeners included.
 */
struct worker_settings {
	const struct config *config;
	struct guard *guard;
};

/* Messages to a worker (msg.kind). */
enum worker_msg {
	WORKER_SNAPSHOT = 0, /* p: struct snapshot, a reference handed over */
	WORKER_DRAIN,        /* no new conns, close idle ones, end when empty */
	WORKER_STOP,         /* close all, end */
	WORKER_SETTINGS,     /* p: struct worker_settings, lent: use these from
			      * now on, then answer DAEMON_SETTLED; always
			      * followed by WORKER_SNAPSHOT */
};
/* Messages from workers to the daemon. */
enum daemon_msg {
	DAEMON_BURY = 0, /* p: struct snapshot whose last reference this was */
	DAEMON_WORKER_ENDED, /* num: index */
	DAEMON_IMAGE,    /* a list image came through Redis; p: path, malloc'd */
	DAEMON_SETTLED,  /* p: the struct worker_settings now in use; num: index */
};

struct worker_setup {
	unsigned index;
	const struct daemon_inherit *in;
	struct snapshot *snapshot; /* a reference, taken */
	struct msgq *daemon;
	const struct worker_settings *settings; /* lent; in->config is the same
						 * for what needs a restart */
};

/* In the caller's thread; NULL with <err> set on failure. */
struct worker *worker_new(const struct worker_setup *setup, struct err *err);
void worker_run(void *worker); /* the thread's function */
bool worker_send(struct worker *w, enum worker_msg kind, void *p);
void worker_free(struct worker *w); /* after its thread was joined */

/* Use the present snapshot for something that lasts; give it back. */
struct pin *worker_pin(struct worker *w);
void worker_unpin(struct worker *w, struct pin *p);

#endif
