/*
 * diag.h - what is wrong with a configuration, said to a reporter.
 *
 * Counts, finds the line that a place speaks of, and stops repeating itself
 * after DIAG_ERRORS_MAX errors (a wrong file is no reason for a million
 * lines); the count goes on.
 */
#ifndef CONFIG_DIAG_H
#define CONFIG_DIAG_H

#include "config/loader.h"
#include "filters/snapshot.h"

struct config_file;
struct config_piece;

#define DIAG_ERRORS_MAX 100

struct diag {
	config_reporter *report; /* NULL: only count */
	void *arg;
	struct config_file *const *files; /* to find lines in; NULL: none */
	unsigned errors, warnings;
};

/* <at> NULL: nowhere in particular. */
void diag_error(struct diag *d, const struct where *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void diag_warn(struct diag *d, const struct where *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Where byte <offset> of a text stands that is made of <n> pieces; a text
 * without any stands at <at>. */
struct where diag_within(const struct where *at,
    const struct config_piece *pieces, unsigned n, size_t offset);

#endif
