/* budgets_test.c - minutes, days, bounds and the file, with a time of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "base/sys/thread.h"
#include "filters/rule.h"
#include "proxy/budgets.h"

#define DAY  INT64_C(1795392000)
#define M(n) (DAY + (n)*INT64_C(60))
#define BOB  ((const uint8_t[16]){2})

static struct budget_use
use(uint32_t seconds)
{
	static const uint8_t client[16] = {1};

	return (struct budget_use){.client = client,
	    .policy = STR("young"),
	    .text = STR("category:games"),
	    .began = DAY,
	    .seconds = seconds};
}

static void
a_minute_is_used_once(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(3 * 60);

	(void)state;
	assert_int_equal(budgets_left(b, &u, M(0)), BUDGET_LEFT);
	assert_int_equal(budgets_used(b, &u, M(0)), 0); /* asking is free */
	for (unsigned s = 0; s < 60; s++)
		budgets_charge(b, &u, M(0) + s);
	assert_int_equal(budgets_used(b, &u, M(0)), 1);
	budgets_charge(b, &u, M(1));
	budgets_charge(b, &u, M(1) - 1); /* a worker that is a little late */
	assert_int_equal(budgets_used(b, &u, M(1)), 2);
	assert_int_equal(budgets_left(b, &u, M(50)), BUDGET_LEFT);
	budgets_free(b);
}

static void
the_last_minute_may_be_used_to_its_end(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(2 * 60);

	(void)state;
	budgets_charge(b, &u, M(0));
	assert_int_equal(budgets_left(b, &u, M(5)), BUDGET_LEFT);
	budgets_charge(b, &u, M(5));
	assert_int_equal(budgets_left(b, &u, M(5) + 59), BUDGET_LEFT);
	assert_int_equal(budgets_left(b, &u, M(6)), BUDGET_SPENT);
	assert_int_equal(budgets_left(b, &u, M(1439)), BUDGET_SPENT);
	budgets_free(b);
}

static void
none_and_parts_of_a_minute(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(0);

	(void)state;
	assert_int_equal(budgets_left(b, &u, M(0)), BUDGET_SPENT);
	u = use(90); /* begun minutes are whole ones */
	budgets_charge(b, &u, M(0));
	assert_int_equal(budgets_left(b, &u, M(1)), BUDGET_LEFT);
	budgets_charge(b, &u, M(1));
	assert_int_equal(budgets_left(b, &u, M(2)), BUDGET_SPENT);
	budgets_free(b);
}

static void
a_new_day_begins_with_all_of_it(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(60);

	(void)state;
	budgets_charge(b, &u, M(1439));
	assert_int_equal(budgets_left(b, &u, M(1439)), BUDGET_LEFT);
	u.began = M(1440);
	assert_int_equal(budgets_left(b, &u, M(1440)), BUDGET_LEFT);
	budgets_charge(b, &u, M(1440));
	assert_int_equal(budgets_used(b, &u, M(1440)), 1);
	assert_int_equal(budgets_left(b, &u, M(1441)), BUDGET_SPENT);
	budgets_free(b);
}

static void
a_clock_set_back_gives_nothing_back(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(3 * 60);

	(void)state;
	budgets_charge(b, &u, M(100));
	budgets_charge(b, &u, M(101));
	budgets_charge(b, &u, M(10));
	assert_int_equal(budgets_left(b, &u, M(11)), BUDGET_SPENT);
	budgets_free(b);
}

/* Used up in a year to come, it was used up each day until then. */
static void
a_clock_that_was_ahead_takes_one_day_not_all(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(2 * 60);
	const int64_t year = INT64_C(365) * 86400;

	(void)state;
	budgets_charge(b, &u, M(10) + year);
	budgets_charge(b, &u, M(11) + year);
	assert_int_equal(budgets_left(b, &u, M(20)), BUDGET_LEFT);
	assert_int_equal(budgets_left(b, &u, M(21)), BUDGET_SPENT);
	u.began += 86400;
	assert_int_equal(budgets_left(b, &u, M(21) + 86400), BUDGET_LEFT);
	budgets_free(b);
}

static void
a_clock_that_starts_in_1970_gives_nothing_back(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(60);

	(void)state;
	budgets_charge(b, &u, M(10));
	u.began = 0;
	assert_int_equal(budgets_left(b, &u, 600), BUDGET_SPENT);
	u.began = DAY;
	assert_int_equal(budgets_left(b, &u, M(20)), BUDGET_SPENT);
	budgets_free(b);
}

static void
a_long_rule_is_a_rule(void **state)
{
	static char text[RULE_TEXT_MAX];
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(60);

	(void)state;
	memset(text, 'x', sizeof(text));
	u.text = str_make(text, sizeof(text));
	budgets_charge(b, &u, M(0));
	assert_int_equal(budgets_left(b, &u, M(1)), BUDGET_SPENT);
	text[sizeof(text) - 1] = 'y';
	assert_int_equal(budgets_left(b, &u, M(1)), BUDGET_LEFT);
	budgets_free(b);
}

static void
it_is_of_one_user_or_client_policy_and_rule(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(60), v;

	(void)state;
	budgets_charge(b, &u, M(0));
	v = u;
	v.client = BOB;
	assert_int_equal(budgets_left(b, &v, M(1)), BUDGET_LEFT);
	v = u;
	v.policy = STR("old");
	assert_int_equal(budgets_left(b, &v, M(1)), BUDGET_LEFT);
	v = u;
	v.text = STR("category:video");
	assert_int_equal(budgets_left(b, &v, M(1)), BUDGET_LEFT);
	v = u;
	v.user = STR("ivan");
	assert_int_equal(budgets_left(b, &v, M(1)), BUDGET_LEFT);
	budgets_charge(b, &v, M(1));
	v.client = BOB; /* who signs in elsewhere is the same */
	assert_int_equal(budgets_left(b, &v, M(2)), BUDGET_SPENT);
	budgets_free(b);
}

static struct str
nth(char room[16], unsigned i)
{
	snprintf(room, 16, "u%u", i);
	return str_of(room);
}

static void
without_room_it_is_not_known(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(60);
	unsigned full = 0, old = 0;
	char room[16];

	(void)state;
	for (unsigned i = 0; i < 2 * BUDGETS_SLOTS; i++) {
		u.user = nth(room, i);
		full += budgets_left(b, &u, M(0)) == BUDGET_NO_ROOM;
	}
	assert_in_range(full, BUDGETS_SLOTS, BUDGETS_SLOTS * 3 / 2);
	/* what nobody has used for longer than a week gives way */
	u.began = M(9 * 1440);
	for (unsigned i = 0; i < BUDGETS_SLOTS / 2; i++) {
		u.user = nth(room, 5000000 + i);
		old += budgets_left(b, &u, M(9 * 1440)) == BUDGET_NO_ROOM;
	}
	assert_in_range(old, 0, BUDGETS_SLOTS / 20);
	budgets_free(b);
}

static void
worker(void *arg)
{
	struct budgets *b = arg;
	struct budget_use u = use(600);
	char room[16];

	for (unsigned m = 0; m < 50; m++)
		for (unsigned i = 0; i < 100; i++) {
			u.user = nth(room, i);
			budgets_charge(b, &u, M(m));
		}
}

static void
among_threads_a_minute_is_used_once(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(600);
	struct thread t[2];
	char room[16];

	(void)state;
	/* of one minute: threads in step */
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
		    thread_start(&t[i], "worker", worker, b, NULL), 0);
	for (unsigned i = 0; i < 2; i++)
		thread_join(&t[i]);
	for (unsigned i = 0; i < 100; i++) {
		u.user = nth(room, i);
		assert_true(budgets_used(b, &u, M(50)) >= 50);
	}
	budgets_free(b);
}

/* ---------------------------------------------------------------------- file */

static char path[] = "/tmp/budgets-test-XXXXXX";

static void
what_was_used_is_there_after_a_restart(void **state)
{
	struct budgets *b = budgets_new(NULL), *c = budgets_new(NULL);
	struct budget_use u = use(300);
	char room[16];

	(void)state;
	unlink(path);
	assert_int_equal(budgets_load(b, path, NULL), 0); /* none yet */
	assert_int_equal(budgets_save(b, path, NULL), 0);
	assert_int_not_equal(access(path, F_OK), 0); /* nothing new */
	for (unsigned i = 0; i < 500; i++) {
		u.user = nth(room, i);
		for (unsigned m = 0; m <= i % 7; m++)
			budgets_charge(b, &u, M(m));
	}
	assert_int_equal(budgets_save(b, path, NULL), 0);
	assert_int_equal(budgets_load(c, path, NULL), 0);
	for (unsigned i = 0; i < 500; i++) {
		u.user = nth(room, i);
		assert_int_equal(budgets_used(c, &u, M(9)), i % 7 + 1);
		assert_int_equal(budgets_left(c, &u, M(9)),
		    i % 7 + 1 >= 5 ? BUDGET_SPENT : BUDGET_LEFT);
	}
	budgets_free(b);
	budgets_free(c);
}

static void
a_damaged_file_is_told_and_not_taken(void **state)
{
	struct budgets *b = budgets_new(NULL);
	struct budget_use u = use(300);
	struct buf whole = BUF_EMPTY;
	struct err err;

	(void)state;
	unlink(path);
	budgets_charge(b, &u, M(0));
	u.user = STR("x");
	budgets_charge(b, &u, M(0));
	assert_int_equal(budgets_save(b, path, NULL), 0);
	assert_int_equal(file_read(path, 4096, &whole, NULL), 0);
	assert_int_equal(whole.n, 32 + 2 * 16 + 32);
	for (size_t n = 0; n < whole.n; n++) {
		struct budgets *c = budgets_new(NULL);
		struct str part = str_sub(buf_str(&whole), 0, n);

		assert_int_equal(file_replace(path, part, 0600, NULL), 0);
		err.text[0] = '\0';
		assert_int_equal(budgets_load(c, path, &err), -1);
		assert_true(err.text[0]);
		whole.p[n] ^= 4;
		assert_int_equal(
		    file_replace(path, buf_str(&whole), 0600, NULL), 0);
		assert_int_equal(budgets_load(c, path, &err), -1);
		whole.p[n] ^= 4;
		assert_int_equal(budgets_used(c, &u, M(0)), 0);
		assert_int_equal(budgets_left(c, &u, M(0)), BUDGET_LEFT);
		budgets_free(c);
	}
	buf_fini(&whole);
	budgets_free(b);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_minute_is_used_once),
	    cmocka_unit_test(the_last_minute_may_be_used_to_its_end),
	    cmocka_unit_test(none_and_parts_of_a_minute),
	    cmocka_unit_test(a_new_day_begins_with_all_of_it),
	    cmocka_unit_test(a_clock_set_back_gives_nothing_back),
	    cmocka_unit_test(a_clock_that_was_ahead_takes_one_day_not_all),
	    cmocka_unit_test(a_clock_that_starts_in_1970_gives_nothing_back),
	    cmocka_unit_test(a_long_rule_is_a_rule),
	    cmocka_unit_test(it_is_of_one_user_or_client_policy_and_rule),
	    cmocka_unit_test(without_room_it_is_not_known),
	    cmocka_unit_test(among_threads_a_minute_is_used_once),
	    cmocka_unit_test(what_was_used_is_there_after_a_restart),
	    cmocka_unit_test(a_damaged_file_is_told_and_not_taken),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
