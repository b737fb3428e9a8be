/* expect_test.c - lines that must come true before a configuration takes
 * effect. */
#include "tests/unit/config/collect.h"

#include "config/build.h"
#include "config/expect.h"
#include "filters/snapshot.h"

#define MONDAY 1795428000 /* 2026-11-23T10:00Z; the zone of all is UTC */
#define NIGHT  (MONDAY + 12 * 3600)

#define HEAD                                                                   \
	"[schedule lessons]\nwhen = mon-fri 08:30-15:30\n"                     \
	"[schedule always]\nwhen = daily\n"                                    \
	"[group pupils]\nmatch = net:10.0.0.0/8\n[policy pupils]\n"            \
	"block = host:bad.test\nblock = host:games.test during:lessons\n"      \
	"warn = host:chat.test\nmonitor = host:odd.test\n"                     \
	"block = host:x.test during:always\n[policy default]\n[try]\n"
/* The first line behind it is line 15. */

static const struct {
	const char *name, *lines;
	int64_t now;
	const char *reports;
} cases[] = {
    {"none", "", MONDAY, ""},
    {"what comes true",
        "expect = block pupils http://bad.test/\n"
        "expect = allow - http://bad.test/ # others may\n"
        "expect = block - http://bad.test/ client 10.1.2.3\n"
        "expect = block pupils https://bad.test/\n"
        "expect = block pupils bad.test:443\n"
        "expect = warn pupils http://chat.test/\n"
        "expect = monitor pupils http://odd.test/\n"
        "expect = block pupils http://games.test/ at 2026-11-23T15:29\n"
        "expect = allow pupils http://games.test/ at 2026-11-23T15:31\n",
        NIGHT, ""},
    {"what does not, and why",
        "expect = allow pupils http://bad.test/\n"
        "expect = block pupils http://good.test/\n"
        "expect = block pupils http://chat.test/\n"
        "expect = allow pupils http://odd.test/\n",
        MONDAY,
        "t:15:10: error: expected allow, but block: rule t:8 block = "
        "host:bad.test\n"
        "t:16:10: error: expected block, but allow: no rule of [policy "
        "pupils] matched: default = allow\n"
        "t:17:10: error: expected block, but warn: rule t:10 warn = "
        "host:chat.test\n"
        "t:18:10: error: expected allow, but monitor: rule t:11 monitor = "
        "host:odd.test\n"},
    {"a line that is none, at its place",
        "expect = allow pupil http://a.test/\n"
        "expect = perhaps pupils http://a.test/\n"
        "expect = allow pupils http://a.test/ \\\n    att noon\n"
        "expect = allow pupils http://a.test/ at noon\n",
        MONDAY,
        "t:15:16: error: unknown group \"pupil\"; did you mean \"pupils\"?\n"
        "t:16:10: error: expected allow, block, warn or monitor, found "
        "\"perhaps\"\n"
        "t:18:5: error: unknown word \"att\"; did you mean \"at\"?\n"
        "t:19:41: error: at \"noon\": is no time; write 2026-11-23T10:00 for "
        "the local one, with a Z behind it for UTC\n"},
    {"a listener that is there, and one that is not",
        "expect = block pupils http://bad.test/ listener default\n"
        "expect = block pupils http://bad.test/ listener wify\n",
        MONDAY, "t:16:10: error: there is no [listen wify]\n"},
    {"a line without a time is taken by day and by night",
        "expect = block pupils http://games.test/\n", MONDAY,
        "t:15:10: warning: what comes of this depends on the time; say when, "
        "as in: at 2026-11-23T10:00\n"},
    {"and the other way about", "expect = block pupils http://games.test/\n",
        NIGHT,
        "t:15:10: warning: what comes of this depends on the time; say when, "
        "as in: at 2026-11-23T10:00\n"},
    {"what is never true is not excused by it",
        "expect = warn pupils http://games.test/\n", NIGHT,
        "t:15:10: error: expected warn, but allow: no rule of [policy pupils] "
        "matched: default = allow\n"},
    {"hours that always hold are no matter",
        "expect = block pupils http://x.test/\n", NIGHT, ""},
};

static void
lines_and_what_is_said(void **state)
{
	bool bad = false;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = BUF_EMPTY, text = BUF_EMPTY;
		struct diag d = {.report = collect, .arg = &out};
		const struct build_image none = {.drop = NULL};
		struct snapshot *s;
		struct config c;
		bool held;

		buf_addf(&text, HEAD "%s", cases[i].lines);
		assert_int_equal(load_text(&c, buf_str(&text), &out), 0);
		s = build_snapshot(&c, none, 1, &d);
		assert_non_null(s);
		held = expect_hold(&c, s, cases[i].now, true, &d);
		assert_int_equal(held, d.errors == 0);
		if (strcmp(collected(&out), cases[i].reports) != 0) {
			print_error("%s: said\n%swanted\n%s", cases[i].name,
			    out.p, cases[i].reports);
			bad = true;
		}
		/* what is doubtful is said to who wants to hear of it */
		buf_reset(&out);
		d.warnings = 0;
		assert_int_equal(
		    expect_hold(&c, s, cases[i].now, false, &d), held);
		assert_int_equal(d.warnings, 0);
		assert_true(snapshot_unref(s));
		snapshot_free(s);
		arena_fini(&c.arena);
		buf_fini(&text);
		buf_fini(&out);
	}
	assert_false(bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_and_what_is_said),
	};

	return cmocka_run_group_tests_name("config/expect", tests, NULL, NULL);
}
