/* name_test.c - one spelling for each host, from the wire and from a list. */
#include "lists/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/table.h"
#include "lists/address.h"

struct row {
	const char *rule, *in;
	enum name_result result;
	const char *out; /* NULL where refused */
	enum name_kind kind;
};

#define S8  "aaaaaaaa"
#define S63 S8 S8 S8 S8 S8 S8 S8 "aaaaaaa"
#define D   NAME_DNS
#define V4  NAME_IPV4
#define V6  NAME_IPV6

/* clang-format off */
/* What a wire brings; name_from_text() gives the same. */
static const struct row both[] = {
	{"upper case", "BAD.TEST", NAME_OK, "bad.test", D},
	{"mixed case", "bAd.TeSt", NAME_OK, "bad.test", D},
	{"one trailing dot", "bad.test.", NAME_OK, "bad.test", D},
	{"two trailing dots", "bad.test..", NAME_LABEL, NULL, 0},
	{"leading dot", ".bad.test", NAME_LABEL, NULL, 0},
	{"empty label", "bad..test", NAME_LABEL, NULL, 0},
	{"a dot alone", ".", NAME_LABEL, NULL, 0},
	{"two dots", "..", NAME_LABEL, NULL, 0},
	{"empty", "", NAME_EMPTY, NULL, 0},
	{"userinfo", "good.test@bad.test", NAME_BYTE, NULL, 0},
	{"backslash", "good.test\\bad.test", NAME_BYTE, NULL, 0},
	{"slash", "bad.test/", NAME_BYTE, NULL, 0},
	{"port", "bad.test:80", NAME_BYTE, NULL, 0},
	{"tab inside", "ba\td.test", NAME_BYTE, NULL, 0},
	{"line feed inside", "ba\nd.test", NAME_BYTE, NULL, 0},
	{"blank inside", "bad .test", NAME_BYTE, NULL, 0},
	{"percent", "b%61d.test", NAME_BYTE, NULL, 0},
	{"percent dot", "bad%2Etest", NAME_BYTE, NULL, 0},
	{"percent NUL", "bad%00.test", NAME_BYTE, NULL, 0},
	{"star", "*.bad.test", NAME_BYTE, NULL, 0},
	{"delete", "bad\x7f.test", NAME_BYTE, NULL, 0},
	{"CDN hyphens", "r3---sn-4g5e.video.test", NAME_OK,
	    "r3---sn-4g5e.video.test", D},
	{"hyphens at 3 and 4", "ab--cd.test", NAME_OK, "ab--cd.test", D},
	{"leading hyphen", "-bad.test", NAME_OK, "-bad.test", D},
	{"underscore", "bad_host.test", NAME_OK, "bad_host.test", D},
	{"A-label is lowered", "XN--BD-7KC.test", NAME_OK, "xn--bd-7kc.test", D},
	{"A-label that decodes to nothing", "xn--a.test", NAME_OK,
	    "xn--a.test", D},
	{"A-label cut short", "xn--bad-.test", NAME_OK, "xn--bad-.test", D},
	{"label of 63", S63 ".test", NAME_OK, S63 ".test", D},
	{"label of 64", S63 "a.test", NAME_LONG, NULL, 0},
	{"253 in all", S63 "." S63 "." S63 "." S8 S8 S8 S8 S8 S8 S8 "aaaaa",
	    NAME_OK, S63 "." S63 "." S63 "." S8 S8 S8 S8 S8 S8 S8 "aaaaa", D},
	{"253 and a dot", S63 "." S63 "." S63 "." S8 S8 S8 S8 S8 S8 S8 "aaaaa.",
	    NAME_OK, S63 "." S63 "." S63 "." S8 S8 S8 S8 S8 S8 S8 "aaaaa", D},
	{"254 in all", S63 "." S63 "." S63 "." S8 S8 S8 S8 S8 S8 S8 "aaaaaa",
	    NAME_LONG, NULL, 0},
	{"a label alone", "localhost", NAME_OK, "localhost", D},

	{"dotted quad", "127.0.0.1", NAME_OK, "127.0.0.1", V4},
	{"two parts", "127.1", NAME_OK, "127.0.0.1", V4},
	{"three parts", "127.0.1", NAME_OK, "127.0.0.1", V4},
	{"one part", "2130706433", NAME_OK, "127.0.0.1", V4},
	{"hex and short", "0x7f.1", NAME_OK, "127.0.0.1", V4},
	{"hex in one", "0x7F000001", NAME_OK, "127.0.0.1", V4},
	{"octal in one", "017700000001", NAME_OK, "127.0.0.1", V4},
	{"octal parts", "0177.0.0.01", NAME_OK, "127.0.0.1", V4},
	{"many zeros", "0x000000000000000000007f.1", NAME_OK, "127.0.0.1", V4},
	{"all ones", "4294967295", NAME_OK, "255.255.255.255", V4},
	{"zero", "0", NAME_OK, "0.0.0.0", V4},
	{"0x is zero", "0x", NAME_OK, "0.0.0.0", V4},
	{"last part fills up", "1.65535", NAME_OK, "1.0.255.255", V4},
	{"quad with a dot", "1.2.3.4.", NAME_OK, "1.2.3.4", V4},
	{"one too many", "4294967296", NAME_IPV4_FORM, NULL, 0},
	{"hex too large", "0x100000000", NAME_IPV4_FORM, NULL, 0},
	{"wraps 64 bits", "18446744073709551617", NAME_IPV4_FORM, NULL, 0},
	{"part over 255", "256.1.1.1", NAME_IPV4_FORM, NULL, 0},
	{"last part over 255", "1.1.1.256", NAME_IPV4_FORM, NULL, 0},
	{"last of two too large", "1.16777216", NAME_IPV4_FORM, NULL, 0},
	{"five parts", "1.2.3.4.5", NAME_IPV4_FORM, NULL, 0},
	{"no octal", "08.8.8.8", NAME_IPV4_FORM, NULL, 0},
	{"short with a dot", "1.2.3.", NAME_IPV4_FORM, NULL, 0},
	{"empty part", "1..2", NAME_LABEL, NULL, 0},
	{"name before a number", "bad.test.1", NAME_IPV4_FORM, NULL, 0},
	{"name before hex", "bad.0xa", NAME_IPV4_FORM, NULL, 0},
	{"name before bad octal", "bad.09", NAME_IPV4_FORM, NULL, 0},
	{"not quite hex", "bad.0xg", NAME_OK, "bad.0xg", D},
	{"number first", "1.2.3.test", NAME_OK, "1.2.3.test", D},

	{"loopback", "[::1]", NAME_OK, "::1", V6},
	{"any", "[::]", NAME_OK, "::", V6},
	{"leading zeros", "[::0001]", NAME_OK, "::1", V6},
	{"mapped", "[::ffff:127.0.0.1]", NAME_OK, "127.0.0.1", V4},
	{"mapped in hex", "[::FFFF:7f00:1]", NAME_OK, "127.0.0.1", V4},
	{"mapped in full", "[0:0:0:0:0:ffff:127.0.0.1]", NAME_OK,
	    "127.0.0.1", V4},
	{"translated", "[::ffff:0:127.0.0.1]", NAME_OK, "::ffff:0:7f00:1", V6},
	{"compatible", "[::127.0.0.1]", NAME_OK, "::7f00:1", V6},
	{"NAT64", "[64:ff9b::7f00:1]", NAME_OK, "64:ff9b::7f00:1", V6},
	{"6to4", "[2002:7f00:1::]", NAME_OK, "2002:7f00:1::", V6},
	{"first of equal runs", "[2001:db8:0:0:1:0:0:1]", NAME_OK,
	    "2001:db8::1:0:0:1", V6},
	{"longest run", "[2001:0:0:1:0:0:0:1]", NAME_OK, "2001:0:0:1::1", V6},
	{"no run of one", "[2001:db8:0:1:1:1:1:1]", NAME_OK,
	    "2001:db8:0:1:1:1:1:1", V6},
	{"lower case", "[2001:DB8::A]", NAME_OK, "2001:db8::a", V6},
	{"zone", "[fe80::1%25eth0]", NAME_IPV6_FORM, NULL, 0},
	{"raw zone", "[fe80::1%eth0]", NAME_IPV6_FORM, NULL, 0},
	{"port behind", "[::1]:80", NAME_IPV6_FORM, NULL, 0},
	{"not closed", "[::1", NAME_IPV6_FORM, NULL, 0},
	{"empty brackets", "[]", NAME_IPV6_FORM, NULL, 0},
	{"bracket alone", "[", NAME_IPV6_FORM, NULL, 0},
	{"IPv4 in brackets", "[127.0.0.1]", NAME_IPV6_FORM, NULL, 0},
	{"nine groups", "[1:2:3:4:5:6:7:8:9]", NAME_IPV6_FORM, NULL, 0},
	{"two gaps", "[1::2::3]", NAME_IPV6_FORM, NULL, 0},
};

/* What only a person writes. On the wire all of these are refused. */
static const struct row text_only[] = {
	{"blanks around", "  bad.test \t", NAME_OK, "bad.test", D},
	{"carriage return", "bad.test\r", NAME_OK, "bad.test", D},
	{"ideographic dot", "bad\u3002test", NAME_OK, "bad.test", D},
	{"full-width dot", "bad\uff0etest", NAME_OK, "bad.test", D},
	{"half-width dot", "bad\uff61test", NAME_OK, "bad.test", D},
	{"full width", "\uff42\uff41\uff44.test", NAME_OK, "bad.test", D},
	{"soft hyphen", "ba\u00ad" "d.test", NAME_OK, "bad.test", D},
	{"zero width space", "ba\u200b" "d.test", NAME_OK, "bad.test", D},
	{"word joiner", "ba\u2060" "d.test", NAME_OK, "bad.test", D},
	{"non-joiner", "ba\u200c" "d.test", NAME_IDN, NULL, 0},
	{"joiner", "ba\u200d" "d.test", NAME_IDN, NULL, 0},
	{"Latin with umlaut", "B\u00dc" "CHER.test", NAME_OK,
	    "xn--bcher-kva.test", D},
	{"Cyrillic a", "b\u0430d.test", NAME_OK, "xn--bd-7kc.test", D},
	{"sharp s stays", "fa\u00df.test", NAME_OK, "xn--fa-hia.test", D},
	{"Kazakh", "\u049b\u0430\u0437.\u049b\u0430\u0437", NAME_OK,
	    "xn--80ao21a.xn--80ao21a", D},
	{"real ASCII label beside Unicode", "r3---sn-x.b\u00fc" "cher.test",
	    NAME_OK, "r3---sn-x.xn--bcher-kva.test", D},
	{"trailing ideographic dot", "bad.test\u3002", NAME_OK, "bad.test", D},
	{"two kinds of dot", "bad.\u3002test", NAME_LABEL, NULL, 0},
	{"maps to a slash", "exa\u2100mple.test", NAME_IDN, NULL, 0},
	{"full-width slash", "bad.test\uff0fx", NAME_IDN, NULL, 0},
	{"full-width at", "good.test\uff20" "bad.test", NAME_IDN, NULL, 0},
	{"circled digits", "\u2460\u2461\u2466.0.0.1", NAME_OK, "127.0.0.1",
	    V4},
	{"Latin-1", "b\xfc" "cher.test", NAME_IDN, NULL, 0},
	{"overlong UTF-8", "b\xc1\xa1" "d.test", NAME_IDN, NULL, 0},
	{"IPv6 without brackets", "2001:DB8::1", NAME_OK, "2001:db8::1", V6},
};
/* clang-format on */

static void
check(const struct row *row, enum name_result got, struct name n)
{
	if (got != row->result ||
	    (row->out && (n.kind != row->kind ||
	                     !str_eq(name_str(n), str_of(row->out)))))
		fail_msg("%s: <%s> gave %d <%.*s>", row->rule, row->in, got,
		    STR_ARG(name_str(n)));
	if (got != NAME_OK && (n.n || n.kind))
		fail_msg("%s: a refused name is not empty", row->rule);
}

static void
wire_and_text_agree(void **state)
{
	char room[NAME_ROOM];
	struct name n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct str in = str_of(both[i].in);

		check(&both[i], name_from_wire(in, room, &n), n);
		check(&both[i], name_from_text(in, room, &n), n);
	}
}

static void
wire_takes_no_text(void **state)
{
	char room[NAME_ROOM];
	struct name n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text_only); i++) {
		struct str in = str_of(text_only[i].in);

		check(&text_only[i], name_from_text(in, room, &n), n);
		if (name_from_wire(in, room, &n) == NAME_OK)
			fail_msg("%s: taken from a wire", text_only[i].rule);
	}
}

static void
canonical_of_canonical_is_itself(void **state)
{
	char room[NAME_ROOM], again[NAME_ROOM + 2], third[NAME_ROOM];
	struct name n, m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		int len;

		if (name_from_wire(str_of(both[i].in), room, &n) != NAME_OK)
			continue;
		len = snprintf(again, sizeof(again),
		    n.kind == NAME_IPV6 ? "[%.*s]" : "%.*s", n.n, n.p);
		assert_int_equal(
		    name_from_wire(str_make(again, (size_t)len), third, &m),
		    NAME_OK);
		assert_true(name_eq(n, m));
		assert_memory_equal(n.addr, m.addr, sizeof(n.addr));
	}
}

static void
nul_is_a_byte_that_no_host_has(void **state)
{
	char room[NAME_ROOM];
	struct name n;

	(void)state;
	assert_int_equal(
	    name_from_wire(STR("bad.test\0x"), room, &n), NAME_BYTE);
	assert_int_equal(
	    name_from_text(STR("bad.test\0x"), room, &n), NAME_BYTE);
	assert_int_equal(
	    name_from_text(STR("b\xc3\xbc.test\0x"), room, &n), NAME_BYTE);
	assert_int_equal(
	    name_from_wire(STR("[::1\0]"), room, &n), NAME_IPV6_FORM);
}

static void
every_byte_is_judged_alike_wherever_it_stands(void **state)
{
	char room[NAME_ROOM], in[] = "abc.test";
	struct name n;

	(void)state;
	for (int c = 0; c < 256; c++) {
		bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		          (c >= 'A' && c <= 'Z') || c == '-' || c == '_';

		in[1] = (char)c;
		assert_int_equal(
		    name_from_wire(str_make(in, 8), room, &n) == NAME_OK,
		    ok || c == '.');
	}
}

static struct name
name(const char *z, char *room)
{
	struct name n;

	assert_int_equal(name_from_text(str_of(z), room, &n), NAME_OK);
	return n;
}

static void
under_means_on_a_label_boundary(void **state)
{
	static const struct {
		const char *n, *parent;
		bool is;
	} row[] = {
	    {"bad.test", "bad.test", true},
	    {"www.bad.test", "bad.test", true},
	    {"a.b.c.bad.test", "bad.test", true},
	    {"notbad.test", "bad.test", false},
	    {"bad.test.good.test", "bad.test", false},
	    {"bad.test", "www.bad.test", false},
	    {"10.1.2.3", "2.3", false},
	    {"1.2.3.4", "1.2.3.4", false},
	};
	char a[NAME_ROOM], b[NAME_ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (name_is_under(name(row[i].n, a), name(row[i].parent, b)) !=
		    row[i].is)
			fail_msg("%s under %s", row[i].n, row[i].parent);
}

static void
addresses_inside_addresses_are_seen(void **state)
{
	static const struct {
		const char *v6, *v4;
	} row[] = {
	    {"::ffff:127.0.0.1", "127.0.0.1"},
	    {"::ffff:a9fe:a9fe", "169.254.169.254"},
	    {"::127.0.0.1", "127.0.0.1"},
	    {"64:ff9b::7f00:1", "127.0.0.1"},
	    {"2002:7f00:1::", "127.0.0.1"},
	    {"::", NULL},
	    {"::1", NULL},
	    {"64:ff9b:0:0:1:0:7f00:1", NULL},
	    {"2001:db8::7f00:1", NULL},
	};
	char b[NAME_ROOM];
	uint8_t v4[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t v6[16];
		bool is;

		assert_true(address_from_ipv6(str_of(row[i].v6), v6));
		is = name_embedded_ipv4(v6, v4);
		assert_int_equal(is, row[i].v4 != NULL);
		if (is)
			assert_memory_equal(v4, name(row[i].v4, b).addr, 4);
	}
}

/*
 * The forms stand side by side: one bit off a prefix, and it is another
 * address, in which there is no other (or, of "compatible", none at all).
 */
static void
one_bit_off_a_prefix_nothing_is_carried(void **state)
{
	static const struct {
		const char *v6;
		unsigned bits; /* of the prefix */
	} row[] = {
	    {"::ffff:203.0.113.9", 96},
	    {"::ffff:0:203.0.113.9", 96},
	    {"64:ff9b::203.0.113.9", 96},
	    {"64:ff9b:1::203.0.113.9", 96},
	    {"2002:cb00:7109::", 16},
	};
	static const uint8_t want[4] = {203, 0, 113, 9};
	uint8_t v4[4], v6[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_true(address_from_ipv6(str_of(row[i].v6), v6));
		assert_true(name_embedded_ipv4(v6, v4));
		assert_memory_equal(v4, want, 4);
		for (unsigned bit = 0; bit < 128; bit++) {
			uint8_t a[16];
			bool is;

			memcpy(a, v6, 16);
			a[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
			is = name_embedded_ipv4(a, v4);
			/* 64:ff9b:: and 64:ff9b:1:: are one bit apart */
			if (bit == 47 && (i == 2 || i == 3))
				assert_true(is);
			else if (is != (bit >= row[i].bits))
				fail_msg("%s: bit %u", row[i].v6, bit);
		}
	}
}

/* :: and ::1 are addresses of their own; all others below 2^32 carry one. */
static void
the_loopback_carries_no_address(void **state)
{
	uint8_t a[16] = {0}, v4[4];

	(void)state;
	assert_false(name_embedded_ipv4(a, v4));
	a[15] = 1;
	assert_false(name_embedded_ipv4(a, v4));
	a[15] = 2;
	assert_true(name_embedded_ipv4(a, v4));
	assert_memory_equal(v4, a + 12, 4);
	a[15] = 1;
	a[12] = 127;
	assert_true(name_embedded_ipv4(a, v4));
	assert_memory_equal(v4, a + 12, 4);
}

static void
site_is_the_registrable_domain(void **state)
{
	static const char *const row[][2] = {
	    {"a.b.example.test", "example.test"},
	    {"www.example.co.uk", "example.co.uk"},
	    {"co.uk", "co.uk"},
	    {"test", "test"},
	    {"10.1.2.3", "10.1.2.3"},
	};
	char room[NAME_ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_true(str_eq(
		    name_site(name(row[i][0], room)), str_of(row[i][1])));
}

static void
each_refusal_has_words(void **state)
{
	(void)state;
	for (int r = NAME_OK; r <= NAME_IDN; r++)
		assert_true(str_of(name_result_text(r)).n > 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wire_and_text_agree),
	    cmocka_unit_test(wire_takes_no_text),
	    cmocka_unit_test(canonical_of_canonical_is_itself),
	    cmocka_unit_test(nul_is_a_byte_that_no_host_has),
	    cmocka_unit_test(every_byte_is_judged_alike_wherever_it_stands),
	    cmocka_unit_test(under_means_on_a_label_boundary),
	    cmocka_unit_test(addresses_inside_addresses_are_seen),
	    cmocka_unit_test(one_bit_off_a_prefix_nothing_is_carried),
	    cmocka_unit_test(the_loopback_carries_no_address),
	    cmocka_unit_test(site_is_the_registrable_domain),
	    cmocka_unit_test(each_refusal_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
