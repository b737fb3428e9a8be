/*
 * place.h - where feeds keep their versions: a folder for each list.
 *
 *	STATE/feeds/LIST/state.json     which version is in force, and the rest
 *	                 lock           held while one is being updated
 *	                 v-TIME-DIGEST/ a version: never written to again
 *	                 staging/       of an update on its way, or cut short
 *
 * state.json is replaced as a whole, so that a version is in force or is not;
 * what it does not name is rubbish and goes with the next update.
 */
#ifndef FEEDS_PLACE_H
#define FEEDS_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct err;
struct feed_state;

/* STATE/feeds/LIST; false where it is too long. */
bool place_folder(char out[PATH_MAX], struct str state_dir, struct str list);
/* FOLDER/VERSION: the files of a version are what is in it. */
bool place_version(char out[PATH_MAX], const char *folder, const char *version);

/* A name for a version fetched at <time> (s) with digest <sha256> (hex). */
void place_name(char *out, size_t size, int64_t time, const char *sha256);

/*
 * Make <folder> and take its lock. The descriptor, to be closed; -1 with
 * <err>: ERR_REFUSED when somebody else has it.
 */
int place_lock(const char *folder, struct err *err);

/* An empty FOLDER/staging into <out>, whatever was there. */
int place_staging(const char *folder, char out[PATH_MAX], struct err *err);

/*
 * What is in <from> becomes FOLDER/<version>, and is on the disk when this
 * returns. One folder that holds all the rest is left out, unless it is a
 * category.
 */
int place_keep(
    const char *folder, const char *from, const char *version, struct err *err);

/* Remove versions that <s> does not name, if it names one in force, and
 * staging. */
void place_sweep(const char *folder, const struct feed_state *s);

/* Remove <path> and what is below, following no link. */
void place_remove(const char *path);

#endif
