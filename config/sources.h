/*
 * sources.h - the files behind the [list] sections.
 *
 * A list's source is a file or a folder. A ut1 tree has a folder for each
 * category, with files `domains`, `urls` and `expressions`; links to folders
 * are other names of the same category and skipped, links to files are
 * followed. `very_restrictive_expression` is a category of its own, with
 * "_very_restrictive" behind the name: it holds for much that is harmless.
 * Any other folder gives all its files; where their format is to be
 * recognised, E2Guardian's lists of what is let through are left out, for a
 * list of names does not say what for. What begins with a dot is never read.
 *
 * A file that includes others (source_include()) has them as sources beside
 * it, of its format and category: a name relative to the folder of the file
 * that it stands in; an absolute one as it is, else what stands behind
 * "/lists/" in it below the list's own folder. Each is taken once.
 *
 * Also sums up what the files are (not what is in them: millions of lines
 * are not read to find that nothing changed) in a fingerprint.
 */
#ifndef CONFIG_SOURCES_H
#define CONFIG_SOURCES_H

#include <stdbool.h>
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
	char *only;     /* owned; v2fly: attributes asked for; "": all */
	enum list_format format;
	uint64_t date; /* of the file, seconds since 1970 */
	bool white;    /* ut1 calls its category one to let through */
	/* of the file; how many files include it, one in the other */
	uint64_t device, inode;
	unsigned depth;
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
