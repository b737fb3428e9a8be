/* zones.h - which time zone may have been meant. */
#ifndef CONFIG_ZONES_H
#define CONFIG_ZONES_H

#include "base/str.h"

struct config;

/* The name of a zone below <folder> that <name> is likely a slip of, or that
 * is called so without its continent; in the arena; STR_NONE: none. */
struct str zones_near(struct config *c, const char *folder, struct str name);

#endif
