/*
 * syncer.h - files are brought to the disk by a thread of its own.
 *
 * fdatasync() may take seconds where others write much, and who stores records
 * has no seconds: he hands the file over, goes on writing, and hears later
 * how it went.
 *
 *	syncer_put(s, fd)          what is written up to now, some time
 *	syncer_took(s, &why)       one has ended: 0 or an errno
 */
#ifndef REVIEW_SYNCER_H
#define REVIEW_SYNCER_H

#include <stdbool.h>
#include <stdint.h>

#define SYNCER_MAX    8    /* files in hand; more are refused */
#define SYNCER_END_MS 1000 /* whoever ends has waited before, if he wants to */

struct err;
struct syncer; /* opaque; used from the thread that made it */

struct syncer *syncer_new(struct err *err);

/*
 * NULL: nothing. What is in hand is awaited for SYNCER_END_MS. A disk that
 * hangs for longer keeps the thread, and its memory, to the process's end.
 */
void syncer_free(struct syncer *s);

/* <fd> may be closed at once. false: too many are in hand, or no descriptor
 * or memory is left; nothing will be done. */
bool syncer_put(struct syncer *s, int fd);

/* How many are in hand. */
unsigned syncer_busy(const struct syncer *s);

/* How long the oldest of these has been, ms; 0: there is none. */
int64_t syncer_late_ms(const struct syncer *s);

/* One has ended, and how: *why is 0 or an errno. false: none has. Each put
 * ends once; an error is told once, a second try would lie. */
bool syncer_took(struct syncer *s, int *why);

/* Wait until one has ended, <ms> at most. */
void syncer_wait(const struct syncer *s, int ms);

#endif
