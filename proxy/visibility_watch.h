/*
 * visibility_watch.h - proxy/visibility.h carried out by the daemon's thread:
 * samples the workers once a minute, keeps the file, says once an hour how
 * much was seen. The file is written by a thread of its own, for which nobody
 * waits: a disk that hangs costs what is usual, not the service.
 */
#ifndef PROXY_VISIBILITY_WATCH_H
#define PROXY_VISIBILITY_WATCH_H

struct buf;
struct visibility_watch; /* opaque */
struct worker;

/* Goes on from <state_dir>/visibility. NULL: no memory; all below take that. */
struct visibility_watch *visibility_open(const char *state_dir);

/* Milliseconds until visibility_run() has something to do; -1: never. */
int visibility_wait(const struct visibility_watch *w);
void visibility_run(
    struct visibility_watch *w, struct worker *const *workers, unsigned n);

/* "visibility":{...} for the status. */
void visibility_json(const struct visibility_watch *w, struct buf *out);

/* Stores what there is. Leaks what a hanging disk holds. */
void visibility_close(struct visibility_watch *w);

#endif
