/*
 * apply.h - the tree of a configuration, through keys.def, into struct
 * config. Pure. All errors are reported, not the first.
 *
 *	config_init(c);
 *	apply_tree(c, &file, APPLY_FILE, diag);
 *	apply_tree(c, &sets, APPLY_OVER, diag);
 *	apply_finish(c, diag);
 */
#ifndef CONFIG_APPLY_H
#define CONFIG_APPLY_H

#include <stdbool.h>

#include "base/str.h"

struct config;
struct diag;
struct parse_tree;

enum apply_how {
	APPLY_FILE = 0, /* a key that stands twice is an error */
	APPLY_OVER,     /* takes the place of what was there before */
};

/* A new configuration: every key of the sections that stand once has its
 * default. Its arena may have failed: apply_finish() says so. */
void config_init(struct config *c);

void apply_tree(struct config *c, const struct parse_tree *t,
    enum apply_how how, struct diag *d);

/*
 * What follows from the rest, once all is read: a listener where there is
 * none, a group's policy, {state} and {data} in paths; then what must hold
 * between keys (config/check.c).
 */
void apply_finish(struct config *c, struct diag *d);

/* Semantic checks; used by apply_finish(). */
void config_check(const struct config *c, struct diag *d);
/* Of these those about groups and who says who somebody is. Not <sound>: some
 * value could not be read, and what seems to be missing may be that. */
void check_who(const struct config *c, bool sound, struct diag *d);

#endif
