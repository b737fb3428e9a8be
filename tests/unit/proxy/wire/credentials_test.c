/* credentials_test.c - what a Proxy-Authorization field says. */
#include "proxy/wire/credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static void
schemes(void **state)
{
	static const struct {
		const char *value;
		enum credentials_scheme scheme;
		const char *token;
	} rows[] = {
	    {"Basic YTpi", CREDENTIALS_BASIC, "YTpi"},
	    {"basic YTpi", CREDENTIALS_BASIC, "YTpi"},
	    {"BASIC   YTpi", CREDENTIALS_BASIC, "YTpi"},
	    {"Basic YTpiYw==", CREDENTIALS_BASIC, "YTpiYw=="},
	    {"Basic YTpiYw", CREDENTIALS_BASIC, "YTpiYw"},
	    {"Negotiate YII+/w==", CREDENTIALS_NEGOTIATE, "YII+/w=="},
	    {"", CREDENTIALS_OTHER, ""},
	    {"Basic", CREDENTIALS_OTHER, ""},
	    {"Basic ", CREDENTIALS_OTHER, ""},
	    {"BasicYTpi", CREDENTIALS_OTHER, ""},
	    {"Basic YTpi YTpi", CREDENTIALS_OTHER, ""},
	    {"Basic YTpi,", CREDENTIALS_OTHER, ""},
	    {"Basic YTpi=", CREDENTIALS_OTHER, ""},
	    {"Basic Y===", CREDENTIALS_OTHER, ""},
	    {"Basic YTpiY", CREDENTIALS_OTHER, ""},
	    {"Basic YT=i", CREDENTIALS_OTHER, ""},
	    {"Basic Y_-i", CREDENTIALS_OTHER, ""},
	    {"Digest username=\"x\"", CREDENTIALS_OTHER, ""},
	    {"Bearer YTpi", CREDENTIALS_OTHER, ""},
	    {"NTLM TlRM", CREDENTIALS_OTHER, ""},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct str token;

		if (credentials_of(str_of(rows[i].value), &token) !=
		    rows[i].scheme)
			fail_msg("%s", rows[i].value);
		assert_true(str_eq(token, str_of(rows[i].token)));
	}
}

static void
users_and_passwords(void **state)
{
	static const struct {
		const char *token, *user, *password; /* user NULL: none */
	} rows[] = {
	    {"YWxpY2U6c2VjcmV0", "alice", "secret"},
	    {"YTpi", "a", "b"},
	    {"YTpiYw==", "a", "bc"},
	    {"YTpiYw", "a", "bc"},
	    {"YTpiOmM6", "a", "b:c:"},
	    {"INC/OiA=", " п", " "},
	    {"YWI=", NULL, NULL}, /* no colon */
	    {"OmI=", NULL, NULL}, /* no user */
	    {"YTo=", NULL, NULL}, /* no password */
	    {"Og==", NULL, NULL},
	    {"YQA6Yg==", NULL, NULL}, /* NUL */
	    {"YTpiCg==", NULL, NULL}, /* LF */
	    {"YTpiDQ==", NULL, NULL},
	    {"YTp/", NULL, NULL}, /* DEL */
	    {"YTrk", NULL, NULL}, /* Latin-1 */
	    {"", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char room[CREDENTIALS_ROOM];
		struct str user, password;
		bool ok = credentials_basic(
		    str_of(rows[i].token), room, &user, &password);

		assert_int_equal(ok, rows[i].password != NULL);
		if (!ok)
			continue;
		assert_true(str_eq(user, str_of(rows[i].user)));
		assert_true(str_eq(password, str_of(rows[i].password)));
	}
}

static size_t
encode(const char *p, size_t n, char *out)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
	                            "qrstuvwxyz0123456789+/";
	size_t made = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)p[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)(unsigned char)p[i + 1] << 8;
		if (i + 2 < n)
			v |= (unsigned char)p[i + 2];
		for (unsigned k = 0; k < 4 && k <= n - i; k++)
			out[made++] = digit[v >> (18 - 6 * k) & 63];
	}
	return made;
}

static void
how_long_they_may_be(void **state)
{
	static char text[4096], token[8192];
	static const struct {
		size_t user, password;
		bool ok;
	} rows[] = {
	    {1, 1, true},
	    {CREDENTIALS_USER_MAX, 1, true},
	    {CREDENTIALS_USER_MAX + 1, 1, false},
	    {1, CREDENTIALS_PASSWORD_MAX, true},
	    {1, CREDENTIALS_PASSWORD_MAX + 1, false},
	    {CREDENTIALS_USER_MAX, CREDENTIALS_PASSWORD_MAX, true},
	    {CREDENTIALS_USER_MAX, 3000, false},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char room[CREDENTIALS_ROOM];
		struct str user, password;
		size_t n = rows[i].user + rows[i].password + 1;

		memset(text, 'u', sizeof(text));
		memset(text + rows[i].user, 'p', rows[i].password + 1);
		text[rows[i].user] = ':';
		n = encode(text, n, token);
		assert_int_equal(credentials_basic(str_make(token, n), room,
		                     &user, &password),
		    rows[i].ok);
		if (rows[i].ok) {
			assert_int_equal(user.n, rows[i].user);
			assert_int_equal(password.n, rows[i].password);
		}
	}
}

static void
names(void **state)
{
	static const struct {
		const char *given, *is; /* NULL: nobody is called so */
	} rows[] = {
	    {"alice", "alice"},
	    {"Alice", "Alice"}, /* who compares folds */
	    {"a b", "a b"},
	    {"a   b", "a b"},
	    {"DOMAIN\\user", "DOMAIN\\user"},
	    {"user@REALM.TEST", "user@REALM.TEST"},
	    {"Ұлы", "Ұлы"},
	    {"", NULL},
	    {" ", NULL},
	    {" alice", NULL},
	    {"alice ", NULL},
	    {"a\tb", NULL},
	    {"a\nb", NULL},
	    {"\xe4", NULL},
	    {"\xc0\x80", NULL},
	    {"a\xc2\xa0"
	     "b",
	        NULL}, /* no-break space */
	    {"ali\xe2\x80\x8b"
	     "ce",
	        NULL}, /* zero width */
	    {"\xe2\x80\xae"
	     "ecila",
	        NULL},        /* right to left */
	    {"ａlice", NULL}, /* fullwidth */
	    {"ﬁona", NULL},   /* a ligature */
	    {"dĳkstra", NULL},
	    {"aˡice", NULL},
	    {"alicᶜe", NULL},
	    {"a․b", NULL},
	    {"a﹒b", NULL}, /* other dots, */
	    {"a‑b", NULL},
	    {"a﹣b", NULL}, /* and hyphens */
	    {"aliceﹰ", NULL},
	    {"\xef\xa4\x80", NULL}, /* of compatibility */
	    {"alİce", NULL},
	    {"straẞe", NULL}, /* their small ones are of
	                                            another length */
	    {"ᲀова", NULL},
	    {"straße", "straße"},
	    {"Șükran", "Șükran"},
	    {"กำธร", "กำธร"},
	    {"e\xcc\x81", NULL}, /* e with a mark of its own */
	    {"𝐚lice", NULL},     /* mathematical */
	    {"x²", NULL},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char out[CREDENTIALS_USER_MAX];
		size_t n = credentials_user(str_of(rows[i].given), out);

		if (!str_eq(str_make(out, n), str_of(rows[i].is)))
			fail_msg("\"%s\": found \"%.*s\"", rows[i].given,
			    (int)n, out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(schemes),
	    cmocka_unit_test(users_and_passwords),
	    cmocka_unit_test(how_long_they_may_be),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
