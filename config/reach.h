/*
 * reach.h - can anybody be in a group, or is all that it matches matched by
 * groups before it? Certain where it says no.
 */
#ifndef CONFIG_REACH_H
#define CONFIG_REACH_H

#include <stdbool.h>

struct config;

/* Can anybody be in group <i>? c->group.n: in the default one. */
bool group_is_reachable(const struct config *c, unsigned i);

#endif
