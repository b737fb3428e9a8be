/* jsonflat_test.c - what base/json.h writes comes back as it was. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/json.h"
#include "review/jsonflat.h"

static void
values_are_found_by_their_paths(void **state)
{
	struct jsonflat f = {0};

	(void)state;
	assert_true(jsonflat_read(&f,
	    STR(" {\"a\" : \"x\", \"b\":{\"c\":12,\"d\":[true,{\"e\":null}]},"
	        "\"f\":{},\"g\":[],\"h\":-1.5e3 } ")));
	assert_int_equal(f.n, 5);
	assert_string_equal(jsonflat_get(&f, "a").p, "x");
	assert_int_equal(jsonflat_u64(&f, "b.c"), 12);
	assert_string_equal(jsonflat_get(&f, "b.d.0").p, "true");
	assert_string_equal(jsonflat_get(&f, "b.d.1.e").p, "null");
	assert_string_equal(jsonflat_get(&f, "h").p, "-1.5e3");
	assert_int_equal(jsonflat_get(&f, "b").n, 0);
	assert_true(jsonflat_at(&f, 0)->quoted);
	assert_false(jsonflat_at(&f, 1)->quoted);
	assert_null(jsonflat_at(&f, 5));
	jsonflat_fini(&f);
}

static void
escapes_become_what_they_stand_for(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
	    {"\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac"},
	    {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
	    {"\"\\udcff\\udc80\"",
	        "\xff\x80"}, /* raw bytes, as we write them */
	    {"\"\\ud83dx\"", "\xef\xbf\xbdx"},
	    {"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"},
	    {"\"\\udc00\"", "\xef\xbf\xbd"},
	};
	struct jsonflat f = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(jsonflat_read(&f, str_of(rows[i].in)));
		assert_string_equal(jsonflat_get(&f, "").p, rows[i].out);
	}
	jsonflat_fini(&f);
}

static void
every_byte_survives_the_round_trip(void **state)
{
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;
	char all[512];

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		all[2 * i] = (char)i;
		all[2 * i + 1] = (char)(255 - i);
	}
	json_open(&b, '{');
	json_key_str(&b, "all", str_make(all, sizeof(all)));
	json_close(&b, '}');
	assert_true(jsonflat_read(&f, buf_str(&b)));
	assert_int_equal(jsonflat_get(&f, "all").n, sizeof(all));
	assert_memory_equal(jsonflat_get(&f, "all").p, all, sizeof(all));
	buf_fini(&b);
	jsonflat_fini(&f);
}

static void
what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    " ",
	    "{",
	    "}",
	    "{\"a\"}",
	    "{\"a\":}",
	    "{\"a\":1,}",
	    "{a:1}",
	    "[1,]",
	    "[1 2]",
	    "\"",
	    "\"\\",
	    "\"\\x\"",
	    "\"\\u12\"",
	    "\"\\u12g4\"",
	    "\"a\nb\"",
	    "{\"a\":1}x",
	    "[[[[[[[[[1]]]]]]]]]",
	    "{\"a\":\"b}",
	    "'a'",
	    "nonsense",
	    "{\"a\":-}",
	    "{\"a\":tru}",
	};
	struct jsonflat f = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(jsonflat_read(&f, str_of(bad[i])));
		assert_int_equal(f.n, 0);
	}
	jsonflat_fini(&f);
}

static void
every_prefix_is_refused(void **state)
{
	struct str whole = STR("{\"a\":\"\\u00e9\\n\",\"b\":[1,{\"c\":true}]}");
	struct jsonflat f = {0};

	(void)state;
	for (size_t n = 0; n < whole.n; n++)
		assert_false(jsonflat_read(&f, str_sub(whole, 0, n)));
	assert_true(jsonflat_read(&f, whole));
	jsonflat_fini(&f);
}

static void
bounds_hold(void **state)
{
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;

	(void)state;
	buf_add_char(&b, '[');
	for (unsigned i = 0; i < JSONFLAT_ITEMS; i++)
		buf_add_str(&b, i ? STR(",1") : STR("1"));
	buf_add_char(&b, ']');
	assert_true(jsonflat_read(&f, buf_str(&b)));
	assert_int_equal(f.n, JSONFLAT_ITEMS);
	b.n--;
	buf_add_str(&b, STR(",1]"));
	assert_false(jsonflat_read(&f, buf_str(&b)));
	buf_reset(&b);
	buf_add_str(&b, STR("{\""));
	for (unsigned i = 0; i < JSONFLAT_PATH + 1; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, STR("\":1}"));
	assert_false(jsonflat_read(&f, buf_str(&b)));
	buf_fini(&b);
	jsonflat_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_found_by_their_paths),
	    cmocka_unit_test(escapes_become_what_they_stand_for),
	    cmocka_unit_test(every_byte_survives_the_round_trip),
	    cmocka_unit_test(what_is_no_json_is_refused),
	    cmocka_unit_test(every_prefix_is_refused),
	    cmocka_unit_test(bounds_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
