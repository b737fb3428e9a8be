/* classes_test.c - each set of sources once, the frequent ones first. */
#include "lists/classes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/table.h"

static uint32_t
intern(struct classes *c, const uint16_t *ids, uint32_t n)
{
	uint32_t number = UINT32_MAX;

	assert_true(classes_intern(c, ids, n, &number));
	assert_true(number < c->n);
	return number;
}

static void
equal_sets_are_one(void **state)
{
	static const struct {
		uint16_t ids[4];
		uint32_t n;
		uint32_t number;
	} row[] = {
	    {{0}, 1, 0},
	    {{1}, 1, 1},
	    {{0, 1}, 2, 2},
	    {{0}, 1, 0},
	    {{256}, 1, 3}, /* the bytes of {1} the other way round */
	    {{0, 1}, 2, 2},
	    {{0, 256}, 2, 4},
	    {{0, 1, 2}, 3, 5}, /* begins as another does */
	    {{65534}, 1, 6},
	    {{65534, 65535}, 2, 7},
	    {{1}, 1, 1},
	};
	struct classes c = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_int_equal(
		    intern(&c, row[i].ids, row[i].n), row[i].number);
	assert_int_equal(c.n, 8);
	classes_fini(&c);
	classes_fini(&c);
}

static void
frequent_ones_have_small_numbers(void **state)
{
	static const uint16_t ids[][2] = {{0, 9}, {1, 9}, {2, 9}, {3, 9}};
	static const unsigned uses[] = {2, 7, 2, 5};
	/* 7, 5, then of the two with 2 the one that sorts first */
	static const uint32_t want[] = {2, 0, 3, 1};
	struct classes c = {0};

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		for (unsigned k = 0; k < uses[i]; k++)
			assert_int_equal(intern(&c, ids[i], 2), i);
	assert_true(classes_order(&c));
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(c.number[i], want[i]);
		assert_int_equal(c.order[want[i]], i);
	}
	classes_fini(&c);
}

/* In whatever order the sets are met, the same set has the same number. */
static void
numbers_do_not_depend_on_who_came_first(void **state)
{
	uint16_t ids[2];
	uint32_t number[2][600];

	(void)state;
	for (unsigned back = 0; back < 2; back++) {
		struct classes c = {0};
		uint32_t first[600];

		for (unsigned i = 0; i < 600; i++) {
			unsigned k = back ? 599 - i : i;

			ids[0] = (uint16_t)(k % 25);
			ids[1] = (uint16_t)(25 + k / 25);
			for (unsigned u = 0; u <= k % 3; u++)
				first[k] = intern(&c, ids, 2);
		}
		assert_true(classes_order(&c));
		assert_int_equal(c.n, 600);
		for (unsigned k = 0; k < 600; k++)
			number[back][k] = c.number[first[k]];
		classes_fini(&c);
	}
	assert_memory_equal(number[0], number[1], sizeof(number[0]));
}

static void
many_and_long_sets_are_all_told_apart(void **state)
{
	static uint16_t ids[3000];
	struct classes c = {0};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(ids); i++)
		ids[i] = (uint16_t)(i * 21);
	for (unsigned n = 1; n <= ARRAY_LEN(ids); n++)
		assert_int_equal(intern(&c, ids, n), n - 1);
	for (unsigned n = ARRAY_LEN(ids); n > 0; n--)
		assert_int_equal(intern(&c, ids, n), n - 1);
	assert_true(classes_order(&c));
	for (uint32_t i = 0; i < c.n; i++) {
		const struct class_set *s = &c.sets[c.order[i]];

		assert_int_equal(s->uses, 2);
		assert_int_equal(s->n, i + 1); /* a shorter one before */
		assert_memory_equal(c.ids + s->at, ids, s->n * sizeof(ids[0]));
	}
	classes_fini(&c);
}

static void
nothing_is_ordered_too(void **state)
{
	struct classes c = {0};

	(void)state;
	assert_true(classes_order(&c));
	assert_int_equal(c.n, 0);
	classes_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_sets_are_one),
	    cmocka_unit_test(frequent_ones_have_small_numbers),
	    cmocka_unit_test(numbers_do_not_depend_on_who_came_first),
	    cmocka_unit_test(many_and_long_sets_are_all_told_apart),
	    cmocka_unit_test(nothing_is_ordered_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
