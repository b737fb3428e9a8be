/*
 * read.h - reads a configuration's files into a tree, includes and all.
 */
#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include "config/loader.h"

struct config;
struct diag;
struct parse_tree;

#define READ_FILE_MAX                                                          \
	(8u << 20)       /* bytes of one file; more is no text that
				   * a person wrote */
#define READ_DEPTH_MAX 8 /* includes within includes */
#define READ_FILES_MAX 1000

/* Add the sections of the file at <path> and of all it includes to <t>; what
 * was read is kept in c->files. Trouble is reported. */
void read_file_tree(
    struct config *c, const char *path, struct parse_tree *t, struct diag *d);

/* The same from a text that comes with the program; it includes nothing. */
void read_text_tree(struct config *c, const char *name, const char *text,
    struct parse_tree *t, struct diag *d);

/* "section.key=value" and "section.name.key=value", NULL-ended. */
void read_sets_tree(struct config *c, const char *const *sets,
    struct parse_tree *t, struct diag *d);

/* <path> from the working folder, in the arena of <c>. */
struct str read_absolute(struct config *c, const char *path);

#endif
