/*
 * themes_match.c - many phrases against one search.
 *
 * A phrase is looked up by one of its words, that which the fewest other
 * phrases have; a search asks once for each of its words, and once more for
 * each length that some beginning ("suicid*") has. What is found there is
 * compared word by word to both sides.
 *
 * A word of a search may be read in several ways: as it stands; without
 * apostrophes; where letters of two scripts are mixed in it, as what it looks
 * like in either; letters that stand alone ("b o m b") as a word. Each way is
 * a node, from a place between words to another.
 */
#include <string.h>

#include "base/table.h"
#include "base/utf8.h"
#include "filters/themes_impl.h"

#define JOINED_MIN 3 /* letters that stand alone, as one word */
#define JOINED_MAX 12
/* Room for the worst: a word has at most three other readings; one of a
 * letter has none, but ends at most ten joined ones, each in three ways. */
#define NODES_MAX  (SEARCH_WORDS_MAX * (1 + 3 * (JOINED_MAX - JOINED_MIN + 1)))
#define POOL_MAX   4096 /* bytes of words that are read in another way */

struct node {
	struct str text;
	uint16_t from, to;
};

struct reading {
	struct node node[NODES_MAX];
	unsigned n, words;
	char pool[POOL_MAX];
	size_t used;
};

_Static_assert(SEARCH_WORDS_MAX < BITS_MAX, "a place is a bit");

static void
add_node(struct reading *r, struct str text, unsigned from, unsigned to)
{
	if (text.n && r->n < NODES_MAX)
		r->node[r->n++] =
		    (struct node){text, (uint16_t)from, (uint16_t)to};
}

/* Room for <n> bytes at the end of the pool; NULL: full. */
static char *
pool(struct reading *r, size_t n)
{
	return r->used + n <= POOL_MAX ? r->pool + r->used : NULL;
}

/* ------------------------------------------------- what looks like what */

enum script { SCRIPT_NONE = 0, LATIN = 1, CYRILLIC = 2, GREEK = 4 };

static enum script
script_of(uint32_t cp)
{
	if ((cp >= 'a' && cp <= 'z') || (cp >= 0xc0 && cp < 0x250))
		return LATIN;
	if (cp >= 0x370 && cp < 0x400)
		return GREEK;
	return cp >= 0x400 && cp < 0x530 ? CYRILLIC : SCRIPT_NONE;
}

/* Letters of lower case; as capitals some look alike that do not as these. */
static const struct {
	uint16_t latin, cyrillic, greek; /* 0: none */
} alike[] = {
    /* clang-format off */
	{'a', 0x430, 0x3b1}, {'b', 0x432, 0x3b2}, {'c', 0x441, 0},
	{'d', 0x501, 0},     {'e', 0x435, 0x3b5}, {'g', 0, 0},
	{'h', 0x43d, 0x3b7}, {'i', 0x456, 0x3b9}, {'j', 0x458, 0x3f3},
	{'k', 0x43a, 0x3ba}, {'l', 0x4cf, 0},     {'m', 0x43c, 0x3bc},
	{'n', 0x43f, 0},     {'o', 0x43e, 0x3bf}, {'p', 0x440, 0x3c1},
	{'q', 0x51b, 0},     {'r', 0x433, 0},     {'s', 0x455, 0},
	{'t', 0x442, 0x3c4}, {'u', 0x438, 0x3c5}, {'v', 0x475, 0x3bd},
	{'w', 0x51d, 0x3c9}, {'x', 0x445, 0x3c7}, {'y', 0x443, 0x3b3},
	/* more that look like one of these */
	{'h', 0x4bb, 0},     {'o', 0x4e9, 0},     {'y', 0x4af, 0},
	{'y', 0x4b1, 0},     {'f', 0x493, 0x3dd}, {'b', 0x44c, 0},
    /* clang-format on */
};

/* The letter of <to> that <cp> looks like; <cp> where it is of none of the
 * three or of <to>; 0: there is none. */
static uint32_t
look_like(uint32_t cp, enum script to)
{
	enum script of = script_of(cp);

	if (of == SCRIPT_NONE || of == to)
		return cp;
	for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
		uint32_t own = of == LATIN      ? alike[i].latin
		               : of == CYRILLIC ? alike[i].cyrillic
		                                : alike[i].greek;

		if (own == cp)
			return to == LATIN ? alike[i].latin : alike[i].cyrillic;
	}
	return 0;
}

/* The word as one of <to> alone, if all of it looks like that. */
static void
add_script(struct reading *r, const struct node *word, enum script to)
{
	struct str s = word->text;
	char *p = pool(r, 2 * s.n);
	size_t n = 0;

	while (p && s.n) {
		uint32_t cp = 0;
		size_t took = utf8_decode(s, &cp);

		cp = took ? look_like(cp, to) : 0;
		if (cp == 0)
			return;
		n += utf8_encode(cp, p + n);
		s = str_sub(s, took, s.n);
	}
	r->used += p ? n : 0;
	add_node(r, str_make(p, n), word->from, word->to);
}

static void
add_unmarked(struct reading *r, const struct node *word)
{
	char *p = pool(r, word->text.n);
	size_t n = 0;

	for (size_t i = 0; p && i < word->text.n; i++)
		if (word->text.p[i] != '\'')
			p[n++] = word->text.p[i];
	r->used += n;
	add_node(r, str_make(p, n), word->from, word->to);
}

/* In how many other ways <word> may be read. */
static void
add_readings(struct reading *r, struct node word)
{
	bool marked = false;
	unsigned scripts = 0;
	struct str s = word.text;

	while (s.n) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, &cp);

		scripts |= script_of(cp);
		marked |= cp == '\'';
		s = str_sub(s, n ? n : 1, s.n);
	}
	if (marked)
		add_unmarked(r, &word);
	if ((scripts & (scripts - 1)) == 0)
		return;
	add_script(r, &word, LATIN);
	add_script(r, &word, CYRILLIC);
}

/* ------------------------------------------------------------- reading */

/* One letter, of a script that has words of several. */
static enum script
stands_alone(struct str word)
{
	uint32_t cp = 0;

	return utf8_decode(word, &cp) == word.n ? script_of(cp) : SCRIPT_NONE;
}

/* Words <from> up to <to> are letters: each run of them may be a word, of
 * what they look like in <as> (SCRIPT_NONE: of what they are). */
static void
join_as(struct reading *r, unsigned from, unsigned to, enum script as)
{
	char *p = pool(r, 2 * (size_t)(to - from));
	size_t at[SEARCH_WORDS_MAX + 1], n = 0;

	if (!p)
		return;
	for (unsigned i = from; i < to; i++) {
		uint32_t cp = 0, like;

		utf8_decode(r->node[i].text, &cp);
		like = as == SCRIPT_NONE ? cp : look_like(cp, as);
		at[i - from] = n;
		n += utf8_encode(like ? like : cp, p + n);
	}
	at[to - from] = n;
	r->used += n;
	for (unsigned i = from; i + JOINED_MIN <= to; i++)
		for (unsigned k = i + JOINED_MIN;
		     k <= to && k <= i + JOINED_MAX; k++)
			add_node(r,
			    str_make(
			        p + at[i - from], at[k - from] - at[i - from]),
			    i, k);
}

static void
join(struct reading *r, unsigned from, unsigned to)
{
	unsigned scripts = 0;

	if (to < from + JOINED_MIN)
		return;
	for (unsigned i = from; i < to; i++)
		scripts |= stands_alone(r->node[i].text);
	join_as(r, from, to, SCRIPT_NONE);
	if ((scripts & (scripts - 1)) == 0)
		return;
	join_as(r, from, to, LATIN);
	join_as(r, from, to, CYRILLIC);
}

/* The words themselves are the first nodes: word i is node i. */
static void
read_words(struct reading *r, const struct search *s)
{
	struct str rest = str_make(s->text, s->n), one;
	unsigned run = 0;

	r->n = r->words = 0;
	r->used = 0;
	while (r->words < SEARCH_WORDS_MAX && str_next(&rest, ' ', &one)) {
		add_node(r, one, r->words, r->words + 1);
		r->words = r->n;
	}
	for (unsigned i = 0; i < r->words; i++) {
		add_readings(r, r->node[i]);
		if (stands_alone(r->node[i].text) == SCRIPT_NONE) {
			join(r, run, i);
			run = i + 1;
		}
	}
	join(r, run, r->words);
}

/* ------------------------------------------------------------ matching */

static bool
word_is(const struct theme_word *w, struct str text)
{
	return w->star ? str_starts(text, w->text) : str_eq(text, w->text);
}

/* Do words <first> to <last> of <p>, in steps of <step>, follow from <at>? */
static bool
follows(const struct reading *r, const struct theme_phrase *p, unsigned at,
    int first, int last, int step)
{
	struct bits here = {{0}};

	bits_set(&here, at);
	for (int k = first; k != last + step; k += step) {
		struct bits next = {{0}};

		for (unsigned i = 0; i < r->n; i++) {
			const struct node *n = &r->node[i];

			if (bits_has(&here, step > 0 ? n->from : n->to) &&
			    word_is(&p->word[k], n->text))
				bits_set(&next, step > 0 ? n->to : n->from);
		}
		if (bits_empty(&next))
			return false;
		here = next;
	}
	return true;
}

static bool
phrase_at(
    const struct reading *r, const struct theme_phrase *p, const struct node *n)
{
	return word_is(&p->word[p->anchor], n->text) &&
	       (p->anchor == 0 ||
	           follows(r, p, n->from, p->anchor - 1, 0, -1)) &&
	       (p->anchor + 1 == p->nwords ||
	           follows(r, p, n->to, p->anchor + 1, p->nwords - 1, 1));
}

/* All phrases that are looked up by <hash>. */
static void
look_up(const struct themes *t, const struct reading *r, const struct node *n,
    uint64_t hash, struct search_hits *out)
{
	const struct theme_slot *s = theme_slot_of(t, hash);

	for (uint32_t i = s->first; i < s->first + s->n; i++) {
		const struct theme_phrase *p = &t->phrase[i];

		if (p->severity <= out->severity &&
		    bits_has(&out->themes, p->theme))
			continue;
		if (!phrase_at(r, p, n))
			continue;
		bits_set(&out->themes, p->theme);
		if (out->phrase.n && p->severity <= out->severity)
			continue;
		out->severity = (enum severity)p->severity;
		out->theme = p->theme;
		out->phrase = p->text;
	}
}

void
themes_match(
    const struct themes *t, const struct search *s, struct search_hits *out)
{
	struct reading r;

	*out = (struct search_hits){.severity = SEVERITY_NONE};
	if (t->nphrases == 0 || !t->slot || s->n == 0)
		return;
	read_words(&r, s);
	for (unsigned i = 0; i < r.n; i++) {
		const struct node *n = &r.node[i];
		uint64_t h = THEME_HASH_BEGIN;

		for (size_t k = 0; k < n->text.n; k++) {
			size_t len = k + 1 < 63 ? k + 1 : 63;

			h = theme_hash_add(h, n->text.p[k]);
			if (t->lengths >> len & 1)
				look_up(t, &r, n, theme_hash_end(h, true), out);
		}
		look_up(t, &r, n, theme_hash_end(h, false), out);
	}
}
