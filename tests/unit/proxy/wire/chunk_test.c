/* chunk_test.c - chunked bodies: the grammar, the limits, every split. */
#include "proxy/wire/chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#define END "0\r\n\r\n"
#define T(text)                                                                \
	{                                                                      \
		"" text, sizeof(text) - 1                                      \
	}
#define LEN(a) (sizeof(a) / sizeof((a)[0]))
enum { NEITHER = 0, BOTH, ONLY_RESPONSE };

static const struct {
	const char *rule;
	struct str text;
	int fine; /* on which side */
	const char *body;
} rows[] = {
    {"plain", T("5\r\nhello\r\n" END), BOTH, "hello"},
    {"two", T("5\r\nhello\r\n1\r\n!\r\n" END), BOTH, "hello!"},
    {"empty", T(END), BOTH, ""},
    {"hex in both cases", T("a\r\n0123456789\r\nB\r\n0123456789a\r\n" END),
        BOTH, "01234567890123456789a"},
    {"leading zeros", T("0000000000000005\r\nhello\r\n000\r\n\r\n"), BOTH,
        "hello"},
    {"CRLF as data", T("4\r\n\r\n\r\n\r\n" END), BOTH, "\r\n\r\n"},
    {"17 digits", T("00000000000000005\r\nhello\r\n" END), NEITHER, ""},
    {"a size over 2^63-1", T("8000000000000000\r\n"), NEITHER, ""},
    {"0x", T("0x5\r\nhello\r\n" END), NEITHER, ""},
    {"0X", T("0X5\r\nhello\r\n" END), NEITHER, ""},
    {"plus", T("+5\r\nhello\r\n" END), NEITHER, ""},
    {"minus", T("-5\r\nhello\r\n" END), NEITHER, ""},
    {"a blank before", T(" 5\r\nhello\r\n" END), NEITHER, ""},
    {"a tab before", T("\t5\r\nhello\r\n" END), NEITHER, ""},
    {"a blank behind", T("5 \r\nhello\r\n" END), ONLY_RESPONSE, "hello"},
    {"blanks behind", T("5 \t \r\nhello\r\n0 \r\n\r\n"), ONLY_RESPONSE,
        "hello"},
    {"a blank inside", T("1 0\r\nhello\r\n" END), NEITHER, ""},
    {"underscore", T("1_0\r\nhello\r\n" END), NEITHER, ""},
    {"no hex", T("5g\r\nhello\r\n" END), NEITHER, ""},
    {"no hex at all", T("G\r\nhello\r\n" END), NEITHER, ""},
    {"none", T("\r\nhello\r\n" END), NEITHER, ""},
    {"beyond ASCII", T("\xd9\xa5\r\nhello\r\n" END), NEITHER, ""},
    {"a NUL behind", T("5\0\r\nhello\r\n" END), NEITHER, ""},
    {"an LF behind the size", T("5\nhello\r\n" END), NEITHER, ""},
    {"an LF behind the data", T("5\r\nhello\n" END), NEITHER, "hello"},
    {"LFs at the end", T("5\r\nhello\r\n0\n\n"), NEITHER, "hello"},
    {"an LF at the end", T("5\r\nhello\r\n0\r\n\n"), NEITHER, "hello"},
    {"an LF behind an extension", T("5;a\nhello\r\n" END), NEITHER, ""},
    {"an LF behind a ';'", T("5;\nhello\r\n" END), NEITHER, ""},
    {"a CR behind the size", T("5\rXhello\r\n" END), NEITHER, ""},
    {"two", T("5\r\r;ABCD\r\n34\r\nE\r\n" END), NEITHER, ""},
    {"two and an extension", T("2\r\r;a\r\n02\r\n41\r\n" END), NEITHER, ""},
    {"two behind an extension", T("41;a=b\r\rXXXX\r\n" END), NEITHER, ""},
    {"a CR behind the data", T("5\r\nhello\rX0\r\n\r\n"), NEITHER, "hello"},
    {"an extension", T("5;a\r\nhello\r\n" END), BOTH, "hello"},
    {"with a value", T("5;a=b\r\nhello\r\n0;c=d\r\n\r\n"), BOTH, "hello"},
    {"quoted", T("5;a=\"q\\\"x;\t =\"\r\nhello\r\n" END), BOTH, "hello"},
    {"quoted and empty", T("5;a=\"\";b\r\nhello\r\n" END), BOTH, "hello"},
    {"several, with blanks", T("5 ; a = b\t;c ; d=\"e\" ;f\r\nhello\r\n" END),
        BOTH, "hello"},
    {"blanks at its end", T("5;a=b \r\nhello\r\n" END), ONLY_RESPONSE, "hello"},
    {"and behind its name", T("5;a \r\nhello\r\n" END), ONLY_RESPONSE, "hello"},
    {"no name", T("5;\r\nhello\r\n" END), NEITHER, ""},
    {"no name, but a value", T("5;=b\r\nhello\r\n" END), NEITHER, ""},
    {"no value", T("5;a=\r\nhello\r\n" END), NEITHER, ""},
    {"no token", T("5;a(\r\nhello\r\n" END), NEITHER, ""},
    {"two words", T("5;a b\r\nhello\r\n" END), NEITHER, ""},
    {"a word behind a quote", T("5;a=\"b\"c\r\nhello\r\n" END), NEITHER, ""},
    {"a CR in a quote", T("5;a=\"b\r\nhello\r\n" END), NEITHER, ""},
    {"an LF in a quote", T("5;a=\"b\n\"\r\nhello\r\n" END), NEITHER, ""},
    {"a NUL in a quote", T("5;a=\"\\\0\"\r\nhello\r\n" END), NEITHER, ""},
    {"more than the size", T("5\r\nhello!!\r\n" END), NEITHER, "hello"},
    {"a size at once", T("5\r\nhello0\r\n\r\n"), NEITHER, "hello"},
    {"an empty line more", T("1\r\nZ\r\n\r\n" END), NEITHER, "Z"},
    {"a trailer", T("0\r\nX:POST http://bad.test/ HTTP/1.1\r\n\r\n"), BOTH, ""},
    {"trailers", T("1\r\nZ\r\n0\r\na: b\r\nc:\r\nd: \t\x80\r\n\r\n"), BOTH,
        "Z"},
    {"no trailer", T("0\r\nXX\r\n\r\n"), NEITHER, ""},
    {"one without a name", T("0\r\n: a\r\n\r\n"), NEITHER, ""},
    {"with a blank name", T("0\r\na : b\r\n\r\n"), NEITHER, ""},
    {"folded", T("0\r\na: b\r\n c\r\n\r\n"), NEITHER, ""},
    {"with an LF", T("0\r\na: b\n\r\n"), NEITHER, ""},
    {"with a CR", T("0\r\na: b\rc\r\n\r\n"), NEITHER, ""},
    {"with a NUL", T("0\r\na: \0\r\n\r\n"), NEITHER, ""},
    {"an end that is none", T("0\r\n\rX"), NEITHER, ""},
};

struct outcome {
	enum chunk_state_public status;
	size_t used;
	struct buf body;
};

/* In pieces: <first> bytes, then the rest; or all by the byte. */
static struct outcome
run(enum chunk_side side, struct str s, size_t first, bool by_byte)
{
	struct chunk_decoder d;
	struct outcome o = {.body = BUF_EMPTY};
	size_t n = by_byte ? 1 : first, used, got;

	chunk_begin(&d, side);
	while (o.used < s.n && chunk_status(&d) == CHUNK_GOING) {
		struct str part = str_sub(s, o.used, n);
		char *block = malloc(part.n ? part.n : 1);

		memcpy(block, part.p, part.n);
		got = chunk_decode(&d, block, part.n, &used);
		assert_true(got <= used && used <= part.n);
		if (used < part.n)
			assert_int_not_equal(chunk_status(&d), CHUNK_GOING);
		buf_add(&o.body, block, got);
		free(block);
		o.used += used;
		n = by_byte ? 1 : s.n;
	}
	o.status = chunk_status(&d);
	if (o.status == CHUNK_BAD)
		assert_non_null(d.why);
	return o;
}

/* The outcome of the whole, after all ways to cut it gave the same. */
static struct outcome
decode(enum chunk_side side, struct str s)
{
	struct outcome whole = run(side, s, s.n, false), o;

	for (size_t cut = 0; cut <= s.n; cut++) {
		if (s.n > 1000 && cut % 997)
			continue;
		o = run(side, s, cut, cut == 0);
		assert_int_equal(o.status, whole.status);
		assert_int_equal(o.used, whole.used);
		assert_true(str_eq(buf_str(&o.body), buf_str(&whole.body)));
		buf_fini(&o.body);
		/* a prefix is never an end, nor worse than the whole */
		o = run(side, str_sub(s, 0, cut), cut, false);
		if (cut < whole.used)
			assert_int_equal(o.status, CHUNK_GOING);
		buf_fini(&o.body);
	}
	return whole;
}

static enum chunk_state_public
status_of(enum chunk_side side, struct str s)
{
	struct outcome o = decode(side, s);

	buf_fini(&o.body);
	return o.status;
}

static void
chunks_are_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(rows); i++)
		for (int side = CHUNK_REQUEST; side <= CHUNK_RESPONSE; side++) {
			bool fine = rows[i].fine == BOTH ||
			            (rows[i].fine == ONLY_RESPONSE &&
			                side == CHUNK_RESPONSE);
			struct outcome o =
			    decode((enum chunk_side)side, rows[i].text);

			if (o.status != (fine ? CHUNK_DONE : CHUNK_BAD))
				fail_msg("%s (%d): %d", rows[i].rule, side,
				    (int)o.status);
			if (fine || rows[i].fine == NEITHER)
				assert_true(str_eq(
				    buf_str(&o.body), str_of(rows[i].body)));
			if (fine)
				assert_int_equal(o.used, rows[i].text.n);
			buf_fini(&o.body);
		}
}

static void
sizes_are_hex_whatever_the_byte(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[] = "1?\r\n", front[] = "?1\r\n";
		bool hex = c && strchr("0123456789abcdefABCDEF", c);
		enum chunk_state_public want = hex ? CHUNK_GOING : CHUNK_BAD;

		text[1] = (char)c;
		front[0] = (char)c;
		assert_int_equal(
		    status_of(CHUNK_REQUEST, str_make(text, 4)), want);
		assert_int_equal(
		    status_of(CHUNK_REQUEST, str_make(front, 4)), want);
	}
}

static void
what_follows_the_body_is_left_alone(void **state)
{
	struct str s = STR("1\r\nZ\r\n" END "GET / HTTP/1.1\r\n");
	struct outcome o = decode(CHUNK_REQUEST, s);

	(void)state;
	assert_int_equal(o.status, CHUNK_DONE);
	assert_int_equal(o.used, strlen("1\r\nZ\r\n" END));
	buf_fini(&o.body);
}

static void
add_times(struct buf *b, struct str s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_str(b, s);
}

/* <before>, <n> times <s>, <after>. */
static enum chunk_state_public
status_filled(struct str before, struct str s, size_t n, struct str after)
{
	struct buf b = BUF_EMPTY;
	enum chunk_state_public status;

	buf_add_str(&b, before);
	add_times(&b, s, n);
	buf_add_str(&b, after);
	status = status_of(CHUNK_REQUEST, buf_str(&b));
	buf_fini(&b);
	return status;
}

static void
extensions_have_their_limits(void **state)
{
	struct str rest = STR("\r\nZ\r\n" END);
	struct buf ext = BUF_EMPTY;

	(void)state;
	assert_int_equal(
	    status_filled(STR("1;a="), STR("x"), CHUNK_EXT_MAX - 2, rest),
	    CHUNK_DONE);
	assert_int_equal(
	    status_filled(STR("1;a="), STR("x"), CHUNK_EXT_MAX - 1, rest),
	    CHUNK_BAD);
	assert_int_equal(
	    status_filled(STR("1;a="), STR("x"), 65536, rest), CHUNK_BAD);
	assert_int_equal(
	    status_filled(STR("1"), STR(" "), 65536, STR("")), CHUNK_BAD);
	/* a body of many: each of 128 bytes */
	buf_add_str(&ext, STR("1;a="));
	add_times(&ext, STR("x"), 126);
	buf_add_str(&ext, STR("\r\nZ\r\n"));
	assert_int_equal(status_filled(STR(""), buf_str(&ext),
	                     CHUNK_EXT_TOTAL_MAX / 128, STR(END)),
	    CHUNK_DONE);
	assert_int_equal(status_filled(STR(""), buf_str(&ext),
	                     CHUNK_EXT_TOTAL_MAX / 128 + 1, STR(END)),
	    CHUNK_BAD);
	buf_fini(&ext);
}

static void
trailers_have_their_limits(void **state)
{
	size_t room = CHUNK_TRAILER_MAX - strlen("a:\r\n\r\n");

	(void)state;
	assert_int_equal(status_filled(STR("0\r\n"), STR("a:b\r\n"),
	                     CHUNK_TRAILERS_MAX, STR("\r\n")),
	    CHUNK_DONE);
	assert_int_equal(status_filled(STR("0\r\n"), STR("a:b\r\n"),
	                     CHUNK_TRAILERS_MAX + 1, STR("\r\n")),
	    CHUNK_BAD);
	assert_int_equal(
	    status_filled(STR("0\r\na:"), STR("x"), room - 8, STR("\r\n\r\n")),
	    CHUNK_DONE);
	assert_int_equal(
	    status_filled(STR("0\r\na:"), STR("x"), room + 8, STR("\r\n\r\n")),
	    CHUNK_BAD);
	assert_int_equal(
	    status_filled(STR("0\r\na:"), STR("x"), 1 << 20, STR("")),
	    CHUNK_BAD);
}

static void
many_tiny_chunks_are_one_body(void **state)
{
	struct buf b = BUF_EMPTY;
	struct chunk_decoder d;
	size_t used;

	(void)state;
	add_times(&b, STR("1\r\nZ\r\n"), 1000000);
	buf_add_str(&b, STR(END));
	chunk_begin(&d, CHUNK_REQUEST);
	assert_int_equal(chunk_decode(&d, b.p, b.n, &used), 1000000);
	assert_int_equal(used, b.n);
	assert_int_equal(chunk_status(&d), CHUNK_DONE);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chunks_are_strict),
	    cmocka_unit_test(sizes_are_hex_whatever_the_byte),
	    cmocka_unit_test(what_follows_the_body_is_left_alone),
	    cmocka_unit_test(extensions_have_their_limits),
	    cmocka_unit_test(trailers_have_their_limits),
	    cmocka_unit_test(many_tiny_chunks_are_one_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
