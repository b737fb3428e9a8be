/*
 * control.h - the local socket: one line asks, one JSON answer, then the end.
 *
 * Served by the main thread's poll; no client can hold it up: how many, how
 * long and how large is bounded, and nothing here blocks. Who may connect is
 * decided by the socket's mode and owner.
 *
 *	n = control_poll(c, p);   poll(p, n, control_wait(c));
 *	control_run(c, p);
 */
#ifndef PROXY_CONTROL_H
#define PROXY_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct control; /* opaque; one thread */
struct err;

#define CONTROL_CLIENTS 16 /* at once; others wait in the kernel's queue */
#define CONTROL_FDS     (CONTROL_CLIENTS + 1)
#define CONTROL_LINE                                                           \
	4096                   /* of a request; longer is refused. An override
			       * comes in one line, with a reason that may be
			       * all escapes and a long address */
#define CONTROL_ASK_MS   5000  /* for a request to be complete */
#define CONTROL_TELL_MS  10000 /* for an answer to be read; then cut off */
#define CONTROL_PAUSE_MS 100   /* after a client that could not be accepted */

/*
 * <request>, without its newline, came from <client>. Append the answer and
 * return true, or return false and call control_answer() later.
 */
typedef bool control_ask(
    void *arg, struct str request, uint64_t client, struct buf *answer);

/* <fd>: a listening, non-blocking socket; borrowed. NULL with <err> set. */
struct control *control_new(
    int fd, control_ask *ask, void *arg, struct err *err);
void control_free(struct control *c); /* NULL: nothing */

/* Fill <p> (CONTROL_FDS of them); how many. */
unsigned control_poll(const struct control *c, struct pollfd *p);
int control_wait(const struct control *c); /* ms to the next deadline; -1 */
void control_run(struct control *c, const struct pollfd *p);

/* Nothing where <client> has gone meanwhile. */
void control_answer(struct control *c, uint64_t client, struct str answer);

#endif
