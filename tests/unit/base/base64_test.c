/* base64_test.c - the vectors of RFC 4648 10, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/table.h"

static void
vectors_go_both_ways(void **state)
{
	static const struct {
		const char *bytes, *text, *url;
	} rows[] = {
	    {"", "", ""},
	    {"f", "Zg==", "Zg"},
	    {"fo", "Zm8=", "Zm8"},
	    {"foo", "Zm9v", "Zm9v"},
	    {"foob", "Zm9vYg==", "Zm9vYg"},
	    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
	    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	    {"\xfb\xff\xbf", "+/+/", "-_-_"},
	};
	char text[16], bytes[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str b = str_of(rows[i].bytes), t = str_of(rows[i].text);
		struct str u = str_of(rows[i].url);
		struct base64_got got;

		assert_true(str_eq(t, str_make(text, base64_write(b.p, b.n,
		                                         BASE64_PLAIN, text))));
		assert_true(str_eq(u,
		    str_make(text, base64_write(b.p, b.n, BASE64_URL, text))));
		got = base64_read(u, BASE64_URL, bytes);
		assert_true(got.exact && got.digits == u.n);
		assert_true(str_eq(b, str_make(bytes, got.bytes)));
		got = base64_read(t, BASE64_PLAIN, bytes);
		assert_true(got.exact && got.digits == u.n); /* but padding */
		assert_true(str_eq(b, str_make(bytes, got.bytes)));
	}
}

static void
other_spellings_are_told(void **state)
{
	static const struct {
		const char *text;
		enum base64_alphabet in;
		size_t digits, bytes;
		bool exact;
	} rows[] = {
	    {"Zh", BASE64_URL, 2, 1, false}, /* bits behind the last byte */
	    {"Zm9", BASE64_URL, 3, 2, false},
	    {"Z", BASE64_URL, 1, 0, false}, /* half a byte */
	    {"A", BASE64_URL, 1, 0, false},
	    {"Zm9vA", BASE64_URL, 5, 3, false},
	    {"Zm9v Zg", BASE64_URL, 4, 3, true}, /* read so far */
	    {"Zm+v", BASE64_URL, 2, 1, false},
	    {"Zm-v", BASE64_PLAIN, 2, 1, false},
	    {"+-/_", BASE64_EITHER, 4, 3, true},
	    {"=", BASE64_EITHER, 0, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char bytes[16];
		struct base64_got got =
		    base64_read(str_of(rows[i].text), rows[i].in, bytes);

		if (got.digits != rows[i].digits ||
		    got.bytes != rows[i].bytes || got.exact != rows[i].exact)
			fail_msg("%s: %zu digits, %zu bytes, %d", rows[i].text,
			    got.digits, got.bytes, got.exact);
	}
}

static void
all_lengths_fit_their_room(void **state)
{
	uint8_t in[64], out[BASE64_BYTES(BASE64_CHARS(64))];
	char text[BASE64_CHARS(64)];

	(void)state;
	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 37);
	for (size_t n = 0; n <= sizeof(in); n++) {
		size_t made = base64_write(in, n, BASE64_URL, text);
		struct base64_got got =
		    base64_read(str_make(text, made), BASE64_URL, out);

		assert_true(made <= BASE64_CHARS(n));
		assert_true(got.bytes <= BASE64_BYTES(made));
		assert_true(got.exact && got.bytes == n);
		assert_memory_equal(in, out, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(vectors_go_both_ways),
	    cmocka_unit_test(other_spellings_are_told),
	    cmocka_unit_test(all_lengths_fit_their_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
