/*
 * source_pattern_test.c - patterns that demand too little, against a model:
 * random patterns are made together with texts that they match. One that is
 * taken must not match a text that is in every URL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "lists/source_reader.h"

#define ROUNDS  40000
#define SAMPLES 12

static uint64_t seed;

static unsigned
chance(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* A pattern is made by a walk over random numbers; the same walk with other
 * choices where the text is free gives texts that it matches. */
struct walk {
	uint64_t shape;             /* decides what the pattern is */
	struct buf *pattern, *text; /* one of them is NULL */
	unsigned depth;
};

static unsigned
pick(struct walk *w, unsigned n)
{
	w->shape = w->shape * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(w->shape >> 33) % n;
}

static void
put(struct walk *w, const char *pattern)
{
	if (w->pattern)
		buf_add_str(w->pattern, str_of(pattern));
}

static void
match(struct walk *w, char c)
{
	if (w->text)
		buf_add_char(w->text, c);
}

static void make(struct walk *w);

/* Characters: what stands in the pattern, and some that it matches. */
static const struct {
	const char *pattern, *matches;
} chars[] = {
    {"h", "hH"},
    {"t", "t"},
    {"p", "p"},
    {"s", "sS"},
    {"w", "w"},
    {"a", "aA"},
    {"x", "x"},
    {"7", "7"},
    {"-", "-"},
    {"/", "/"},
    {":", ":"},
    {"\\.", "."},
    {".", "hx/w."},
    {"\\w", "hxw7_"},
    {"\\d", "07"},
    {"\\S", "hx/"},
    {"[a-z]", "ahpz"},
    {"[0-9]", "09"},
    {"[htp]", "htp"},
    {"[xyz]", "xyz"},
    {"[^x]", "hpw/"},
    {"[a-h]", "ah"},
    {"[./:]", "./:"},
    {"[\\dx]", "7x"},
    {"[[:alpha:]]", "hxw"},
    {"\\x68", "h"},
    {"\\x78", "x"},
    {"\\150", "h"},
    {"http", "h"},
    {"[^/]", "hxw."},
    {"\\/", "/"},
    {"[s-w]", "sw"},
    {"[^a-g\\d]", "hw"},
    {"\\Qw\\E", "w"},
    {"[]x]", "]x"},
    {"[x-]", "x-"},
};

static void
one_char(struct walk *w)
{
	unsigned i = pick(w, ARRAY_LEN(chars));
	const char *m = chars[i].matches;

	put(w, chars[i].pattern);
	if (strcmp(chars[i].pattern, "http") == 0) {
		for (const char *c = "http"; *c; c++)
			match(w, *c);
		return;
	}
	/* what is in all URLs, where there is a choice, half of the time */
	match(w, chance(2) ? m[0] : m[chance((unsigned)strlen(m))]);
}

static void
alternatives(struct walk *w)
{
	static const char *const open[] = {"(", "(?:", "(?i:", "(?>"};
	unsigned n = 1 + pick(w, 3), chosen = chance(n);
	unsigned how = pick(w, ARRAY_LEN(open));
	struct buf *text = w->text;

	put(w, open[how]);
	w->depth++;
	for (unsigned i = 0; i < n; i++) {
		if (i)
			put(w, "|");
		w->text = i == chosen ? text : NULL;
		make(w);
	}
	w->text = text;
	w->depth--;
	put(w, ")");
}

static void
atom(struct walk *w)
{
	if (w->depth < 4 && pick(w, 4) == 0)
		alternatives(w);
	else
		one_char(w);
}

static void
repeated(struct walk *w)
{
	static const struct {
		const char *sign;
		unsigned least, most;
	} how[] = {{"", 1, 1}, {"", 1, 1}, {"", 1, 1}, {"*", 0, 2}, {"?", 0, 1},
	    {"+", 1, 2}, {"{2}", 2, 2}, {"{0,2}", 0, 2}, {"{1,}", 1, 2},
	    {"*?", 0, 1}, {"++", 1, 2}, {"{0}", 0, 0}};
	uint64_t at = w->shape;
	struct buf *text = w->text;
	uint64_t after;
	unsigned i, times;

	/* the pattern's part first, without a text */
	w->text = NULL;
	atom(w);
	i = pick(w, ARRAY_LEN(how));
	put(w, how[i].sign);
	after = w->shape;
	times = how[i].least + chance(how[i].most - how[i].least + 1);
	w->text = text;
	for (unsigned k = 0; text && k < times; k++) {
		struct buf *pattern = w->pattern;

		w->pattern = NULL;
		w->shape = at;
		atom(w);
		w->pattern = pattern;
	}
	w->shape = after;
}

static void
make(struct walk *w)
{
	unsigned n = pick(w, w->depth ? 4 : 6);

	for (unsigned i = 0; i < n; i++)
		repeated(w);
}

/* Is there nothing in <s> but what is in "https://www."? */
static bool
is_in_all(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("htpswHTPSW:/.", s.p[i]))
			return false;
	return true;
}

static unsigned
alnum(struct str s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += strchr(":/.", s.p[i]) == NULL;
	return n;
}

static void
what_is_taken_demands_something(void **state)
{
	struct buf pattern = BUF_EMPTY, text = BUF_EMPTY;
	unsigned taken = 0, refused = 0;

	(void)state;
	seed = 1;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t shape = (uint64_t)chance(1u << 30) << 20 | i;
		struct walk w = {.shape = shape, .pattern = &pattern};

		buf_reset(&pattern);
		make(&w);
		if (source_pattern_why(buf_str(&pattern))) {
			refused++;
			continue;
		}
		taken++;
		for (unsigned k = 0; k < SAMPLES; k++) {
			w = (struct walk){.shape = shape, .text = &text};
			buf_reset(&text);
			make(&w);
			if (is_in_all(buf_str(&text)) ||
			    alnum(buf_str(&text)) < 2)
				fail_msg("%.*s matches \"%.*s\"",
				    STR_ARG(buf_str(&pattern)),
				    STR_ARG(buf_str(&text)));
		}
	}
	/* the test would mean nothing otherwise */
	assert_in_range(taken, ROUNDS / 10, ROUNDS);
	assert_in_range(refused, ROUNDS / 10, ROUNDS);
	buf_fini(&pattern);
	buf_fini(&text);
}

/* A word that is demanded is enough, whatever optional parts are around. */
static void
a_word_is_enough(void **state)
{
	struct buf pattern = BUF_EMPTY, rest = BUF_EMPTY;

	(void)state;
	seed = 2;
	for (unsigned i = 0; i < ROUNDS / 10; i++) {
		struct walk w = {.shape = (uint64_t)i << 20 | chance(1u << 20),
		    .pattern = &rest};

		buf_reset(&rest);
		buf_reset(&pattern);
		make(&w);
		buf_addf(&pattern, "(?:%.*s)?casino(?:%.*s)*",
		    STR_ARG(buf_str(&rest)), STR_ARG(buf_str(&rest)));
		if (source_pattern_why(buf_str(&pattern)))
			fail_msg("%.*s: %s", STR_ARG(buf_str(&pattern)),
			    source_pattern_why(buf_str(&pattern)));
	}
	buf_fini(&pattern);
	buf_fini(&rest);
}

/* Any bytes, and all beginnings of patterns: an answer, in bounds. */
static void
any_bytes_have_an_answer(void **state)
{
	static const char sign[] = "()[]{}|*+?^$\\.:=!<>'#-,Cxk0aPQE&R ";
	char *text;

	(void)state;
	seed = 3;
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t n = chance(24);

		text = malloc(n + 1); /* for the sanitizer to see */
		assert_non_null(text);
		for (size_t k = 0; k < n; k++)
			text[k] = sign[chance(sizeof(sign) - 1)];
		source_pattern_why(str_make(text, n));
		free(text);
	}
}

/* Depth is bounded, so that no text can exhaust the stack. */
static void
depth_has_a_bound(void **state)
{
	char text[SOURCE_PATTERN_MAX];

	(void)state;
	memset(text, '(', sizeof(text));
	assert_string_equal(source_pattern_why(str_make(text, sizeof(text))),
	    "parentheses too deep");
	for (size_t n = 0; n < sizeof(text); n++)
		assert_non_null(source_pattern_why(str_make(text, n)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_taken_demands_something),
	    cmocka_unit_test(a_word_is_enough),
	    cmocka_unit_test(any_bytes_have_an_answer),
	    cmocka_unit_test(depth_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
