/* cache_test.c - a bounded table: what is found, what leaves first. */
#include "proxy/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct cache_key
key(uint64_t i)
{
	return (struct cache_key){i & 3, i}; /* few buckets: long chains */
}

static int
find(struct cache *c, uint64_t i)
{
	const int *v = cache_find(c, key(i));

	return v ? *v : -1;
}

static void
put(struct cache *c, uint64_t i, int v)
{
	cache_put(c, key(i), &v);
}

static void
what_was_put_is_found(void **state)
{
	struct cache *c = cache_new(8, sizeof(int));

	(void)state;
	assert_int_equal(find(c, 1), -1);
	put(c, 1, 10);
	put(c, 2, 20);
	assert_int_equal(find(c, 1), 10);
	assert_int_equal(find(c, 2), 20);
	put(c, 1, 11);
	assert_int_equal(find(c, 1), 11);
	assert_int_equal(cache_used(c), 2);
	cache_free(c);
}

static void
a_key_counts_in_full(void **state)
{
	struct cache *c = cache_new(8, sizeof(int));
	struct cache_key a = {7, 1}, b = {7, 2};
	int v = 1;

	(void)state;
	cache_put(c, a, &v);
	assert_null(cache_find(c, b));
	assert_non_null(cache_find(c, a));
	cache_free(c);
}

static void
the_least_used_leaves_first(void **state)
{
	struct cache *c = cache_new(4, sizeof(int));

	(void)state;
	for (int i = 0; i < 4; i++)
		put(c, (uint64_t)i, i);
	assert_int_equal(find(c, 0), 0); /* used again: now 1 is the oldest */
	put(c, 2, 22);                   /* so is 2 by being put again */
	put(c, 4, 4);
	assert_int_equal(find(c, 1), -1);
	put(c, 5, 5);
	assert_int_equal(find(c, 3), -1);
	assert_int_equal(find(c, 0), 0);
	assert_int_equal(find(c, 2), 22);
	assert_int_equal(cache_used(c), 4);
	cache_free(c);
}

static void
one_slot_is_enough(void **state)
{
	struct cache *c = cache_new(1, sizeof(int));

	(void)state;
	for (int i = 0; i < 100; i++) {
		put(c, (uint64_t)i, i);
		assert_int_equal(find(c, (uint64_t)i), i);
		assert_int_equal(i ? find(c, (uint64_t)i - 1) : -1, -1);
	}
	cache_free(c);
}

/* Against a plain model that keeps the order in an array. */
static void
it_agrees_with_a_model(void **state)
{
	enum { SLOTS = 13, KEYS = 40 };
	struct cache *c = cache_new(SLOTS, sizeof(int));
	int order[SLOTS], value[KEYS] = {0}, n = 0;
	uint32_t chance = 12345;

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		int at = 0, k, held;

		chance = chance * 1664525 + 1013904223;
		k = (int)(chance >> 16) % KEYS;
		while (at < n && order[at] != k)
			at++;
		held = at < n;
		assert_int_equal(find(c, (uint64_t)k), held ? value[k] : -1);
		if (!held) {
			value[k] = turn;
			put(c, (uint64_t)k, turn);
			if (n < SLOTS)
				n++;
			at = n - 1;
		}
		memmove(order + 1, order, (size_t)at * sizeof(order[0]));
		order[0] = k;
	}
	cache_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_put_is_found),
	    cmocka_unit_test(a_key_counts_in_full),
	    cmocka_unit_test(the_least_used_leaves_first),
	    cmocka_unit_test(one_slot_is_enough),
	    cmocka_unit_test(it_agrees_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
