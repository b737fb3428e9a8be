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
#include "proxy/block.h"
#include "proxy/loop.h"
#include "proxy/stats.h"

struct auth;
struct budgets;
struct client_table;
struct config;
struct daemon_inherit;
struct demo;
struct err;
struct facts_cache;
struct grants;
struct guard;
struct helpers;
struct listener;
struct msgq;
struct neigh;
struct origin_pool;
struct pipe_pool;
struct redis;
struct request;
struct resolver;
struct ring;
struct rings;
struct snapshot;
struct txn;
struct worker_settings;

/* A worker's hold on a snapshot: one reference, counted here without locks. */
struct pin {
	struct snapshot
	    *snapshot;         /* shared: one reference while the pin lives */
	uint64_t users;        /* txns that use it; this thread's alone */
	struct list_node node; /* in worker.pins */
};

/* What is done for in this turn and freed behind it (house rule 11). */
struct grave {
	struct list_node node; /* in worker.graves */
	void (*bury)(struct grave *g);
};

#define WORKER_VIA_MAX 96

struct worker {
	unsigned index;
	const struct config *config; /* borrowed from the daemon */
	struct loop *loop;           /* owned */
	struct msgq *inbox;          /* owned; the daemon sends */
	struct msgq *daemon;         /* borrowed; answers go there */
	struct watch inbox_watch;
	struct listener *listeners; /* owned */
	unsigned nlisteners;
	struct timer accept_timer; /* while accepting pauses */
	struct pin *pin;           /* the present one; in pins */
	struct snapshot *shadow;   /* shared: a reference; NULL: none */
	int64_t shadow_at;         /* the second its records are counted in */
	unsigned shadow_n;
	struct list_node pins;  /* owned */
	struct list_node conns; /* all open; owned */
	struct list_node ready; /* conns whose next request is there already */
	struct list_node tunnels;  /* open ones that were judged by the pin */
	struct list_node outdated; /* open ones to be asked again */
	struct list_node graves;   /* closed in this turn; owned */
	unsigned nconns, most_conns;
	struct rings *rings;          /* borrowed */
	struct ring *ring;            /* borrowed: ours */
	struct resolver *resolver;    /* owned */
	struct redis *redis;          /* owned; NULL without [redis] */
	struct facts_cache *facts;    /* owned; of facts_fetch.h */
	struct auth *auth;            /* owned; who asks */
	struct helpers *helpers;      /* borrowed from the daemon; or NULL */
	struct neigh *neigh;          /* owned; NULL: not wanted so far */
	bool no_neigh;                /* nor to be had */
	const struct guard *guard;    /* borrowed: of the settings. NULL: no
				       * destination is permitted */
	struct origin_pool *pool;     /* owned */
	struct pipe_pool *pipes;      /* owned */
	struct client_table *clients; /* owned: connections by client */
	struct budgets *budgets;      /* borrowed from the daemon; or NULL */
	struct grants *grants;        /* borrowed from the crew: who went on
				       * behind warnings */
	struct blocks blocks;
	struct timer calm_timer; /* while there may be a burst */
	struct txn *txns;        /* owned: unused ones, by their `next` */
	unsigned ntxns;
	unsigned busy, peak; /* txns underway; the most since txns_calm() */
	struct demo *demo;   /* owned; NULL but in worker 0 of the demo */
	bool demo_names;     /* .test leads to the demo's origin */
	uint8_t chance[10];  /* counts up: ids of records */
	int64_t minute;      /* wall: when open tunnels were asked again */
	int64_t refusals_at; /* the second that refusals are counted in */
	unsigned refusals;
	char via[WORKER_VIA_MAX]; /* "1.1 suzgi (1f2e3d4c)": what we add to Via
				   * and by which we know ourselves */
	unsigned via_n;
	struct worker_settings *lent; /* borrowed: the settings in use */
	bool draining, ended;
	struct stats stats; /* ours to write, others read relaxed */
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
	WORKER_SHADOW,   /* p: the same of a candidate that decides beside it;
	                * NULL: none any more */
	WORKER_DRAIN,    /* no new conns, close idle ones, end when empty */
	WORKER_STOP,     /* close all, end */
	WORKER_SETTINGS, /* p: struct worker_settings, lent: use these from
			      * now on, then answer DAEMON_SETTLED; always
			      * followed by WORKER_SNAPSHOT */
	WORKER_HELPED,   /* p: struct helpers_question, handed back */
	WORKER_ECHO,     /* answer DAEMON_ECHO with the same p: what was sent
	                  * before has been taken */
};
/* Messages from workers to the daemon. */
enum daemon_msg {
	DAEMON_BURY = 0, /* p: struct snapshot whose last reference this was */
	DAEMON_WORKER_ENDED, /* num: index */
	DAEMON_IMAGE,   /* a list image came through Redis; p: path, malloc'd */
	DAEMON_SETTLED, /* p: the struct worker_settings now in use; num: index */
	DAEMON_ECHO,    /* p: as in WORKER_ECHO */
};

struct worker_setup {
	unsigned index;
	const struct daemon_inherit *in;
	struct snapshot *snapshot; /* a reference, taken */
	struct msgq *daemon;
	struct helpers *helpers;                /* lent; or NULL */
	struct budgets *budgets;                /* lent; or NULL */
	struct grants *grants;                  /* lent */
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

/* Free what <g> stands for when the turn is over. */
void worker_bury(
    struct worker *w, struct grave *g, void (*bury)(struct grave *g));

/* Which device asks, if any policy of <s> wants to know: into <r>. */
void worker_find_mac(
    struct worker *w, const struct snapshot *s, struct request *r);

/* May one more record of a refusal or failure be written in this second? */
bool worker_may_record(struct worker *w);

#endif
