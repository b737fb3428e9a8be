/*
 * themes.c - phrases, read and put in order.
 *
 * A phrase is looked up by one of its words, that which the fewest other
 * phrases have; a search asks once for each of its words, and once more for
 * each length that some beginning ("suicid*") has. What is found there is
 * compared word by word to both sides.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/table.h"
#include "base/utf8.h"
#include "filters/builder_impl.h"
#include "filters/themes_impl.h"

#define PHRASE_WORDS_MAX 16
#define PHRASES_MAX      (1u << 20)
#define STAR_MIN         2 /* letters before a '*' */

struct themes *
themes_new(void)
{
	struct themes *t = calloc(1, sizeof(*t));

	if (t)
		arena_init(&t->arena, 0);
	return t;
}

void
themes_free(struct themes *t)
{
	if (!t)
		return;
	free(t->phrase);
	free(t->slot);
	arena_fini(&t->arena);
	free(t);
}

unsigned
themes_count(const struct themes *t)
{
	return t->nthemes;
}

struct str
themes_name(const struct themes *t, unsigned i)
{
	return i < t->nthemes ? t->name[i] : STR_NONE;
}

/* --------------------------------------------------------- reading them */

static uint64_t
hash_word(const struct theme_word *w)
{
	uint64_t h = THEME_HASH_BEGIN;

	for (size_t i = 0; i < w->text.n; i++)
		h = theme_hash_add(h, w->text.p[i]);
	return theme_hash_end(h, w->star);
}

static bool
room_for_phrase(struct themes *t)
{
	uint32_t cap = t->cap ? 2 * t->cap : 64;
	struct theme_phrase *p;

	if (t->nphrases < t->cap)
		return true;
	p = realloc(t->phrase, cap * sizeof(*p));
	if (!p)
		return false;
	t->phrase = p;
	t->cap = cap;
	return true;
}

/* A line, on its way to a phrase. */
struct draft {
	struct theme_word word[PHRASE_WORDS_MAX];
	unsigned n;
	char text[SEARCH_TEXT_MAX]; /* of all words */
	size_t used;
};

size_t
theme_letters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* What stands between blanks: "self-harm*" is two words. */
static const char *
take_token(struct draft *d, struct str token)
{
	struct search s;
	struct str rest, one;
	bool star = str_ends(token, STR("*"));
	unsigned before = d->n;

	search_fold(str_sub(token, 0, token.n - star), false, &s);
	if (s.lost || d->used + s.n > sizeof(d->text))
		return "it is too long";
	memcpy(d->text + d->used, s.text, s.n);
	rest = str_make(d->text + d->used, s.n);
	d->used += s.n;
	while (s.n && str_next(&rest, ' ', &one)) {
		if (d->n == PHRASE_WORDS_MAX)
			return "it has more than 16 words";
		d->word[d->n++] = (struct theme_word){.text = one};
	}
	if (!star)
		return NULL;
	if (d->n == before || theme_letters(d->word[d->n - 1].text) < STAR_MIN)
		return "a '*' needs two letters before it";
	d->word[d->n - 1].star = true;
	return NULL;
}

static const char *
take_words(struct draft *d, struct str text)
{
	struct str token;
	const char *why = NULL;

	d->n = 0;
	d->used = 0;
	while (!why && str_next(&text, ' ', &token))
		if (token.n)
			why = take_token(d, token);
	return why ? why : d->n ? NULL : "there are no words in it";
}

static bool
severity_named(struct str word, enum severity *out)
{
	static const struct {
		const char *word;
		enum severity severity;
	} all[] = {{"advisory", SEVERITY_ADVISORY},
	    {"caution", SEVERITY_CAUTION}, {"danger", SEVERITY_DANGER}};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (str_eq(word, str_of(all[i].word))) {
			*out = all[i].severity;
			return true;
		}
	return false;
}

/* What stands before a comment: a '#' at the front or behind a blank. */
static struct str
uncomment(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' &&
		    (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			return str_sub(line, 0, i);
	return line;
}

/* NULL: added, or nothing to add; else why not. */
static const char *
take_line(
    struct themes *t, unsigned theme, enum severity severity, struct str line)
{
	struct draft d;
	struct str text, rest;
	struct theme_word *words;
	const char *why;

	str_cut(uncomment(line), '\t', &text, &rest);
	text = str_trim(text);
	rest = str_trim(rest);
	if (text.n == 0)
		return rest.n ? "a phrase begins its line" : NULL;
	if (!utf8_is_valid(text))
		return "it is not UTF-8";
	if (rest.n && !severity_named(rest, &severity))
		return "behind the tab: advisory, caution or danger";
	why = take_words(&d, text);
	if (why)
		return why;
	words = arena_alloc(&t->arena, d.n * sizeof(*words));
	if (!words || t->nphrases == PHRASES_MAX || !room_for_phrase(t)) {
		t->arena.failed = true;
		return NULL;
	}
	for (unsigned i = 0; i < d.n; i++)
		words[i] = (struct theme_word){
		    arena_str(&t->arena, d.word[i].text), d.word[i].star};
	t->phrase[t->nphrases++] = (struct theme_phrase){.word = words,
	    .nwords = (uint8_t)d.n,
	    .severity = (uint8_t)severity,
	    .theme = (uint16_t)theme,
	    .text = arena_str(&t->arena, text)};
	return NULL;
}

/* The theme's number; a new one if need be. -1: too many, or no memory. */
static int
number(struct themes *t, struct str name, struct err *err)
{
	for (unsigned i = 0; i < t->nthemes; i++)
		if (str_eq(t->name[i], name))
			return (int)i;
	if (t->nthemes == THEMES_MAX)
		return err_set(err, ERR_LIMIT, "there are more than %d themes",
		    THEMES_MAX);
	t->name[t->nthemes] = arena_str(&t->arena, name);
	return (int)t->nthemes++;
}

int
themes_add(struct themes *t, const struct theme_def *d, struct err *err)
{
	int theme = number(t, d->name, err);
	struct str text = d->text, line;
	uint32_t n = 0;

	if (theme < 0)
		return -1;
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_sub(text, 3, text.n);
	while (!t->arena.failed && str_next(&text, '\n', &line)) {
		const char *why =
		    take_line(t, (unsigned)theme, d->severity, line);

		n++;
		if (why && d->hear)
			d->hear(d->arg, n, why);
	}
	if (t->arena.failed)
		return err_set(err, ERR_MEMORY,
		    "out of memory, or more than %u phrases", PHRASES_MAX);
	return theme;
}

/* -------------------------------------------------------------- closing */

static int
by_anchor(const void *a, const void *b)
{
	const struct theme_phrase *pa = a, *pb = b;
	int c = pa->hash < pb->hash ? -1 : pa->hash > pb->hash;

	/* the gravest first; then by place, so that equal input is equal */
	if (c == 0)
		c = (int)pb->severity - (int)pa->severity;
	if (c == 0)
		c = (int)pa->theme - (int)pb->theme;
	return c ? c : str_cmp(pa->text, pb->text);
}

/* How often each word occurs goes to its slot; then to the rarest of each
 * phrase. A beginning is not looked up where there is a whole word. */
static void
choose_anchors(struct themes *t)
{
	for (uint32_t i = 0; i < t->nphrases; i++)
		for (unsigned k = 0; k < t->phrase[i].nwords; k++) {
			uint64_t h = hash_word(&t->phrase[i].word[k]);

			theme_slot_of(t, h)->hash = h;
			theme_slot_of(t, h)->n++;
		}
	for (uint32_t i = 0; i < t->nphrases; i++) {
		struct theme_phrase *p = &t->phrase[i];
		uint32_t least = UINT32_MAX;

		for (unsigned k = 0; k < p->nwords; k++) {
			uint32_t n =
			    theme_slot_of(t, hash_word(&p->word[k]))->n;

			if (n >= least)
				continue;
			least = n;
			p->anchor = (uint8_t)k;
			p->hash = hash_word(&p->word[k]);
		}
	}
}

int
themes_close(struct themes *t)
{
	uint64_t words = 1;

	for (uint32_t i = 0; i < t->nphrases; i++)
		words += t->phrase[i].nwords;
	t->nslots = 64;
	while (t->nslots < 2 * words)
		t->nslots *= 2;
	free(t->slot);
	t->slot = calloc(t->nslots, sizeof(*t->slot));
	if (!t->slot)
		return -1;
	choose_anchors(t);
	if (t->nphrases)
		qsort(t->phrase, t->nphrases, sizeof(*t->phrase), by_anchor);
	memset(t->slot, 0, t->nslots * sizeof(*t->slot));
	t->lengths = 0;
	for (uint32_t i = 0; i < t->nphrases; i++) {
		const struct theme_phrase *p = &t->phrase[i];
		const struct theme_word *w = &p->word[p->anchor];
		struct theme_slot *s = theme_slot_of(t, p->hash);

		if (s->n++ == 0) {
			s->hash = p->hash;
			s->first = i;
		}
		if (w->star)
			t->lengths |= (uint64_t)1
			              << (w->text.n < 63 ? w->text.n : 63);
	}
	return 0;
}

/* ------------------------------------------------------- of a snapshot */

int
snapshot_theme(
    struct snapshot_builder *b, const struct theme_def *d, struct err *err)
{
	struct snapshot *s = b->s;

	if (!s->themes)
		s->themes = themes_new();
	if (!s->themes)
		return err_set(err, ERR_MEMORY, "out of memory");
	return themes_add(s->themes, d, err) < 0 ? -1 : 0;
}

struct str
snapshot_theme_name(const struct snapshot *s, unsigned i)
{
	return s->themes ? themes_name(s->themes, i) : STR_NONE;
}
