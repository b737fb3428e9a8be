/*
 * updates.h - lists are fetched again when they are due.
 *
 * The daemon's main thread looks at the clock and at each feed's state.json,
 * and starts `suzgi lists update --scheduled`, one at a time: that process
 * fetches, proves, compiles, and asks for a reload as a person would. Nothing
 * here waits, but for updates_first().
 */
#ifndef PROXY_UPDATES_H
#define PROXY_UPDATES_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct config;
struct daemon_inherit;
struct updates; /* opaque; one thread */

/* The longest that a start waits for lists that were never fetched. */
#define UPDATES_FIRST_S 60

/*
 * Before anything is served: fetch the lists of which there is no version at
 * all, for UPDATES_FIRST_S at most. Where that fails, compiling the lists
 * says what is missing, and the start is refused as without any list. True:
 * <c> is to be read again, for some may have come.
 */
bool updates_first(const struct daemon_inherit *in, const struct config *c);

/* NULL: no memory; then nothing is fetched by itself. */
struct updates *updates_new(const struct daemon_inherit *in);
/* An update on its way is ended; it leaves the former version or the new. */
void updates_free(struct updates *u); /* NULL: nothing */

/* ms until updates_run() has something to do. */
int updates_wait(const struct updates *u);
/* See what is due in <c>, or whether the update on its way has ended. */
void updates_run(struct updates *u, const struct config *c);
/* <c> may be another one now. */
void updates_look(struct updates *u);

/* "updates":[{"list":...}], for suzgi status. */
void updates_json(
    const struct updates *u, const struct config *c, struct buf *out);

#endif
