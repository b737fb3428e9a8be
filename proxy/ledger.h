/*
 * ledger.h - the thread that keeps on the disk what must outlive us: the
 * journal of overrides, and what was used of budgets.
 *
 * The daemon's main thread never waits for a disk; it asks, and a message
 * comes back:
 *
 *	ledger_ask(l, line, client);     LEDGER_NEWS, sooner or later
 *
 * A journal that another program has added to is read again, and news of it
 * come unasked. So they do when an override begins or ends by its time: what
 * requests get changes by itself then, but open tunnels have to be asked again.
 */
#ifndef PROXY_LEDGER_H
#define PROXY_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "filters/overrides.h"

struct budgets;
struct ledger; /* opaque */
struct msgq;

#define LEDGER_LOOK_MS 500   /* how often the journal is looked at */
#define LEDGER_SAVE_MS 10000 /* how often budgets are written */

/*
 * The message, beside daemon_msg and LOADER_DONE. p: struct ledger_news,
 * owned by who receives it. Who asked always gets one.
 */
#define LEDGER_NEWS 200
struct ledger_news {
	uint64_t client;       /* 0: nobody asked */
	bool done;             /* what was asked for is on the disk */
	bool ended;            /* ... and it was an end; else an add */
	bool read;             /* <set> is what is in force now */
	struct overrides *set; /* owned; NULL: none */
	struct override one;   /* what was added or ended; texts in <arena> */
	struct arena arena;    /* owned */
	struct err err;        /* why it was not done */
};
void ledger_news_free(struct ledger_news *n); /* NULL: nothing */

struct ledger_setup {
	const char *state_dir;   /* borrowed */
	struct budgets *budgets; /* borrowed; NULL: none */
	struct msgq *out;        /* borrowed */
};

/*
 * Read what is there, in the caller's thread: what is in force goes to
 * <first>, owned by the caller (NULL: none). A journal that cannot be read is
 * told in the log as an error, and nothing of it is in force. NULL with <err>
 * set: no memory.
 */
struct ledger *ledger_open(const struct ledger_setup *setup,
    struct overrides **first, struct err *err);
int ledger_start(struct ledger *l, struct err *err);

/* <line>: of the journal (config/journal.h), as `suzgi allow` makes it. */
bool ledger_ask(struct ledger *l, struct str line, uint64_t client);

/* For status: how many of <set> hold now, damaged lines, whether the journal
 * could be read; never of whom or what. A member of a JSON object. */
struct buf;
void ledger_json(
    const struct ledger *l, const struct overrides *set, struct buf *out);

/* Write what is still to be written, end the thread, free. NULL: nothing. */
void ledger_stop(struct ledger *l);

#endif
