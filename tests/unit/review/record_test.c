/* record_test.c - what of a decision becomes a line, and what never does. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/buf.h"
#include "filters/reason.h"
#include "filters/request.h"
#include "filters/verdict.h"
#include "review/jsonflat.h"
#include "review/record.h"

static const uint8_t chance[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static const uint8_t key[RECORD_KEY] = {42};

static void
fill(struct record *r, const char *url)
{
	record_begin(r, 1795376287123, chance);
	r->reason = REASON_RULE;
	r->stage = STAGE_URL;
	r->visibility = VISIBILITY_URL;
	r->status = 403;
	r->client[10] = r->client[11] = 0xff;
	r->client[12] = 10;
	r->client[15] = 7;
	r->host = record_put(r, STR("casino.example"), 255);
	r->url = record_put(r, str_of(url), RECORD_URL_MAX);
}

static struct str
line(const struct record *r, enum record_privacy privacy, bool query,
    struct buf *b)
{
	char pseudonym[RECORD_PSEUDONYM_ROOM], user[RECORD_PSEUDONYM_ROOM];
	struct record_style style = {privacy, query, pseudonym, user};

	record_pseudonym(key, r->client, pseudonym);
	record_user_pseudonym(key, record_get(r, r->user), user);
	buf_reset(b);
	record_json(r, &style, b);
	assert_false(b->failed);
	assert_int_equal(b->p[b->n - 1], '\n');
	return buf_str(b);
}

static void
id_is_a_ulid_that_sorts_by_time(void **state)
{
	char a[RECORD_ID], b[RECORD_ID];
	uint8_t most[10];

	(void)state;
	memset(most, 0xff, sizeof(most));
	record_id(a, 1469922850259, most);
	/* the time of the ULID specification's own example */
	assert_string_equal(a, "01ARZ3NDEKZZZZZZZZZZZZZZZZ");
	record_id(b, 1469922850260, (const uint8_t[10]){0});
	assert_true(strcmp(a, b) < 0);
	assert_true(record_id_is_valid(str_of(a)));
	assert_false(record_id_is_valid(STR("01ARZ3NDEKZZZZZZZZZZZZZZZ")));
	assert_false(record_id_is_valid(STR("01ARZ3NDEKZZZZZZZZZZZZZZZI")));
}

static void
url_keeps_no_password_and_no_query(void **state)
{
	static const struct {
		const char *raw, *kept, *with_query;
	} rows[] = {
	    {"http://a.test/p?q=1#f", "http://a.test/p",
	        "http://a.test/p?q=1#f"},
	    {"http://u:pw@a.test/p", "http://a.test/p", "http://a.test/p"},
	    {"http://u@x:pw@a.test?q", "http://a.test", "http://a.test?q"},
	    {"http://a.test/p@q", "http://a.test/p@q", "http://a.test/p@q"},
	    {"a.test:443", "a.test:443", "a.test:443"},
	    {"u:pw@a.test:443", "a.test:443", "a.test:443"},
	    {"http://a.test/#secret", "http://a.test/",
	        "http://a.test/#secret"},
	};
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;
	struct record r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill(&r, rows[i].raw);
		assert_true(jsonflat_read(
		    &f, str_trim(line(&r, RECORD_FULL, false, &b))));
		assert_string_equal(jsonflat_get(&f, "url").p, rows[i].kept);
		assert_true(jsonflat_read(
		    &f, str_trim(line(&r, RECORD_FULL, true, &b))));
		assert_string_equal(
		    jsonflat_get(&f, "url").p, rows[i].with_query);
	}
	jsonflat_fini(&f);
	buf_fini(&b);
}

static void
privacy_levels_hide_what_they_say(void **state)
{
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;
	struct record r;
	struct str s;

	(void)state;
	fill(&r, "http://casino.example/private/path");
	assert_true(
	    jsonflat_read(&f, str_trim(line(&r, RECORD_FULL, false, &b))));
	assert_string_equal(jsonflat_get(&f, "client").p, "10.0.0.7");

	s = line(&r, RECORD_PSEUDONYM, false, &b);
	assert_true(jsonflat_read(&f, str_trim(s)));
	assert_int_equal(jsonflat_get(&f, "client").n, 18);
	assert_memory_equal(jsonflat_get(&f, "client").p, "p-", 2);
	assert_int_equal(str_search(s, STR("10.0.0.7")), s.n);

	s = line(&r, RECORD_AGGREGATE, false, &b);
	assert_true(jsonflat_read(&f, str_trim(s)));
	assert_int_equal(jsonflat_get(&f, "client").n, 0);
	assert_int_equal(str_search(s, STR("private")), s.n);
	assert_string_equal(jsonflat_get(&f, "host").p, "casino.example");
	jsonflat_fini(&f);
	buf_fini(&b);
}

/* What is there of who asked and what for, by level and by what was hit. */
static void
identity_and_words_go_by_the_privacy_level(void **state)
{
	static const struct {
		const char *rule;
		enum record_privacy privacy;
		bool query, theme, nameless;
		const char *client, *user, *search; /* NULL: not there;
		                                     * "" : a pseudonym */
	} rows[] = {
	    {"full: by name, words of a theme", RECORD_FULL, false, true, false,
	        "10.0.0.7", "aigerim", "how to vanish"},
	    {"full: other words only with log-query", RECORD_FULL, false, false,
	        false, "10.0.0.7", "aigerim", NULL},
	    {"full, log-query: all words", RECORD_FULL, true, false, false,
	        "10.0.0.7", "aigerim", "how to vanish"},
	    {"pseudonym: words for both", RECORD_PSEUDONYM, false, true, false,
	        "", "", "how to vanish"},
	    {"aggregate: nobody, and no words", RECORD_AGGREGATE, true, true,
	        false, NULL, NULL, NULL},
	    {"a place of help: nobody, at any level", RECORD_FULL, true, true,
	        true, NULL, NULL, NULL},
	    {"the same by pseudonyms", RECORD_PSEUDONYM, true, true, true, NULL,
	        NULL, NULL},
	};
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;
	struct record r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct {
			const char *key, *want;
		} want[] = {{"client", rows[i].client}, {"user", rows[i].user},
		    {"search", rows[i].search}};

		fill(&r, "http://find.test/?q=how+to+vanish");
		r.user = record_put(&r, STR("aigerim"), RECORD_USER_MAX);
		r.search =
		    record_put(&r, STR("how to vanish"), RECORD_SEARCH_MAX);
		r.nameless = rows[i].nameless;
		if (rows[i].theme) {
			r.severity = SEVERITY_DANGER;
			r.theme = record_put(&r, STR("self-harm"), 48);
		}
		assert_true(jsonflat_read(&f,
		    str_trim(line(&r, rows[i].privacy, rows[i].query, &b))));
		for (size_t k = 0; k < 3; k++) {
			struct str got = jsonflat_get(&f, want[k].key);

			if (!want[k].want)
				assert_int_equal(got.n, 0);
			else if (want[k].want[0])
				assert_string_equal(got.p, want[k].want);
			else
				assert_int_equal(got.n, 18);
		}
		assert_true(str_eq(jsonflat_get(&f, "severity"),
		    rows[i].theme ? STR("danger") : STR_NONE));
	}
	jsonflat_fini(&f);
	buf_fini(&b);
}

static void
a_users_word_is_no_clients(void **state)
{
	char client[RECORD_PSEUDONYM_ROOM], user[RECORD_PSEUDONYM_ROOM];
	static const char name[16] = "sixteen--letters";
	uint8_t address[16];

	(void)state;
	memcpy(address, name, 16);
	record_pseudonym(key, address, client);
	record_user_pseudonym(key, str_make(name, 16), user);
	assert_int_equal(strlen(user), 18);
	assert_memory_equal(user, "u-", 2);
	assert_string_not_equal(client + 2, user + 2);
}

static void
a_trace_is_base64_or_not_there(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *text;
	} rows[] = {
	    {"", 0, ""},
	    {"f", 1, "Zg=="},
	    {"fo", 2, "Zm8="},
	    {"foo", 3, "Zm9v"},
	    {"\x00\xff\xfe\x01", 4, "AP/+AQ=="},
	};
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;
	char much[RECORD_TRACE_MAX + 1] = {0};
	struct record r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill(&r, "http://a.test/");
		r.trace = record_put_whole(
		    &r, str_make(rows[i].bytes, rows[i].n), RECORD_TRACE_MAX);
		assert_true(jsonflat_read(
		    &f, str_trim(line(&r, RECORD_FULL, false, &b))));
		assert_true(
		    str_eq(jsonflat_get(&f, "trace"), str_of(rows[i].text)));
		assert_false(r.cut);
	}
	/* a part of one could not be read: none then, and that is said */
	fill(&r, "http://a.test/");
	r.trace = record_put_whole(
	    &r, str_make(much, sizeof(much)), RECORD_TRACE_MAX);
	assert_int_equal(r.trace.n, 0);
	assert_true(r.cut);
	jsonflat_fini(&f);
	buf_fini(&b);
}

static void
no_key_no_client(void **state)
{
	struct record_style style = {RECORD_PSEUDONYM, false, NULL, NULL};
	struct buf b = BUF_EMPTY;
	struct record r;

	(void)state;
	fill(&r, "http://a.test/");
	record_json(&r, &style, &b);
	assert_int_equal(str_search(buf_str(&b), STR("client")), b.n);
	buf_fini(&b);
}

/* LG-01, LG-02: one event is one line, and it moves no terminal. */
static void
whatever_is_in_it_it_is_one_harmless_line(void **state)
{
	static const char *const bad[] = {
	    "http://a.test/\r\n2026-11-22T00:00:00Z ALLOWED",
	    "http://a.test/%0d%0aX",
	    "http://a.test/\x1b]0;pwn\x07\x1b[2J",
	    "http://a.test/\x9b"
	    "31m",
	    "http://a.test/\xe2\x80\xae\xc2\x85\xe2\x80\xa8\xe2\x80\xa9",
	    "http://a.test/\xff\xfe\xc0\x80",
	    "http://a.test/\",\"action\":\"allow",
	    "http://a.test/\\",
	};
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;
	struct record r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct str s;

		fill(&r, bad[i]);
		r.sni = record_put(&r, str_of(bad[i]), 100);
		r.group = record_put(&r, str_of(bad[i]), 100);
		s = line(&r, RECORD_FULL, true, &b);
		assert_int_equal(str_find(s, '\n', 0), s.n - 1);
		for (size_t k = 0; k + 1 < s.n; k++)
			assert_in_range((unsigned char)s.p[k], 0x20, 0x7e);
		assert_true(jsonflat_read(&f, str_trim(s)));
		assert_string_equal(jsonflat_get(&f, "action").p, "block");
		/* and it can be read back byte for byte */
		assert_string_equal(jsonflat_get(&f, "url").p, bad[i]);
	}
	jsonflat_fini(&f);
	buf_fini(&b);
}

static void
what_does_not_fit_is_cut_and_said(void **state)
{
	static char longest[4096];
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;
	struct record r;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	fill(&r, "http://a.test/");
	assert_false(r.cut);
	r.url_hash = 0xabc;
	r.sni = record_put(&r, str_of(longest), 253);
	assert_int_equal(r.sni.n, 253);
	assert_true(r.cut);
	r.entry = record_put(&r, str_of(longest), sizeof(longest));
	assert_int_equal(r.used, RECORD_TEXT);
	r.list = record_put(&r, STR("no room"), 100);
	assert_int_equal(r.list.n, 0);
	assert_true(
	    jsonflat_read(&f, str_trim(line(&r, RECORD_FULL, false, &b))));
	assert_string_equal(jsonflat_get(&f, "cut").p, "true");
	assert_string_equal(jsonflat_get(&f, "url_hash").p, "0000000000000abc");
	jsonflat_fini(&f);
	buf_fini(&b);
}

static void
a_character_is_not_cut_in_two(void **state)
{
	struct record r;

	(void)state;
	record_begin(&r, 0, chance);
	/* two letters of two bytes each: three bytes hold one of them */
	r.group = record_put(&r, STR("\xd2\xaf\xd0\xb3"), 3);
	assert_int_equal(r.group.n, 2);
}

/* A record may come from a process that went mad. */
static void
a_mad_record_is_read_within_its_bounds(void **state)
{
	struct jsonflat f = {0};
	struct buf b = BUF_EMPTY;
	struct record r;

	(void)state;
	memset(&r, 0xff, sizeof(r));
	assert_true(
	    jsonflat_read(&f, str_trim(line(&r, RECORD_FULL, true, &b))));
	assert_string_equal(jsonflat_get(&f, "action").p, "unknown");
	jsonflat_fini(&f);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(id_is_a_ulid_that_sorts_by_time),
	    cmocka_unit_test(url_keeps_no_password_and_no_query),
	    cmocka_unit_test(privacy_levels_hide_what_they_say),
	    cmocka_unit_test(identity_and_words_go_by_the_privacy_level),
	    cmocka_unit_test(a_users_word_is_no_clients),
	    cmocka_unit_test(a_trace_is_base64_or_not_there),
	    cmocka_unit_test(no_key_no_client),
	    cmocka_unit_test(whatever_is_in_it_it_is_one_harmless_line),
	    cmocka_unit_test(what_does_not_fit_is_cut_and_said),
	    cmocka_unit_test(a_character_is_not_cut_in_two),
	    cmocka_unit_test(a_mad_record_is_read_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
