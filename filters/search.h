/*
 * search.h - what is searched for, as words, and what themes it touches.
 *
 * The engines and where each has its terms stand in the table of
 * filters/safesearch.h. Terms are decoded (percent, plus, UTF-8, and what is
 * not as windows-1251 or KOI8-R, or in addition ISO 8859-5 or code page 866),
 * folded (case, NFKC, invisible characters taken out), and parted into words.
 *
 * A theme is a file of phrases, one in a line; '#' begins a comment; a word
 * that ends in '*' stands for all that begin so ("suicid*", "самоуб*"); a
 * tab and one of advisory, caution, danger give the phrase a severity of its
 * own. A phrase matches its words beside each other, in this order.
 */
#ifndef FILTERS_SEARCH_H
#define FILTERS_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/str.h"
#include "filters/verdict.h"

struct arena;
struct err;
struct theme_def;
struct themes;
struct url;

#define SEARCH_TEXT_MAX  512 /* bytes of a folded search */
#define SEARCH_WORDS_MAX 64
#define THEMES_MAX       256

/* A search, folded: words with single blanks between them. */
struct search {
	bool is;   /* it is one, even if nothing was typed */
	bool lost; /* longer than could be kept: there may be more in it */
	uint16_t n;
	char text[SEARCH_TEXT_MAX];
};

/* Fold <raw> (as it stands in a URL if <encoded>) into <out>. */
void search_fold(struct str raw, bool encoded, struct search *out);

/* Phrases, all themes together. */
struct themes *themes_new(void);
void themes_free(struct themes *t);
/* The lines of a theme (filters/snapshot.h); one that cannot be used is told to
 * d->hear. -1: memory, or too many; returns its number. */
int themes_add(struct themes *t, const struct theme_def *d, struct err *err);
int themes_close(struct themes *t);
unsigned themes_count(const struct themes *t);
struct str themes_name(const struct themes *t, unsigned i);

struct search_hits {
	struct bits themes;     /* by number */
	enum severity severity; /* the gravest, */
	uint16_t theme;         /* and the theme it is of */
	struct str phrase;      /* in <t> */
};
void themes_match(
    const struct themes *t, const struct search *s, struct search_hits *out);

#endif
