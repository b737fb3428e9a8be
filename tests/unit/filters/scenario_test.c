/* scenario_test.c - lines that say what is asked and what is expected. */
#include "world.h"

#include "filters/scenario.h"
#include "filters/snapshot_impl.h"

#define NOW 1795428000 /* 2026-11-23T10:00Z */

static struct snapshot *
school(void)
{
	struct world w;

	world_init(&w);
	world_list(&w, "ut1", "adult", LIST_DOMAINS, "casino.test\n");
	world_policy(&w, "pupils", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "category:adult");
	world_rule(&w, ACTION_WARN, "host:chat.test method:POST");
	world_rule(&w, ACTION_MONITOR, "host:forum.test");
	world_policy(&w, "staff", ACTION_ALLOW, ACTION_BLOCK);
	world_group(&w, "pupils", "pupils", "10.1.0.0/16");
	world_group(&w, "staff", "staff", "10.2.0.0/16");
	return world_snapshot(&w);
}

static struct snapshot *sn;
static struct arena arena;
static struct scenario got;
static struct err err;

static int
begin(void **state)
{
	(void)state;
	sn = school();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	snapshot_free(sn);
	return 0;
}

static int
read_line(const char *line)
{
	arena_fini(&arena);
	arena_init(&arena, 0);
	err = (struct err){0};
	return scenario_read(&arena, sn, str_of(line), NOW, &got, &err);
}

static void
must_read(const char *line)
{
	if (read_line(line) < 0)
		fail_msg("\"%s\": %u: %s", line, got.column, err.text);
}

static void
is_text(struct str s, const char *want)
{
	if (!str_eq(s, str_of(want)))
		fail_msg("\"%.*s\", not \"%s\"", STR_ARG(s), want);
}

static const struct {
	const char *line;
	enum action expected;
	unsigned group;
	enum stage deepest;
	bool tunnel;
	const char *method, *connect, *sni, *host;
	uint16_t port;
	const char *url;
} shapes[] = {
    {"block pupils http://casino.test/", ACTION_BLOCK, 1, STAGE_URL, false,
        "GET", "", "", "casino.test", 80, "http://casino.test/"},
    {"allow - casino.test", ACTION_ALLOW, 0, STAGE_URL, false, "GET", "", "",
        "casino.test", 80, "http://casino.test/"},
    {"allow default http://Casino.TEST:8080/a%41?q=1#x", ACTION_ALLOW, 3,
        STAGE_URL, false, "GET", "", "", "casino.test", 8080,
        "http://casino.test:8080/aA?q=1"},
    {"warn\tstaff \thttps://a.test/x  ", ACTION_WARN, 2, STAGE_HOST, true,
        "CONNECT", "a.test", "", "", 443, NULL},
    {"monitor - a.test:8443", ACTION_MONITOR, 0, STAGE_HOST, true, "CONNECT",
        "a.test", "", "", 8443, NULL},
    {"block - [2001:db8::1]:443", ACTION_BLOCK, 0, STAGE_HOST, true, "CONNECT",
        "2001:db8::1", "", "", 443, NULL},
    {"block - http://[2001:db8::1]/", ACTION_BLOCK, 0, STAGE_URL, false, "GET",
        "", "", "2001:db8::1", 80, "http://[2001:db8::1]/"},
    {"block - a.test:8080/x", ACTION_BLOCK, 0, STAGE_URL, false, "GET", "", "",
        "a.test", 8080, "http://a.test:8080/x"},
    {"block - a.test:443 sni b.test", ACTION_BLOCK, 0, STAGE_HOST, true,
        "CONNECT", "a.test", "b.test", "", 443, NULL},
    {"block - https://b.test/ connect a.test:443", ACTION_BLOCK, 0, STAGE_HOST,
        true, "CONNECT", "a.test", "b.test", "", 443, NULL},
    {"block - http://b.test/ connect b.test:80", ACTION_BLOCK, 0, STAGE_URL,
        true, "GET", "b.test", "", "b.test", 80, "http://b.test/"},
    {"block - http://a.test/ method POST # for a reason", ACTION_BLOCK, 0,
        STAGE_URL, false, "POST", "", "", "a.test", 80, "http://a.test/"},
    {"block - http://a.test/v type video/mp4", ACTION_BLOCK, 0, STAGE_URL,
        false, "GET", "", "", "a.test", 80, "http://a.test/v"},
    {"block - http://a.test/v size 3k", ACTION_BLOCK, 0, STAGE_URL, false,
        "GET", "", "", "a.test", 80, "http://a.test/v"},
};

static void
what_is_asked_is_what_the_edge_would_ask(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct request *r = &got.request;

		must_read(shapes[i].line);
		assert_true(got.expects);
		assert_int_equal(got.expected, shapes[i].expected);
		assert_int_equal(r->as_group, shapes[i].group);
		assert_int_equal(r->deepest, shapes[i].deepest);
		assert_int_equal(r->stage, r->deepest);
		assert_int_equal(r->tunnel, shapes[i].tunnel);
		is_text(r->method, shapes[i].method);
		is_text(name_str(r->connect), shapes[i].connect);
		is_text(name_str(r->sni), shapes[i].sni);
		is_text(name_str(r->host), shapes[i].host);
		assert_int_equal(r->port, shapes[i].port);
		is_text(r->url.text, shapes[i].url ? shapes[i].url : "");
		assert_int_equal(r->now, NOW);
	}
}

static void
the_words_say_who_asks_and_what_comes(void **state)
{
	const uint8_t mac[6] = {2, 0, 0x5e, 0x10, 0, 0xab};
	const uint8_t v4[16] = {[10] = 0xff, 0xff, 10, 1, 2, 3};
	const struct request *r = &got.request;

	(void)state;
	must_read("block - http://a.test/ client 10.1.2.3 user Aigerim "
	          "mac 02:00:5E-10:00:ab listener lan ua \"Old Browser/1.0\" "
	          "referer http://b.test/ header X-A=b=c header \"X-B= d\" "
	          "type \"Video/MP4; codecs=x\" size 10MiB");
	assert_memory_equal(r->client, v4, 16);
	assert_true(r->has_mac);
	assert_memory_equal(r->mac, mac, 6);
	is_text(got.facts.user, "aigerim");
	assert_true(got.facts.settled & FACT_USER);
	is_text(r->listener, "lan");
	is_text(r->ua, "Old Browser/1.0");
	is_text(r->referer, "http://b.test/");
	assert_int_equal(r->nfields, 4); /* header: sees all of them */
	is_text(r->fields[0].name, "User-Agent");
	is_text(r->fields[0].value, "Old Browser/1.0");
	is_text(r->fields[1].name, "Referer");
	is_text(r->fields[2].name, "X-A");
	is_text(r->fields[2].value, "b=c");
	is_text(r->fields[3].name, "X-B");
	is_text(r->fields[3].value, " d");
	is_text(r->answer.type, "Video/MP4; codecs=x");
	assert_true(r->answer.has_size);
	assert_int_equal(r->answer.size, 10 << 20);
	must_read("block - http://a.test/ header user-agent=x header Referer=y "
	          "header Accept=z header Accept=z2");
	is_text(r->ua, "x");
	is_text(r->referer, "y");
	is_text(r->accept, "z");
	must_read("block - http://a.test/ client 2001:db8::7");
	assert_int_equal(r->client[0], 0x20);
	must_read("block - http://a.test/");
	assert_int_equal(r->client[12], 127);
	assert_false(r->has_mac);
	is_text(got.facts.user, "");
	assert_int_equal(got.facts.settled & (FACT_USER | FACT_GRANT),
	    FACT_USER | FACT_GRANT);
	assert_false(got.facts.granted);
}

static const struct {
	const char *text;
	int64_t want; /* -1: no time */
} times[] = {
    {"2026-11-23T10:00", 1795428000},
    {"2026-11-23T10:00Z", 1795428000},
    {"2026-11-23T10:00:59Z", 1795428059},
    {"1970-01-01T00:00", 0},
    {"2028-02-29T23:59", 1835481540},
    {"0", 0},
    {"1795428000", 1795428000},
    {"2027-02-29T10:00", -1},
    {"2026-13-01T10:00", -1},
    {"2026-11-23", -1},
    {"2026-11-23 10:00", -1},
    {"2026-11-23T24:00", -1},
    {"2026-11-23T10:60", -1},
    {"2026-11-23T10:00:60", -1},
    {"2026-11-23T10:00ZZ", -1},
    {"2026-11-23T10:00+05:00", -1},
    {"noon", -1},
    {"", -1},
    {"-1", -1},
    {"99999999999999999999", -1},
};

static void
times_are_written_in_one_way(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t t = -1;
		bool ok = scenario_time(sn, str_of(times[i].text), &t);

		if (ok != (times[i].want >= 0) || (ok && t != times[i].want))
			fail_msg(
			    "%s: %d, %lld", times[i].text, ok, (long long)t);
	}
}

/* By a clock that is put forward in March and back in November. */
static void
local_times_are_those_of_the_clock_on_the_wall(void **state)
{
	static const struct {
		const char *text, *utc;
	} rows[] = {
	    {"2026-11-23T10:00", "2026-11-23T15:00Z"},
	    {"2026-07-01T10:00", "2026-07-01T14:00Z"},
	    {"2026-11-23T10:00Z", "2026-11-23T10:00Z"},
	    {"2026-03-08T01:59:59", "2026-03-08T06:59:59Z"},
	    /* skipped: the moment of the change */
	    {"2026-03-08T02:00", "2026-03-08T07:00Z"},
	    {"2026-03-08T02:30", "2026-03-08T07:00Z"},
	    {"2026-03-08T03:00", "2026-03-08T07:00Z"},
	    {"2026-03-08T03:01", "2026-03-08T07:01Z"},
	    /* there twice: the first */
	    {"2026-11-01T00:59", "2026-11-01T04:59Z"},
	    {"2026-11-01T01:30", "2026-11-01T05:30Z"},
	    {"2026-11-01T02:00", "2026-11-01T07:00Z"},
	};
	static const char data[] = TEST_DATA;
	struct buf file = BUF_EMPTY;
	struct snapshot *s;
	struct world w;
	char room[512];
	FILE *f;
	size_t n;

	(void)state;
	snprintf(room, sizeof(room), "%.*sfuzz/corpus/zone/New_York",
	    (int)(strrchr(data, '/') + 1 - data), data);
	f = fopen(room, "rb");
	assert_non_null(f);
	while ((n = fread(room, 1, sizeof(room), f)) > 0)
		buf_add(&file, room, n);
	fclose(f);
	world_init(&w);
	world_begin(&w);
	assert_int_equal(
	    snapshot_zone(w.builder,
	        (struct bytes){(const uint8_t *)file.p, file.n}, &err),
	    0);
	s = world_snapshot(&w);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t local = 0, utc = 0;

		assert_true(scenario_time(s, str_of(rows[i].text), &local));
		assert_true(scenario_time(sn, str_of(rows[i].utc), &utc));
		if (local != utc)
			fail_msg("%s: %lld s off", rows[i].text,
			    (long long)(local - utc));
	}
	buf_fini(&file);
	snapshot_free(s);
}

static const struct {
	const char *line;
	uint32_t column;
	const char *says;
} wrong[] = {
    {"", 0, "expected allow, block, warn or monitor, then"},
    {"  # nothing", 2, "expected allow, block, warn or monitor, then"},
    {"permit - http://a.test/", 0,
        "expected allow, block, warn or monitor, found \"permit\""},
    {" blok - http://a.test/", 1,
        "\"blok\" is nothing to expect; did you mean \"block\"?"},
    {"block", 5, "expected a group"},
    {"block pupls http://a.test/", 6,
        "unknown group \"pupls\"; did you mean \"pupils\"?"},
    {"block nobody http://a.test/", 6, "unknown group \"nobody\""},
    {"block -", 7, "expected an address"},
    {"block - ftp://a.test/", 8, "only http and https"},
    {"block - http://u@a.test/", 8, "an address with a user name"},
    {"block - http://10.1.2.300/", 8, "ends in a number"},
    {"block - http://a.test/ mehtod GET", 23,
        "unknown word \"mehtod\"; did you mean \"method\"?"},
    {"block - http://a.test/ at", 23, "\"at\" stands without what it is"},
    {"block - http://a.test/ at noon", 26, "at \"noon\": is no time"},
    {"block - http://a.test/ client 10.1", 30,
        "client \"10.1\": is no IP address"},
    {"block - http://a.test/ mac 02:00", 27, "mac \"02:00\": write"},
    {"block - http://a.test/ mac 02:00:5e:10:00:abc", 27, "mac"},
    {"block - http://a.test/ size 10x", 28, "size \"10x\": is no size"},
    {"block - http://a.test/ size k", 28, "size \"k\": is no size"},
    {"block - http://a.test/ header X", 30, "header \"X\": write NAME=VALUE"},
    {"block - http://a.test/ header =x", 30, "header \"=x\": write"},
    {"block - http://a.test/ method \"\"", 30, "method \"\": is no method"},
    {"block - http://a.test/ ua \"Old", 26, "the quotation mark is not"},
    {"block - http://a.test/ ua \"Old\"x", 26, "a blank is missing"},
    {"block - http://a.test/ sni b.test", 23, "sni is said in tunnels"},
    {"block - a.test:443 sni b..test", 23, "an empty label"},
    {"block - http://a.test/ connect b..test:80", 31, "an empty label"},
    {"block - http://a.test/ user a user b", 30, "\"user\" was said already"},
    {"block - http://a.test/ size 1 user a size 2", 37, "\"size\" was said"},
    {"block - http://a.test/ member heads", 30,
        "no group asks for auth-group:heads"},
};

static void
what_is_wrong_is_told_with_its_column(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (read_line(wrong[i].line) == 0)
			fail_msg("taken: %s", wrong[i].line);
		if (!str_starts(str_of(err.text), str_of(wrong[i].says)))
			fail_msg("%s: %s", wrong[i].line, err.text);
		if (got.column != wrong[i].column)
			fail_msg("%s: column %u", wrong[i].line, got.column);
	}
}

/* An address that nobody can ask for is told from a mistake in the words. */
static void
refused_addresses_have_a_code_of_their_own(void **state)
{
	(void)state;
	read_line("block - http://10.1.2.300/");
	assert_int_equal(err.code, ERR_REFUSED);
	read_line("block - http://a.test/ at noon");
	assert_int_equal(err.code, ERR_INPUT);
}

/* Whatever a line is cut to, it is read or refused within its bounds. */
static void
every_beginning_is_read_or_refused(void **state)
{
	static const char line[] =
	    "block pupils http://casino.test/play?x#y at 2026-11-23T10:00Z "
	    "user a client 10.1.2.3 mac 02:00:5e:10:00:ab ua \"x y\" size 3k "
	    "header a=b method POST # end";
	unsigned taken = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(line); n++) {
		char *copy = malloc(n + 1); /* so that reads behind it show */

		memcpy(copy, line, n);
		arena_fini(&arena);
		arena_init(&arena, 0);
		err.text[0] = '\0';
		if (scenario_read(
		        &arena, sn, str_make(copy, n), NOW, &got, &err) == 0) {
			taken++;
			assert_true(got.expects);
		} else {
			assert_true(err.text[0] != '\0');
			assert_true(got.column <= n);
		}
		free(copy);
	}
	assert_true(taken > 30);
}

static const struct {
	const char *line;
	enum action comes_to;
} outcomes[] = {
    {"block pupils http://www.casino.test/", ACTION_BLOCK},
    {"block - http://casino.test/ client 10.1.0.9", ACTION_BLOCK},
    {"allow - http://casino.test/ client 10.2.0.9", ACTION_ALLOW},
    {"allow staff http://casino.test/", ACTION_ALLOW},
    {"block pupils https://casino.test/", ACTION_BLOCK},
    {"block pupils a.test:443 sni casino.test", ACTION_BLOCK},
    {"warn pupils http://chat.test/ method POST", ACTION_WARN},
    {"allow pupils http://chat.test/", ACTION_ALLOW},
    {"monitor pupils http://forum.test/", ACTION_MONITOR},
};

static void
a_scenario_comes_to_what_is_decided(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		struct verdict v;

		must_read(outcomes[i].line);
		v = scenario_run(sn, &got);
		if (scenario_action(&v) != outcomes[i].comes_to)
			fail_msg("%s: %s", outcomes[i].line,
			    action_name(scenario_action(&v)));
		assert_int_equal(got.expected, outcomes[i].comes_to);
	}
}

/* What is searched for stands where the engine has it. */
static void
a_search_is_one_of_the_engine(void **state)
{
	struct world w;
	struct snapshot *s;
	struct err e = {0};

	(void)state;
	world_init(&w);
	world_policy(&w, "default", ACTION_ALLOW, ACTION_BLOCK);
	assert_int_equal(
	    snapshot_engines(w.builder,
	        STR("version\t1\nengine\tfind\tsearch\nhost\tfind.test\n"
	            "strict\tquery\tsafe\ton\nterms\ttext\n"),
	        &e),
	    0);
	s = world_snapshot(&w);
	arena_fini(&arena);
	arena_init(&arena, 0);
	if (scenario_read(&arena, s,
	        STR("allow - http://find.test/x search \"қара a+b\""), NOW,
	        &got, &e) < 0)
		fail_msg("%s", e.text);
	is_text(got.request.url.text,
	    "http://find.test/x?text=%D2%9B%D0%B0%D1%80%D0%B0%20a%2Bb");
	assert_int_equal(
	    scenario_read(&arena, s, STR("allow - http://a.test/ search x"),
	        NOW, &got, &e),
	    -1);
	assert_int_equal(got.column, 30);
	assert_string_equal(e.text, "search \"x\": the address is of no search "
	                            "engine that is known");
	assert_int_equal(
	    scenario_read(&arena, s, STR("allow - https://find.test/ search x"),
	        NOW, &got, &e),
	    -1);
	assert_int_equal(got.column, 27);
	snapshot_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_asked_is_what_the_edge_would_ask),
	    cmocka_unit_test(the_words_say_who_asks_and_what_comes),
	    cmocka_unit_test(times_are_written_in_one_way),
	    cmocka_unit_test(local_times_are_those_of_the_clock_on_the_wall),
	    cmocka_unit_test(what_is_wrong_is_told_with_its_column),
	    cmocka_unit_test(refused_addresses_have_a_code_of_their_own),
	    cmocka_unit_test(every_beginning_is_read_or_refused),
	    cmocka_unit_test(a_scenario_comes_to_what_is_decided),
	    cmocka_unit_test(a_search_is_one_of_the_engine),
	};

	return cmocka_run_group_tests_name(
	    "filters/scenario", tests, begin, end);
}
