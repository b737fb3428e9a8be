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
    /* ------------------------------------------------------ who and when */
    {"who is in a group, in all ways",
        TEXT("[policy default]\n[listen lan]\n[group g]\npolicy = default\n"
             "match = net:10.0.0.0/8, mac:02:00:5e:10:00:0A listener:lan\n"
             "match = user:alice auth-group:x\n"
             "[auth a]\nkind = basic\nhelper = /h\n[auth b]\nkind = group\n"
             "helper = /g -x\n"),
        ""},
    {"names with blanks stand in quotes",
        TEXT("[policy default]\n[group g]\npolicy = default\n"
             "match = user:\"Ann Bell\", auth-group:\"a, b\" net:10.0.0.1\n"
             "[auth a]\nkind = negotiate\nhelper = /h\n[auth b]\n"
             "kind = group\nhelper = /g\n"),
        ""},
    {"a quote that is not closed",
        TEXT("[policy default]\n[group default]\nmatch = user:\"Ann Bell\n"),
        "t:3:14: error: a name in quotes has them around it, and none "
        "inside\n"},
    {"a kind of match that was mistyped",
        TEXT("[policy default]\n[group default]\nmatch = macc:x\n"
             "match = lisstener:x\nmatch = foo:x\nmatch = user:\n"),
        "t:3:9: error: a group has no \"macc:\"; did you mean \"mac:\"?\n"
        "t:4:9: error: a group has no \"lisstener:\"; did you mean "
        "\"listener:\"?\n"
        "t:5:9: error: expected net: mac: listener: user: or auth-group:, "
        "found \"foo:x\"\n"
        "t:6:14: error: expected a name of at most 256 bytes behind the "
        "colon\n"},
    {"MAC addresses",
        TEXT("[policy default]\n[group default]\nmatch = mac:02:00:5e:10:00\n"
             "match = mac:02-00-5e-10-00-0g\nmatch = mac:02:00-5e:10:00:01\n"
             "match = mac:01:00:5e:10:00:01\nmatch = mac:0200.5e10.0001\n"),
        "t:3:13: error: expected a MAC address like 02:00:5e:10:00:01, found "
        "\"02:00:5e:10:00\"\n"
        "t:4:13: error: expected a MAC address like 02:00:5e:10:00:01, found "
        "\"02-00-5e-10-00-0g\"\n"
        "t:5:13: error: expected a MAC address like 02:00:5e:10:00:01, found "
        "\"02:00-5e:10:00:01\"\n"
        "t:6:13: error: \"01:00:5e:10:00:01\" is a group address: no device "
        "has it\n"
        "t:7:13: error: expected a MAC address like 02:00:5e:10:00:01, found "
        "\"0200.5e10.0001\"\n"},
    {"a device is in one group",
        TEXT("[policy default]\n[group a]\npolicy = default\n"
             "match = mac:02:00:5e:10:00:01\n[group b]\npolicy = default\n"
             "match = net:10.0.0.1, mac:02-00-5E-10-00-01\n"),
        "t:5:2: error: [group b]: mac:02:00:5e:10:00:01 is in [group a] "
        "already, t:2\n"},
    {"a listener that is not there",
        TEXT("[policy default]\n[listen lan]\n[group a]\npolicy = default\n"
             "match = listener:lam listener:wifi\n"),
        "t:3:2: error: [group a]: there is no [listen lam]; did you mean "
        "\"lan\"?\n"
        "t:3:2: error: [group a]: there is no [listen wifi]\n"},
    {"the listener that is made where there is none",
        TEXT("[policy default]\n[group a]\npolicy = default\n"
             "match = listener:default\n"),
        ""},
    {"users, and nobody who says who they are",
        TEXT("[policy default]\n[group a]\npolicy = default\nmatch = user:x\n"
             "[group b]\npolicy = default\nmatch = auth-group:y\n"),
        "t:2:2: error: [group a] has user: or auth-group:, but nobody says "
        "who a user is; add an [auth NAME] with kind = basic or negotiate\n"
        "t:5:2: error: [group b] has user: or auth-group:, but nobody says "
        "who a user is; add an [auth NAME] with kind = basic or negotiate\n"},
    {"groups of users, and nobody who knows them",
        TEXT("[policy default]\n[group b]\npolicy = default\n"
             "match = auth-group:y\n[auth a]\nkind = basic\nhtpasswd = f\n"),
        "t:2:2: error: [group b] has auth-group:, but nobody says who is in "
        "one; add an [auth NAME] with kind = group\n"},
    {"what an [auth] needs",
        TEXT("[policy default]\n[auth a]\nkind = basic\n[auth b]\n"
             "kind = negotiate\nhtpasswd = f\n[auth c]\nkind = group\n"
             "[auth d]\nkind = basic\nhelper = h\nhtpasswd = f\n"),
        "t:2:2: error: [auth a] has neither a helper nor htpasswd\n"
        "t:4:2: error: [auth b]: htpasswd is for kind = basic\n"
        "t:7:2: error: [auth c] has no helper\n"
        "t:9:2: error: [auth d] is of the same kind as [auth a], t:2: there "
        "is one of each\n"
        "t:9:2: error: [auth d] has both a helper and htpasswd; take one\n"
        "t:9:2: error: [auth d]: a helper is named by its whole path, such "
        "as /usr/lib/squid/basic_ldap_auth\n"},
    {"a kind has to be said",
        TEXT("[policy default]\n[auth a]\nhelper = /h\n[auth b]\n"
             "kind = kerberos\nhelper = /h\n"),
        "t:2:2: error: [auth a] has no \"kind\"\n"
        "t:5:8: error: \"kerberos\" is none of basic | negotiate | group\n"},
    {"groups of users without users",
        TEXT("[policy default]\n[auth a]\nkind = group\nhelper = /h\n"),
        "t:2:2: error: [auth] of kind = group asks about users, and nobody "
        "says who a user is; add one with kind = basic or negotiate\n"},
    {"hours and dates",
        TEXT("[policy default]\n[schedule a]\n"
             "when = mon-fri 08:30-15:30, sat 09:00-12:00\n"
             "when = mon 10:00-11:00\n" /* what overlaps is fine */
             "only = 2026-09-01..2027-05-25\n"
             "except = 2026-12-28..2027-01-08, 2027-03-22\n"),
        ""},
    {"hours and dates that are none",
        TEXT("[policy default]\n[schedule a]\nwhen = mon, mom-fri\n"
             "when = 8:00-25:00\nexcept = 2026-02-30\n"
             "only = 2027-01-02..2027-01-01\n"),
        "t:3:13: error: \"mom-fri\" is neither days nor hours; days are mon "
        "tue wed thu fri sat sun, mon-fri or daily, hours 08:30-15:30\n"
        "t:4:8: error: \"8:00-25:00\" are not hours such as 08:30-15:30\n"
        "t:5:10: error: \"2026-02-30\" is not a date such as 2026-12-28\n"
        "t:6:8: error: the last day, \"2027-01-01\", is before the "
        "first, \"2027-01-02\"\n"},
    {"a schedule that says nothing",
        TEXT("[policy default]\n[schedule a]\n[schedule \"b c\"]\n"
             "when = mon\n"),
        "t:3:11: error: a schedule's name is made of letters, digits, - _ "
        "and .\n"},
    {"a schedule that always holds", TEXT("[policy default]\n[schedule a]\n"),
        "t:2:2: warning: [schedule a] has neither when nor only nor except: "
        "it always holds\n"},
    {"time zones are names below a folder",
        TEXT("[policy default]\n[proxy]\ntimezone = ../etc/passwd\n"
             "[schedule a]\nwhen = mon\ntimezone = /etc/passwd\n"
             "[schedule b]\nwhen = mon\ntimezone = Asia//Almaty\n"),
        "t:3:12: error: expected a time zone like Asia/Almaty, found "
        "\"../etc/passwd\"\n"
        "t:6:12: error: expected a time zone like Asia/Almaty, found "
        "\"/etc/passwd\"\n"
        "t:9:12: error: expected a time zone like Asia/Almaty, found "
        "\"Asia//Almaty\"\n"},
    {"themes",
        TEXT("[policy default]\n[terms a]\n[terms \"b c\"]\nsource = x\n"
             "[terms d]\nsource = x\nseverity = grave\n[terms e]\n"
             "source = x\nseverity =\n"),
        "t:2:2: error: [terms a] has no \"source\"\n"
        "t:3:8: error: a theme's name is made of letters, digits, - _ and .\n"
        "t:7:12: error: \"grave\" is none of advisory | caution | danger\n"
        "t:10:11: error: \"severity\" needs a value\n"},
    {"amounts of budgets",
        TEXT("[policy default]\nbudget = games\nbudget = 60m/day\n"
             "budget = games 60/day\nbudget = games 61s/day\n"
             "budget = games 24h/day\nbudget = games 7d/week\n"
             "budget = games 60m/month\nbudget = games 0m/day\n"
             "budget = games 23h/day, x\nbudget =\n"),
        "t:2:10: error: expected an amount like 60m/day or 10h/week at the "
        "end, found \"games\"\n"
        "t:3:10: error: expected what the budget is of: category:games "
        "60m/day\n"
        "t:4:16: error: expected an amount like 60m/day or 10h/week at the "
        "end, found \"60/day\"\n"
        "t:5:16: error: a budget counts in whole minutes, at least one; found "
        "\"61s/day\"\n"
        "t:6:16: error: \"24h/day\" is never used up: a day has no more\n"
        "t:7:16: error: \"7d/week\" is never used up: a week has no more\n"
        "t:8:16: error: expected an amount like 60m/day or 10h/week at the "
        "end, found \"60m/month\"\n"
        "t:9:16: error: a budget counts in whole minutes, at least one; found "
        "\"0m/day\"\n"
        "t:10:25: error: expected an amount like 60m/day or 10h/week at the "
        "end, found \"x\"\n"
        "t:11:9: error: \"budget\" needs terms\n"},
    {"levels", TEXT("[policy default]\nsafe-search = yes\nyoutube = moderat\n"),
        "t:2:15: error: \"yes\" is none of off | moderate | strict | on\n"
        "t:3:11: error: \"moderat\" is none of off | moderate | strict | on; "
        "did you mean \"moderate\"?\n"},
    {"sites that are always reachable are hosts",
        TEXT("[policy default]\n[support]\nsites = help.test, "
             "https://x.test/\nsites = a..test\n[page]\naddress = 10.0.0.1\n"
             "[page]\n"),
        "t:3:20: error: expected a host name alone, without scheme and path; "
        "found \"https://x.test/\"\n"
        "t:4:9: error: \"a..test\": an empty label\n"
        "t:6:11: error: expected a host name, found the address "
        "\"10.0.0.1\"\n"},
    {"pupils and staff under one policy",
        TEXT("[policy default]\n[policy x]\n[group \"Year 7 pupils\"]\n"
             "match = net:10.0.0.0/16\npolicy = x\n"
             "[group \"О‘ҚИТУВЧИЛАР\"]\nmatch = net:10.2.0.0/16\npolicy = x\n"
             "[group staff]\nmatch = net:10.1.0.0/16\npolicy = x\n"
             "[group \"staff and students\"]\nmatch = net:10.3.0.0/16\n"
             "policy = x\n[group teachers]\nmatch = net:10.4.0.0/16\n"
             "policy = default\n"),
        "t:9:2: warning: [group staff] has the same policy as [group Year 7 "
        "pupils], t:3: what is right for pupils is seldom right for staff\n"},
    {"the same in other languages",
        TEXT("[policy default]\n[group \"Оқушылар\"]\nmatch = net:10.0.0.0/16\n"
             "policy = default\n[group \"МҰҒАЛІМДЕР\"]\n"
             "match = net:10.2.0.0/16\npolicy = default\n"
             "[policy u]\n[group \"O‘quvchilar\"]\nmatch = net:10.3.0.0/16\n"
             "policy = u\n[group \"O'qituvchilar\"]\n"
             "match = net:10.4.0.0/16\npolicy = u\n"
             "[policy r]\n[group \"1-а ученики\"]\nmatch = net:10.5.0.0/16\n"
             "policy = r\n[group \"Учителя\"]\nmatch = net:10.6.0.0/16\n"
             "policy = r\n"
             "[policy d]\n[group \"Schüler\"]\nmatch = net:10.7.0.0/16\n"
             "policy = d\n[group \"Lehrer\"]\nmatch = net:10.8.0.0/16\n"
             "policy = d\n"),
        "t:5:2: warning: [group МҰҒАЛІМДЕР] has the same policy as [group "
        "Оқушылар], t:2: what is right for pupils is seldom right for "
        "staff\n"
        "t:12:2: warning: [group O'qituvchilar] has the same policy as "
        "[group O‘quvchilar], t:9: what is right for pupils is seldom right "
        "for staff\n"
        "t:19:2: warning: [group Учителя] has the same policy as [group 1-а "
        "ученики], t:16: what is right for pupils is seldom right for "
        "staff\n"
        "t:26:2: warning: [group Lehrer] has the same policy as [group "
        "Schüler], t:23: what is right for pupils is seldom right for "
        "staff\n"},
    {"groups that nobody is in",
        TEXT("[policy default]\n[policy p]\n[group a]\npolicy = p\n"
             "match = net:10.0.0.0/9, listener:default\n"
             "[group b]\npolicy = p\nmatch = net:10.128.0.0/9\n"
             "[group c]\npolicy = p\nmatch = net:10.0.0.0/8\n"
             "[group d]\npolicy = p\nmatch = net:10.1.2.3 "
             "listener:default\n"
             "[group e]\npolicy = p\nmatch = net:10.0.0.0/7\n"
             "[group f]\npolicy = p\nmatch = net:10.1.0.0/16, "
             "mac:02:00:00:00:00:01\n"),
        "t:9:2: warning: [group c]: nobody is in it; all that it matches is "
        "in groups before it, of which the first counts\n"
        "t:12:2: warning: [group d]: nobody is in it; all that it matches is "
        "in groups before it, of which the first counts\n"},
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
	assert_int_equal(c.name_mismatch, PERMIT_ALLOW);
	assert_string_equal(c.page_address.p, "suzgi.internal");
	assert_int_equal(c.timezone.name.n, 0);
	assert_int_equal(c.expect.n + c.support.n + c.schedule.n, 0);
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
