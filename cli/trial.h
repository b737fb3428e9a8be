/*
 * trial.h - a configuration that is looked at, not run: loaded with its lists,
 * nothing on disk changed.
 *
 *	struct trial t;
 *	int rc = trial_open(&t, &common.at);
 *
 *	if (rc >= 0)
 *		return rc;
 *	... t.snapshot ...
 *	trial_close(&t);
 */
#ifndef CLI_TRIAL_H
#define CLI_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct config_paths;
struct snapshot;

struct trial {
	struct config *config;     /* owned */
	struct snapshot *snapshot; /* owned */
};

/* Errors go to stderr, warnings nowhere: suzgi check is for these. -1 to go
 * on, else the exit status. */
int trial_open(struct trial *t, const struct config_paths *at);

/* Put the exceptions on it that people made, and that hold at <now>. One that
 * cannot be read is told on stderr. False: none could be. */
bool trial_overrides(struct trial *t, int64_t now);

void trial_close(struct trial *t);

#endif
