/* explain_test.c - the story of a verdict, letter by letter. */
#include "world.h"
#include "world_tiers.h"

#include "filters/explain.h"
#include "filters/overrides.h"
#include "filters/scenario.h"
#include "filters/trace_pack.h"

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
	    "open      who has read the warning gets on for a while; that is "
	    "not asked here\n"
	    "group     yes     pupils\n"
	    "judged    good.test, the host\n"
	    "  rule    no      test.conf:31  block = category:adult, "
	    "category:gambling  (category:adult no, category:gambling no)\n"
	    "  rule    yes     test.conf:32  warn = regex:evil !port:81  "
	    "(regex:evil yes, !port:81 yes)\n");
	says(s, "10.1.0.7", STAGE_HOST, "connect=www.casino.example:443",
	    EXPLAIN_TRACE,
	    "block     www.casino.example:443\n"
	    "rule      test.conf:31  block = category:adult, "
	    "category:gambling\n"
	    "category  gambling\n"
	    "entry     casino.example          ut1, ut1/gambling:2\n"
	    "policy    pupils (net:10.1.0.0/16)      stage name, final\n"
	    "group     yes     pupils\n"
	    "judged    www.casino.example, the tunnel target\n"
	    "  listed  casino.example          ut1/gambling, ut1/gambling:2\n"
	    "  rule    yes     test.conf:31  block = category:adult, "
	    "category:gambling  (category:adult no, category:gambling yes)\n");
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
	    "group     yes     default\n"
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
	    "group     yes     default\n"
	    "judged    a.example, the host\n"
	    "  matches \\/banner[0-9]           easy/ads, easy/ads:3\n"
	    "  rule    yes     test.conf:1  block = category:ads\n");
	says(s, "10.1.0.7", STAGE_URL, "http://a.example/x/banner1",
	    EXPLAIN_JSON,
	    "{\"action\":\"block\",\"reason\":\"rule\",\"tier\":\"policy\","
	    "\"stage\":\"url\","
	    "\"visibility\":\"url\",\"group\":\"default\",\"group_by\":"
	    "\"everyone else\","
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
	    "{\"action\":\"block\",\"reason\":\"rule\",\"tier\":\"policy\","
	    "\"stage\":\"host\","
	    "\"visibility\":\"sni\",\"group\":\"pupils\",\"group_by\":\"net:10."
	    "1.0.0/16\","
	    "\"policy\":\"pupils\",\"method\":\"CONNECT\",\"port\":443,"
	    "\"connect\":\"good.test\",\"sni\":\"casino.example\","
	    "\"tunnel\":true,\"rule\":{\"file\":\"test.conf\",\"line\":31,"
	    "\"text\":\"block = category:adult, category:gambling\","
	    "\"list\":\"ut1\",\"category\":\"gambling\","
	    "\"entry\":\"casino.example\",\"source\":\"ut1/gambling\","
	    "\"source_line\":2}}\n");
	/* a plain request is judged when its URL is there: so says its record */
	says(s, "10.1.0.7", STAGE_URL, "http://casino.example/", EXPLAIN_JSON,
	    "{\"action\":\"block\",\"reason\":\"rule\",\"tier\":\"policy\","
	    "\"stage\":\"url\","
	    "\"visibility\":\"url\",\"group\":\"pupils\",\"group_by\":\"net:10."
	    "1.0.0/16\","
	    "\"policy\":\"pupils\",\"method\":\"GET\","
	    "\"host\":\"casino.example\",\"port\":80,"
	    "\"url\":\"http://casino.example/\","
	    "\"rule\":{\"file\":\"test.conf\",\"line\":31,"
	    "\"text\":\"block = category:adult, category:gambling\","
	    "\"list\":\"ut1\",\"category\":\"gambling\","
	    "\"entry\":\"casino.example\",\"source\":\"ut1/gambling\","
	    "\"source_line\":2}}\n");
	says(s, "10.1.0.7", STAGE_URL, "http://free.test/", EXPLAIN_JSON,
	    "{\"action\":\"allow\",\"reason\":\"default\",\"tier\":\"default\","
	    "\"stage\":\"url\","
	    "\"visibility\":\"url\",\"group\":\"pupils\",\"group_by\":\"net:10."
	    "1.0.0/16\","
	    "\"policy\":\"pupils\",\"method\":\"GET\","
	    "\"host\":\"free.test\",\"port\":80,"
	    "\"url\":\"http://free.test/\",\"rule\":{\"file\":\"test.conf\","
	    "\"text\":\"default = allow\"}}\n");
	snapshot_free(s);
}

/* What stands above the policies. */
static struct snapshot *
with_tiers(void)
{
	struct override one = {.id = "01KA00000000000000000000AA",
	    .action = ACTION_ALLOW,
	    .scope = OVERRIDE_SITE,
	    .who = OVERRIDE_ALL,
	    .subject = STR("casino.example"),
	    .until = 7200,
	    .reason = STR("a lesson"),
	    .author = STR("root")};
	struct overrides *o = overrides_new();
	struct snapshot *s, *dressed;
	char room[NAME_ROOM];
	struct name help;
	struct world w;

	world_init(&w);
	world_list(&w, "ut1", "adult", LIST_DOMAINS, "casino.example\n");
	world_policy(&w, "default", ACTION_BLOCK, ACTION_BLOCK);
	name_from_text(STR("help.test"), room, &help);
	assert_int_equal(snapshot_support(w.builder, help, NULL), 0);
	s = world_snapshot(&w);
	assert_int_equal(overrides_add(o, &one, NULL), 0);
	assert_int_equal(overrides_close(o), 0);
	dressed = snapshot_with_overrides(s, o);
	assert_non_null(dressed);
	if (snapshot_unref(s))
		snapshot_free(s);
	return dressed;
}

static void
what_stands_above_the_policy_is_named(void **unused)
{
	struct snapshot *s = with_tiers();

	(void)unused;
	says(s, "10.1.0.7", STAGE_URL, "http://www.casino.example/",
	    EXPLAIN_TRACE,
	    "allow     http://www.casino.example/\n"
	    "reason    override: an exception was made\n"
	    "exception 01KA00000000000000000000AA by root: a lesson (ends in "
	    "120 minutes)\n"
	    "policy    default (everyone else)       stage name, final\n"
	    "group     yes     default\n"
	    "judged    www.casino.example, the host\n"
	    "  listed  casino.example          ut1/adult, ut1/adult:1\n"
	    "  tier    no      support\n"
	    "  tier    yes     override  01KA00000000000000000000AA\n");
	says(s, "10.1.0.7", STAGE_HOST, "connect=a.help.test:443",
	    EXPLAIN_TRACE,
	    "allow     a.help.test:443\n"
	    "reason    support: a place that offers help is always "
	    "reachable\n"
	    "tier      support, above every policy\n"
	    "policy    any, whoever asks             stage name, final\n"
	    "group     yes     default\n"
	    "judged    a.help.test, the tunnel target\n"
	    "  tier    yes     support  help.test\n");
	if (snapshot_unref(s))
		snapshot_free(s);
}

static void
steps_of_json_are_those_of_the_text(void **unused)
{
	struct snapshot *s = school();

	(void)unused;
	says(s, "10.1.0.7", STAGE_HOST, "connect=casino.example:443",
	    EXPLAIN_JSON_TRACE,
	    "{\"action\":\"block\",\"reason\":\"rule\",\"tier\":\"policy\","
	    "\"stage\":\"host\",\"visibility\":\"sni\",\"group\":\"pupils\","
	    "\"group_by\":\"net:10.1.0.0/16\",\"policy\":\"pupils\","
	    "\"method\":\"CONNECT\",\"port\":443,\"connect\":"
	    "\"casino.example\",\"tunnel\":true,\"rule\":{\"file\":"
	    "\"test.conf\",\"line\":31,\"text\":\"block = category:adult, "
	    "category:gambling\",\"list\":\"ut1\",\"category\":\"gambling\","
	    "\"entry\":\"casino.example\",\"source\":\"ut1/gambling\","
	    "\"source_line\":2},\"trace\":[{\"group\":\"pupils\",\"value\":"
	    "\"yes\"},{\"judged\":\"tunnel target\",\"name\":"
	    "\"casino.example\"},{\"listed\":\"casino.example\",\"list\":"
	    "\"ut1\",\"category\":\"gambling\",\"source\":\"ut1/gambling\","
	    "\"source_line\":2},{\"rule\":1,\"value\":\"yes\",\"file\":"
	    "\"test.conf\",\"line\":31,\"text\":\"block = category:adult, "
	    "category:gambling\",\"terms\":[{\"text\":\"category:adult\","
	    "\"value\":\"no\"},{\"text\":\"category:gambling\",\"value\":"
	    "\"yes\"}]}]}\n");
	snapshot_free(s);
}

/* Terms with blanks and commas in them are told apart as they were read. */
static void
each_term_has_its_text(void **unused)
{
	static const char *const rules[] = {
	    "block regex:/a, b\\/c/ port:81, !any, host:a.test", NULL};
	struct snapshot *s;
	struct world w;

	(void)unused;
	world_init(&w);
	s = world_of_rules(&w, ACTION_ALLOW, rules);
	says(s, "10.1.0.7", STAGE_URL, "http://b.test/", EXPLAIN_TRACE,
	    "allow     http://b.test/\n"
	    "rule      none matched: default = allow\n"
	    "policy    default (everyone else)       stage name, final\n"
	    "group     yes     default\n"
	    "judged    b.test, the host\n"
	    "  rule    no      test.conf:1  block = regex:/a, b\\/c/ port:81, "
	    "!any, host:a.test  (regex:/a, b\\/c/ unknown, port:81 no, !any "
	    "no, host:a.test no)\n");
	snapshot_free(s);
}

/* One world with all that an answer may name. */
static struct snapshot *
with_everything(void)
{
	const struct theme_def theme = {.name = STR("weapons"),
	    .severity = SEVERITY_CAUTION,
	    .text = STR("big gun\n")};
	const struct policy_def policy = {.name = STR("default"),
	    .on_unsettled = ACTION_BLOCK,
	    .safe_search = SAFE_STRICT,
	    .nested = true};
	struct err err = {0};
	struct world w;

	world_init(&w);
	world_begin(&w);
	assert_int_equal(snapshot_theme(w.builder, &theme, &err), 0);
	assert_int_equal(
	    snapshot_engines(w.builder,
	        STR("version\t1\nengine\tfind\tsearch\nhost\tfind.test\n"
	            "strict\tquery\tsafe\ton\nstrict\tdial\tsafe.find.test\n"
	            "terms\tq\n"),
	        &err),
	    0);
	world_protected(&w, LIST_DOMAINS, "worst.test\n");
	w.policy = snapshot_policy(w.builder, &policy, &err);
	assert_true(w.policy >= 0);
	world_rule(&w, ACTION_MONITOR, "search:weapons");
	world_rule(&w, ACTION_BLOCK, "host:bad.test");
	world_budget(&w, "host:games.test", 3600, BUDGET_DAY);
	world_rule(&w, ACTION_BLOCK, "type:video/ host:films.test");
	world_group_of(&w, "lab", "default", "mac:02:00:5e:00:00:01");
	world_group_of(&w, "desk", "default", "listener:desk");
	world_group_of(&w, "ann", "default", "user:ann");
	world_group_of(&w, "heads", "default", "auth-group:heads");
	return world_snapshot(&w);
}

static void
line_says(const struct snapshot *s, const char *line, enum explain_form form,
    const char *want)
{
	struct buf b = BUF_EMPTY;
	struct scenario c;
	struct arena a;
	struct err err;

	arena_init(&a, 0);
	if (scenario_read(&a, s, str_of(line), 1000, &c, &err) < 0)
		fail_msg("%s: %s", line, err.text);
	explain_with(s, &c.request, &c.facts, form, &b);
	buf_add_char(&b, '\0');
	assert_string_equal(b.p, want);
	buf_fini(&b);
	arena_fini(&a);
}

static const struct {
	const char *line, *want;
} stories[] = {
    /* of what is protected no list, entry or rule is told */
    {"block - http://www.worst.test/",
        "block     http://www.worst.test/\n"
        "reason    protected: the address is on a protected list\n"
        "tier      protected, above every policy\n"
        "policy    any, whoever asks             stage name, final\n"},
    {"monitor - http://find.test/?q=a+Big+gun",
        "monitor   http://find.test/?q=a+Big+gun\n"
        "rule      test.conf:1  monitor = search:weapons\n"
        "search    a big gun  (theme weapons, caution)\n"
        "safe      reached at safe.find.test, asked with "
        "?safe=on&q=a+Big+gun\n"
        "policy    default (everyone else)       stage address, final\n"},
    {"block - http://free.test/?u=http://bad.test/x",
        "block     http://free.test/?u=http://bad.test/x\n"
        "reason    nested: the address leads to another one that is "
        "blocked\n"
        "inside    http://bad.test/x\n"
        "rule      test.conf:2  block = host:bad.test\n"
        "policy    default (everyone else)       stage address, final\n"},
    {"allow - http://games.test/",
        "allow     http://games.test/\n"
        "rule      none matched: default = allow\n"
        "policy    default (everyone else)       stage address, final\n"
        "open      a budget is charged; how much of it is used up is not "
        "asked here\n"},
    {"allow - http://films.test/",
        "allow     http://films.test/\n"
        "rule      none matched: default = allow\n"
        "policy    default (everyone else)       stage answer, final\n"
        "open      the answer's type and size were not given (--type, "
        "--size), for\n"
        "          test.conf:4  block = type:video/ host:films.test\n"},
    {"block - http://films.test/ type video/mp4",
        "block     http://films.test/\n"
        "rule      test.conf:4  block = type:video/ host:films.test\n"
        "policy    default (everyone else)       stage answer, final\n"},
    {"block - bad.test:443 mac 02:00:5e:00:00:01",
        "block     bad.test:443\n"
        "rule      test.conf:2  block = host:bad.test\n"
        "policy    default (group lab, by its MAC address) "
        "stage name, final\n"},
    {"block - bad.test:443 listener desk",
        "block     bad.test:443\n"
        "rule      test.conf:2  block = host:bad.test\n"
        "policy    default (group desk, listener:desk) "
        "stage name, final\n"},
    {"block - bad.test:443 user Ann",
        "block     bad.test:443\n"
        "rule      test.conf:2  block = host:bad.test\n"
        "policy    default (group ann, user:ann) stage name, final\n"},
    {"block - bad.test:443 user bob member heads",
        "block     bad.test:443\n"
        "rule      test.conf:2  block = host:bad.test\n"
        "policy    default (group heads, auth-group:heads) "
        "stage name, final\n"},
    {"block heads bad.test:443",
        "block     bad.test:443\n"
        "rule      test.conf:2  block = host:bad.test\n"
        "policy    default (group heads, as asked) stage name, final\n"},
};

static void
who_what_and_what_is_left_open(void **unused)
{
	struct snapshot *s = with_everything();

	(void)unused;
	for (unsigned i = 0; i < sizeof(stories) / sizeof(stories[0]); i++)
		line_says(s, stories[i].line, EXPLAIN_TEXT, stories[i].want);
	line_says(s, "block - http://www.worst.test/", EXPLAIN_TRACE,
	    "block     http://www.worst.test/\n"
	    "reason    protected: the address is on a protected list\n"
	    "tier      protected, above every policy\n"
	    "policy    any, whoever asks             stage name, final\n"
	    "group     no      lab\n"
	    "group     no      desk\n"
	    "group     unknown ann\n"
	    "judged    www.worst.test, the host\n"
	    "  tier    yes     protected\n");
	snapshot_free(s);
}

static void
story_says(const struct snapshot *now, struct str policy, struct bytes story,
    enum explain_kept want, const char *text)
{
	struct buf b = BUF_EMPTY;

	assert_int_equal(
	    explain_story(now, policy, story, EXPLAIN_TRACE, &b), want);
	buf_add_char(&b, '\0');
	assert_string_equal(b.p, text);
	buf_fini(&b);
}

static void
a_kept_story_is_told_with_the_rules_of_then(void **unused)
{
	struct snapshot *then = school(), *now = with_exceptions();
	uint8_t room[TRACE_PACK_MAX];
	struct bytes story = {room, 0};
	struct facts f;
	struct query q;

	(void)unused;
	query_init(&q, "10.1.0.7", STAGE_HOST, STAGE_HOST,
	    "connect=casino.example:443");
	scenario_facts(&f, STR_NONE);
	story.n = trace_pack(then, &q.r, &f, room);
	story_says(then, STR("pupils"), story, EXPLAIN_WHOLE,
	    "group     yes     pupils\n"
	    "judged    tunnel target\n"
	    "  rule    yes     test.conf:31  block = category:adult, "
	    "category:gambling  (category:adult no, category:gambling yes)\n");
	story_says(now, STR("pupils"), story, EXPLAIN_OTHER_RULES,
	    "group     yes     default\n"
	    "judged    tunnel target\n"
	    "  rule    yes     number 1\n");
	story.n = 3;
	story_says(then, STR("pupils"), story, EXPLAIN_DAMAGED, "");
	query_fini(&q);
	snapshot_free(then);
	snapshot_free(now);
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
	    cmocka_unit_test(what_stands_above_the_policy_is_named),
	    cmocka_unit_test(steps_of_json_are_those_of_the_text),
	    cmocka_unit_test(each_term_has_its_text),
	    cmocka_unit_test(who_what_and_what_is_left_open),
	    cmocka_unit_test(a_kept_story_is_told_with_the_rules_of_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
