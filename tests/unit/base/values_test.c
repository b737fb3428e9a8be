/* values_test.c - slices, buffers, arenas, lists, bits, hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/buf.h"
#include "base/bug.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/str.h"
#include "base/table.h"

static void
numbers_are_digits_alone_and_do_not_overflow(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t v;
	} row[] = {{"0", true, 0}, {"005", true, 5},
	    {"18446744073709551615", true, UINT64_MAX},
	    {"18446744073709551616", false, 0}, {"", false, 0},
	    {"+5", false, 0}, {"-1", false, 0}, {" 5", false, 0},
	    {"0x5", false, 0}, {"5 ", false, 0}, {"\xd9\xa5", false, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint64_t v = 0;

		assert_int_equal(
		    str_to_u64(str_of(row[i].text), &v), row[i].ok);
		if (row[i].ok)
			assert_true(v == row[i].v);
	}
}

static void
parts_between_separators_include_the_empty_ones(void **state)
{
	struct str rest = STR("a,,b,"), part;
	const char *want[] = {"a", "", "b", ""};
	size_t i = 0;

	(void)state;
	while (str_next(&rest, ',', &part))
		assert_true(str_eq(part, str_of(want[i++])));
	assert_int_equal(i, 4);
}

static void
slices_are_searched_trimmed_and_clamped(void **state)
{
	struct str s = STR("  ab\0cab \r\n"), a, b;

	(void)state;
	assert_int_equal(str_trim(s).n, 6);
	assert_int_equal(str_search(s, STR("cab")), 5);
	assert_int_equal(str_search(s, STR("cax")), s.n);
	assert_int_equal(str_search(STR("aab"), STR("ab")), 1);
	assert_int_equal(str_find(s, 'b', 4), 7);
	assert_int_equal(str_sub(s, 100, 5).n, 0);
	assert_int_equal(str_sub(s, 2, SIZE_MAX).n, s.n - 2);
	assert_false(str_cut(STR("abc"), '=', &a, &b));
	assert_int_equal(b.n, 0);
	assert_true(str_eq_nocase(STR("AbC"), STR("aBc")));
	assert_false(str_eq_nocase(STR("k"), STR("\xe2")));
	assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
}

static void
a_buffer_grows_keeps_bytes_and_eats_its_front(void **state)
{
	struct buf b = BUF_EMPTY;
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		buf_addf(&b, "%u,", i);
	buf_add_u64(&b, UINT64_MAX);
	assert_true(str_ends(buf_str(&b), STR("4999,18446744073709551615")));
	buf_eat(&b, 4);
	assert_true(str_starts(buf_str(&b), STR("2,3,4,")));
	buf_eat(&b, b.n + 1);
	assert_int_equal(b.n, n);
	assert_false(buf_room(&b, SIZE_MAX - 2));
	assert_true(b.failed);
	buf_add_str(&b, STR("x"));
	assert_int_equal(b.n, 0);
	buf_fini(&b);
}

static void
an_arena_fails_for_good_at_its_limit(void **state)
{
	struct arena a;
	struct str s;

	(void)state;
	arena_init(&a, 10000);
	s = arena_str(&a, STR("kept"));
	assert_non_null(arena_alloc(&a, 9000));
	assert_null(arena_alloc(&a, 2000));
	assert_null(arena_alloc(&a, 1));
	assert_true(a.failed);
	assert_string_equal(s.p, "kept");
	arena_reset(&a);
	assert_false(a.failed);
	for (int i = 0; i < 500; i++) {
		uintptr_t at = (uintptr_t)arena_alloc(&a, 17);

		assert_true(at != 0 && at % 16 == 0);
	}
	arena_fini(&a);
}

static void
list_nodes_come_off_wherever_they_are(void **state)
{
	struct list_node head, n[3];

	(void)state;
	list_init(&head);
	for (int i = 0; i < 3; i++)
		list_add(&head, &n[i]);
	list_del(&n[1]);
	list_del(&n[1]);
	assert_ptr_equal(list_pop(&head), &n[0]);
	assert_ptr_equal(list_pop(&head), &n[2]);
	assert_null(list_pop(&head));
	assert_true(list_empty(&head));
}

static void
sets_of_bits_meet_only_in_common_numbers(void **state)
{
	struct bits a = {{0}}, b = {{0}};

	(void)state;
	assert_true(bits_empty(&a));
	bits_set(&a, 0);
	bits_set(&a, 255);
	bits_set(&b, 254);
	assert_false(bits_meet(&a, &b));
	bits_or(&b, &a);
	assert_true(bits_meet(&a, &b));
	assert_true(bits_has(&b, 255) && bits_has(&b, 254));
	assert_false(bits_has(&b, 256));
}

/* The vectors are those of the reference implementation (key 00..0f, input
 * 00, 01, 02 ...), SipHash-2-4 with 128-bit output. */
static void
siphash_agrees_with_its_reference(void **state)
{
	static const struct {
		size_t n;
		uint64_t lo, hi;
	} row[] = {{0, 0xe6a825ba047f81a3u, 0x930255c71472f66du},
	    {1, 0x44af996bd8c187dau, 0x45fc229b11597634u}};
	uint8_t key[16], in[64];

	(void)state;
	for (uint8_t i = 0; i < 64; i++)
		in[i] = i;
	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct hash128 h = siphash128(in, row[i].n, key);

		assert_true(h.lo == row[i].lo && h.hi == row[i].hi);
	}
}

static void
a_checksum_in_pieces_is_the_checksum_of_the_whole(void **state)
{
	uint8_t data[5000];
	struct hash128 whole, parts;
	struct hash_stream h;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	whole = hash128(data, sizeof(data));
	for (size_t cut = 0; cut <= sizeof(data); cut += 333) {
		hash_stream_init(&h);
		hash_stream_add(&h, data, cut);
		hash_stream_add(&h, data + cut, sizeof(data) - cut);
		parts = hash_stream_end(&h);
		assert_true(parts.lo == whole.lo && parts.hi == whole.hi);
	}
}

static void
an_error_is_cut_to_its_room_and_says_minus_one(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, ERR_INPUT, "%600s", "x"), -1);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_int_equal(err_sys(&e, 2, "open %s", "f"), -1);
	assert_true(str_starts(str_of(e.text), STR("open f: No such file")));
	assert_int_equal(err_set(NULL, ERR_INPUT, "nobody listens"), -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_digits_alone_and_do_not_overflow),
	    cmocka_unit_test(parts_between_separators_include_the_empty_ones),
	    cmocka_unit_test(slices_are_searched_trimmed_and_clamped),
	    cmocka_unit_test(a_buffer_grows_keeps_bytes_and_eats_its_front),
	    cmocka_unit_test(an_arena_fails_for_good_at_its_limit),
	    cmocka_unit_test(list_nodes_come_off_wherever_they_are),
	    cmocka_unit_test(sets_of_bits_meet_only_in_common_numbers),
	    cmocka_unit_test(siphash_agrees_with_its_reference),
	    cmocka_unit_test(a_checksum_in_pieces_is_the_checksum_of_the_whole),
	    cmocka_unit_test(an_error_is_cut_to_its_room_and_says_minus_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
