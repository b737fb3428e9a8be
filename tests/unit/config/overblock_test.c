/* overblock_test.c - which known good sites lists would block. */
#include "tests/unit/config/collect.h"

#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "config/accepted.h"
#include "config/build.h"
#include "config/corpus.h"
#include "config/overblock.h"
#include "config/prove.h"
#include "lists/image.h"

static char own[64]; /* the file of sites, in a folder of the test's own */
static char folder[40];

static int
set_up(void **state)
{
	(void)state;
	memcpy(folder, "/tmp/suzgi-overblock-XXXXXX", 28);
	if (!mkdtemp(folder))
		return -1;
	return file_join(own, sizeof(own), folder, "own.tsv") ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(own);
	return rmdir(folder);
}

#define CHECK(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* An image of list "l", category "bad", from lines; of list "ok" from <ok>. */
static struct buf
image_of(const char *bad, const char *ok)
{
	const struct {
		const char *list, *category, *text;
	} from[] = {{"l", "bad", bad}, {"ok", "fine", ok}};
	struct compile_options opt = {.seed = 1, .generation = 1};
	struct compile *c = compile_new(&opt);
	struct buf out = BUF_EMPTY;
	struct err err = {0};

	for (unsigned i = 0; i < 2; i++) {
		struct compile_source s = {.list = str_of(from[i].list),
		    .category = str_of(from[i].category),
		    .file = STR("f.txt"),
		    .format = LIST_URLS};
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

static void
keep(void *arg)
{
	(void)arg;
}

static struct snapshot *
snapshot_of(const struct config *c, const struct buf *image)
{
	struct build_image lent = {
	    {(const uint8_t *)image->p, image->n}, keep, NULL};
	struct diag d = {.report = NULL};
	struct snapshot *s = build_snapshot(c, lent, 1, &d);

	assert_non_null(s);
	return s;
}

static void
drop(struct snapshot *s)
{
	if (s && snapshot_unref(s))
		snapshot_free(s);
}

/* "site<policy:entry@line ..." */
static void
say(const struct overblock *o, struct buf *out)
{
	for (unsigned i = 0; i < o->n; i++)
		buf_addf(out, "%s%.*s<%.*s:%.*s@%u", i ? " " : "",
		    STR_ARG(o->v[i].site->text), STR_ARG(o->v[i].policy),
		    STR_ARG(o->v[i].entry), o->v[i].line);
}

#define SITES "a.test\tnews\ten\nb.test\thealth\tkk\nc.test/x\tlibrary\tru\n"
#define HEAD                                                                   \
	"[list l]\nsource = f.txt\n[list ok]\nsource = g.txt\n"                \
	"[policy default]\n"

static const struct {
	const char *name, *rules, *was, *is, *ok, *found;
} cases[] = {
    {"nothing listed", "block = list:l\n", "", "", "", ""},
    {"newly listed", "block = list:l\n", "x.test\n", "x.test\na.test\n", "",
        "a.test<default:a.test@2"},
    {"below a listed one", "block = list:l\n", "", "test.test\na.test\n", "",
        "a.test<default:a.test@2"},
    {"listed before, elsewhere", "block = list:l\n", "a.test\n",
        "y.test\na.test\n", "", ""},
    {"no rule is about it", "block = list:ok\n", "", "a.test\n", "", ""},
    {"a warning", "warn = category:bad\n", "", "b.test\n", "",
        "b.test<default:b.test@1"},
    {"recorded alone", "monitor = list:l\n", "", "b.test\n", "", ""},
    {"let through before", "allow = list:ok\nblock = list:l\n", "",
        "a.test\nb.test\n", "b.test\n", "a.test<default:a.test@1"},
    {"a URL", "block = list:l\n", "", "c.test/x\n", "",
        "c.test/x<default:c.test/x@1"},
    {"another URL", "block = list:l\n", "", "c.test/y\na.test/z\n", "", ""},
    {"only where a tunnel leads", "block = list:l method:CONNECT\n", "",
        "a.test\n", "", "a.test<default:a.test@1"},
    {"only as plain http", "block = list:l method:GET\n", "", "a.test\n", "",
        "a.test<default:a.test@1"},
    {"by a group's policy",
        "[group g]\nmatch = net:10.0.0.0/8\n"
        "[policy g]\nblock = list:l\n",
        "", "a.test\n", "", "a.test<g:a.test@1"},
    {"a group inside of another's network",
        "[group in]\nmatch = net:10.0.0.0/9\npolicy = none\n"
        "[group out]\nmatch = net:10.0.0.0/8\n[policy none]\n"
        "[policy out]\nblock = list:l\n",
        "", "a.test\n", "", "a.test<out:a.test@1"},
    {"a group that nobody is in",
        "[group all]\nmatch = net:10.0.0.0/8\npolicy = none\n"
        "[group none]\nmatch = net:10.1.0.0/16\npolicy = out\n[policy none]\n"
        "[policy out]\nblock = list:l\n",
        "", "a.test\n", "", ""},
    {"everybody is in a group",
        "block = list:l\n[group four]\nmatch = net:0.0.0.0/0\npolicy = none\n"
        "[group six]\nmatch = net:::/0\npolicy = none\n[policy none]\n",
        "", "a.test\n", "", ""},
    {"several, in the order of the file", "block = list:l\n", "",
        "b.test\na.test\n", "",
        "a.test<default:a.test@2 b.test<default:b.test@1"},
};

static void
sites_that_are_newly_blocked(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(file_replace(own, STR(SITES), 0600, &err), 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = BUF_EMPTY, out = BUF_EMPTY, found = BUF_EMPTY;
		struct buf was = image_of(cases[i].was, cases[i].ok);
		struct buf is = image_of(cases[i].is, cases[i].ok);
		struct snapshot *before, *now;
		struct diag d = {.report = collect, .arg = &out};
		struct corpus sites;
		struct overblock o;
		struct config c;

		buf_addf(&text, HEAD "%s[guard]\nmust-not-block = %s\n",
		    cases[i].rules, own);
		assert_int_equal(load_text(&c, buf_str(&text), &out), 0);
		buf_reset(&out); /* a group that nobody is in is warned of */
		before = snapshot_of(&c, &was);
		now = snapshot_of(&c, &is);
		assert_int_equal(corpus_read(&sites, &c, &d), 0);
		assert_string_equal(collected(&out), "");
		assert_int_equal(
		    overblock_find(&o, &sites, &c, before, now), 0);
		say(&o, &found);
		if (strcmp(collected(&found), cases[i].found) != 0)
			fail_msg("%s: found %s, expected %s", cases[i].name,
			    found.p, cases[i].found);
		overblock_fini(&o);
		/* what was in place blocks nothing of its own anew */
		assert_int_equal(overblock_find(&o, &sites, &c, now, now), 0);
		assert_int_equal(o.n, 0);
		overblock_fini(&o);
		corpus_fini(&sites);
		drop(before);
		drop(now);
		buf_fini(&was);
		buf_fini(&is);
		buf_fini(&text);
		buf_fini(&out);
		buf_fini(&found);
		arena_fini(&c.arena);
	}
}

/* One list of several, in a version that is not in force: beside the others,
 * and with names in the rules that neither image has. */
static const struct {
	const char *is, *ok;
	bool fit;
} additions[] = {
    {"x.test\n", "", true},
    {"a.test\n", "", false},
    {"a.test\n", "a.test\n", true}, /* another list lets it through */
    {"z.test\nb.test\n", "a.test\n", false},
};

static void
one_list_is_judged_beside_the_others(void **state)
{
	struct config_paths at = {.file = "/etc/a b.conf", .state = "st"};
	struct accepted journal;
	struct err err;

	(void)state;
	assert_int_equal(file_replace(own, STR(SITES), 0600, &err), 0);
	for (unsigned i = 0; i < sizeof(additions) / sizeof(additions[0]);
	     i++) {
		struct buf text = BUF_EMPTY, out = BUF_EMPTY;
		struct buf was = image_of("", additions[i].ok);
		struct buf is = image_of(additions[i].is, "");
		struct diag d = {.report = collect, .arg = &out};
		struct config c;
		const struct proof p = {&c, &at, 1, &d};

		buf_addf(&text,
		    HEAD "allow = list:ok\nblock = list:l\n"
		         "[guard]\nmust-not-block = %s\n",
		    own);
		assert_int_equal(load_text(&c, buf_str(&text), &out), 0);
		assert_int_equal(accepted_open(&journal, "/nowhere", &err), 0);
		assert_int_equal(
		    prove_addition((void *)(uintptr_t)&p,
		        (struct bytes){(const uint8_t *)is.p, is.n},
		        (struct bytes){(const uint8_t *)was.p, was.n},
		        &journal),
		    additions[i].fit);
		if (!additions[i].fit)
			assert_non_null(strstr(collected(&out),
			    "suzgi lists build --accept -c '/etc/a b.conf' "
			    "--state st\n"));
		accepted_close(&journal);
		buf_fini(&was);
		buf_fini(&is);
		buf_fini(&text);
		buf_fini(&out);
		arena_fini(&c.arena);
	}
}

static void
a_list_is_scored_whatever_the_rules_say(void **state)
{
	struct buf image = image_of("a.test\nz.test\nc.test/x\n", "a.test\n");
	struct buf text = BUF_EMPTY, out = BUF_EMPTY;
	struct diag d = {.report = collect, .arg = &out};
	struct overblock_score v[4];
	struct corpus sites;
	struct config c;
	struct image im;
	struct err err;

	(void)state;
	assert_int_equal(file_replace(own, STR(SITES), 0600, &err), 0);
	buf_addf(&text, "[guard]\nmust-not-block = %s\n", own);
	assert_int_equal(load_text(&c, buf_str(&text), &out), 0);
	assert_int_equal(corpus_read(&sites, &c, &d), 0);
	assert_int_equal(
	    image_view(
	        &im, (struct bytes){(const uint8_t *)image.p, image.n}, &err),
	    0);
	assert_int_equal(overblock_score(&im, &sites, v, 4), 2);
	for (unsigned i = 0; i < 2; i++) {
		bool is_l = str_eq(v[i].list, STR("l"));

		assert_int_equal(v[i].sites, is_l ? 2 : 1);
		assert_true(str_eq(v[i].some[0]->text, STR("a.test")));
	}
	assert_int_equal(overblock_score(&im, &sites, v, 1), 1);
	corpus_fini(&sites);
	buf_fini(&image);
	buf_fini(&text);
	buf_fini(&out);
	arena_fini(&c.arena);
}

static void
lines_that_are_no_site_are_said_and_left_out(void **state)
{
	struct buf text = BUF_EMPTY, out = BUF_EMPTY;
	struct diag d = {.report = collect, .arg = &out};
	struct corpus sites;
	struct config c;
	struct err err;

	(void)state;
	assert_int_equal(
	    file_replace(own,
	        STR("# c\n\n a.test \t news\ten\textra\nno site!!\n"
	            "http://пример.қаз/жол\thealth\r\nftp://x.test/\n"),
	        0600, &err),
	    0);
	buf_addf(&text, "[guard]\nmust-not-block = %s\n", own);
	assert_int_equal(load_text(&c, buf_str(&text), &out), 0);
	assert_int_equal(corpus_read(&sites, &c, &d), 0);
	assert_int_equal(sites.n, 2);
	assert_true(str_eq(sites.v[0].text, STR("a.test")));
	assert_true(str_eq(sites.v[0].kind, STR("news")));
	assert_true(str_eq(sites.v[0].language, STR("en")));
	assert_true(str_eq(
	    name_str(sites.v[1].url.host), STR("xn--e1afmkfd.xn--80ao21a")));
	assert_true(str_eq(sites.v[1].kind, STR("health")));
	assert_int_equal(d.warnings, 2);
	assert_non_null(strstr(collected(&out), "own.tsv:4:0: warning"));
	assert_non_null(strstr(collected(&out), "own.tsv:6:0: warning"));
	corpus_fini(&sites);
	buf_fini(&text);
	buf_fini(&out);
	arena_fini(&c.arena);
}

/* The shipped sites: each an address, once, of a known kind and language. */
static void
shipped_sites_are_whole(void **state)
{
	static const char *const kinds[] = {"news", "health", "education",
	    "helpline", "government", "encyclopaedia", "library", "science",
	    "charity", "culture"};
	static const struct {
		const char *language;
		unsigned least;
	} languages[] = {
	    {"kk", 100}, {"uz", 80}, {"ru", 120}, {"en", 200}, {"int", 1}};
	unsigned count[5] = {0};
	struct buf out = BUF_EMPTY;
	struct diag d = {.report = collect, .arg = &out};
	struct str data = STR(TEST_DATA);
	struct corpus sites;
	struct config c;
	char path[4096];

	(void)state;
	data.n -= strlen("/tests/data");
	assert_int_equal(load_text(&c, STR(""), &out), 0);
	buf_reset(&out);
	snprintf(path, sizeof(path), "%.*s/packaging", STR_ARG(data));
	c.data_dir = str_of(path);
	assert_int_equal(corpus_read(&sites, &c, &d), 0);
	assert_string_equal(collected(&out), "");
	for (unsigned i = 0; i < sites.n; i++) {
		const struct corpus_site *s = &sites.v[i];
		unsigned kind = 0, language = 0;

		while (kind < 10 && !str_eq(s->kind, str_of(kinds[kind])))
			kind++;
		while (
		    language < 5 &&
		    !str_eq(s->language, str_of(languages[language].language)))
			language++;
		if (kind == 10 || language == 5)
			fail_msg("%.*s", STR_ARG(s->text));
		count[language]++;
		for (unsigned k = 0; k < i; k++)
			if (str_eq(sites.v[k].url.text, s->url.text))
				fail_msg("%.*s twice", STR_ARG(s->text));
	}
	for (unsigned i = 0; i < 5; i++)
		assert_true(count[i] >= languages[i].least);
	corpus_fini(&sites);
	buf_fini(&out);
	arena_fini(&c.arena);
}

static void
what_is_accepted_is_of_one_list_and_one_site(void **state)
{
	const struct corpus_site site = {.text = STR("a.test")};
	struct overblock_finding f = {.site = &site,
	    .list = STR("l"),
	    .category = STR("bad"),
	    .entry = STR("a\ttest"),
	    .file = STR("f.txt"),
	    .line = 3};
	const struct overblock o = {.v = &f, .n = 1};
	struct accepted a;
	struct err err;

	(void)state;
	assert_int_equal(accepted_open(&a, own, &err), 0);
	assert_false(accepted_has(&a, STR("l"), STR("a.test")));
	accepted_add_size(&a, "me\tor you", STR("l"), STR("from 1 to 2"));
	accepted_add_sites(&a, NULL, &o);
	assert_true(accepted_has(&a, STR("l"), STR("a.test")));
	assert_int_equal(accepted_save(&a, &err), 0);
	accepted_close(&a);
	assert_int_equal(accepted_open(&a, own, &err), 0);
	assert_true(accepted_has(&a, STR("l"), STR("a.test")));
	assert_false(accepted_has(&a, STR("l"), STR("b.test")));
	assert_false(accepted_has(&a, STR("m"), STR("a.test")));
	assert_false(accepted_has(&a, STR("l"), STR("from 1 to 2")));
	assert_non_null(strstr(a.text.p, "me\\x09or you\tsize\tl\t"));
	assert_non_null(
	    strstr(a.text.p, "?\tover-block\tl\ta.test\tbad\ta\\x09test\t"));
	accepted_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CHECK(sites_that_are_newly_blocked),
	    CHECK(one_list_is_judged_beside_the_others),
	    CHECK(a_list_is_scored_whatever_the_rules_say),
	    CHECK(lines_that_are_no_site_are_said_and_left_out),
	    CHECK(shipped_sites_are_whole),
	    CHECK(what_is_accepted_is_of_one_list_and_one_site),
	};

	return cmocka_run_group_tests_name(
	    "config/overblock", tests, NULL, NULL);
}
