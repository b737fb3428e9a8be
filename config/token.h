/*
 * token.h - the text of a configuration file, one logical line at a time.
 *
 *	[section name]          a name may be "quoted"
 *	key = value             # or ; begin a comment at the start of a line
 *	key = one, \            # and after white space
 *	      two               a backslash at the end: the value goes on
 *	key = "a value as it is # with this in it"
 *
 * A continued value is its parts with one blank between; a backslash in a
 * comment continues nothing. A value that begins with a quote ends with one;
 * \" and \\ stand for themselves in it. Indenting means nothing. Bytes in,
 * slices out: into the text, or into the arena where a value had to be put
 * together.
 */
#ifndef CONFIG_TOKEN_H
#define CONFIG_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct config_piece;

enum token_kind { TOKEN_END = 0, TOKEN_SECTION, TOKEN_KEY, TOKEN_BAD };

struct token {
	enum token_kind kind;
	uint32_t line, column; /* of the word; BAD: of the trouble */
	const char *why;       /* BAD: what it is, a sentence */
	bool header;           /* it is, or was meant as, a [section] */
	struct str word;       /* the section's kind; the key */
	struct str label;      /* SECTION: its name */
	bool has_label;
	uint32_t label_column;
	struct str value;            /* KEY */
	struct config_piece *pieces; /* in the arena, at least one */
	unsigned npieces;
};

struct tokens {
	struct arena *arena; /* borrowed */
	struct str text;     /* borrowed, and what tokens point into */
	size_t at;
	uint32_t line;
};

/*
 * Begin. False with <bad> set (kind BAD) where the text is none: NUL, another
 * control character, or no UTF-8. A byte order mark is skipped, CR before LF
 * is white space.
 */
bool tokens_begin(
    struct tokens *t, struct arena *a, struct str text, struct token *bad);

/* The next one; after BAD the next line is gone on with. */
void token_next(struct tokens *t, struct token *out);

#endif
