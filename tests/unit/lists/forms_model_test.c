/*
 * forms_model_test.c - addresses and paths against the steps of the standards
 * as they are written (WHATWG URL, RFC 4291, RFC 5952, RFC 3986), for all
 * short texts over the bytes that mean something.
 */
#include "tests/unit/lists/worlds.h"

#include "lists/address.h"
#include "lists/path.h"

typedef void check_fn(struct str s);

/* Every text of up to <max> bytes over <alphabet>. */
static void
each_text(const char *alphabet, unsigned max, check_fn *check)
{
	size_t letters = strlen(alphabet), total = 1;
	char z[16];

	for (unsigned n = 1; n <= max; n++) {
		total *= letters;
		for (size_t i = 0; i < total; i++) {
			size_t x = i;

			for (unsigned k = 0; k < n; k++, x /= letters)
				z[k] = alphabet[x % letters];
			check(str_make(z, n));
		}
	}
}

static unsigned taken;

/* ---- WHATWG URL: the IPv4 number parser, the IPv4 parser */

/* -1: failure. Numbers here are short: none is beyond 64 bits. */
static int64_t
ipv4_number(const char *p, size_t n)
{
	char z[16], *end;
	int base = 10;
	int64_t v;

	if (n == 0)
		return -1;
	if (n >= 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		p += 2;
		n -= 2;
		base = 16;
	} else if (n >= 2 && p[0] == '0') {
		p++;
		n--;
		base = 8;
	}
	if (n == 0)
		return 0;
	memcpy(z, p, n);
	z[n] = '\0';
	/* strtol() would take these itself */
	if (strpbrk(z, "xX+-"))
		return -1;
	v = strtoll(z, &end, base);
	return *end ? -1 : v;
}

static bool
ipv4_parser(struct str s, uint32_t *out)
{
	int64_t number[17], ipv4;
	unsigned n = 0;
	size_t from = 0;

	for (size_t i = 0; i <= s.n; i++)
		if (i == s.n || s.p[i] == '.') {
			number[n++] = ipv4_number(s.p + from, i - from);
			from = i + 1;
		}
	if (n > 4)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (number[i] < 0 || (i + 1 < n && number[i] > 255))
			return false;
	ipv4 = number[n - 1];
	if (ipv4 >= (int64_t)1 << (8 * (5 - n)))
		return false;
	for (unsigned i = 0; i + 1 < n; i++)
		ipv4 += number[i] << (8 * (3 - i));
	*out = (uint32_t)ipv4;
	return true;
}

static void
check_ipv4(struct str s)
{
	uint8_t got[4];
	uint32_t want = 0;
	bool is = ipv4_parser(s, &want);

	if (s.p[s.n - 1] == '.')
		return; /* the caller takes a last dot off */
	taken += is;
	if (address_from_ipv4(s, got) != is ||
	    (is && ((uint32_t)got[0] << 24 | (uint32_t)got[1] << 16 |
	               (uint32_t)got[2] << 8 | got[3]) != want))
		fail_msg("<%.*s>", STR_ARG(s));
}

static void
short_texts_are_ipv4_as_the_url_standard_says(void **state)
{
	(void)state;
	taken = 0;
	each_text("0x1.89f", 6, check_ipv4);
	each_text("025.6", 8, check_ipv4);
	assert_true(taken > 10000);
}

/* ---- RFC 4291 2.2, and RFC 5952 4 for the way back */

/* The groups of <s>, which has no "::" in it; -1: no such. */
static int
groups_of(struct str s, uint16_t out[16])
{
	struct str one;
	int n = 0;

	if (s.n == 0)
		return 0;
	if (s.p[s.n - 1] == ':')
		return -1;
	while (str_next(&s, ':', &one)) {
		unsigned v = 0;

		if (one.n < 1 || one.n > 4 || n == 16)
			return -1;
		for (size_t i = 0; i < one.n; i++) {
			const char *hex = "0123456789abcdef";
			const char *at = strchr(hex, one.p[i]);

			if (!at)
				return -1;
			v = v * 16 + (unsigned)(at - hex);
		}
		out[n++] = (uint16_t)v;
	}
	return n;
}

static bool
ipv6_parser(struct str s, uint16_t out[8])
{
	uint16_t front[16], back[16];
	size_t gap = str_search(s, STR("::"));
	int a = groups_of(str_sub(s, 0, gap), front), b = 0;

	memset(out, 0, 16);
	if (gap < s.n)
		b = groups_of(str_sub(s, gap + 2, s.n), back);
	if (a < 0 || b < 0 || (gap < s.n ? a + b > 7 : a != 8))
		return false;
	memcpy(out, front, 2 * (size_t)a);
	memcpy(out + 8 - b, back, 2 * (size_t)b);
	return true;
}

/* The longest run of two zero groups or more, the first of equals. */
static void
ipv6_text(const uint16_t g[8], char out[64])
{
	unsigned at = 8, best = 1;
	size_t n = 0;

	for (unsigned i = 0; i < 8; i++) {
		unsigned k = i;

		while (k < 8 && g[k] == 0)
			k++;
		if (k - i > best) {
			best = k - i;
			at = i;
		}
	}
	out[0] = '\0';
	for (unsigned i = 0; i < 8; i++)
		if (i == at) {
			n += (size_t)snprintf(out + n, 64 - n, "::");
			i += best - 1;
		} else {
			n += (size_t)snprintf(out + n, 64 - n, "%s%x",
			    n && out[n - 1] != ':' ? ":" : "", g[i]);
		}
}

static void
check_text(const uint16_t g[8])
{
	char want[64], got[ADDRESS_ROOM];
	uint8_t addr[16];

	for (unsigned i = 0; i < 16; i++)
		addr[i] = (uint8_t)(g[i / 2] >> (i % 2 ? 0 : 8));
	ipv6_text(g, want);
	address_ipv6_text(addr, got);
	if (strcmp(got, want) != 0)
		fail_msg("%s, not %s", got, want);
}

static void
check_ipv6(struct str s)
{
	uint8_t got[16];
	uint16_t want[8];
	bool is = ipv6_parser(s, want);

	taken += is;
	if (address_from_ipv6(s, got) != is)
		fail_msg("<%.*s>", STR_ARG(s));
	for (unsigned i = 0; is && i < 8; i++)
		if ((got[2 * i] << 8 | got[2 * i + 1]) != want[i])
			fail_msg("<%.*s>: group %u", STR_ARG(s), i);
	if (is)
		check_text(want);
}

static void
short_texts_are_ipv6_as_the_rfc_says(void **state)
{
	(void)state;
	taken = 0;
	each_text(":1a0", 8, check_ipv6);
	each_text(":1", 15, check_ipv6);
	assert_true(taken > 1000);
}

/* Each group zero or not, in all ways: 256 times four values. */
static void
runs_of_zeros_are_shortened_as_the_rfc_says(void **state)
{
	static const uint16_t value[] = {1, 0xa0, 0xfff, 0xffff};

	(void)state;
	for (unsigned set = 0; set < 256; set++)
		for (unsigned v = 0; v < ARRAY_LEN(value); v++) {
			uint16_t g[8];

			for (unsigned i = 0; i < 8; i++)
				g[i] = set >> i & 1 ? value[v] : 0;
			/* mapped ones are written with dots */
			if (v == 3 && (set & 0x3f) == 0x20)
				continue;
			check_text(g);
		}
}

/* ---- RFC 3986 5.2.4, step by step, behind runs of '/' made one */

static size_t
remove_dot_segments(const char *in, char *out)
{
	size_t n = 0;

	while (*in)
		if (strncmp(in, "/./", 3) == 0) {
			in += 2;
		} else if (strcmp(in, "/.") == 0) {
			in = "/";
		} else if (strncmp(in, "/../", 4) == 0 ||
		           strcmp(in, "/..") == 0) {
			in = in[3] ? in + 3 : "/";
			while (n > 0 && out[--n] != '/')
				continue;
		} else {
			do
				out[n++] = *in++;
			while (*in && *in != '/');
		}
	return n;
}

static void
check_path(struct str s)
{
	char in[24] = "/", want[24], got[24];
	size_t n = 1;
	struct str canon;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '/' || in[n - 1] != '/')
			in[n++] = s.p[i];
	in[n] = '\0';
	n = remove_dot_segments(in, want);
	canon = path_canon(s, PATH_AS_IS, got);
	taken += canon.n != s.n;
	if (!str_eq(canon, str_make(want, n)))
		fail_msg("<%.*s>: <%.*s>, not <%.*s>", STR_ARG(s),
		    STR_ARG(canon), (int)n, want);
}

static void
dot_segments_go_as_the_rfc_says(void **state)
{
	(void)state;
	taken = 0;
	each_text("/.a", 10, check_path);
	assert_true(taken > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(short_texts_are_ipv4_as_the_url_standard_says),
	    cmocka_unit_test(short_texts_are_ipv6_as_the_rfc_says),
	    cmocka_unit_test(runs_of_zeros_are_shortened_as_the_rfc_says),
	    cmocka_unit_test(dot_segments_go_as_the_rfc_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
