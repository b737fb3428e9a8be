/*
 * daemon.h - the proxy process: main thread (signals, control socket),
 * loader thread (snapshots), a worker thread a core.
 */
#ifndef PROXY_DAEMON_H
#define PROXY_DAEMON_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct config;
struct config_paths;
struct rings;

/* What the supervisor hands to the proxy process; all borrowed. */
struct daemon_inherit {
	const struct config *config;
	const struct config_paths *paths;
	struct rings *rings; /* one a worker */
	unsigned nworkers;
	/* listening sockets, nworkers for each address in the order of the
	 * configuration: socket of listener l, address a, worker w */
	const int *sockets;
	unsigned nsockets;
	int control; /* listening Unix socket */
	int news;    /* pipe to the supervisor: one enum daemon_news a byte */
	unsigned restarts;  /* of the proxy process; 0: this is the first */
	int64_t started_ms; /* wall clock of the supervisor's start */
};

/* What the supervisor hears; it tells systemd. */
enum daemon_news {
	DAEMON_NEWS_READY = 'R', /* serving, or done with reloading */
	DAEMON_NEWS_RELOADING = 'L',
};

#define DAEMON_EX_CONFIG 78 /* no snapshot could be made: EX_CONFIG */

/*
 * What the supervisor tells by: to end (again: at once), to load anew. They are
 * none of those that systemd and terminals send to all processes at once: of two
 * TERM that nobody has read yet the kernel keeps one, and it would be that of a
 * stranger.
 */
#define DAEMON_SIGNAL_END  SIGRTMIN
#define DAEMON_SIGNAL_LOAD (SIGRTMIN + 1)

/* Does not return before the process shall end; its exit status. TERM and HUP
 * are not obeyed. The two signals above are blocked where it is called. */
int daemon_run(const struct daemon_inherit *in);

#endif
