/* token_test.c - no token but ours, as it was given, in time, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/digest.h"
#include "base/sys/thread.h"
#include "proxy/grants.h"
#include "proxy/token.h"

#define NOW INT64_C(1795420800)

static const uint8_t key[TOKEN_KEY] = "0123456789abcdef0123456789abcde";

static struct token
sample(void)
{
	struct token t = {
	    .expires = NOW + TOKEN_S,
	    .number = 7,
	    .client = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 9},
	    .text = {STR("games.test"), STR("www.games.test"), STR("pupils"),
	        STR("young"), STR("ivan"), STR("http://www.games.test/a?b")},
	};
	return t;
}

static struct buf
written(const struct token *t)
{
	struct buf b = BUF_EMPTY;

	assert_true(token_write(t, key, &b));
	return b;
}

static enum token_result
read_at(struct str s, int64_t now)
{
	uint8_t room[TOKEN_BYTES];
	struct token t;

	return token_read(s, key, now, room, &t);
}

static void
it_is_read_as_written(void **state)
{
	struct token t = sample(), back;
	struct buf b = written(&t);
	uint8_t room[TOKEN_BYTES];

	(void)state;
	assert_int_equal(
	    token_read(buf_str(&b), key, NOW, room, &back), TOKEN_OK);
	assert_int_equal(back.expires, t.expires);
	assert_int_equal(back.number, t.number);
	assert_memory_equal(back.client, t.client, 16);
	for (unsigned i = 0; i < TOKEN_TEXTS; i++)
		assert_true(str_eq(back.text[i], t.text[i]));
	for (size_t i = 0; i < b.n; i++) /* a form's value as it stands */
		assert_true(b.p[i] == '-' || b.p[i] == '_' ||
		            (b.p[i] >= '0' && b.p[i] <= '9') ||
		            (str_lower_char(b.p[i]) >= 'a' &&
		                str_lower_char(b.p[i]) <= 'z'));
	buf_fini(&b);
}

static void
each_bit_flipped_is_refused(void **state)
{
	struct token t = sample();
	struct buf b = written(&t);

	(void)state;
	for (size_t i = 0; i < b.n * 8; i++) {
		b.p[i / 8] ^= (char)(1u << i % 8);
		if (read_at(buf_str(&b), NOW) == TOKEN_OK)
			fail_msg("bit %zu", i);
		b.p[i / 8] ^= (char)(1u << i % 8);
	}
	/* and each other letter: those alone that mean another value */
	for (size_t i = 0; i < b.n; i++) {
		char was = b.p[i];

		for (char c = '0'; c < 'z'; c++)
			if (c != was) {
				b.p[i] = c;
				assert_int_not_equal(
				    read_at(buf_str(&b), NOW), TOKEN_OK);
			}
		b.p[i] = was;
	}
	buf_fini(&b);
}

static void
cut_or_longer_is_refused(void **state)
{
	struct token t = sample();
	struct buf b = written(&t);
	size_t n = b.n;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(
		    read_at(str_sub(buf_str(&b), 0, i), NOW), TOKEN_FORGED);
		assert_int_equal(
		    read_at(str_sub(buf_str(&b), i + 1, n), NOW), TOKEN_FORGED);
	}
	for (unsigned i = 0; i < 8; i++) {
		buf_add_char(&b, 'A');
		assert_int_equal(read_at(buf_str(&b), NOW), TOKEN_FORGED);
	}
	b.n = n;
	buf_add_char(&b, '=');
	assert_int_equal(read_at(buf_str(&b), NOW), TOKEN_FORGED);
	buf_fini(&b);
}

/* Its MAC empty, zero, of no key, of another key, of another payload. */
static void
another_mac_is_refused(void **state)
{
	struct token t = sample(), other = sample();
	uint8_t wrong[TOKEN_KEY] = {0}, room[TOKEN_BYTES];
	struct token back;
	struct buf b = BUF_EMPTY, a = written(&t), c;

	(void)state;
	assert_true(token_write(&t, wrong, &b));
	assert_int_equal(read_at(buf_str(&b), NOW), TOKEN_FORGED);
	assert_int_equal(
	    token_read(buf_str(&a), wrong, NOW, room, &back), TOKEN_FORGED);
	/* 32 bytes of MAC are 42.67 letters: the last 40 are of it alone */
	for (unsigned field = 0; field < TOKEN_TEXTS + 3; field++) {
		other = sample();
		if (field < TOKEN_TEXTS)
			other.text[field].n--;
		else if (field == TOKEN_TEXTS)
			other.client[15]++;
		else if (field == TOKEN_TEXTS + 1)
			other.expires++;
		else
			other.number++;
		c = written(&other);
		memcpy(c.p + c.n - 40, a.p + a.n - 40, 40);
		assert_int_not_equal(read_at(buf_str(&c), NOW), TOKEN_OK);
		buf_fini(&c);
	}
	memset(a.p + a.n - 40, 'A', 40);
	assert_int_equal(read_at(buf_str(&a), NOW), TOKEN_FORGED);
	a.n -= 43;
	assert_int_equal(read_at(buf_str(&a), NOW), TOKEN_FORGED);
	buf_fini(&a);
	buf_fini(&b);
}

static void
it_ends_to_the_second_and_is_not_from_the_future(void **state)
{
	struct token t = sample();
	struct buf b = written(&t);

	(void)state;
	assert_int_equal(read_at(buf_str(&b), NOW), TOKEN_OK);
	assert_int_equal(read_at(buf_str(&b), NOW + TOKEN_S - 1), TOKEN_OK);
	assert_int_equal(read_at(buf_str(&b), NOW + TOKEN_S), TOKEN_EXPIRED);
	assert_int_equal(read_at(buf_str(&b), NOW - 1), TOKEN_EXPIRED);
	assert_int_equal(read_at(buf_str(&b), NOW - 3600), TOKEN_EXPIRED);
	assert_int_equal(read_at(buf_str(&b), INT64_MAX), TOKEN_EXPIRED);
	buf_fini(&b);
}

static void
guesses_are_refused(void **state)
{
	struct token t = sample();
	struct buf b = written(&t);
	uint64_t x = 88172645463325252u;
	char *tail = b.p + b.n - 43;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		for (unsigned k = 0; k < 43; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			tail[k] = "abcdefghijklmnop"[x & 15];
		}
		assert_int_equal(read_at(buf_str(&b), NOW), TOKEN_FORGED);
	}
	buf_fini(&b);
}

static void
too_long_is_not_written(void **state)
{
	static char text[70000];
	struct token t = sample();
	struct buf b = BUF_EMPTY;

	(void)state;
	memset(text, 'x', sizeof(text));
	t.text[TOKEN_URL] = str_make(text, TOKEN_BYTES);
	assert_false(token_write(&t, key, &b));
	t.text[TOKEN_URL] = str_make(text, sizeof(text));
	assert_false(token_write(&t, key, &b));
	t.text[TOKEN_URL] = str_make(text, 2000);
	assert_true(token_write(&t, key, &b));
	assert_int_equal(read_at(buf_str(&b), NOW), TOKEN_OK);
	buf_fini(&b);
}

/* ------------------------------------------------------------------- grants */

static const uint8_t alice[16] = {1}, bob[16] = {2};

static struct grant
grant_for(const uint8_t *client, const char *site)
{
	return (struct grant){.client = client,
	    .user = STR("u"),
	    .group = STR("g"),
	    .policy = STR("p"),
	    .site = str_of(site)};
}

/* An address inside the address may be as long as a token's text. */
static void
what_a_token_is_written_for_can_be_granted(void **state)
{
	static char text[TOKEN_BYTES];
	struct grants *g = grants_new(NULL);
	struct grant w = grant_for(alice, "");
	struct token t = sample();
	struct buf b = BUF_EMPTY;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t n = 800; n < sizeof(text); n += 100) {
		t.text[TOKEN_SITE] = w.site = str_make(text, n);
		if (!token_write(&t, key, &b))
			break;
		grants_give(g, &w, 1000, 0);
		assert_true(grants_has(g, &w, 1));
		assert_true(n < sizeof(text) - 100);
	}
	grants_free(g);
	buf_fini(&b);
}

static void
a_grant_is_for_whom_and_what_it_is(void **state)
{
	struct grants *g = grants_new(NULL);
	struct grant w = grant_for(alice, "games.test"), x = w;

	(void)state;
	assert_false(grants_has(g, &w, 0));
	grants_give(g, &w, 1000, 0);
	assert_true(grants_has(g, &w, 999));
	assert_false(grants_has(g, &w, 1000));
	x.client = bob;
	assert_false(grants_has(g, &x, 0));
	x = w;
	x.user = STR("");
	assert_false(grants_has(g, &x, 0));
	x = w;
	x.group = STR("h");
	assert_false(grants_has(g, &x, 0));
	x = w;
	x.policy = STR("q");
	assert_false(grants_has(g, &x, 0));
	x = w;
	x.site = STR("games.tes");
	assert_false(grants_has(g, &x, 0));
	/* where one text ends and the next begins is part of it */
	x = w;
	x.user = STR("ug");
	x.group = STR("");
	assert_false(grants_has(g, &x, 0));
	grants_give(g, &w, 2000, 500);
	assert_true(grants_has(g, &w, 1999));
	grants_free(g);
}

static void
beyond_its_bound_old_ones_give_way(void **state)
{
	struct grants *g = grants_new(NULL);
	unsigned held = 0;
	char site[16];

	(void)state;
	for (unsigned i = 0; i < 3 * GRANTS_SLOTS; i++) {
		struct grant w = grant_for(alice, site);

		snprintf(site, sizeof(site), "s%u", i);
		w.site = str_of(site);
		grants_give(g, &w, 1000 + i, 0);
		assert_true(grants_has(g, &w, 0)); /* the newest always */
	}
	for (unsigned i = 0; i < 3 * GRANTS_SLOTS; i++) {
		struct grant w = grant_for(alice, site);

		snprintf(site, sizeof(site), "s%u", i);
		w.site = str_of(site);
		held += grants_has(g, &w, 0);
	}
	assert_in_range(held, GRANTS_SLOTS / 2, GRANTS_SLOTS);
	grants_free(g);
}

static void
a_number_is_used_once_and_while_it_is_young(void **state)
{
	struct grants *g = grants_new(NULL);
	uint64_t first = grants_number(g), n = 0;

	(void)state;
	assert_true(grants_use(g, first));
	assert_false(grants_use(g, first));
	assert_false(grants_use(g, first + 1)); /* nobody has it yet */
	assert_false(grants_use(g, 0));
	assert_false(grants_use(g, UINT64_MAX));
	first = grants_number(g);
	for (unsigned i = 0; i < GRANTS_TOKENS - 2; i++)
		n = grants_number(g);
	assert_true(grants_use(g, first)); /* the last that is young enough */
	assert_false(grants_use(g, first));
	first = grants_number(g);
	assert_true(grants_use(g, n));
	for (unsigned i = 0; i < GRANTS_TOKENS - 1; i++)
		n = grants_number(g);
	assert_false(grants_use(g, first)); /* too old */
	assert_true(grants_use(g, n));
	grants_free(g);
}

struct race {
	struct grants *g;
	uint64_t begin, won;
};

static void
race(void *arg)
{
	struct race *r = arg;

	for (uint64_t i = 0; i < 20000; i++) {
		struct grant w = grant_for(alice, "x");

		r->won += grants_use(r->g, r->begin + i);
		grants_give(r->g, &w, 10, 0);
		if (i % 64 == 0)
			grants_number(r->g);
		if (!grants_has(r->g, &w, 0) && grants_has(r->g, &w, 11))
			r->won += 1000000; /* never after its end */
	}
}

static void
among_threads_each_number_is_used_once(void **state)
{
	struct race r[4];
	struct thread t[4];
	struct grants *g = grants_new(NULL);
	uint64_t begin = grants_number(g), won = 0;

	(void)state;
	for (unsigned i = 1; i < 20000; i++)
		grants_number(g);
	for (unsigned i = 0; i < 4; i++) {
		r[i] = (struct race){.g = g, .begin = begin};
		assert_int_equal(
		    thread_start(&t[i], "race", race, &r[i], NULL), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		thread_join(&t[i]);
		won += r[i].won;
	}
	assert_int_equal(won, 20000);
	grants_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_read_as_written),
	    cmocka_unit_test(each_bit_flipped_is_refused),
	    cmocka_unit_test(cut_or_longer_is_refused),
	    cmocka_unit_test(another_mac_is_refused),
	    cmocka_unit_test(it_ends_to_the_second_and_is_not_from_the_future),
	    cmocka_unit_test(guesses_are_refused),
	    cmocka_unit_test(too_long_is_not_written),
	    cmocka_unit_test(what_a_token_is_written_for_can_be_granted),
	    cmocka_unit_test(a_grant_is_for_whom_and_what_it_is),
	    cmocka_unit_test(beyond_its_bound_old_ones_give_way),
	    cmocka_unit_test(a_number_is_used_once_and_while_it_is_young),
	    cmocka_unit_test(among_threads_each_number_is_used_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
