/*
 * demo.h - `make run` without internet: a small origin on loopback that
 * answers any host, and .test names that lead to it.
 */
#ifndef PROXY_DEMO_H
#define PROXY_DEMO_H

#include <stdbool.h>

#include "lists/name.h"

struct daemon_inherit;
struct demo;
struct err;
struct resolve_result;
struct worker;

#define DEMO_PORT 3181

/* Where it was asked for: set w->demo_names, and in the first worker listen on
 * 127.0.0.1:DEMO_PORT. */
int demo_open(
    struct worker *w, const struct daemon_inherit *in, struct err *err);
void demo_free(struct demo *d); /* NULL: nothing */

/* Is it a name of the demo's, and where does it lead? */
bool demo_has(struct name n);
void demo_address(struct resolve_result *out);

#endif
