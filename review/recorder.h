/*
 * recorder.h - the process that stores records: rings -> block.jsonl.
 *
 * The only writer of the log, and the only one who turns a record into text.
 * It writes whole lines, then takes the records out of their rings; killed in
 * between, its successor finds the lines' ids in the file and does not write
 * them again: each record is stored once. While the disk refuses, records wait
 * in the rings.
 */
#ifndef REVIEW_RECORDER_H
#define REVIEW_RECORDER_H

#include <stdbool.h>

struct err;
struct recorder; /* opaque */
struct rings;

struct recorder_setup {
	struct rings *rings;  /* borrowed; its board says how to write */
	const char *log_dir;  /* borrowed */
	const char *keys_dir; /* borrowed; made if need be */
};

/*
 * The process: until TERM, then store what is left and return the exit
 * status. USR1: go on in a new file. INT and HUP mean nothing to it.
 */
int recorder_run(const struct recorder_setup *setup);

/* The same in steps, for tests. NULL with <err> set on failure. */
struct recorder *recorder_new(
    const struct recorder_setup *setup, struct err *err);
void recorder_free(struct recorder *r); /* NULL: nothing */

/* Store all there is; false: the log cannot be written just now. */
bool recorder_step(struct recorder *r);

/* The file was moved away. */
void recorder_rotate(struct recorder *r);

/* Can the log be kept in <log_dir>? Asked while no recorder runs. */
int recorder_check(const char *log_dir, struct err *err);

#endif
