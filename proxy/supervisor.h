/*
 * supervisor.h - the first process: opens the listening sockets and the
 * rings, starts the proxy and the recorder, restarts what dies, passes
 * signals on; does nothing else. The only header of proxy/ that cli/ sees.
 */
#ifndef PROXY_SUPERVISOR_H
#define PROXY_SUPERVISOR_H

#include <stdbool.h>

struct buf;
struct config;
struct config_paths;
struct err;

/*
 * Run in the foreground until TERM or INT. Returns the exit status: 0 after
 * a drain, 78 when no snapshot could be made of the configuration, 1 when the
 * start failed otherwise (said on stderr). <c> is borrowed.
 *
 * HUP reloads, USR1 opens the log anew, TERM and INT drain, again: end now.
 */
int supervisor_run(const struct config *c, const struct config_paths *at);

/*
 * Ask the running service at its <control> socket: "status", "reload",
 * "override LINE" with a line of the journal (config/journal.h). The answer, one line of JSON, is appended to <answer>. <wait_ms>: how long
 * nothing may come; 0: for ever. -1 with <err> set.
 */
int supervisor_ask(const char *control, const char *request, int wait_ms,
    struct buf *answer, struct err *err);

#endif
