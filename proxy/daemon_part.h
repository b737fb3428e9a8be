/* daemon_part.h - what the proxy process is made of; for proxy/daemon*.c. */
#ifndef PROXY_DAEMON_PART_H
#define PROXY_DAEMON_PART_H

#include "base/buf.h"
#include "base/list.h"
#include "proxy/control.h"
#include "proxy/crew.h"
#include "proxy/daemon.h"
#include "proxy/force.h"
#include "proxy/reload.h"

struct helpers;
struct ledger_news;
struct msgq;
struct updates;
struct visibility_watch;

enum phase {
	PHASE_SERVE = 0,
	PHASE_DRAIN, /* workers take nothing new */
	PHASE_STOP,  /* workers close what is open */
	PHASE_OUT,
};

/* Who waits for the outcome of load <number>. */
struct waiter {
	uint64_t client, number;
};

struct daemon {
	const struct daemon_inherit *in; /* borrowed */
	struct msgq *inbox;              /* owned */
	struct loader *loader;           /* owned */
	struct control *control;         /* owned */
	struct helpers *helpers;         /* owned */
	struct updates *updates;         /* owned; NULL: none */
	struct visibility_watch *seen;   /* owned; NULL: none */
	struct crew crew;                /* the workers; owned */
	unsigned nended;                 /* of them */
	int signals;                     /* owned */
	struct force force;              /* what is in force */
	struct load *lent; /* owned; newest first: what workers were lent they
			    * may read until all use a later one */
	uint64_t asked, done; /* numbers of loads; asked > done: one is on */
	bool again;           /* and one more when it is done */
	struct waiter waiter[CONTROL_CLIENTS];
	unsigned nwaiters;
	struct list_node outcomes; /* owned: told when all workers are as far */
	int64_t snapshot_ms, stale_ms; /* wall */
	uint64_t reloads, failures;
	enum phase phase;
	int64_t deadline; /* of DRAIN and STOP; monotonic ms */
};

void daemon_tell_supervisor(const struct daemon *d, enum daemon_news news);

/* What something came to, for who asked for it. */
struct outcome {
	struct list_node node; /* private, and the next */
	unsigned left;         /* workers that are not as far yet */
	uint64_t generation;   /* that is in force by it; 0: none is new */
	int64_t took_ms;
	uint64_t load;     /* its number; 0: none, or nobody asked for it */
	uint64_t client;   /* of the control socket; 0: none */
	struct buf answer; /* owned; for <client>, or who waits for <load> */
};

/* Tell it now, or when all workers have taken what they have been sent; its
 * answer is taken. */
void daemon_tell(struct daemon *d, struct outcome *o);
void daemon_tell_later(struct daemon *d, struct outcome *o);
/* A worker is as far. */
void daemon_echoed(struct daemon *d, const void *outcome);
/* All of them, now. */
void daemon_tell_all(struct daemon *d);

/* Give a reference back; NULL: nothing. */
void daemon_drop_snapshot(struct daemon *d, struct snapshot *s);

/* Begin a load, or note that one is wanted when the present one is done.
 * Its number; 0: it cannot be. */
uint64_t daemon_load(struct daemon *d);

/* Load <number> (0: nobody asked for it) came to <load>, taken. */
void daemon_loaded(struct daemon *d, struct load *load, uint64_t number);

/* A worker uses <settings>: when all do, what is older may go. */
void daemon_settled(struct daemon *d, const void *settings);

/* Lend its shadow, or that there is none any more, to the workers. */
void daemon_hand_shadow(struct daemon *d, struct load *load);

/* The journal has changed, or could not be: taken. */
void daemon_journal(struct daemon *d, struct ledger_news *n);

/* <client> waits for a load. False: the answer comes when it is done. */
bool daemon_ask_load(struct daemon *d, uint64_t client, struct buf *answer);

/* <l> and what is older. */
void daemon_free_lent(struct load *l);

#endif
