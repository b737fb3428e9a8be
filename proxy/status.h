/*
 * status.h - how we are, as one line of JSON for `suzgi status`.
 */
#ifndef PROXY_STATUS_H
#define PROXY_STATUS_H

#include <stdint.h>

struct buf;
struct config;
struct daemon_inherit;
struct helpers;
struct ledger;
struct snapshot;
struct updates;
struct visibility_watch;
struct worker;

/* What the daemon knows; all borrowed. */
struct status {
	const struct daemon_inherit *in;
	struct worker *const *workers;
	unsigned nworkers;
	const struct snapshot *snapshot;
	int64_t snapshot_ms; /* wall: since when it is in force */
	int64_t stale_ms;    /* wall: since when a newer one is refused; 0 */
	uint64_t reloads, failures;
	unsigned generations;          /* settings that workers still use */
	const char *phase;             /* "serving", "draining" */
	const struct config *config;   /* in force */
	const struct updates *updates; /* NULL: none */
	const struct visibility_watch *seen; /* NULL: none */
	const struct ledger *ledger;         /* NULL: none */
	const struct helpers *helpers;       /* NULL: none */
};

void status_json(const struct status *s, struct buf *out);

#endif
