/*
 * literal_read.h - the parts of literal.c: a place in a pattern, and what was
 * read there.
 */
#ifndef FILTERS_LITERAL_READ_H
#define FILTERS_LITERAL_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/literal_set.h"

/* What <set> says of a piece of a pattern. */
enum piece_kind {
	PIECE_ALL = 0, /* it matches these texts and no others */
	PIECE_ENDS,    /* what it matches begins with one of them and ends with
			* one of them */
	PIECE_NEEDS,   /* what it matches has one inside; nothing is known
			* where the set is empty */
};

struct piece {
	enum piece_kind kind;
	struct literal_set set;
	bool none;   /* of branches: one of them needs nothing */
	bool begin;  /* only the beginning of the text */
	bool slash;  /* it may match something with a '/' */
	bool dot;    /* what it matches is empty or ends with '.' */
	bool border; /* no host goes on with what it matches: that begins with
		      * a byte that hosts do not have, or is the very end */
};

void piece_unknown(struct piece *p);
void piece_copy(struct piece *to, const struct piece *from);

/* How far it is understood where a URL's host ends. */
struct literal_anchor {
	enum {
		ANCHOR_BEGIN = 0, /* '^' is to come */
		ANCHOR_SCHEME,    /* "http://" is to come */
		ANCHOR_HOST,
		ANCHOR_DONE,
		ANCHOR_NONE,
	} at;
	bool before; /* something stood before <host>, */
	bool dot;    /* which is empty or ends with '.' */
	unsigned n;
	char host[256]; /* the last part of the host, as far as it is spelled */
	struct literal_set scheme;
};

#define MANY 65535u /* of a quantifier: no upper end */

struct reader {
	struct str s;
	size_t at;
	unsigned depth; /* of groups */
	bool lost;      /* met something that is not understood */
	bool quoted;    /* between \Q and \E */
	bool lines;     /* (?m): '^' is no beginning of the text */
	bool choices;   /* a '|' outside of all groups */
	struct literal_anchor anchor;
};

/* The byte <ahead> of the place; 0 behind the end. */
char reader_peek(const struct reader *r, size_t ahead);
bool reader_is_alnum(char c);

/* At "{": step over "{2}", "{2,}", "{2,3}" and give the counts. False: it is
 * a plain byte. What some versions read otherwise is not understood. */
bool reader_braces(struct reader *r, unsigned *min, unsigned *max);

/* Behind "\x": one or two digits, or "{41}". */
unsigned char reader_hex(struct reader *r);

/* Over comments and \E, \Q\E, which may stand between a thing and how often
 * it is wanted. */
void reader_skip_void(struct reader *r);

/* Behind "(?<": to behind the <end> of the name. */
void reader_name(struct reader *r, char end);

/* Behind "(?": options or a comment. True: "(?i:", a group follows. */
bool reader_options(struct reader *r);

#endif
