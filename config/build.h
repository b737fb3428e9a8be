/*
 * build.h - a configuration and a compiled image into a snapshot. Pure.
 */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct config;
struct diag;
struct image;
struct snapshot;

/* An image and how to let go of it. */
struct build_image {
	struct bytes bytes; /* p NULL: none */
	void (*drop)(void *arg);
	void *arg;
};

/*
 * Takes <image>, in any case. All errors are reported, each rule's at its
 * place. NULL when there was one.
 */
struct snapshot *build_snapshot(const struct config *c,
    struct build_image image, uint64_t generation, struct diag *d);

/* How would these rules judge with such lists? */
struct build_parts {
	struct build_image image, more; /* more: beside it, or none */
	const struct image *known;      /* rules may name what it has, too;
	                                 * NULL: nothing */
	uint64_t generation;
	bool quiet; /* patterns that cannot be used are not spoken of */
};
/* Takes the images, as above. */
struct snapshot *build_snapshot_of(
    const struct config *c, const struct build_parts *parts, struct diag *d);

#endif
