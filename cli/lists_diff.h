/*
 * lists_diff.h - what one image lists that another does not: each entry of
 * the one is looked up in the other. Memory is that of the classes and of the
 * few entries that are kept to be shown.
 *
 *	struct lists_diff d = {.show = 10};
 *	if (lists_diff_run(&d, &old, &new) < 0) ...
 *	for (i = 0; i < d.n; i++) ... d.keys[i].sides[DIFF_ADDED].n ...
 *	lists_diff_fini(&d);
 */
#ifndef CLI_LISTS_DIFF_H
#define CLI_LISTS_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct image;

/* ROLES: the entry is in both, but held to be meant differently. */
enum diff_kind { DIFF_ADDED = 0, DIFF_REMOVED, DIFF_ROLES, DIFF_KINDS };

/* One entry or pattern; roles: sets of roles, a bit for each value. */
struct diff_entry {
	struct str text; /* owned by the row, where it is kept */
	struct str file; /* borrowed from the image */
	uint32_t line;
	uint32_t was, is; /* ROLES: 1 << role, ORed */
	bool pattern;
};

/* One list and category. */
struct diff_key {
	struct str list, category; /* borrowed from an image */
	struct diff_side {
		uint64_t n, patterns;
		struct diff_entry *some; /* owned; the first by text */
		unsigned nsome;
	} sides[DIFF_KINDS];
};

struct lists_diff {
	/* asked for */
	struct str list; /* this one alone; "" : all */
	unsigned show;   /* so many of each are kept */
	/* Hears of each; NULL: nobody. False: stop. */
	bool (*each)(void *arg, const struct diff_key *key, enum diff_kind kind,
	    const struct diff_entry *e);
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
	/* found */
	struct diff_key *keys; /* owned */
	unsigned n;
};

/* 0, or -1: memory. */
int lists_diff_run(
    struct lists_diff *d, const struct image *was, const struct image *is);
void lists_diff_fini(struct lists_diff *d);

#endif
