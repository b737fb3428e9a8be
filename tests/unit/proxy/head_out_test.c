/* head_out_test.c - what is sent parses to what was judged. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/table.h"
#include "filters/safesearch.h"
#include "proxy/head_out.h"

#define VIA "1.1 us (01234567)"

struct sent {
	struct arena arena;
	struct h1_parser parser;
	struct h1_head in, out;
	struct h1_field in_fields[H1_FIELDS_MAX], out_fields[H1_FIELDS_MAX];
	struct target target, out_target;
	struct request request;
	char room[NAME_ROOM];
	struct str text;
};

static enum h1_result
parse(struct sent *s, enum h1_kind kind, struct str text, struct h1_head *head,
    struct h1_field *fields)
{
	h1_begin(&s->parser, kind);
	return h1_head(&s->parser, text.p, text.n, head, fields);
}

/* Take a request in, write it, read what was written. */
static void
send_request_as(
    struct sent *s, struct str text, const struct head_out_request *how)
{
	struct head_out_request q = *how;

	q.head = &s->in;
	q.target = &s->target;
	q.request = &s->request;
	q.via = STR(VIA);

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena, 0);
	assert_int_equal(
	    parse(s, H1_REQUEST, text, &s->in, s->in_fields), H1_OK);
	target_parse(s->in.method, s->in.target, &s->target);
	assert_int_equal(s->target.form, TARGET_ABSOLUTE);
	assert_int_equal(
	    name_from_wire(s->target.host, s->room, &s->request.host), NAME_OK);
	s->request.port = s->target.port ? (uint16_t)s->target.port : 80;
	s->text = head_out_request(&s->arena, &q);
	assert_int_equal(
	    parse(s, H1_REQUEST, s->text, &s->out, s->out_fields), H1_OK);
	assert_int_equal(s->out.len, s->text.n);
	target_parse(s->out.method, s->out.target, &s->out_target);
}

static void
send_request(struct sent *s, struct str text, bool absolute)
{
	send_request_as(
	    s, text, &(struct head_out_request){.absolute = absolute});
}

static void
is_same(struct str a, struct str b)
{
	assert_int_equal(a.n, b.n);
	if (a.n)
		assert_memory_equal(a.p, b.p, a.n);
}

static bool
has_line(const struct sent *s, const char *line)
{
	return str_search(s->text, str_of(line)) < s->text.n;
}

static const char *const requests[] = {
    "GET http://good.test/ HTTP/1.1\r\nHost: bad.test\r\n\r\n",
    "GET http://GOOD.test:8080/a%2fb/../c?x=%00&y HTTP/1.1\r\nHost: g\r\n\r\n",
    "GET http://good.test? HTTP/1.1\r\nHost: g\r\n\r\n",
    "GET http://good.test HTTP/1.0\r\n\r\n",
    "get http://good.test/// HTTP/1.1\r\nhost:g\r\nX:y\r\nx-empty:\r\n\r\n",
    "POST http://[::1]:81/ HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\n\r\n",
    "POST http://good.test/ HTTP/1.1\r\nHost: g\r\n"
    "Transfer-Encoding: Chunked\r\n\r\n",
    "PUT http://0x7f.1/ HTTP/1.1\r\nHost: g\r\nContent-Length: 007\r\n"
    "Expect: 100-continue\r\n\r\n",
    "GET http://good.test/ws HTTP/1.1\r\nHost: g\r\n"
    "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n",
    "OPTIONS http://good.test/ HTTP/1.1\r\nHost: g\r\nMax-Forwards: 3\r\n\r\n",
};

static void
output_parses_to_what_was_judged(void **state)
{
	static struct sent s;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(requests); i++) {
		for (unsigned absolute = 0; absolute < 2; absolute++) {
			char room[NAME_ROOM];
			struct name host;
			struct str raw;
			uint32_t port;

			send_request(&s, str_of(requests[i]), absolute);
			is_same(s.out.method, s.in.method);
			assert_int_equal(s.out.minor, 1);
			assert_int_equal(s.out_target.form,
			    absolute ? TARGET_ABSOLUTE : TARGET_ORIGIN);
			is_same(s.out_target.path, s.target.path);
			is_same(s.out_target.query, s.target.query);
			assert_int_equal(
			    s.out_target.has_query, s.target.has_query);
			assert_true(authority_parse(s.out.host, &raw, &port));
			assert_int_equal(
			    name_from_wire(raw, room, &host), NAME_OK);
			assert_true(name_eq(host, s.request.host));
			assert_int_equal(port ? port : 80, s.request.port);
			assert_int_equal(s.out.framing, s.in.framing);
			assert_int_equal(s.out.length, s.in.length);
			assert_int_equal(
			    s.out.upgrade_websocket, s.in.upgrade_websocket);
			assert_int_equal(
			    s.out.expect_continue, s.in.expect_continue);
			arena_fini(&s.arena);
		}
	}
}

static void
nothing_between_two_hops_goes_on(void **state)
{
	static const char *const dropped[] = {"Connection: x-mine",
	    "Connection: close", "Keep-Alive: 5", "Proxy-Connection: close",
	    "Proxy-Authorization: Basic eDp5", "TE: trailers", "Trailer: x",
	    "Upgrade: h2c", "HTTP2-Settings: AAMAAABk", "Forwarded: for=x",
	    "X-Forwarded-For: 10.0.0.1", "Proxy-Other: 1", "X-Mine: 1"};
	static struct sent s;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(dropped); i++) {
		char text[512];
		struct str name, value;

		snprintf(text, sizeof(text),
		    "GET http://good.test/ HTTP/1.1\r\nHost: g\r\n"
		    "Connection: x-mine, proxy-other\r\n%s\r\nX-Kept: 1\r\n"
		    "Cookie: a\r\n\r\n",
		    dropped[i]);
		send_request(&s, str_of(text), false);
		str_cut(str_of(dropped[i]), ':', &name, &value);
		for (unsigned k = 0; k < s.out.nfields; k++)
			assert_false(str_eq_nocase(s.out_fields[k].name, name));
		assert_true(has_line(&s, "\r\nX-Kept: 1\r\n"));
		assert_true(has_line(&s, "\r\nCookie: a\r\n"));
		assert_int_equal(s.out.nfields, 4); /* Host, Via, two kept */
		arena_fini(&s.arena);
	}
}

static void
via_grows_in_one_line(void **state)
{
	static struct sent s;

	(void)state;
	send_request(&s,
	    STR("GET http://good.test/ HTTP/1.1\r\nHost: g\r\n"
	        "Via: 1.0 a, 1.1 b\r\nvia: 1.1 c\r\n\r\n"),
	    false);
	assert_true(has_line(&s, "\r\nVia: 1.0 a, 1.1 b, 1.1 c, " VIA "\r\n"));
	arena_fini(&s.arena);
}

static void
max_forwards_goes_down(void **state)
{
	static struct sent s;

	(void)state;
	send_request(&s, str_of(requests[ARRAY_LEN(requests) - 1]), false);
	assert_true(has_line(&s, "\r\nMax-Forwards: 2\r\n"));
	arena_fini(&s.arena);
}

static const struct {
	const char *in;
	enum h1_framing framing;
	bool close;
	const char *has, *has_not;
} answers[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", H1_LENGTH, false,
        "\r\nContent-Length: 5\r\n", "Transfer-Encoding"},
    {"HTTP/1.0 200 OK\r\n\r\n", H1_CHUNKED, false,
        "\r\nTransfer-Encoding: chunked\r\n", "Content-Length"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "9\r\n\r\n",
        H1_CHUNKED, true, "\r\nConnection: close\r\n", "Content-Length"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", H1_TO_EOF, true,
        "\r\nConnection: close\r\n", "Transfer-Encoding"},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", H1_NO_BODY, false,
        "HTTP/1.1 204 ", "Content-Length"},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n", H1_NO_BODY,
        false, "\r\nContent-Length: 77\r\n", "Transfer-Encoding"},
    {"HTTP/1.1 200 OK\r\nAlt-Svc: h3=\":443\"\r\nContent-Length: 0\r\n\r\n",
        H1_LENGTH, false, "HTTP/1.1 200 OK\r\n", "Alt-Svc"},
    {"HTTP/1.1 200 OK\r\nProxy-Authenticate: Basic realm=x\r\n"
     "Content-Length: 0\r\n\r\n",
        H1_LENGTH, false, "HTTP/1.1 200 OK\r\n", "Proxy-"},
    {"HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n", H1_NO_BODY, false,
        "HTTP/1.1 100 Continue\r\n", "Connection"},
    {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", H1_LENGTH, false,
        "HTTP/1.1 200 \r\n", "Connection"},
    {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
     "Upgrade: websocket\r\n\r\n",
        H1_NO_BODY, false, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        "Length"},
};

static void
answers_are_framed_as_they_are_sent(void **state)
{
	static struct sent s;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
		struct head_out_answer q = {.head = &s.in,
		    .framing = answers[i].framing,
		    .via = STR(VIA),
		    .close = answers[i].close};

		memset(&s, 0, sizeof(s));
		arena_init(&s.arena, 0);
		assert_int_equal(parse(&s, H1_RESPONSE, str_of(answers[i].in),
		                     &s.in, s.in_fields),
		    H1_OK);
		s.text = head_out_answer(&s.arena, &q);
		assert_int_equal(
		    parse(&s, H1_RESPONSE, s.text, &s.out, s.out_fields),
		    H1_OK);
		assert_int_equal(s.out.status, s.in.status);
		assert_true(has_line(&s, answers[i].has));
		assert_false(has_line(&s, answers[i].has_not));
		assert_int_equal(
		    str_search(s.text, STR("Connection: close")) < s.text.n,
		    answers[i].close);
		arena_fini(&s.arena);
	}
}

static void
no_memory_gives_no_head(void **state)
{
	static struct sent s;
	struct arena small;
	struct head_out_request q = {.head = &s.in,
	    .target = &s.target,
	    .request = &s.request,
	    .via = STR(VIA)};

	(void)state;
	send_request(&s, str_of(requests[0]), false);
	arena_init(&small, 16);
	assert_null(head_out_request(&small, &q).p);
	assert_true(small.failed);
	arena_fini(&small);
	arena_fini(&s.arena);
}

static void
connect_names_the_port_always(void **state)
{
	struct arena a;
	struct name n;
	char room[NAME_ROOM];

	(void)state;
	arena_init(&a, 0);
	name_from_wire(STR("[::1]"), room, &n);
	is_same(head_out_connect(&a, n, 443, STR(VIA)),
	    STR("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nVia: " VIA
	        "\r\n\r\n"));
	arena_fini(&a);
}

/* What safe search does to a request, and what a held answer asks for. */
static void
what_is_edited_is_what_is_sent(void **state)
{
	static const struct {
		const char *rule, *raw;
		bool absolute, in_one;
		const char *dial, *query; /* NULL: not touched */
		const char *field, *value;
		const char *has[3], *not [2];
	} rows[] = {
	    {"a query is exchanged",
	        "GET http://e.test/s?q=a&safe=off HTTP/1.1\r\nHost: e\r\n\r\n",
	        false, false, NULL, "q=a&safe=active", NULL, NULL,
	        {"GET /s?q=a&safe=active HTTP/1.1\r\n", "Host: e.test\r\n"},
	        {"off"}},
	    {"an empty one leaves no mark",
	        "GET http://e.test/s?x HTTP/1.1\r\nHost: e\r\n\r\n", false,
	        false, NULL, "", NULL, NULL, {"GET /s HTTP/1.1\r\n"}, {"?"}},
	    {"one is added where there was none",
	        "GET http://e.test/s HTTP/1.1\r\nHost: e\r\n\r\n", false, false,
	        NULL, "safe=active", NULL, NULL,
	        {"GET /s?safe=active HTTP/1.1\r\n"}, {NULL}},
	    {"a field is set, the client's own of that name goes",
	        "GET http://e.test/ HTTP/1.1\r\nHost: e\r\nyoutube-RESTRICT: "
	        "None\r\nX: y\r\nYouTube-Restrict: None\r\n\r\n",
	        false, false, NULL, NULL, "YouTube-Restrict", "Strict",
	        {"YouTube-Restrict: Strict\r\n", "X: y\r\n"}, {"None"}},
	    {"naming it in Connection does not take it away",
	        "GET http://e.test/ HTTP/1.1\r\nHost: e\r\nConnection: "
	        "YouTube-Restrict\r\n\r\n",
	        false, false, NULL, NULL, "YouTube-Restrict", "Strict",
	        {"YouTube-Restrict: Strict\r\n"}, {NULL}},
	    {"Host is the site's wherever it is dialled",
	        "GET http://e.test/s HTTP/1.1\r\nHost: e\r\n\r\n", false, false,
	        "safe.test", NULL, NULL, NULL,
	        {"GET /s HTTP/1.1\r\n", "Host: e.test\r\n"}, {"safe.test"}},
	    {"a parent proxy is told what to dial",
	        "GET http://e.test:81/s HTTP/1.1\r\nHost: e\r\n\r\n", true,
	        false, "safe.test", NULL, NULL, NULL,
	        {"GET http://safe.test:81/s HTTP/1.1\r\n",
	            "Host: e.test:81\r\n"},
	        {"http://e.test"}},
	    {"several parts at once are not asked for",
	        "GET http://e.test/ HTTP/1.1\r\nHost: e\r\nrange: "
	        "bytes=0-1,5-\r\n\r\n",
	        false, true, NULL, NULL, NULL, NULL, {NULL}, {"ange"}},
	    {"one part is",
	        "GET http://e.test/ HTTP/1.1\r\nHost: e\r\nRange: "
	        "bytes=5-\r\n\r\n",
	        false, true, NULL, NULL, NULL, NULL, {"Range: bytes=5-\r\n"},
	        {NULL}},
	};
	char room[NAME_ROOM];
	struct sent s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct safe_edit e = {.has_query = rows[i].query != NULL,
		    .query = str_of(rows[i].query),
		    .field = {str_of(rows[i].field), str_of(rows[i].value)}};
		struct head_out_request how = {.absolute = rows[i].absolute,
		    .in_one = rows[i].in_one,
		    .edit = rows[i].in_one ? NULL : &e};

		if (rows[i].dial)
			assert_int_equal(
			    name_from_text(str_of(rows[i].dial), room, &e.dial),
			    NAME_OK);
		send_request_as(&s, str_of(rows[i].raw), &how);
		for (size_t k = 0; k < 3 && rows[i].has[k]; k++)
			if (!has_line(&s, rows[i].has[k]))
				fail_msg("%s: no %s in %.*s", rows[i].rule,
				    rows[i].has[k], STR_ARG(s.text));
		for (size_t k = 0; k < 2 && rows[i].not [k]; k++)
			if (has_line(&s, rows[i].not [k]))
				fail_msg("%s: %s in %.*s", rows[i].rule,
				    rows[i].not [k], STR_ARG(s.text));
		arena_fini(&s.arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_edited_is_what_is_sent),
	    cmocka_unit_test(output_parses_to_what_was_judged),
	    cmocka_unit_test(nothing_between_two_hops_goes_on),
	    cmocka_unit_test(via_grows_in_one_line),
	    cmocka_unit_test(max_forwards_goes_down),
	    cmocka_unit_test(answers_are_framed_as_they_are_sent),
	    cmocka_unit_test(no_memory_gives_no_head),
	    cmocka_unit_test(connect_names_the_port_always),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
