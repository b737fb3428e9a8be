/* source_zone_test.c - words, comments, names and origins of zone files. */
#include "lists/source_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/table.h"
#include "lists/source_reader.h"

/* ---- words */

/* clang-format off */
static const struct {
	const char *line;
	unsigned before, after; /* depth of parentheses */
	const char *words;      /* parted by '~' */
} lines[] = {
	{"", 0, 0, ""},
	{" \t\r", 0, 0, ""},
	{"a", 0, 0, "a"},
	{"a b\tc\r", 0, 0, "a~b~c"},
	{"  a  ", 0, 0, "a"},
	{"; a b", 0, 0, ""},
	{"a ; b", 0, 0, "a"},
	{"a;b", 0, 0, "a"},
	{"a \"b ; c\" d", 0, 0, "a~\"b ; c\"~d"},
	{"a \"b ( c\" d", 0, 0, "a~\"b ( c\"~d"},
	{"a \\; b", 0, 0, "a~\\;~b"},
	{"a \\\" b", 0, 0, "a~\\\"~b"},
	{"a\\ b", 0, 0, "a\\ b"},
	{"a\\", 0, 0, "a\\"},
	{"a (", 0, 1, "a"},
	{"a ( b", 0, 1, "a~b"},
	{"a(b", 0, 1, "a~b"},
	{"b )", 1, 0, "b"},
	{"b ) c", 1, 0, "b~c"},
	{"a ( b ) c", 0, 0, "a~b~c"},
	{"((a))", 0, 0, "a"},
	{"((a)", 0, 1, "a"},
	{")", 0, 0, ""},
	{")))(", 0, 1, ""},
	{"( ; )", 0, 1, ""},
	{"1 2 ; serial (", 1, 1, "1~2"},
	{"\"", 0, 0, "\""},
	{"\"a b", 0, 0, "\"a b"},
};
/* clang-format on */

static void
lines_come_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct str want = str_of(lines[i].words), word;
		struct zone_words w;
		unsigned depth =
		    zone_split(str_of(lines[i].line), lines[i].before, &w);
		unsigned n = 0;

		if (depth != lines[i].after)
			fail_msg("<%s>: %u", lines[i].line, depth);
		while (want.n && str_next(&want, '~', &word)) {
			if (n >= w.n || !str_eq(w.v[n], word))
				fail_msg("<%s>: word %u", lines[i].line, n);
			n++;
		}
		if (n != w.n)
			fail_msg("<%s>: %u words", lines[i].line, w.n);
	}
}

/* More than are kept are counted, and none is written beyond the room. */
static void
words_without_end(void **state)
{
	char line[4096];
	struct zone_words w;

	(void)state;
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i % 2 ? ' ' : 'x';
	zone_split(str_make(line, sizeof(line)), 0, &w);
	assert_int_equal(w.n, sizeof(line) / 2);
	memset(line, '(', sizeof(line));
	assert_int_equal(
	    zone_split(str_make(line, sizeof(line)), 0, &w), sizeof(line));
	assert_int_equal(w.n, 0);
}

/* A line is the same with its comment and without. */
static void
comments_are_where_words_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct str all = str_of(lines[i].line);
		struct str s = zone_uncommented(all);
		struct zone_words a, b;

		assert_int_equal(zone_split(all, lines[i].before, &a),
		    zone_split(s, lines[i].before, &b));
		assert_int_equal(a.n, b.n);
		for (unsigned k = 0; k < a.n && k < ZONE_WORDS_MAX; k++)
			assert_true(str_eq(a.v[k], b.v[k]));
	}
}

/* ---- names */

/* clang-format off */
static const struct {
	const char *origin, *apex;
	bool rooted;
	const char *name, *want; /* NULL: refused */
} names[] = {
	{"", "", false, "a.b", "a.b"},
	{"", "", false, "a.b.", "a.b"},
	{"", "", true, "a.b", "a.b"},
	{"", "", true, "a.b.", NULL}, /* of which zone? */
	{"z.test", "z.test", true, "a", "a.z.test"},
	{"z.test", "z.test", true, "*.a", "*.a.z.test"},
	{"z.test", "z.test", true, "@", "z.test"},
	{"z.test", "z.test", true, "a.z.test.", "a.z.test"},
	{"z.test", "z.test", true, "other.", "other"},
	{"a.z.test", "z.test", true, "b", "b.a.z.test"},
	{"", "", false, "@", ""},
	{"z.test", "z.test", true, "caf\xe9", NULL},
	{"z.test", "z.test", true, "\xd2\x9b", "\xd2\x9b.z.test"},
};

static const struct {
	const char *apex, *name, *want; /* NULL: outside */
} below[] = {
	{"", "a.b", "a.b"},
	{"", "", ""},
	{"z.test", "a.z.test", "a"},
	{"z.test", "A.Z.TEST", "A"},
	{"z.test", "*.a.b.z.test", "*.a.b"},
	{"z.test", "z.test", ""},
	{"z.test", "az.test", NULL},
	{"z.test", "test", NULL},
	{"z.test", "a.test", NULL},
	{"z.test", "", NULL},
	{"z.test", "z.test.a", NULL},
	{"z.test", ".z.test", ""},
};
/* clang-format on */

static void
set(char *to, const char *text)
{
	assert_true(str_copy(str_of(text), to, NAME_ROOM));
}

static void
names_are_below_the_origin(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct source_zone z = {.rooted = names[i].rooted};
		char out[NAME_ROOM];
		const char *why;

		set(z.origin, names[i].origin);
		set(z.apex, names[i].apex);
		why = zone_resolve(&z, str_of(names[i].name), out);
		if ((why == NULL) != (names[i].want != NULL))
			fail_msg("%s: %s", names[i].name, why ? why : out);
		if (!why)
			assert_string_equal(out, names[i].want);
	}
}

static void
triggers_are_below_the_apex(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(below); i++) {
		struct source_zone z = {.rooted = true};
		struct str out;
		bool in;

		set(z.apex, below[i].apex);
		in = zone_below_apex(&z, str_of(below[i].name), &out);
		if (in != (below[i].want != NULL))
			fail_msg("%s in %s", below[i].name, below[i].apex);
		if (in)
			assert_true(str_eq(out, str_of(below[i].want)));
	}
}

/* Names and origins of any length: what comes out fits, or is refused. */
static void
names_of_any_length(void **state)
{
	char name[600], origin[NAME_ROOM], *out;

	(void)state;
	memset(name, 'x', sizeof(name));
	memset(origin, 'y', sizeof(origin));
	for (size_t n = 0; n < 300; n++)
		for (size_t o = 0; o < NAME_ROOM; o += 15) {
			struct source_zone z = {.rooted = true};

			memcpy(z.origin, origin, o);
			z.origin[o] = '\0';
			out = malloc(NAME_ROOM); /* for the sanitizer to see */
			assert_non_null(out);
			if (!zone_resolve(&z, str_make(name, n), out))
				assert_int_equal(strlen(out), n + o + (n && o));
			else
				assert_true(n + o + 1 >= NAME_ROOM);
			free(out);
		}
}

static void
dots_at_the_end(void **state)
{
	static const struct {
		const char *text, *want;
		bool absolute;
	} row[] = {{"a.", "a", true}, {"a", "a", false}, {".", "", true},
	    {"", "", false}, {"a..", "a.", true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		bool absolute;
		struct str s = zone_undotted(str_of(row[i].text), &absolute);

		assert_true(str_eq(s, str_of(row[i].want)));
		assert_int_equal(absolute, row[i].absolute);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_come_apart),
	    cmocka_unit_test(words_without_end),
	    cmocka_unit_test(comments_are_where_words_end),
	    cmocka_unit_test(names_are_below_the_origin),
	    cmocka_unit_test(triggers_are_below_the_apex),
	    cmocka_unit_test(names_of_any_length),
	    cmocka_unit_test(dots_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
