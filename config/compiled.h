/*
 * compiled.h - the image of all lists: the one in place where no source has
 * changed, else a new one, proven before it takes the old one's place.
 */
#ifndef CONFIG_COMPILED_H
#define CONFIG_COMPILED_H

#include <stdbool.h>
#include <stdint.h>

#include "config/build.h"

struct accepted;
struct config;
struct config_watch;
struct diag;

struct compiled_want {
	const char *path;    /* of the image in place */
	uint64_t generation; /* to store in a new one */
	bool no_write;       /* nothing on disk changes */
	bool unguarded;      /* a new one is taken whatever it is: to look at */
	const struct config_watch *watch; /* NULL: nobody */
	/*
	 * Is a new one fit to follow <old> (p NULL: none)? Asked before it
	 * takes the old one's place; reports why not. What an admin accepts
	 * of it goes into <journal>. NULL: it is.
	 */
	bool (*prove)(void *arg, struct bytes image, struct bytes old,
	    struct accepted *journal);
	void *arg;
};

/* What has been accepted stands beside the image. */
#define COMPILED_JOURNAL "lists.accepted"

/*
 * The image of <c>'s lists into <out>, to be dropped by out->drop(out->arg).
 * Without lists there is none: out->bytes.p is NULL. One process at a time
 * makes a new one; it is written beside the old and put in its place when all
 * is well. Return 0, or -1 with all trouble reported and the file in place
 * untouched.
 */
int compiled_get(const struct config *c, const struct compiled_want *want,
    struct build_image *out, struct diag *d);

/* Map and check the image at <path>, body and all. */
int compiled_open(const char *path, struct build_image *out, struct diag *d);

/*
 * Does <image>, made elsewhere or earlier, have all of <c>'s lists? One that
 * it has not would silently hold nothing. -1 with those reported.
 */
int compiled_covers(
    const struct config *c, const struct build_image *image, struct diag *d);

#endif
