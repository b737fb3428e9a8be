/*
 * pattern_many_test.c - sets of many patterns, of one domain, of hosts; what
 * is found where there is more than results have room for.
 */
#include "world.h"

#include <pthread.h>

#include "base/table.h"
#include "filters/pattern.h"
#include "filters/pattern_tally.h"

static uint16_t
add(struct pattern_set *ps, const char *text, const char *anchor, bool host)
{
	const struct pattern_def def = {str_of(text), str_of(anchor), host};
	struct err err = {0};
	size_t at;
	uint16_t id = pattern_set_add(ps, &def, &at, &err);

	if (id == PATTERN_NONE)
		fail_msg("%s at %zu: %s", text, at, err.text);
	return id;
}

struct page {
	struct arena arena;
	char room[NAME_ROOM];
	struct url url;
};

static void
page_open(struct page *g, const char *address)
{
	struct url_parts parts;
	const char *why;

	arena_init(&g->arena, 0);
	assert_int_equal(
	    url_split(&g->arena, str_of(address), g->room, &parts, &why), 0);
	assert_int_equal(url_canon(&g->arena, &parts, &g->url), 0);
}

/* "3 7 ", in order; what is open with a '?'. */
static const char *
ids_of(const struct pattern_result *res)
{
	static char text[1024];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < res->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u%s ",
		    res->v[i].id, res->v[i].is & PATTERN_SOME ? "" : "?");
	return text;
}

static const char *
found(const struct pattern_set *ps, const char *address)
{
	struct page g;
	struct pattern_result res;

	page_open(&g, address);
	pattern_set_run(ps, &g.url, NULL, &res);
	arena_fini(&g.arena);
	return ids_of(&res);
}

static const char *
found_on_host(const struct pattern_set *ps, const char *host)
{
	char room[NAME_ROOM];
	struct name name;
	struct pattern_result res;

	assert_int_equal(name_from_text(str_of(host), room, &name), NAME_OK);
	pattern_set_run_host(ps, name, NULL, &res);
	return ids_of(&res);
}

/* -------------------------------------------------------------- numbers */

#define MANY 20000

/* <form> with the number for its '#'. */
static void
write_form(const char *form, unsigned i, char text[64])
{
	size_t n = strcspn(form, "#");

	snprintf(text, 64, "%.*s%u%s", (int)n, form, i, form + n + 1);
}

static void
write_one(unsigned i, char text[64])
{
	static const char *const forms[] = {"/a#[-_.]b", "[?&]q#=[0-9]+",
	    "w#x?/", "^https?://([^/]*\\.)?h#\\.test/", "z#(png|gif)$"};

	write_form(forms[i % 5], i, text);
}

static void
each_of_many_is_found_and_no_other(void **unused)
{
	static const char *const forms[] = {"http://x.test/a#_b",
	    "http://x.test/?q#=1", "http://x.test/w#/", "http://h#.test/",
	    "http://x.test/z#png"};
	struct pattern_set *ps = pattern_set_new();

	(void)unused;
	for (unsigned i = 0; i < MANY; i++) {
		char text[64];

		write_one(i, text);
		assert_int_equal(add(ps, text, "", false), i);
	}
	assert_int_equal(pattern_set_finish(ps), 0);
	assert_int_equal(pattern_set_always(ps), 0);
	for (unsigned i = 0; i < MANY; i += 7) {
		char address[64], want[16];

		write_form(forms[i % 5], i, address);
		snprintf(want, sizeof(want), "%u ", i);
		assert_string_equal(found(ps, address), want);
	}
	assert_string_equal(found(ps, "http://x.test/a_b?q=1"), "");
	pattern_set_free(ps);
}

static void
a_set_has_a_bound(void **unused)
{
	struct pattern_set *ps = pattern_set_new();
	const struct pattern_def more = {.text = STR("more")};
	struct err err;
	size_t at;

	(void)unused;
	for (unsigned i = 0; i < PATTERNS_MAX; i++) {
		char text[16];

		snprintf(text, sizeof(text), "p%u", i);
		assert_int_equal(add(ps, text, "", i % 2), i);
	}
	assert_int_equal(pattern_set_add(ps, &more, &at, &err), PATTERN_NONE);
	assert_int_equal(err.code, ERR_LIMIT);
	/* what is there already needs no room */
	assert_int_equal(add(ps, "p100", "", false), 100);
	assert_int_equal(pattern_set_finish(ps), 0);
	assert_string_equal(
	    found(ps, "http://x.test/p32766."), "32 3276 32766 ");
	pattern_set_free(ps);
}

static void
the_order_of_patterns_does_not_matter(void **unused)
{
	static const char *const texts[] = {"ad", "[a-z]+\\d", "^http://x\\.",
	    "/ads?/", "a.s", "^https?://([^/]*\\.)?x\\.test/ads", "nothing"};
	struct pattern_set *ps[2] = {pattern_set_new(), pattern_set_new()};
	struct pattern_result res[2];
	struct page g;

	(void)unused;
	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		add(ps[0], texts[i], "", false);
		add(ps[1], texts[ARRAY_LEN(texts) - 1 - i], "", false);
	}
	page_open(&g, "http://x.test/ads/b1");
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(pattern_set_finish(ps[i]), 0);
		pattern_set_run(ps[i], &g.url, NULL, &res[i]);
	}
	for (uint16_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(pattern_result_of(&res[0], i),
		    pattern_result_of(
		        &res[1], (uint16_t)(ARRAY_LEN(texts) - 1 - i)));
	assert_int_equal(res[0].n, ARRAY_LEN(texts) - 1);
	arena_fini(&g.arena);
	pattern_set_free(ps[0]);
	pattern_set_free(ps[1]);
}

static void
a_literal_that_many_need_and_texts_repeat(void **unused)
{
	struct pattern_set *ps = pattern_set_new();
	static char address[9000];
	size_t n;

	(void)unused;
	for (unsigned i = 0; i < 500; i++) {
		char text[32];

		snprintf(text, sizeof(text), "/ad/.*-%u$", i);
		add(ps, text, "", false);
		snprintf(text, sizeof(text), "k%u/ad/", i);
		add(ps, text, "", false);
	}
	assert_int_equal(pattern_set_finish(ps), 0);
	n = (size_t)snprintf(address, sizeof(address), "http://x.test");
	while (n < 8000)
		n += (size_t)snprintf(address + n, sizeof(address) - n, "/ad/");
	snprintf(address + n, sizeof(address) - n, "-77");
	assert_string_equal(found(ps, address), "154 ");
	assert_string_equal(found(ps, "http://x.test/k8/ad/-8"), "16 17 ");
	assert_string_equal(found(ps, "http://x.test/"), "");
	pattern_set_free(ps);
}

/* -------------------------------------------------------------- domains */

static void
a_given_anchor_is_a_condition(void **unused)
{
	struct pattern_set *ps = pattern_set_new();

	(void)unused;
	assert_int_equal(add(ps, "banner", "x.test", false), 0);
	assert_int_equal(add(ps, "banner", "", false), 1);
	assert_int_equal(add(ps, "[0-9]", "x.test", false), 2);
	assert_int_equal(add(ps, "banner", "ads.x.test", false), 3);
	assert_int_equal(add(ps, "banner", "1.2.3.4", false), 4);
	assert_int_equal(add(ps, "banner", "x.test", false), 0);
	assert_int_equal(pattern_set_finish(ps), 0);
	assert_int_equal(pattern_set_count(ps), 5);
	assert_int_equal(pattern_set_always(ps), 0);
	assert_true(str_eq(pattern_set_anchor(ps, 0), STR("x.test")));
	assert_int_equal(pattern_set_anchor(ps, 1).n, 0);
	assert_string_equal(found(ps, "http://x.test/banner1"), "0 1 2 ");
	assert_string_equal(found(ps, "http://a.x.test/banner"), "0 1 ");
	assert_string_equal(found(ps, "http://b.ads.x.test/banner"), "0 1 3 ");
	assert_string_equal(found(ps, "http://notx.test/banner1"), "1 ");
	assert_string_equal(found(ps, "http://test/banner1"), "1 ");
	assert_string_equal(found(ps, "http://x.test.test/banner1"), "1 ");
	assert_string_equal(found(ps, "http://1.2.3.4/banner1"), "1 4 ");
	assert_string_equal(found(ps, "http://1.1.2.3/banner.4"), "1 ");
	pattern_set_free(ps);
}

/* So many that their literals are looked for, and not each is tried. */
static void
a_domain_may_have_many_patterns(void **unused)
{
	struct pattern_set *ps = pattern_set_new();

	(void)unused;
	for (unsigned i = 0; i < 100; i++) {
		char text[64];

		snprintf(text, sizeof(text), "page%u[.]", i);
		assert_int_equal(add(ps, text, "x.test", false), 2 * i);
		snprintf(text, sizeof(text), "^https?://x\\.test/it%u/", i);
		assert_int_equal(add(ps, text, "", false), 2 * i + 1);
	}
	assert_int_equal(add(ps, "[0-9]$", "x.test", false), 200);
	assert_int_equal(add(ps, "page5[.]", "", false), 201);
	assert_int_equal(pattern_set_finish(ps), 0);
	assert_true(str_eq(pattern_set_anchor(ps, 1), STR("x.test")));
	assert_string_equal(found(ps, "http://x.test/page5.7"), "10 200 201 ");
	assert_string_equal(found(ps, "http://b.x.test/page5."), "10 201 ");
	assert_string_equal(found(ps, "http://b.test/page5.7"), "201 ");
	assert_string_equal(found(ps, "http://x.test/it5/"), "11 ");
	assert_string_equal(found(ps, "http://b.x.test/it5/"), "");
	pattern_set_free(ps);
}

static void
host_patterns_see_hosts_alone(void **unused)
{
	struct pattern_set *ps = pattern_set_new();

	(void)unused;
	assert_false(pattern_set_has(ps, false) || pattern_set_has(ps, true));
	assert_int_equal(add(ps, "^ads[0-9]*\\.", "", true), 0);
	assert_true(pattern_set_has(ps, true) && !pattern_set_has(ps, false));
	assert_int_equal(add(ps, "^ads[0-9]*\\.", "", false), 1);
	assert_int_equal(add(ps, "ads", "", false), 2);
	assert_int_equal(add(ps, "x\\.test$", "", true), 3);
	assert_int_equal(add(ps, "[0-9]", "x.test", true), 4);
	assert_int_equal(pattern_set_finish(ps), 0);
	assert_true(pattern_set_on_host(ps, 0) && !pattern_set_on_host(ps, 1));
	assert_string_equal(found_on_host(ps, "ads17.x.test"), "0 3 4 ");
	assert_string_equal(found_on_host(ps, "ads1.y.test"), "0 ");
	assert_string_equal(found_on_host(ps, "badads.y.test"), "");
	assert_string_equal(found(ps, "http://ads1.x.test/"), "2 ");
	assert_string_equal(found(ps, "http://y.test/x.test"), "");
	pattern_set_free(ps);
}

/* ------------------------------------------------- more than there is room */

static void
what_no_room_is_for_is_open(void **unused)
{
	struct pattern_set *ps = pattern_set_new();
	struct pattern_result res;
	struct pattern_hits hits;
	struct page g;

	(void)unused;
	for (unsigned i = 0; i < 70; i++) {
		char text[32];

		snprintf(text, sizeof(text), "a[b%u-]", i);
		add(ps, text, "", false);
	}
	add(ps, "never", "", false);
	assert_int_equal(pattern_set_finish(ps), 0);
	page_open(&g, "http://x.test/a-");
	pattern_set_run(ps, &g.url, NULL, &res);
	assert_int_equal(res.n, PATTERN_RESULT_MAX);
	assert_true(res.rest_open);
	for (unsigned i = 0; i < 71; i++)
		assert_int_equal(pattern_result_of(&res, (uint16_t)i),
		    i < PATTERN_RESULT_MAX ? PATTERN_SOME | PATTERN_EVERY
		                           : PATTERN_OPEN_ALL);
	pattern_hits_from(&res, &hits);
	assert_true(hits.limit && hits.overflow);
	arena_fini(&g.arena);
	pattern_set_free(ps);
}

static void
one_url_cannot_have_many_patterns_tried_for_long(void **unused)
{
	static char text[20000];
	struct pattern_set *ps = pattern_set_new();
	struct url u = {.text = {text, sizeof(text)}};
	struct pattern_result res;
	struct pattern_wanted last = {{0}};

	(void)unused;
	for (unsigned i = 0; i < 1000; i++) {
		char pattern[32];

		snprintf(pattern, sizeof(pattern), "[k-z]\\d{%u}$", i);
		add(ps, pattern, "", false);
	}
	assert_int_equal(pattern_set_finish(ps), 0);
	assert_int_equal(pattern_set_always(ps), 1000);
	memset(text, 'a', sizeof(text));
	pattern_set_run(ps, &u, NULL, &res);
	assert_true(res.rest_open);
	assert_int_equal(pattern_set_limits(ps, 300), 0);
	assert_int_equal(pattern_set_limits(ps, 999), 1);
	/* by itself it is */
	last.w[999 / 64] = (uint64_t)1 << 999 % 64;
	pattern_set_run(ps, &u, &last, &res);
	assert_true(pattern_result_is_empty(&res));
	pattern_set_free(ps);
}

static void
what_matched_stays_where_there_is_little_room(void **unused)
{
	struct pattern_tally t = {0};
	struct pattern_result res;

	(void)unused;
	for (uint16_t i = 0; i < PATTERN_RESULT_MAX; i++)
		pattern_tally_add(&t, i, PATTERN_OPEN);
	pattern_tally_add(&t, 100, PATTERN_OPEN);
	assert_true(t.full);
	pattern_tally_add(&t, 50, PATTERN_SOME);
	pattern_tally_add(&t, 200, PATTERN_SOME);
	t.texts++;
	/* one that was put out comes back: it may have matched before */
	pattern_tally_add(&t, 63, PATTERN_SOME);
	t.texts++;
	pattern_tally_sum(&t, &res);
	assert_int_equal(res.n, PATTERN_RESULT_MAX);
	assert_true(res.rest_open);
	for (unsigned i = 1; i < res.n; i++)
		assert_true(res.v[i - 1].id < res.v[i].id);
	assert_int_equal(pattern_result_of(&res, 200), PATTERN_SOME);
	assert_true(pattern_result_of(&res, 50) & PATTERN_SOME);
	assert_int_equal(
	    pattern_result_of(&res, 63), PATTERN_SOME | PATTERN_EVERY_OPEN);
	assert_int_equal(pattern_result_of(&res, 100), PATTERN_OPEN_ALL);
	assert_int_equal(pattern_result_of(&res, 9), PATTERN_OPEN);
}

/* ------------------------------------------------------------- one alone */

static void
one_pattern_can_be_tried_alone(void **unused)
{
	struct pattern_set *ps = pattern_set_new();

	(void)unused;
	add(ps, "needle", "x.test", false);
	add(ps, "(a+)+$", "", false);
	assert_int_equal(pattern_set_finish(ps), 0);
	assert_int_equal(pattern_set_try(ps, 0, STR("needle")), PATTERN_SOME);
	assert_int_equal(pattern_set_try(ps, 0, STR("pin")), 0);
	assert_int_equal(
	    pattern_set_try(ps, 1,
	        STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")),
	    PATTERN_OPEN);
	assert_int_equal(pattern_set_limits(ps, 1), 0);
	assert_int_equal(pattern_set_try(ps, 9, STR("x")), 0);
	pattern_set_free(ps);
}

/* --------------------------------------------------------------- threads */

#define THREADS 8

static void *
run_much(void *arg)
{
	const struct pattern_set *ps = arg;
	struct page g[2];
	char room[NAME_ROOM];
	struct name host;
	void *wrong = NULL;

	page_open(&g[0], "http://ads.x.test/a5_b/w17/?q1=1");
	page_open(&g[1], "http://h23.test/(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
	name_from_text(STR("ads.x.test"), room, &host);
	for (unsigned i = 0; i < 300 && !wrong; i++) {
		struct pattern_result res;

		pattern_set_run(ps, &g[0].url, NULL, &res);
		if (res.n != 3 || res.v[0].id != 1 || res.v[2].id != 17)
			wrong = arg;
		pattern_set_run(ps, &g[1].url, NULL, &res);
		if (res.n != 2 || res.v[0].id != 23 ||
		    res.v[1].is != PATTERN_OPEN_ALL)
			wrong = arg;
		pattern_set_run_host(ps, host, NULL, &res);
		if (res.n != 1 || res.v[0].id != 41)
			wrong = arg;
	}
	arena_fini(&g[0].arena);
	arena_fini(&g[1].arena);
	return wrong;
}

static void
threads_share_a_set_of_all_kinds(void **unused)
{
	struct pattern_set *ps = pattern_set_new();
	pthread_t t[THREADS];
	void *wrong;

	(void)unused;
	for (unsigned i = 0; i < 40; i++) {
		char text[64];

		write_one(i, text);
		add(ps, text, "", false);
	}
	assert_int_equal(add(ps, "\\((a+)+$", "", false), 40);
	assert_int_equal(add(ps, "^ads\\.", "", true), 41);
	assert_int_equal(pattern_set_finish(ps), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, run_much, ps), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(pattern_set_limits(ps, 40), THREADS * 300);
	pattern_set_free(ps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_of_many_is_found_and_no_other),
	    cmocka_unit_test(a_set_has_a_bound),
	    cmocka_unit_test(the_order_of_patterns_does_not_matter),
	    cmocka_unit_test(a_literal_that_many_need_and_texts_repeat),
	    cmocka_unit_test(a_given_anchor_is_a_condition),
	    cmocka_unit_test(a_domain_may_have_many_patterns),
	    cmocka_unit_test(host_patterns_see_hosts_alone),
	    cmocka_unit_test(what_no_room_is_for_is_open),
	    cmocka_unit_test(one_url_cannot_have_many_patterns_tried_for_long),
	    cmocka_unit_test(what_matched_stays_where_there_is_little_room),
	    cmocka_unit_test(one_pattern_can_be_tried_alone),
	    cmocka_unit_test(threads_share_a_set_of_all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
