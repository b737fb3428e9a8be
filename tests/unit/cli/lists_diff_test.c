/* lists_diff_test.c - what one image lists that another does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/lists_diff.h"
#include "lists/compile.h"
#include "lists/image.h"

/* One source of an image; those of a row may be in either. */
struct from {
	const char *list, *category;
	enum list_format format;
	const char *text;
};

#define SOURCES 3

static struct buf
image_of(const struct from *from, uint64_t seed)
{
	struct compile_options opt = {.seed = seed, .generation = 1};
	struct compile *c = compile_new(&opt);
	struct buf out = BUF_EMPTY;
	struct err err = {0};

	for (unsigned i = 0; i < SOURCES && from[i].list; i++) {
		struct compile_source s = {.list = str_of(from[i].list),
		    .category = str_of(from[i].category),
		    .file = str_of(from[i].list),
		    .format = from[i].format};
		int id = compile_source(c, &s, &err);

		assert_int_equal(compile_feed(c, id, from[i].text,
		                     strlen(from[i].text), &err),
		    0);
		assert_int_equal(compile_source_end(c, id, &err), 0);
	}
	assert_int_equal(compile_finish(c, &out, &err), 0);
	compile_free(c);
	return out;
}

static struct image
view(const struct buf *b)
{
	struct image im;

	assert_int_equal(
	    image_view(&im, (struct bytes){(const uint8_t *)b->p, b->n}, NULL),
	    0);
	return im;
}

/* "list/category +a:1 -b:2 ~c:3 /pattern" */
static void
say(const struct lists_diff *d, struct buf *out)
{
	static const char signs[] = "+-~";

	for (unsigned i = 0; i < d->n; i++) {
		const struct diff_key *key = &d->keys[i];
		size_t from = out->n;

		buf_addf(out, "%s%.*s/%.*s", out->n ? "; " : "",
		    STR_ARG(key->list), STR_ARG(key->category));
		for (unsigned k = 0; k < DIFF_KINDS; k++) {
			const struct diff_side *s = &key->sides[k];

			for (unsigned n = 0; n < s->nsome; n++)
				buf_addf(out, " %c%s%.*s:%u", signs[k],
				    s->some[n].pattern ? "/" : "",
				    STR_ARG(s->some[n].text), s->some[n].line);
			assert_int_equal(s->nsome, s->n + s->patterns);
		}
		if (!key->sides[0].nsome && !key->sides[1].nsome &&
		    !key->sides[2].nsome)
			out->n = from;
	}
}

#define D LIST_DOMAINS
#define U LIST_URLS
#define A LIST_ADBLOCK

static const struct {
	const char *name;
	struct from was[SOURCES + 1], is[SOURCES + 1];
	const char *found;
} cases[] = {
    {"the same, in another order", {{"l", "c", D, "a.test\nb.test\n"}},
        {{"l", "c", D, "b.test\n# x\na.test\n"}}, ""},
    {"one more, one less", {{"l", "c", D, "a.test\nb.test\n"}},
        {{"l", "c", D, "b.test\nc.test\n"}}, "l/c +c.test:2 -a.test:1"},
    {"below a listed one", {{"l", "c", D, "a.test\n"}},
        {{"l", "c", D, "a.test\nx.a.test\n"}}, "l/c +x.a.test:2"},
    {"its parent", {{"l", "c", D, "x.a.test\n"}}, {{"l", "c", D, "a.test\n"}},
        "l/c +a.test:1 -x.a.test:1"},
    {"moved to another category", {{"l", "c", D, "a.test\n"}},
        {{"l", "d", D, "a.test\n"}}, "l/c -a.test:1; l/d +a.test:1"},
    {"in one more list", {{"l", "c", D, "a.test\n"}},
        {{"l", "c", D, "a.test\n"}, {"m", "c", D, "a.test\n"}},
        "m/c +a.test:1"},
    {"a list that is gone",
        {{"l", "c", D, "a.test\n"}, {"m", "", D, "b.test\n"}},
        {{"l", "c", D, "a.test\n"}}, "m/ -b.test:1"},
    {"meant otherwise", {{"l", "c", LIST_EXACT, "a.test\n"}},
        {{"l", "c", D, "a.test\n"}}, "l/c ~a.test:1"},
    {"an exception now", {{"l", "c", A, "||a.test^\n"}},
        {{"l", "c", A, "||b.test^\n@@||a.test^\n"}}, "l/c +b.test:1 ~a.test:2"},
    {"URLs", {{"l", "c", U, "a.test/x\na.test/y\n"}},
        {{"l", "c", U, "a.test/x\na.test/y/z\n"}},
        "l/c +a.test/y/z:2 -a.test/y:2"},
    {"a URL is no host", {{"l", "c", U, "a.test/\n"}},
        {{"l", "c", U, "a.test/x\n"}}, "l/c +a.test/x:1 -a.test:1"},
    {"URLs of addresses", {{"l", "c", U, "192.0.2.1/x\n[2001:db8::1]/x\n"}},
        {{"l", "c", U, "192.0.2.1/x\n[2001:db8::1]/x\n192.0.2.2/x\n"}},
        "l/c +192.0.2.2/x:3"},
    {"networks, each by its length",
        {{"l", "c", D, "10.0.0.0/8\n10.0.0.0/16\n192.0.2.7\n2001:db8::/32\n"}},
        {{"l", "c", D, "10.0.0.0/8\n10.0.0.0/17\n192.0.2.7\n2001:db8::/33\n"}},
        "l/c +10.0.0.0/17:2 +2001:db8::/33:4 -10.0.0.0/16:2 "
        "-2001:db8::/32:4"},
    {"patterns", {{"l", "c", A, "/ad[0-9]x/\n/same[0-9]x/\n"}},
        {{"l", "c", A, "/ad[0-8]x/\n/same[0-9]x/\n"}},
        "l/c +/ad[0-8]x:1 -/ad[0-9]x:1"},
    {"from nothing", {{"l", "c", D, ""}}, {{"l", "c", D, "a.test\n"}},
        "l/c +a.test:1"},
};

static void
what_is_added_removed_and_meant_otherwise(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf a = image_of(cases[i].was, 1), b;
		struct image was = view(&a), is;
		struct lists_diff d = {.show = 9};
		struct buf out = BUF_EMPTY;

		b = image_of(cases[i].is, 2);
		is = view(&b);
		assert_int_equal(lists_diff_run(&d, &was, &is), 0);
		say(&d, &out);
		buf_add_char(&out, '\0');
		if (strcmp(out.p, cases[i].found) != 0)
			fail_msg("%s: found %s, expected %s", cases[i].name,
			    out.p, cases[i].found);
		lists_diff_fini(&d);
		buf_fini(&a);
		buf_fini(&b);
		buf_fini(&out);
	}
}

struct heard {
	unsigned n, most;
};

static bool
hear(void *arg, const struct diff_key *key, enum diff_kind kind,
    const struct diff_entry *e)
{
	struct heard *h = arg;

	assert_true(str_eq(key->list, STR("l")));
	assert_true(kind == DIFF_ADDED || kind == DIFF_REMOVED);
	assert_true(e->text.n > 0);
	return ++h->n < h->most;
}

/* Half of them are new, half gone: all are heard of, the first are kept. */
static void
many_are_counted_and_few_kept(void **state)
{
	struct buf text[2] = {BUF_EMPTY, BUF_EMPTY}, a, b;
	struct from was[SOURCES + 1] = {{"l", "c", D, NULL}};
	struct from is[SOURCES + 1] = {{"l", "c", D, NULL}};
	struct heard h = {0, UINT32_MAX};
	struct lists_diff d = {.show = 3, .each = hear, .arg = &h};
	struct image old, new;

	(void)state;
	for (unsigned i = 0; i < 6000; i++)
		for (unsigned k = 0; k < 2; k++)
			if (k == 0 ? i < 4000 : i >= 2000)
				buf_addf(&text[k], "n%04u.test\n", i);
	buf_add_char(&text[0], '\0');
	buf_add_char(&text[1], '\0');
	was[0].text = text[0].p;
	is[0].text = text[1].p;
	a = image_of(was, 1);
	b = image_of(is, 2);
	old = view(&a);
	new = view(&b);
	assert_int_equal(lists_diff_run(&d, &old, &new), 0);
	assert_int_equal(d.n, 1);
	assert_int_equal(d.keys[0].sides[DIFF_ADDED].n, 2000);
	assert_int_equal(d.keys[0].sides[DIFF_REMOVED].n, 2000);
	assert_int_equal(d.keys[0].sides[DIFF_ROLES].n, 0);
	assert_int_equal(h.n, 4000);
	for (unsigned i = 0; i < 3; i++) {
		char text_of[2][16];

		snprintf(text_of[0], 16, "n%04u.test", 4000 + i);
		snprintf(text_of[1], 16, "n%04u.test", i);
		for (unsigned k = 0; k < 2; k++)
			assert_true(str_eq(d.keys[0].sides[k].some[i].text,
			    str_of(text_of[k])));
	}
	lists_diff_fini(&d);
	/* who has heard enough ends it */
	h = (struct heard){0, 5};
	d = (struct lists_diff){.each = hear, .arg = &h};
	assert_int_equal(lists_diff_run(&d, &old, &new), 0);
	assert_int_equal(h.n, 5);
	lists_diff_fini(&d);
	/* of another list there is nothing to hear */
	d = (struct lists_diff){.list = STR("m"), .each = hear, .arg = &h};
	assert_int_equal(lists_diff_run(&d, &old, &new), 0);
	assert_int_equal(d.n, 0);
	lists_diff_fini(&d);
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&text[0]);
	buf_fini(&text[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_added_removed_and_meant_otherwise),
	    cmocka_unit_test(many_are_counted_and_few_kept),
	};

	return cmocka_run_group_tests_name("cli/lists_diff", tests, NULL, NULL);
}
