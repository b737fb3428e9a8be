/*
 * prepare.h - what is done once, before the first process is started: the
 * lock, folders, limits, who we are.
 */
#ifndef PROXY_PREPARE_H
#define PROXY_PREPARE_H

#include <stdbool.h>

struct config;
struct config_paths;
struct err;

struct prepared {
	int lock;                  /* owned: close it last */
	bool made_state, made_log; /* the folders are new */
};

/*
 * Make the state and log folders and take the lock in the first, so that one
 * state has one service. Children inherit the lock: it is free when the last
 * of them is gone. -1 with <err> set.
 */
int prepare_state(const struct config *c, struct prepared *p, struct err *err);

/* As many descriptors as the system permits. */
void prepare_limits(void);

/*
 * Started as root: become [proxy] user. Folders that are new, and files of
 * ours in them, are handed over; a folder of root's that was there before is
 * not, it might be anybody's. An empty `user`, root, or the demo: stay. Where
 * that user does not exist we stay root, with a warning, if the state folder
 * is root's too; else it is refused, because files would be left that the user
 * cannot read. -1 with <err> set.
 */
int prepare_user(const struct config *c, const struct config_paths *at,
    const struct prepared *p, struct err *err);

/* How many workers: as configured, or the processors we may run on. */
unsigned prepare_workers(const struct config *c);

#endif
