/* path_test.c - one spelling for each path. */
#include "lists/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/table.h"

static const struct {
	const char *rule, *raw, *as_is, *slashes;
} rows[] = {
    {"empty is the root", "", "/", "/"},
    {"plain", "/secret", "/secret", "/secret"},
    {"no slash in front", "secret", "/secret", "/secret"},
    {"parent", "/x/../secret", "/secret", "/secret"},
    {"self", "/./secret", "/secret", "/secret"},
    {"two slashes", "//secret", "/secret", "/secret"},
    {"many slashes", "///x////secret//", "/x/secret/", "/x/secret/"},
    {"slash at the end stays", "/secret/", "/secret/", "/secret/"},
    {"dot at the end", "/secret/.", "/secret/", "/secret/"},
    {"parent at the end", "/secret/x/..", "/secret/", "/secret/"},
    {"escaped dot", "/%2e/secret", "/secret", "/secret"},
    {"escaped parent", "/x/%2e%2E/secret", "/secret", "/secret"},
    {"half-escaped parent", "/x/.%2e/secret", "/secret", "/secret"},
    {"above the root", "/../../secret", "/secret", "/secret"},
    {"only above the root", "/..", "/", "/"},
    {"slash is collapsed before parents", "/a//../b", "/b", "/b"},
    {"three dots are a name", "/.../secret", "/.../secret", "/.../secret"},
    {"dots in a name", "/a..b/.c", "/a..b/.c", "/a..b/.c"},
    {"parameter", "/secret;a=1", "/secret;a=1", "/secret;a=1"},
    {"parameter of a parent", "/x/..;/secret", "/x/..;/secret",
        "/x/..;/secret"},
    {"case is kept", "/SECRET", "/SECRET", "/SECRET"},
    {"escaped letter", "/%73ecret", "/secret", "/secret"},
    {"escaped letter inside", "/s%65cret", "/secret", "/secret"},
    {"escaped capital", "/%53ecret", "/Secret", "/Secret"},
    {"decoded once", "/%2573ecret", "/%2573ecret", "/%2573ecret"},
    {"digits of escapes", "/%c3%bc%2b%3b", "/%C3%BC+%3B", "/%C3%BC+%3B"},
    {"brackets", "/Foo_%28bar%29", "/Foo_(bar)", "/Foo_(bar)"},
    {"escaped marks", "/%21%24%27%2a%2B%2C%3a%3D%40", "/!$'*+,:=@",
        "/!$'*+,:=@"},
    {"what browsers escape", "/%7Ba%7d%22%3C%3E%5e%60%7C", "/{a}\"<>^`|",
        "/{a}\"<>^`|"},
    {"what parts or ends is not plain", "/%23%25%26%3B%3F%20",
        "/%23%25%26%3B%3F%20", "/%23%25%26%3B%3F%20"},
    {"delete and controls", "/%7f%1F%09", "/%7F%1F%09", "/%7F%1F%09"},
    {"NUL", "/%00secret", "/%00secret", "/%00secret"},
    {"line end", "/%0d%0aHost:%20x", "/%0D%0AHost:%20x", "/%0D%0AHost:%20x"},
    {"escaped slash", "/x%2f..%2fsecret", "/x%2F..%2Fsecret", "/secret"},
    {"escaped backslash", "/x%5c..%5csecret", "/x%5C..%5Csecret", "/secret"},
    {"escaped slash in front", "/%2fsecret", "/%2Fsecret", "/secret"},
    {"escaped slash first of all", "%2fsecret", "/%2Fsecret", "/secret"},
    {"escaped slash at the end", "/secret%2f", "/secret%2F", "/secret/"},
    {"backslash", "/x\\..\\secret", "/x\\..\\secret", "/secret"},
    {"parent of an escaped slash", "/a%2fb/..", "/", "/a/"},
    {"no escape", "/100%", "/100%", "/100%"},
    {"no escape, one digit", "/%4", "/%4", "/%4"},
    {"no escape, bad digit", "/%4g%zz", "/%4g%zz", "/%4g%zz"},
    {"no new escape by decoding", "/%%341", "/%%341", "/%%341"},
    {"nor by its second digit", "/%4%31", "/%4%31", "/%4%31"},
    {"nor by both", "/%%34%31", "/%%341", "/%%341"},
    {"query is kept", "/a?x=/../b//c", "/a?x=/../b//c", "/a?x=/../b//c"},
    {"query is decoded", "/a?q=%61%2f%26", "/a?q=a/%26", "/a?q=a/%26"},
    {"a URL in a query", "/a?u=http%3A%2F%2Fbad.test%3Fx%3D1",
        "/a?u=http://bad.test?x%3D1", "/a?u=http://bad.test?x%3D1"},
    {"query signs are not plain", "/a?%26%2b%3d%3B%23%25%5C%20",
        "/a?%26%2B%3D%3B%23%25%5C%20", "/a?%26%2B%3D%3B%23%25%5C%20"},
    {"escaped slashes are resolved in no query", "/a?%2F..%2F", "/a?/../",
        "/a?/../"},
    {"query backslash", "/a?\\", "/a?\\", "/a?\\"},
    {"query alone", "?x", "/?x", "/?x"},
    {"parent before query", "/a/..?x", "/?x", "/?x"},
    {"escaped question mark is no query", "/a%3fb/../c", "/c", "/c"},
};

static struct str
canon(struct str raw, unsigned reading, char *room, size_t size)
{
	struct str got;

	assert_true(raw.n + 2 < size);
	memset(room, '!', size);
	got = path_canon(raw, reading, room);
	assert_true(got.n >= 1 && got.n <= raw.n + 1 && got.p[0] == '/');
	assert_int_equal(room[raw.n + 1], '!');
	return got;
}

static void
as_the_table_says(void **state)
{
	char room[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str raw = str_of(rows[i].raw);
		struct str got = canon(raw, PATH_AS_IS, room, sizeof(room));

		if (!str_eq(got, str_of(rows[i].as_is)))
			fail_msg("%s: <%.*s>", rows[i].rule, STR_ARG(got));
		got = canon(raw, PATH_SLASHES, room, sizeof(room));
		if (!str_eq(got, str_of(rows[i].slashes)))
			fail_msg(
			    "%s: slashes <%.*s>", rows[i].rule, STR_ARG(got));
	}
}

static const struct {
	const char *rule, *raw;
	unsigned reading;
	const char *want;
} ways[] = {
    {"one kind of slash alone", "/a\\b%2fc%5Cd", PATH_SOLIDUS, "/a\\b/c%5Cd"},
    {"the other alone", "/a\\b%2fc%5Cd", PATH_BACKSLASH, "/a/b%2Fc/d"},
    {"parents by one kind alone", "/a\\b%2f..%2fplay", PATH_SOLIDUS, "/play"},
    {"parameter", "/a;x=1", PATH_PARAMS, "/a"},
    {"parameters", "/a;x=1;y/b;z/", PATH_PARAMS, "/a/b/"},
    {"parameter of a parent", "/a/..;/play", PATH_PARAMS, "/play"},
    {"with a name", "/a/..;x=1/play", PATH_PARAMS, "/play"},
    {"of an escaped parent", "/a/%2e.;/play", PATH_PARAMS, "/play"},
    {"parameter of nothing", "/;/play", PATH_PARAMS, "/play"},
    {"parameter of nothing with a name", "/;a=b/play", PATH_PARAMS, "/play"},
    {"parameter first of all", ";a/play", PATH_PARAMS, "/play"},
    {"parameter of a dot", "/.;a/play", PATH_PARAMS, "/play"},
    {"a parameter ends at a slash as sent", "/a;b%2f..%2fc/d",
        PATH_PARAMS | PATH_SLASHES, "/a/d"},
    {"and at the query", "/a;b?c;d", PATH_PARAMS, "/a?c;d"},
    {"an escaped one is a byte", "/a%3Bb", PATH_PARAMS, "/a%3Bb"},
    {"empty segments count", "/a//../b", PATH_EMPTY, "/a/b"},
    {"each once", "/a///../../b", PATH_EMPTY, "/a/b"},
    {"at the end", "/a//..", PATH_EMPTY, "/a/"},
    {"but are not kept", "//a///b//", PATH_EMPTY, "/a/b/"},
    {"nor above the root", "//../../a", PATH_EMPTY, "/a"},
    {"empty by its parameter", "/a/;x/../b", PATH_PARAMS | PATH_EMPTY, "/a/b"},
    {"empty by an escape", "/a/%2f../b", PATH_SOLIDUS | PATH_EMPTY, "/a/b"},
};

static void
servers_read_in_different_ways(void **state)
{
	char room[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct str raw = str_of(ways[i].raw);
		struct str got =
		    canon(raw, ways[i].reading, room, sizeof(room));

		if (!str_eq(got, str_of(ways[i].want)))
			fail_msg("%s: <%.*s>", ways[i].rule, STR_ARG(got));
		if ((path_choices(raw) & ways[i].reading) != ways[i].reading &&
		    !str_eq(got, canon(raw, path_choices(raw), room + 32, 32)))
			fail_msg("%s: not among the choices", ways[i].rule);
	}
}

static void
most_paths_have_one_reading(void **state)
{
	static const char *const plain[] = {"", "/", "/a/b.c?d=e;f%2F\\",
	    "/%2e/a", "/a/../b", "/x//y", "/a..b", "/%D1%81", "/100%"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		assert_int_equal(path_choices(str_of(plain[i])), 0);
}

/* <raw> in all its readings. */
static void
check_readings(struct str raw)
{
	unsigned choices = path_choices(raw);
	char one[16], two[16];

	for (unsigned how = 0; how < PATH_READINGS; how++) {
		struct str a = path_canon(raw, how, one);
		struct str b = path_canon(a, how, two);

		if (!str_eq(a, b))
			fail_msg("%.*s as %u: %.*s, twice %.*s", STR_ARG(raw),
			    how, STR_ARG(a), STR_ARG(b));
		if ((how & ~choices) == 0)
			continue;
		b = path_canon(raw, how & choices, two);
		if (!str_eq(a, b))
			fail_msg("%.*s as %u: %.*s, not chosen", STR_ARG(raw),
			    how, STR_ARG(a));
	}
}

/* All strings of some length over the bytes that mean something. */
static void
canonical_of_canonical_is_itself(void **state)
{
	static const char *const alphabets[] = {"/.%2e5Cf\\", "/.;\\%4"};

	(void)state;
	for (unsigned k = 0; k < ARRAY_LEN(alphabets); k++) {
		size_t count = strlen(alphabets[k]), total = 1;
		char raw[8];

		for (unsigned len = 1; len <= (k ? 7 : 5); len++) {
			total *= count;
			for (size_t n = 0; n < total; n++) {
				size_t x = n;

				for (unsigned i = 0; i < len; i++) {
					raw[i] = alphabets[k][x % count];
					x /= count;
				}
				check_readings(str_make(raw, len));
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_the_table_says),
	    cmocka_unit_test(servers_read_in_different_ways),
	    cmocka_unit_test(most_paths_have_one_reading),
	    cmocka_unit_test(canonical_of_canonical_is_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
