/* resp_test.c - what Redis says: every prefix, every split, and the hostile. */
#include "proxy/wire/resp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#define MAX ((size_t)1 << 20)
#define T(text)                                                                \
	{                                                                      \
		"" text, sizeof(text) - 1                                      \
	}
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Replies as a line: "+OK|$abc|:5|-ERR x|_|*2|", '!' where it was bad. */
static void
say(struct buf *out, const struct resp_reply *r)
{
	static const char sign[] = {'$', '+', '-', ':', '_', '*'};

	buf_add_char(out, sign[r->kind]);
	if (r->kind == RESP_INTEGER || r->kind == RESP_ARRAY)
		buf_addf(out, "%lld", (long long)r->number);
	else
		buf_add(out, r->text.p, r->text.n);
	buf_add_char(out, '|');
}

static void
read_cut(struct str s, size_t step, struct buf *out)
{
	struct resp *r = resp_new(MAX);
	struct resp_reply reply;
	enum resp_result got = RESP_MORE;

	assert_non_null(r);
	for (size_t at = 0; at < s.n && got != RESP_BAD; at += step) {
		struct str part = str_sub(s, at, step);

		resp_feed(r, part.p, part.n);
		while ((got = resp_next(r, &reply)) == RESP_REPLY)
			say(out, &reply);
	}
	if (got == RESP_BAD) {
		buf_add_char(out, '!');
		assert_false(resp_feed(r, "+OK\r\n", 5));
		assert_int_equal(resp_next(r, &reply), RESP_BAD);
	}
	resp_free(r);
}

static const struct {
	const char *rule;
	struct str text;
	const char *said;
} rows[] = {
    {"status", T("+OK\r\n"), "+OK|"},
    {"empty status", T("+\r\n"), "+|"},
    {"error", T("-ERR no\r\n"), "-ERR no|"},
    {"moved", T("-MOVED 1 127.0.0.1:1\r\n"), "-MOVED 1 127.0.0.1:1|"},
    {"integer", T(":42\r\n"), ":42|"},
    {"negative", T(":-1\r\n"), ":-1|"},
    {"largest", T(":9223372036854775807\r\n"), ":9223372036854775807|"},
    {"bulk", T("$3\r\nabc\r\n"), "$abc|"},
    {"empty bulk", T("$0\r\n\r\n"), "$|"},
    {"CRLF in bulk", T("$4\r\na\r\nb\r\n"), "$a\r\nb|"},
    {"nil", T("$-1\r\n"), "_|"},
    {"nil array", T("*-1\r\n"), "_|"},
    {"array, elements not kept", T("*2\r\n$1\r\na\r\n:5\r\n"), "*2|"},
    {"empty array", T("*0\r\n"), "*0|"},
    {"nested", T("*2\r\n*1\r\n+x\r\n$-1\r\n"), "*2|"},
    {"in a row", T("+OK\r\n$1\r\nx\r\n_\r\n"), "+OK|$x|!"},
    {"a pipeline", T("+A\r\n$-1\r\n$2\r\nhi\r\n-E\r\n:0\r\n*1\r\n+z\r\n+B\r\n"),
        "+A|_|$hi|-E|:0|*1|+B|"},
    {"unfinished", T("$5\r\nab"), ""},
    {"unfinished array", T("+a\r\n*2\r\n+x\r\n"), "+a|"},
    /* hostile */
    {"bulk of -2", T("$-2\r\n"), "!"},
    {"array of -2", T("*-2\r\n"), "!"},
    {"1e9 elements", T("*1000000000\r\n"), "!"},
    {"1025 elements", T("*1025\r\n"), "!"},
    {"1e10 elements", T("*10000000000\r\n"), "!"},
    {"elements over all depths", T("*1000\r\n*25\r\n"), "!"},
    {"a large bulk is only waited for", T("$9999999999\r\n"), ""},
    {"a bulk beyond 2^63", T("$9999999999999999999\r\n"), "!"},
    {"integer beyond 2^63", T(":9223372036854775808\r\n"), "!"},
    {"integer with letters", T(":1x\r\n"), "!"},
    {"bulk length with letters", T("$1x\r\na\r\n"), "!"},
    {"no type", T("\r\n"), "!"},
    {"a push of RESP3", T(">2\r\n+a\r\n+b\r\n"), "!"},
    {"a map of RESP3", T("%1\r\n+a\r\n+b\r\n"), "!"},
    {"a null of RESP3", T("_\r\n"), "!"},
    {"NUL", T("\0"), "!"},
    {"HTTP", T("HTTP/1.1 400 Bad Request\r\n\r\n"), "!"},
    {"nested over 7 deep",
        T("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"), "!"},
};

static void
replies_are_read_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(rows); i++)
		for (size_t step = rows[i].text.n; step > 0; step--) {
			struct buf out = BUF_EMPTY;

			read_cut(rows[i].text, step, &out);
			if (!str_eq(buf_str(&out), str_of(rows[i].said)))
				fail_msg("%s, cut by %zu: \"%.*s\"",
				    rows[i].rule, step, STR_ARG(buf_str(&out)));
			buf_fini(&out);
		}
}

static void
no_prefix_gives_more_than_the_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(rows); i++)
		for (size_t n = 0; n < rows[i].text.n; n++) {
			struct buf out = BUF_EMPTY;

			read_cut(str_sub(rows[i].text, 0, n), n ? n : 1, &out);
			if (out.n && out.p[out.n - 1] == '!')
				out.n--;
			assert_true(
			    str_starts(str_of(rows[i].said), buf_str(&out)));
			buf_fini(&out);
		}
}

/* What is fed and never ends: stopped at the bound, with less held. */
static void
endless(const char *head, const char *more)
{
	struct resp *r = resp_new(MAX);
	struct resp_reply reply;
	size_t fed = strlen(head), n = strlen(more);

	assert_true(resp_feed(r, head, fed));
	while (resp_next(r, &reply) == RESP_MORE && fed < 4 * MAX) {
		resp_feed(r, more, n);
		fed += n;
	}
	assert_int_equal(resp_next(r, &reply), RESP_BAD);
	assert_true(fed <= MAX + 2 * n);
	resp_free(r);
}

static void
what_never_ends_is_stopped_at_the_bound(void **state)
{
	char more[4097];

	(void)state;
	memset(more, 'x', sizeof(more) - 1);
	more[sizeof(more) - 1] = '\0';
	endless("$9999999999\r\n", more);
	endless("+", more);
	endless("-", more);
	endless("*2\r\n$999999999\r\n", more);
}

static void
a_value_of_the_bound_less_its_frame_is_taken(void **state)
{
	struct resp *r = resp_new(MAX);
	struct buf b = BUF_EMPTY;
	struct resp_reply reply;
	size_t n = MAX - 16;

	(void)state;
	buf_addf(&b, "$%zu\r\n", n);
	assert_true(buf_room(&b, n));
	memset(b.p + b.n, 'v', n);
	b.n += n;
	buf_add_str(&b, STR("\r\n+OK\r\n"));
	for (size_t at = 0; at < b.n; at += 16384) {
		struct str part = str_sub(buf_str(&b), at, 16384);

		assert_true(resp_feed(r, part.p, part.n));
		if (at + part.n < n)
			assert_int_equal(resp_next(r, &reply), RESP_MORE);
	}
	assert_int_equal(resp_next(r, &reply), RESP_REPLY);
	assert_int_equal(reply.kind, RESP_STRING);
	assert_int_equal(reply.text.n, n);
	assert_int_equal(resp_next(r, &reply), RESP_REPLY);
	assert_int_equal(reply.text.n, 2);
	buf_fini(&b);
	resp_free(r);
}

static void
no_byte_of_an_argument_ends_it(void **state)
{
	static const char evil[] = "x y\r\nFLUSHALL\r\n*{}\0z";
	struct buf b = BUF_EMPTY;
	struct bytes args[] = {{(const uint8_t *)"GET", 3},
	    {(const uint8_t *)evil, sizeof(evil) - 1}};

	(void)state;
	assert_true(resp_command(&b, args, 2));
	assert_true(str_eq(buf_str(&b),
	    STR("*2\r\n$3\r\nGET\r\n$20\r\nx y\r\nFLUSHALL\r\n*{}\0z\r\n")));
	args[1].n = 0;
	b.n = 0;
	assert_true(resp_command(&b, args, 2));
	assert_true(str_eq(buf_str(&b), STR("*2\r\n$3\r\nGET\r\n$0\r\n\r\n")));
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_are_read_however_they_are_cut),
	    cmocka_unit_test(no_prefix_gives_more_than_the_whole),
	    cmocka_unit_test(what_never_ends_is_stopped_at_the_bound),
	    cmocka_unit_test(a_value_of_the_bound_less_its_frame_is_taken),
	    cmocka_unit_test(no_byte_of_an_argument_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
