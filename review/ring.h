/*
 * ring.h - records in shared memory: one writer, one reader, counted drops.
 *
 * The memory is a mapped file in the state folder, made by the supervisor, so
 * that records survive whoever dies, the supervisor included; only the
 * machine going down loses what the recorder has not written yet. One ring a
 * worker. A record is there for the reader when the head moved past it, and
 * not before: a writer killed in the middle leaves nothing half-written.
 *
 *	ring_put(ring, &record)          worker; false: full
 *	ring_peek(ring, n)               recorder; NULL: no more
 *	ring_take(ring, n)               after the file holds them
 *
 * A writer rings the bell only while the reader sleeps:
 *
 *	rings_sleep(rings); if nothing is there: poll(rings_bell())
 *	rings_wake(rings);
 */
#ifndef REVIEW_RING_H
#define REVIEW_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "review/record.h"

#define RING_SLOTS 2048 /* about 5 MiB a worker; a power of two */
#define RINGS_MAX  256  /* as many as there may be workers */

struct err;
struct ring;  /* one, in shared memory */
struct rings; /* the mapping of all */

/*
 * Open or make <path> with <n> rings or more. What an earlier run left unread
 * stays readable, also where it had another number of rings: the file grows,
 * it does not shrink. A file of another version, or a damaged one, is set
 * aside as <path>.old and made anew; *<aside> (NULL: nobody asks) says so.
 * All blocks are allocated here, so that a disk that fills up later stops no
 * writer. NULL with <err> set on failure.
 */
struct rings *rings_open(
    const char *path, unsigned n, bool *aside, struct err *err);
void rings_close(struct rings *r); /* NULL: nothing. The file stays */
unsigned rings_count(const struct rings *r);
struct ring *rings_at(struct rings *r, unsigned i);

/*
 * Is the file as long as it was? Where somebody has cut it short in place, who
 * touches what is mapped dies of SIGBUS: the supervisor asks before it does.
 */
bool rings_look(struct rings *r);

/*
 * After rings_look() said no, and while there is no recorder: give the file
 * its length again, and the board what stood there at the last look. Writers
 * may go on; the records that waited are lost. -1 with <err>: the disk has no
 * room.
 */
int rings_mend(struct rings *r, struct err *err);

/* An eventfd, inherited by all, that writers poke and the recorder polls. */
int rings_bell(const struct rings *r);

/*
 * The recorder is about to wait for the bell: every record put from now on
 * rings it. What was put just before has not, so look again, then wait.
 */
void rings_sleep(struct rings *r);
void rings_wake(struct rings *r); /* it is awake: no need to ring */

/* Copy <rec> in; false when full (nothing changed). */
bool ring_put(struct rings *all, struct ring *r, const struct record *rec);

/* The <i>-th unread record; NULL when there are fewer. Valid until taken. */
const struct record *ring_peek(const struct ring *r, unsigned i);
/* Is it the record that was put there? Not, where the machine went down
 * between the ring's end and the record reaching the disk. */
bool ring_is_sound(const struct ring *r, unsigned i);
void ring_take(struct ring *r, unsigned n);

/* A record was not put in time, or is not sound: counted; the recorder stores
 * the count. */
void ring_drop(struct ring *r);
uint64_t ring_dropped(const struct ring *r);
unsigned ring_used(const struct ring *r);

/*
 * Recorder: fill <rec> with the record that says how many were dropped, and
 * return true, where some were since the last. Asked again before
 * ring_lost_stored(), also by the next recorder, it gives the same record.
 */
bool ring_lost(struct ring *r, int64_t wall_ms, const uint8_t chance[10],
    struct record *rec);
void ring_lost_stored(struct ring *r);

/*
 * What the processes tell each other, in the same shared memory. Each field
 * is one word, read and written relaxed by the functions below.
 */
struct rings_board {
	uint64_t generation; /* of the last snapshot; outlives a restart */
	uint64_t privacy, log_query; /* how to write; enum record_privacy */
	uint64_t drain_s;            /* how long the proxy may take to end */
	uint64_t config;             /* digest of the one in force; 0: none */
	uint64_t recorder_pid, recorder_restarts, proxy_restarts;
	uint64_t written, write_errors, lost; /* records */
	uint64_t last_write_ms;               /* wall; 0: none yet */
	uint64_t failing; /* 1: the log cannot be written just now */
	uint64_t beat;    /* the recorder lives: it counts on, each turn */
	uint64_t hung;    /* 1: it does not, as the supervisor sees it */
};
struct rings_board *rings_board(struct rings *r);

static inline uint64_t
board_get(const uint64_t *field)
{
	return __atomic_load_n(field, __ATOMIC_RELAXED);
}

static inline void
board_set(uint64_t *field, uint64_t v)
{
	__atomic_store_n(field, v, __ATOMIC_RELAXED);
}

#endif
