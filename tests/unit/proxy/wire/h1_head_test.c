/* h1_head_test.c - what a head means; response heads. */
#include "tests/unit/proxy/wire/h1_kit.h"

#define G      "GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n"
#define E      "\r\n"
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct h1_field room[H1_FIELDS_MAX];

static struct h1_head
head_of(enum h1_kind kind, const char *text)
{
	struct h1_parser p;
	struct h1_head h = {0};
	struct outcome o = kit_parse(kind, str_of(text));

	buf_fini(&o.text);
	h1_begin(&p, kind);
	if (h1_head(&p, text, strlen(text), &h, room) != H1_OK)
		fail_msg("refused (%s): %s", p.why ? p.why : "not whole", text);
	return h;
}

/* The names of the fields that go no further, in order, with blanks. */
static void
assert_hops(const struct h1_head *h, const char *want)
{
	struct buf b = BUF_EMPTY;

	for (unsigned i = 0; i < h->nfields; i++)
		if (h->field[i].hop)
			buf_addf(&b, "%.*s ", STR_ARG(h->field[i].name));
	buf_add_char(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
}

static void
slices_are_what_was_sent(void **state)
{
	struct h1_head h = head_of(H1_REQUEST,
	    "\r\nfoo /a?b HTTP/1.0\r\nhOsT:\t good.test:80 \r\nX:\r\n"
	    "Y: a\tb  c \r\n\r\nrest");

	(void)state;
	assert_true(str_eq(h.method, STR("foo")));
	assert_true(str_eq(h.target, STR("/a?b")));
	assert_int_equal(h.minor, 0);
	assert_int_equal(h.nfields, 3);
	assert_true(str_eq(h.host, STR("good.test:80")));
	assert_true(str_eq(h.field[0].name, STR("hOsT")));
	assert_true(str_eq(h.field[1].value, STR("")));
	assert_true(str_eq(h.field[2].value, STR("a\tb  c")));
	assert_int_equal(h.framing, H1_NO_BODY);
	h = head_of(H1_REQUEST, "GET / HTTP/1.0\r\n\r\n");
	assert_null(h.host.p);
	assert_int_equal(h.len, 18);
	h = head_of(H1_REQUEST, "GET / HTTP/1.1\r\nHost:\r\n\r\n");
	assert_non_null(h.host.p);
	assert_int_equal(h.host.n, 0);
}

static const struct {
	const char *name;
	enum h1_id id;
} ids[] = {
    {"Host", H1_HOST},
    {"Connection", H1_CONNECTION},
    {"Proxy-Connection", H1_PROXY_CONNECTION},
    {"Keep-Alive", H1_KEEP_ALIVE},
    {"TE", H1_TE},
    {"Trailer", H1_TRAILER},
    {"Transfer-Encoding", H1_TRANSFER_ENCODING},
    {"Content-Length", H1_CONTENT_LENGTH},
    {"Upgrade", H1_UPGRADE},
    {"Expect", H1_EXPECT},
    {"Via", H1_VIA},
    {"Proxy-Authorization", H1_PROXY_AUTHORIZATION},
    {"Proxy-Authenticate", H1_PROXY_AUTHENTICATE},
    {"Proxy-Authentication-Info", H1_PROXY_AUTH_INFO},
    {"HTTP2-Settings", H1_HTTP2_SETTINGS},
    {"Max-Forwards", H1_MAX_FORWARDS},
    {"X-Forwarded-For", H1_X_FORWARDED_FOR},
    {"Forwarded", H1_FORWARDED},
    {"Alt-Svc", H1_ALT_SVC},
    {"Accept", H1_ACCEPT},
    {"Sec-Fetch-Dest", H1_SEC_FETCH_DEST},
    {"Sec-Fetch-Mode", H1_SEC_FETCH_MODE},
    {"Referer", H1_REFERER},
    {"User-Agent", H1_USER_AGENT},
    {"Content-Type", H1_CONTENT_TYPE},
    {"Sec-WebSocket-Key", H1_SEC_WEBSOCKET_KEY},
};

static enum h1_id
id_of(const char *name, char (*change)(char))
{
	struct buf b = BUF_EMPTY;
	struct h1_head h;

	buf_add_str(&b, STR("HTTP/1.1 200 OK\r\n"));
	for (; *name; name++)
		buf_add_char(&b, change ? change(*name) : *name);
	buf_add(&b, ": 1\r\n\r\n", 8);
	h = head_of(H1_RESPONSE, b.p);
	buf_fini(&b);
	return h.field[0].id;
}

static char
to_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* What a sloppy compare would take for it: '-' for CR, digits for controls. */
static char
to_other(char c)
{
	return c == '-' ? '_' : c;
}

static void
known_names_are_found_in_any_case(void **state)
{
	(void)state;
	assert_int_equal(LEN(ids), H1_N_IDS - 1);
	for (size_t i = 0; i < LEN(ids); i++) {
		if (ids[i].id == H1_TRANSFER_ENCODING)
			continue; /* "1" is no coding; see below */
		assert_int_equal(id_of(ids[i].name, NULL), ids[i].id);
		assert_int_equal(id_of(ids[i].name, str_lower_char), ids[i].id);
		assert_int_equal(id_of(ids[i].name, to_upper), ids[i].id);
		if (strchr(ids[i].name, '-'))
			assert_int_equal(
			    id_of(ids[i].name, to_other), H1_OTHER);
	}
	assert_int_equal(id_of("X", NULL), H1_OTHER);
	assert_int_equal(id_of("Hosts", NULL), H1_OTHER);
	assert_int_equal(id_of("HTTP2-Settingz", NULL), H1_OTHER);
	assert_int_equal(
	    id_of("Proxy-Authentication-Info-And-A-Lot-More", NULL), H1_OTHER);
}

static const struct {
	const char *rule, *fields, *hops;
} hop_rows[] = {
    {"those of RFC 9110",
        "Keep-Alive: 1\r\nTE: trailers\r\nTrailer: a\r\nUpgrade: x\r\n"
        "Proxy-Connection: close\r\nConnection: keep-alive\r\nA: b\r\n",
        "Keep-Alive TE Trailer Upgrade Proxy-Connection Connection "},
    {"Proxy-*", "Proxy-Authorization: Basic x\r\nproxy-foo: 1\r\nproxy: 1\r\n",
        "Proxy-Authorization proxy-foo "},
    {"HTTP2-Settings", "HTTP2-Settings: AAM\r\n", "HTTP2-Settings "},
    {"what Connection names", "A: 1\r\nB: 1\r\na: 2\r\nConnection: X, a\r\n",
        "A a Connection "},
    {"blanks and empty elements", "A: 1\r\nB: 1\r\nConnection: ,, \tb ,\r\n",
        "B Connection "},
    {"several Connection", "A: 1\r\nConnection: a\r\nconnection: b\r\nB: 1\r\n",
        "A Connection connection B "},
    {"itself", "Connection: Connection\r\nA: 1\r\n", "Connection "},
    {"not Host", "Connection: Host\r\n", "Connection "},
    {"not the framing",
        "Content-Length: 1\r\nConnection: content-length, "
        "Transfer-Encoding\r\n",
        "Connection "},
    {"not TE itself",
        "Transfer-Encoding: chunked\r\n"
        "Connection: Transfer-Encoding\r\n",
        "Connection "},
    {"not who one is",
        "Cookie: a\r\nAuthorization: b\r\nVia: c\r\nConnection: cookie, "
        "AUTHORIZATION, via\r\n",
        "Connection "},
    {"not how it is read",
        "Content-Type: a\r\nContent-Encoding: b\r\nConnection: content-type, "
        "content-encoding\r\n",
        "Connection "},
    {"no part of a name", "Abc: 1\r\nConnection: ab\r\n", "Connection "},
    {"no words without commas", "A: 1\r\nConnection: a b\r\n", "Connection "},
};

static void
hop_by_hop_fields_are_marked(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(hop_rows); i++) {
		struct buf b = BUF_EMPTY;
		struct h1_head h;

		print_message("  %s\n", hop_rows[i].rule);
		buf_addf(&b, G "%s\r\n", hop_rows[i].fields);
		buf_add_char(&b, '\0');
		h = head_of(H1_REQUEST, b.p);
		assert_hops(&h, hop_rows[i].hops);
		buf_fini(&b);
	}
}

static void
connection_names_a_bounded_number_of_fields(void **state)
{
	struct buf b = BUF_EMPTY;

	(void)state;
	buf_add_str(&b, STR(G "Connection: connection"));
	for (int i = 0; i < 1000; i++)
		buf_add_str(&b, STR(", Connection"));
	buf_add_str(&b, STR("\r\n\r\n"));
	assert_int_equal(kit_status(H1_REQUEST, buf_str(&b)), 0);
	buf_reset(&b);
	buf_add_str(&b, STR(G "Connection: a"));
	for (int i = 0; i < 1000; i++)
		buf_add_str(&b, STR(",a"));
	buf_add_str(&b, STR("\r\n\r\n"));
	assert_int_equal(kit_status(H1_REQUEST, buf_str(&b)), 400);
	buf_fini(&b);
}

static const struct {
	const char *text;
	bool close;
} close_rows[] = {
    {G E, false},
    {G "Connection: keep-alive\r\n" E, false},
    {G "Connection: close\r\n" E, true},
    {G "Connection: CLOSE\r\n" E, true},
    {G "Connection: x,close ,y\r\n" E, true},
    {G "Connection: keep-alive, close\r\n" E, true},
    {G "Connection: close, keep-alive\r\n" E, true},
    {G "Connection: closed\r\n" E, false},
    {G "Proxy-Connection: close\r\n" E, false},
    {"GET / HTTP/1.0\r\n" E, true},
    {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n" E, false},
    {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nConnection: close\r\n" E,
        true},
    {"GET / HTTP/1.0\r\nProxy-Connection: Keep-Alive\r\n" E, true},
};

static void
connections_last_as_connection_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(close_rows); i++)
		if (head_of(H1_REQUEST, close_rows[i].text).close !=
		    close_rows[i].close)
			fail_msg("%s", close_rows[i].text);
}

#define UP "Connection: Upgrade\r\nUpgrade: websocket\r\n"
static const struct {
	const char *text;
	bool yes;
} websocket_rows[] = {
    {G UP E, true},
    {G "Connection: keep-alive, UPGRADE\r\nUpgrade: WebSocket\r\n" E, true},
    {G "Upgrade: websocket\r\n" E, false},
    {G "Connection: Upgrade\r\n" E, false},
    {G "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
       "HTTP2-Settings: AAMAAABkAAQAAP__\r\n" E,
        false},
    {G "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n" E, false},
    {G "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n" E, false},
    {G "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n" E, false},
    {G UP "Upgrade: websocket\r\n" E, false},
    {G UP "Upgrade: h2c\r\n" E, false},
    {G UP "Content-Length: 5\r\n" E, false},
    {G UP "Transfer-Encoding: chunked\r\n" E, false},
    {"POST / HTTP/1.1\r\nHost: a\r\n" UP E, false},
    {"get / HTTP/1.1\r\nHost: a\r\n" UP E, false},
    {"GET / HTTP/1.0\r\nHost: a\r\n" UP E, false},
};

static void
only_websocket_upgrades(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(websocket_rows); i++) {
		struct h1_head h = head_of(H1_REQUEST, websocket_rows[i].text);

		if (h.upgrade_websocket != websocket_rows[i].yes)
			fail_msg("%s", websocket_rows[i].text);
		if (h1_find(&h, H1_UPGRADE))
			assert_true(h1_find(&h, H1_UPGRADE)->hop);
	}
	assert_true(head_of(H1_RESPONSE, "HTTP/1.1 101 Yes\r\n" UP E)
	                .upgrade_websocket);
	assert_false(
	    head_of(H1_RESPONSE, "HTTP/1.1 200 No\r\n" UP E).upgrade_websocket);
	assert_false(
	    head_of(H1_RESPONSE, "HTTP/1.1 426 No\r\n" UP E).upgrade_websocket);
}

static const struct {
	const char *text;
	bool go_on, other;
} expect_rows[] = {
    {G E, false, false},
    {G "Expect: 100-continue\r\n" E, true, false},
    {G "expect: 100-Continue\r\n" E, true, false},
    {G "Expect: y 100-continue\r\n" E, false, true},
    {G "Expect: 100-continue, x\r\n" E, false, true},
    {G "Expect: 100-continue\r\nExpect: 100-continue\r\n" E, false, true},
    {G "Expect:\r\n" E, false, true},
    {"GET / HTTP/1.0\r\nExpect: 100-continue\r\n" E, false, false},
};

static void
expectations_are_the_one_we_know_or_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(expect_rows); i++) {
		struct h1_head h = head_of(H1_REQUEST, expect_rows[i].text);

		assert_int_equal(h.expect_continue, expect_rows[i].go_on);
		assert_int_equal(h.expect_other, expect_rows[i].other);
	}
}

/* --------------------------------------------------------------- responses */

#define R "HTTP/1.1 200 OK\r\n"
static const struct {
	const char *rule, *text;
	bool fine;
} response_rows[] = {
    {"plain", R E, true},
    {"no reason", "HTTP/1.1 200 \r\n" E, true},
    {"not even a blank", "HTTP/1.1 200\r\n" E, true},
    {"1.0", "HTTP/1.0 404 Not Found\r\n" E, true},
    {"interim", "HTTP/1.1 100 Continue\r\n" E, true},
    {"a status that is new", "HTTP/1.1 599 x\r\n" E, true},
    {"bytes beyond ASCII in the reason", "HTTP/1.1 200 \xd0\x94\t.\r\n" E,
        true},
    {"one of four digits", "HTTP/1.1 2000 OK\r\n" E, false},
    {"one of two", "HTTP/1.1 20 OK\r\n" E, false},
    {"one below 100", "HTTP/1.1 099 OK\r\n" E, false},
    {"none", "HTTP/1.1 OK\r\n" E, false},
    {"two blanks", "HTTP/1.1  200 OK\r\n" E, false},
    {"a tab", "HTTP/1.1\t200 OK\r\n" E, false},
    {"a tab behind", "HTTP/1.1 200\tOK\r\n" E, false},
    {"an empty line before", "\r\n" R E, false},
    {"another version", "HTTP/2.0 200 OK\r\n" E, false},
    {"1.2", "HTTP/1.2 200 OK\r\n" E, false},
    {"lower case", "http/1.1 200 OK\r\n" E, false},
    {"another protocol", "ICY 200 OK\r\n" E, false},
    {"an LF alone", "HTTP/1.1 200 OK\n\n", false},
    {"a control in the reason", "HTTP/1.1 200 O\001K\r\n" E, false},
    {"a CR in the reason", "HTTP/1.1 200 O\rK\r\n" E, false},
    {"a blank before the colon", R "X : y\r\n" E, false},
    {"a fold", R "X: y\r\n z\r\n" E, false},
    {"an LF line", R "X: y\n" E, false},
    {"a CR in a value", R "X: y\rz\r\n" E, false},
    {"no colon", R "X\r\n" E, false},
    {"no name", R ": y\r\n" E, false},
    {"a first line led by a blank", R " X: y\r\n" E, false},
    {"no Host is needed, two do not hurt", R "Host: a\r\nHost: b\r\n" E, true},
    {"CL twice", R "Content-Length: 5\r\nContent-Length: 10\r\n" E, false},
    {"CL twice alike", R "Content-Length: 5\r\nContent-Length: 5\r\n" E, false},
    {"CL list", R "Content-Length: 5, 5\r\n" E, false},
    {"CL -1", R "Content-Length: -1\r\n" E, false},
    {"CL +5", R "Content-Length: +5\r\n" E, false},
    {"CL empty", R "Content-Length:\r\n" E, false},
    {"CL 5x", R "Content-Length: 5x\r\n" E, false},
    {"CL 2^64", R "Content-Length: 18446744073709551616\r\n" E, false},
    {"CL and TE", R "Content-Length: 30\r\nTransfer-Encoding: chunked\r\n" E,
        true},
    {"TE and CL", R "Transfer-Encoding: chunked\r\nContent-Length: 30\r\n" E,
        true},
    {"TE and a wrong CL",
        R "Transfer-Encoding: chunked\r\nContent-Length: x\r\n" E, false},
    {"TE and two CL",
        R "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"
          "Content-Length: 2\r\n" E,
        false},
    {"TE other than chunked", R "Transfer-Encoding: gzip, chunked\r\n" E,
        false},
    {"TE twice",
        R "Transfer-Encoding: chunked\r\n"
          "Transfer-Encoding: chunked\r\n" E,
        false},
    {"TE in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n" E, false},
};

static void
responses_are_held_to_the_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(response_rows); i++) {
		unsigned got =
		    kit_status(H1_RESPONSE, str_of(response_rows[i].text));

		if (got != (response_rows[i].fine ? 0 : 502))
			fail_msg("%s: %u", response_rows[i].rule, got);
	}
}

static void
response_says_what_was_sent(void **state)
{
	struct h1_head h = head_of(
	    H1_RESPONSE, "HTTP/1.0 404 Not  found \r\nA: b\r\n\r\nbody");

	(void)state;
	assert_int_equal(h.status, 404);
	assert_true(str_eq(h.reason, STR("Not  found ")));
	assert_int_equal(h.minor, 0);
	assert_true(h.close);
	assert_null(h.method.p);
	h = head_of(H1_RESPONSE, "HTTP/1.1 204\r\n\r\n");
	assert_int_equal(h.reason.n, 0);
	h = head_of(H1_RESPONSE,
	    R "Content-Length: 30\r\nTransfer-Encoding: chunked\r\n" E);
	assert_true(h.chunked && h.close && !h.has_length);
}

static const struct {
	const char *text, *method;
	enum h1_framing framing;
} framing_rows[] = {
    {R "Content-Length: 5\r\n" E, "GET", H1_LENGTH},
    {R "Content-Length: 0\r\n" E, "GET", H1_LENGTH},
    {R "Transfer-Encoding: chunked\r\n" E, "GET", H1_CHUNKED},
    {R "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" E, "GET",
        H1_CHUNKED},
    {R E, "GET", H1_TO_EOF},
    {R E, "HEAD", H1_NO_BODY},
    {R "Content-Length: 5\r\n" E, "HEAD", H1_NO_BODY},
    {R "Transfer-Encoding: chunked\r\n" E, "HEAD", H1_NO_BODY},
    {R "Content-Length: 5\r\n" E, "head", H1_LENGTH},
    {"HTTP/1.1 204 x\r\nContent-Length: 5\r\n" E, "GET", H1_NO_BODY},
    {"HTTP/1.1 304 x\r\nContent-Length: 5\r\n" E, "GET", H1_NO_BODY},
    {"HTTP/1.1 100 x\r\nContent-Length: 5\r\n" E, "GET", H1_NO_BODY},
    {"HTTP/1.1 101 x\r\n" E, "GET", H1_NO_BODY},
    {"HTTP/1.1 205 x\r\nContent-Length: 5\r\n" E, "GET", H1_LENGTH},
    {R "Content-Length: 5\r\n" E, "CONNECT", H1_NO_BODY},
    {R "Transfer-Encoding: chunked\r\n" E, "CONNECT", H1_NO_BODY},
    {"HTTP/1.1 407 x\r\nContent-Length: 5\r\n" E, "CONNECT", H1_LENGTH},
    {"HTTP/1.1 407 x\r\n" E, "CONNECT", H1_TO_EOF},
};

static void
responses_are_framed_by_their_requests_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(framing_rows); i++) {
		struct h1_head h = head_of(H1_RESPONSE, framing_rows[i].text);

		if (h1_response_framing(&h, str_of(framing_rows[i].method)) !=
		    framing_rows[i].framing)
			fail_msg("%s to %s", framing_rows[i].text,
			    framing_rows[i].method);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slices_are_what_was_sent),
	    cmocka_unit_test(known_names_are_found_in_any_case),
	    cmocka_unit_test(hop_by_hop_fields_are_marked),
	    cmocka_unit_test(connection_names_a_bounded_number_of_fields),
	    cmocka_unit_test(connections_last_as_connection_says),
	    cmocka_unit_test(only_websocket_upgrades),
	    cmocka_unit_test(expectations_are_the_one_we_know_or_others),
	    cmocka_unit_test(responses_are_held_to_the_grammar),
	    cmocka_unit_test(response_says_what_was_sent),
	    cmocka_unit_test(responses_are_framed_by_their_requests_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
