/*
 * builder.h - lists are compiled in a process of its own.
 *
 * Compiling reads text that strangers wrote, takes hundreds of megabytes for
 * some seconds and all of a processor. None of that belongs into the process
 * that serves: so the proxy starts the program again as "suzgi builder",
 * which compiles the lists, puts the image in place and ends. What it says
 * comes back; what goes wrong in it goes wrong in it alone.
 */
#ifndef PROXY_BUILDER_H
#define PROXY_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct config;
struct config_paths;

/* It may take very long where others need the processor and has an end. */
#define BUILDER_MAX_S 1800

enum builder_end {
	BUILDER_DONE = 0,
	BUILDER_REFUSED,     /* with an error said: the image in place stays */
	BUILDER_NOT_STARTED, /* there is no process to be had */
};

struct builder_job {
	const struct config_paths *paths;
	const struct config *config; /* its folders are used; the file is read
				      * again */
	uint64_t generation;
	/* What it found, a JSON object each (finding.h). It has been logged. */
	void (*finding)(void *arg, bool error, struct str json);
	void *arg;
};

/* Blocks until it has ended. */
enum builder_end builder_run(const struct builder_job *job);

/* The process itself, of which <parent> waits: its exit status. */
int builder_main(
    const struct config_paths *at, uint64_t generation, long parent);

#endif
