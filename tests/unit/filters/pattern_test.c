/* pattern_test.c - patterns: what they see, their literals, their limits. */
#include "world.h"

#include <pthread.h>

#include "base/table.h"
#include "filters/pattern.h"

static uint16_t
add(struct pattern_set *ps, struct str text, size_t *at, struct err *err)
{
	const struct pattern_def def = {.text = text};

	return pattern_set_add(ps, &def, at, err);
}

static struct pattern_set *
set_of(const char *const texts[], unsigned n)
{
	struct pattern_set *ps = pattern_set_new();
	struct err err = {0};
	size_t at;

	assert_non_null(ps);
	for (unsigned i = 0; i < n; i++)
		if (add(ps, str_of(texts[i]), &at, &err) != i)
			fail_msg("%s at %zu: %s", texts[i], at, err.text);
	assert_int_equal(pattern_set_finish(ps), 0);
	return ps;
}

static struct url
url_of(const char *text, const char *raw, const char *alt)
{
	static struct url_reading other; /* for the last one that was asked */

	if (alt[0])
		other.text = str_of(alt);
	return (struct url){.text = str_of(text),
	    .raw = str_of(raw),
	    .alt = &other,
	    .nalts = alt[0] != '\0'};
}

static bool
is(const struct pattern_result *res, uint16_t id, enum pattern_outcome what)
{
	return (pattern_result_of(res, id) & what) != 0;
}

/* 'y' hit, 'n' miss, '?' open; <every>: the same of all texts */
static char
try_both(const char *pattern, const struct url *u, char *every)
{
	struct pattern_set *ps = set_of(&pattern, 1);
	struct pattern_result res;
	char c;

	pattern_set_run(ps, u, NULL, &res);
	c = is(&res, 0, PATTERN_SOME)   ? 'y'
	    : is(&res, 0, PATTERN_OPEN) ? '?'
	                                : 'n';
	*every = is(&res, 0, PATTERN_EVERY)        ? 'y'
	         : is(&res, 0, PATTERN_EVERY_OPEN) ? '?'
	                                           : 'n';
	pattern_set_free(ps);
	return c;
}

static char
try_one(const char *pattern, const struct url *u)
{
	char unused;

	return try_both(pattern, u, &unused);
}

static void
patterns_match_bytes_and_ignore_case(void **unused)
{
	static const struct {
		const char *pattern, *text;
		char want;
	} rows[] = {
	    {"evil", "http://h.test/EVIL", 'y'},
	    {"EVIL", "http://h.test/evil", 'y'},
	    {"evil", "http://h.test/evi", 'n'},
	    {"^http://h\\.test/x$", "http://h.test/x", 'y'},
	    {"x$", "http://h.test/x\n", 'n'},
	    {"a.b", "http://h.test/a\nb", 'y'},
	    {"^h.*z$", "http://h.test/\xff\xc3(z", 'y'},
	    {"\\xff", "http://h.test/\xff", 'y'},
	    {"(?-i)EVIL", "http://h.test/evil", 'n'},
	    {"(?-i)evil", "http://h.test/evil", 'y'},
	    {"(a)\\1", "http://h.test/aa", 'y'},
	    {"(?<!un)safe", "http://h.test/unsafe", 'n'},
	    {"(?<!un)safe", "http://h.test/safe", 'y'},
	    {"", "", 'y'},
	};

	(void)unused;
	for (unsigned i = 0; i + 1 < ARRAY_LEN(rows); i++) {
		struct url u = url_of(rows[i].text, "", "");
		char got = try_one(rows[i].pattern, &u);

		if (got != rows[i].want)
			fail_msg(
			    "%s on %s: %c", rows[i].pattern, rows[i].text, got);
	}
}

static void
every_text_of_a_url_is_looked_at(void **unused)
{
	struct url u = url_of(
	    "http://h.test/one", "http://h.test/two", "http://h.test/three");

	(void)unused;
	assert_int_equal(try_one("one", &u), 'y');
	assert_int_equal(try_one("two", &u), 'y');
	assert_int_equal(try_one("three", &u), 'y');
	assert_int_equal(try_one("four", &u), 'n');
}

static void
every_text_or_any_are_two_answers(void **unused)
{
#define SLOW "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"
	static const struct {
		const char *pattern, *text, *raw, *alt;
		char any, every;
	} rows[] = {
	    {"ok", "h/ok", "", "", 'y', 'y'},
	    {"ok", "h/ok", "h/OK", "h/x/ok", 'y', 'y'},
	    {"ok", "h/ok", "h/play", "", 'y', 'n'},
	    {"ok", "h/ok", "", "h/play", 'y', 'n'},
	    {"ok", "h/play", "h/ok/../play", "", 'y', 'n'},
	    {"ok", "h/play", "h/play/", "h/plays", 'n', 'n'},
	    {"^(a+)+$", SLOW, "", "", '?', '?'},
	    {"^(a+)+$", SLOW, "aaa", "", 'y', '?'},
	    {"^(a+)+$", "aaa", SLOW, "", 'y', '?'},
	    {"^(a+)+$", "b", SLOW, "", '?', 'n'},
	    {"^(a+)+$", "b", SLOW, "aaa", 'y', 'n'},
	    {"^(a+)+$", "aaa", SLOW, "b", 'y', 'n'},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct url u = url_of(rows[i].text, rows[i].raw, rows[i].alt);
		char every, any = try_both(rows[i].pattern, &u, &every);

		if (any != rows[i].any || every != rows[i].every)
			fail_msg("row %u: %c %c", i, any, every);
	}
}

static void
a_pattern_at_its_limit_is_open_and_counted(void **unused)
{
	static const char *const bad[] = {
	    "^(a+)+$", "(a|aa)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"};
	static const char *const texts[] = {
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy!"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"};
	struct pattern_result res;

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct pattern_set *ps = set_of(&bad[i], 1);
		struct url u = url_of(texts[i], "", "");

		pattern_set_run(ps, &u, NULL, &res);
		/* whichever the matcher finds, it is never a silent miss */
		if (!is(&res, 0, PATTERN_OPEN) && !is(&res, 0, PATTERN_SOME) &&
		    i != 2)
			fail_msg("%s: a miss", bad[i]);
		if (is(&res, 0, PATTERN_OPEN))
			assert_int_equal(pattern_set_limits(ps, 0), 1);
		pattern_set_free(ps);
	}
}

static void
one_url_cannot_run_all_patterns_to_the_limit(void **unused)
{
	char text[40][32];
	const char *list[40];
	struct pattern_set *ps;
	struct pattern_result res;
	struct url u =
	    url_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "", "");

	(void)unused;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(text[i], sizeof(text[i]), "^(a+)+[%u]?$", i);
		list[i] = text[i];
	}
	ps = set_of(list, 40);
	pattern_set_run(ps, &u, NULL, &res);
	for (unsigned i = 0; i < 40; i++)
		assert_true(is(&res, i, PATTERN_OPEN));
	pattern_set_free(ps);
}

static void
only_the_patterns_asked_for_are_tried(void **unused)
{
	static const char *const texts[] = {"a", "b", "c", "d"};
	static const struct pattern_wanted two = {.w = {10}}, none;
	struct pattern_set *ps = set_of(texts, 4);
	struct url u = url_of("http://abcd.test/", "", "");
	struct pattern_result res;

	(void)unused;
	pattern_set_run(ps, &u, &two, &res);
	assert_int_equal(res.n, 2);
	assert_int_equal(res.v[0].id, 1);
	assert_int_equal(res.v[1].id, 3);
	pattern_set_run(ps, &u, &none, &res);
	assert_true(pattern_result_is_empty(&res));
	pattern_set_free(ps);
}

static void
what_cannot_be_compiled_says_where(void **unused)
{
	static const struct {
		const char *pattern;
		size_t at;
		const char *says;
	} rows[] = {
	    {"", 0, "empty"},
	    {"a(b", 3, "parenthes"},
	    {"a[b", 3, "terminating ]"},
	    {"(*UTF)a", 0, "options of the matcher"},
	    {"(*LIMIT_MATCH=4294967295)a", 0, "options of the matcher"},
	    {"(*NO_JIT)a", 0, "options of the matcher"},
	    {"a\\Cb", 3, "\\C"},
	    {"ab\xd1\x81", 2, "%D1"},
	    {"((a{1,1000}){1,1000}){1,1000}", 29, "too large"},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct pattern_set *ps = pattern_set_new();
		struct err err = {0};
		size_t at = 99;

		assert_int_equal(
		    add(ps, str_of(rows[i].pattern), &at, &err), PATTERN_NONE);
		if (at != rows[i].at || !strstr(err.text, rows[i].says))
			fail_msg(
			    "%s: at %zu: %s", rows[i].pattern, at, err.text);
		pattern_set_free(ps);
	}
}

static void
a_pattern_is_at_most_4096_bytes(void **unused)
{
	struct pattern_set *ps = pattern_set_new();
	char text[PATTERN_TEXT_MAX + 1];
	struct err err = {0};
	size_t at;

	(void)unused;
	memset(text, 'a', sizeof(text));
	assert_int_equal(
	    add(ps, str_make(text, PATTERN_TEXT_MAX), &at, &err), 0);
	assert_int_equal(
	    add(ps, str_make(text, sizeof(text)), &at, &err), PATTERN_NONE);
	assert_int_equal(err.code, ERR_LIMIT);
	memset(text, '(', PATTERN_TEXT_MAX);
	assert_int_equal(
	    add(ps, str_make(text, PATTERN_TEXT_MAX), &at, &err), PATTERN_NONE);
	pattern_set_free(ps);
}

static void
the_same_text_is_one_pattern(void **unused)
{
	struct pattern_set *ps = pattern_set_new();
	struct err err = {0};
	size_t at;

	(void)unused;
	assert_int_equal(add(ps, STR("a"), &at, &err), 0);
	assert_int_equal(add(ps, STR("b"), &at, &err), 1);
	assert_int_equal(add(ps, STR("a"), &at, &err), 0);
	assert_int_equal(pattern_set_count(ps), 2);
	assert_int_equal(pattern_set_text(ps, 2).n, 0);
	pattern_set_free(ps);
}

/* ----------------------------------------------------------- the cache */

static struct pattern_result
result_of(unsigned n, uint16_t first, unsigned is)
{
	struct pattern_result res = {.n = (uint16_t)n};

	for (unsigned i = 0; i < n; i++) {
		res.v[i].id = (uint16_t)(first + i);
		res.v[i].is = (uint8_t)is;
	}
	return res;
}

static void
hits_survive_the_cache(void **unused)
{
	struct pattern_result res = result_of(3, 7, PATTERN_SOME), back;
	struct pattern_hits hits;

	(void)unused;
	res.v[1].is = PATTERN_SOME | PATTERN_EVERY;
	pattern_hits_from(&res, &hits);
	assert_int_equal(hits.n, 3);
	assert_int_equal(hits.id[2], 9);
	assert_int_equal(hits.every, 2);
	assert_false(hits.limit || hits.overflow);
	assert_true(pattern_hits_into(&hits, 200, &back));
	assert_int_equal(back.n, 3);
	assert_false(back.rest_open);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(back.v[i].id, res.v[i].id);
		assert_int_equal(back.v[i].is, res.v[i].is);
	}
	assert_int_equal(pattern_result_of(&back, 6), 0);
	res = result_of(17, 0, PATTERN_SOME);
	pattern_hits_from(&res, &hits);
	assert_true(hits.overflow);
	assert_false(pattern_hits_into(&hits, 200, &back));
}

static void
what_met_a_limit_comes_back_open(void **unused)
{
	struct pattern_result res = result_of(3, 0, PATTERN_SOME), back;
	struct pattern_hits hits;

	(void)unused;
	res.v[1].is = PATTERN_SOME | PATTERN_EVERY;
	res.v[2].is = PATTERN_OPEN;
	pattern_hits_from(&res, &hits);
	assert_true(hits.limit);
	assert_int_equal(hits.n, 2);
	assert_true(pattern_hits_into(&hits, 200, &back));
	/* one that matches some may or may not match the rest */
	assert_int_equal(
	    pattern_result_of(&back, 0), PATTERN_SOME | PATTERN_EVERY_OPEN);
	assert_int_equal(
	    pattern_result_of(&back, 1), PATTERN_SOME | PATTERN_EVERY);
	assert_int_equal(pattern_result_of(&back, 2), PATTERN_OPEN_ALL);
	assert_int_equal(pattern_result_of(&back, 199), PATTERN_OPEN_ALL);
	assert_false(pattern_result_is_empty(&back));
	res = result_of(1, 0, PATTERN_SOME | PATTERN_EVERY_OPEN);
	pattern_hits_from(&res, &hits);
	assert_true(hits.limit);
	res = result_of(0, 0, 0);
	res.rest_open = true;
	pattern_hits_from(&res, &hits);
	assert_true(hits.limit);
	assert_true(pattern_hits_into(&hits, 200, &back));
	assert_int_equal(pattern_result_of(&back, 0), PATTERN_OPEN_ALL);
}

static void
nonsense_from_the_cache_is_not_believed(void **unused)
{
	static const struct pattern_hits rows[] = {
	    {.n = 1, .id = {5}},
	    {.n = 2, .id = {2, 1}},
	    {.n = 2, .id = {2, 2}},
	    {.n = PATTERN_HITS_MAX + 1},
	    {.n = 1, .id = {UINT16_MAX}},
	    {.n = 1, .id = {1}, .every = 2},
	    {.n = 0, .every = 1},
	};
	struct pattern_result res;

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		assert_false(pattern_hits_into(&rows[i], 5, &res));
}

/* ------------------------------------------------------------- threads */

#define THREADS 24 /* more than there are slots */

static void *
run_much(void *arg)
{
	const struct pattern_set *ps = arg;
	struct url hit = url_of("http://h.test/evil/x9z", "", "");
	struct url miss = url_of("http://h.test/", "", "");
	struct pattern_result res;

	for (unsigned i = 0; i < 500; i++) {
		pattern_set_run(ps, &hit, NULL, &res);
		if (res.n != 2 || !is(&res, 0, PATTERN_SOME) ||
		    !is(&res, 1, PATTERN_SOME))
			return arg;
		pattern_set_run(ps, &miss, NULL, &res);
		if (!pattern_result_is_empty(&res))
			return arg;
	}
	return NULL;
}

static void
threads_share_a_set(void **unused)
{
	static const char *const texts[] = {"evil", "x(\\d+)z", "never"};
	struct pattern_set *ps = set_of(texts, 3);
	pthread_t t[THREADS];
	void *wrong;

	(void)unused;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, run_much, ps), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
	pattern_set_free(ps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(patterns_match_bytes_and_ignore_case),
	    cmocka_unit_test(every_text_of_a_url_is_looked_at),
	    cmocka_unit_test(every_text_or_any_are_two_answers),
	    cmocka_unit_test(a_pattern_at_its_limit_is_open_and_counted),
	    cmocka_unit_test(one_url_cannot_run_all_patterns_to_the_limit),
	    cmocka_unit_test(only_the_patterns_asked_for_are_tried),
	    cmocka_unit_test(what_cannot_be_compiled_says_where),
	    cmocka_unit_test(a_pattern_is_at_most_4096_bytes),
	    cmocka_unit_test(the_same_text_is_one_pattern),
	    cmocka_unit_test(hits_survive_the_cache),
	    cmocka_unit_test(what_met_a_limit_comes_back_open),
	    cmocka_unit_test(nonsense_from_the_cache_is_not_believed),
	    cmocka_unit_test(threads_share_a_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
