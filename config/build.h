/*
 * build.h - a configuration and a compiled image into a snapshot. Pure.
 */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

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

/*
 * The same where rules may also name what <known> has (NULL: nothing): how
 * would these rules have judged with lists of before?
 */
struct snapshot *build_snapshot_of(const struct config *c,
    struct build_image image, const struct image *known, uint64_t generation,
    struct diag *d);

#endif
