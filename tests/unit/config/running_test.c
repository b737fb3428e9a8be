/* running_test.c - what needs a restart stays as it runs, and is named. */
#include "tests/unit/config/collect.h"

#include "base/arena.h"
#include "config/keys.h"
#include "config/loader.h"
#include "config/schema.h"

static void
load(struct config *c, const char *text)
{
	struct buf out = BUF_EMPTY;

	assert_int_equal(load_text(c, str_of(text), &out), 0);
	buf_fini(&out);
}

/* [running], [now], what is named */
static const struct {
	const char *running, *now, *changed;
} cases[] = {
    {"", "", ""},
    {"", "[timeouts]\nheader = 3s\n[page]\ntitle = x\n", ""},
    {"", "[proxy]\nworkers = 3\n", "[proxy] workers"},
    {"[proxy]\nvia-name = a\n", "", "[proxy] via-name"},
    {"[origin]\ndns = 192.0.2.1\n", "[origin]\ndns = 192.0.2.1:53\n", ""},
    {"[origin]\ndns = 192.0.2.1\n", "[origin]\ndns = 192.0.2.1, ::1\n",
        "[origin] dns"},
    {"", "[redis]\ntimeout = 30ms\nprefix = x:\n",
        "[redis] timeout, [redis] prefix"},
    {"[listen a]\n", "[listen a]\nallow-clients = 10.0.0.0/8\n", ""},
    {"[listen a]\n", "[listen a]\naddress = 127.0.0.1:8080\n",
        "[listen a] address"},
    {"[listen a]\n", "[listen b]\n", "[listen b], [listen a]"},
    {"[listen a]\naddress = 127.0.0.1:1\n[listen b]\n",
        "[listen b]\n[listen a]\naddress = 127.0.0.1:1\n", ""},
};

static void
changed_keys_are_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config running, now;
		struct buf changed = BUF_EMPTY;

		load(&running, cases[i].running);
		load(&now, cases[i].now);
		config_keep_running(&now, &running, &changed);
		assert_string_equal(collected(&changed), cases[i].changed);
		buf_fini(&changed);
		arena_fini(&now.arena);
		arena_fini(&running.arena);
	}
}

static void
they_keep_their_values_and_others_change(void **state)
{
	struct config running, now;
	struct buf changed = BUF_EMPTY;

	(void)state;
	load(&running, "[proxy]\nworkers = 2\ndrain = 5s\n"
	               "[listen a]\naddress = 127.0.0.1:1, 127.0.0.1:2\n");
	load(&now, "[proxy]\nworkers = 3\ndrain = 6s\nstate-dir = /x\n"
	           "[listen a]\nallow-clients = 10.0.0.0/8\n");
	config_keep_running(&now, &running, &changed);
	assert_int_equal(now.workers, 2);
	assert_int_equal(now.drain_s, 6);
	assert_string_equal(now.state_dir.p, running.state_dir.p);
	assert_int_equal(now.listen.v[0].address.n, 2);
	assert_int_equal(now.listen.v[0].address.v[1].port, 2);
	assert_int_equal(now.listen.v[0].allow_clients.n, 1);
	buf_reset(&changed);
	config_keep_running(&now, &running, &changed);
	assert_int_equal(changed.n, 0); /* nothing is left to keep */
	buf_fini(&changed);
	arena_fini(&now.arena);
	arena_fini(&running.arena);
}

static void
the_digest_is_of_values_not_of_their_spelling(void **state)
{
	static const char *const texts[] = {
	    "[proxy]\ndrain = 60s\n[policy p]\nblock = host:a.test\n",
	    "# x\n[policy p]\nblock =  host:a.test # y\n[proxy]\ndrain = 1m",
	    "[proxy]\ndrain = 60s\n[policy p]\nblock = host:b.test\n",
	};
	uint64_t digest[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct config c;

		load(&c, texts[i]);
		digest[i] = config_digest(&c);
		arena_fini(&c.arena);
	}
	assert_true(digest[0] == digest[1]);
	assert_true(digest[0] != digest[2]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(changed_keys_are_named),
	    cmocka_unit_test(the_digest_is_of_values_not_of_their_spelling),
	    cmocka_unit_test(they_keep_their_values_and_others_change),
	};

	return cmocka_run_group_tests_name("config/running", tests, NULL, NULL);
}
