/*
 * source_mixed_test.c - files read in the wrong format, globs against a
 * model: what no line names is never listed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "lists/source.h"
#include "lists/source_reader.h"

/* ---- the wrong format */

/* Good files; each host in them is named.test or below it. */
static const struct {
	enum list_format format;
	const char *text;
} files[] = {
    {LIST_DOMAINS, "# list\nnamed.test\n.a.named.test\nhttp://b.named.test/\n"},
    {LIST_EXACT, "named.test\nwww.named.test\n"},
    {LIST_HOSTS, "127.0.0.1 localhost\n0.0.0.0 named.test a.named.test # c\n"},
    {LIST_URLS, "named.test/x?y=1\nhttp://a.named.test/y\n"},
    {LIST_PATTERNS, "(casino|poker)\n^https?://[^/]*casino\n"},
    {LIST_ADBLOCK,
        "[Adblock Plus 2.0]\n! c\n||named.test^\n@@||a.named.test^$important\n"
        "||named.test/x*y^\nnamed.test##.ad\n||b.named.test^$script\n"},
    {LIST_DNSMASQ, "no-resolv\naddress=/named.test/a.named.test/0.0.0.0\n"
                   "server=/b.named.test/192.0.2.1\n"},
    {LIST_RPZ, "$TTL 60\n@ SOA a. b. (\n 1 2 3 4 5 ) ; c\nnamed.test CNAME .\n"
               "*.named.test CNAME .\na.named.test CNAME rpz-passthru.\n"},
    {LIST_DSTDOMAIN, ".named.test\na.named.test\n"},
    {LIST_V2FLY, "include:x\nfull:named.test @ads\nkeyword:casino\n"},
    {LIST_E2_SITES, "#listcategory: \"x\"\n.Include<x>\nnamed.test\n"},
    {LIST_E2_URLS, ".Include<x>\nnamed.test/x\n"},
    {LIST_E2_REGEXPS, "\"(casino)\"->\"\"\n(casino|poker)\n"},
    {LIST_HASHED, "sha256,kind,category,added\n"
                  "00ff00ff00ff00ff00ff00ff00ff00ff"
                  "00ff00ff00ff00ff00ff00ff00ff00ff,url,x,2026-11-22\n"},
};

struct seen {
	unsigned entries, told;
	bool foreign; /* an entry for a host that no line names */
};

static void
entry(void *ctx, const struct source_entry *e)
{
	struct seen *s = ctx;
	struct str host = str_sub(e->text, 0, str_find(e->text, '/', 0));

	s->entries++;
	if (e->kind == SOURCE_NET)
		s->foreign = true;
	if (e->kind == SOURCE_DOMAIN || e->kind == SOURCE_URL)
		s->foreign |= !str_ends(host, STR("named.test"));
}

static void
told(void *ctx, const char *why)
{
	struct seen *s = ctx;

	assert_true(why && *why);
	s->told++;
}

static struct seen
read_as(enum list_format format, struct str text)
{
	struct seen seen = {0};
	struct source_sink sink = {entry, told, told, entry, &seen};
	struct source_reader *r = source_reader_new(format, STR_NONE);
	struct str line;

	assert_non_null(r);
	while (str_next(&text, '\n', &line))
		source_reader_line(r, line, &sink);
	source_reader_end(r, &sink);
	source_reader_free(r);
	return seen;
}

static void
the_right_format_gives_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct seen s = read_as(files[i].format, str_of(files[i].text));

		if (!s.entries || s.foreign)
			fail_msg("%s", list_format_name(files[i].format));
	}
}

static void
the_wrong_format_lists_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		for (size_t k = 0; k < ARRAY_LEN(files); k++) {
			struct seen s =
			    read_as(files[k].format, str_of(files[i].text));

			if (s.foreign)
				fail_msg("%s as %s",
				    list_format_name(files[i].format),
				    list_format_name(files[k].format));
			/* what comes to nothing at all is not silent */
			if (!s.entries && !s.told)
				fail_msg("%s as %s: nothing was said",
				    list_format_name(files[i].format),
				    list_format_name(files[k].format));
		}
}

/* ---- globs */

static const char *const hosts[] = {"ads.test", "www.ads.test", "bads.test",
    "a.test", "a.b.test", "ads.a.test", "test", "q7zq.com", "q7zq.ru", "com",
    "ads1.com", "x.xn--p1ai", "a-b.test"};

/* Written for clarity, not for speed: all ways in which '*' can stretch. */
static bool
model(const char *g, const char *s, bool end)
{
	if (*g == '\0')
		return !end || *s == '\0';
	if (*g == '*')
		return model(g + 1, s, end) || (*s && model(g, s + 1, end));
	return *s == *g && model(g + 1, s + 1, end);
}

static bool
model_anywhere(const struct source_glob *g, const char *glob, const char *host)
{
	for (const char *at = host; *at; at++) {
		bool label = at == host || at[-1] == '.';

		if ((g->start && at != host) || (g->label && !label))
			continue;
		if (model(glob, at, g->end))
			return true;
	}
	return false;
}

/* The text of the pattern, matched by hand: it has but '^', "(?:^|\.)", '$',
 * ".*", "\." and plain characters. */
static bool
matches_here(const char *p, const char *s)
{
	if (*p == '\0')
		return true;
	if (*p == '$' && p[1] == '\0')
		return *s == '\0';
	if (p[0] == '.' && p[1] == '*') {
		for (;; s++) {
			if (matches_here(p + 2, s))
				return true;
			if (*s == '\0')
				return false;
		}
	}
	if (*p == '\\')
		p++;
	return *s == *p && matches_here(p + 1, s + 1);
}

static bool
matches(const char *p, const char *host)
{
	static const char label[] = "(?:^|\\.)";

	if (*p == '^')
		return matches_here(p + 1, host);
	for (const char *at = host; *at; at++)
		if (strncmp(p, label, sizeof(label) - 1) != 0) {
			if (matches_here(p, at))
				return true;
		} else if ((at == host || at[-1] == '.') &&
		           matches_here(p + sizeof(label) - 1, at)) {
			return true;
		}
	return false;
}

struct emitted {
	unsigned patterns, refused;
	char text[256], anchor[256];
};

static void
take_pattern(void *ctx, const struct source_entry *e)
{
	struct emitted *m = ctx;

	assert_int_equal(e->kind, SOURCE_PATTERN);
	assert_int_equal(e->flags, IMAGE_PATTERN_HOST);
	assert_true(str_copy(e->text, m->text, sizeof(m->text)));
	assert_true(str_copy(e->anchor, m->anchor, sizeof(m->anchor)));
	m->patterns++;
}

static void
take_refusal(void *ctx, const char *why)
{
	struct emitted *m = ctx;

	(void)why;
	m->refused++;
}

static void
check_glob(
    struct source_reader *r, const struct source_glob *g, const char *text)
{
	struct emitted m = {0};
	struct source_sink sink = {
	    take_pattern, take_refusal, take_refusal, take_pattern, &m};

	source_emit_glob(r, g, &sink);
	assert_int_equal(m.patterns + m.refused, 1);
	if (m.refused)
		return;
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		bool want = model_anywhere(g, text, hosts[i]);
		struct str host = str_of(hosts[i]), anchor = str_of(m.anchor);

		if (matches(m.text, hosts[i]) != want)
			fail_msg("%s: %s: %s", text, m.text, hosts[i]);
		/* nothing matches that is not below the anchor */
		if (want && anchor.n)
			assert_true(str_ends(host, anchor));
		/* nor a whole top-level domain */
		if (want)
			assert_true(strncmp(hosts[i], "q7zq.", 5) != 0);
	}
}

static void
globs_match_as_their_model_does(void **state)
{
	static const char *const bits[] = {
	    "*", ".", "ads", "a", "b", "test", "com", "q", "*", ""};
	struct source_reader *r = source_reader_new(LIST_ADBLOCK, STR_NONE);
	unsigned n = ARRAY_LEN(bits);

	(void)state;
	assert_non_null(r);
	for (unsigned i = 0; i < n * n * n * n; i++)
		for (unsigned how = 0; how < 6; how++) {
			struct source_glob g = {.label = how % 3 == 1,
			    .start = how % 3 == 2,
			    .end = how >= 3};
			char text[64];

			snprintf(text, sizeof(text), "%s%s%s%s", bits[i % n],
			    bits[i / n % n], bits[i / n / n % n],
			    bits[i / n / n / n]);
			g.text = str_of(text);
			check_glob(r, &g, text);
		}
	source_reader_free(r);
}

/* Many stars and hosts that nearly match: an answer, and no endless walk. */
static void
many_stars_are_no_trap(void **state)
{
	struct source_reader *r = source_reader_new(LIST_ADBLOCK, STR_NONE);
	char text[3000];
	struct source_glob g = {.text = {text, sizeof(text)}, .end = true};
	struct emitted m = {0};
	struct source_sink sink = {
	    take_pattern, take_refusal, take_refusal, take_pattern, &m};

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? 'q' : '*';
	source_emit_glob(r, &g, &sink);
	/* 1,500 times ".*q" is too long for a pattern */
	assert_int_equal(m.refused, 1);
	source_reader_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_right_format_gives_entries),
	    cmocka_unit_test(the_wrong_format_lists_nothing_else),
	    cmocka_unit_test(globs_match_as_their_model_does),
	    cmocka_unit_test(many_stars_are_no_trap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
