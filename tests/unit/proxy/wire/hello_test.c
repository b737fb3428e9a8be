/* hello_test.c - the ClientHello: cuts, records, extensions, damage. */
#include "proxy/wire/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ------------------------------------------------------------ the builder */

static void
add_n(struct buf *b, size_t v, int bytes)
{
	while (bytes-- > 0)
		buf_add_char(b, (char)(v >> 8 * bytes & 0xff));
}

static void
add_ext(struct buf *b, unsigned type, struct str body)
{
	add_n(b, type, 2);
	add_n(b, body.n, 2);
	buf_add_str(b, body);
}

static void
add_sni(struct buf *b, struct str name)
{
	add_n(b, 0, 2);
	add_n(b, name.n + 5, 2);
	add_n(b, name.n + 3, 2);
	add_n(b, 0, 1);
	add_n(b, name.n, 2);
	buf_add_str(b, name);
}

static void
add_padding(struct buf *b, size_t n)
{
	add_n(b, 21, 2);
	add_n(b, n, 2);
	for (size_t i = 0; i < n; i++)
		buf_add_char(b, 0);
}

/* The handshake message around the extensions <ext>. */
static struct buf
message(struct str ext)
{
	struct buf b = BUF_EMPTY;

	add_n(&b, 1, 1);
	add_n(&b, 2 + 32 + 1 + 6 + 2 + 2 + ext.n, 3);
	add_n(&b, 0x0303, 2);
	for (int i = 1; i <= 32; i++)
		add_n(&b, (size_t)i, 1);
	add_n(&b, 0, 1);
	add_n(&b, 4, 2);
	add_n(&b, 0xc02bc02f, 4);
	add_n(&b, 0x0100, 2);
	add_n(&b, ext.n, 2);
	buf_add_str(&b, ext);
	return b;
}

/* <msg> in records of <each> bytes. */
static struct buf
records(struct str msg, size_t each, unsigned version)
{
	struct buf b = BUF_EMPTY;

	for (size_t at = 0; at < msg.n; at += each) {
		struct str part = str_sub(msg, at, each);

		add_n(&b, 22, 1);
		add_n(&b, version, 2);
		add_n(&b, part.n, 2);
		buf_add_str(&b, part);
	}
	return b;
}

/* The common ones, with the name in their midst. */
static struct buf
usual_message(struct str name)
{
	struct buf ext = BUF_EMPTY, msg;

	add_ext(&ext, 0x1a1a, STR(""));
	add_ext(&ext, 10, STR("\0\4\x2a\x2a\0\x17"));
	add_sni(&ext, name);
	add_ext(&ext, 16, STR("\0\xc\2h2\x8http/1.1"));
	add_ext(&ext, 43, STR("\6\x8a\x8a\3\4\3\3"));
	add_ext(&ext, 0xfe0d, STR("\0\0\1\0\1"));
	add_ext(&ext, 0x4a4a, STR("\0"));
	msg = message(buf_str(&ext));
	buf_fini(&ext);
	return msg;
}

/* ------------------------------------------------------------- the parser */

/* In a block of exactly its size, for the sanitizers. */
static enum hello_result
parse(struct str s, struct hello *h)
{
	uint8_t *block = malloc(s.n ? s.n : 1);
	enum hello_result r;

	if (s.n)
		memcpy(block, s.p, s.n);
	r = hello_parse(block, s.n, h);
	free(block);
	if (r == HELLO_BAD)
		assert_non_null(h->why);
	if (r != HELLO_OK)
		assert_int_equal(h->sni.n, 0);
	return r;
}

static size_t
wants(struct str s)
{
	return hello_wants((const uint8_t *)s.p, s.n);
}

/*
 * Every prefix asks for more, never for less than is missing to be refused,
 * and not for more than there is; then comes <want>.
 */
static void
check_prefixes(struct str s, enum hello_result want, struct hello *h)
{
	for (size_t n = 0; n < s.n; n++) {
		enum hello_result r = parse(str_sub(s, 0, n), h);
		size_t w = wants(str_sub(s, 0, n));

		if (r == HELLO_MORE)
			assert_true(w > n && (w <= s.n || want != HELLO_OK));
		else
			assert_true(r == want && want != HELLO_OK && w == n);
	}
	assert_int_equal(parse(s, h), want);
}

static void
check_name(struct buf *b, struct str name)
{
	struct hello h;

	check_prefixes(buf_str(b), HELLO_OK, &h);
	assert_true(str_eq(h.sni, name));
	assert_int_equal(h.raw_len, b->n);
	buf_fini(b);
}

static const unsigned char plain[] = {0x16, 0x03, 0x01, 0x00, 0x5d, 0x01, 0x00,
    0x00, 0x59, 0x03, 0x03, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
    0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14,
    0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20,
    0x00, 0x00, 0x04, 0xc0, 0x2b, 0xc0, 0x2f, 0x01, 0x00, 0x00, 0x2c, 0x00,
    0x00, 0x00, 0x0d, 0x00, 0x0b, 0x00, 0x00, 0x08, 'b', 'a', 'd', '.', 't',
    'e', 's', 't', 0x00, 0x0a, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17, 0x00, 0x0b,
    0x00, 0x02, 0x01, 0x00, 0x00, 0x0d, 0x00, 0x09, 0x00, 0x07, 0x04, 0x03,
    0x04, 0x01, 0x05, 0x01, 0x06};

static struct str
plain_message(void)
{
	return str_make((const char *)plain + 5, sizeof(plain) - 5);
}

static void
plain_hello_is_read(void **state)
{
	struct buf b = BUF_EMPTY;
	struct hello h;

	(void)state;
	assert_int_equal(sizeof(plain), 98);
	buf_add(&b, plain, sizeof(plain));
	assert_int_equal(parse(buf_str(&b), &h), HELLO_OK);
	assert_int_equal(h.version, 0x0303);
	assert_false(h.ech || h.has_alpn || h.early_data || h.psk);
	check_name(&b, STR("bad.test"));
}

static void
records_may_cut_it_anywhere(void **state)
{
	struct str msg = plain_message();

	(void)state;
	for (size_t each = 1; each <= msg.n; each++) {
		struct buf b = records(msg, each, 0x0301);

		check_name(&b, STR("bad.test"));
	}
	for (size_t cut = 1; cut < msg.n; cut++) {
		struct buf b = records(str_sub(msg, 0, cut), cut, 0x0301);
		struct buf rest =
		    records(str_sub(msg, cut, msg.n), msg.n, 0x0301);

		buf_add_str(&b, buf_str(&rest));
		buf_fini(&rest);
		check_name(&b, STR("bad.test"));
	}
}

static void
any_minor_record_version_is_taken(void **state)
{
	struct hello h;

	(void)state;
	for (unsigned v = 0; v < 0x10000; v += v % 0x100 == 0xff ? 1 : 51) {
		struct buf b = records(plain_message(), 40, v);

		assert_int_equal(
		    parse(buf_str(&b), &h), v >> 8 == 3 ? HELLO_OK : HELLO_BAD);
		buf_fini(&b);
	}
	for (unsigned v = 0x0300; v <= 0x0304; v++) {
		struct buf b = records(plain_message(), 1000, 0x0301);

		b.p[9] = (char)(v >> 8);
		b.p[10] = (char)v;
		assert_int_equal(parse(buf_str(&b), &h), HELLO_OK);
		assert_int_equal(h.version, v);
		b.p[9] = 2;
		assert_int_equal(parse(buf_str(&b), &h), HELLO_BAD);
		buf_fini(&b);
	}
}

static void
empty_records_are_passed_over(void **state)
{
	struct str empty = STR("\x16\3\1\0\0");

	(void)state;
	for (size_t cut = 0; cut < 93; cut += 7) {
		struct buf b = BUF_EMPTY, part;

		buf_add_str(&b, empty);
		part = records(str_sub(plain_message(), 0, cut), 93, 0x0301);
		buf_add_str(&b, buf_str(&part));
		buf_fini(&part);
		buf_add_str(&b, empty);
		buf_add_str(&b, empty);
		part = records(str_sub(plain_message(), cut, 93), 93, 0x0301);
		buf_add_str(&b, buf_str(&part));
		buf_fini(&part);
		check_name(&b, STR("bad.test"));
	}
}

static void
extensions_are_found_in_any_order(void **state)
{
	struct buf msg = usual_message(STR("good.test")), b;
	struct hello h;

	(void)state;
	b = records(buf_str(&msg), 50, 0x0301);
	assert_int_equal(parse(buf_str(&b), &h), HELLO_OK);
	assert_int_equal(h.version, 0x0304);
	assert_true(h.ech && h.has_alpn && h.alpn_h1 && h.alpn_h2);
	assert_false(h.psk || h.early_data);
	check_name(&b, STR("good.test"));
	buf_fini(&msg);
}

/* The extensions <before>, a name, <after>. */
static enum hello_result
parse_around(size_t pad, struct str after, struct hello *h)
{
	struct buf ext = BUF_EMPTY, msg, b;
	enum hello_result r;

	if (pad)
		add_padding(&ext, pad);
	add_sni(&ext, STR("bad.test"));
	buf_add_str(&ext, after);
	msg = message(buf_str(&ext));
	b = records(buf_str(&msg), 16384, 0x0301);
	r = parse(buf_str(&b), h);
	buf_fini(&ext);
	buf_fini(&msg);
	buf_fini(&b);
	return r;
}

static void
large_hellos_are_read_to_their_limit(void **state)
{
	/* what stands beside the padding in such a message */
	size_t rest = 4 + 2 + 32 + 1 + 6 + 2 + 2 + 4 + 9 + 8;
	struct hello h;

	(void)state;
	assert_int_equal(parse_around(1800, STR(""), &h), HELLO_OK);
	assert_int_equal(parse_around(16384, STR(""), &h), HELLO_OK);
	assert_true(str_eq(h.sni, STR("bad.test")));
	assert_int_equal(parse_around(61440, STR(""), &h), HELLO_OK);
	assert_int_equal(parse_around(HELLO_MAX - rest, STR(""), &h), HELLO_OK);
	assert_int_equal(
	    parse_around(HELLO_MAX - rest + 1, STR(""), &h), HELLO_BAD);
	assert_int_equal(
	    parse(STR("\x16\3\1\x40\0\1\xff\xff\xff"), &h), HELLO_BAD);
	assert_int_equal(parse(STR("\x16\3\1\x40\0\1\1\0\0"), &h), HELLO_BAD);
	assert_int_equal(parse(STR("\x16\3\1\x40\1\1\0\x80\0"), &h), HELLO_BAD);
}

static void
bytes_on_the_wire_are_bounded(void **state)
{
	struct buf ext = BUF_EMPTY, msg, b;
	struct hello h;

	(void)state;
	add_padding(&ext, 60000);
	add_sni(&ext, STR("bad.test"));
	msg = message(buf_str(&ext));
	b = records(buf_str(&msg), 1, 0x0301);
	assert_int_equal(
	    parse(str_sub(buf_str(&b), 0, HELLO_RAW_MAX - 1), &h), HELLO_MORE);
	assert_int_equal(
	    parse(str_sub(buf_str(&b), 0, HELLO_RAW_MAX), &h), HELLO_BAD);
	assert_int_equal(parse(buf_str(&b), &h), HELLO_BAD);
	buf_fini(&b);
	b = records(buf_str(&msg), 6, 0x0301);
	assert_int_equal(parse(buf_str(&b), &h), HELLO_OK);
	buf_fini(&b);
	buf_fini(&msg);
	buf_fini(&ext);
}

/* How many calls does it take who asks hello_wants() each time? */
static void
calls_are_few_however_it_comes(void **state)
{
	struct buf ext = BUF_EMPTY, msg, b;
	unsigned calls = 0;
	size_t n = 0;

	(void)state;
	add_padding(&ext, 20000);
	msg = message(buf_str(&ext));
	b = records(buf_str(&msg), 1, 0x0301);
	while (wants(str_sub(buf_str(&b), 0, n)) > n) {
		n = wants(str_sub(buf_str(&b), 0, n));
		assert_true(n <= b.n);
		calls++;
	}
	assert_int_equal(n, b.n);
	assert_true(calls < 100);
	buf_fini(&b);
	buf_fini(&msg);
	buf_fini(&ext);
}

/* An extension behind the name, by type and body. */
static enum hello_result
parse_ext(unsigned type, struct str body, struct hello *h)
{
	struct buf ext = BUF_EMPTY;
	enum hello_result r;

	add_ext(&ext, type, body);
	r = parse_around(0, buf_str(&ext), h);
	buf_fini(&ext);
	return r;
}

static void
hints_are_read(void **state)
{
	struct hello h;

	(void)state;
	assert_int_equal(parse_ext(16, STR("\0\3\2h2"), &h), HELLO_OK);
	assert_true(h.has_alpn && h.alpn_h2 && !h.alpn_h1);
	assert_int_equal(parse_ext(16, STR("\0\x9\x8http/1.1"), &h), HELLO_OK);
	assert_true(h.has_alpn && !h.alpn_h2 && h.alpn_h1);
	assert_int_equal(parse_ext(16, STR("\0\xa\x9http/1.1x"), &h), HELLO_OK);
	assert_true(h.has_alpn && !h.alpn_h2 && !h.alpn_h1);
	assert_int_equal(parse_ext(16, STR("\0\x4\x3h2c"), &h), HELLO_OK);
	assert_false(h.alpn_h2);
	assert_int_equal(parse_ext(42, STR(""), &h), HELLO_OK);
	assert_true(h.early_data);
	assert_int_equal(parse_ext(41, STR("xyz"), &h), HELLO_OK);
	assert_true(h.psk);
	assert_int_equal(parse_ext(43, STR("\2\xaa\xaa"), &h), HELLO_OK);
	assert_int_equal(h.version, 0x0303);
}

static const struct {
	const char *what;
	unsigned type;
	struct str body;
} bad_exts[] = {
    {"a second name", 0, {"\0\5\0\0\2ab", 7}},
    {"a second, empty one", 0, {"", 0}},
    {"a second ALPN", 16, {"", 0}},
    {"protocols: none", 16, {"\0\0", 2}},
    {"protocols: an empty name", 16, {"\0\1\0", 3}},
    {"protocols: too short a list", 16, {"\0\2\2h2", 5}},
    {"protocols: too long a list", 16, {"\0\4\2h2", 5}},
    {"protocols: too long a name", 16, {"\0\3\3h2", 5}},
    {"protocols: cut", 16, {"\0", 1}},
    {"versions: none", 43, {"\0", 1}},
    {"versions: odd", 43, {"\3\3\4\3", 4}},
    {"versions: too short", 43, {"\2\3\4\3\3", 5}},
    {"versions: too long", 43, {"\6\3\4\3\3", 5}},
};

static void
bad_extensions_are_refused(void **state)
{
	struct buf twice = BUF_EMPTY;
	struct hello h;

	(void)state;
	for (size_t i = 0; i < LEN(bad_exts); i++) {
		if (i == 2)
			continue; /* only with another, below */
		if (parse_ext(bad_exts[i].type, bad_exts[i].body, &h) !=
		    HELLO_BAD)
			fail_msg("%s passes", bad_exts[i].what);
	}
	for (int i = 0; i < 2; i++)
		add_ext(&twice, 16, STR("\0\3\2h2"));
	assert_int_equal(parse_around(0, buf_str(&twice), &h), HELLO_BAD);
	assert_int_equal(
	    parse_around(0, STR("\xff"), &h), HELLO_BAD); /* cut short */
	assert_int_equal(parse_around(0, STR("\0\x15\0\1"), &h), HELLO_BAD);
	buf_fini(&twice);
}

/* A lone server_name extension with the body <body>. */
static enum hello_result
parse_sni(struct str body, struct hello *h)
{
	struct buf ext = BUF_EMPTY, msg, b;

	add_ext(&ext, 0, body);
	msg = message(buf_str(&ext));
	b = records(buf_str(&msg), 16384, 0x0301);
	check_prefixes(buf_str(&b), parse(buf_str(&b), h), h);
	buf_fini(&ext);
	buf_fini(&msg);
	buf_fini(&b);
	return h->why ? HELLO_BAD : HELLO_OK;
}

static void
names_are_one_and_whole(void **state)
{
	struct hello h;
	struct buf b = BUF_EMPTY;

	(void)state;
	assert_int_equal(parse_sni(STR("\0\4\0\0\1a"), &h), HELLO_OK);
	assert_int_equal(parse_sni(STR(""), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\0"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\3\0\0\0"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\4\1\0\1a"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\4\xff\0\1a"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\3\0\0\1a"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\5\0\0\1a"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\4\0\0\2a"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\5\0\0\1ab"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\4\0\0\1ab"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\x8\0\0\1a\0\0\1b"), &h), HELLO_BAD);
	assert_int_equal(parse_sni(STR("\0\7\0\0\4a\0.b"), &h), HELLO_BAD);
	for (size_t n = HELLO_SNI_MAX; n <= HELLO_SNI_MAX + 1; n++) {
		buf_reset(&b);
		add_n(&b, n + 3, 2);
		add_n(&b, 0, 1);
		add_n(&b, n, 2);
		for (size_t i = 0; i < n; i++)
			buf_add_char(&b, 'a');
		assert_int_equal(parse_sni(buf_str(&b), &h),
		    n == HELLO_SNI_MAX ? HELLO_OK : HELLO_BAD);
	}
	buf_fini(&b);
}

static void
hello_without_a_name_is_one(void **state)
{
	struct buf msg, b;
	struct hello h;

	(void)state;
	msg = message(STR(""));
	b = records(buf_str(&msg), 100, 0x0301);
	assert_int_equal(parse(buf_str(&b), &h), HELLO_OK);
	assert_null(h.sni.p);
	buf_fini(&b);
	/* nor need there be extensions at all */
	msg.n -= 2;
	msg.p[3] = (char)(msg.p[3] - 2);
	b = records(buf_str(&msg), 100, 0x0300);
	assert_int_equal(parse(buf_str(&b), &h), HELLO_OK);
	assert_null(h.sni.p);
	buf_fini(&b);
	buf_fini(&msg);
}

static const struct {
	const char *what;
	struct str bytes;
	enum hello_result want;
} first_rows[] = {
    {"nothing", {"", 0}, HELLO_MORE},
    {"a change of ciphers", {"\x14\3\1\0\1\1", 6}, HELLO_BAD},
    {"an alert", {"\x15\3\1\0\2\1\0", 7}, HELLO_BAD},
    {"data", {"\x17\3\3\0\1x", 6}, HELLO_BAD},
    {"HTTP", {"GET / HTTP/1.1\r\n", 16}, HELLO_NOT_TLS},
    {"PROXY", {"PROXY TCP4 ", 11}, HELLO_NOT_TLS},
    {"SSH", {"SSH-2.0-x\r\n", 11}, HELLO_NOT_TLS},
    {"SSLv2", {"\x80\x2e\1\3\1\0\x15\0\0\0\x10", 11}, HELLO_NOT_TLS},
    {"OpenVPN", {"\0\xe\x38", 3}, HELLO_NOT_TLS},
    {"record version 2.1", {"\x16\2\1\0\x5d", 5}, HELLO_BAD},
    {"a server's hello", {"\x16\3\3\0\4\2\0\0\0", 9}, HELLO_BAD},
    {"an alert behind half a hello",
        {"\x16\3\1\0\5\1\0\0\x59\3\x15\3\1\0\2\1\0", 17}, HELLO_BAD},
};

static void
other_first_records_are_told(void **state)
{
	struct hello h;

	(void)state;
	for (size_t i = 0; i < LEN(first_rows); i++) {
		enum hello_result r = parse(first_rows[i].bytes, &h);

		if (r != first_rows[i].want)
			fail_msg("%s: %d", first_rows[i].what, (int)r);
	}
	assert_int_equal(parse(STR("\x80"), &h), HELLO_NOT_TLS);
	assert_int_equal(parse(STR("G"), &h), HELLO_NOT_TLS);
	assert_int_equal(parse(STR("\x15"), &h), HELLO_BAD);
	assert_int_equal(hello_wants((const uint8_t *)"", 0), 1);
}

static void
what_follows_the_hello_is_left_alone(void **state)
{
	struct buf b = BUF_EMPTY;
	struct hello h;

	(void)state;
	buf_add(&b, plain, sizeof(plain));
	buf_add_str(&b, STR("\x14\3\3\0\1\1\x17\3\3\0\1x"));
	assert_int_equal(parse(buf_str(&b), &h), HELLO_OK);
	assert_int_equal(h.raw_len, sizeof(plain));
	/* but not in the same record */
	b.p[4]++;
	assert_int_equal(parse(buf_str(&b), &h), HELLO_BAD);
	buf_fini(&b);
}

/* No length survives being wrong. */
static void
wrong_lengths_are_no_hello(void **state)
{
	static const size_t lengths[] = {3, 4, 6, 7, 8, 43, 44, 45, 50, 52, 53,
	    56, 57, 58, 59, 60, 61, 62, 73, 74, 81, 82, 87, 88};
	static const int changes[] = {1, -1, 0x80, 0x40, 7};
	struct buf b = BUF_EMPTY;
	struct hello h;

	(void)state;
	buf_add(&b, plain, sizeof(plain));
	for (size_t i = 0; i < LEN(lengths); i++)
		for (size_t k = 0; k < LEN(changes); k++) {
			char was = b.p[lengths[i]];

			b.p[lengths[i]] = (char)(was + changes[k]);
			if (parse(buf_str(&b), &h) == HELLO_OK)
				fail_msg("byte %zu changed by %d passes",
				    lengths[i], changes[k]);
			b.p[lengths[i]] = was;
		}
	/* any other damage is read within bounds, whatever it comes to */
	for (size_t i = 0; i < b.n; i++)
		for (int c = 0; c < 256; c++) {
			char was = b.p[i];

			b.p[i] = (char)c;
			parse(buf_str(&b), &h);
			b.p[i] = was;
		}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_hello_is_read),
	    cmocka_unit_test(records_may_cut_it_anywhere),
	    cmocka_unit_test(any_minor_record_version_is_taken),
	    cmocka_unit_test(empty_records_are_passed_over),
	    cmocka_unit_test(extensions_are_found_in_any_order),
	    cmocka_unit_test(large_hellos_are_read_to_their_limit),
	    cmocka_unit_test(bytes_on_the_wire_are_bounded),
	    cmocka_unit_test(calls_are_few_however_it_comes),
	    cmocka_unit_test(hints_are_read),
	    cmocka_unit_test(bad_extensions_are_refused),
	    cmocka_unit_test(names_are_one_and_whole),
	    cmocka_unit_test(hello_without_a_name_is_one),
	    cmocka_unit_test(other_first_records_are_told),
	    cmocka_unit_test(what_follows_the_hello_is_left_alone),
	    cmocka_unit_test(wrong_lengths_are_no_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
