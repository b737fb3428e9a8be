/*
 * attach.h - the files that belong to a configuration beside its own text:
 * time zones, phrases, and of the shipped data the search engines and the
 * sites that are always reachable.
 */
#ifndef CONFIG_ATTACH_H
#define CONFIG_ATTACH_H

#include "base/str.h"

struct config;
struct diag;

#define ATTACH_TERMS_MAX  (4u << 20)   /* bytes of a file of phrases */
#define ATTACH_ZONE_MAX   (256u << 10) /* those of 2026 have 4 KiB */
#define ATTACH_TABLE_MAX  (1u << 20)   /* shipped tables */
#define ATTACH_ENGINES    "lists/search-engines.tsv"
#define ATTACH_SUPPORT    "lists/support-sites.tsv"
#define ATTACH_ZONES      "/usr/share/zoneinfo"
#define ATTACH_LOCAL_ZONE "/etc/localtime"

/* Read them all into <c>'s arena, once its keys are known. What is missing is
 * reported; what may be missing is warned of. */
void attach_files(struct config *c, struct diag *d);

/* The hosts of a table of support sites: host, language and name, with tabs
 * between. For attach_files(), and for tests. */
void attach_support(
    struct config *c, const char *path, struct str text, struct diag *d);

#endif
