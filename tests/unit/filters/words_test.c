/* words_test.c - networks, names of things, and slips of the pen. */
#include "world.h"

#include "base/table.h"
#include "filters/nameset.h"
#include "filters/net.h"
#include "filters/reason.h"
#include "filters/verdict.h"

static void
networks_are_read_strictly(void **unused)
{
	static const struct {
		const char *text, *back; /* NULL: refused */
	} rows[] = {
	    {"10.1.0.0/16", "10.1.0.0/16"},
	    {"10.1.2.3", "10.1.2.3"},
	    {"10.1.2.3/32", "10.1.2.3"},
	    {"0.0.0.0/0", "0.0.0.0/0"},
	    {"2001:db8::/32", "2001:db8::/32"},
	    {"2001:DB8:0:0::1", "2001:db8::1"},
	    {"::/0", "::/0"},
	    {"::1/128", "::1"},
	    {"fd00::/7", NULL},
	    {"fc00::/7", "fc00::/7"},
	    {"10.1.0.1/16", NULL},
	    {"10.1.0.0/33", NULL},
	    {"::/129", NULL},
	    {"10.1/16", NULL},
	    {"10", NULL},
	    {"0x0a.0.0.0/8", NULL},
	    {"010.0.0.0/8", NULL},
	    {"256.0.0.0/8", NULL},
	    {"10.0.0.0/", NULL},
	    {"10.0.0.0/-1", NULL},
	    {"10.0.0.0/0008", NULL},
	    {"10.0.0.0/8/8", NULL},
	    {"2001:db8::/32x", NULL},
	    {"a.test", NULL},
	    {"", NULL},
	    {"/8", NULL},
	};

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		char room[NET_ROOM];
		struct net n;
		bool ok = net_from_text(str_of(rows[i].text), &n);

		if (ok != (rows[i].back != NULL))
			fail_msg("%s: %d", rows[i].text, ok);
		if (ok && !str_eq(net_text(&n, room), str_of(rows[i].back)))
			fail_msg("%s: %.*s", rows[i].text,
			    STR_ARG(net_text(&n, room)));
	}
}

static void
a_network_has_what_begins_with_its_bits(void **unused)
{
	(void)unused;
	for (unsigned bits = 0; bits <= 128; bits++) {
		struct net n = {.bits = (uint8_t)bits};
		uint8_t addr[16] = {0};

		for (unsigned flip = 0; flip < 128; flip++) {
			addr[flip / 8] ^= (uint8_t)(0x80u >> flip % 8);
			assert_int_equal(net_has(&n, addr), flip >= bits);
			addr[flip / 8] ^= (uint8_t)(0x80u >> flip % 8);
		}
		assert_true(net_has(&n, addr));
	}
}

static void
clients_of_both_families_have_one_form(void **unused)
{
	static const uint8_t four[4] = {10, 1, 2, 3};
	static const uint8_t six[16] = {0x20, 1, 0x0d, 0xb8};
	struct request r = {0};
	struct net n;

	(void)unused;
	request_set_client(&r, four, sizeof(four));
	assert_true(net_from_text(STR("10.1.0.0/16"), &n));
	assert_true(net_has(&n, r.client));
	assert_true(net_from_text(STR("::ffff:10.1.2.3"), &n));
	assert_true(net_has(&n, r.client));
	request_set_client(&r, six, sizeof(six));
	assert_true(net_from_text(STR("2001:db8::/32"), &n));
	assert_true(net_has(&n, r.client));
	assert_true(net_from_text(STR("0.0.0.0/0"), &n));
	assert_false(net_has(&n, r.client));
}

static void
every_reason_has_a_word_and_comes_back(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < REASON_N; i++) {
		enum reason r = (enum reason)i;

		assert_true(reason_slug(r)[0] && reason_text(r)[0]);
		assert_int_equal(reason_from_slug(str_of(reason_slug(r))), r);
		for (const char *p = reason_slug(r); *p; p++)
			assert_true(*p == '-' || (*p >= 'a' && *p <= 'z'));
	}
	assert_int_equal(reason_from_slug(STR("nonsense")), REASON_NONE);
	assert_int_equal(reason_kind(REASON_RULE), REASON_KIND_POLICY);
	assert_int_equal(reason_kind(REASON_DONE), REASON_KIND_FINE);
	assert_int_equal(reason_kind(REASON_DNS_FAILED), REASON_KIND_ORIGIN);
}

static void
stages_and_actions_have_words(void **unused)
{
	(void)unused;
	assert_string_equal(stage_name(STAGE_CONN), "conn");
	assert_string_equal(stage_name(STAGE_HOST), "host");
	assert_string_equal(stage_name(STAGE_BODY), "body");
	assert_string_equal(visibility_name(VISIBILITY_SNI), "sni");
	assert_string_equal(visibility_name(VISIBILITY_CONTENT), "content");
	assert_string_equal(action_name(ACTION_ALLOW), "allow");
	assert_string_equal(action_name(ACTION_MONITOR), "monitor");
}

static void
names_are_numbered_until_full(void **unused)
{
	struct nameset *s = calloc(1, sizeof(*s));
	struct arena a;
	char word[8];

	(void)unused;
	arena_init(&a, 0);
	for (unsigned i = 0; i < NAMESET_MAX; i++) {
		int n = snprintf(word, sizeof(word), "n%u", i);

		assert_int_equal(
		    nameset_add(s, &a, str_make(word, (size_t)n)), i);
	}
	assert_int_equal(nameset_add(s, &a, STR("n7")), 7);
	assert_int_equal(nameset_add(s, &a, STR("more")), NAMESET_NONE);
	assert_int_equal(nameset_find(s, STR("n255")), 255);
	assert_int_equal(nameset_find(s, STR("more")), NAMESET_NONE);
	arena_fini(&a);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(networks_are_read_strictly),
	    cmocka_unit_test(a_network_has_what_begins_with_its_bits),
	    cmocka_unit_test(clients_of_both_families_have_one_form),
	    cmocka_unit_test(every_reason_has_a_word_and_comes_back),
	    cmocka_unit_test(stages_and_actions_have_words),
	    cmocka_unit_test(names_are_numbered_until_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
