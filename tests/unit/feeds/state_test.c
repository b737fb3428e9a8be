/* state_test.c - what is known of a feed: written, read, damaged, cut. */
#include "feeds/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static struct feed_state
full(void)
{
	return (struct feed_state){
	    .url = "https://x.test/\"a\"",
	    .seed = 4294967295u,
	    .tried = 1700000000,
	    .good = 1699999999,
	    .failures = 7,
	    .pending = true,
	    .error = "it was cut short\n\x01",
	    .etag = "W/\"x\"",
	    .modified = "Sun, 22 Nov 2026 00:00:00 GMT",
	    .current = {"v-20261122T000000Z-00112233", "0011", 5, 6, 7, 8,
	        true},
	    .former = {"v-20261121T000000Z-44556677", "44", 1, 0, 2, 3, false},
	    .held = {"v-20261123T000000Z-8899aabb", "88", 9, 9, 9, 0, false},
	    .held_why = "it shrank",
	};
}

static void
same(const struct feed_state *a, const struct feed_state *b)
{
	struct buf x = BUF_EMPTY, y = BUF_EMPTY;

	feed_state_print(a, &x);
	feed_state_print(b, &y);
	assert_true(x.n && str_eq(buf_str(&x), buf_str(&y)));
	buf_fini(&x);
	buf_fini(&y);
}

static void
what_is_written_is_read(void **state)
{
	struct feed_state s = full(), none = {.seed = 0}, got;
	struct buf b = BUF_EMPTY;

	(void)state;
	feed_state_print(&s, &b);
	assert_true(feed_state_parse(buf_str(&b), &got));
	same(&s, &got);
	assert_string_equal(got.current.name, s.current.name);
	assert_true(got.current.accepted && !got.held.accepted);
	buf_reset(&b);
	feed_state_print(&none, &b);
	assert_true(feed_state_parse(buf_str(&b), &got));
	same(&none, &got);
	buf_fini(&b);
}

/* Cut anywhere it is nothing: no half of it is believed. */
static void
a_cut_state_is_none(void **state)
{
	struct feed_state s = full(), got, none = {.seed = 0};
	struct buf b = BUF_EMPTY;

	(void)state;
	feed_state_print(&s, &b);
	for (size_t n = 0; n + 1 < b.n; n++) {
		assert_false(feed_state_parse(str_make(b.p, n), &got));
		same(&none, &got);
	}
	buf_fini(&b);
}

/* It becomes part of a path. */
static void
a_version_with_another_name_is_none(void **state)
{
	static const char *const names[] = {"../../etc", "v-/../x", "/etc",
	    "v-x", "w-2026", "", "v-.", "v-0/1",
	    "v-0000000000000000000000000000000000000000000000000000"};
	struct feed_state got;
	char text[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(text, sizeof(text),
		    "{\"version\":1,\"current\":{\"name\":\"%s\"}}", names[i]);
		assert_true(feed_state_parse(str_of(text), &got));
		assert_string_equal(got.current.name, "");
	}
	assert_false(feed_state_parse(STR("{\"version\":2}"), &got));
	assert_false(feed_state_parse(STR("[1]"), &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(a_cut_state_is_none),
	    cmocka_unit_test(a_version_with_another_name_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
