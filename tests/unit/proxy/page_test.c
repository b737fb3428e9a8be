/* page_test.c - the pages: nothing from outside is markup, and each place
 * gets what it can use. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/table.h"
#include "proxy/page.h"

#define EVIL "\"><script>alert(1)</script><a b='&amp;"

static bool
has(const struct buf *b, const char *what)
{
	return str_search(buf_str(b), str_of(what)) < b->n;
}

static void
everything_is_escaped(void **state)
{
	struct page p = {.title = STR(EVIL),
	    .host = STR(EVIL),
	    .category = STR(EVIL),
	    .reason = STR(EVIL),
	    .detail = STR(EVIL),
	    .contact = STR(EVIL),
	    .help = STR(EVIL),
	    .reference = STR(EVIL)};

	(void)state;
	for (unsigned kind = PAGE_BLOCKED; kind <= PAGE_SIGN_IN; kind++) {
		for (unsigned category = 0; category < 2; category++) {
			struct buf b = BUF_EMPTY;

			p.kind = kind;
			p.category = category ? STR(EVIL) : STR("");
			page_write(&b, &p);
			assert_false(has(&b, "<script"));
			assert_false(has(&b, "'&amp;\""));
			assert_true(has(&b, "&lt;script&gt;"));
			assert_true(b.n < 14 * 1024);
			buf_fini(&b);
		}
	}
}

static const struct {
	struct str in, out;
} escapes[] = {
#define E(in, out)                                                             \
	{                                                                      \
		{in, sizeof(in) - 1},                                          \
		{                                                              \
			out, sizeof(out) - 1                                   \
		}                                                              \
	}
    E("a&b", "a&amp;b"),
    E("<>\"'", "&lt;&gt;&quot;&#39;"),
    E("\xc3\xa9", "\xc3\xa9"),
    E("\xff", "\xef\xbf\xbd"),
    E("a\x00"
      "b",
        "a\xef\xbf\xbd"
        "b"),
    E("\xe2\x80\xae", "\xef\xbf\xbd"), /* right-to-left override */
    E("", ""),
#undef E
};

static void
what_is_no_text_is_shown_as_such(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(escapes); i++) {
		struct buf b = BUF_EMPTY;

		page_escape(&b, escapes[i].in);
		assert_int_equal(b.n, escapes[i].out.n);
		if (b.n)
			assert_memory_equal(b.p, escapes[i].out.p, b.n);
		buf_fini(&b);
	}
}

static void
blocked_page_says_what_why_and_whom_to_ask(void **state)
{
	struct page p = {.host = STR("bad.test"),
	    .category = STR("social_networks"),
	    .contact = STR("Ms Ray, room 12"),
	    .help = STR("Call 111"),
	    .title = STR("North School"),
	    .reference = STR("01ABC")};
	struct buf b = BUF_EMPTY;

	(void)state;
	page_write(&b, &p);
	assert_true(has(&b, "<html lang=en>"));
	assert_true(has(&b, "<h1>This page is blocked</h1>"));
	assert_true(has(&b, "bad.test"));
	assert_true(has(&b, "social networks"));
	assert_true(has(&b, "Ms Ray, room 12"));
	assert_true(has(&b, "Call 111"));
	assert_true(has(&b, "North School"));
	assert_true(has(&b, "01ABC"));
	assert_false(has(&b, "http:")); /* nothing is loaded from outside */
	assert_false(has(&b, "https:"));
	assert_false(has(&b, "src="));
	buf_fini(&b);
}

static const struct {
	struct page page;
	const char *has, *hasnt;
} words[] = {
    {{.category = STR_INIT("games")},
        "listed under <strong>games</strong>, which is not open here.", "now"},
    {{.category = STR_INIT("games"), .again = PAGE_LATER},
        "games</strong>, which is not open here now.", "tomorrow"},
    {{.category = STR_INIT("games"), .again = PAGE_TOMORROW},
        "used up for today. There is more tomorrow.", "listed"},
    {{.category = STR_INIT("games"), .again = PAGE_MONDAY},
        "used up for this week. There is more on Monday.", "listed"},
    {{.category = STR_INIT("games"), .inside = true},
        "leads on to another site, listed under <strong>games",
        "The site is listed"},
    {{.reason = STR_INIT("a rule"), .search = true},
        "Searches with these words are not answered here.", "not alone"},
    {{.reason = STR_INIT("a rule"), .search = true, .grave = true},
        "you are not alone", "rule"},
    {{.reason = STR_INIT("a rule"), .help = STR_INIT("Call 111")}, "A rule.",
        "not alone"},
    {{.reason = STR_INIT("a rule"), .plain = STR_INIT("It is so")},
        "<p>It is so.</p>", "rule"},
    {{.kind = PAGE_SIGN_IN, .reason = STR_INIT("who are you")},
        "<h1>Please sign in</h1>\n<p>Who are you.</p>", "Why?"},
    {{.kind = PAGE_STALE, .reason = STR_INIT("too old")},
        "<h1>Nothing was opened</h1>\n<p>Too old.</p>", "Why?"},
    {{.kind = PAGE_HELLO, .reason = STR_INIT("done")}, "It works.", "Done"},
};

static void
pages_say_what_a_child_can_do_something_with(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		struct buf b = BUF_EMPTY;

		page_write(&b, &words[i].page);
		if (!has(&b, words[i].has) || has(&b, words[i].hasnt))
			fail_msg("%u: %.*s", i, (int)b.n, b.p);
		buf_fini(&b);
	}
}

static const struct {
	const char *dest, *accept;
	enum page_form form;
} forms[] = {
    {"document", "text/html,application/xhtml+xml", PAGE_HTML},
    {"iframe", "*/*", PAGE_HTML},
    {"image", "image/avif,*/*", PAGE_IMAGE},
    {"script", "*/*", PAGE_SCRIPT},
    {"style", "text/css,*/*", PAGE_STYLE},
    {"font", "*/*", PAGE_EMPTY},
    {"video", "*/*", PAGE_EMPTY},
    {"empty", "application/json", PAGE_JSON},
    {"empty", "*/*", PAGE_TEXT},
    {"", "", PAGE_HTML},
    {"", "*/*", PAGE_HTML},
    {"", "text/html,*/*;q=0.8", PAGE_HTML},
    {"", "application/json, text/plain, */*", PAGE_JSON},
    {"", "image/png,*/*", PAGE_IMAGE},
    {"", "text/css", PAGE_STYLE},
    {"nonsense", "*/*", PAGE_TEXT},
};

static void
form_goes_by_destination_then_accept(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(forms); i++)
		assert_int_equal(page_form_for(str_of(forms[i].dest),
		                     str_of(forms[i].accept)),
		    forms[i].form);
}

static void
json_is_json(void **state)
{
	struct page p = {.form = PAGE_JSON,
	    .host = STR("a\"b"),
	    .reason = STR("x"),
	    .reference = STR("R")};
	struct buf b = BUF_EMPTY;

	(void)state;
	page_write(&b, &p);
	assert_true(has(&b, "{\"blocked\":true,\"host\":\"a\\\"b\""));
	buf_fini(&b);
}

static void
image_is_a_gif(void **state)
{
	struct page p = {.form = PAGE_IMAGE};
	struct buf b = BUF_EMPTY;

	(void)state;
	page_write(&b, &p);
	assert_memory_equal(b.p, "GIF89a", 6);
	assert_int_equal(b.p[b.n - 1], 0x3b);
	assert_string_equal(page_type(PAGE_IMAGE), "image/gif");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_is_escaped),
	    cmocka_unit_test(what_is_no_text_is_shown_as_such),
	    cmocka_unit_test(blocked_page_says_what_why_and_whom_to_ask),
	    cmocka_unit_test(pages_say_what_a_child_can_do_something_with),
	    cmocka_unit_test(form_goes_by_destination_then_accept),
	    cmocka_unit_test(json_is_json),
	    cmocka_unit_test(image_is_a_gif),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
