/*
 * supervisor.h - the first process: opens the listening sockets and the
 * rings, starts the proxy and the recorder, restarts what dies, passes
 * signals on; does nothing else. The only header of proxy/ that cli/ sees.
 */
#ifndef PROXY_SUPERVISOR_H
#define PROXY_SUPERVISOR_H

#include <stdbool.h>

struct config;
struct config_paths;

/*
 * Run in the foreground until TERM or INT. Returns the exit status: 0 after
 * a drain, 1 when the start failed (said on stderr). <c> is borrowed.
 */
int supervisor_run(const struct config *c, const struct config_paths *at);

#endif
