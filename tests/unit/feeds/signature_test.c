/* signature_test.c - who signed what; vectors made with openssl's command. */
#include "feeds/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"

#define KEY "RWQBI0VniavN70aJrJPQSyeGRqtBqf//g07k37rppyKayQRYz+CdT2EI"
#define OTHER                                                                  \
	"RWQBI0VniavN7wXL1uznHY7dX3nWNDtiUgpyR+clH3xnd+BrgwbCb5xo" /* of the same id */
#define BODY "casino.test\nbad.test\n"

#define LEGACY                                                                 \
	"untrusted comment: x\n"                                               \
	"RWQBI0VniavN76RLYUGJ267nC+8veRizaoRJxhhoFOsuqJ5nX1TUV8B6MK5W5ufqXFAR" \
	"Iwa3EltgRezKOh6WJ4I4GYMdqApzQwM=\n"                                   \
	"trusted comment: timestamp:1700000000\tfile:list\n"                   \
	"65/Ksh7E6tMR73WZ7+1ArZpeErCde+yRBEZ8gOnEp+R1a2Nu6ACTHK/Vd8hH1OEpZTb/" \
	"V7Jg9q1DXWUkyNXfDQ==\n"
#define HASHED                                                                 \
	"untrusted comment: x\n"                                               \
	"RUQBI0VniavN73rvXCMW+IJr4WjfjzREYN4BxQks4hG2q4bPFUdJydr0Mukbjy7e9egc" \
	"FaqZlbt52SthUCHsANEJlyeHNo3Z+ww=\n"                                   \
	"trusted comment: timestamp:1700000001\tfile:list\thashed\n"           \
	"l3S//71mGEl/UauscH1d9NYnqx0wd77ZG47vkQMq45tY2Wi4cgajBMd2W+bQISvMevVZ" \
	"d5yU5YTEMm2NPo2lAg==\n"
#define UNTIMED                                                                \
	"untrusted comment: x\n"                                               \
	"RUQBI0VniavN73rvXCMW+IJr4WjfjzREYN4BxQks4hG2q4bPFUdJydr0Mukbjy7e9egc" \
	"FaqZlbt52SthUCHsANEJlyeHNo3Z+ww=\n"                                   \
	"trusted comment: \n"                                                  \
	"jCqLRooRsVNelfBRBKBsurDV1dw9r5Fhor7ZImoPOSoNyJQiwusBgjxe949IUWB+djgU" \
	"e7TeeLoZTSGerLQPAg==\n"

static int
verify(const char *key, struct str sign, const char *body,
    struct signature_info *info)
{
	struct bytes b = {(const uint8_t *)body, strlen(body)};
	struct signature_key k;
	struct err err;

	assert_int_equal(signature_key(str_of(key), &k, &err), 0);
	return signature_verify(&k, sign, b, info, &err);
}

static void
both_forms_hold(void **state)
{
	struct signature_info info;

	(void)state;
	assert_int_equal(verify(KEY, STR(LEGACY), BODY, &info), 0);
	assert_int_equal(info.time, 1700000000);
	assert_string_equal(info.comment, "timestamp:1700000000\tfile:list");
	assert_int_equal(verify(KEY, STR(HASHED), BODY, &info), 0);
	assert_int_equal(info.time, 1700000001);
	assert_int_equal(verify(KEY, STR(UNTIMED), BODY, &info), 0);
	assert_int_equal(info.time, 0);
}

static void
another_body_or_key_does_not(void **state)
{
	static const char *const bodies[] = {"", "casino.test\nbad.test",
	    "casino.test\nbad.tesT\n", BODY "x.test\n"};
	struct signature_info info;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(
		    verify(KEY, STR(LEGACY), bodies[i], &info), -1);
		assert_int_equal(
		    verify(KEY, STR(HASHED), bodies[i], &info), -1);
	}
	assert_int_equal(verify(OTHER, STR(LEGACY), BODY, &info), -1);
	assert_int_equal(verify(OTHER, STR(HASHED), BODY, &info), -1);
}

/* Each byte of it that is signed, or is the signature, matters. */
static void
no_changed_signature_holds(void **state)
{
	static const struct str all[] = {STR_INIT(LEGACY), STR_INIT(HASHED)};
	struct signature_info info;
	char text[1024];

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		size_t from = str_find(all[k], '\n', 0) + 1;

		for (size_t i = from; i + 1 < all[k].n; i++) {
			memcpy(text, all[k].p, all[k].n);
			text[i] = text[i] == 'A' ? 'B' : 'A';
			assert_int_equal(
			    verify(KEY, str_make(text, all[k].n), BODY, &info),
			    -1);
		}
	}
}

/* Every prefix but the one that lacks nothing but the last newline. */
static void
no_cut_signature_holds(void **state)
{
	struct str s = STR(HASHED);
	struct signature_info info;

	(void)state;
	for (size_t n = 0; n + 1 < s.n; n++) {
		char *cut = malloc(n + 1); /* so that a read beyond is seen */

		memcpy(cut, s.p, n);
		assert_int_equal(
		    verify(KEY, str_make(cut, n), BODY, &info), -1);
		free(cut);
	}
	assert_int_equal(verify(KEY, str_sub(s, 0, s.n - 1), BODY, &info), 0);
}

static void
the_form_cannot_be_mistaken_for_the_other(void **state)
{
	struct signature_info info;
	char text[1024];

	(void)state;
	/* "Ed" made "ED" and back: RWQ.. and RUQ.. */
	memcpy(text, LEGACY, sizeof(LEGACY));
	text[sizeof("untrusted comment: x\n")] = 'U';
	assert_int_equal(verify(KEY, str_of(text), BODY, &info), -1);
	memcpy(text, HASHED, sizeof(HASHED));
	text[sizeof("untrusted comment: x\n")] = 'W';
	assert_int_equal(verify(KEY, str_of(text), BODY, &info), -1);
}

static void
keys_are_read_as_line_or_file(void **state)
{
	static const char *const good[] = {KEY, KEY "\n",
	    "untrusted comment: minisign public key\n" KEY "\n",
	    "untrusted comment: x\r\n" KEY "\r\n"};
	static const char *const bad[] = {"", "RWQ", KEY "A", KEY "=",
	    "untrusted comment: x\n", "/etc/key",
	    "UWQBI0VniavN70aJrJPQSyeGRq"
	    "tBqf//g07k37rppyKayQRYz+CdT2"
	    "EI"};
	struct signature_key k;
	struct err err;

	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(signature_key(str_of(good[i]), &k, &err), 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(signature_key(str_of(bad[i]), &k, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_forms_hold),
	    cmocka_unit_test(another_body_or_key_does_not),
	    cmocka_unit_test(no_changed_signature_holds),
	    cmocka_unit_test(no_cut_signature_holds),
	    cmocka_unit_test(the_form_cannot_be_mistaken_for_the_other),
	    cmocka_unit_test(keys_are_read_as_line_or_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
