/* simulate_test.c - lines of the past, and what another configuration makes
 * of them. */
#include "tests/unit/cli/kit.h"

#include "cli/tally.h"
#include "cli/traffic.h"

/* ---------------------------------------------------------------- lines */

#define SQUID                                                                  \
	"1286536309.450    921 192.168.0.68 TCP_MISS/200 507 GET "             \
	"http://a.test/x?y aigerim DIRECT/192.0.2.1 text/html"

static const struct {
	const char *line;
	enum traffic_result result;
	const char *url, *method, *client, *who, *user, *group, *connect, *type;
	int64_t at;
} lines[] = {
    {"http://a.test/x", TRAFFIC_OK, "http://a.test/x", "", "", "", "", "", "",
        "", 0},
    {"  a.test:443\r", TRAFFIC_OK, "a.test:443", "", "", "", "", "", "", "", 0},
    {"", TRAFFIC_EMPTY, "", "", "", "", "", "", "", "", 0},
    {"# a comment with http://a.test/", TRAFFIC_EMPTY, "", "", "", "", "", "",
        "", "", 0},
    {SQUID, TRAFFIC_OK, "http://a.test/x?y", "GET", "192.168.0.68",
        "192.168.0.68", "aigerim", "", "", "text/html", 1286536309},
    {"1286536309.450 921 2001:db8::7 TCP_TUNNEL/200 507 CONNECT a.test:443 - "
     "HIER_DIRECT/192.0.2.1 -",
        TRAFFIC_OK, "a.test:443", "CONNECT", "2001:db8::7", "2001:db8::7", "",
        "", "", "", 1286536309},
    {"1286536309.450 0 10.1.2.3 TCP_DENIED/403 3900 GET http://a.test/ - "
     "HIER_NONE/- text/html",
        TRAFFIC_OK, "http://a.test/", "GET", "10.1.2.3", "10.1.2.3", "", "", "",
        "", 1286536309},
    {"1286536309.450 0 10.1.2.3 NONE/400 3900 GET error:invalid-request - "
     "HIER_NONE/- text/html",
        TRAFFIC_OTHER, "", "", "", "", "", "", "", "", 0},
    {"10.1.2.3 - aigerim [10/Oct/2000:13:55:36 -0700] \"GET http://a.test/x "
     "HTTP/1.0\" 200 2326",
        TRAFFIC_OK, "http://a.test/x", "GET", "10.1.2.3", "10.1.2.3", "aigerim",
        "", "", "", 971211336},
    {"pc7.test - - [10/Oct/2000:13:55:36 +0000] \"CONNECT a.test:443 "
     "HTTP/1.1\" 200 2326 \"-\" \"Mozilla \\\"x\\\"\"",
        TRAFFIC_OK, "a.test:443", "CONNECT", "", "pc7.test", "", "", "", "",
        971186136},
    {"10.1.2.3 - - [10/Oct/2000:13:55:36 -0700] \"GET /x HTTP/1.0\" 200 2",
        TRAFFIC_NO_URL, "", "", "", "", "", "", "", "", 0},
    {"10.1.2.3 - - [10/Okt/2000:13:55:36 -0700] \"GET /x HTTP/1.0\" 200 2",
        TRAFFIC_BAD, "", "", "", "", "", "", "", "", 0},
    {"what is this", TRAFFIC_BAD, "", "", "", "", "", "", "", "", 0},
    {"{\"ts\":\"2026-11-22T08:30:11.123Z\",\"action\":\"block\",\"client\":"
     "\"p-0123456789abcdef\",\"group\":\"kids\",\"method\":\"GET\","
     "\"url\":\"http://a.test/x\",\"port\":80}",
        TRAFFIC_OK, "http://a.test/x", "GET", "", "p-0123456789abcdef", "",
        "kids", "", "", 1795336211},
    {"{\"action\":\"warn\",\"client\":\"10.1.2.3\",\"user\":\"u\",\"method\":"
     "\"CONNECT\",\"tunnel\":true,\"host\":\"a.test\",\"connect\":\"a.test\","
     "\"port\":8443}",
        TRAFFIC_OK, "", "CONNECT", "10.1.2.3", "10.1.2.3", "u", "",
        "a.test:8443", "", 0},
    {"{\"action\":\"block\",\"tunnel\":true,\"connect\":\"2001:db8::1\","
     "\"port\":443}",
        TRAFFIC_OK, "", "", "", "", "", "", "[2001:db8::1]:443", "", 0},
    {"{\"action\":\"block\",\"host\":\"a.test\"}", TRAFFIC_NO_URL, "", "", "",
        "", "", "", "", "", 0},
    {"{\"action\":\"lost\",\"count\":3}", TRAFFIC_OTHER, "", "", "", "", "", "",
        "", "", 0},
    {"{\"action\":\"block\"", TRAFFIC_BAD, "", "", "", "", "", "", "", "", 0},
    {"{}", TRAFFIC_BAD, "", "", "", "", "", "", "", "", 0},
};

static void
is_text(const char *line, struct str s, const char *want)
{
	if (!str_eq(s, str_of(want)))
		fail_msg("%s: \"%.*s\", not \"%s\"", line, STR_ARG(s), want);
}

static void
each_format_is_recognised(void **state)
{
	struct traffic t = {0};

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *l = lines[i].line;
		enum traffic_result r = traffic_read(&t, str_of(l));

		if (r != lines[i].result)
			fail_msg("%s: %d", l, (int)r);
		if (r != TRAFFIC_OK)
			continue;
		is_text(l, t.url, lines[i].url);
		is_text(l, t.method, lines[i].method);
		is_text(l, t.client, lines[i].client);
		is_text(l, t.who, lines[i].who);
		is_text(l, t.user, lines[i].user);
		is_text(l, t.group, lines[i].group);
		is_text(l, t.connect, lines[i].connect);
		is_text(l, t.type, lines[i].type);
		assert_int_equal(t.at, lines[i].at);
	}
	traffic_fini(&t);
}

static void
lines_may_end_anywhere(void **state)
{
	struct traffic t = {0};

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t n = strlen(lines[i].line);

		for (size_t k = 0; k <= n; k++) {
			char *copy = malloc(k + 1);

			memcpy(copy, lines[i].line, k);
			traffic_read(&t, str_make(copy, k));
			free(copy);
		}
	}
	traffic_fini(&t);
}

/* --------------------------------------------------------------- counts */

static void
a_tally_is_exact_up_to_its_bound_and_says_so_beyond(void **state)
{
	struct tally t = {0};
	char word[16];

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < TALLY_ROWS + 10; i++) {
			snprintf(word, sizeof(word), "w%u", i);
			tally_add(&t, str_of(word));
		}
	tally_add(&t, STR("w7"));
	assert_int_equal(t.n, TALLY_ROWS);
	assert_int_equal(t.beyond, 20);
	tally_sort(&t);
	assert_int_equal(t.rows[0].n, 3);
	assert_true(str_eq(t.rows[0].word, STR("w7")));
	assert_int_equal(t.rows[1].n, 2);
	assert_int_equal(t.rows[TALLY_ROWS - 1].n, 2);
	tally_fini(&t);
}

static void
a_set_counts_each_word_once(void **state)
{
	struct tally_set s = {0};
	char word[16];

	(void)state;
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < 5000; i++) {
			snprintf(word, sizeof(word), "w%u", i);
			tally_set_add(&s, str_of(word));
		}
	assert_int_equal(s.n, 5000);
	assert_false(s.more);
	tally_set_fini(&s);
}

/* ----------------------------------------------------------- the command */

static const char live[] = "[proxy]\nstate-dir = ./st\n"
                           "[group kids]\nmatch = net:10.1.0.0/16\n"
                           "[policy kids]\nblock = host:games.test\n"
                           "block = host:old.test\n"
                           "monitor = host:seen.test\n";
static const char candidate[] = "[proxy]\nstate-dir = ./st2\n"
                                "[list new]\nsource = new.txt\n"
                                "category = social\n"
                                "[group kids]\nmatch = net:10.1.0.0/16\n"
                                "[policy kids]\nblock = category:social\n"
                                "warn = host:chat.test\n"
                                "block = host:games.test\n";

static int
begin(void **state)
{
	if (set_up(state) < 0)
		return -1;
	put("s.conf", live);
	put("c.conf", candidate);
	put("new.txt", "new.test\n");
	return 0;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, tear_down)

#define LINE(client, url)                                                      \
	"1795428000.1 9 " client " TCP_MISS/200 507 GET " url                  \
	" - HIER_DIRECT/192.0.2.1 text/html\n"

static void
what_would_change_is_counted(void **state)
{
	(void)state;
	put("log",
	    LINE("10.1.0.1", "http://a.new.test/x") LINE("10.1.0.2",
	        "http://b.new.test/x") LINE("10.1.0.1", "http://games.test/")
	        LINE("10.1.0.1", "http://old.test/1") LINE("10.1.0.1",
	            "http://old.test/2") LINE("10.1.0.3", "http://chat.test/")
	            LINE("10.1.0.3", "http://seen.test/")
	                LINE("10.2.0.1", "http://new.test/")
	                    LINE("10.1.0.1", "http://a..test/") "what is this\n"
	                                                        "\n");
	run(cmd_simulate, "simulate -c s.conf --candidate c.conf --from log");
	assert_string_equal(err, "");
	assert_string_equal(out,
	    "10 lines, 8 judged\n"
	    "         1  are of no format that is known\n"
	    "         1  have a malformed address or word\n"
	    "\n"
	    "newly blocked  2 lines, 1 site, 2 hosts, 2 clients\n"
	    "newly warned   1 line, 1 site, 1 host, 1 client\n"
	    "newly allowed  2 lines, 1 site, 1 host, 1 client\n"
	    "recorded or no longer 1\n"
	    "\n"
	    "newly blocked, by group\n"
	    "         2  kids\n"
	    "            e.g. http://a.new.test/x\n"
	    "            by c.conf:9  block = category:social\n"
	    "\n"
	    "newly blocked, by category\n"
	    "         2  social\n"
	    "            e.g. http://a.new.test/x\n"
	    "            by c.conf:9  block = category:social\n"
	    "\n"
	    "newly blocked, by site\n"
	    "         2  new.test\n"
	    "            e.g. http://a.new.test/x\n"
	    "            by c.conf:9  block = category:social\n"
	    "\n"
	    "newly warned, by group\n"
	    "         1  kids\n"
	    "            e.g. http://chat.test/\n"
	    "            by c.conf:10  warn = host:chat.test\n"
	    "\n"
	    "newly warned, by category\n"
	    "         1  -\n"
	    "            e.g. http://chat.test/\n"
	    "            by c.conf:10  warn = host:chat.test\n"
	    "\n"
	    "newly warned, by site\n"
	    "         1  chat.test\n"
	    "            e.g. http://chat.test/\n"
	    "            by c.conf:10  warn = host:chat.test\n"
	    "\n"
	    "newly allowed, by group\n"
	    "         2  kids\n"
	    "            e.g. http://old.test/1\n"
	    "            by s.conf:7  block = host:old.test\n"
	    "\n"
	    "newly allowed, by category\n"
	    "         2  -\n"
	    "            e.g. http://old.test/1\n"
	    "            by s.conf:7  block = host:old.test\n"
	    "\n"
	    "newly allowed, by site\n"
	    "         2  old.test\n"
	    "            e.g. http://old.test/1\n"
	    "            by s.conf:7  block = host:old.test\n");
	assert_int_equal(rc, CLI_OK);
	assert_int_equal(access("st", F_OK), -1); /* nothing is written */
	assert_int_equal(access("st2", F_OK), -1);
}

static void
records_keep_their_group(void **state)
{
	(void)state;
	put("log",
	    "{\"action\":\"block\",\"client\":\"p-1\",\"group\":\"kids\","
	    "\"url\":\"http://old.test/\"}\n"
	    "{\"action\":\"block\",\"client\":\"p-1\",\"group\":\"gone\","
	    "\"url\":\"http://old.test/\"}\n");
	run(cmd_simulate,
	    "simulate -c s.conf --candidate c.conf --from log --json --top 0");
	assert_string_equal(out,
	    "{\"lines\":2,\"judged\":1,\"unused\":{\"no_group\":1},"
	    "\"blocked\":{\"lines\":0,\"sites\":0,\"hosts\":0,\"clients\":0,"
	    "\"by_group\":[],\"by_category\":[],\"by_site\":[]},"
	    "\"warned\":{\"lines\":0,\"sites\":0,\"hosts\":0,\"clients\":0,"
	    "\"by_group\":[],\"by_category\":[],\"by_site\":[]},"
	    "\"allowed\":{\"lines\":1,\"sites\":1,\"hosts\":1,\"clients\":1,"
	    "\"by_group\":[],\"by_category\":[],\"by_site\":[]},"
	    "\"monitored\":0}\n");
}

static void
addresses_are_judged_for_a_group(void **state)
{
	(void)state;
	put("log", "http://old.test/\nhttp://old.test/");
	assert_non_null(freopen("log", "r", stdin));
	run(cmd_simulate, "simulate -c s.conf --candidate c.conf --from - "
	                  "--group kids");
	assert_non_null(strstr(out, "newly allowed  2 lines, 1 site, 1 host"));
	run(cmd_simulate, "simulate -c s.conf --candidate c.conf --from log");
	assert_non_null(strstr(out, "newly allowed  0 lines"));
}

static void
a_line_without_end_is_counted(void **state)
{
	struct buf b = BUF_EMPTY;

	(void)state;
	for (unsigned i = 0; i < 700000; i++)
		buf_add_char(&b, 'x');
	buf_add_str(&b, STR("\nhttp://old.test/\n"));
	buf_add_char(&b, '\0');
	put("log", b.p);
	buf_fini(&b);
	run(cmd_simulate, "simulate -c s.conf --candidate c.conf --from log "
	                  "--group kids");
	assert_non_null(strstr(out, "2 lines, 1 judged\n         1  are too"));
	assert_non_null(strstr(out, "newly allowed  1 line,"));
}

static const struct {
	const char *line;
	int rc;
	const char *says;
} refused[] = {
    {"simulate -c s.conf --from log", CLI_USAGE,
        "suzgi simulate: --candidate is missing"},
    {"simulate -c s.conf --candidate c.conf", CLI_USAGE,
        "suzgi simulate: --from is missing"},
    {"simulate -c s.conf --candidate gone.conf --from log", CLI_CONFIG,
        "error: cannot open"},
    {"simulate -c s.conf --candidate c.conf --from gone", CLI_FAILED,
        "suzgi: cannot open gone"},
    {"simulate -c s.conf --candidate c.conf --from s.conf --group no",
        CLI_USAGE, "suzgi simulate: one of the two configurations has no"},
    {"simulate -c s.conf --candidate c.conf --from s.conf --top x", CLI_USAGE,
        "suzgi simulate: --top takes"},
};

static void
what_cannot_be_simulated(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		run(cmd_simulate, refused[i].line);
		assert_int_equal(rc, refused[i].rc);
		if (strncmp(err, refused[i].says, strlen(refused[i].says)) != 0)
			fail_msg("%s: %s", refused[i].line, err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_format_is_recognised),
	    cmocka_unit_test(lines_may_end_anywhere),
	    cmocka_unit_test(
	        a_tally_is_exact_up_to_its_bound_and_says_so_beyond),
	    cmocka_unit_test(a_set_counts_each_word_once),
	    TEST(what_would_change_is_counted),
	    TEST(records_keep_their_group),
	    TEST(addresses_are_judged_for_a_group),
	    TEST(a_line_without_end_is_counted),
	    TEST(what_cannot_be_simulated),
	};

	return cmocka_run_group_tests_name("cli/simulate", tests, NULL, NULL);
}
