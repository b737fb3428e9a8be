/* dict_test.c - what shortens an entry loses nothing and is the shortest. */
#include "lists/dict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/table.h"
#include "lists/endings.h"
#include "lists/entries.h"
#include "lists/image_format.h"
#include "lists/pieces.h"

static uint64_t chance;

static unsigned
below(unsigned n)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((chance >> 33) % n);
}

/* ---- the whole */

/* What a reader makes of the text and the ending. */
static size_t
decode(const struct dict *d, const uint8_t *text, size_t n, uint32_t ending,
    char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i <= n; i++) {
		struct str s = i == n ? dict_ending(d, ending)
		               : text[i] < 128
		                   ? str_make((const char *)&text[i], 1)
		                   : dict_piece(d, text[i] - 128u);

		assert_true(used + s.n <= size);
		if (s.n)
			memcpy(out + used, s.p, s.n);
		used += s.n;
	}
	return used;
}

static void
comes_back(const struct dict *d, struct str key)
{
	uint8_t text[IMAGE_KEY_MAX];
	char out[IMAGE_KEY_MAX];
	uint32_t ending = UINT32_MAX;
	size_t n = dict_encode(d, key, text, &ending);

	assert_true(n <= key.n);
	assert_true(ending < dict_nendings(d));
	n = decode(d, text, n, ending, out, sizeof(out));
	if (!str_eq(str_make(out, n), key))
		fail_msg("<%.*s> became <%.*s>", STR_ARG(key), (int)n, out);
}

static void
random_key(char *out, size_t size)
{
	static const char *const word[] = {"casino", "online", "shop", "free",
	    "x", "the-", "1", "_dc", "ing", "zz"};
	static const char *const top[] = {
	    ".com.test", ".test", ".blog.host.test"};
	size_t used = 0;

	for (unsigned i = 1 + below(4); i-- > 0;)
		used += (size_t)snprintf(out + used, size - used, "%s",
		    word[below(ARRAY_LEN(word))]);
	used += (size_t)snprintf(out + used, size - used, "%u", below(10000));
	if (below(4) == 3)
		used += (size_t)snprintf(
		    out + used, size - used, ".rare%u.test", below(3000));
	else
		used += (size_t)snprintf(
		    out + used, size - used, "%s", top[below(ARRAY_LEN(top))]);
	if (below(5) == 0)
		snprintf(out + used, size - used, "/p.com.test/%u", below(9));
}

static struct dict *
learn(unsigned n, struct entries *e)
{
	char key[128];
	struct str *keys;
	struct dict *d;

	entries_init(e, 5, IMAGE_KEY_MAX);
	for (unsigned i = 0; i < n; i++) {
		random_key(key, sizeof(key));
		assert_true(
		    entries_add(e, str_of(key), 0, i + 1) != ENTRIES_FULL);
	}
	entries_sort(e);
	keys = malloc((e->n + 1) * sizeof(*keys));
	assert_non_null(keys);
	for (size_t i = 0; i < e->n; i++)
		keys[i] = entries_key(entries_first(e, e->slots[i]));
	d = dict_learn(keys, e->n, e->n);
	free(keys);
	assert_non_null(d);
	return d;
}

static void
what_was_learnt_from_comes_back(void **state)
{
	static const unsigned sizes[] = {0, 1, 2, 255, 256, 257, 5000, 70000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct entries e;
		struct dict *d;

		chance = i + 1;
		d = learn(sizes[i], &e);
		assert_int_equal(dict_ending(d, 0).n, 0);
		for (size_t k = 0; k < e.n; k++)
			comes_back(
			    d, entries_key(entries_first(&e, e.slots[k])));
		dict_free(d);
		entries_fini(&e);
	}
	dict_free(NULL);
}

/* The dictionary is learnt from a sample: others must fit in as well. */
static void
what_was_never_seen_comes_back(void **state)
{
	static char key[IMAGE_KEY_MAX];
	struct entries e;
	struct dict *d;

	(void)state;
	chance = 9;
	d = learn(5000, &e);
	for (unsigned i = 0; i < 20000; i++) {
		size_t n = 1 + below(40);

		for (size_t k = 0; k < n; k++)
			key[k] = "abcinost.-/%9"[below(13)];
		comes_back(d, str_make(key, n));
	}
	for (unsigned c = 0; c < 128; c++) {
		memset(key, (int)c, sizeof(key));
		comes_back(d, str_make(key, sizeof(key)));
		comes_back(d, str_make(key, 1));
	}
	comes_back(d, STR(".com.test"));
	comes_back(d, STR(".test"));
	comes_back(d, STR("."));
	dict_free(d);
	entries_fini(&e);
}

static void
a_path_has_no_ending_of_a_domain(void **state)
{
	struct entries e;
	struct dict *d;
	uint8_t text[64];
	uint32_t ending;

	(void)state;
	chance = 9;
	d = learn(5000, &e);
	dict_encode(d, STR("a.com.test"), text, &ending);
	assert_true(ending > 0);
	assert_true(str_eq(dict_ending(d, ending), STR(".com.test")));
	dict_encode(d, STR("a.test/x.com.test"), text, &ending);
	assert_int_equal(ending, 0);
	dict_free(d);
	entries_fini(&e);
}

/* ---- endings */

static void
add_endings(struct endings *e, const char *const *domain, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_true(endings_count(e, str_of(domain[i])));
}

static void
the_longest_ending_serves(void **state)
{
	static const char *const domain[] = {"a.b.test", "c.b.test", "d.b.test",
	    "e.test", "f.test", "g.h.test", "alone.other"};
	struct endings e = {0};

	(void)state;
	add_endings(&e, domain, ARRAY_LEN(domain));
	assert_true(endings_number(&e, 2));
	/* .test has 6 uses and .b.test 3; .h.test and .other but one */
	assert_int_equal(e.nlist, 3);
	assert_int_equal(e.list[0].n, 0);
	assert_true(str_eq(e.list[1], STR(".test")));
	assert_true(str_eq(e.list[2], STR(".b.test")));
	assert_int_equal(endings_of(&e, STR("new.b.test")), 2);
	assert_int_equal(endings_of(&e, STR("x.new.b.test")), 2);
	assert_int_equal(endings_of(&e, STR("newb.test")), 1);
	assert_int_equal(endings_of(&e, STR("b.test")), 1);
	assert_int_equal(endings_of(&e, STR("alone.other")), 0);
	assert_int_equal(endings_of(&e, STR("test")), 0);
	assert_int_equal(endings_of(&e, STR("")), 0);
	endings_fini(&e);
}

static void
endings_that_a_longer_one_serves_go(void **state)
{
	static const char *const domain[] = {
	    "a.b.test", "c.b.test", "d.b.test", "e.x.test"};
	struct endings e = {0};

	(void)state;
	add_endings(&e, domain, ARRAY_LEN(domain));
	assert_true(endings_thin(&e, 2));
	for (size_t i = 0; i < ARRAY_LEN(domain); i++)
		endings_count_longest(&e, str_of(domain[i]));
	/* but for one, .test stood only behind .b */
	assert_true(endings_number(&e, 2));
	assert_int_equal(e.nlist, 2);
	assert_true(str_eq(e.list[1], STR(".b.test")));
	assert_int_equal(endings_of(&e, STR("e.x.test")), 0);
	endings_fini(&e);
}

static void
no_more_endings_than_have_a_short_number(void **state)
{
	static char domain[ENDINGS_MAX + 500][16]; /* they are borrowed */
	struct endings e = {0};
	char z[32];

	(void)state;
	for (unsigned i = 0; i < ENDINGS_MAX + 500; i++) {
		snprintf(domain[i], sizeof(domain[i]), "x.n%u", i);
		for (unsigned k = 0; k < 2; k++)
			assert_true(endings_count(&e, str_of(domain[i])));
	}
	assert_true(endings_number(&e, 2));
	assert_int_equal(e.nlist, ENDINGS_MAX);
	for (unsigned i = 0; i < ENDINGS_MAX + 500; i++) {
		uint32_t n;

		snprintf(z, sizeof(z), "x.n%u", i);
		n = endings_of(&e, str_of(z));
		assert_true(n < e.nlist);
		if (n)
			assert_true(str_eq(e.list[n], str_of(z + 1)));
	}
	endings_fini(&e);
}

/* ---- pieces */

static struct pieces
learn_pieces(const char *word, unsigned times)
{
	static uint32_t count[256][256];
	static uint8_t text[65536];
	struct pieces p;
	size_t n = 0, len = strlen(word);

	for (unsigned i = 0; i < times; i++) {
		memcpy(text + n, word, len + 1);
		n += len + 1;
	}
	pieces_learn(&p, text, n, count);
	return p;
}

static void
pieces_are_worth_their_numbers(void **state)
{
	uint8_t out[64];
	struct pieces few = learn_pieces("casino", 15);
	struct pieces many = learn_pieces("casino", 16);

	(void)state;
	assert_int_equal(few.len[0], 0);
	assert_int_equal(pieces_encode(&few, STR("casino"), out), 6);
	assert_memory_equal(out, "casino", 6);
	assert_int_equal(pieces_encode(&many, STR("casino"), out), 1);
	assert_true(out[0] >= 128);
	assert_int_equal(many.len[out[0] - 128], 6);
	assert_memory_equal(many.text[out[0] - 128], "casino", 6);
	assert_int_equal(pieces_encode(&many, STR(""), out), 0);
}

static void
no_piece_is_longer_than_its_room(void **state)
{
	uint8_t out[64];
	struct pieces p = learn_pieces("abcdefghijklmnop", 100);

	(void)state;
	for (unsigned i = 0; i < IMAGE_NPIECES; i++)
		assert_true(p.len[i] != 1 && p.len[i] <= IMAGE_PIECE);
	/* two of eight */
	assert_int_equal(pieces_encode(&p, STR("abcdefghijklmnop"), out), 2);
}

/* The cheapest way, found by trying all. */
static size_t
cheapest(const struct pieces *p, struct str s)
{
	size_t best;

	if (s.n == 0)
		return 0;
	best = 1 + cheapest(p, str_sub(s, 1, s.n));
	for (unsigned i = 0; i < IMAGE_NPIECES; i++) {
		struct str piece = str_make(p->text[i], p->len[i]);
		size_t n;

		if (piece.n < 2 || !str_starts(s, piece))
			continue;
		n = 1 + cheapest(p, str_sub(s, piece.n, s.n));
		if (n < best)
			best = n;
	}
	return best;
}

static void
no_way_through_a_word_is_cheaper(void **state)
{
	struct pieces p = learn_pieces("abcabdabeabcdbcdabab", 40);

	(void)state;
	chance = 4;
	for (unsigned i = 0; i < 3000; i++) {
		char word[12];
		uint8_t out[12];
		struct str s = {word, 1 + below(11)};

		for (size_t k = 0; k < s.n; k++)
			word[k] = "abcde"[below(5)];
		assert_int_equal(pieces_encode(&p, s, out), cheapest(&p, s));
	}
}

static void
long_words_are_taken_in_parts(void **state)
{
	static char word[IMAGE_KEY_MAX];
	static uint8_t out[IMAGE_KEY_MAX];
	struct pieces p = learn_pieces("abcd", 40);

	(void)state;
	for (size_t i = 0; i < sizeof(word); i++)
		word[i] = "abcd"[i % 4];
	for (size_t n = 250; n < sizeof(word); n += 61) {
		size_t got = pieces_encode(&p, str_make(word, n), out), at = 0;

		assert_true(got <= n);
		for (size_t i = 0; i < got; i++) {
			unsigned c = out[i];
			const char *s =
			    c < 128 ? (const char *)&out[i] : p.text[c - 128];
			size_t len = c < 128 ? 1 : p.len[c - 128];

			assert_true(len > 0 && at + len <= n);
			assert_memory_equal(s, word + at, len);
			at += len;
		}
		assert_int_equal(at, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_learnt_from_comes_back),
	    cmocka_unit_test(what_was_never_seen_comes_back),
	    cmocka_unit_test(a_path_has_no_ending_of_a_domain),
	    cmocka_unit_test(the_longest_ending_serves),
	    cmocka_unit_test(endings_that_a_longer_one_serves_go),
	    cmocka_unit_test(no_more_endings_than_have_a_short_number),
	    cmocka_unit_test(pieces_are_worth_their_numbers),
	    cmocka_unit_test(no_piece_is_longer_than_its_room),
	    cmocka_unit_test(no_way_through_a_word_is_cheaper),
	    cmocka_unit_test(long_words_are_taken_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
