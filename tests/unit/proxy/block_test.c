/* block_test.c - I/O blocks: their pool, and what it gives back. */
#include "proxy/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proxy/limits.h"

#define MANY (LIMIT_BURST + LIMIT_BLOCKS_KEPT)

static void
take_all(struct blocks *pool, struct block *b[MANY], enum block_size size)
{
	for (unsigned i = 0; i < MANY; i++) {
		b[i] = block_take(pool, size);
		assert_non_null(b[i]);
	}
}

static void
give(struct blocks *pool, struct block *b[MANY], unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		block_give(pool, &b[i]);
}

static void
only_so_many_unused_ones_are_kept(void **state)
{
	struct blocks pool = {0};
	struct block *b[MANY];

	(void)state;
	take_all(&pool, b, BLOCK_SMALL);
	assert_int_equal(pool.taken, MANY);
	give(&pool, b, 0, MANY);
	assert_int_equal(pool.taken, 0);
	assert_int_equal(pool.nfree[BLOCK_SMALL], LIMIT_BLOCKS_KEPT);
	blocks_fini(&pool);
	assert_null(pool.free[BLOCK_SMALL]);
}

static void
a_burst_has_passed_when_few_are_in_use(void **state)
{
	struct blocks pool = {0};
	struct block *b[MANY];

	(void)state;
	for (enum block_size size = 0; size < BLOCK_SIZES; size++) {
		take_all(&pool, b, size);
		assert_false(blocks_calm(&pool, 2)); /* it lasts */
		give(&pool, b, MANY / 4, MANY);
		assert_int_equal(pool.nfree[size], LIMIT_BLOCKS_KEPT);
		assert_true(blocks_calm(&pool, 2));
		assert_int_equal(pool.nfree[size], 2);
		assert_int_equal(pool.peak, MANY / 4);
		/* once for each burst */
		give(&pool, b, 0, MANY / 4);
		assert_false(blocks_calm(&pool, 2));
	}
	blocks_fini(&pool);
}

static void
a_few_are_no_burst(void **state)
{
	struct blocks pool = {0};
	struct block *b[MANY];

	(void)state;
	for (unsigned i = 0; i < LIMIT_BURST - 1; i++)
		b[i] = block_take(&pool, BLOCK_SMALL);
	give(&pool, b, 0, LIMIT_BURST - 1);
	assert_false(blocks_calm(&pool, 0));
	assert_int_equal(pool.nfree[BLOCK_SMALL], LIMIT_BURST - 1);
	blocks_fini(&pool);
}

static void
growing_keeps_what_a_block_holds(void **state)
{
	struct blocks pool = {0};
	struct block *b = block_take(&pool, BLOCK_SMALL);

	(void)state;
	memcpy(b->p, "xxhello", 7);
	b->n = 7;
	block_eat(b, 2);
	assert_true(block_grow(&pool, &b));
	assert_int_equal(b->size, BLOCK_LARGE);
	assert_int_equal(b->at, 0);
	assert_memory_equal(block_begin(b), "hello", 5);
	block_eat(b, 1);
	assert_false(block_grow(&pool, &b)); /* it is the largest: packed */
	assert_int_equal(b->at, 0);
	assert_memory_equal(block_begin(b), "ello", 4);
	block_give(&pool, &b);
	assert_null(b);
	blocks_fini(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_so_many_unused_ones_are_kept),
	    cmocka_unit_test(a_burst_has_passed_when_few_are_in_use),
	    cmocka_unit_test(a_few_are_no_burst),
	    cmocka_unit_test(growing_keeps_what_a_block_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
