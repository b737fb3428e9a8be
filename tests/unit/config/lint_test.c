/* lint_test.c - what is said about rules that hold, and hardly mean what they
 * say; and what rules name that is not there. */
#include "tests/unit/config/collect.h"

#include "config/build.h"
#include "config/lint.h"
#include "config/term_text.h"
#include "filters/snapshot.h"

#define HEAD                                                                   \
	"[list one]\nsource = x\ncategory = red\n[list two]\nsource = y\n"     \
	"category = blue\n[schedule lessons]\nwhen = mon-fri 08:30-15:30\n"    \
	"[policy default]\n"
/* The first line behind it is line 10. */

static const struct {
	const char *name, *rules, *reports;
} cases[] = {
    {"nothing to say",
        "allow = list:two\nblock = category:red, category:blue port:80\n"
        "warn = category:blue\nmonitor = host:a.test\n",
        ""},
    {"what a narrower rule does first is left alone",
        "allow = host:kids.a.test\nblock = host:a.test\nallow = list:two\n",
        ""},
    {"a rule twice", "block = list:one\nwarn = list:two\nblock = list:one\n",
        "t:12:9: warning: this says again what t:10 (block = list:one) "
        "says\n"},
    {"a contradiction", "block = list:one\nallow = list:one\n",
        "t:11:9: warning: this contradicts t:10 (block = list:one), which has "
        "the same condition and stands before it: this one never decides\n"},
    {"an allow behind what it is to be an exception of",
        "block = category:red\nallow = category:red host:a.test\n",
        "t:11:9: warning: this never decides: whenever it holds t:10 (block = "
        "category:red) does, which stands before it\n"},
    {"behind everything, said once",
        "block = list:one\nallow = any\nblock = list:two\nwarn = host:a.test\n",
        "t:12:9: warning: no rule from here on is ever reached: t:11 (allow = "
        "any) holds for everything\n"},
    {"a part of a rule, at its place",
        "block = category:red\nwarn = category:blue, \\\n"
        "  category:red host:a.test\n",
        "t:12:3: warning: this part of the rule never decides: whenever it "
        "holds t:10 (block = category:red) does, which stands before it\n"},
    {"each part by another rule",
        "block = category:red\nblock = host:a.test\n"
        "warn = host:x.a.test, category:red\n",
        "t:12:8: warning: this never decides: each part of it is behind one "
        "of t:11 (block = host:a.test), t:10 (block = category:red)\n"},
    {"a budget decides nothing while it lasts",
        "budget = category:red 60m/day\nblock = category:red port:80\n", ""},
    {"a budget behind its rule",
        "warn = category:red\nbudget = red during:lessons 60m/day\n",
        "t:11:10: warning: this never decides: whenever it holds t:10 (warn = "
        "category:red) does, which stands before it\n"},
    {"hosts beside each other", "block = host:a.test host:b.test\n",
        "t:10:21: warning: this never holds: \"host:a.test\" and "
        "\"host:b.test\" exclude each other; terms beside each other must all "
        "hold, a comma parts alternatives\n"},
    {"ports and methods that exclude each other",
        "block = category:red, port:1-79 port:80-90\n"
        "warn = method:GET  method:POST\n",
        "t:10:33: warning: this never holds: \"port:1-79\" and \"port:80-90\" "
        "exclude each other; terms beside each other must all hold, a comma "
        "parts alternatives\n"
        "t:11:20: warning: this never holds: \"method:GET\" and "
        "\"method:POST\" exclude each other; terms beside each other must all "
        "hold, a comma parts alternatives\n"},
    {"in the hours and out of them", "block = during:lessons !during:lessons\n",
        "t:10:24: warning: this never holds: \"during:lessons\" and "
        "\"!during:lessons\" exclude each other; terms beside each other must "
        "all hold, a comma parts alternatives\n"},
    {"nothing at all", "block = !any\n",
        "t:10:9: warning: this never holds: \"!any\" is nothing\n"},
    {"in a list and not in it", "block = list:one !list:one\n",
        "t:10:18: warning: \"list:one\" and \"!list:one\" hold together only "
        "for addresses that can be read in several ways\n"},
    {"what anybody can say",
        "allow = ua:\"Moodle App\" method:GET\nallow = host:a.test, "
        "referer:a.test\n",
        "t:10:9: warning: this lets through whoever says \"ua:\"Moodle "
        "App\"\", and any program can say that; add a host:, list: or group: "
        "beside it\n"
        "t:11:22: warning: this lets through whoever says "
        "\"referer:a.test\", and any program can say that; add a host:, list: "
        "or group: beside it\n"},
    {"what anybody can say, beside more",
        "allow = ua:Moodle host:a.test\nblock = ua:Bad\nallow = header:X "
        "category:red\nallow = ua:x group:default\nallow = !ua:x\n",
        ""},
    /* --------------------------------------------- what is not there */
    {"a group that was mistyped",
        "block = list:one group:stuff, !group:nobody\n[group staff]\n"
        "match = net:10.0.0.0/8\npolicy = default\n",
        "t:10:24: error: unknown group \"stuff\"; did you mean \"staff\"?\n"
        "t:10:38: error: unknown group \"nobody\": there is no [group "
        "nobody]\n"},
    {"groups by name",
        "block = group:\"Year 7\", group:default\n"
        "[group \"Year 7\"]\nmatch = net:10.0.0.0/8\n"
        "policy = default\n",
        ""},
    {"a user, and nobody who says who he is", "block = user:\"Ann B\"\n",
        "t:10:14: error: nobody says who a user is; add an [auth NAME] with "
        "kind = basic or negotiate\n"},
    {"a user", "block = user:ann\n[auth a]\nkind = basic\nhtpasswd = f\n", ""},
    {"a schedule that was mistyped", "block = during:lesson\n",
        "t:10:16: error: unknown schedule \"lesson\"; did you mean "
        "\"lessons\"?\n"},
    {"a category of a budget", "budget = bleu, red 10m/day\n",
        "t:10:10: error: unknown category \"bleu\"; did you mean "
        "\"blue\"?\n"},
    {"a second category of a budget, in another line",
        "budget = red, \\\n  !bleu host:a.test 10m/day\n",
        "t:11:4: error: unknown category \"bleu\"; did you mean "
        "\"blue\"?\n"},
    {"a theme without any", "block = search:drugs\n",
        "t:10:16: error: unknown theme \"drugs\": words get a theme in a "
        "section [terms NAME]; search:any is any search\n"},
};

static void
rules_and_what_is_said(void **state)
{
	bool bad = false;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = BUF_EMPTY, text = BUF_EMPTY;
		struct diag d = {.report = collect, .arg = &out};
		const struct build_image none = {.drop = NULL};
		struct snapshot *s;
		struct config c;

		buf_addf(&text, HEAD "%s", cases[i].rules);
		assert_int_equal(load_text(&c, buf_str(&text), &out), 0);
		s = build_snapshot(&c, none, 1, &d);
		if (s)
			lint_rules(&c, s, &d);
		if (strcmp(collected(&out), cases[i].reports) != 0) {
			print_error("%s: said\n%swanted\n%s", cases[i].name,
			    out.p, cases[i].reports);
			bad = true;
		}
		if (s && snapshot_unref(s))
			snapshot_free(s);
		arena_fini(&c.arena);
		buf_fini(&text);
		buf_fini(&out);
	}
	assert_false(bad);
}

static void
terms_are_found_in_a_rule(void **state)
{
	static const char rule[] =
	    " a:b  ,!c:d\tregex:/x, \\/ y/ user:\"e f\" !regex:/,/,g:/h i";
	static const char *const found[] = {"a:b", "!c:d", "regex:/x, \\/ y/",
	    "user:\"e f\"", "!regex:/,/", "g:/h", "i", "", ""};

	(void)state;
	for (unsigned i = 0; i < sizeof(found) / sizeof(*found); i++) {
		struct str t = term_text(str_of(rule), i);

		if (!str_eq(t, str_of(found[i])))
			fail_msg("%u: \"%.*s\"", i, STR_ARG(t));
	}
	for (size_t n = 0; n <= sizeof(rule) - 1; n++)
		for (unsigned i = 0; i < 9; i++)
			term_text(str_make(rule, n), i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_and_what_is_said),
	    cmocka_unit_test(terms_are_found_in_a_rule),
	};

	return cmocka_run_group_tests_name("config/lint", tests, NULL, NULL);
}
