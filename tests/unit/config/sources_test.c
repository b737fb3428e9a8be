/*
 * sources_test.c - which files a [list] is, in a folder of its own: trees,
 * folders, files that include others.
 */
#include "tests/unit/config/collect.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "base/table.h"
#include "config/sources.h"

struct place {
	char dir[64], old[PATH_MAX];
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p || !getcwd(p->old, sizeof(p->old)))
		return -1;
	memcpy(p->dir, "/tmp/suzgi-sources-XXXXXX", 26);
	if (!mkdtemp(p->dir) || chdir(p->dir) < 0)
		return -1;
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	if (chdir(p->old) < 0 || system(command) != 0)
		return -1;
	free(p);
	return 0;
}

/* Write <text> to <path> below the folder, with the folders it needs; what
 * begins with "->" is a link. */
static void
put(const char *path, const char *text)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct err err;

	if (slash) {
		str_copy(str_make(path, (size_t)(slash - path)), folder,
		    sizeof(folder));
		assert_int_equal(file_mkdirs(folder, &err), 0);
	}
	if (strncmp(text, "->", 2) == 0)
		assert_int_equal(symlink(text + 2, path), 0);
	else
		assert_int_equal(
		    file_replace(path, str_of(text), 0644, &err), 0);
}

static void
clean(void)
{
	assert_int_equal(system("rm -rf l"), 0);
}

/* Find the sources of one list; reports go to <out>. */
static int
find(struct sources *s, const char *source, enum list_format format,
    const char *category, struct buf *out)
{
	struct config_list l = {.name = STR("l"),
	    .source = str_of(source),
	    .category = str_of(category),
	    .format = format,
	    .where = {STR("t"), 1, 1}};
	struct config c = {.list = {&l, 1}};
	struct diag d = {.report = collect, .arg = out};

	buf_reset(out);
	return sources_find(s, &c, &d);
}

/* "shown=category:format<only>!" for each, "!" where it is white. */
static void
describe(const struct sources *s, struct buf *out)
{
	buf_reset(out);
	for (unsigned i = 0; i < s->n; i++)
		buf_addf(out, "%s%s=%s:%s%s%s%s%s", i ? " " : "", s->v[i].shown,
		    s->v[i].category, list_format_name(s->v[i].format),
		    s->v[i].only[0] ? "<" : "", s->v[i].only,
		    s->v[i].only[0] ? ">" : "", s->v[i].white ? "!" : "");
}

#define FILES_MAX 8

static const struct {
	const char *rule; /* what the case says */
	const char *source;
	enum list_format format;
	const char *category;
	struct {
		const char *path, *text;
	} file[FILES_MAX];
	const char *want;
	const char *said; /* in a warning; "": there is none */
} cases[] = {
    {"a file of its own", "l/x", LIST_AUTO, "c", {{"l/x", "bad.test\n"}},
        "l/x=c:domains", ""},
    {"a file's format is recognised", "l/x", LIST_AUTO, "c",
        {{"l/x", "||bad.test^\n"}}, "l/x=c:adblock", ""},
    {"a format that is named is not", "l/x", LIST_EXACT, "c",
        {{"l/x", "||bad.test^\n"}}, "l/x=c:exact", ""},
    {"a folder gives its files, sorted, without hidden ones", "l", LIST_AUTO,
        "c",
        {{"l/b", "0.0.0.0 bad.test\n"}, {"l/a", "bad.test\n"},
            {"l/.c", "bad.test\n"}, {"l/d/e", "x\n"}},
        "a=c:domains b=c:hosts", ""},
    {"E2Guardian's lists of exceptions are no lists of what is bad", "l",
        LIST_AUTO, "c",
        {{"l/bannedsitelist", "bad.test\n"},
            {"l/exceptionsitelist", "good.test\n"},
            {"l/greyurllist", "good.test/x\n"},
            {"l/weightedphraselist", "<x><1>\n"}},
        "bannedsitelist=c:e2guardian-sites", "exceptionsitelist"},
    {"but a format that is named takes them", "l", LIST_E2_SITES, "c",
        {{"l/exceptionsitelist", "good.test\n"}},
        "exceptionsitelist=c:e2guardian-sites", ""},

    {"a tree has a category for each folder", "l", LIST_AUTO, "",
        {{"l/ads/domains", "a.test\n"}, {"l/ads/urls", "a.test/x\n"},
            {"l/ads/expressions", "x+\n"}, {"l/sex/domains", "b.test\n"},
            {"l/README", "x\n"}},
        "ads/domains=ads:domains ads/urls=ads:urls "
        "ads/expressions=ads:patterns sex/domains=sex:domains",
        ""},
    {"a very restrictive expression is a category of its own", "l", LIST_UT1,
        "",
        {{"l/adult/urls", "b.test/x\n"},
            {"l/adult/very_restrictive_expression", "xxx\n"}},
        "adult/urls=adult:urls adult/very_restrictive_expression="
        "adult_very_restrictive:patterns",
        ""},
    {"but E2Guardian's folder is none, though it has trees in it", "l",
        LIST_AUTO, "c",
        {{"l/bannedsitelist", ".Include<ads/domains>\n"},
            {"l/ads/domains", "a.test\n"}, {"l/sex/domains", "b.test\n"}},
        "bannedsitelist=c:e2guardian-sites ads/domains=c:e2guardian-sites", ""},
    {"links to folders are other names, said once", "l", LIST_UT1, "",
        {{"l/ads/domains", "a.test\n"}, {"l/publicite", "->ads"},
            {"l/pub", "->ads"}},
        "ads/domains=ads:domains", "2 links to folders"},
    {"links to files are followed", "l", LIST_UT1, "",
        {{"l/ads/domains", "a.test\n"}, {"l/all/domains", "->../ads/domains"}},
        "ads/domains=ads:domains all/domains=all:domains", ""},
    {"usage says which are to let through", "l", LIST_UT1, "",
        {{"l/press/domains", "a.test\n"}, {"l/press/usage", "# x\nWhite\n"},
            {"l/ads/domains", "b.test\n"}, {"l/ads/usage", "black\n"}},
        "ads/domains=ads:domains press/domains=press:domains!", ""},
    {"or else global_usage does", "l", LIST_UT1, "",
        {{"l/press/domains", "a.test\n"}, {"l/ads/domains", "b.test\n"},
            {"l/global_usage", "NAME: ads\nDEFAULT_TYPE: black\n\nNAME:\t"
                               "press\nDEFAULT_TYPE: white\n"}},
        "ads/domains=ads:domains press/domains=press:domains!", ""},
    {"all in one category: what is white is named", "l", LIST_UT1, "c",
        {{"l/press/domains", "a.test\n"}, {"l/press/usage", "white\n"}},
        "press/domains=c:domains!", "press"},
    {"a folder that is no category's name is skipped", "l", LIST_UT1, "",
        {{"l/a b/domains", "a.test\n"}, {"l/ads/domains", "b.test\n"}},
        "ads/domains=ads:domains", "no category name"},

    {"a file that is included is a source beside it", "l/x", LIST_E2_SITES, "c",
        {{"l/x", "a.test\n.Include<y>\n"}, {"l/y", "b.test\n"}},
        "l/x=c:e2guardian-sites l/y=c:e2guardian-sites", ""},
    {"includes are found though the format is recognised", "l/x", LIST_AUTO,
        "c", {{"l/x", ".Include<y>\n"}, {"l/y", "b.test\n"}},
        "l/x=c:e2guardian-sites l/y=c:e2guardian-sites", ""},
    {"in the last line without an end as well", "l/x", LIST_E2_URLS, "c",
        {{"l/x", "a.test/x\r\n.Include<y>"}, {"l/y", "b.test/x\n"}},
        "l/x=c:e2guardian-urls l/y=c:e2guardian-urls", ""},
    {"behind a byte order mark", "l/x", LIST_E2_SITES, "c",
        {{"l/x", "\xef\xbb\xbf.Include<y>\n"}, {"l/y", "b.test\n"}},
        "l/x=c:e2guardian-sites l/y=c:e2guardian-sites", ""},
    {"relative to the file that includes", "l/x", LIST_E2_SITES, "c",
        {{"l/x", ".Include<d/y>\n"}, {"l/d/y", ".Include<z>\n"},
            {"l/d/z", "b.test\n"}},
        "l/x=c:e2guardian-sites l/d/y=c:e2guardian-sites "
        "l/d/z=c:e2guardian-sites",
        ""},
    {"absolute, but below the list's folder where it is not there", "l",
        LIST_E2_SITES, "c",
        {{"l/x", ".Include</etc/no-such/lists/d/y>\n"}, {"l/d/y", "b.test\n"}},
        "x=c:e2guardian-sites d/y=c:e2guardian-sites", ""},
    {"and without the group's folder", "l", LIST_E2_SITES, "c",
        {{"l/x", ".Include</etc/no-such/lists/group1/y>\n"},
            {"l/y", "b.test\n"}},
        "x=c:e2guardian-sites y=c:e2guardian-sites", ""},
    {"one that is missing is named with its line", "l/x", LIST_E2_SITES, "c",
        {{"l/x", "a.test\n.Include<nosuch>\n"}}, "l/x=c:e2guardian-sites",
        "l/x:2:1: warning: list l: 1 of the files that are included are "
        "not there: \"nosuch\""},
    {"several in one warning", "l/x", LIST_V2FLY, "c",
        {{"l/x", "a.test\ninclude:a\ninclude:b\ninclude:c\ninclude:d\n"}},
        "l/x=c:v2fly",
        "l/x:2:1: warning: list l: 4 of the files that are included are "
        "not there: \"a\", \"b\", \"c\", ..."},
    {"one above is none", "l/d/x", LIST_E2_SITES, "c",
        {{"l/d/x", ".Include<../y>\n"}, {"l/y", "b.test\n"}},
        "l/d/x=c:e2guardian-sites", "not there"},
    {"a folder is none", "l/x", LIST_E2_SITES, "c",
        {{"l/x", ".Include<d>\n"}, {"l/d/y", "b.test\n"}},
        "l/x=c:e2guardian-sites", "not there"},
    {"each is taken once, and circles end", "l/x", LIST_E2_SITES, "c",
        {{"l/x", ".Include<y>\n.Include<y>\n.Include<x>\n"},
            {"l/y", ".Include<x>\n.Include<z>\n"}, {"l/z", "->y"}},
        "l/x=c:e2guardian-sites l/y=c:e2guardian-sites", ""},
    {"of a folder's files none comes twice", "l", LIST_V2FLY, "c",
        {{"l/a", "include:b\n"}, {"l/b", "include:a @x\n"}},
        "a=c:v2fly b=c:v2fly", ""},
    {"attributes are asked for", "l/a", LIST_V2FLY, "c",
        {{"l/a", "include:b @ads @-cn # c\n"}, {"l/b", "x.test @ads\n"}},
        "l/a=c:v2fly l/b=c:v2fly<@-cn @ads>", ""},
    {"with others, it is another source", "l/a", LIST_V2FLY, "c",
        {{"l/a", "include:b @x\ninclude:b @y\ninclude:b @x\n"},
            {"l/b", "x.test @x\n"}},
        "l/a=c:v2fly l/b=c:v2fly<@x> l/b=c:v2fly<@y>", ""},
    {"all the way down, in one order, so that circles end", "l/a", LIST_V2FLY,
        "c", {{"l/a", "include:b @x\n"}, {"l/b", "include:b @y\n"}},
        "l/a=c:v2fly l/b=c:v2fly<@x> l/b=c:v2fly<@x @y>", ""},
    {"other formats include nothing", "l/x", LIST_DOMAINS, "c",
        {{"l/x", ".Include<y>\ninclude:y\n"}, {"l/y", "b.test\n"}},
        "l/x=c:domains", ""},
};

static void
lists_are_these_files(void **state)
{
	struct buf out = BUF_EMPTY, got = BUF_EMPTY;
	struct sources s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (unsigned k = 0; k < FILES_MAX; k++)
			if (cases[i].file[k].path)
				put(cases[i].file[k].path,
				    cases[i].file[k].text);
		if (find(&s, cases[i].source, cases[i].format,
		        cases[i].category, &out) < 0)
			fail_msg("%s: %s", cases[i].rule, collected(&out));
		describe(&s, &got);
		if (!str_eq(buf_str(&got), str_of(cases[i].want)))
			fail_msg("%s: %s", cases[i].rule, collected(&got));
		if (cases[i].said[0] == '\0'
		        ? out.n > 0
		        : !strstr(collected(&out), cases[i].said))
			fail_msg("%s: %s", cases[i].rule, collected(&out));
		for (unsigned k = 0; k < s.n; k++)
			assert_true(s.v[k].date > 1000000000);
		sources_fini(&s);
		clean();
	}
	buf_fini(&out);
	buf_fini(&got);
}

/* What would give another image gives another fingerprint. */
static void
the_fingerprint_is_of_all_files(void **state)
{
	static const struct {
		const char *path, *text;
	} change[] = {
	    {"l/a", "include:b @y\nx.test\n"}, /* the same file, other lines */
	    {"l/b", "y.test\ninclude:c\nz.test\n"}, /* one that is included */
	    {"l/c", "now there\n"},                 /* one that was missing */
	};
	struct buf out = BUF_EMPTY;
	struct sources was, is;

	(void)state;
	put("l/a", "include:b @x\n");
	put("l/b", "y.test\ninclude:c\n");
	assert_int_equal(find(&was, "l/a", LIST_V2FLY, "c", &out), 0);
	assert_int_equal(find(&is, "l/a", LIST_V2FLY, "c", &out), 0);
	assert_memory_equal(was.fingerprint, is.fingerprint, 16);
	sources_fini(&is);
	for (size_t i = 0; i < ARRAY_LEN(change); i++) {
		put(change[i].path, change[i].text);
		assert_int_equal(find(&is, "l/a", LIST_V2FLY, "c", &out), 0);
		assert_memory_not_equal(was.fingerprint, is.fingerprint, 16);
		sources_fini(&was);
		was = is;
	}
	sources_fini(&was);
	clean();
	buf_fini(&out);
}

/* 17 files, each of which includes the next: the last is too deep. */
static void
depth_has_a_bound(void **state)
{
	struct buf out = BUF_EMPTY;
	char path[32], text[32];
	struct sources s;

	(void)state;
	for (unsigned i = 0; i < 18; i++) {
		snprintf(path, sizeof(path), "l/%u", i);
		snprintf(text, sizeof(text), ".Include<%u>\n", i + 1);
		put(path, i < 17 ? text : "bad.test\n");
	}
	assert_int_equal(find(&s, "l/0", LIST_E2_SITES, "c", &out), 0);
	assert_int_equal(s.n, 17);
	assert_non_null(strstr(collected(&out), "too deep"));
	sources_fini(&s);
	clean();
	buf_fini(&out);
}

/* Lines lie across the ends of what is read at once. */
static void
includes_are_found_wherever_they_stand(void **state)
{
	struct buf text = BUF_EMPTY, out = BUF_EMPTY;
	struct sources s;

	(void)state;
	put("l/y", "bad.test\n");
	for (unsigned before = 65536 - 14; before < 65536 + 2; before++) {
		struct err err;

		buf_reset(&text);
		for (unsigned i = 0; i < before; i++)
			buf_add_char(&text, i % 64 == 63 ? '\n' : 'x');
		buf_add_str(&text, STR("\n.Include<y>\nbad.test\n"));
		assert_int_equal(
		    file_replace("l/x", buf_str(&text), 0644, &err), 0);
		assert_int_equal(find(&s, "l/x", LIST_E2_SITES, "c", &out), 0);
		assert_int_equal(s.n, 2);
		sources_fini(&s);
	}
	clean();
	buf_fini(&text);
	buf_fini(&out);
}

static void
what_is_no_list_is_an_error(void **state)
{
	static const struct {
		const char *source;
		enum list_format format;
		const char *said;
	} row[] = {
	    {"l/nosuch", LIST_AUTO, "cannot read l/nosuch"},
	    {"l/x", LIST_UT1, "format ut1 is a folder"},
	    {"l/empty", LIST_AUTO, "there is no list in l/empty"},
	    {"l/empty", LIST_UT1, "there is no list in l/empty"},
	};
	struct buf out = BUF_EMPTY;
	struct sources s;

	(void)state;
	put("l/x", "bad.test\n");
	put("l/empty/.hidden", "bad.test\n");
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(
		    find(&s, row[i].source, row[i].format, "c", &out), -1);
		if (!strstr(collected(&out), row[i].said))
			fail_msg("%s: %s", row[i].source, collected(&out));
	}
	clean();
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_are_these_files),
	    cmocka_unit_test(the_fingerprint_is_of_all_files),
	    cmocka_unit_test(depth_has_a_bound),
	    cmocka_unit_test(includes_are_found_wherever_they_stand),
	    cmocka_unit_test(what_is_no_list_is_an_error),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
