/*
 * force.h - what is in force: the snapshot that was loaded, and on it the
 * overrides that the ledger knows. For the daemon's main thread.
 */
#ifndef PROXY_FORCE_H
#define PROXY_FORCE_H

#include <stdbool.h>
#include <stdint.h>

struct budgets;
struct buf;
struct err;
struct guard;
struct ledger;
struct ledger_news;
struct msgq;
struct snapshot;

struct force {
	struct snapshot *base;     /* shared: a reference; as it was loaded */
	struct snapshot *snapshot; /* shared: a reference; with overrides */
	struct ledger *ledger;     /* owned */
	struct budgets *budgets;   /* owned; workers are lent it */
	/* Give back a reference that is no longer needed; never NULL. */
	void (*drop)(void *arg, struct snapshot *s);
	void *arg;
};

/* With the overrides of <state_dir> and <first>, a reference that is taken in
 * any case. The ledger's news go to <out>. -1 with <err> set. */
int force_open(struct force *f, const char *state_dir, struct msgq *out,
    struct snapshot *first, struct err *err);
/* The ledger writes what is to be written, and ends: no news from here on but
 * those that are on their way. */
void force_stop(struct force *f);
void force_close(struct force *f);

/* Put <base> in force, a reference that is taken in any case. False: no
 * memory, and all is as it was. */
bool force_load(struct force *f, struct snapshot *base);

/*
 * News of the ledger (LEDGER_NEWS), taken. True: f->snapshot is another, and
 * workers are to get it. *client (0: nobody) is to be told <answer>; private
 * destinations are judged by <guard>.
 */
bool force_news(struct force *f, struct ledger_news *n,
    const struct guard *guard, uint64_t *client, struct buf *answer);

#endif
