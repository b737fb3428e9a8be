/* url_test.c - URLs from the wire and from people. */
#include "world.h"

#include "base/table.h"

static int
canon(struct arena *a, const char *host, const char *target, uint16_t port,
    struct url *u)
{
	static char room[NAME_ROOM];
	struct url_parts p = {.port = port};
	struct str t = str_of(target);

	p.scheme = port == 443 ? SCHEME_HTTPS : SCHEME_HTTP;
	assert_int_equal(name_from_wire(str_of(host), room, &p.host), NAME_OK);
	p.has_query = str_cut(t, '?', &p.path, &p.query);
	return url_canon(a, &p, u);
}

static void
is(struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(got), want);
}

/* The readings and their texts. */
static void
is_each(const struct url_reading *alt, unsigned n, const char *want)
{
	struct str rest = str_of(want), one;
	unsigned i = 0;
	char text[128];

	while (str_next(&rest, ' ', &one)) {
		if (one.n == 0)
			continue;
		if (i == n)
			fail_msg("there is no reading %.*s", STR_ARG(one));
		if (!str_eq(alt[i].path, one))
			fail_msg("\"%.*s\" is not \"%.*s\"",
			    STR_ARG(alt[i].path), STR_ARG(one));
		snprintf(text, sizeof(text), "http://h.test%.*s", STR_ARG(one));
		is(alt[i++].text, text);
	}
	if (i < n)
		fail_msg("one more: %.*s", STR_ARG(alt[i].path));
}

static void
a_url_has_one_spelling_and_readings_that_differ(void **unused)
{
	static const struct {
		const char *target, *path, *alts, *raw; /* alts: " " */
	} rows[] = {
	    {"/", "/", "", ""},
	    {"/a/b?c=d", "/a/b?c=d", "", ""},
	    {"/a/../b", "/b", "", "/a/../b"},
	    {"//a///b", "/a/b", "", "//a///b"},
	    {"/%7euser/%41", "/~user/A", "", "/%7euser/%41"},
	    {"/%2f", "/%2F", "/", "/%2f"},
	    {"/a%5cb", "/a%5Cb", "/a/b", "/a%5cb"},
	    {"/a;b/c", "/a;b/c", "/a/c", ""},
	    {"/a;b/c?d;e", "/a;b/c?d;e", "/a/c?d;e", ""},
	    {"/a/..;/b", "/a/..;/b", "/b", ""},
	    {"/a\\b%2fc", "/a\\b%2Fc", "/a\\b/c /a/b%2Fc /a/b/c", "/a\\b%2fc"},
	    {"/a//../b", "/b", "/a/b", "/a//../b"},
	    {"/a%2f..;x/b", "/a%2F..;x/b", "/a/..;x/b /a%2F../b /b",
	        "/a%2f..;x/b"},
	    {"/a\\b", "/a\\b", "/a/b", ""},
	    {"/x%2f..%2fsecret", "/x%2F..%2Fsecret", "/secret",
	        "/x%2f..%2fsecret"},
	    {"/?", "/?", "", ""},
	    {"/?q=a/../b", "/?q=a/../b", "", ""},
	    {"/?u=%2f", "/?u=/", "", "/?u=%2f"},
	    {"/%2573ecret", "/%2573ecret", "", ""},
	    {"/%zz%", "/%zz%", "", ""},
	    {"/\xd1\x81", "/%D1%81", "", "/\xd1\x81"},
	    {"/%d1%81", "/%D1%81", "", "/%d1%81"},
	    {"/%00", "/%00", "", ""},
	    {"/..", "/", "", "/.."},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a;
		struct url u;
		char want[128];

		arena_init(&a, 0);
		assert_int_equal(
		    canon(&a, "h.test", rows[i].target, 80, &u), 0);
		is(u.path, rows[i].path);
		is_each(u.alt, u.nalts, rows[i].alts);
		snprintf(want, sizeof(want), "http://h.test%s", rows[i].path);
		is(u.text, want);
		snprintf(want, sizeof(want), "http://h.test%s", rows[i].raw);
		is(u.raw, *rows[i].raw ? want : "");
		arena_fini(&a);
	}
}

static void
the_text_names_scheme_and_other_ports(void **unused)
{
	struct arena a;
	struct url u;

	(void)unused;
	arena_init(&a, 0);
	assert_int_equal(canon(&a, "H.TEST", "/", 443, &u), 0);
	is(u.text, "https://h.test/");
	assert_int_equal(canon(&a, "h.test", "/", 8080, &u), 0);
	is(u.text, "http://h.test:8080/");
	assert_int_equal(canon(&a, "h.test", "/", 65535, &u), 0);
	is(u.text, "http://h.test:65535/");
	assert_int_equal(canon(&a, "[2001:DB8::1]", "/", 8, &u), 0);
	is(u.text, "http://[2001:db8::1]:8/");
	assert_int_equal(canon(&a, "0x7f.1", "/", 80, &u), 0);
	is(u.text, "http://127.0.0.1/");
	arena_fini(&a);
}

static void
what_means_two_things_is_refused(void **unused)
{
	static const char *const bad[] = {"", "x", "*", "?x", "/a b", "/a\tb",
	    "/a#b", "/a?b c", "/a?b#c", "/a\x7f", "/\x01", "/a\r", "/?\n"};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct arena a;
		struct url u;

		arena_init(&a, 0);
		if (canon(&a, "h.test", bad[i], 80, &u) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_false(a.failed);
		arena_fini(&a);
	}
}

static void
zero_byte_in_a_path_is_refused(void **unused)
{
	char room[NAME_ROOM];
	struct url_parts p = {.port = 80, .path = {"/a\0b", 4}};
	struct arena a;
	struct url u;

	(void)unused;
	arena_init(&a, 0);
	name_from_wire(STR("h.test"), room, &p.host);
	assert_int_equal(url_canon(&a, &p, &u), -1);
	p.path.n = 2;
	assert_int_equal(url_canon(&a, &p, &u), 0);
	p.host = (struct name){0};
	assert_int_equal(url_canon(&a, &p, &u), -1);
	arena_fini(&a);
}

static void
no_memory_is_said(void **unused)
{
	(void)unused;
	for (size_t limit = 1; limit < 1600; limit += 23) {
		struct arena a;
		struct url u;
		int rc;

		arena_init(&a, limit);
		rc = canon(&a, "h.test", "/x%2f../y?z\xc3", 80, &u);
		assert_int_equal(rc, a.failed ? -1 : 0);
		arena_fini(&a);
	}
}

static void
canonical_of_canonical_is_itself(void **unused)
{
	static const char *const targets[] = {"/a/%2e%2e/b//c?d=%41",
	    "/x%2f..%2fsecret", "/%5c%2F\\", "/%%341", "/.;/..;x/%2E"};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(targets); i++) {
		struct arena a;
		struct url u, v;
		struct str again;

		arena_init(&a, 0);
		assert_int_equal(canon(&a, "h.test", targets[i], 80, &u), 0);
		again = arena_str(&a, u.path);
		assert_int_equal(canon(&a, "h.test", again.p, 80, &v), 0);
		is(v.path, again.p);
		is(v.raw, "");
		arena_fini(&a);
	}
}

/* ------------------------------------------------------- typed by people */

static void
typed_addresses_are_read_as_browsers_do(void **unused)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} rows[] = {
	    {"h.test", "http://h.test/"},
	    {"h.test/x?y", "http://h.test/x?y"},
	    {"h.test:443", "https://h.test/"},
	    {"h.test:8080/a", "http://h.test:8080/a"},
	    {"HTTP://H.test:80/x?y#z", "http://h.test/x?y"},
	    {"https://h.test", "https://h.test/"},
	    {"https://h.test:443/", "https://h.test/"},
	    {"http:\\\\bad.test\\x", "http://bad.test/x"},
	    {"http:/bad.test/x", "http://bad.test/x"},
	    {"  h.test/a b  ", "http://h.test/a%20b"},
	    {"ba\td.te\nst/", "http://bad.test/"},
	    {"b%61d.test", "http://bad.test/"},
	    {"bad%2Etest/", "http://bad.test/"},
	    {"bad\xe3\x80\x82test", "http://bad.test/"},
	    {"h.test/\xd1\x81", "http://h.test/%D1%81"},
	    {"h.test?x", "http://h.test/?x"},
	    {"h.test#x", "http://h.test/"},
	    {"h.test/#x?y", "http://h.test/"},
	    {"[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"},
	    {"2001:db8::1", "http://[2001:db8::1]/"},
	    {"0x7f.1/", "http://127.0.0.1/"},
	    {"h.test:", "http://h.test/"},
	    {"proxy.test/http://a.test/", "http://proxy.test/http:/a.test/"},
	    {"proxy.test/?u=http://a.test/",
	        "http://proxy.test/?u=http://a.test/"},
	    {"", NULL},
	    {"   ", NULL},
	    {"/x", NULL},
	    {"http://", NULL},
	    {"ftp://h.test/", NULL},
	    {"javascript:alert(1)", NULL},
	    {"mailto:a@h.test", NULL},
	    {"http://u@h.test/", NULL},
	    {"http://good.test@bad.test/", NULL},
	    {"u:p@h.test", NULL},
	    {"h.test:0", NULL},
	    {"h.test:65536", NULL},
	    {"h.test:8x", NULL},
	    {"h..test", NULL},
	    {"h test", NULL},
	    {"[::1", NULL},
	    {"bad%00.test", NULL},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct url_parts p;
		struct arena a;
		struct url u;
		const char *why = NULL;
		char room[NAME_ROOM];
		int rc;

		arena_init(&a, 0);
		rc = url_split(&a, str_of(rows[i].text), room, &p, &why);
		if (rows[i].want) {
			if (rc < 0)
				fail_msg("\"%s\": %s", rows[i].text, why);
			assert_int_equal(url_canon(&a, &p, &u), 0);
			is(u.text, rows[i].want);
		} else {
			if (rc == 0)
				fail_msg("\"%s\" was taken", rows[i].text);
			assert_non_null(why);
		}
		arena_fini(&a);
	}
}

static void
what_was_split_can_be_made_canonical(void **unused)
{
	uint64_t seed = 88172645463325252u;

	(void)unused;
	for (unsigned i = 0; i < 20000; i++) {
		static const char alphabet[] =
		    "ah.t:/?#@%2fF\\[]1 \t\x01\xc3\xa9-;&=0";
		struct url_parts p;
		struct arena a;
		struct url u;
		const char *why;
		char text[24], room[NAME_ROOM];
		size_t n = 0;

		while (n < sizeof(text)) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			text[n++] =
			    alphabet[(seed >> 20) % (sizeof(alphabet) - 1)];
		}
		memcpy(text, "h.t", 3);
		arena_init(&a, 0);
		if (url_split(&a, str_make(text, n), room, &p, &why) == 0)
			assert_int_equal(url_canon(&a, &p, &u), 0);
		arena_fini(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_url_has_one_spelling_and_readings_that_differ),
	    cmocka_unit_test(the_text_names_scheme_and_other_ports),
	    cmocka_unit_test(what_means_two_things_is_refused),
	    cmocka_unit_test(zero_byte_in_a_path_is_refused),
	    cmocka_unit_test(no_memory_is_said),
	    cmocka_unit_test(canonical_of_canonical_is_itself),
	    cmocka_unit_test(typed_addresses_are_read_as_browsers_do),
	    cmocka_unit_test(what_was_split_can_be_made_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
