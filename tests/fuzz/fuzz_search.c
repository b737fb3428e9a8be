/*
 * fuzz_search.c - any bytes as a search and as a theme: what is folded is
 * UTF-8 and folds to itself, and a phrase is found in itself.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "filters/search.h"
#include "filters/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_fold(struct str raw, bool encoded, struct search *s)
{
	struct search again;

	search_fold(raw, encoded, s);
	if (s->n > SEARCH_TEXT_MAX || !utf8_is_valid(str_make(s->text, s->n)))
		abort();
	search_fold(str_make(s->text, s->n), false, &again);
	if (s->n != again.n || memcmp(s->text, again.text, s->n) != 0)
		abort();
}

/* What was taken as a phrase is hit by the line that it was. */
static void
check_themes(struct str text, const struct search *s)
{
	struct themes *t = themes_new();
	struct search_hits h;
	struct str line;

	if (!t)
		return;
	if (themes_add(t,
	        &(struct theme_def){.name = STR("a"),
	            .severity = SEVERITY_CAUTION,
	            .text = text},
	        NULL) != 0)
		abort();
	if (themes_add(t,
	        &(struct theme_def){.name = STR("b"),
	            .severity = SEVERITY_DANGER,
	            .text = str_make(s->text, s->n)},
	        NULL) != 1)
		abort();
	if (themes_close(t) < 0)
		abort();
	themes_match(t, s, &h);
	if (!bits_has(&h.themes, 1)) {
		struct str rest = str_make(s->text, s->n);
		unsigned words = 0;

		while (str_next(&rest, ' ', &line))
			words++;
		if (s->n && words <= 16)
			abort();
	}
	while (str_next(&text, '\n', &line)) {
		struct search one;

		search_fold(line, true, &one);
		themes_match(t, &one, &h);
		if (h.phrase.n == 0 && !bits_empty(&h.themes))
			abort();
	}
	themes_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str raw = str_make((const char *)data, size), first, rest;
	struct search s;

	check_fold(raw, true, &s);
	str_cut(raw, '\n', &first, &rest);
	check_fold(first, false, &s);
	check_themes(rest, &s);
	return 0;
}
