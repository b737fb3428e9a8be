/*
 * prove.h - is a new image of the lists fit to take the old one's place? The
 * rules have to hold with it, and it may not newly block a site that must not
 * be blocked, unless an admin says so.
 */
#ifndef CONFIG_PROVE_H
#define CONFIG_PROVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct accepted;
struct config;
struct config_paths;
struct diag;

struct proof {
	const struct config *c;
	const struct config_paths *at;
	uint64_t generation;
	struct diag *d;
};

/* Reports why not. <old>.p NULL: there is none, and nothing is held. What is
 * accepted is added to <journal>. <arg> is a struct proof. */
bool prove_image(
    void *arg, struct bytes image, struct bytes old, struct accepted *journal);

/*
 * The same of an image that has one list alone, in a version that is not in
 * force yet: would it newly block such a site beside what <old> has?
 */
bool prove_addition(
    void *arg, struct bytes image, struct bytes old, struct accepted *journal);

#endif
