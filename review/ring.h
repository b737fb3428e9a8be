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
 */
#ifndef REVIEW_RING_H
#define REVIEW_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "review/record.h"

#define RING_SLOTS 2048 /* about 3.5 MiB a worker; a power of two */
#define RINGS_MAX  64

struct err;
struct ring;  /* one, in shared memory */
struct rings; /* the mapping of all */

/*
 * Open or make <path> with <n> rings. What an earlier run left unread stays
 * readable; a file of another version or size is set aside as <path>.old and
 * made anew. NULL with <err> set on failure.
 */
struct rings *rings_open(const char *path, unsigned n, struct err *err);
void rings_close(struct rings *r);
unsigned rings_count(const struct rings *r);
struct ring *rings_at(struct rings *r, unsigned i);

/* Descriptor (an eventfd shared by all) that a writer pokes after putting and
 * the recorder polls. */
int rings_bell(const struct rings *r);

/* Copy <rec> in; false when full (nothing changed). Pokes the bell only when
 * the ring was empty before. */
bool ring_put(struct rings *all, struct ring *r, const struct record *rec);

/* The <i>-th unread record; NULL when there are fewer. Valid until taken. */
const struct record *ring_peek(const struct ring *r, unsigned i);
void ring_take(struct ring *r, unsigned n);

/* A record could not be put in time: counted; the recorder stores the count. */
void ring_drop(struct ring *r);
uint64_t ring_dropped(const struct ring *r);
unsigned ring_used(const struct ring *r);

#endif
