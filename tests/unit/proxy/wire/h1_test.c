/* h1_test.c - request heads: the grammar, the framing, the limits. */
#include "tests/unit/proxy/wire/h1_kit.h"

#define G    "GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n"
#define P    "POST http://good.test/ HTTP/1.1\r\nHost: good.test\r\n"
#define E    "\r\n"
#define MORE 1 /* instead of a status: not whole */

struct row {
	const char *rule;
	struct str text;
	unsigned status; /* 0: fine */
};

static void
check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned got = kit_status(H1_REQUEST, rows[i].text);

		if (got != rows[i].status)
			fail_msg("%s: %u, not %u: %.*s", rows[i].rule, got,
			    rows[i].status, STR_ARG(rows[i].text));
	}
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(rows[0]))
/* "x" STR() would want one literal: this takes several. */
#define T(text)                                                                \
	{                                                                      \
		"" text, sizeof(text) - 1                                      \
	}

static const struct row framing_rows[] = {
    {"CL and TE", T(P "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n" E),
        400},
    {"TE and CL", T(P "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n" E),
        400},
    {"two TE",
        T(P "Transfer-Encoding: chunked\r\n"
            "Transfer-Encoding: identity\r\n" E),
        400},
    {"two TE",
        T(P "Transfer-Encoding: identity\r\n"
            "Transfer-Encoding: chunked\r\n" E),
        400},
    {"two TE alike",
        T(P "Transfer-Encoding: chunked\r\n"
            "Transfer-Encoding: chunked\r\n" E),
        400},
    {"a blank before TE's colon", T(P "Transfer-Encoding : chunked\r\n" E),
        400},
    {"a blank before CL's colon", T(P "Content-Length : 5\r\n" E), 400},
    {"a tab before CL's colon", T(P "Content-Length\t: 5\r\n" E), 400},
    {"a blank before Host's colon", T("GET / HTTP/1.1\r\nHost : a.test\r\n" E),
        400},
    {"an underscore makes another name",
        T(P "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n" E), 0},
    {"TE with a tab, any case", T(P "Transfer-Encoding:\tChunked\r\n" E), 0},
    {"TE in 1.0",
        T("POST / HTTP/1.0\r\nHost: a.test\r\n"
          "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" E),
        400},
    {"TE alone in 1.0",
        T("POST / HTTP/1.0\r\nHost: a.test\r\n"
          "Transfer-Encoding: chunked\r\n" E),
        400},
    {"CL twice, empty first",
        T(P "Content-Length: \r\nContent-Length: 59\r\n" E), 400},
    {"CL twice alike", T(P "Content-Length: 5\r\nContent-Length: 5\r\n" E),
        400},
    /* legal, but llhttp does not think so; nobody sends it */
    {"CL with a tab behind", T(P "Content-Length: 5\t\r\n" E), 400},
    {"CL in octal's look", T(P "Content-Length: 005\r\n" E), 0},
    {"CL with blanks around", T(P "Content-Length: \t 5 \r\n" E), 0},
    {"the largest CL", T(P "Content-Length: 9223372036854775807\r\n" E), 0},
    {"CL over it", T(P "Content-Length: 9223372036854775808\r\n" E), 400},
    {"CL 2^64", T(P "Content-Length: 18446744073709551616\r\n" E), 400},
    {"CL 2^64+5", T(P "Content-Length: 18446744073709551621\r\n" E), 400},
    {"GET with a body", T(G "Content-Length: 5\r\n" E), 0},
    {"TRACE with a body",
        T("TRACE / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n" E), 400},
    {"TRACE without", T("TRACE / HTTP/1.1\r\nHost: a.test\r\n" E), 0},
    {"CONNECT with CL",
        T("CONNECT a.test:443 HTTP/1.1\r\n"
          "Host: a.test:443\r\nContent-Length: 5\r\n" E),
        400},
    {"CONNECT with CL 0",
        T("CONNECT a.test:443 HTTP/1.1\r\n"
          "Host: a.test:443\r\nContent-Length: 0\r\n" E),
        400},
    {"CONNECT with TE",
        T("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"
          "Transfer-Encoding: chunked\r\n" E),
        400},
    {"CONNECT without",
        T("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n" E), 0},
};

static const struct row line_rows[] = {
    {"one empty line before", T("\r\n" G E), 0},
    {"eight empty lines", T("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" G E), 0},
    {"nine", T("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" G E), 400},
    {"a bare LF before", T("\n" G E), 400},
    {"a bare CR before", T("\r" G E), 400},
    {"a blank before the first field",
        T("GET / HTTP/1.1\r\n Content-Length: 5\r\nHost: a.test\r\n" E), 400},
    {"an end that is none", T(G "\r\rZGET http://bad.test/ HTTP/1.1\r\n" E),
        400},
    {"an end with a byte too many", T(G "\rX\n"), 400},
    {"bare LFs", T("GET / HTTP/1.1\nHost: a.test\n\n"), 400},
    {"a bare LF behind a field", T("GET / HTTP/1.1\r\nHost: a.test\n\r\n"),
        400},
    {"a bare LF ends the head", T(G "\n"), 400},
    {"bare CRs", T("GET / HTTP/1.1\rHost: a.test\r\r"), 400},
    {"a bare CR in a value", T(G "X: a\rSmuggled: b\r\n" E), 400},
    {"two CRs", T(G "X: a\r\r\n" E), 400},
    {"a NUL in a value", T(G "X: a\0b\r\n" E), 400},
    {"a NUL in Host", T("GET / HTTP/1.1\r\nHost: good.test\0.bad.test\r\n" E),
        400},
    {"DEL in a value",
        T(G "X: a\x7f"
            "b\r\n" E),
        400},
    {"bytes beyond ASCII and tabs in a value", T(G "X: \x80\t\xff a\r\n" E), 0},
    {"a folded line", T(G "X: a\r\n b\r\n" E), 400},
    {"a line folded by a tab", T(G "X: a\r\n\tb\r\n" E), 400},
    {"a folded Expect", T(P "Expect:\r\n 100-continue\r\n" E), 400},
    {"no colon", T(G "X\r\n" E), 400},
    {"no name", T(G ": x\r\n" E), 400},
    {"nothing but a colon", T(G ":\r\n" E), 400},
    {"an empty value", T(G "X:\r\nY: \t \r\n" E), 0},
    {"no Host", T("GET / HTTP/1.1\r\n" E), 400},
    {"no Host in 1.0", T("GET http://good.test/ HTTP/1.0\r\n" E), 0},
    {"an empty Host is for the caller", T("GET / HTTP/1.1\r\nHost:\r\n" E), 0},
    {"two Host", T("GET / HTTP/1.1\r\nHost: good.test\r\nHost: bad.test\r\n" E),
        400},
    {"two Host alike",
        T("GET / HTTP/1.1\r\nHost: a.test\r\nhOST: a.test\r\n" E), 400},
    {"two Host in 1.0",
        T("GET / HTTP/1.0\r\nHost: a.test\r\nHost: a.test\r\n" E), 400},
    {"not whole", T(G), MORE},
    {"not even begun", T(""), MORE},
};

#define H          " HTTP/1.1\r\nHost: a.test\r\n\r\n"
#define V(version) "GET / " version "\r\nHost: a.test\r\n\r\n"
static const struct row start_rows[] = {
    {"a method in lower case", T("get /" H), 0},
    {"any token is a method", T("FOO /" H), 0},
    {"all token bytes", T("!#$%&'*+-.^_`|~09azAZ /" H), 0},
    {"a method that begins like another", T("CONNECTX /" H), 0},
    {"a method that is no token", T("G=\":<>(e),[T];?\" /" H), 400},
    {"a NUL in it", T("GET\0 /" H), 400},
    {"a blank before it", T(" GET /" H), 400},
    {"32 bytes", T("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF /" H), 0},
    {"33 bytes", T("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG /" H), 501},
    {"bytes beyond ASCII", T("G\xc3\x8bT /" H), 400},
    {"1.0", T(V("HTTP/1.0")), 0},
    {"1.32", T(V("HTTP/1.32")), 505},
    {"1.11", T(V("HTTP/1.11")), 400},
    {"1.2", T(V("HTTP/1.2")), 505},
    {"2.0", T(V("HTTP/2.0")), 505},
    {"3.0", T(V("HTTP/3.0")), 505},
    {"0.9", T(V("HTTP/0.9")), 505},
    {"01.1", T(V("HTTP/01.1")), 505},
    {"11.1", T(V("HTTP/11.1")), 400},
    {"4294967297.1", T(V("HTTP/4294967297.1")), 505},
    {"1.", T(V("HTTP/1.")), 400},
    {"1", T(V("HTTP/1")), 400},
    {"1,1", T(V("HTTP/1,1")), 400},
    {"1.x", T(V("HTTP/1.x")), 400},
    {"a blank behind", T(V("HTTP/1.1 ")), 400},
    {"a tab behind", T(V("HTTP/1.1\t")), 400},
    {"a NUL behind", T(V("HTTP/1.1\0")), 400},
    {"lower case", T(V("http/1.1")), 400},
    {"another protocol", T(V("HTTQ/1.1")), 400},
    {"CRs in it", T(V("HTTP/\r\r1.1")), 400},
    {"no version", T("GET /\r\n\r\n"), 400},
    {"an empty version", T("GET / \r\n\r\n"), 400},
    {"tabs between", T("GET\thttp://bad.test/\tHTTP/1.1\r\nHost: a\r\n" E),
        400},
    {"two blanks before the target", T("GET  /" H), 400},
    {"two blanks behind it", T("GET / " H), 400},
    {"two targets", T("GET http://good.test/ http://bad.test/" H), 400},
    {"a blank in it", T("GET http://good.test/a b" H), 400},
    {"a LF in it", T("GET /\nHTTP/1.1\r\nHost: a\r\n" E), 400},
    {"all else that is printable", T("GET /\"<>^{}`|\\~" H), 0},
};

/* What must be refused, and with how many bytes seen at the most. */
static const struct {
	const char *what;
	struct str text;
	size_t by;
	unsigned status;
} garbage[] = {
    {"TLS", T("\x16\x03\x01\x00\x5d\x01\x00\x00\x59\x03\x03"), 1, 400},
    {"SOCKS 5", T("\x05\x01\x00"), 1, 400},
    {"SOCKS 4", T("\x04\x01\x00\x50"), 1, 400},
    {"a NUL", T("\0\0\0\0"), 1, 400},
    {"a LF", T("\n"), 1, 400},
    {"bytes beyond ASCII", T("\xff\xfe"), 1, 400},
    {"SMTP", T("EHLO x\r\n"), 7, 400},
    {"HTTP/2", T("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 12, 400},
    {"Redis", T("*1\r\n$4\r\nPING\r\n"), 3, 400},
    {"memcached", T("get key\r\n"), 8, 400},
    {"SSH", T("SSH-2.0-x\r\n"), 10, 400},
    {"PROXY", T("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"), 12, 400},
    {"a bare LF in a field", T("GET / HTTP/1.1\r\nHost: a\n"), 24, 400},
    {"a bare CR in a field", T("GET / HTTP/1.1\r\nHost: a\rb"), 25, 400},
    {"a blank behind a name", T("GET / HTTP/1.1\r\nHost "), 21, 400},
    {"a fold", T("GET / HTTP/1.1\r\nHost: a\r\n "), 26, 400},
    {"another version", T("GET / HTTP/2.0"), 12, 505},
    {"a wrong length", T("PUT / HTTP/1.1\r\nContent-Length: +5\r\n"), 36, 400},
    {"two Host", T("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n"), 34, 400},
};

static void
requests_are_framed_one_way_or_refused(void **state)
{
	(void)state;
	CHECK_ROWS(framing_rows);
}

static void
lines_end_in_crlf_and_are_fields(void **state)
{
	(void)state;
	CHECK_ROWS(line_rows);
}

static void
request_lines_are_strict(void **state)
{
	(void)state;
	CHECK_ROWS(start_rows);
}

static void
garbage_is_refused_with_its_first_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		size_t at = kit_refused_at(H1_REQUEST, garbage[i].text);

		if (at > garbage[i].by)
			fail_msg("%s: refused at %zu", garbage[i].what, at);
		assert_int_equal(
		    kit_status(H1_REQUEST, garbage[i].text), garbage[i].status);
	}
}

/* A head from parts: <before>, the byte <c>, <after>. */
static unsigned
status_with(struct str before, int c, struct str after)
{
	struct buf b = BUF_EMPTY;
	unsigned status;

	buf_add_str(&b, before);
	if (c >= 0)
		buf_add_char(&b, (char)c);
	buf_add_str(&b, after);
	status = kit_status(H1_REQUEST, buf_str(&b));
	buf_fini(&b);
	return status;
}

static bool
is_tchar(int c)
{
	return c > 0 && c < 128 &&
	       strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	              "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	           c);
}

static void
names_are_tokens_whatever_the_byte(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		unsigned want = is_tchar(c) ? 0 : 400;

		if (c == ':') /* ends the name; what follows is the value */
			continue;
		assert_int_equal(
		    status_with(STR(G "X"), c, STR("Y: a\r\n\r\n")), want);
		assert_int_equal(
		    status_with(STR(G), c, STR("Y: a\r\n\r\n")), want);
		assert_int_equal(status_with(STR(P "Content-Length"), c,
		                     STR(": 10\r\n\r\n")),
		    want);
		assert_int_equal(status_with(STR("GET"), c, STR("X /" H)),
		    c == ' ' ? 400 : want);
	}
	assert_int_equal(status_with(STR(G "X"), ':', STR("Y: a\r\n\r\n")), 0);
}

static void
values_hold_no_controls(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		unsigned want = (c < 0x20 && c != '\t') || c == 0x7f ? 400 : 0;

		for (int before = 0; before < 20; before++) {
			struct buf b = BUF_EMPTY;

			buf_add_str(&b, STR(G "X: "));
			for (int i = 0; i < before; i++)
				buf_add_char(&b, 'x');
			assert_int_equal(status_with(buf_str(&b), c,
			                     STR("long enough\r\n\r\n")),
			    want);
			buf_fini(&b);
		}
		assert_int_equal(status_with(STR("GET /a"), c, STR("b" H)),
		    c > 0x20 && c < 0x7f ? 0 : 400);
	}
}

static void
transfer_encoding_is_chunked_or_refused(void **state)
{
	static const struct {
		const char *value;
		unsigned status;
	} rows[] = {{"chunked", 0}, {"CHUNKED", 0}, {"chunked, chunked", 400},
	    {"chunked, gzip", 400}, {"chunked, gzip, chunked", 400},
	    {"gzip", 400}, {"gzip, chunked", 501}, {"gzip,,chunked", 400},
	    {"xchunked", 400}, {"cow", 400}, {"chunked;q=1", 400},
	    {"\"chunked\"", 400}, {"'chunked'", 400}, {"chunked chunked", 400},
	    {",chunked", 400}, {"chunked,", 400}, {", chunked", 400}, {"", 400},
	    {" ", 400}, {"identity", 400}, {"chunke", 400}, {"chunkedd", 400},
	    {"identity, chunked", 501}, {"gzip;a=b, chunked", 400}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_EMPTY;

		buf_addf(&b, P "Transfer-Encoding: %s\r\n\r\n", rows[i].value);
		if (kit_status(H1_REQUEST, buf_str(&b)) != rows[i].status)
			fail_msg(
			    "'%s' is not %u", rows[i].value, rows[i].status);
		buf_fini(&b);
	}
	for (int c = 0; c < 256; c++) {
		unsigned want = c == ' ' || c == '\t' ? 0 : 400;

		assert_int_equal(status_with(STR(P "Transfer-Encoding: "), c,
		                     STR("chunked\r\n\r\n")),
		    want);
		assert_int_equal(
		    status_with(STR(P "Transfer-Encoding: chunked"), c,
		        STR("\r\n\r\n")),
		    c == '\r' ? 400 : want);
		/* another name at the best, and then not this framing */
		assert_int_equal(
		    status_with(STR(P "Transfer-Encoding"), c,
		        STR(": chunked\r\nContent-Length: 5\r\n\r\n")),
		    is_tchar(c) ? 0 : 400);
	}
}

static void
lengths_are_digits(void **state)
{
	static const char *const bad[] = {"+5", "-5", "-0", "0x5", "0o5", "5_0",
	    "5 0", "5x", "5.0", "\"5\"", "\xd9\xa5", "1Z", "5;a", "", " ",
	    "5, 10", "5, 5", "5,", ",5", "5\t5", "1e3"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b = BUF_EMPTY;

		buf_addf(&b, P "Content-Length: %s\r\n\r\n", bad[i]);
		if (kit_status(H1_REQUEST, buf_str(&b)) != 400)
			fail_msg("'%s' passes", bad[i]);
		buf_fini(&b);
	}
	for (int c = 0; c < 256; c++) {
		bool digit = c >= '0' && c <= '9';

		assert_int_equal(
		    status_with(STR(P "Content-Length: 5"), c, STR("\r\n\r\n")),
		    digit || c == ' ' ? 0 : 400);
		assert_int_equal(
		    status_with(STR(P "Content-Length: "), c, STR("5\r\n\r\n")),
		    digit || c == ' ' || c == '\t' ? 0 : 400);
	}
}

/* ------------------------------------------------------------------ limits */

static unsigned
status_filled(struct str before, size_t fill, struct str after)
{
	struct buf b = BUF_EMPTY;
	unsigned status;

	buf_add_str(&b, before);
	for (size_t i = 0; i < fill; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, after);
	status = kit_status(H1_REQUEST, buf_str(&b));
	buf_fini(&b);
	return status;
}

static void
lines_have_their_limits(void **state)
{
	size_t bare = strlen("GET / HTTP/1.1"), name = strlen("N: ");

	(void)state;
	assert_int_equal(status_filled(STR("GET /"), 8000 - bare, STR(H)), 0);
	assert_int_equal(
	    status_filled(STR("GET /"), H1_LINE_MAX - bare, STR(H)), 0);
	assert_int_equal(
	    status_filled(STR("GET /"), H1_LINE_MAX - bare + 1, STR(H)), 414);
	assert_int_equal(status_filled(STR("GET /"), 65537, STR("")), 414);
	assert_int_equal(status_filled(STR(""), 70000, STR(H)), 501);
	assert_int_equal(
	    status_filled(STR(G "N: "), H1_FIELD_MAX - name, STR("\r\n\r\n")),
	    0);
	assert_int_equal(status_filled(STR(G "N: "), H1_FIELD_MAX - name + 1,
	                     STR("\r\n\r\n")),
	    431);
	assert_int_equal(status_filled(STR(G), H1_FIELD_MAX + 1, STR("")), 431);
	assert_int_equal(status_filled(STR(G "N: "), 1 << 20, STR("")), 431);
}

static unsigned
status_of_fields(unsigned n, size_t each, size_t rest)
{
	struct buf b = BUF_EMPTY;
	unsigned status;

	buf_add_str(&b, STR(G));
	for (unsigned i = 0; i < n; i++) {
		buf_add_str(&b, STR("a:"));
		for (size_t k = 4; k < each; k++)
			buf_add_char(&b, 'b');
		buf_add_str(&b, STR("\r\n"));
	}
	for (size_t k = 0; k < rest; k++)
		buf_add(&b, k < 2 ? "z:" + k : "z", 1);
	buf_add_str(&b, rest ? STR("\r\n\r\n") : STR("\r\n"));
	status = kit_status(H1_REQUEST, buf_str(&b));
	buf_fini(&b);
	return status;
}

static void
heads_have_their_limits(void **state)
{
	size_t four = strlen(G) + 4 * 16000 + strlen("\r\n\r\n");

	(void)state;
	assert_int_equal(status_of_fields(H1_FIELDS_MAX - 1, 5, 0), 0);
	assert_int_equal(status_of_fields(H1_FIELDS_MAX, 5, 0), 431);
	assert_int_equal(status_of_fields(10000, 5, 0), 431);
	assert_int_equal(status_of_fields(4, 16000, H1_HEAD_MAX - four), 0);
	assert_int_equal(
	    status_of_fields(4, 16000, H1_HEAD_MAX - four + 1), 431);
	assert_int_equal(status_of_fields(5, 16000, 0), 431);
}

static void
host_at_the_hundredth_line_is_a_second_one(void **state)
{
	struct buf b = BUF_EMPTY;

	(void)state;
	buf_add_str(&b, STR(G));
	for (int i = 0; i < 98; i++)
		buf_add_str(&b, STR("a: b\r\n"));
	buf_add_str(&b, STR("HOST: bad.test\r\n\r\n"));
	assert_int_equal(kit_status(H1_REQUEST, buf_str(&b)), 400);
	buf_fini(&b);
}

static void
nothing_follows_a_result_but_a_new_beginning(void **state)
{
	struct h1_parser p;
	struct h1_head h;
	struct h1_field room[H1_FIELDS_MAX];

	(void)state;
	h1_begin(&p, H1_REQUEST);
	assert_int_equal(h1_head(&p, "\n", 1, &h, room), H1_BAD);
	assert_int_equal(h1_head(&p, "\n", 1, &h, room), H1_BAD);
	h1_begin(&p, H1_REQUEST);
	assert_int_equal(h1_head(&p, G E, sizeof(G E) - 1, &h, room), H1_OK);
	h1_begin(&p, H1_REQUEST);
	assert_int_equal(h1_head(&p, G E "X", sizeof(G E), &h, room), H1_OK);
	assert_int_equal(h.len, sizeof(G E) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_framed_one_way_or_refused),
	    cmocka_unit_test(lines_end_in_crlf_and_are_fields),
	    cmocka_unit_test(request_lines_are_strict),
	    cmocka_unit_test(garbage_is_refused_with_its_first_bytes),
	    cmocka_unit_test(names_are_tokens_whatever_the_byte),
	    cmocka_unit_test(values_hold_no_controls),
	    cmocka_unit_test(transfer_encoding_is_chunked_or_refused),
	    cmocka_unit_test(lengths_are_digits),
	    cmocka_unit_test(lines_have_their_limits),
	    cmocka_unit_test(heads_have_their_limits),
	    cmocka_unit_test(host_at_the_hundredth_line_is_a_second_one),
	    cmocka_unit_test(nothing_follows_a_result_but_a_new_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
