/*
 * job.h - what suzgi-fetch is told on its stdin, and how it locks itself in.
 *
 * Lines of "key=value"; all that stands behind the line "ca=" is its value.
 */
#ifndef FEEDS_FETCH_JOB_H
#define FEEDS_FETCH_JOB_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct job {
	struct buf text; /* owned; each value has a NUL behind it */
};

/* Read stdin to its end. False: it is too long, or no memory. */
bool job_read(struct job *j);
void job_fini(struct job *j);

/* The value, with a NUL behind it; NULL where it is not given. */
const char *job_get(const struct job *j, const char *key);
uint64_t job_u64(const struct job *j, const char *key, uint64_t otherwise);
/* What stands behind "ca="; empty: nothing. */
struct str job_ca(const struct job *j);

/*
 * From here on: end with the parent, no new privileges, no core, so many
 * bytes of memory (0: any), bytes of a file, seconds of processor. As root:
 * become nobody. -1: it could not be done, and nothing may be started.
 */
int jail(uint64_t memory, uint64_t file_size, uint32_t cpu_s);

/* Besides: no file, socket or process can be opened any more. */
void jail_shut(void);

int get_run(const struct job *j);
int unpack_run(const struct job *j);

#define FETCH_FD 3 /* the file: to write for get, to read for unpack */

#endif
