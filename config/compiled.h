/*
 * compiled.h - the image of all lists: the one in place where no source has
 * changed, else a new one, proven before it takes the old one's place.
 */
#ifndef CONFIG_COMPILED_H
#define CONFIG_COMPILED_H

#include <stdbool.h>
#include <stdint.h>

#include "config/build.h"

struct config;
struct diag;

struct compiled_want {
	const char *path;    /* of the image in place */
	uint64_t generation; /* to store in a new one */
	bool no_write;       /* keep a new one in memory */
	/* Is a new one fit to be used? Asked before it takes the old one's
	 * place; reports why not. */
	bool (*prove)(void *arg, struct bytes image);
	void *arg;
};

/*
 * The image of <c>'s lists into <out>, to be dropped by out->drop(out->arg).
 * Without lists there is none: out->bytes.p is NULL. Return 0, or -1 with all
 * trouble reported and the file in place untouched.
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
