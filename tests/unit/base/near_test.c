/* near_test.c - which word was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/near.h"

static void
nearest_is_found(void **state)
{
	static const char *const known[] = {
	    "workers", "user", "connections", "connections-per-client", "via"};
	static const struct {
		const char *word, *best; /* NULL: none is near enough */
	} cases[] = {
	    {"workesr", "workers"},  /* two letters swapped */
	    {"worker", "workers"},   /* one missing */
	    {"workerss", "workers"}, /* one too many */
	    {"wbrkers", "workers"},  /* one wrong */
	    {"WORKERS", "workers"},  /* case does not count */
	    {"conections", "connections"},
	    {"conections-per-cient", "connections-per-client"},
	    {"usr", "user"},
	    {"xyz", NULL},
	    {"", NULL},
	    {"wxxxers", NULL},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct near n = near_to(str_of(cases[i].word));

		for (unsigned k = 0; k < sizeof(known) / sizeof(*known); k++)
			near_try(&n, str_of(known[k]));
		if (!cases[i].best) {
			assert_int_equal(n.best.n, 0);
			continue;
		}
		assert_true(str_eq(n.best, str_of(cases[i].best)));
	}
}

static void
long_words_are_no_candidates(void **state)
{
	char word[4096];
	struct near n;

	(void)state;
	memset(word, 'a', sizeof(word));
	n = near_to(str_make(word, sizeof(word)));
	near_try(&n, str_make(word, sizeof(word)));
	assert_int_equal(n.best.n, 0);
	n = near_to(STR("aaa"));
	near_try(&n, str_make(word, sizeof(word)));
	assert_int_equal(n.best.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nearest_is_found),
	    cmocka_unit_test(long_words_are_no_candidates),
	};

	return cmocka_run_group_tests_name("config/near", tests, NULL, NULL);
}
