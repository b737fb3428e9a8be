/* address_test.c - addresses in every spelling that a browser takes. */
#include "lists/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/table.h"

/* clang-format off */
static const struct {
	const char *text, *want; /* NULL: no IPv4 address */
} v4[] = {
	{"1.2.3.4", "1.2.3.4"},
	{"0.0.0.0", "0.0.0.0"},
	{"255.255.255.255", "255.255.255.255"},
	{"0", "0.0.0.0"},
	{"1", "0.0.0.1"},
	{"256", "0.0.1.0"},
	{"4294967295", "255.255.255.255"},
	{"4294967296", NULL},
	{"99999999999999999999", NULL},
	{"1.2", "1.0.0.2"},
	{"1.16777215", "1.255.255.255"},
	{"1.16777216", NULL},
	{"1.2.3", "1.2.0.3"},
	{"1.2.65535", "1.2.255.255"},
	{"1.2.65536", NULL},
	{"1.2.3.255", "1.2.3.255"},
	{"1.2.3.256", NULL},
	{"256.2.3.4", NULL},
	{"1.256.3.4", NULL},
	{"1.2.256.4", NULL},
	{"1.2.3.4.5", NULL},
	{"1.2.3.4.", NULL},
	{".1.2.3.4", NULL},
	{"1..3.4", NULL},
	{"", NULL},
	{".", NULL},
	/* octal */
	{"010", "0.0.0.8"},
	{"0177.0.0.01", "127.0.0.1"},
	{"00000000000000000000177.1", "127.0.0.1"},
	{"08", NULL},
	{"0177.0.0.09", NULL},
	{"037777777777", "255.255.255.255"},
	{"040000000000", NULL},
	/* hex */
	{"0x7f.1", "127.0.0.1"},
	{"0X7F.1", "127.0.0.1"},
	{"0x7F000001", "127.0.0.1"},
	{"0x0000000000000000000007f000001", "127.0.0.1"},
	{"0xffffffff", "255.255.255.255"},
	{"0x100000000", NULL},
	{"0x", "0.0.0.0"},
	{"0x.0x.0x.0x", "0.0.0.0"},
	{"0xg", NULL},
	{"x7f", NULL},
	{"00x7f", NULL},
	{"0x0x7f", NULL},
	/* nothing else */
	{"-1", NULL},
	{"+1", NULL},
	{" 1", NULL},
	{"1 ", NULL},
	{"1e3", NULL},
	{"1.2.3.a", NULL},
	{"1,2", NULL},
	{"1.2.3.4/8", NULL},
	{"1.2.3.4:80", NULL},
};

static const struct {
	const char *host;
	bool number;
} ends[] = {
	{"1.2.3.4", true},
	{"bad.test", false},
	{"bad.1", true},
	{"bad.09", true},
	{"bad.99999999999999999999", true},
	{"bad.0x", true},
	{"bad.0X1F", true},
	{"bad.0xg", false},
	{"bad.x1", false},
	{"bad.1x", false},
	{"1.bad", false},
	{"0x1.test", false},
	{"1", true},
	{"0x", true},
	{"a1", false},
	{"", false},
	{"bad.", false},
	{"bad.0x1-", false},
	{"bad.1_", false},
};

/* What RFC 5952 says of each; the first is taken, the second written. */
static const struct {
	const char *text, *want;
} v6[] = {
	{"::", "::"},
	{"::1", "::1"},
	{"1::", "1::"},
	{"0:0:0:0:0:0:0:0", "::"},
	{"0:0:0:0:0:0:0:1", "::1"},
	{"2001:0DB8::0001", "2001:db8::1"},
	{"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
	/* 4.2.2: one group alone is no run */
	{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
	{"0:1:1:1:1:1:1:1", "0:1:1:1:1:1:1:1"},
	{"1:1:1:1:1:1:1:0", "1:1:1:1:1:1:1:0"},
	/* 4.2.3: the longest, the first of equals */
	{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
	{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	{"0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"},
	{"1:0:0:1:1:1:0:0", "1::1:1:1:0:0"},
	{"1:1:1:1:1:1:0:0", "1:1:1:1:1:1::"},
	{"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
	{"::ffff:0102:0304", "::ffff:1.2.3.4"},
	{"0:0:0:0:0:FFFF:7f00:1", "::ffff:127.0.0.1"},
	{"::1.2.3.4", "::102:304"},
	{"64:ff9b::1.2.3.4", "64:ff9b::102:304"},
	{"::ffff:0:1.2.3.4", "::ffff:0:102:304"},
	{"fe80::1%lo", NULL},
	{"[::1]", NULL},
	{"::1/64", NULL},
	{":::", NULL},
	{":", NULL},
	{"", NULL},
	{"1", NULL},
	{"1:2:3:4:5:6:7", NULL},
	{"1:2:3:4:5:6:7:8:9", NULL},
	{"1::2::3", NULL},
	{"12345::", NULL},
	{"g::", NULL},
	{"::1.2.3", NULL},
	{"::1.2.3.256", NULL},
	{"::0x1.2.3.4", NULL},
	{"1.2.3.4::", NULL},
	{" ::1", NULL},
	{"::1 ", NULL},
	{"0000000000000000000000000000000000000000000001::", NULL},
};
/* clang-format on */

static void
ipv4_as_browsers_read_it(void **state)
{
	uint8_t a[4];
	char text[ADDRESS_ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v4); i++) {
		bool ok = address_from_ipv4(str_of(v4[i].text), a);

		if (ok != (v4[i].want != NULL))
			fail_msg("<%s>: %d", v4[i].text, ok);
		if (!ok)
			continue;
		assert_int_equal(
		    address_ipv4_text(a, text), strlen(v4[i].want));
		assert_string_equal(text, v4[i].want);
	}
}

static void
a_last_label_of_digits_is_an_address_or_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (address_ends_in_number(str_of(ends[i].host)) !=
		    ends[i].number)
			fail_msg("<%s>", ends[i].host);
}

/* What is read as an address must be known to be none of the names. */
static void
what_is_read_as_ipv4_ends_in_a_number(void **state)
{
	static const char byte[] = "019x.af";
	char z[6];
	uint8_t a[4];

	(void)state;
	for (unsigned k = 0; k < 7 * 7 * 7 * 7 * 7 * 7; k++) {
		struct str s = {z, 6};
		unsigned x = k;

		for (unsigned i = 0; i < 6; i++, x /= 7)
			z[i] = byte[x % 7];
		for (s.n = 1; s.n <= 6; s.n++)
			if (address_from_ipv4(s, a) &&
			    !address_ends_in_number(s))
				fail_msg("<%.*s>", STR_ARG(s));
	}
}

static void
ipv6_has_one_spelling(void **state)
{
	uint8_t a[16], again[16];
	char text[ADDRESS_ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v6); i++) {
		bool ok = address_from_ipv6(str_of(v6[i].text), a);

		if (ok != (v6[i].want != NULL))
			fail_msg("<%s>: %d", v6[i].text, ok);
		if (!ok)
			continue;
		address_ipv6_text(a, text);
		assert_string_equal(text, v6[i].want);
		assert_true(address_from_ipv6(str_of(text), again));
		assert_memory_equal(a, again, 16);
	}
	assert_false(address_from_ipv6(STR("::1\0"), a));
	assert_false(address_from_ipv6(STR("::\0001"), a));
}

/* All patterns of zero groups: as the C library writes them. */
static void
runs_of_zeros_are_those_of_the_c_library(void **state)
{
	(void)state;
	for (unsigned mask = 0; mask < 256; mask++) {
		char text[ADDRESS_ROOM], want[INET6_ADDRSTRLEN];
		uint8_t a[16] = {0};

		for (unsigned g = 0; g < 8; g++)
			if (mask >> g & 1)
				a[2 * g] = (uint8_t)(0x10 + g * 0x1f);
		/* there it writes dots, and so do others elsewhere */
		if ((mask & 0x3f) == 0)
			continue;
		inet_ntop(AF_INET6, a, want, sizeof(want));
		assert_int_equal(address_ipv6_text(a, text), strlen(want));
		assert_string_equal(text, want);
	}
}

static void
every_byte_is_written_in_decimal(void **state)
{
	char text[ADDRESS_ROOM], want[ADDRESS_ROOM];

	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		uint8_t a[4] = {(uint8_t)v, 0, (uint8_t)(255 - v), 7};
		size_t n = address_ipv4_text(a, text);

		assert_int_equal(
		    n, snprintf(want, sizeof(want), "%u.0.%u.7", v, 255 - v));
		assert_string_equal(text, want);
	}
}

static void
a_mask_leaves_just_its_bits(void **state)
{
	(void)state;
	for (unsigned bytes = 4; bytes <= 16; bytes += 12)
		for (unsigned bits = 0; bits <= bytes * 8; bits++) {
			uint8_t a[17];

			memset(a, 0xff, sizeof(a));
			address_mask(a, bytes, bits);
			for (unsigned i = 0; i < bytes * 8; i++)
				assert_int_equal(
				    a[i / 8] >> (7 - i % 8) & 1, i < bits);
			assert_int_equal(a[bytes], 0xff);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ipv4_as_browsers_read_it),
	    cmocka_unit_test(a_last_label_of_digits_is_an_address_or_nothing),
	    cmocka_unit_test(what_is_read_as_ipv4_ends_in_a_number),
	    cmocka_unit_test(ipv6_has_one_spelling),
	    cmocka_unit_test(runs_of_zeros_are_those_of_the_c_library),
	    cmocka_unit_test(every_byte_is_written_in_decimal),
	    cmocka_unit_test(a_mask_leaves_just_its_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
