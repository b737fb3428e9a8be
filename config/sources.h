/*
 * sources.h - the files behind the [list] sections.
 *
 * A list's source is a file or a folder. A ut1 tree has a folder for each
 * category, with files `domains` and `urls`; `expressions` is noted as not
 * used, links to folders are other names of the same category and skipped,
 * links to files are followed. Any other folder gives all its files. What
 * begins with a dot is never read.
 *
 * Also sums up what the files are (not what is in them: millions of lines
 * are not read to find that nothing changed) in a fingerprint.
 */
#ifndef CONFIG_SOURCES_H
#define CONFIG_SOURCES_H

#include <stdint.h>

#include "base/str.h"
#include "lists/compile.h"

struct config;
struct config_list;
struct diag;

struct source {
	const struct config_list *list; /* borrowed from the config */
	char *path;                     /* owned: to open */
	char *shown;    /* owned: below the list's folder, or as configured */
	char *category; /* owned; "" : none */
	enum list_format format;
};

struct sources {
	struct source *v; /* owned */
	unsigned n, cap;
	uint64_t fingerprint[2];
};

/* Find them; trouble is reported. 0, or -1 (and nothing to release). */
int sources_find(struct sources *s, const struct config *c, struct diag *d);
void sources_fini(struct sources *s);

#endif
