/*
 * lists.h - what the commands of suzgi lists share; see cmd_lists.c.
 */
#ifndef CLI_LISTS_H
#define CLI_LISTS_H

#include "base/buf.h"
#include "cli/cli.h"

struct image;

/* What was asked for. */
struct lists_job {
	const struct cli_common *common;
	const char *what; /* lookup: host or URL; diff: an image; may be NULL */
	const char *list; /* diff: of this list alone; NULL: of all */
	const char *show; /* diff: how many entries; NULL: as ever */
	bool accept, again, all;
	struct config *config;
	struct buf out; /* owned: for stdout */
};

int lists_status(struct lists_job *j);
int lists_build(struct lists_job *j);
int lists_lookup(struct lists_job *j);
int lists_diff(struct lists_job *j);

/* "exact+important", or "-" of entries that are as ever. <role>: enum
 * image_role, ORed. */
void lists_add_role(struct buf *b, unsigned role);

/* "2026-11-20", or "-" where <seconds> is 0. */
void lists_add_date(struct buf *b, uint64_t seconds);

/* "3 days", of so many seconds. */
void lists_add_age(struct buf *b, uint64_t seconds);

/* "-" where there is none; what would move a terminal is escaped. */
void lists_add_word(struct buf *b, struct str s, unsigned columns);

#endif
