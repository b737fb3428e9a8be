/* schema_test.c - the table of keys: what is made of it holds. */
#include "tests/unit/config/collect.h"

#include "base/err.h"
#include "base/sys/file.h"
#include "config/keys.h"
#include "config/schema.h"

/* The size that a type's field has. */
static size_t
field_size(enum type_id t)
{
	switch (t) {
	case TYPE_TEXT:
	case TYPE_TOKEN:
	case TYPE_WORD:
	case TYPE_PATH:
	case TYPE_URL:
	case TYPE_SIGNKEY:
	case TYPE_HOST:
		return sizeof(struct str);
	case TYPE_ZONE:
		return sizeof(struct config_zone_name);
	case TYPE_COUNT:
	case TYPE_SECONDS:
	case TYPE_MILLIS:
	case TYPE_CHANGE:
		return sizeof(uint32_t);
	case TYPE_FEED:
		return sizeof(struct feed_plan);
	case TYPE_SIZE:
		return sizeof(uint64_t);
	case TYPE_BOOL:
		return sizeof(bool);
	case TYPE_PERMIT:
	case TYPE_VERDICT:
	case TYPE_MODE:
	case TYPE_PRIVACY:
	case TYPE_ROLE:
	case TYPE_HOLD:
	case TYPE_LEVEL:
	case TYPE_AUTH:
	case TYPE_SEVERITY:
	case TYPE_FORMAT:
		return sizeof(enum permit);
	case TYPE_HOSTPORT:
		return sizeof(struct hostport);
	case TYPE_ADDRESSES:
	case TYPE_NETPORTS:
	case TYPE_NETS:
	case TYPE_MATCH:
	case TYPE_PORTS:
	case TYPE_HOURS:
	case TYPE_DATES:
	case TYPE_SITES:
	case TYPE_EXPECT:
	case TYPE_RULE:
	case TYPE_BUDGET:
		return sizeof(struct {
			void *v;
			unsigned n;
		});
	case TYPES:
		break;
	}
	return 0;
}

static void
fields_fit_their_types(void **state)
{
	(void)state;
	for (unsigned i = 0; i < nkeys; i++) {
		assert_int_equal(keys[i].size, field_size(keys[i].type));
		assert_true(strlen(keys[i].help) > 5);
		assert_ptr_equal(
		    key_find(keys[i].section, str_of(keys[i].name)), &keys[i]);
	}
}

static void
rule_keys_are_the_actions(void **state)
{
	(void)state;
	for (unsigned a = 0; a < ACTIONS; a++) {
		const struct key *k = key_find(
		    SECTION_POLICY, str_of(action_name((enum action)a)));

		assert_non_null(k);
		assert_int_equal(k->lo, a);
	}
}

/* Lines of the example with their '#' off where they are keys or sections. */
static void
uncommented(const struct buf *example, struct buf *out)
{
	struct str rest = buf_str(example), line;

	while (str_next(&rest, '\n', &line)) {
		if (str_starts(line, STR("# Without any")))
			break;
		if (line.n > 1 && line.p[0] == '#' && line.p[1] != ' ')
			line = str_sub(line, 1, line.n);
		buf_add_str(out, line);
		buf_add_char(out, '\n');
	}
}

static void
example_loads_and_means_nothing_else(void **state)
{
	struct buf example = BUF_EMPTY, out = BUF_EMPTY;
	struct buf dump = BUF_EMPTY, plain = BUF_EMPTY;
	struct config c;

	(void)state;
	schema_example(&example);
	assert_int_equal(load_text(&c, buf_str(&example), &out), 0);
	schema_dump(&c, &dump);
	arena_fini(&c.arena);
	assert_int_equal(load_text(&c, STR(""), &out), 0);
	schema_dump(&c, &plain);
	arena_fini(&c.arena);
	assert_string_equal(collected(&dump), collected(&plain));
	buf_fini(&example);
	buf_fini(&out);
	buf_fini(&dump);
	buf_fini(&plain);
}

static void
example_holds_with_every_line_taken_up(void **state)
{
	struct buf example = BUF_EMPTY, text = BUF_EMPTY, out = BUF_EMPTY;
	struct config c;

	(void)state;
	schema_example(&example);
	uncommented(&example, &text);
	load_text(&c, buf_str(&text), &out);
	assert_string_equal(collected(&out), "");
	assert_int_equal(c.policy.n, 1);
	assert_int_equal(c.group.n, 1);
	arena_fini(&c.arena);
	buf_fini(&example);
	buf_fini(&text);
	buf_fini(&out);
}

static void
every_prefix_of_the_example_ends(void **state)
{
	struct buf example = BUF_EMPTY, text = BUF_EMPTY;

	(void)state;
	schema_example(&example);
	uncommented(&example, &text);
	for (size_t n = 0; n <= text.n; n++) {
		struct buf out = BUF_EMPTY;
		struct config c;

		load_text(&c, str_sub(buf_str(&text), 0, n), &out);
		arena_fini(&c.arena);
		buf_fini(&out);
	}
	buf_fini(&example);
	buf_fini(&text);
}

static const char full[] =
    "[proxy]\nworkers = 3\nuser =\nstate-dir = /s\ndrain = 2m\n"
    "[origin]\nvia = [::1]:8080\ndns = 192.0.2.1 [2001:db8::1]:54\n"
    "allow-private = 10.0.0.0/8:8080, [fd00::/8], 127.0.0.1\n"
    "deny = [2001:db8::/32]:any\nipv6 = off\n"
    "[tunnel]\nports = 443, 8443\nhttp-ports =\n"
    "[redis]\nurl = unix:/run/redis.sock?db=2\nrole = follow\n"
    "[page]\ntitle = \"a # b \\\" \\\\ c;\"\ncontact = \" x \"\n"
    "help = C:\\x\n"
    "[listen \"lan 1\"]\naddress = 10.0.0.1:1, [2001:db8::2]:2\n"
    "allow-clients = 10.0.0.0/8, 2001:db8::/32\n"
    "[group \"Year \\\"7\\\"\"]\nmatch = net:10.1.0.0/16, net:10.2.0.7\n"
    "match = listener:\"lan 1\", user:\"Ann B\" user:x mac:02-00-00-00-00-0A\n"
    "match = auth-group:\"a,b\"\n"
    "match = \"auth-group:\\\"a # b\\\"\"\n"
    "policy = p 1\n"
    "[policy \"p 1\"]\nblock = a:x \\\n b:y\nallow = c:# d\n"
    "warn = e:f#g\nallow = regex:\\d+;x\nmonitor = \"q # r\"\n"
    "budget = games, c:x !d 90m/day\nbudget = host:a.test 2h/week\n"
    "default = block\non-unsettled = allow\n"
    "safe-search = on\nyoutube = moderate\nnested = off\nwarn-for = 1h\n"
    "[schedule s1]\nwhen = mon-fri 08:30-15:30, sat 22:00-06:00, sun\n"
    "only = 2026-09-01..2027-05-25\nexcept = 2027-03-22, 2027-03-08\n"
    "timezone = Asia/Almaty\n[schedule s2]\nwhen = daily 00:00-24:00\n"
    "[terms t1]\nsource = t1.txt\nseverity = danger\n"
    "[auth a1]\nkind = basic\nhelper = /h \"x # y\"\nask = off\n"
    "timeout = 1500ms\n[auth a2]\nkind = group\nhelper = /g\n"
    "[support]\nsites = help.test, xn--80ak6aa92e.test\n"
    "[try]\nexpect = block - http://a.test/#x # no\n"
    "expect = \"allow g http://a.test/ ua \\\"A # B\\\"\"\n"
    "shadow = next.conf\n"
    "[list a.b]\nsource = rel/x\nformat = hosts\ncategory = c\n"
    "max-change = any\n[list b]\nsource = /y\nmax-change = 5%\n";

static void
dump_of_a_dump_is_itself(void **state)
{
	struct buf out = BUF_EMPTY, one = BUF_EMPTY, two = BUF_EMPTY;
	struct config c;

	(void)state;
	load_text(&c, str_of(full), &out);
	assert_string_equal(collected(&out), "");
	schema_dump(&c, &one);
	arena_fini(&c.arena);
	load_text(&c, buf_str(&one), &out);
	if (strcmp(collected(&out), "") != 0)
		fail_msg("%s\n%s", out.p, collected(&one));
	schema_dump(&c, &two);
	assert_string_equal(collected(&one), collected(&two));
	assert_string_equal(c.page_title.p, "a # b \" \\ c;");
	assert_string_equal(c.page_contact.p, " x ");
	assert_string_equal(c.page_help.p, "C:\\x");
	assert_string_equal(c.group.v[0].name.p, "Year \"7\"");
	assert_int_equal(c.policy.v[0].rules.n, 7);
	assert_string_equal(
	    c.policy.v[0].rules.v[5].text.p, "category:games, c:x !category:d");
	assert_int_equal(c.policy.v[0].rules.v[5].budget_s, 5400);
	assert_int_equal(c.policy.v[0].rules.v[6].per, BUDGET_WEEK);
	assert_int_equal(c.policy.v[0].safe_search, SAFE_STRICT);
	assert_string_equal(
	    c.expect.v[1].text.p, "allow g http://a.test/ ua \"A # B\"");
	assert_int_equal(c.schedule.v[0].hours.n, 3);
	assert_int_equal(c.group.v[0].users.n, 2);
	assert_string_equal(c.group.v[0].auth_groups.v[1].p, "a # b");
	assert_string_equal(c.group.v[0].users.v[0].p, "ann b");
	assert_int_equal(c.policy.v[0].rules.v[3].action, ACTION_ALLOW);
	assert_string_equal(c.policy.v[0].rules.v[3].text.p, "regex:\\d+;x");
	assert_string_equal(c.policy.v[0].rules.v[4].text.p, "q # r");
	assert_int_equal(c.listen.v[0].address.n, 2);
	assert_int_equal(c.allow_private.n, 3);
	arena_fini(&c.arena);
	buf_fini(&out);
	buf_fini(&one);
	buf_fini(&two);
}

/* TEST_DATA is tests/data, which need not be there. */
static const char *
manual_path(void)
{
	static char path[4096];
	struct str data = STR(TEST_DATA), tests = STR("/tests/data");

	assert_true(str_ends(data, tests));
	snprintf(path, sizeof(path), "%.*s/docs/manual/suzgi.conf.md",
	    (int)(data.n - tests.n), data.p);
	return path;
}

static void
every_key_is_in_schema_and_manual(void **state)
{
	struct buf text = BUF_EMPTY, json = BUF_EMPTY, manual = BUF_EMPTY;
	struct buf tables = BUF_EMPTY;
	struct err err;

	(void)state;
	schema_text(&text);
	schema_json(&json);
	schema_markdown(&tables);
	assert_int_equal(file_read(manual_path(), 1u << 20, &manual, &err), 0);
	for (unsigned i = 0; i < nkeys; i++) {
		char key[64];

		snprintf(key, sizeof(key), "| `%s` |", keys[i].name);
		assert_non_null(strstr(collected(&text), keys[i].name));
		assert_non_null(strstr(collected(&json), keys[i].help));
		if (!strstr(collected(&manual), key))
			fail_msg("the manual does not have %s", key);
	}
	/* its tables are those of suzgi config schema --markdown */
	if (!strstr(collected(&manual), collected(&tables)))
		fail_msg("docs/manual/suzgi.conf.md: the tables are not those "
		         "of suzgi config schema --markdown");
	buf_fini(&text);
	buf_fini(&json);
	buf_fini(&tables);
	buf_fini(&manual);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_fit_their_types),
	    cmocka_unit_test(rule_keys_are_the_actions),
	    cmocka_unit_test(example_loads_and_means_nothing_else),
	    cmocka_unit_test(example_holds_with_every_line_taken_up),
	    cmocka_unit_test(every_prefix_of_the_example_ends),
	    cmocka_unit_test(dump_of_a_dump_is_itself),
	    cmocka_unit_test(every_key_is_in_schema_and_manual),
	};

	return cmocka_run_group_tests_name("config/schema", tests, NULL, NULL);
}
