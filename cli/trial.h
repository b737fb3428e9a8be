/*
 * trial.h - a configuration that is looked at, not run: loaded with its lists
 * and the overrides in force, nothing on disk changed.
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
void trial_close(struct trial *t);

#endif
