/* origins_test.c - files and how their lines are meant, numbered the same in
 * whatever order they are met. */
#include "lists/origins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/table.h"

static uint16_t
intern(struct origins *o, uint16_t file, uint8_t role, uint16_t group)
{
	struct origin_key key = {.file = file, .group = group, .role = role};
	uint16_t id = UINT16_MAX;

	assert_int_equal(origins_intern(o, key, 0, &id), ORIGINS_OK);
	return id;
}

static void
each_triple_has_one_id(void **state)
{
	struct origins o = {0};

	(void)state;
	for (int round = 0; round < 2; round++)
		for (unsigned i = 0; i < 3000; i++) {
			uint16_t id = intern(&o, (uint16_t)(i / 30),
			    (uint8_t)(i / 10 % 3), (uint16_t)(i % 10));

			assert_int_equal(id, i);
		}
	assert_int_equal(o.n, 3000);
	for (unsigned i = 0; i < 3000; i++) {
		assert_int_equal(o.v[i].file, i / 30);
		assert_int_equal(o.v[i].role, i / 10 % 3);
		assert_int_equal(o.v[i].group, i % 10);
	}
	origins_fini(&o);
	origins_fini(&o);
}

static void
numbers_are_by_file_then_role_then_group(void **state)
{
	/* in their order */
	static const struct origin_key key[] = {
	    {0, 0, 0},
	    {0, 5, 0},
	    {0, 0, 1},
	    {0, 0, 4},
	    {0, 65535, 4},
	    {1, 0, 255},
	    {2, 0, 0}, /* of a file that gave nothing */
	    {3, 0, 4},
	    {3, 1, 4},
	    {300, 0, 0},
	};
	unsigned at = 1;

	(void)state;
	for (unsigned start = 0; start < ARRAY_LEN(key); start++) {
		struct origins o = {0};

		for (unsigned i = 0; i < ARRAY_LEN(key); i++) {
			unsigned k = (start + i * 7) % ARRAY_LEN(key);

			if (key[k].file != 2)
				intern(
				    &o, key[k].file, key[k].role, key[k].group);
		}
		assert_true(origins_order(&o, 301));
		assert_int_equal(o.n, ARRAY_LEN(key) + 296);
		at = 0;
		for (unsigned i = 0; i < o.n; i++) {
			const struct origin_key *got = &o.v[o.order[i]];

			assert_int_equal(o.number[o.order[i]], i);
			if (got->file > 3 && got->file < 300) {
				/* and those that gave nothing either */
				assert_int_equal(got->role, 0);
				continue;
			}
			assert_int_equal(got->file, key[at].file);
			assert_int_equal(got->role, key[at].role);
			assert_int_equal(got->group, key[at].group);
			at++;
		}
		assert_int_equal(at, ARRAY_LEN(key));
		origins_fini(&o);
	}
}

static void
there_are_as_many_as_two_bytes_count(void **state)
{
	struct origin_key key = {.role = 4};
	struct origins o = {0};
	uint16_t id;

	(void)state;
	for (unsigned i = 0; i < ORIGINS_MAX - 10; i++)
		assert_int_equal(intern(&o, 0, 4, (uint16_t)i), i);
	/* room for ten others is kept where it is asked for */
	key.file = 1;
	assert_int_equal(origins_intern(&o, key, 10, &id), ORIGINS_FULL);
	assert_int_equal(origins_intern(&o, key, 9, &id), ORIGINS_OK);
	assert_int_equal(origins_intern(&o, key, 10, &id), ORIGINS_OK);
	for (uint16_t i = 2; i < 11; i++) {
		key.file = i;
		assert_int_equal(origins_intern(&o, key, 0, &id), ORIGINS_OK);
	}
	key.file = 11;
	assert_int_equal(origins_intern(&o, key, 0, &id), ORIGINS_FULL);
	assert_int_equal(o.n, ORIGINS_MAX);
	assert_true(origins_order(&o, 11));
	assert_int_equal(o.n, ORIGINS_MAX);
	origins_fini(&o);
}

static void
no_files_have_no_origins(void **state)
{
	struct origins o = {0};

	(void)state;
	assert_true(origins_order(&o, 0));
	assert_int_equal(o.n, 0);
	origins_fini(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_triple_has_one_id),
	    cmocka_unit_test(numbers_are_by_file_then_role_then_group),
	    cmocka_unit_test(there_are_as_many_as_two_bytes_count),
	    cmocka_unit_test(no_files_have_no_origins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
