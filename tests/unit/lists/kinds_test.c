/*
 * kinds_test.c - what is no plain name: hashed entries, patterns, lines that
 * take others back; each entry in turn; and all of it damaged.
 */
#include "lists/image.h"

#include "tests/unit/lists/build.h"

#include "base/sha256.h"
#include "base/table.h"
#include "lists/image_format.h"

/* A list of the digests of <text>s. */
static struct buf
hashed(const char *const *text, size_t n)
{
	struct buf b = BUF_EMPTY;

	buf_add_str(&b, STR("sha256,kind,category,added\n"));
	for (size_t i = 0; i < n; i++) {
		uint8_t d[SHA256_BYTES];

		sha256(text[i], strlen(text[i]), d);
		for (unsigned k = 0; k < sizeof(d); k++)
			buf_addf(&b, "%02x", d[k]);
		buf_addf(&b, ",%s,c,2026-01-01\n",
		    strchr(text[i], '/') ? "url" : "host");
	}
	return b;
}

static const char *const secrets[] = {"hidden.test", "deep.good.test",
    "good.test/x/", "good.test/page", "good.test/q?a=1", "192.0.2.7",
    "2001:db8::7", "192.0.2.9/x/"};

static void
hashed_entries_as_the_table_says(void **state)
{
	static const struct {
		const char *ask;
		unsigned hits;
		size_t line[2]; /* of the first two hits */
		bool self;      /* of the first */
	} row[] = {
	    {"hidden.test", 1, {2}, true},
	    {"www.hidden.test", 1, {2}, false},
	    {"a.b.c.d.e.f.hidden.test", 1, {2}, false},
	    {"idden.test", 0, {0}, false},
	    {"test", 0, {0}, false},
	    {"good.test", 0, {0}, false},
	    {"deep.good.test", 1, {3}, true},
	    {"good.test/x/", 1, {4}, true},
	    {"good.test/x/y/z?q", 1, {4}, true},
	    {"good.test/x", 0, {0}, false},
	    {"good.test/page", 1, {5}, true},
	    {"good.test/page?any", 1, {5}, true},
	    {"good.test/page/sub", 0, {0}, false},
	    {"good.test/q?a=1", 1, {6}, true},
	    {"good.test/q?a=1&b", 0, {0}, false},
	    {"good.test/q", 0, {0}, false},
	    {"w.w.good.test/x/", 1, {4}, false},
	    /* a URL's host is shortened to four labels, three and two */
	    {"w.w.w.w.w.good.test/x/", 1, {4}, false},
	    {"deep.good.test/x/", 2, {3, 4}, true},
	    {"192.0.2.7", 1, {7}, true},
	    {"::ffff:192.0.2.7", 1, {7}, true},
	    {"2001:db8::7", 1, {8}, true},
	    {"192.0.2.9/x/y", 1, {9}, true},
	    {"192.0.2.9", 0, {0}, false},
	};
	struct buf text = hashed(secrets, ARRAY_LEN(secrets));
	struct build_source src = {
	    "tier", "adult", LIST_HASHED, buf_str(&text)};
	struct buf b = build(&src, 1);
	struct image im = build_view(&b);
	struct image_source s;

	(void)state;
	assert_int_equal(im.ndigests, ARRAY_LEN(secrets));
	assert_int_equal(im.nentries, ARRAY_LEN(secrets));
	assert_true(image_source(&im, 0, &s));
	assert_int_equal(s.entries, ARRAY_LEN(secrets));
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct str host, path, all = str_of(row[i].ask);
		char room[NAME_ROOM], shown[64];
		struct image_hits h = {0};
		struct name n;

		str_cut(all, '/', &host, &path);
		assert_int_equal(name_from_text(host, room, &n), NAME_OK);
		image_find_host(&im, n, &h);
		assert_true(image_has_urls(&im, n));
		if (host.n < all.n)
			image_find_url(&im, n, str_sub(all, host.n, all.n), &h);
		if (h.n != row[i].hits)
			fail_msg("%s: %u hits", row[i].ask, h.n);
		for (uint32_t k = 0; k < h.n; k++) {
			assert_int_equal(h.hit[k].kind, IMAGE_DIGEST);
			if (image_line(&im, h.hit[k].entry, 0) !=
			    row[i].line[k])
				fail_msg("%s: line", row[i].ask);
			/* its text is nobody's to read */
			image_entry_text(&im, &h.hit[k], shown, sizeof(shown));
			assert_string_equal(shown, "(hashed entry)");
		}
		if (h.n)
			assert_int_equal(h.hit[0].self, row[i].self);
	}
	buf_fini(&b);
	buf_fini(&text);
}

static void
long_paths_are_tried_so_far(void **state)
{
	static char path[3000];
	struct buf text, b;
	struct build_source src = {"tier", "c", LIST_HASHED, {NULL, 0}};
	static char entry[40][2100];
	const char *list[40];
	struct image im;
	char room[NAME_ROOM];
	struct name n;
	struct image_hits h = {0};

	(void)state;
	/* /1/1/1/..., each beginning of it listed */
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? '1' : '/';
	for (unsigned i = 0; i < 40; i++) {
		snprintf(entry[i], sizeof(entry[i]), "good.test%.*s",
		    (int)(2 * i + 1), path);
		list[i] = entry[i];
	}
	text = hashed(list, 40);
	src.text = buf_str(&text);
	b = build(&src, 1);
	im = build_view(&b);
	assert_int_equal(name_from_wire(STR("good.test"), room, &n), NAME_OK);
	image_find_url(&im, n, str_make(path, sizeof(path)), &h);
	assert_int_equal(h.n, 32);
	/* the most specific first */
	for (uint32_t k = 0; k < h.n; k++)
		assert_int_equal(h.hit[k].len, 9 + 63 - 2 * k);
	buf_fini(&b);
	buf_fini(&text);
}

static void
patterns_are_as_their_lines_say(void **state)
{
	static const struct {
		const char *text;
		uint16_t source;
		uint32_t line;
	} row[] = {
	    {"casino[0-9]+", 0, 1},
	    {"poker", 0, 3},
	    {"bad words?", 1, 1},
	    {"casino[0-9]+", 1, 2},
	};
	struct build_source src[] = {
	    {"l", "c", LIST_PATTERNS,
	        STR("casino[0-9]+\n\npoker\ncasino[0-9]+\n")},
	    {"m", "d", LIST_PATTERNS, STR("bad words?\ncasino[0-9]+\n")},
	};
	struct buf b = build(src, ARRAY_LEN(src));
	struct image im = build_view(&b);
	struct image_pattern p;

	(void)state;
	assert_int_equal(im.npatterns, ARRAY_LEN(row));
	assert_int_equal(im.nentries, 0);
	for (uint32_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_true(image_pattern(&im, i, &p));
		assert_true(str_eq(p.text, str_of(row[i].text)));
		assert_int_equal(p.source, row[i].source);
		assert_int_equal(p.line, row[i].line);
	}
	assert_false(image_pattern(&im, ARRAY_LEN(row), &p));
	assert_false(image_pattern(&im, UINT32_MAX, &p));
	buf_fini(&b);
}

/* Patterns from AdBlock rules have anchors; a file of them has roles. */
static void
a_file_is_a_source_for_each_of_its_roles(void **state)
{
	static const char *const want[] = {
	    "bad.test=0", "good.bad.test=1 ~bad.test=0"};
	struct build_source src[] = {
	    {"l", "c", LIST_ADBLOCK,
	        STR("||bad.test^\n@@||good.bad.test^\n||bad.test/a*b\n"
	            "nonsense rule\nexample.test##.ad\n")},
	    {"m", "c", LIST_DOMAINS, STR("other.test\n")},
	};
	struct buf b = build(src, ARRAY_LEN(src));
	struct image im = build_view(&b);
	struct image_source s[3];
	struct image_pattern p;
	uint64_t entries = 0;
	char out[128];

	(void)state;
	assert_int_equal(im.nsources, 3);
	for (uint16_t i = 0; i < 3; i++)
		assert_true(image_source(&im, i, &s[i]));
	assert_int_equal(s[0].role, 0);
	assert_int_equal(s[1].role & IMAGE_EXCEPT, IMAGE_EXCEPT);
	assert_true(str_eq(s[1].list, STR("l")));
	assert_true(str_eq(s[2].list, STR("m")));
	assert_int_equal(s[0].lines, 5);
	assert_int_equal(s[1].lines, 0);
	for (unsigned i = 0; i < 3; i++)
		entries += s[i].entries;
	assert_int_equal(entries, 4);
	assert_int_equal(s[0].rejected + s[0].skipped, 2);
	build_ask(&im, "bad.test", out, sizeof(out));
	assert_string_equal(out, want[0]);
	build_ask(&im, "good.bad.test", out, sizeof(out));
	assert_string_equal(out, want[1]);
	assert_int_equal(im.npatterns, 1);
	assert_true(image_pattern(&im, 0, &p));
	assert_true(str_eq(p.anchor, STR("bad.test")));
	assert_int_equal(p.line, 3);
	buf_fini(&b);
}

static void
a_line_that_is_taken_back_names_nothing(void **state)
{
	static const struct {
		const char *text, *want;
	} row[] = {
	    {"||a.test^\n", "a.test=0"},
	    {"||a.test^\n||a.test^$badfilter\n", ""},
	    {"||a.test^$badfilter\n||a.test^\n", ""},
	    {"||a.test^\n||b.test^$badfilter\n", "a.test=0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct build_source src[] = {
		    {"l", "c", LIST_ADBLOCK, str_of(row[i].text)}};
		struct buf b = build(src, 1);
		struct image im = build_view(&b);
		char out[64];

		build_ask(&im, "a.test", out, sizeof(out));
		if (strcmp(out, row[i].want) != 0)
			fail_msg("%s: <%s>", row[i].text, out);
		assert_int_equal(im.nentries, row[i].want[0] != '\0');
		buf_fini(&b);
	}
}

/* ---- each entry */

struct seen {
	const struct image *im;
	unsigned n, stop, of[5];
};

static const char *const all[] = {
    "bad.test", "bad.test/x", "10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"};

static bool
see(void *arg, const struct image_item *item)
{
	static const enum image_kind kind[] = {
	    IMAGE_DOMAIN, IMAGE_URL, IMAGE_NET, IMAGE_NET, IMAGE_NET};
	struct seen *s = arg;
	uint16_t ids[2];
	unsigned i = 0;

	while (i < ARRAY_LEN(all) && !str_eq(item->text, str_of(all[i])))
		i++;
	if (i == ARRAY_LEN(all))
		fail_msg("<%.*s>", STR_ARG(item->text));
	s->of[i]++;
	assert_int_equal(item->kind, kind[i]);
	assert_int_equal(image_class_sources(s->im, item->class, ids, 2), 1);
	assert_int_equal(ids[0], i);
	assert_int_equal(image_line(s->im, item->entry, ids[0]), i + 1);
	return ++s->n != s->stop;
}

static void
each_entry_comes_once_until_enough(void **state)
{
	struct build_source src[] = {
	    {"l", "c", LIST_DOMAINS, STR("bad.test\n")},
	    {"l", "c", LIST_URLS, STR("\nbad.test/x\n")},
	    {"l", "c", LIST_DOMAINS, STR("\n\n10.0.0.0/8\n")},
	    {"l", "c", LIST_DOMAINS, STR("\n\n\n192.0.2.1\n")},
	    {"l", "c", LIST_DOMAINS, STR("\n\n\n\n2001:db8::/32\n")},
	};
	struct buf b = build(src, ARRAY_LEN(src));
	struct image im = build_view(&b);

	(void)state;
	for (unsigned stop = 1; stop <= ARRAY_LEN(all) + 1; stop++) {
		struct seen s = {.im = &im, .stop = stop};

		image_each(&im, see, &s);
		assert_int_equal(
		    s.n, stop < ARRAY_LEN(all) ? stop : ARRAY_LEN(all));
		for (unsigned i = 0; i < ARRAY_LEN(all); i++)
			assert_true(s.of[i] <= 1);
	}
	buf_fini(&b);
}

/* ---- damage */

static bool
count(void *arg, const struct image_item *item)
{
	size_t *n = arg;

	*n += item->text.n;
	return true;
}

static void
ask_everything(const struct image *im)
{
	static const char *const host[] = {"www.hidden.test",
	    "good.ad.bad.test", "192.0.2.7", "2001:db8::7", "bad.test"};
	static struct image_held held;
	struct image_source s;
	struct image_pattern p;
	size_t n = 0;
	char room[NAME_ROOM], text[64];
	struct name name;

	for (size_t i = 0; i < ARRAY_LEN(host); i++) {
		struct image_hits h = {0};

		assert_int_equal(
		    name_from_text(str_of(host[i]), room, &name), NAME_OK);
		image_find_host(im, name, &h);
		image_find_url(im, name, STR("/x/y/z?q"), &h);
		image_hold(im, &h, &held);
		for (uint32_t k = 0; k < held.n; k++) {
			assert_true(held.v[k].hit < h.n);
			assert_true(held.v[k].source < im->nsources);
		}
		for (uint32_t k = 0; k < h.n; k++) {
			image_line(im, h.hit[k].entry, 0);
			image_class_is_plain(im, h.hit[k].class);
			image_entry_text(im, &h.hit[k], text, sizeof(text));
		}
	}
	for (uint32_t i = 0; i < im->npatterns && i < 100; i++)
		if (image_pattern(im, i, &p))
			n += p.text.n ? (unsigned char)p.text.p[p.text.n - 1]
			              : p.anchor.n;
	for (uint16_t i = 0; i < im->nsources && i < 100; i++)
		image_source(im, i, &s);
	image_each(im, count, &n);
}

static void
damage_leads_nowhere_outside(void **state)
{
	static const uint8_t harm[] = {0x00, 0xff, 0x80, 0x01};
	struct buf text = hashed(secrets, ARRAY_LEN(secrets));
	struct build_source src[] = {
	    {"tier", "adult", LIST_HASHED, buf_str(&text)},
	    {"ads", "", LIST_ADBLOCK,
	        STR("||ad.bad.test^\n@@||good.ad.bad.test^\n"
	            "||bad.test/ads/*.gif\n||bad.test^$important\n")},
	    {"own", "words", LIST_PATTERNS, STR("casino[0-9]+\npoker\n")},
	    {"own", "", LIST_DOMAINS, STR("192.0.2.0/24\n2001:db8::/32\n")},
	};
	struct buf b = build(src, ARRAY_LEN(src));
	uint8_t *p = malloc(b.n);
	struct image im = build_view(&b);
	struct err err;

	(void)state;
	assert_non_null(p);
	assert_true(im.npatterns == 3 && im.ndigests == 8);
	ask_everything(&im);
	for (size_t i = 0; i < b.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(harm); k++) {
			if ((uint8_t)b.p[i] == harm[k])
				continue;
			memcpy(p, b.p, b.n);
			p[i] = harm[k];
			if (image_view(&im, (struct bytes){p, b.n}, &err) < 0)
				continue;
			assert_false(image_intact(&im));
			ask_everything(&im);
		}
	free(p);
	buf_fini(&b);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hashed_entries_as_the_table_says),
	    cmocka_unit_test(long_paths_are_tried_so_far),
	    cmocka_unit_test(patterns_are_as_their_lines_say),
	    cmocka_unit_test(a_file_is_a_source_for_each_of_its_roles),
	    cmocka_unit_test(a_line_that_is_taken_back_names_nothing),
	    cmocka_unit_test(each_entry_comes_once_until_enough),
	    cmocka_unit_test(damage_leads_nowhere_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
