/*
 * update.h - one feed, one update: fetch, verify, unpack, try, put in force.
 *
 * Who calls says what trying means: a list is compiled alone and must hold
 * against the one in force. A version that does not is *held*: kept, named,
 * and used only when an admin accepts it. Whatever happens, and wherever it is
 * cut off, the state names the former version or the new one.
 */
#ifndef FEEDS_UPDATE_H
#define FEEDS_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "feeds/schedule.h"
#include "feeds/state.h"

/* What to do; all borrowed. */
struct feed {
	struct str name, state_dir;
	struct feed_plan plan;
	struct str sha256;   /* hex, or the address of it; "": none */
	struct str sign_key; /* the key itself, or a path; "": none */
	struct str ca_file;  /* "": the system's */
	uint64_t max_size;
	uint32_t timeout_s;
	bool insecure;
};

struct feed_ops {
	/*
	 * Compile the list from <path>, not to be kept. 0 with <entries>; -1
	 * with <why> it must not be used. <accept>: an admin wants it; only
	 * what cannot be compiled at all is refused.
	 */
	int (*try)(void *arg, const struct feed *f, const char *path,
	    bool accept, uint64_t *entries, struct err *why);
	void (*progress)(void *arg, uint64_t at, uint64_t of); /* or NULL */
	void *arg;
};

enum feed_how {
	FEED_PLAIN = 0,
	FEED_FORCE = 1,  /* fetch it even if it has not changed */
	FEED_ACCEPT = 2, /* put the held version in force; fetch nothing */
};

enum feed_outcome {
	FEED_UNCHANGED = 0,
	FEED_UPDATED,
	FEED_HELD, /* a new version, now or earlier, waits for a word */
	FEED_FAILED,
	FEED_BUSY, /* somebody else updates it */
};
const char *feed_outcome_name(enum feed_outcome o);

struct feed_result {
	enum feed_outcome outcome;
	struct err why;          /* HELD, FAILED, BUSY */
	struct feed_state state; /* as it is now */
	uint64_t links;          /* left out of the archive */
};

void feed_update(const struct feed *f, unsigned how, const struct feed_ops *ops,
    struct feed_result *r);

/*
 * What <r> has in force is compiled with all the rest, and used. Until this is
 * called the state says that it is not (r->state.pending).
 */
void feed_settle(const struct feed *f, struct feed_result *r);

/*
 * The version that <r> put in force does not do with all the rest, because of
 * <why>: the former takes its place again, and it is held.
 */
void feed_take_back(
    const struct feed *f, const char *why, struct feed_result *r);

/*
 * The version that feed_take_back() took back could not help it, <why> is none
 * of its faults: it is in force again, pending, and its turn comes again, ever
 * later.
 */
void feed_put_off(const struct feed *f, const char *why, struct feed_result *r);

#endif
