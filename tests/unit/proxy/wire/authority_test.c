/* authority_test.c - request targets and Host fields. */
#include "proxy/wire/authority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *method, *raw;
	enum target_form form;
	const char *host;
	unsigned port;
	const char *path, *query; /* NULL: has none */
} rows[] = {
    {"GET", "/", TARGET_ORIGIN, "", 0, "/", NULL},
    {"GET", "/a/b?c=d?e/f", TARGET_ORIGIN, "", 0, "/a/b", "c=d?e/f"},
    {"GET", "/?", TARGET_ORIGIN, "", 0, "/", ""},
    {"GET", "//bad.test/", TARGET_ORIGIN, "", 0, "//bad.test/", NULL},
    {"GET", "/@a:b@c/http://x", TARGET_ORIGIN, "", 0, "/@a:b@c/http://x", NULL},
    {"GET", "/%2e%5c\"<>^{}`|", TARGET_ORIGIN, "", 0, "/%2e%5c\"<>^{}`|", NULL},
    {"GET", "/?a\\b", TARGET_ORIGIN, "", 0, "/", "a\\b"},
    {"GET", "http://good.test/", TARGET_ABSOLUTE, "good.test", 0, "/", NULL},
    {"GET", "http://good.test", TARGET_ABSOLUTE, "good.test", 0, "/", NULL},
    {"GET", "http://good.test?x", TARGET_ABSOLUTE, "good.test", 0, "/", "x"},
    {"GET", "http://Good.Test.:80/a?", TARGET_ABSOLUTE, "Good.Test.", 80, "/a",
        ""},
    {"GET", "hTTp://a/", TARGET_ABSOLUTE, "a", 0, "/", NULL},
    {"GET", "https://a:65535/", TARGET_ABSOLUTE, "a", 65535, "/", NULL},
    {"GET", "http://a:00080/", TARGET_ABSOLUTE, "a", 80, "/", NULL},
    {"GET", "http://[::1]:8080/x", TARGET_ABSOLUTE, "[::1]", 8080, "/x", NULL},
    {"GET", "http://[::FFFF:1.2.3.4]/", TARGET_ABSOLUTE, "[::FFFF:1.2.3.4]", 0,
        "/", NULL},
    {"GET", "http://a_b-c.d/@x:y", TARGET_ABSOLUTE, "a_b-c.d", 0, "/@x:y",
        NULL},
    {"GET", "http://a//b", TARGET_ABSOLUTE, "a", 0, "//b", NULL},
    {"OPTIONS", "*", TARGET_ASTERISK, "", 0, NULL, NULL},
    {"OPTIONS", "/", TARGET_ORIGIN, "", 0, "/", NULL},
    {"CONNECT", "good.test:443", TARGET_AUTHORITY, "good.test", 443, NULL,
        NULL},
    {"CONNECT", "[::1]:443", TARGET_AUTHORITY, "[::1]", 443, NULL, NULL},
    {"CONNECT", "BAD.TEST.:443", TARGET_AUTHORITY, "BAD.TEST.", 443, NULL,
        NULL},
};

static const struct {
	const char *method, *raw;
} bad[] = {
    {"GET", ""},
    {"GET", "*"},
    {"options", "*"},
    {"OPTIONS", "**"},
    {"GET", "bad.test/"},
    {"GET", "bad.test:80"},
    {"GET", "!"},
    {"GET", "?x"},
    {"GET", "#"},
    {"GET", "http://"},
    {"GET", "http:///x"},
    {"GET", "http://:80/"},
    {"GET", "http:/a"},
    {"GET", "http:a"},
    {"GET", "://a/"},
    {"GET", "1http://a/"},
    {"GET", "ht_tp://a/"},
    {"GET", "http://a:/"},
    {"GET", "http://a:0/"},
    {"GET", "http://a:65536/"},
    {"GET", "http://a:83617/"},
    {"GET", "http://a:000080/"},
    {"GET", "http://a:+80/"},
    {"GET", "http://a:8x/"},
    {"GET", "http://a:80:80/"},
    {"GET", "http://a:-1/"},
    {"GET", "http://a:4294967376/"},
    {"GET", "http://[::1/"},
    {"GET", "http://::1/"},
    {"GET", "http://[]/"},
    {"GET", "http://[::1]x/"},
    {"GET", "http://[::1]]/"},
    {"GET", "http://[[::1]/"},
    {"GET", "http://[fe80::1%25eth0]/"},
    {"GET", "http://[fe80::1%eth0]/"},
    {"GET", "http://a[::1]/"},
    {"GET", "http://[v1.a]/"},
    /* dots */
    {"GET", "http://bad.test../"},
    {"GET", "http://.bad.test/"},
    {"GET", "http://bad..test/"},
    {"GET", "http://./"},
    {"GET", "http://../"},
    /* userinfo */
    {"GET", "http://good.test@bad.test/"},
    {"GET", "http://good.test:80@bad.test:8080/"},
    {"GET", "http://bad.test@good.test/"},
    {"GET", "http://good.test%40bad.test/"},
    {"GET", "http://a@b@bad.test/"},
    {"GET", "http://@bad.test/"},
    {"GET", "http://:@bad.test/"},
    /* backslashes */
    {"GET", "http://good.test\\@bad.test/"},
    {"GET", "http:\\\\bad.test\\"},
    {"GET", "http://good.test/\\..\\secret"},
    {"GET", "http://good.test\\"},
    {"GET", "/\\bad.test"},
    {"GET", "/a\\b?c"},
    {"GET", "\\\\bad.test"},
    /* percent */
    {"GET", "http://b%61d.test/"},
    {"GET", "http://bad%2Etest/"},
    {"GET", "http://bad%00.test/"},
    {"GET", "http://bad.test%20/"},
    {"GET", "http://bad.test%2f/"},
    {"GET", "http://a:%38%30/"},
    /* fragments, and what no host has */
    {"GET", "http://a/#b"},
    {"GET", "/#b"},
    {"GET", "/?a#b"},
    {"GET", "http://a#b"},
    {"GET", "http://a;b/"},
    {"GET", "http://a,b/"},
    {"GET", "http://<b>/"},
    {"GET", "http://\"a/"},
    {"GET", "http://a b/"},
    {"GET", "http://a/ b"},
    {"GET", "http://a\tb/"},
    {"GET", "/\x01"},
    {"GET", "/\x7f"},
    {"GET", "/\x80"},
    {"GET", "http://\xd0\xb1.test/"},
    {"GET", "http://*.test/"},
    {"GET", "http://a!/"},
    {"GET", "http://a~/"},
    /* CONNECT */
    {"CONNECT", ""},
    {"CONNECT", "good.test"},
    {"CONNECT", "good.test:"},
    {"CONNECT", ":443"},
    {"CONNECT", ":"},
    {"CONNECT", "good.test:65536"},
    {"CONNECT", "good.test:0"},
    {"CONNECT", "good.test:443x"},
    {"CONNECT", "good.test:443/"},
    {"CONNECT", "good.test:443?"},
    {"CONNECT", "good.test:443#"},
    {"CONNECT", "u:p@good.test:443"},
    {"CONNECT", "http://good.test:443"},
    {"CONNECT", "/"},
    {"CONNECT", "*"},
    {"CONNECT", "[::1"},
    {"CONNECT", "[::1]"},
    {"CONNECT", "::1:443"},
    {"CONNECT", "good.test:443 bad.test:443"},
    {"CONNECT", "good.test\\:443"},
    {"CONNECT", "good.test:443\\"},
    {"CONNECT", "good.test: 443"},
    {"CONNECT", "good.test:443:443"},
    {"CONNECT", ".:443"},
    {"connect", "good.test:443"},
    {"CONNECTX", "good.test:443"},
};

static void
assert_str(struct str got, const char *want)
{
	assert_true(str_eq(got, str_of(want)));
}

static void
targets_of_each_form_are_taken_apart(void **state)
{
	struct target t;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		target_parse(str_of(rows[i].method), str_of(rows[i].raw), &t);
		if (t.form != rows[i].form)
			fail_msg("%s: %s", rows[i].raw, t.why ? t.why : "?");
		assert_null(t.why);
		assert_str(t.host, rows[i].host);
		assert_int_equal(t.port, rows[i].port);
		assert_str(t.path, rows[i].path ? rows[i].path : "");
		assert_int_equal(t.has_query, rows[i].query != NULL);
		assert_str(t.query, rows[i].query ? rows[i].query : "");
	}
	target_parse(STR("GET"), STR("hTTp://a/"), &t);
	assert_str(t.scheme, "hTTp");
}

static void
other_targets_are_refused(void **state)
{
	struct target t;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		target_parse(str_of(bad[i].method), str_of(bad[i].raw), &t);
		if (t.form != TARGET_BAD)
			fail_msg("%s %s passes", bad[i].method, bad[i].raw);
		assert_non_null(t.why);
		assert_int_equal(t.host.n, 0);
	}
	target_parse(STR("GET"), STR("http://a\0b/"), &t);
	assert_int_equal(t.form, TARGET_BAD);
	target_parse(STR("CONNECT"), STR("a:443\0"), &t);
	assert_int_equal(t.form, TARGET_BAD);
}

/* Whatever byte stands in a host, port or behind it. */
static void
authorities_are_refused_by_the_byte(void **state)
{
	struct str host;
	uint32_t port;

	(void)state;
	for (int c = 0; c < 256; c++) {
		char in_host[] = "a?b:80", in_port[] = "ab:8?";
		bool digit = c >= '0' && c <= '9';
		bool word = digit || (c >= 'a' && c <= 'z') ||
		            (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
		            c == '.';

		in_host[1] = (char)c;
		in_port[4] = (char)c;
		assert_int_equal(
		    authority_parse(str_make(in_host, 6), &host, &port), word);
		assert_int_equal(
		    authority_parse(str_make(in_port, 5), &host, &port), digit);
	}
}

static void
hosts_may_have_a_port(void **state)
{
	struct str host;
	uint32_t port = 9;

	(void)state;
	assert_true(authority_parse(STR("good.test"), &host, &port));
	assert_str(host, "good.test");
	assert_int_equal(port, 0);
	assert_true(authority_parse(STR("[::1]:1"), &host, &port));
	assert_str(host, "[::1]");
	assert_int_equal(port, 1);
	assert_false(authority_parse(STR(""), &host, &port));
	assert_false(authority_parse(STR_NONE, &host, &port));
	assert_false(authority_parse(STR("a/"), &host, &port));
	assert_false(authority_parse(STR("a, b"), &host, &port));
	assert_false(authority_parse(STR("http://a"), &host, &port));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(targets_of_each_form_are_taken_apart),
	    cmocka_unit_test(other_targets_are_refused),
	    cmocka_unit_test(authorities_are_refused_by_the_byte),
	    cmocka_unit_test(hosts_may_have_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
