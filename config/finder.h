/*
 * finder.h - sources.c while it looks for files; for config/sources*.c alone.
 */
#ifndef CONFIG_FINDER_H
#define CONFIG_FINDER_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/str.h"
#include "config/sources.h"

struct config_list;
struct diag;

struct finder {
	struct sources *s;
	struct diag *d;
	struct hash_stream h; /* of what was found */
	const struct config_list *list;
	unsigned first; /* of this list's sources */
};

/* A file that was found. */
struct found {
	const char *path, *shown;
	struct str category, only;
	enum list_format format;
	unsigned depth;
	bool white;
};

enum finder_result { FINDER_OK = 0, FINDER_KNOWN, FINDER_BAD };

/*
 * One source more, all of <found> copied; LIST_AUTO is recognised. It is
 * FINDER_KNOWN, and none, if the list has that file already with no less
 * asked for; FINDER_BAD, and reported, if it cannot be read.
 */
enum finder_result finder_add(struct finder *f, const struct found *found);

/* Follow what the list's sources include, to the end. */
void finder_follow(struct finder *f);

/* A ut1 tree, or a folder that looks like one. */
bool finder_is_tree(struct finder *f, const char *root);
void finder_tree(struct finder *f, const char *root);

/* The names in a folder, sorted; -1 reported. */
struct dirent;
int finder_names(struct finder *f, const char *path, struct dirent ***names);
void finder_names_free(struct dirent **names, int n);

enum finder_kind {
	KIND_OTHER = 0,
	KIND_FILE,
	KIND_FOLDER,
	KIND_LINK_TO_FOLDER
};
enum finder_kind finder_kind_of(const char *path);

#endif
