/*
 * hostile_test.c - lines that somebody or chance has changed: whatever is
 * taken from them is an entry like any other, and what is no list gives none.
 */
#include "tests/unit/lists/build.h"

#include "base/table.h"
#include "base/utf8.h"
#include "lists/address.h"
#include "lists/image_format.h"
#include "lists/path.h"
#include "lists/source.h"

/* ---- what must hold of each entry, however the line was */

struct taken {
	enum list_format format;
	unsigned entries, rejects;
	char again[SOURCE_LINE_MAX]; /* the last entry, as a line */
	bool nested;                 /* <again> is being read */
};

static const char *line_now; /* for messages */

static void
is_good_name(struct str s)
{
	char room[NAME_ROOM];
	struct name n;

	if (name_from_wire(s, room, &n) != NAME_OK || !str_eq(name_str(n), s) ||
	    n.kind != NAME_DNS || str_find(s, '.', 0) == s.n)
		fail_msg("<%s> gave <%.*s>", line_now, STR_ARG(s));
}

static void
is_good_url(struct str s)
{
	char room[NAME_ROOM], path[IMAGE_PATH_MAX + 1], raw[NAME_ROOM];
	size_t slash = str_find(s, '/', 0);
	struct str host = str_sub(s, 0, slash), rest = str_sub(s, slash, s.n);
	bool v6 = str_find(host, ':', 0) < host.n;
	struct name n;

	assert_true(rest.n > 1 && rest.n <= IMAGE_PATH_MAX);
	for (size_t i = 0; i < s.n; i++)
		assert_true(s.p[i] > ' ' && s.p[i] < 0x7f);
	if (!str_eq(path_canon(rest, PATH_AS_IS, path), rest))
		fail_msg("<%s>: path of <%.*s>", line_now, STR_ARG(s));
	snprintf(raw, sizeof(raw), v6 ? "[%.*s]" : "%.*s", STR_ARG(host));
	assert_int_equal(name_from_wire(str_of(raw), room, &n), NAME_OK);
	assert_true(str_eq(name_str(n), host));
}

static void
is_good_net(const struct source_entry *e)
{
	uint8_t masked[16];

	assert_true(e->bytes == 4 || e->bytes == 16);
	if (e->bits > e->bytes * 8 || e->bits < (e->bytes == 4 ? 8 : 16))
		fail_msg("<%s>: %u bits", line_now, e->bits);
	memcpy(masked, e->addr, 16);
	address_mask(masked, e->bytes, e->bits);
	assert_memory_equal(masked, e->addr, e->bytes);
}

static void
write_again(struct taken *t, const struct source_entry *e)
{
	char z[ADDRESS_ROOM];
	const char *sink = t->format == LIST_HOSTS ? "0.0.0.0 " : "";
	bool v6url = e->kind == SOURCE_URL &&
	             str_find(e->text, ':', 0) < str_find(e->text, '/', 0);
	size_t slash = str_find(e->text, '/', 0);

	if (v6url) {
		snprintf(t->again, sizeof(t->again), "[%.*s]%.*s", (int)slash,
		    e->text.p, STR_ARG(str_sub(e->text, slash, e->text.n)));
		return;
	}
	if (e->kind != SOURCE_NET) {
		snprintf(t->again, sizeof(t->again), "%s%.*s", sink,
		    STR_ARG(e->text));
		return;
	}
	if (e->bytes == 4)
		address_ipv4_text(e->addr, z);
	else
		address_ipv6_text(e->addr, z);
	if (e->bits == e->bytes * 8)
		snprintf(t->again, sizeof(t->again), "%s%s%s%s", sink,
		    e->bytes == 16 ? "[" : "", z, e->bytes == 16 ? "]" : "");
	else
		snprintf(t->again, sizeof(t->again), "%s/%u", z, e->bits);
}

static void
take(void *ctx, const struct source_entry *e)
{
	struct taken *t = ctx;

	t->entries++;
	if (e->kind == SOURCE_DOMAIN)
		is_good_name(e->text);
	else if (e->kind == SOURCE_URL)
		is_good_url(e->text);
	else
		is_good_net(e);
	assert_true(e->kind != SOURCE_URL || t->format == LIST_URLS);
	if (!t->nested) {
		write_again(t, e);
	} else {
		struct taken same = {.format = t->format};

		write_again(&same, e);
		if (strcmp(same.again, t->again) != 0)
			fail_msg("<%s>: <%s> became <%s>", line_now, t->again,
			    same.again);
	}
}

static void
reject(void *ctx, const char *why)
{
	struct taken *t = ctx;

	t->rejects++;
	assert_true(why && strlen(why) > 3);
}

static void
source_of_line(
    enum list_format format, struct str line, const struct source_sink *sink)
{
	struct source_reader *r = source_reader_new(format, STR_NONE);

	assert_non_null(r);
	source_reader_line(r, line, sink);
	source_reader_end(r, sink);
	source_reader_free(r);
}

static struct taken
read_line(enum list_format format, struct str s)
{
	static char shown[SOURCE_LINE_MAX];
	struct taken t = {.format = format};
	struct source_sink sink = {take, reject, reject, take, &t};

	snprintf(shown, sizeof(shown), "%.*s", STR_ARG(s));
	line_now = shown;
	source_of_line(format, s, &sink);
	if (format != LIST_HOSTS)
		assert_true(t.entries + t.rejects <= 1);
	if (t.entries) {
		/* an entry is a line, and that line is this entry */
		unsigned entries = t.entries;

		t.entries = 0;
		t.nested = true;
		source_of_line(format, str_of(t.again), &sink);
		if (t.entries != 1)
			fail_msg("<%s>: <%s> is none", line_now, t.again);
		t.entries = entries;
	}
	return t;
}

static const struct {
	enum list_format format;
	const char *line;
} lines[] = {
    {LIST_DOMAINS, "www.bad.test"},
    {LIST_DOMAINS, "*.bad.test # why"},
    {LIST_DOMAINS, "http://bad.test:80/"},
    {LIST_DOMAINS, "198.51.100.0/24"},
    {LIST_DOMAINS, "[2001:db8::1]:443"},
    {LIST_DOMAINS, "2001:db8::/32"},
    {LIST_DOMAINS, "b\xc3\xbc"
                   "cher.test"},
    {LIST_EXACT, "https://bad.test/"},
    {LIST_EXACT, "0xc6.51.100.7"},
    {LIST_HOSTS, "0.0.0.0 a.test b.test"},
    {LIST_HOSTS, "::1\t198.51.100.7 # x"},
    {LIST_URLS, "bad.test/a/../b?c=%2f#d"},
    {LIST_URLS, "http://bad.test/%61b\\c//d"},
    {LIST_URLS, "[2001:db8::5]/x"},
    {LIST_URLS, "198.51.100.7/x y"},
    {LIST_URLS, "bad.test/\xc3\xbc?\xc3\xbc"},
};

/* Every byte at every place: in place of what is there, and before it. */
static void
a_changed_line_gives_good_entries_or_a_reason(void **state)
{
	unsigned entries = 0, rejects = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct str s = str_of(lines[i].line);

		assert_true(read_line(lines[i].format, s).entries > 0);
		for (size_t at = 0; at <= s.n; at++)
			for (unsigned k = 0; k < 512; k++) {
				size_t cut = k < 256 && at < s.n ? 1 : 0;
				struct taken t;
				char z[128];

				memcpy(z, s.p, at);
				z[at] = (char)(k & 255);
				memcpy(
				    z + at + 1, s.p + at + cut, s.n - at - cut);
				t = read_line(lines[i].format,
				    str_make(z, s.n + 1 - cut));
				entries += t.entries;
				rejects += t.rejects;
			}
	}
	assert_true(entries > 10000 && rejects > 10000);
}

/* Cut anywhere, and doubled anywhere. */
static void
half_a_line_and_two_in_one_give_good_entries_or_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		for (size_t k = 0; k < ARRAY_LEN(lines); k++) {
			struct str a = str_of(lines[i].line);
			struct str b = str_of(lines[k].line);

			for (size_t at = 0; at <= a.n; at++) {
				char z[128];

				memcpy(z, a.p, at);
				memcpy(z + at, b.p, b.n);
				read_line(
				    lines[i].format, str_make(z, at + b.n));
				read_line(lines[k].format, str_sub(a, at, a.n));
			}
		}
}

/* ---- files that are no lists */

static const struct {
	const char *what;
	struct str text;
} files[] = {
    {"gzip", STR_INIT("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4a\x4c"
                      "\xd1\x2b\x49\x2d\x2e\xe1\x02\x00\x63\x1c\x5b\x09")},
    {"UTF-16, little end first", STR_INIT("\xff\xfe"
                                          "b\0a\0d\0.\0t\0e\0s\0t\0\n\0")},
    {"UTF-16, big end first", STR_INIT("\xfe\xff\0b\0a\0d\0.\0t\0e\0s\0t\0\n")},
    {"a page", STR_INIT("<!DOCTYPE html>\n<html>\n<head><title>404 Not "
                        "Found</title></head>\n<body>\n<a href=\"http://"
                        "good.test/\">good.test</a>\n</body></html>\n")},
    {"a page in one line",
        STR_INIT("<html><a href=\"http://good.test/x\">x</a></html>")},
    {"JSON", STR_INIT("{\n  \"domains\": [\n    \"good.test\",\n    "
                      "\"other.test\"\n  ]\n}\n")},
    {"CSV", STR_INIT("domain,category\ngood.test,news\n")},
    {"adblock", STR_INIT("[Adblock Plus 2.0]\n! Title: x\n||bad.test^\n"
                         "@@||good.test^\n##.ad\n/banner/*\n")},
    {"dnsmasq", STR_INIT("address=/bad.test/0.0.0.0\nserver=/good.test/\n")},
    {"RPZ", STR_INIT("$TTL 60\n@ SOA . . 1 1 1 1 1\nbad.test CNAME .\n"
                     "*.bad.test CNAME .\n")},
    {"a shell", STR_INIT("#!/bin/sh\nrm -rf \"$HOME\"\n")},
    {"top-level domains", STR_INIT("com\nnet\n.org\n*.test\n*\n.\n")},
    {"everything", STR_INIT("0.0.0.0/0\n::/0\n*.*\n*:80\n/\n?\n//\n")},
    {"wide networks", STR_INIT("0.0.0.0/1\n128.0.0.0/7\n::/15\n2000::/3\n")},
    {"NULs", STR_INIT("\0\0\0\0\n\0bad.test\nbad.test\0\n")},
};

static bool
is_list(const char *what)
{
	return strcmp(what, "adblock") == 0 || strcmp(what, "dnsmasq") == 0 ||
	       strcmp(what, "RPZ") == 0;
}

static void
what_is_no_list_blocks_nothing(void **state)
{
	static const enum list_format formats[] = {
	    LIST_AUTO, LIST_DOMAINS, LIST_EXACT, LIST_HOSTS};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
			struct build_source src = {
			    "l", "c", formats[f], files[i].text};
			struct compile *c;
			const struct compile_report *r;

			/* a list after all, if it is taken for what it is */
			if (formats[f] == LIST_AUTO && is_list(files[i].what))
				continue;
			c = build_feed(&src, 1, 5, 1);
			r = compile_report(c, 0);
			if (r->entries)
				fail_msg("%s as %s: %u entries", files[i].what,
				    list_format_name(formats[f]),
				    (unsigned)r->entries);
			assert_true(r->rejected > 0);
			for (unsigned k = 0; k < r->nkept; k++)
				assert_true(
				    utf8_is_valid(str_of(r->kept[k].text)));
			compile_free(c);
		}
}

/* ---- which format it is */

static void
a_few_odd_lines_do_not_change_the_format(void **state)
{
	static const struct {
		const char *line, *odd;
		unsigned odds; /* of 100 lines */
		enum list_format want;
	} row[] = {
	    {"0.0.0.0 bad.test", "bad.test", 0, LIST_HOSTS},
	    {"0.0.0.0 bad.test", "bad.test", 49, LIST_HOSTS},
	    {"0.0.0.0 bad.test", "bad.test", 51, LIST_DOMAINS},
	    {"0.0.0.0 bad.test", "bad.test/x", 49, LIST_HOSTS},
	    {"bad.test", "bad.test/x", 1, LIST_URLS},
	    {"bad.test", "198.51.100.0/24", 50, LIST_DOMAINS},
	    {"bad.test", "# http://good.test/x", 99, LIST_DOMAINS},
	    {"bad.test", "", 99, LIST_DOMAINS},
	    {"bad.test", "http://good.test/", 99, LIST_DOMAINS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct buf b = BUF_EMPTY;
		enum list_format got;

		for (unsigned k = 0; k < 100; k++)
			buf_addf(&b, "%s\r\n",
			    k * 37 % 100 < row[i].odds ? row[i].odd
			                               : row[i].line);
		got = source_recognise(buf_str(&b), STR("list.txt"));
		if (got != row[i].want)
			fail_msg("%s, %s: %s", row[i].line, row[i].odd,
			    list_format_name(got));
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_changed_line_gives_good_entries_or_a_reason),
	    cmocka_unit_test(
	        half_a_line_and_two_in_one_give_good_entries_or_a_reason),
	    cmocka_unit_test(what_is_no_list_blocks_nothing),
	    cmocka_unit_test(a_few_odd_lines_do_not_change_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
