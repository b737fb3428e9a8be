/*
 * parse.h - the text of a configuration as a tree; every node knows its
 * place. What keys mean is apply.h's matter.
 *
 * Pure: an `include` is handed to a callback, which reads and calls
 * parse_text() again.
 */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct arena;
struct diag;

struct parse_key {
	struct parse_key *next;
	struct str key, value;
	struct where at;       /* of the key */
	struct where value_at; /* of the value */
	struct config_piece *pieces;
	unsigned npieces;
	const struct config_file *file;
};

struct parse_section {
	struct parse_section *next;
	struct str kind, name;
	bool has_name;
	struct where at, name_at;
	struct parse_key *keys, **tail;
};

/* All of it, in the order it was read. Lies in the arena. */
struct parse_tree {
	struct parse_section *sections, **tail;
};

struct parse {
	struct arena *arena;     /* borrowed */
	struct diag *diag;       /* borrowed */
	struct parse_tree *tree; /* borrowed */
	/* What to do about `include = ...`; NULL: it is an error. */
	void (*include)(void *arg, struct parse *p, const struct parse_key *k);
	void *arg;
};

void parse_tree_init(struct parse_tree *t);

/*
 * Add <f>'s sections to the tree; all trouble is reported, and the rest of
 * the file is read on. <f> and its text live as long as the tree.
 */
void parse_text(struct parse *p, const struct config_file *f);

struct parse_section *parse_tree_add(
    struct parse_tree *t, struct arena *a, struct str kind, struct str name);
struct parse_key *parse_section_add(
    struct parse_section *s, struct arena *a, struct str key);

/* Where byte <offset> of <k>'s value stands. */
struct where parse_key_at(const struct parse_key *k, size_t offset);

#endif
