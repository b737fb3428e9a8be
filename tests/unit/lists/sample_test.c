/* sample_test.c - of many keys each 2^k-th, never too many, none invented. */
#include "lists/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/table.h"

static void
as_many_as_may_be_and_from_all_of_the_row(void **state)
{
	static const unsigned sizes[] = {0, 1, 2, 3, 1000, SAMPLE_MAX - 1,
	    SAMPLE_MAX, SAMPLE_MAX + 1, 2 * SAMPLE_MAX + 1, 3000000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct sample s = {0};
		unsigned every;
		struct str *keys;

		for (unsigned k = 0; k < sizes[i]; k++) {
			char key[32];
			int n = snprintf(key, sizeof(key), "n%u", k);

			sample_add(&s, str_make(key, (size_t)n));
		}
		assert_int_equal(s.seen, sizes[i]);
		assert_true(s.n < SAMPLE_MAX);
		every = 1u << s.shift;
		assert_int_equal(s.n, (sizes[i] + every - 1) / every);
		/* no fewer than half of what may be held, if there are */
		assert_true(s.shift == 0 || s.n >= SAMPLE_MAX / 2);
		keys = sample_keys(&s);
		assert_non_null(keys);
		for (size_t k = 0; k < s.n; k++) {
			char want[32];
			int n = snprintf(want, sizeof(want), "n%zu", k * every);

			assert_true(str_eq(keys[k], str_make(want, (size_t)n)));
		}
		free(keys);
		sample_fini(&s);
	}
}

static void
keys_of_every_length_are_kept(void **state)
{
	static char key[2400];
	struct sample s = {0};
	struct str *keys;

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (char)(i * 31);
	for (size_t n = 0; n < sizeof(key); n++)
		sample_add(&s, str_make(key, n));
	keys = sample_keys(&s);
	assert_non_null(keys);
	assert_int_equal(s.n, sizeof(key));
	for (size_t n = 0; n < sizeof(key); n++)
		assert_true(str_eq(keys[n], str_make(key, n)));
	free(keys);
	sample_fini(&s);
	sample_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_many_as_may_be_and_from_all_of_the_row),
	    cmocka_unit_test(keys_of_every_length_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
