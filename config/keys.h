/*
 * keys.h - keys.def as a table.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum section_id {
#define SECTION(id, name, many, type, list, help) SECTION_##id,
#include "config/keys.def"
	SECTIONS
};

enum type_id {
#define TYPE(id, many, form, parse, print) TYPE_##id,
#include "config/types.def"
	TYPES
};

struct section {
	const char *name;
	bool many;
	size_t size; /* of the struct its keys are fields of */
	size_t list; /* many: where struct config keeps them */
	const char *help;
};

struct key {
	enum section_id section;
	const char *name;
	enum type_id type;
	size_t offset, size; /* of its field */
	const char *def;     /* NULL: must be given */
	uint32_t lo, hi;
	bool reload; /* taken over by a reload */
	const char *help;
};

#define KEYS_MAX 160 /* more than there are */
extern const struct section sections[SECTIONS];
extern const struct key keys[];
extern const unsigned nkeys;

/* SECTIONS: there is none. */
enum section_id section_find(struct str name);
/* NULL: there is none in that section. */
const struct key *key_find(enum section_id section, struct str name);

bool type_is_many(enum type_id t);
bool type_is_rule(enum type_id t); /* what a policy's order is of */
const char *type_form(enum type_id t);

#endif
