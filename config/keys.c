/* keys.c - keys.def as a table. */
#include "config/keys.h"

#include "base/table.h"
#include "config/config.h"

#define ONE     false
#define MANY    true
#define RELOAD  true
#define RESTART false

/* Which struct a section's keys are fields of. */
#define SECTION(id, name, many, type, list, help)                              \
	struct owner_##id {                                                    \
		struct type *p;                                                \
	};
#include "config/keys.def"
#define OWNER(id) __typeof__(*((struct owner_##id *)0)->p)

const struct section sections[SECTIONS] = {
#define SECTION(id, name, many, type, list, help)                              \
	[SECTION_##id] = {name, many, sizeof(struct type),                     \
	    offsetof(struct config, list), help},
#include "config/keys.def"
};

const struct key keys[] = {
#define KEY(section, key, type, field, def, lo, hi, when, help)                \
	{SECTION_##section, key, TYPE_##type, offsetof(OWNER(section), field), \
	    sizeof(((OWNER(section) *)0)->field), def, lo, hi, when, help},
#include "config/keys.def"
};
const unsigned nkeys = ARRAY_LEN(keys);
static_assert(ARRAY_LEN(keys) <= KEYS_MAX, "seen[] has room for each key");

/* What stands several times begins with its name. */
static_assert(offsetof(struct config_listen, name) == 0, "name first");
static_assert(offsetof(struct config_group, name) == 0, "name first");
static_assert(offsetof(struct config_policy, name) == 0, "name first");
static_assert(offsetof(struct config_list, name) == 0, "name first");
static_assert(offsetof(struct config_schedule, name) == 0, "name first");
static_assert(offsetof(struct config_terms, name) == 0, "name first");
static_assert(offsetof(struct config_auth, name) == 0, "name first");

static const struct {
	bool many;
	const char *form;
} types[TYPES] = {
#define TYPE(id, many, form, parse, print) [TYPE_##id] = {many, form},
#include "config/types.def"
};

enum section_id
section_find(struct str name)
{
	unsigned i;

	for (i = 0; i < SECTIONS; i++)
		if (str_eq(name, str_of(sections[i].name)))
			break;
	return (enum section_id)i;
}

const struct key *
key_find(enum section_id section, struct str name)
{
	for (unsigned i = 0; i < nkeys; i++)
		if (keys[i].section == section &&
		    str_eq(name, str_of(keys[i].name)))
			return &keys[i];
	return NULL;
}

bool
type_is_many(enum type_id t)
{
	return types[t].many;
}

bool
type_is_rule(enum type_id t)
{
	return t == TYPE_RULE || t == TYPE_BUDGET;
}

const char *
type_form(enum type_id t)
{
	return types[t].form;
}
