/*
 * update_try.h - would this version of a list do? For suzgi lists update.
 */
#ifndef CLI_UPDATE_TRY_H
#define CLI_UPDATE_TRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct config;
struct config_paths;
struct config_watch;
struct err;

struct update_try {
	const char *path;                 /* the version's files */
	bool accept;                      /* whatever the bounds say */
	uint64_t *entries;                /* out */
	const struct config_watch *watch; /* of the compiling */
};

/*
 * Compile list <name> of <c> alone from t->path and hold it against the lists
 * in force; nothing is kept. -1 with <why> not.
 */
int update_try(const struct config *c, const struct config_paths *at,
    struct str name, const struct update_try *t, struct err *why);

/* All lists of <c> into the image in place. -1 with <why> not; then that
 * stays as it is. */
int update_build(const struct config *c, const struct config_paths *at,
    const struct config_watch *watch, struct err *why);

#endif
