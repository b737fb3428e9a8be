/* image_test.c - what is found, and that damage leads nowhere outside. */
#include "lists/image.h"

#include "tests/unit/lists/build.h"

#include "base/table.h"
#include "lists/image_format.h"

/* clang-format off */
static const struct build_source lists[] = {
	{"ut1", "adult", LIST_DOMAINS, {NULL, 0}},
	{"ut1", "toys", LIST_DOMAINS, {NULL, 0}},
	{"own", "hosts", LIST_HOSTS, {NULL, 0}},
	{"ut1", "adult-urls", LIST_URLS, {NULL, 0}},
	{"own", "", LIST_EXACT, {NULL, 0}},
};
static const char *const texts[] = {
	"bad.test\n"
	"# a comment\n"
	"example.test\r\n"
	"198.51.100.7\n"
	"203.0.113.0/24\n"
	"203.0.113.64/26\n"
	"2001:db8::/32\n"
	"2001:db8:1::/48\n"
	"bad.test\n",
	"kids.example.test\nexample.test\n203.0.113.64/26\n",
	"0.0.0.0 only.test deep.only.test\n0.0.0.0 192.0.2.1\n",
	"good.test/secret\n"
	"good.test/dir/\n"
	"good.test/q?x=1\n"
	"www.good.test/secret/inner\n"
	"192.0.2.9/x\n"
	"good.test/secret\n"
	"[2001:db8::5]/x\n",
	"bad.test\nalone.test\n",
};

static const struct { const char *ask, *want; } answers[] = {
	{"bad.test", "bad.test=0,4"},
	{"www.bad.test", "~bad.test=0,4"},
	{"a.b.c.bad.test", "~bad.test=0,4"},
	{"notbad.test", ""},
	{"bad.test.good.test", ""},
	{"bad-test.test", ""},
	{"xbad.test", ""},
	{"ad.test", ""},
	{"test", ""},
	{"example.test", "example.test=0,1"},
	{"kids.example.test", "kids.example.test=1 ~example.test=0,1"},
	{"x.kids.example.test", "~kids.example.test=1 ~example.test=0,1"},
	/* exact: itself, not what is below */
	{"only.test", "only.test=2"},
	{"www.only.test", ""},
	{"deep.only.test", "deep.only.test=2"},
	{"alone.test", "alone.test=4"},
	{"www.alone.test", ""},
	/* addresses */
	{"198.51.100.7", "198.51.100.7=0"},
	{"3325256711", "198.51.100.7=0"},
	{"198.51.100.8", ""},
	{"203.0.113.1", "~203.0.113.0/24=0"},
	{"203.0.113.64", "~203.0.113.64/26=0,1 ~203.0.113.0/24=0"},
	{"203.0.113.127", "~203.0.113.64/26=0,1 ~203.0.113.0/24=0"},
	{"203.0.113.128", "~203.0.113.0/24=0"},
	{"203.0.112.255", ""},
	{"203.0.114.0", ""},
	{"192.0.2.1", "192.0.2.1=2"},
	{"2001:db8::1", "~2001:db8::/32=0"},
	{"2001:db8:1::1", "~2001:db8:1::/48=0 ~2001:db8::/32=0"},
	{"2001:db9::", ""},
	/* IPv4 inside IPv6 */
	{"::ffff:198.51.100.7", "198.51.100.7=0"},
	{"::198.51.100.7", "198.51.100.7=0"},
	{"64:ff9b::198.51.100.7", "198.51.100.7=0"},
	{"2002:c633:6407::1", "198.51.100.7=0"},
	/* URLs */
	{"good.test", ""},
	{"good.test/", ""},
	{"good.test/secret", "good.test/secret=3"},
	{"good.test/secret/", "good.test/secret=3"},
	{"good.test/secret/a", "good.test/secret=3"},
	{"good.test/secret?x", "good.test/secret=3"},
	{"good.test/secret;a=1", "good.test/secret=3"},
	{"good.test/secret#x", "good.test/secret=3"},
	{"good.test/secret&x", "good.test/secret=3"},
	{"good.test/secrets", ""},
	{"good.test/secret%2Fx", ""},
	{"good.test/SECRET", ""},
	{"good.test/x/secret", ""},
	{"good.test/dir", ""},
	{"good.test/dir/", "good.test/dir/=3"},
	{"good.test/dir/x", "good.test/dir/=3"},
	{"good.test/q?x=1", "good.test/q?x=1=3"},
	{"good.test/q?x=1&y", "good.test/q?x=1=3"},
	{"good.test/q?x=12", ""},
	{"www.good.test/secret", "~good.test/secret=3"},
	{"www.good.test/secret/inner",
	    "www.good.test/secret/inner=3 ~good.test/secret=3"},
	{"a.www.good.test/secret/inner/x",
	    "~www.good.test/secret/inner=3 ~good.test/secret=3"},
	{"ood.test/secret", ""},
	{"192.0.2.9/x/y", "192.0.2.9/x=3"},
	{"192.0.2.9", ""},
	{"::ffff:192.0.2.9/x/y", "192.0.2.9/x=3"},
	{"2001:db8::5/x?y", "~2001:db8::/32=0 2001:db8::5/x=3"},
	{"bad.test/secret", "bad.test=0,4"},
};
/* clang-format on */

static struct buf
build_lists(void)
{
	struct build_source src[ARRAY_LEN(lists)];

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		src[i] = lists[i];
		src[i].text = str_of(texts[i]);
	}
	return build(src, ARRAY_LEN(src));
}

static void
hosts_and_urls_as_the_table_says(void **state)
{
	struct buf b = build_lists();
	struct image im = build_view(&b);
	char out[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct str got;

		got = build_ask(&im, answers[i].ask, out, sizeof(out));
		if (!str_eq(got, str_of(answers[i].want)))
			fail_msg("%s: <%.*s>", answers[i].ask, STR_ARG(got));
	}
	buf_fini(&b);
}

static struct image_hits
find(const struct image *im, const char *host, const char *path)
{
	char room[NAME_ROOM];
	struct image_hits hits = {0};
	struct name n;

	assert_int_equal(name_from_text(str_of(host), room, &n), NAME_OK);
	image_find_host(im, n, &hits);
	if (path)
		image_find_url(im, n, str_of(path), &hits);
	return hits;
}

static void
hosts_with_urls_are_known_without_a_path(void **state)
{
	static const struct {
		const char *host;
		bool has;
	} row[] = {{"good.test", true}, {"x.www.good.test", true},
	    {"192.0.2.9", true}, {"2001:db8::5", true},
	    {"::ffff:192.0.2.9", true}, {"bad.test", false},
	    {"ood.test", false}, {"192.0.2.8", false}, {"test", false}};
	struct buf b = build_lists();
	struct image im = build_view(&b);
	char room[NAME_ROOM];
	struct name n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(
		    name_from_text(str_of(row[i].host), room, &n), NAME_OK);
		assert_int_equal(image_has_urls(&im, n), row[i].has);
	}
	buf_fini(&b);
}

static void
a_hit_knows_its_part_of_the_request(void **state)
{
	struct buf b = build_lists();
	struct image im = build_view(&b);
	struct image_hits h = find(&im, "www.bad.test", NULL);

	(void)state;
	assert_int_equal(h.n, 1);
	assert_int_equal(h.hit[0].kind, IMAGE_DOMAIN);
	assert_int_equal(h.hit[0].off, 4);
	assert_int_equal(h.hit[0].len, 8);
	h = find(&im, "www.good.test", "/secret/x");
	assert_int_equal(h.n, 1);
	assert_int_equal(h.hit[0].kind, IMAGE_URL);
	assert_int_equal(h.hit[0].off, 4);
	assert_int_equal(h.hit[0].len, sizeof("good.test/secret") - 1);
	h = find(&im, "203.0.113.1", NULL);
	assert_int_equal(h.hit[0].kind, IMAGE_NET);
	buf_fini(&b);
}

static void
the_line_that_did_it_is_known(void **state)
{
	static const struct {
		const char *host, *path;
		unsigned hit;
		uint16_t source;
		uint32_t line;
	} row[] = {
	    {"bad.test", NULL, 0, 0, 1}, /* the first of two */
	    {"bad.test", NULL, 0, 4, 1},
	    {"bad.test", NULL, 0, 1, 0}, /* it does not name it */
	    {"example.test", NULL, 0, 0, 3},
	    {"example.test", NULL, 0, 1, 2},
	    {"deep.only.test", NULL, 0, 2, 1},
	    {"198.51.100.7", NULL, 0, 0, 4},
	    {"203.0.113.64", NULL, 0, 0, 6},
	    {"203.0.113.64", NULL, 0, 1, 3},
	    {"203.0.113.64", NULL, 1, 0, 5},
	    {"2001:db8:1::", NULL, 0, 0, 8},
	    {"good.test", "/dir/", 0, 3, 2},
	};
	struct buf b = build_lists();
	struct image im = build_view(&b);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct image_hits h = find(&im, row[i].host, row[i].path);

		assert_true(h.n > row[i].hit);
		if (image_line(&im, h.hit[row[i].hit].entry, row[i].source) !=
		    row[i].line)
			fail_msg("%s in source %u", row[i].host, row[i].source);
	}
	assert_int_equal(image_line(&im, 0x7fffffff, 0), 0);
	assert_int_equal(image_line(&im, UINT32_MAX, 0), 0);
	assert_int_equal(image_line(&im, 1, 0), 0);
	buf_fini(&b);
}

static void
sources_are_as_they_were_given(void **state)
{
	struct buf b = build_lists();
	struct image im = build_view(&b);
	struct image_source s;
	uint64_t print[2];
	uint16_t id;

	(void)state;
	assert_int_equal(im.nsources, ARRAY_LEN(lists));
	for (uint16_t i = 0; i < ARRAY_LEN(lists); i++) {
		assert_true(image_source(&im, i, &s));
		assert_true(str_eq(s.list, str_of(lists[i].list)));
		assert_true(str_eq(s.category, str_of(lists[i].category)));
		assert_true(str_eq(s.file, STR("list.txt")));
		assert_int_equal(s.role, i == 2 || i == 4 ? IMAGE_SELF : 0);
	}
	assert_true(image_source(&im, 0, &s));
	assert_int_equal(s.lines, 9);
	assert_int_equal(s.entries, 7);
	assert_false(image_source(&im, ARRAY_LEN(lists), &s));
	assert_int_equal(image_class_sources(&im, im.nclasses, &id, 1), 0);
	assert_int_equal(im.generation, 7);
	image_fingerprint(&im, print);
	assert_int_equal(print[0], 1);
	assert_int_equal(print[1], 2);
	buf_fini(&b);
}

static void
text_of_an_entry_is_cut_to_the_room(void **state)
{
	struct buf b = build_lists();
	struct image im = build_view(&b);
	struct image_hits h = find(&im, "kids.example.test", NULL);
	char all[64], some[64];
	size_t n = image_entry_text(&im, &h.hit[0], all, sizeof(all));

	(void)state;
	assert_string_equal(all, "kids.example.test");
	for (size_t room = 1; room < n + 2; room++) {
		size_t got = image_entry_text(&im, &h.hit[0], some, room);

		assert_int_equal(got, room - 1 < n ? room - 1 : n);
		assert_memory_equal(some, all, got);
		assert_int_equal(some[got], 0);
	}
	assert_int_equal(image_entry_text(&im, &h.hit[0], some, 0), 0);
	buf_fini(&b);
}

/* All questions there are, in whatever state the image is. */
static void
ask_all(const struct image *im)
{
	static const char *const host[] = {"a.b.c.bad.test", "bad.test",
	    "kids.example.test", "www.good.test", "deep.only.test",
	    "203.0.113.64", "2001:db8:1::1", "::ffff:198.51.100.7"};
	struct image_source s;
	uint16_t ids[4];
	char text[128];

	for (size_t i = 0; i < ARRAY_LEN(host); i++) {
		struct image_hits h = find(im, host[i], "/secret/inner/x?y");

		for (uint32_t k = 0; k < h.n; k++) {
			image_entry_text(im, &h.hit[k], text, sizeof(text));
			image_line(im, h.hit[k].entry, 0);
			image_class_sources(im, h.hit[k].class, ids, 4);
		}
	}
	for (uint32_t i = 0; i < im->nsources && i < 300; i++)
		image_source(im, (uint16_t)i, &s);
}

static void
an_image_cut_short_anywhere_is_refused(void **state)
{
	struct buf b = build_lists();
	struct image im = {.nbuckets = 77};
	struct err err;

	(void)state;
	for (size_t n = 0; n < b.n; n++) {
		/* a copy, so that a read outside it is found */
		uint8_t *p = malloc(n + 1);

		assert_non_null(p);
		memcpy(p, b.p, n);
		p = realloc(p, n ? n : 1);
		assert_int_equal(
		    image_view(&im, (struct bytes){p, n}, &err), -1);
		assert_true(err.text[0] != '\0');
		assert_int_equal(im.nbuckets, 77);
		free(p);
	}
	buf_fini(&b);
}

static void
one_damaged_byte_leads_nowhere_outside(void **state)
{
	static const uint8_t harm[] = {0x00, 0xff, 0x80, 0x01};
	struct buf b = build_lists();
	uint8_t *p = malloc(b.n);
	struct err err;

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < b.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(harm); k++) {
			struct image im;

			memcpy(p, b.p, b.n);
			if (p[i] == harm[k])
				continue;
			p[i] = harm[k];
			if (image_view(&im, (struct bytes){p, b.n}, &err) < 0)
				continue;
			/* reserved bytes are part of what is summed, too */
			assert_false(image_intact(&im));
			ask_all(&im);
		}
	free(p);
	buf_fini(&b);
}

static void
much_damage_leads_nowhere_outside(void **state)
{
	struct buf b = build_lists();
	uint8_t *p = malloc(b.n);
	uint64_t x = 1;
	struct err err;

	(void)state;
	assert_non_null(p);
	for (int round = 0; round < 3000; round++) {
		struct image im;

		memcpy(p, b.p, b.n);
		for (int k = 0; k < 1 + round % 50; k++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			p[IMAGE_HEADER + (x >> 33) % (b.n - IMAGE_HEADER)] =
			    (uint8_t)(x >> 25);
		}
		if (image_view(&im, (struct bytes){p, b.n}, &err) == 0)
			ask_all(&im);
	}
	free(p);
	buf_fini(&b);
}

static void
more_hits_than_room_are_owned_up_to(void **state)
{
	struct buf text = BUF_EMPTY, b;
	char name[NAME_ROOM] = "";
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct image_hits h;
	struct image im;

	(void)state;
	for (size_t n = 0; n < 120; n++) {
		memcpy(name + 2 * n, "a.", 2);
		buf_addf(&text, "%stest\n", name);
	}
	src.text = buf_str(&text);
	b = build(&src, 1);
	im = build_view(&b);
	memcpy(name + 240, "test", 5);
	h = find(&im, name, NULL);
	assert_int_equal(h.n, IMAGE_HITS_MAX);
	assert_true(h.more);
	assert_true(h.hit[0].self);
	assert_int_equal(
	    h.hit[IMAGE_HITS_MAX - 1].off, 2 * (IMAGE_HITS_MAX - 1));
	buf_fini(&text);
	buf_fini(&b);
}

static void
an_image_of_nothing_answers_nothing(void **state)
{
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct buf b = build(&src, 1), none = build(&src, 0);
	struct image im = build_view(&b);

	(void)state;
	assert_int_equal(im.nentries, 0);
	assert_int_equal(find(&im, "bad.test", "/x").n, 0);
	assert_int_equal(find(&im, "10.0.0.1", "/x").n, 0);
	assert_int_equal(find(&im, "::1", "/x").n, 0);
	im = build_view(&none);
	ask_all(&im);
	buf_fini(&b);
	buf_fini(&none);
}

static void
tags_are_compared_alike_everywhere(void **state)
{
	uint8_t row[16];
	uint64_t x = 9;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		unsigned want = 0;
		uint8_t tag = (uint8_t)(round % 5 * 51 + 1);

		for (unsigned i = 0; i < 16; i++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			row[i] = (uint8_t)((x >> 40) % 3 + tag - 1);
			if (i >= 4 && row[i] == tag)
				want |= 1u << (i - 4);
		}
		assert_int_equal(image_tags(row, tag), want);
		assert_int_equal(image_tags_portable(row, tag), want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts_and_urls_as_the_table_says),
	    cmocka_unit_test(hosts_with_urls_are_known_without_a_path),
	    cmocka_unit_test(a_hit_knows_its_part_of_the_request),
	    cmocka_unit_test(the_line_that_did_it_is_known),
	    cmocka_unit_test(sources_are_as_they_were_given),
	    cmocka_unit_test(text_of_an_entry_is_cut_to_the_room),
	    cmocka_unit_test(an_image_cut_short_anywhere_is_refused),
	    cmocka_unit_test(one_damaged_byte_leads_nowhere_outside),
	    cmocka_unit_test(much_damage_leads_nowhere_outside),
	    cmocka_unit_test(more_hits_than_room_are_owned_up_to),
	    cmocka_unit_test(an_image_of_nothing_answers_nothing),
	    cmocka_unit_test(tags_are_compared_alike_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
