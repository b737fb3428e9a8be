/* entries_test.c - keys, each once, whatever they look like. */
#include "lists/entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/table.h"
#include "lists/image_format.h"

/* The line that <source> gave for entry <i> of the sorted ones; 0: none. */
static uint32_t
line_of(const struct entries *e, size_t i, uint16_t source)
{
	const struct posting *p = entries_first(e, e->slots[i]);

	for (;; p = entries_posting(e, p->next)) {
		if (p->source == source)
			return p->line;
		if (!p->next)
			return 0;
	}
}

static struct str
key_at(const struct entries *e, size_t i)
{
	return entries_key(entries_first(e, e->slots[i]));
}

static size_t
place_of(const struct entries *e, struct str key)
{
	for (size_t i = 0; i < e->n; i++)
		if (str_eq(key_at(e, i), key))
			return i;
	fail_msg("<%.*s> is gone", STR_ARG(key));
	return 0;
}

static void
the_first_line_of_each_source_counts(void **state)
{
	static const struct {
		const char *key;
		uint16_t source;
		uint32_t line;
		enum entries_result want;
	} row[] = {
	    {"bad.test", 0, 7, ENTRIES_ADDED},
	    {"bad.test", 0, 8, ENTRIES_DUPLICATE},
	    {"bad.test", 1, 9, ENTRIES_ADDED},
	    {"bad.test", 65534, 10, ENTRIES_ADDED},
	    {"bad.test", 1, 1, ENTRIES_DUPLICATE},
	    {"bad.test", 65534, 2, ENTRIES_DUPLICATE},
	    {"bad.test/", 0, 3, ENTRIES_ADDED},
	    {"bad.tes", 0, 4, ENTRIES_ADDED},
	    {"ad.test", 0, UINT32_MAX, ENTRIES_ADDED},
	    {"bad.test", 2, 0, ENTRIES_ADDED},
	};
	struct entries e;
	size_t at;

	(void)state;
	entries_init(&e, 5, IMAGE_KEY_MAX);
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_int_equal(entries_add(&e, str_of(row[i].key),
		                     row[i].source, row[i].line),
		    row[i].want);
	assert_int_equal(e.n, 4);
	assert_int_equal(e.npostings, 7);
	entries_sort(&e);
	at = place_of(&e, STR("bad.test"));
	assert_int_equal(line_of(&e, at, 0), 7);
	assert_int_equal(line_of(&e, at, 1), 9);
	assert_int_equal(line_of(&e, at, 65534), 10);
	at = place_of(&e, STR("ad.test"));
	assert_int_equal(line_of(&e, at, 0), UINT32_MAX);
	assert_int_equal(line_of(&e, at, 1), 0);
	entries_fini(&e);
}

static void
keys_have_a_longest_length(void **state)
{
	static char key[IMAGE_KEY_MAX + 1];
	struct entries e;

	(void)state;
	memset(key, 'k', sizeof(key));
	entries_init(&e, 5, IMAGE_KEY_MAX);
	assert_int_equal(entries_add(&e, STR(""), 0, 1), ENTRIES_FULL);
	assert_int_equal(
	    entries_add(&e, str_make(key, sizeof(key)), 0, 1), ENTRIES_FULL);
	assert_int_equal(e.n, 0);
	for (size_t n = sizeof(key) - 1; n > 0; n--)
		assert_int_equal(
		    entries_add(&e, str_make(key, n), 0, (uint32_t)n),
		    ENTRIES_ADDED);
	entries_sort(&e);
	assert_int_equal(e.n, IMAGE_KEY_MAX);
	for (size_t i = 0; i < e.n; i++)
		assert_int_equal(line_of(&e, i, 0), key_at(&e, i).n);
	/* sorted is the end: nothing may come any more */
	assert_int_equal(entries_add(&e, STR("late"), 0, 1), ENTRIES_FULL);
	entries_fini(&e);
}

static void
keys_may_hold_any_byte(void **state)
{
	char key[3];
	struct entries e;

	(void)state;
	entries_init(&e, 5, IMAGE_KEY_MAX);
	for (unsigned k = 0; k < 256 * 3; k++) {
		unsigned n = 1 + k % 3;

		memset(key, (int)(k / 3), sizeof(key));
		assert_int_equal(
		    entries_add(&e, str_make(key, n), 3, k + 1), ENTRIES_ADDED);
	}
	entries_sort(&e);
	for (size_t i = 0; i < e.n; i++) {
		struct str s = key_at(&e, i);

		assert_int_equal(line_of(&e, i, 3),
		    (unsigned char)s.p[0] * 3 + (unsigned)s.n);
	}
	entries_fini(&e);
}

/* Over several sizes of the index: order of hashes, none lost, none twice. */
static void
sorted_is_in_the_order_of_hashes(void **state)
{
	enum { N = 20000 };
	static bool seen[N];
	char key[32];
	struct entries e;

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		memset(seen, 0, sizeof(seen));
		entries_init(&e, seed, IMAGE_KEY_MAX);
		for (unsigned i = 0; i < N; i++) {
			int n = snprintf(key, sizeof(key), "n%u.test", i);

			assert_int_equal(
			    entries_add(&e, str_make(key, (size_t)n), 0, i + 1),
			    ENTRIES_ADDED);
		}
		entries_sort(&e);
		assert_int_equal(e.n, N);
		for (size_t i = 0; i < e.n; i++) {
			uint32_t line = line_of(&e, i, 0);
			int n =
			    snprintf(key, sizeof(key), "n%u.test", line - 1);

			assert_true(line > 0 && line <= N && !seen[line - 1]);
			seen[line - 1] = true;
			assert_true(
			    str_eq(key_at(&e, i), str_make(key, (size_t)n)));
			if (i == 0)
				continue;
			assert_true(entries_hash(e.slots[i - 1]) <=
			            entries_hash(e.slots[i]));
			if (entries_hash(e.slots[i - 1]) ==
			    entries_hash(e.slots[i]))
				assert_true(str_cmp(key_at(&e, i - 1),
				                key_at(&e, i)) < 0);
		}
		entries_fini(&e);
	}
}

static void
an_entry_has_as_many_sources_as_there_are(void **state)
{
	struct posted_list l = {0};
	struct entries e;

	(void)state;
	entries_init(&e, 5, IMAGE_KEY_MAX);
	for (unsigned s = 0; s < 3000; s++)
		assert_int_equal(
		    entries_add(&e, STR("bad.test"), (uint16_t)(s * 21), s + 1),
		    ENTRIES_ADDED);
	/* once more, from many of which it goes unseen at first */
	for (unsigned s = 0; s < 3000; s += 7)
		assert_int_not_equal(
		    entries_add(&e, STR("bad.test"), (uint16_t)(s * 21), 4000),
		    ENTRIES_FULL);
	entries_sort(&e);
	assert_int_equal(e.n, 1);
	assert_true(entries_posted(&e, e.slots[0], NULL, &l));
	assert_int_equal(l.n, 3000);
	for (unsigned i = 0; i < 3000; i++) {
		assert_true(i == 0 || l.v[i].source > l.v[i - 1].source);
		assert_int_equal((l.v[i].line - 1) * 21 % 65536, l.v[i].source);
	}
	free(l.v);
	entries_fini(&e);
}

/* By key and source, whatever the order in which they come. */
static void
what_a_source_cancels_it_does_not_name(void **state)
{
	static const struct {
		const char *what; /* a: add, c: cancel, by sources 1 and 2 */
		const char *left; /* the sources that are left */
	} row[] = {
	    {"a1", "1"},
	    {"c1", ""},
	    {"a1c1", ""},
	    {"c1a1", ""},
	    {"a1c2", "1"},
	    {"c2a1", "1"},
	    {"a1a2c1", "2"},
	    {"c1a1a2", "2"},
	    {"a2c1a1", "2"},
	    {"a1c1a1", ""},
	    {"a1a2c2c1", ""},
	    {"c1c1a1a2a2", "2"},
	};
	struct posted_list l = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct entries e;
		char got[8] = "";

		entries_init(&e, 5, IMAGE_KEY_MAX);
		for (const char *p = row[i].what; *p; p += 2) {
			uint16_t by = (uint16_t)(p[1] - '0');

			if (*p == 'a')
				entries_add(&e, STR("bad.test"), by, 1);
			else
				entries_cancel(&e, STR("bad.test"), by);
		}
		entries_sort(&e);
		assert_int_equal(e.n, 1);
		assert_true(str_eq(key_at(&e, 0), STR("bad.test")));
		assert_true(entries_posted(&e, e.slots[0], NULL, &l));
		for (size_t k = 0; k < l.n; k++)
			got[k] = (char)('0' + l.v[k].source);
		if (strcmp(got, row[i].left) != 0)
			fail_msg("%s: <%s>", row[i].what, got);
		entries_fini(&e);
	}
	free(l.v);
}

/* By family, address, length: what emit_nets() relies on. */
static void
keys_of_networks_sort_as_networks_do(void **state)
{
	static const struct {
		uint8_t addr[16];
		unsigned bytes, bits;
	} row[] = {
	    {{1}, 4, 8},
	    {{1}, 4, 9},
	    {{1}, 4, 32},
	    {{1, 0, 0, 1}, 4, 32},
	    {{0x80}, 4, 8}, /* bytes over 127 are above, not below */
	    {{0xff}, 4, 8},
	    {{0}, 16, 16},
	    {{0}, 16, 128},
	    {{0x20, 1}, 16, 16},
	    {{0xff}, 16, 127},
	    {{0xff}, 16, 128},
	};
	char a[ENTRIES_NET_KEY], b[ENTRIES_NET_KEY];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct str x =
		    entries_net_key(a, row[i].addr, row[i].bytes, row[i].bits);

		assert_int_equal(x.n, row[i].bytes + 2);
		for (size_t k = 0; k < i; k++) {
			struct str y = entries_net_key(
			    b, row[k].addr, row[k].bytes, row[k].bits);

			assert_true(str_cmp(y, x) < 0);
		}
	}
}

static void
nothing_is_sorted_too(void **state)
{
	struct entries e;

	(void)state;
	entries_init(&e, 5, IMAGE_KEY_MAX);
	entries_sort(&e);
	assert_int_equal(e.n, 0);
	entries_fini(&e);
	entries_fini(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_line_of_each_source_counts),
	    cmocka_unit_test(keys_have_a_longest_length),
	    cmocka_unit_test(keys_may_hold_any_byte),
	    cmocka_unit_test(sorted_is_in_the_order_of_hashes),
	    cmocka_unit_test(an_entry_has_as_many_sources_as_there_are),
	    cmocka_unit_test(what_a_source_cancels_it_does_not_name),
	    cmocka_unit_test(keys_of_networks_sort_as_networks_do),
	    cmocka_unit_test(nothing_is_sorted_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
