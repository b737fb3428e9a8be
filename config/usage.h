/*
 * usage.h - what a ut1 tree says of its categories.
 *
 * A category's folder has a file `usage` ("black" or "white", and remarks);
 * the tree may have a file `global_usage` with a record for each:
 *
 *	NAME: press
 *	DEFAULT_TYPE: white
 *	SOURCE: https://lists.test
 *	NAME EN: Newspapers
 *	DESC RU: ...
 *
 * Written by hand, by many: what is not understood is passed over.
 */
#ifndef CONFIG_USAGE_H
#define CONFIG_USAGE_H

#include <stdbool.h>

#include "base/str.h"

enum usage_kind { USAGE_UNKNOWN = 0, USAGE_BLACK, USAGE_WHITE };

/* One record; slices of the text. */
struct usage {
	struct str name;   /* of the category's folder */
	struct str source; /* where it comes from */
	struct str label;  /* its name in the language asked for, or STR_NONE */
	struct str text;   /* its description in that language, likewise */
	enum usage_kind kind;
};

/* What a `usage` file says. */
enum usage_kind usage_of(struct str text);

/* The record of <category> in a `global_usage`; false: there is none.
 * <language> as in the file, "EN", in any case. */
bool usage_find(struct str text, struct str category, struct str language,
    struct usage *out);

#endif
