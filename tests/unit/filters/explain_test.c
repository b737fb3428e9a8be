/* explain_test.c - the story of a verdict, letter by letter. */
#include "world.h"

#include "filters/explain.h"

static struct snapshot *
school(void)
{
	struct world w;

	world_init(&w);
	world_list(&w, "ut1", "gambling", LIST_DOMAINS,
	    "one.example\ncasino.example\n");
	world_list(&w, "ut1", "adult", LIST_URLS, "good.test/secret\n");
	w.line = 30;
	world_policy(&w, "pupils", ACTION_ALLOW, ACTION_BLOCK);
	world_rule(&w, ACTION_BLOCK, "category:adult, category:gambling");
	world_rule(&w, ACTION_WARN, "regex:evil !port:81");
	world_group(&w, "pupils", "pupils", "10.1.0.0/16");
	world_group(&w, "lab", "pupils", "2001:db8::/32");
	return world_snapshot(&w);
}

static void
says(const struct snapshot *s, const char *client, enum stage deepest,
    const char *text, enum explain_form form, const char *want)
{
	struct buf b = BUF_EMPTY;
	struct query q;

	query_init(&q, client, deepest, deepest, text);
	explain(s, &q.r, form, &b);
	buf_add_char(&b, '\0');
	assert_false(b.failed);
	assert_string_equal(b.p, want);
	buf_fini(&b);
	query_fini(&q);
}

static void
the_story_is_told_in_five_lines(void **unused)
{
	struct snapshot *s = school();

	(void)unused;
	says(s, "10.1.0.7", STAGE_URL, "http://www.casino.example/play",
	    EXPLAIN_TEXT,
	    "block     http://www.casino.example/play\n"
	    "rule      test.conf:31  block = category:adult, "
	    "category:gambling\n"
	    "category  gambling\n"
	    "entry     casino.example          ut1, ut1/gambling:2\n"
	    "policy    pupils (net:10.1.0.0/16)      stage name, final\n");
	says(s, "2001:db8::7", STAGE_URL, "http://good.test/secret/x",
	    EXPLAIN_TEXT,
	    "block     http://good.test/secret/x\n"
	    "rule      test.conf:31  block = category:adult, "
	    "category:gambling\n"
	    "category  adult\n"
	    "entry     good.test/secret        ut1, ut1/adult:1\n"
	    "policy    pupils (group lab, net:2001:db8::/32) "
	    "stage address, final\n");
	snapshot_free(s);
}

static void
what_matches_nothing_is_told_too(void **unused)
{
	struct snapshot *s = school();

	(void)unused;
	says(s, "10.1.0.7", STAGE_URL, "http://free.test/", EXPLAIN_TEXT,
	    "allow     http://free.test/\n"
	    "rule      none matched: default = allow\n"
	    "policy    pupils (net:10.1.0.0/16)      stage address, final\n");
	says(s, "192.0.2.1", STAGE_HOST, "connect=free.test:443", EXPLAIN_TEXT,
	    "allow     free.test:443\n"
	    "rule      none matched: default = allow\n"
	    "policy    default (everyone else)       stage name, final\n");
	snapshot_free(s);
}

static void
another_name_than_the_host_is_named(void **unused)
{
	struct snapshot *s = school();

	(void)unused;
	says(s, "10.1.0.7", STAGE_HOST,
	    "connect=good.test:443 sni=casino.example", EXPLAIN_TEXT,
	    "block     good.test:443\n"
	    "name      casino.example, the server name in the TLS greeting\n"
	    "rule      test.conf:31  block = category:adult, "
	    "category:gambling\n"
	    "category  gambling\n"
	    "entry     casino.example          ut1, ut1/gambling:2\n"
	    "policy    pupils (net:10.1.0.0/16)      stage name, final\n");
	snapshot_free(s);
}

static void
the_trace_shows_every_rule_and_list(void **unused)
{
	struct snapshot *s = school();

	(void)unused;
	says(s, "10.1.0.7", STAGE_URL, "http://good.test/evil", EXPLAIN_TRACE,
	    "warn      http://good.test/evil\n"
	    "rule      test.conf:32  warn = regex:evil !port:81\n"
	    "policy    pupils (net:10.1.0.0/16)      stage address, final\n"
	    "judged    good.test, the host\n"
	    "  rule    no      test.conf:31  block = category:adult, "
	    "category:gambling  (terms: 1 no, 2 no)\n"
	    "  rule    yes     test.conf:32  warn = regex:evil !port:81  "
	    "(terms: 1 yes, 2 yes)\n");
	says(s, "10.1.0.7", STAGE_HOST, "connect=www.casino.example:443",
	    EXPLAIN_TRACE,
	    "block     www.casino.example:443\n"
	    "rule      test.conf:31  block = category:adult, "
	    "category:gambling\n"
	    "category  gambling\n"
	    "entry     casino.example          ut1, ut1/gambling:2\n"
	    "policy    pupils (net:10.1.0.0/16)      stage name, final\n"
	    "judged    www.casino.example, the tunnel target\n"
	    "  listed  casino.example          ut1/gambling, ut1/gambling:2\n"
	    "  rule    yes     test.conf:31  block = category:adult, "
	    "category:gambling  (terms: 1 no, 2 yes)\n");
	snapshot_free(s);
}

static void
a_pattern_at_its_limit_is_explained(void **unused)
{
	static const char *const rules[] = {"block regex:/\\/(a+)+$/", NULL};
	struct snapshot *s;
	struct world w;

	(void)unused;
	world_init(&w);
	s = world_of_rules(&w, ACTION_ALLOW, rules);
	says(s, "10.1.0.7", STAGE_URL,
	    "http://a.test/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
	    EXPLAIN_TEXT,
	    "block     http://a.test/"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n"
	    "reason    pattern-limit: a pattern met its limit on this address "
	    "and could not be checked\n"
	    "rule      test.conf:1  block = regex:/\\/(a+)+$/\n"
	    "policy    default (everyone else)       stage address, final\n");
	snapshot_free(s);
}

static struct snapshot *
with_exceptions(void)
{
	static const char *const rules[] = {"block category:ads", NULL};
	struct world w;

	world_init(&w);
	world_list(&w, "easy", "ads", LIST_ADBLOCK,
	    "||bad.example^\n@@||ok.bad.example^\n/\\/banner[0-9]/\n");
	world_list(&w, "mine", "own", LIST_DOMAINS, "ok.bad.example\n");
	return world_of_rules(&w, ACTION_ALLOW, rules);
}

static void
exceptions_are_shown_with_what_they_take(void **unused)
{
	struct snapshot *s = with_exceptions();

	(void)unused;
	says(s, "10.1.0.7", STAGE_URL, "http://ok.bad.example/banner1",
	    EXPLAIN_TRACE,
	    "allow     http://ok.bad.example/banner1\n"
	    "rule      none matched: default = allow\n"
	    "policy    default (everyone else)       stage address, final\n"
	    "judged    ok.bad.example, the host\n"
	    "  except  ok.bad.example          easy/ads, easy/ads:2\n"
	    "  listed  ok.bad.example          mine/own, mine/own:1\n"
	    "  listed  bad.example             easy/ads, easy/ads:1  "
	    "(excepted)\n"
	    "  matches \\/banner[0-9]           easy/ads, easy/ads:3  "
	    "(excepted)\n"
	    "  rule    no      test.conf:1  block = category:ads\n");
	snapshot_free(s);
}

static void
a_pattern_is_shown_with_its_line(void **unused)
{
	struct snapshot *s = with_exceptions();

	(void)unused;
	says(s, "10.1.0.7", STAGE_URL, "http://a.example/x/banner1",
	    EXPLAIN_TRACE,
	    "block     http://a.example/x/banner1\n"
	    "rule      test.conf:1  block = category:ads\n"
	    "category  ads\n"
	    "pattern   \\/banner[0-9]           easy, easy/ads:3\n"
	    "policy    default (everyone else)       stage address, final\n"
	    "judged    a.example, the host\n"
	    "  matches \\/banner[0-9]           easy/ads, easy/ads:3\n"
	    "  rule    yes     test.conf:1  block = category:ads\n");
	says(s, "10.1.0.7", STAGE_URL, "http://a.example/x/banner1",
	    EXPLAIN_JSON,
	    "{\"action\":\"block\",\"reason\":\"rule\",\"stage\":\"url\","
	    "\"visibility\":\"url\",\"group\":\"default\","
	    "\"policy\":\"default\",\"method\":\"GET\","
	    "\"host\":\"a.example\",\"port\":80,"
	    "\"url\":\"http://a.example/x/banner1\","
	    "\"rule\":{\"file\":\"test.conf\",\"line\":1,"
	    "\"text\":\"block = category:ads\","
	    "\"list\":\"easy\",\"category\":\"ads\","
	    "\"entry\":\"\\\\/banner[0-9]\",\"source\":\"easy/ads\","
	    "\"source_line\":3}}\n");
	snapshot_free(s);
}

static void
json_has_the_names_of_the_log(void **unused)
{
	struct snapshot *s = school();

	(void)unused;
	says(s, "10.1.0.7", STAGE_HOST,
	    "connect=good.test:443 sni=casino.example", EXPLAIN_JSON,
	    "{\"action\":\"block\",\"reason\":\"rule\",\"stage\":\"host\","
	    "\"visibility\":\"sni\",\"group\":\"pupils\","
	    "\"policy\":\"pupils\",\"method\":\"CONNECT\",\"port\":443,"
	    "\"connect\":\"good.test\",\"sni\":\"casino.example\","
	    "\"tunnel\":true,\"rule\":{\"file\":\"test.conf\",\"line\":31,"
	    "\"text\":\"block = category:adult, category:gambling\","
	    "\"list\":\"ut1\",\"category\":\"gambling\","
	    "\"entry\":\"casino.example\",\"source\":\"ut1/gambling\","
	    "\"source_line\":2}}\n");
	/* a plain request is judged when its URL is there: so says its record */
	says(s, "10.1.0.7", STAGE_URL, "http://casino.example/", EXPLAIN_JSON,
	    "{\"action\":\"block\",\"reason\":\"rule\",\"stage\":\"url\","
	    "\"visibility\":\"url\",\"group\":\"pupils\","
	    "\"policy\":\"pupils\",\"method\":\"GET\","
	    "\"host\":\"casino.example\",\"port\":80,"
	    "\"url\":\"http://casino.example/\","
	    "\"rule\":{\"file\":\"test.conf\",\"line\":31,"
	    "\"text\":\"block = category:adult, category:gambling\","
	    "\"list\":\"ut1\",\"category\":\"gambling\","
	    "\"entry\":\"casino.example\",\"source\":\"ut1/gambling\","
	    "\"source_line\":2}}\n");
	says(s, "10.1.0.7", STAGE_URL, "http://free.test/", EXPLAIN_JSON,
	    "{\"action\":\"allow\",\"reason\":\"default\",\"stage\":\"url\","
	    "\"visibility\":\"url\",\"group\":\"pupils\","
	    "\"policy\":\"pupils\",\"method\":\"GET\","
	    "\"host\":\"free.test\",\"port\":80,"
	    "\"url\":\"http://free.test/\",\"rule\":{\"file\":\"test.conf\","
	    "\"text\":\"default = allow\"}}\n");
	snapshot_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_story_is_told_in_five_lines),
	    cmocka_unit_test(what_matches_nothing_is_told_too),
	    cmocka_unit_test(another_name_than_the_host_is_named),
	    cmocka_unit_test(the_trace_shows_every_rule_and_list),
	    cmocka_unit_test(a_pattern_at_its_limit_is_explained),
	    cmocka_unit_test(exceptions_are_shown_with_what_they_take),
	    cmocka_unit_test(a_pattern_is_shown_with_its_line),
	    cmocka_unit_test(json_has_the_names_of_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
