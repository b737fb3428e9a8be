/* apply_test.c - texts and what is said about them; values and defaults. */
#include "tests/unit/config/collect.h"

#include "config/schema.h"

#define DIGEST                                                                 \
	"0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static const struct {
	const char *rule;
	struct str text;
	const char *reports;
} cases[] = {
    /* ------------------------------------------------------------- good */
    {"empty file", TEXT(""),
        "warning: there is no [policy] in use: everything is allowed\n"},
    {"every scalar type",
        TEXT("[proxy]\nworkers = 4\ndrain = 5m\nvia-name = gw-1\n"
             "[origin]\nipv6 = no\nvia = Parent.TEST:8080\n"
             "[redis]\nurl = redis://h:6379/1\nrole = publish\ntimeout = 1s\n"
             "[log]\nprivacy = full\nlog-query = TRUE\n[policy default]\n"),
        ""},
    {"sections that stand once may be divided",
        TEXT("[policy default]\n[log]\nprivacy = full\n[proxy]\nworkers = 1\n"
             "[log]\nlog-query = on\n"),
        ""},
    {"lists of addresses over several lines",
        TEXT("[policy default]\n[origin]\ndns = 127.0.0.1, [::1]:5353 \\\n"
             "  192.0.2.1\ndns = 192.0.2.2\n"
             "allow-private = 127.0.0.1:8080, 10.0.0.0/8:any [::1]:80\n"),
        ""},
    {"open listener that says who",
        TEXT("[policy default]\n[listen lan]\n"
             "address = 10.1.0.1\nallow-clients = 10.1.0.0/16\n"),
        ""},
    {"port 0 is any and twice is no matter",
        TEXT("[policy default]\n[listen a]\naddress = 127.0.0.1:0\n"
             "[listen b]\naddress = 127.0.0.1:0\n"),
        ""},
    {"empty list values",
        TEXT("[policy default]\n[tunnel]\n"
             "http-ports =\n[origin]\ndns =\nvia =\n"),
        ""},
    /* --------------------------------------------------------- sections */
    {"unknown section is named with what was meant",
        TEXT("[policy default]\n[timeout]\nheader = 1\n"),
        "t:2:2: error: unknown section [timeout]; did you mean "
        "[timeouts]?\n"},
    {"key before any section", TEXT("workers = 1\n[policy default]\n"),
        "t:1:1: error: \"workers\" stands before any [section]\n"},
    {"name where there is none",
        TEXT("[policy default]\n[proxy main]\nworkers = x\n"),
        "t:2:8: error: [proxy] stands once and has no name\n"
        "t:3:11: error: expected a number, found \"x\"\n"},
    {"no name where one is needed",
        TEXT("[policy default]\n[listen]\n"
             "[group \"\"]\n"),
        "t:2:2: error: [listen] needs a name: [listen NAME]\n"
        "t:3:2: error: [group] needs a name: [group NAME]\n"},
    {"section twice", TEXT("[policy a]\n\n[policy a]\ndefault = x\n"),
        "t:3:2: error: [policy a] was given already, t:1\n"
        "t:4:11: error: \"x\" is none of allow | block\n"},
    {"list name must fit a rule",
        TEXT("[policy default]\n"
             "[list \"a, b\"]\nsource = /x\n"),
        "t:2:7: error: a list's name is made of letters, digits, - _ and .\n"},
    {"keys behind a broken header are nobody's",
        TEXT("[policy default]\n[proxy\nworkers = 1\nfoo = 2\n"),
        "t:2:1: error: the section's ] is missing\n"},
    {"a policy that nobody is under is said to be none",
        TEXT("[policy kids]\nblock = any\n"),
        "t:1:2: warning: [policy kids] is used by no [group] and is not "
        "\"default\": it has no effect\n"
        "warning: there is no [policy] in use: everything is allowed\n"},
    {"a policy that a group names is used",
        TEXT("[policy default]\n[policy kids]\nblock = any\n"
             "[group a]\nmatch = net:10.0.0.0/8\npolicy = kids\n"),
        ""},
    {"what must be given", TEXT("[policy default]\n[list x]\n"),
        "t:2:2: error: [list x] has neither a source nor an update\n"},
    /* ------------------------------------------------------------ updates */
    {"an update needs no source",
        TEXT("[policy default]\n[list x]\n"
             "update = https://l.test/x.tgz weekly sun 03:30 +-20%\n"
             "sha256 = https://l.test/SHA256SUMS\n"),
        ""},
    {"what is wrong in an update is pointed at",
        TEXT("[policy default]\n[list x]\n"
             "update = https://l.test/x daily 25:00\n"),
        "t:3:33: error: expected a time like 03:30, found \"25:00\"\n"},
    {"http needs a proof",
        TEXT("[policy default]\n[list x]\nupdate = http://l.test/x\n"),
        "t:2:2: error: [list x]: anybody on the way can change what comes "
        "by http://; use https://, or give sha256 or sign-key, or set "
        "insecure = on\n"},
    {"http with a key, a digest or a word for it",
        TEXT("[policy default]\n[list x]\nupdate = http://l.test/x\n"
             "sign-key = "
             "RWQBI0VniavN70aJrJPQSyeGRqtBqf//g07k37rppyKayQRYz+CdT2EI\n"
             "[list y]\nupdate = http://l.test/y\nsha256 = " DIGEST "\n"
             "[list z]\nupdate = http://l.test/z\ninsecure = on\n"),
        ""},
    {"a digest that comes by http is no proof",
        TEXT("[policy default]\n[list x]\nupdate = http://l.test/x\n"
             "sha256 = https://l.test/x.sha256\n"
             "[list y]\nupdate = https://l.test/y\n"
             "sha256 = http://l.test/y.sha256\n"),
        "t:2:2: error: [list x]: anybody on the way can change what comes "
        "by http://; use https://, or give sha256 or sign-key, or set "
        "insecure = on\n"
        "t:5:2: error: [list y]: a sha256 that comes by http:// proves "
        "nothing\n"},
    {"a digest that is none",
        TEXT("[policy default]\n[list x]\nupdate = https://l.test/x\n"
             "sha256 = abcdef\n"),
        "t:2:2: error: [list x]: sha256 is 64 hex digits, or an address or "
        "an absolute path where they stand\n"},
    {"a proof of nothing",
        TEXT("[policy default]\n[list x]\nsource = x\n"
             "sha256 = " DIGEST "\n"),
        "t:2:2: error: [list x]: sha256 and sign-key are of what update "
        "fetches, and there is no update\n"},
    {"bounds of an update",
        TEXT("[policy default]\n[list x]\nupdate = https://l.test/x\n"
             "max-size = 0KiB\ntimeout = 0s\n"),
        "t:4:12: error: \"max-size\" must be between 1KiB and "
        "16777216KiB, found \"0KiB\"\n"
        "t:5:11: error: \"timeout\" must be between 1 and 86400 seconds, "
        "found \"0s\"\n"},
    /* ------------------------------------------------------------- keys */
    {"unknown key with what was meant",
        TEXT("[policy default]\n[proxy]\n  workres = 1\nzzz = 2\n"),
        "t:3:3: error: unknown key \"workres\" in [proxy]; did you mean "
        "\"workers\"?\n"
        "t:4:1: error: unknown key \"zzz\" in [proxy]\n"},
    {"key of another section", TEXT("[policy default]\n[proxy]\nech = allow\n"),
        "t:3:1: error: \"ech\" belongs into [tunnel], not into [proxy]\n"},
    {"key twice",
        TEXT("[policy default]\n[proxy]\nworkers = 1\n[log]\n"
             "[proxy]\nworkers = 2\n"),
        "t:6:1: error: \"workers\" was given already, t:3\n"},
    {"keys are lower case", TEXT("[policy default]\n[proxy]\nWorkers = 1\n"),
        "t:3:1: error: unknown key \"Workers\" in [proxy]; did you mean "
        "\"workers\"?\n"},
    /* ----------------------------------------------------------- values */
    {"numbers",
        TEXT("[policy default]\n[proxy]\nworkers = -1\n[limits]\n"
             "connections = 0x10\nconnections-per-client = 0\n"),
        "t:3:11: error: expected a number, found \"-1\"\n"
        "t:5:15: error: expected a number, found \"0x10\"\n"
        "t:6:26: error: \"connections-per-client\" must be between 1 and "
        "1000000, found \"0\"\n"},
    {"number beyond 64 bits",
        TEXT("[policy default]\n[proxy]\n"
             "workers = 99999999999999999999999\n"),
        "t:3:11: error: expected a number, found "
        "\"99999999999999999999999\"\n"},
    {"durations",
        TEXT("[policy default]\n[timeouts]\nheader = 15\nhello = 5 s\n"
             "connect = 1500ms\nbody-idle = 2h\nfirst-byte =\n"
             "keep-alive = 18446744073709551615d\n"),
        "t:3:10: error: expected a duration like 15s, 5m, 1h or 250ms, found "
        "\"15\"\n"
        "t:4:10: error: expected a duration like 15s, 5m, 1h or 250ms, found "
        "\"5 s\"\n"
        "t:5:11: error: \"connect\" counts in whole seconds, found "
        "\"1500ms\"\n"
        "t:6:13: error: \"body-idle\" must be between 1 and 3600 seconds, "
        "found \"2h\"\n"
        "t:7:13: error: \"first-byte\" needs a value\n"
        "t:8:14: error: \"keep-alive\" must be between 1 and 86400 seconds, "
        "found \"18446744073709551615d\"\n"},
    {"words",
        TEXT("[policy default]\non-unsettled = deny\n[origin]\n"
             "ipv6 = maybe\n[log]\nprivacy = pseudonim\n"),
        "t:2:16: error: \"deny\" is none of allow | block\n"
        "t:4:8: error: expected on or off, found \"maybe\"\n"
        "t:6:11: error: \"pseudonim\" is none of pseudonym | full | "
        "aggregate; did you mean \"pseudonym\"?\n"},
    {"percentages",
        TEXT("[policy default]\n[list x]\nsource = x\n"
             "max-change = 20\n[list y]\nsource = y\n"
             "max-change = 2000%\n"),
        "t:4:14: error: expected a percentage like 20%, or any, found \"20\"\n"
        "t:7:14: error: \"max-change\" must be between 0 and 1000, found "
        "\"2000%\"\n"},
    {"error of a part of a list is under that part",
        TEXT("[policy default]\n[tunnel]\nports = 443, 0\n[origin]\n"
             "dns = 192.0.2.1 \\\n  dns.test\n"),
        "t:3:14: error: \"0\" is no port (1 to 65535)\n"
        "t:6:3: error: expected an IP address, found \"dns.test\"\n"},
    {"networks",
        TEXT("[policy default]\n[group default]\n"
             "match = net:10.0.0.1/8, 10.0.0.0/8\n"
             "match = 10.2.0.0/16\n[origin]\ndeny = 10.0.0.0/33\n"
             "deny = [::1:80\n"),
        "t:3:13: error: \"10.0.0.1/8\" is no network: the prefix is out of "
        "range, or address bits are set behind it\n"
        "t:4:9: error: \"10.2.0.0/16\" is a network: did you mean "
        "\"net:10.2.0.0/16\"?\n"
        "t:6:8: error: \"10.0.0.0/33\" is no network: the prefix is out of "
        "range, or address bits are set behind it\n"
        "t:7:8: error: expected a network like 10.1.0.0/16 or an address, "
        "found \"[::1:80\"\n"},
    {"a parent needs its port",
        TEXT("[policy default]\n[origin]\n"
             "via = parent.test\n"),
        "t:3:7: error: \"parent.test\" has no port; write "
        "parent.test:8080\n"},
    {"redis addresses",
        TEXT("[policy default]\n[redis]\n"
             "url = http://x\n"),
        "t:3:7: error: expected unix:/path or redis://host, found "
        "\"http://x\"\n"},
    {"name for Via", TEXT("[policy default]\n[proxy]\nvia-name = a b\n"),
        "t:3:13: error: \"via-name\" is made of letters, digits, - _ and .\n"},
    {"paths begin with what there is",
        TEXT("[policy default]\n[list l]\nsource = {home}/x\n"
             "[list m]\nsource = {data}x\n[list n]\nsource = {\n"),
        "t:3:10: error: expected {state}/ or {data}/ at the beginning, found "
        "\"{home}/x\"\n"
        "t:5:10: error: expected {state}/ or {data}/ at the beginning, found "
        "\"{data}x\"\n"
        "t:7:10: error: expected {state}/ or {data}/ at the beginning, found "
        "\"{\"\n"},
    {"rule without terms", TEXT("[policy default]\nblock =\n"),
        "t:2:8: error: \"block\" needs terms\n"},
    {"include in a text that has no place",
        TEXT("include = x\n[policy default]\n"),
        "t:1:1: error: include is not possible here\n"},
    /* ------------------------------------------------ between the keys */
    {"open listener must say who",
        TEXT("[policy default]\n[listen lan]\n"
             "address = 127.0.0.1, 0.0.0.0:3129\n"),
        "t:2:2: error: [listen lan] can be reached from the network at "
        "0.0.0.0 but does not say who may use it; add for example "
        "allow-clients = 192.168.0.0/16\n"},
    {"mapped loopback is loopback",
        TEXT("[policy default]\n[listen a]\naddress = [::1]:1, 127.9.9.9\n"),
        ""},
    {"mapped others are what they map",
        TEXT("[policy default]\n[listen a]\naddress = [::ffff:10.0.0.1]:1\n"),
        "t:2:2: error: [listen a] can be reached from the network at "
        "10.0.0.1 but does not say who may use it; add for example "
        "allow-clients = 192.168.0.0/16\n"},
    {"one address twice, however spelled",
        TEXT("[policy default]\n[listen a]\naddress = [::1]:3128\n"
             "[listen b]\naddress = [0:0::1]\n"),
        "t:4:2: error: [listen a] and [listen b] both have ::1 port 3128\n"},
    {"a wildcard covers the addresses of its family",
        TEXT("[policy default]\n[listen a]\naddress = 0.0.0.0:1\n"
             "allow-clients = 10.0.0.0/8\n"
             "[listen b]\naddress = 127.0.0.1:1\n"),
        "t:5:2: error: [listen a] and [listen b] both have 127.0.0.1 port "
        "1\n"},
    {"and no others",
        TEXT("[policy default]\n[listen a]\naddress = 0.0.0.0:1, [::]:1\n"
             "allow-clients = 10.0.0.0/8\n"
             "[listen b]\naddress = [::1]:2\n"),
        ""},
    {"transparent modes are not there yet",
        TEXT("[policy default]\n[listen a]\nmode = tls\n"),
        "t:2:2: error: [listen a]: only mode = explicit is available in this "
        "version\n"},
    {"listener without address",
        TEXT("[policy default]\n[listen a]\naddress =\n"),
        "t:2:2: error: [listen a] has no address\n"},
    {"group's policy must be there",
        TEXT("[policy pupils]\n[group pupil]\nmatch = net:10.0.0.0/8\n"),
        "t:2:2: error: [group pupil]: there is no [policy pupil]; did you "
        "mean \"pupils\"?\n"},
    {"group in which nobody is", TEXT("[policy g]\n[group g]\n"),
        "t:2:2: warning: [group g] has no match: nobody is in it\n"},
    {"socket path too long for the system",
        TEXT("[policy default]\n[proxy]\ncontrol = /"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"),
        "error: the control socket's path is longer than 107 bytes: /"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; "
        "set control in [proxy] to a shorter one\n"},
    {"redis role without redis",
        TEXT("[policy default]\n[redis]\n"
             "role = follow\n"),
        "error: [redis] has a role but no url\n"},
};

static void
texts_and_what_is_said(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = BUF_EMPTY;
		struct config c;

		load_text(&c, cases[i].text, &out);
		if (strcmp(collected(&out), cases[i].reports) != 0)
			fail_msg("%s: said\n%swanted\n%s", cases[i].rule, out.p,
			    cases[i].reports);
		buf_fini(&out);
		arena_fini(&c.arena);
	}
}

static void
every_prefix_of_every_text_ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t n = 0; n <= cases[i].text.n; n++) {
			struct buf out = BUF_EMPTY;
			struct config c;

			load_text(&c, str_sub(cases[i].text, 0, n), &out);
			buf_fini(&out);
			arena_fini(&c.arena);
		}
}

static void
defaults_are_as_documented(void **state)
{
	struct buf out = BUF_EMPTY;
	struct config c;

	(void)state;
	assert_int_equal(load_text(&c, STR(""), &out), 0);
	assert_int_equal(c.workers, 0);
	assert_true(str_eq(c.user, STR("suzgi")));
	assert_true(str_eq(c.state_dir, STR("/var/lib/suzgi")));
	assert_true(str_eq(c.control, STR("/var/lib/suzgi/control.sock")));
	assert_true(str_eq(c.log_dir, STR("/var/lib/suzgi/log")));
	assert_int_equal(c.drain_s, 30);
	assert_int_equal(c.connections, 20000);
	assert_int_equal(c.connections_per_client, 256);
	assert_int_equal(c.header_s, 15);
	assert_int_equal(c.keep_alive_s, 60);
	assert_int_equal(c.connect_s, 10);
	assert_int_equal(c.first_byte_s, 60);
	assert_int_equal(c.body_idle_s, 60);
	assert_int_equal(c.hello_s, 10);
	assert_int_equal(c.tunnel_idle_s, 300);
	assert_int_equal(c.websocket_idle_s, 3600);
	assert_int_equal(c.redis_timeout_ms, 20);
	assert_true(str_eq(c.redis_prefix, STR("fw:")));
	assert_int_equal(c.privacy, PRIVACY_PSEUDONYM);
	assert_int_equal(c.on_log_failure, PERMIT_ALLOW);
	assert_int_equal(c.non_tls, PERMIT_BLOCK);
	assert_int_equal(c.no_sni, PERMIT_BLOCK);
	assert_int_equal(c.ech, PERMIT_ALLOW);
	assert_true(c.ipv6);
	assert_false(c.log_query);
	assert_int_equal(c.tunnel_ports.n, 1);
	assert_int_equal(c.tunnel_ports.v[0], 443);
	assert_int_equal(c.tunnel_http_ports.v[0], 80);
	assert_int_equal(c.listen.n, 1);
	assert_int_equal(c.listen.v[0].address.n, 1);
	assert_true(str_eq(c.listen.v[0].address.v[0].host, STR("127.0.0.1")));
	assert_int_equal(c.listen.v[0].address.v[0].port, 3128);
	arena_fini(&c.arena);
	buf_fini(&out);
}

static void
values_are_taken_as_written(void **state)
{
	struct buf out = BUF_EMPTY;
	struct config c;

	(void)state;
	load_text(&c,
	    STR("[proxy]\nstate-dir = /s\nuser =\n"
	        "[page]\ntitle = \"No. 5 # five\"\n"
	        "[origin]\nallow-private = 127.0.0.1:3181 [fd00::/8]:any\n"
	        "[tunnel]\nports = 443 8443, 563\nports = 993\n"
	        "[policy default]\nallow = list:a\nblock = category:x, \\\n"
	        "  category:y\nwarn = list:b\ndefault = block\n"
	        "[list a]\nsource = l/a.txt\n[list b]\nsource = {data}/b\n"
	        "[group default]\n"),
	    &out);
	assert_string_equal(collected(&out), "");
	assert_int_equal(c.user.n, 0);
	assert_string_equal(c.control.p, "/s/control.sock");
	assert_string_equal(c.page_title.p, "No. 5 # five");
	assert_int_equal(c.allow_private.n, 2);
	assert_int_equal(c.allow_private.v[0].port, 3181);
	assert_int_equal(c.allow_private.v[0].net.bits, 128);
	assert_int_equal(c.allow_private.v[1].net.bits, 8);
	assert_int_equal(c.allow_private.v[1].port, 0);
	assert_int_equal(c.tunnel_ports.n, 4); /* the default is not among */
	assert_int_equal(c.tunnel_ports.v[3], 993);
	assert_int_equal(c.policy.n, 1);
	assert_int_equal(c.policy.v[0].otherwise, ACTION_BLOCK);
	assert_int_equal(c.policy.v[0].rules.n, 3);
	assert_int_equal(c.policy.v[0].rules.v[0].action, ACTION_ALLOW);
	assert_int_equal(c.policy.v[0].rules.v[1].action, ACTION_BLOCK);
	assert_string_equal(
	    c.policy.v[0].rules.v[1].text.p, "category:x, category:y");
	assert_int_equal(c.policy.v[0].rules.v[1].where.line, 13);
	assert_int_equal(c.policy.v[0].rules.v[2].action, ACTION_WARN);
	assert_string_equal(c.list.v[0].source.p, "/etc/l/a.txt");
	assert_string_equal(c.list.v[1].source.p, "/data/b");
	assert_int_equal(c.list.v[0].max_change, 20);
	assert_string_equal(c.group.v[0].policy.p, "default");
	arena_fini(&c.arena);
	buf_fini(&out);
}

static void
folders_themselves_are_paths(void **state)
{
	static const struct {
		const char *written, *path;
	} paths[] = {
	    {"{data}", "/data"},
	    {"{data}/", "/data"},
	    {"{data}//x", "/data/x"},
	    {"{state}", "/var/lib/suzgi"},
	    {"./", "/etc"},
	    {".//x", "/etc//x"},
	    {"././x", "/etc/x"},
	    {"/x", "/x"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct buf text = BUF_EMPTY, out = BUF_EMPTY;
		struct config c;

		buf_addf(&text, "[policy default]\n[list l]\nsource = %s\n",
		    paths[i].written);
		assert_int_equal(load_text(&c, buf_str(&text), &out), 0);
		assert_string_equal(c.list.v[0].source.p, paths[i].path);
		arena_fini(&c.arena);
		buf_fini(&text);
		buf_fini(&out);
	}
}

static void
many_errors_are_counted_and_not_all_shown(void **state)
{
	struct buf text = BUF_EMPTY, out = BUF_EMPTY;
	struct config c;
	unsigned lines = 0;

	(void)state;
	buf_addf(&text, "[policy default]\n[proxy]\n");
	for (unsigned i = 0; i < 5000; i++)
		buf_addf(&text, "bad%u = 1\n", i);
	assert_int_equal(load_text(&c, buf_str(&text), &out), 5000);
	for (size_t i = 0; i < out.n; i++)
		lines += out.p[i] == '\n';
	assert_int_equal(lines, DIAG_ERRORS_MAX + 1);
	assert_non_null(strstr(collected(&out), "too many errors"));
	arena_fini(&c.arena);
	buf_fini(&text);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_and_what_is_said),
	    cmocka_unit_test(every_prefix_of_every_text_ends),
	    cmocka_unit_test(defaults_are_as_documented),
	    cmocka_unit_test(values_are_taken_as_written),
	    cmocka_unit_test(folders_themselves_are_paths),
	    cmocka_unit_test(many_errors_are_counted_and_not_all_shown),
	};

	return cmocka_run_group_tests_name("config/apply", tests, NULL, NULL);
}
