/* source_test.c - lines of lists: good, odd and hostile ones, by format. */
#include "lists/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/table.h"
#include "lists/address.h"
#include "lists/image_format.h"

/* What a line came to, as text: "name", "host/path", "1.2.3.4/32", "!why". */
struct got {
	char text[16384];
	size_t n;
};

static void
add(struct got *g, const char *sep, struct str s)
{
	int n = snprintf(g->text + g->n, sizeof(g->text) - g->n, "%s%.*s",
	    g->n ? sep : "", STR_ARG(s));

	g->n += (size_t)n;
	assert_true(g->n < sizeof(g->text));
}

static void
got_entry(void *ctx, const struct source_entry *e)
{
	char z[ADDRESS_ROOM + 8];
	size_t n;

	if (e->kind != SOURCE_NET) {
		assert_int_equal(e->kind == SOURCE_URL,
		    str_find(e->text, '/', 0) < e->text.n);
		add(ctx, " ", e->text);
		return;
	}
	n = e->bytes == 4 ? address_ipv4_text(e->addr, z)
	                  : address_ipv6_text(e->addr, z);
	n += (size_t)snprintf(z + n, 8, "/%u", e->bits);
	add(ctx, " ", str_make(z, n));
}

static void
got_reject(void *ctx, const char *why)
{
	assert_true(str_of(why).n > 3);
	add(ctx, " ", STR("!"));
	add(ctx, "", str_of(why));
}

static struct str
line(enum list_format f, struct str s, struct got *g)
{
	struct source_sink sink = {
	    got_entry, got_reject, got_reject, got_entry, g};
	struct source_reader *r = source_reader_new(f, STR_NONE);

	assert_non_null(r);
	g->n = 0;
	g->text[0] = '\0';
	source_reader_line(r, s, &sink);
	source_reader_end(r, &sink);
	source_reader_free(r);
	return str_make(g->text, g->n);
}

#define DOM LIST_DOMAINS
#define EXA LIST_EXACT
#define HST LIST_HOSTS
#define URL LIST_URLS

/* clang-format off */
static const struct {
	enum list_format format;
	const char *line, *want; /* "!" and how the reason begins */
} rows[] = {
	{DOM, "bad.test", "bad.test"},
	{DOM, "BAD.TEST", "bad.test"},
	{DOM, ".bad.test", "bad.test"},
	{DOM, "*.bad.test", "bad.test"},
	{DOM, "bad.test.", "bad.test"},
	{DOM, "bad.test\r", "bad.test"},
	{DOM, "  bad.test  ", "bad.test"},
	{DOM, "\tbad.test", "bad.test"},
	{DOM, "http://bad.test/", "bad.test"},
	{DOM, "HTTPS://Bad.Test", "bad.test"},
	{DOM, "//bad.test/", "bad.test"},
	{DOM, "http://bad.test:80/", "bad.test"},
	{DOM, "bad.test:443", "bad.test"},
	{DOM, "b\u00fc" "cher.test", "xn--bcher-kva.test"},
	{DOM, "xn--bcher-kva.test", "xn--bcher-kva.test"},
	{DOM, "bad.test # c", "bad.test"},
	{DOM, "bad.test\t#c", "bad.test"},
	{DOM, "# comment", ""},
	{DOM, "#", ""},
	{DOM, "", ""},
	{DOM, " \t\r", ""},
	{DOM, "bad\u3002test", "bad.test"},
	{DOM, "0x7f.1", "127.0.0.1/32"},
	{DOM, "198.51.100.7", "198.51.100.7/32"},
	{DOM, "http://198.51.100.7/", "198.51.100.7/32"},
	{DOM, "198.51.100.0/24", "198.51.100.0/24"},
	{DOM, "198.51.100.77/24", "198.51.100.0/24"},
	{DOM, "198.51.100.7/32", "198.51.100.7/32"},
	{DOM, "2001:DB8::1", "2001:db8::1/128"},
	{DOM, "[2001:db8::1]", "2001:db8::1/128"},
	{DOM, "[2001:db8::1]:443", "2001:db8::1/128"},
	{DOM, "2001:db8:ffff::/33", "2001:db8:8000::/33"},
	{DOM, "bad.test/x", "!has a path"},
	{DOM, "http://bad.test/x", "!has a path"},
	{DOM, "bad.test?x", "!has a path"},
	{DOM, "http://198.51.100.0/24", "!has a path"},
	{DOM, "bad.test:8080", "!has a port"},
	{DOM, "http://bad.test:443", "!has a port"},
	{DOM, "bad.test:x", "!what stands behind the colon"},
	{DOM, "good.test@bad.test", "!has a user"},
	{DOM, "gopher://bad.test", "!a scheme"},
	{DOM, "com", "!a label alone"},
	{DOM, ".com", "!a label alone"},
	{DOM, "*.com", "!a label alone"},
	{DOM, "com.", "!a label alone"},
	{DOM, "\u0440\u0444", "!a label alone"},
	{DOM, "localhost", "!localhost"},
	{DOM, "LOCALHOST.", "!localhost"},
	{DOM, "*", "!matches everything"},
	{DOM, ".", "!matches everything"},
	{DOM, "*.", "!matches everything"},
	{DOM, "*.*", "!matches everything"},
	{DOM, "/", "!matches everything"},
	{DOM, "http:///", "!matches everything"},
	{DOM, ".*", "!matches everything"},
	{DOM, "0.0.0.0/0", "!matches everything"},
	{DOM, "::/0", "!matches everything"},
	{DOM, "0.0.0.0/1", "!the network is too wide"},
	{DOM, "2000::/3", "!the network is too wide"},
	{DOM, "198.51.100.0/33", "!what stands behind the slash"},
	{DOM, "198.51.100.0/-1", "!what stands behind the slash"},
	{DOM, "198.51.100.0/255.255.255.0", "!what stands behind the slash"},
	{DOM, "bad.test good.test", "!a byte"},
	{DOM, "..bad.test", "!an empty label"},
	{DOM, "bad..test", "!an empty label"},
	{DOM, "*bad.test", "!a byte"},
	{DOM, "bad.*", "!a byte"},
	{DOM, "||bad.test^", "!a byte"},
	{DOM, "b\xfc" "cher.test", "!not UTF-8"},
	{DOM, "ba\u200c" "d.test", "!Unicode"},
	{DOM, "1.2.3", "1.2.0.3/32"},
	{DOM, "1.2.3.4.5", "!ends in a number"},
	{DOM, "bad.test#x", "!has a path"},

	{EXA, "bad.test", "bad.test"},
	{EXA, "http://bad.test/", "bad.test"},
	{EXA, "198.51.100.7", "198.51.100.7/32"},
	{EXA, ".bad.test", "!means what is below"},
	{EXA, "*.bad.test", "!means what is below"},
	{EXA, "198.51.100.0/24", "!more than a host"},
	{EXA, "bad.test/x", "!more than a host"},
	{EXA, "com", "!a label alone"},

	{HST, "0.0.0.0 bad.test", "bad.test"},
	{HST, "127.0.0.1\tbad.test", "bad.test"},
	{HST, ":: bad.test", "bad.test"},
	{HST, "::1 a.test b.test # c", "a.test b.test"},
	{HST, "0.0.0.0 BAD.TEST.", "bad.test"},
	{HST, "127.0.0.1 localhost", ""},
	{HST, "127.0.0.1 localhost.localdomain local", ""},
	{HST, "255.255.255.255 broadcasthost", ""},
	{HST, "fe80::1%lo0 localhost", ""},
	{HST, "ff02::1 ip6-allnodes", ""},
	{HST, "0.0.0.0 0.0.0.0", ""},
	{HST, "0.0.0.0 0 127.1 [::1] ::", ""},
	{HST, "0.0.0.0 198.51.100.7", "198.51.100.7/32"},
	{HST, "192.0.2.5 printer.test", "!the address is a real one"},
	{HST, "0.0.0.0", "!no name"},
	{HST, "bad.test", "!begins with no address"},
	{HST, "0.0.0.0 com a.test", "!a label alone would match a whole "
	    "top-level domain a.test"},
	{HST, "0.0.0.0 *.bad.test", "!a byte"},
	{HST, "# x", ""},

	{URL, "bad.test/x", "bad.test/x"},
	{URL, "http://Bad.Test/X", "bad.test/X"},
	{URL, "https://bad.test:443/x?y=1&z", "bad.test/x?y=1&z"},
	{URL, "bad.test", "bad.test"},
	{URL, "bad.test/", "bad.test"},
	{URL, "bad.test/./", "bad.test"},
	{URL, "bad.test//x/../%73ecret", "bad.test/secret"},
	{URL, "bad.test/a%2fb", "bad.test/a%2Fb"},
	{URL, "bad.test/x#top", "bad.test/x"},
	{URL, "bad.test#top", "bad.test"},
	{URL, "bad.test/x # c", "bad.test/x"},
	{URL, "bad.test?x", "bad.test/?x"},
	{URL, "bad.test/a b", "bad.test/a%20b"},
	{URL, "bad.test/a\\b\\..\\c", "bad.test/a/c"},
	{URL, "bad.test/a%5Cb", "bad.test/a%5Cb"},
	{URL, "bad.test/a?b\\c", "bad.test/a?b\\c"},
	{URL, "bad.test/Foo_%28bar%29", "bad.test/Foo_(bar)"},
	{URL, "bad.test/b\u00fc", "bad.test/b%C3%BC"},
	{URL, "bad.test/?u=http://good.test/", "bad.test/?u=http://good.test/"},
	{URL, "bad.test?u=http://good.test/", "bad.test/?u=http://good.test/"},
	{URL, "bad.test/http://good.test/", "bad.test/http:/good.test/"},
	{URL, "*.bad.test/x", "bad.test/x"},
	{URL, "198.51.100.7/x", "198.51.100.7/x"},
	{URL, "198.51.100.7", "198.51.100.7/32"},
	{URL, "[2001:db8::1]/x", "2001:db8::1/x"},
	{URL, "com/x", "!a label alone"},
	{URL, "/x", "!matches everything"},
	{URL, "*/x", "!matches everything"},
	{URL, "bad.test:8080/x", "!has a port"},
	{URL, "good.test@bad.test/x", "!has a user"},
	{URL, "bad.test\\x", "!a byte"},
	{URL, "bad.test/\xe4", "!not UTF-8"},
};
/* clang-format on */

static void
lines_as_the_table_says(void **state)
{
	static struct got g;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str want = str_of(rows[i].want);
		struct str got = line(rows[i].format, str_of(rows[i].line), &g);
		bool ok = want.n && want.p[0] == '!' ? str_starts(got, want)
		                                     : str_eq(got, want);

		if (!ok)
			fail_msg("%s <%s>: <%.*s>",
			    list_format_name(rows[i].format), rows[i].line,
			    STR_ARG(got));
	}
}

static void
nul_in_a_line_is_refused(void **state)
{
	static struct got g;

	(void)state;
	for (int f = LIST_DOMAINS; f < LIST_UT1; f++) {
		struct str s = STR("0.0.0.0\0 bad.test");

		if (!str_starts(line((enum list_format)f, s, &g), STR("!")))
			fail_msg("%s", list_format_name((enum list_format)f));
	}
}

static void
lines_over_the_limit_are_refused(void **state)
{
	static char text[SOURCE_LINE_MAX + 1];
	static struct got g;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "bad.test", 8);
	assert_true(
	    str_eq(line(LIST_DOMAINS, str_make(text, SOURCE_LINE_MAX), &g),
	        STR("bad.test")));
	assert_true(str_starts(
	    line(LIST_DOMAINS, str_make(text, sizeof(text)), &g), STR("!")));
}

static void
paths_over_the_limit_are_refused(void **state)
{
	static char text[SOURCE_LINE_MAX];
	static struct got g;
	struct str s;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "bad.test/", 9);
	s = line(LIST_URLS, str_make(text, 8 + IMAGE_PATH_MAX), &g);
	assert_int_equal(s.n, 8 + IMAGE_PATH_MAX);
	s = line(LIST_URLS, str_make(text, 9 + IMAGE_PATH_MAX), &g);
	assert_true(str_starts(s, STR("!the path")));
	/* escapes count as they will be sent: three bytes each */
	for (size_t i = 9; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	s = line(LIST_URLS, str_make(text, 4095), &g);
	assert_true(str_starts(s, STR("!the path")));
}

static void
names_of_formats_go_both_ways(void **state)
{
	enum list_format f;

	(void)state;
	for (int i = 0; i < LIST_FORMATS; i++) {
		assert_true(list_format_from(
		    str_of(list_format_name((enum list_format)i)), &f));
		assert_int_equal(f, i);
	}
	assert_false(list_format_from(STR("Adblock"), &f));
	assert_false(list_format_from(STR(""), &f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_as_the_table_says),
	    cmocka_unit_test(nul_in_a_line_is_refused),
	    cmocka_unit_test(lines_over_the_limit_are_refused),
	    cmocka_unit_test(paths_over_the_limit_are_refused),
	    cmocka_unit_test(names_of_formats_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
