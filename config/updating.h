/*
 * updating.h - lists that are fetched: what their keys must say, and where
 * what was fetched stands. feeds/ does the fetching.
 */
#ifndef CONFIG_UPDATING_H
#define CONFIG_UPDATING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct config;
struct config_list;
struct diag;
struct feed;

/* Semantic checks of one [list]. Not <sound>: some value could not be read, and
 * what seems to be missing may be that. Pure. */
void check_feed(const struct config_list *l, bool sound, struct diag *d);

/*
 * Point each list that is fetched at the version in force. One of which there
 * is none uses its configured source, if it has one; else it is unfetched,
 * which is warned of, and compiling it will be an error.
 */
void updating_find(struct config *c, struct diag *d);

/* The same for one list, after an update. */
void updating_find_one(struct config *c, struct config_list *l);

/* The feed of list <l>; it borrows from <c>. */
struct feed updating_feed(const struct config *c, const struct config_list *l);

/* A digest in hex? (Else it is an address.) */
bool updating_is_digest(struct str s);

#endif
