/*
 * origins.h - where an entry comes from: a file, and how its lines are meant
 * (enum image_role, group of exceptions). Each such is a source of the image.
 * For lists/ alone.
 *
 * An origin has an id from when it is first met, and a number at last: in the
 * order of files, then roles, then groups, so that numbers do not depend on
 * the order in which lines came.
 */
#ifndef LISTS_ORIGINS_H
#define LISTS_ORIGINS_H

#include <stdbool.h>
#include <stdint.h>

#define ORIGINS_MAX 65535 /* their numbers have two bytes */

struct origin_key {
	uint16_t file, group;
	uint8_t role;
};

struct origins {
	struct origin_key *v; /* owned; by id */
	uint32_t *slots;      /* owned; by hash: id + 1; 0: free */
	uint16_t *number;     /* owned; of each id, once ordered */
	uint32_t *order;      /* owned; the id of each number */
	uint32_t n, cap, nslots;
};

void origins_fini(struct origins *o); /* of a zeroed one too */

enum origins_result { ORIGINS_OK = 0, ORIGINS_FULL, ORIGINS_NO_MEMORY };

/* The id of what stands in <key>. A new one is refused (ORIGINS_FULL) where
 * less than <spare> others would fit in besides. */
enum origins_result origins_intern(
    struct origins *o, struct origin_key key, uint32_t spare, uint16_t *id);

/*
 * Decide numbers. Each of the files 0 .. <nfiles> - 1 that has no origin gets
 * one without role. False: no memory.
 */
bool origins_order(struct origins *o, uint32_t nfiles);

#endif
