/*
 * protected.h - the lists that nobody here can switch off
 * (docs/formats/protected.md): read from a folder that no key, option or
 * variable can change, proven by their signatures, compiled in memory.
 */
#ifndef CONFIG_PROTECTED_H
#define CONFIG_PROTECTED_H

#include <stdbool.h>

#include "base/str.h"

struct buf;
struct config;
struct diag;

/* Always listed; no such host can exist. */
#define PROTECTED_CANARY "canary.suzgi.test"

/* Where they are: fixed when this was built. */
const char *protected_folder(void);

/*
 * Read the lists of <folder> into <c>; one that is lost is a warning, and
 * c->protected_lost names it. config/build.h puts them into snapshots.
 */
void protected_read(struct config *c, const char *folder, struct diag *d);

/* A line of the format `hashed` for the host or address in <text>, with its
 * newline; false with <why>: it is none. */
bool protected_hash(struct str text, struct buf *out, const char **why);

#endif
