/* themes_impl.h - phrases, ready to be looked up; for themes*.c alone. */
#ifndef FILTERS_THEMES_IMPL_H
#define FILTERS_THEMES_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "filters/search.h"

struct theme_word {
	struct str text;
	bool star;
};

struct theme_phrase {
	const struct theme_word *word; /* in the arena */
	uint8_t nwords;
	uint8_t anchor;   /* the word that it is looked up by, */
	uint64_t hash;    /* and its hash; once closed */
	uint8_t severity; /* enum severity */
	uint16_t theme;
	struct str text;
};

struct theme_slot {
	uint64_t hash; /* of an anchor; 0: free */
	uint32_t first, n;
};

struct themes {
	struct arena arena; /* all text, all words */
	struct str name[THEMES_MAX];
	unsigned nthemes;
	struct theme_phrase
	    *phrase; /* owned; by hash of the anchor, once closed */
	uint32_t nphrases, cap;
	struct theme_slot *slot; /* owned */
	uint32_t nslots;
	uint64_t lengths; /* bit i: some beginning has i bytes; 63: or more */
};

/* FNV-1a: the hash of each beginning is made on the way to that of all. */
#define THEME_HASH_BEGIN 0xcbf29ce484222325u
#define THEME_HASH_TIMES 0x100000001b3u
#define THEME_HASH_STAR  0x9e3779b97f4a7c15u /* beginnings apart from words */

static inline uint64_t
theme_hash_add(uint64_t h, char c)
{
	return (h ^ (unsigned char)c) * THEME_HASH_TIMES;
}

static inline uint64_t
theme_hash_end(uint64_t h, bool star)
{
	h ^= star ? THEME_HASH_STAR : 0;
	return h ? h : 1;
}

/* The slot of <hash>, or the free one where it would be. */
static inline struct theme_slot *
theme_slot_of(const struct themes *t, uint64_t hash)
{
	uint64_t at = hash;

	while (t->slot[at & (t->nslots - 1)].hash &&
	       t->slot[at & (t->nslots - 1)].hash != hash)
		at++;
	return &t->slot[at & (t->nslots - 1)];
}

/* How many characters, not bytes. */
size_t theme_letters(struct str s);

#endif
