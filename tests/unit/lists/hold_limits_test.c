/*
 * hold_limits_test.c - which sources hold where there are more of something
 * than there is room for: parents, sources, exceptions. Nothing that is said
 * may be lost in silence.
 */
#include "tests/unit/lists/worlds.h"

#define DEEP 120 /* labels before the name */

/* x.x.x.d.test, with so many labels before d.test. */
static const char *
deep_name(unsigned labels)
{
	static char all[2 * DEEP + 16];

	for (unsigned i = 0; i < 2 * DEEP; i++)
		all[i] = i % 2 ? '.' : 'x';
	memcpy(all + 2 * DEEP, "d.test", 7);
	return all + 2 * (DEEP - labels);
}

/* ---- parents beyond IMAGE_HITS_MAX */

#define FILES 2

/* What each file says of each parent: nothing, listed, or spared. */
enum { SILENT = 0, LISTED, SPARED };
static unsigned char said[FILES][DEEP + 1];

static void
say(unsigned f, unsigned labels, struct buf *text)
{
	unsigned what = worlds_below(12) ? worlds_below(3) : SILENT;

	said[f][labels] = (unsigned char)what;
	if (what != SILENT)
		buf_addf(text, "%s=/%s/%s\n",
		    what == LISTED ? "address" : "server", deep_name(labels),
		    what == LISTED ? "" : "192.0.2.1");
}

/* The longest name that the file has an opinion on decides. */
static bool
file_holds(unsigned f, unsigned labels)
{
	for (unsigned i = labels + 1; i-- > 0;)
		if (said[f][i])
			return said[f][i] == LISTED;
	return false;
}

static bool
is_held(const struct image *im, const struct image_held *held, const char *list)
{
	struct image_source s;

	for (uint32_t i = 0; i < held->n; i++) {
		assert_true(image_source(im, held->v[i].source, &s));
		if (str_eq(s.list, str_of(list)))
			return true;
	}
	return false;
}

static void
the_longest_of_very_many_parents_decides(void **state)
{
	static const char *const list[FILES] = {"l", "m"};
	struct buf text[FILES] = {BUF_EMPTY, BUF_EMPTY}, b;
	struct build_source src[FILES];
	unsigned crowds = 0;

	(void)state;
	worlds_seed = 5;
	for (unsigned w = 0; w < 40; w++) {
		struct image im;

		for (unsigned f = 0; f < FILES; f++) {
			buf_reset(&text[f]);
			for (unsigned i = 0; i <= DEEP; i++)
				say(f, i, &text[f]);
			src[f] = (struct build_source){
			    list[f], "", LIST_DNSMASQ, buf_str(&text[f])};
		}
		b = build(src, FILES);
		im = build_view(&b);
		for (unsigned i = 0; i <= DEEP; i++) {
			struct str ask = str_of(deep_name(i));
			const struct image_held *held = worlds_held(&im, ask);
			struct image_hits hits;

			worlds_find(&im, ask, &hits);
			crowds += hits.more;
			assert_false(hits.lost);
			assert_false(held->more);
			for (unsigned f = 0; f < FILES; f++)
				if (is_held(&im, held, list[f]) !=
				    file_holds(f, i))
					fail_msg("%s: %s", ask.p, list[f]);
		}
		buf_fini(&b);
	}
	assert_true(crowds > 500);
	for (unsigned f = 0; f < FILES; f++)
		buf_fini(&text[f]);
}

/* As many classes as parents: then one is lost, and it is said. */
static void
what_is_lost_is_owned_up_to(void **state)
{
	struct buf text[8], b;
	struct build_source src[8];
	struct image_hits hits;
	struct image im;

	(void)state;
	for (unsigned f = 0; f < 8; f++) {
		text[f] = BUF_EMPTY;
		/* parent i is in the files of the bits of i + 1 */
		for (unsigned i = 0; i <= DEEP; i++)
			if ((i + 1) >> f & 1)
				buf_addf(&text[f], "%s\n", deep_name(i));
		src[f] = (struct build_source){
		    "l", "", LIST_DOMAINS, buf_str(&text[f])};
	}
	b = build(src, 8);
	im = build_view(&b);
	for (unsigned i = 0; i <= DEEP; i++) {
		struct str ask = str_of(deep_name(i));
		bool over = i + 1 > IMAGE_HITS_MAX;

		worlds_find(&im, ask, &hits);
		assert_int_equal(hits.n, over ? IMAGE_HITS_MAX : i + 1);
		assert_int_equal(hits.more, over);
		assert_int_equal(hits.lost, over);
		assert_int_equal(worlds_held(&im, ask)->more, over);
		/* the first of them is the host itself */
		assert_true(hits.hit[0].self);
		assert_int_equal(hits.hit[0].off, 0);
	}
	buf_fini(&b);
	for (unsigned f = 0; f < 8; f++)
		buf_fini(&text[f]);
}

/* ---- sources and exceptions */

/* <spared> lists that name d.test and spare it, then <listed> that name it;
 * each is a list of its own. */
static struct buf
crowd(unsigned spared, unsigned listed)
{
	static const struct str text[] = {
	    STR_INIT("||d.test^\n"), STR_INIT("||d.test^\n@@||d.test^\n")};
	struct compile_options opt = {.seed = 1};
	struct compile *c = compile_new(&opt);
	struct buf b = BUF_EMPTY;
	struct err err;

	assert_non_null(c);
	for (unsigned i = 0; i < spared + listed; i++) {
		struct str t = text[i < spared];
		char name[16];
		int n = snprintf(name, sizeof(name), "l%u", i);
		struct compile_source s = {
		    .list = {name, (size_t)n}, .format = LIST_ADBLOCK};

		assert_int_equal(compile_source(c, &s, &err), i);
		assert_int_equal(compile_feed(c, (int)i, t.p, t.n, &err), 0);
	}
	assert_int_equal(compile_finish(c, &b, &err), 0);
	compile_free(c);
	return b;
}

static void
sources_and_exceptions_beyond_their_room_are_owned_up_to(void **state)
{
	static const struct {
		unsigned spared, listed;
		bool more;
	} row[] = {
	    {0, 1, false},
	    {1, 0, false},
	    {200, 300, false},
	    {256, 256, false},
	    {0, IMAGE_HELD_MAX, false},
	    {0, IMAGE_HELD_MAX + 1, true},
	    {1, IMAGE_HELD_MAX, false},
	    {1, IMAGE_HELD_MAX + 1, true},
	    {256, IMAGE_HELD_MAX, false},
	    {257, 1, true}, /* more exceptions than one request may meet */
	    {700, 3, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct buf b = crowd(row[i].spared, row[i].listed);
		struct image im = build_view(&b);
		const struct image_held *held =
		    worlds_held(&im, STR("www.d.test"));
		unsigned wrong = 0;

		if (held->more != row[i].more)
			fail_msg("%u and %u", row[i].spared, row[i].listed);
		assert_true(held->n <= IMAGE_HELD_MAX);
		if (!held->more)
			assert_int_equal(held->n, row[i].listed);
		for (uint32_t k = 0; k < held->n; k++) {
			struct image_source s;
			uint64_t l;

			assert_true(image_source(&im, held->v[k].source, &s));
			assert_true(
			    str_to_u64(str_sub(s.list, 1, s.list.n), &l));
			wrong += l < row[i].spared;
			/* each once */
			for (uint32_t j = 0; j < k; j++)
				assert_int_not_equal(
				    held->v[j].source, held->v[k].source);
		}
		/* where all is known nothing spared is held */
		if (!held->more)
			assert_int_equal(wrong, 0);
		buf_fini(&b);
	}
}

/* ---- exceptions that meet: each stays with its own list and category */

static void
an_exception_takes_from_its_own_alone(void **state)
{
	static const struct {
		const char *list, *category;
		bool taken;
	} row[] = {{"l", "c", true}, {"l", "", false}, {"", "c", false},
	    {"m", "c", false}, {"l", "cc", false}, {"ll", "c", false},
	    {"lc", "", false}, {"", "lc", false}, {"L", "c", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		for (unsigned order = 0; order < 2; order++) {
			struct build_source src[2] = {
			    {row[i].list, row[i].category, LIST_DOMAINS,
			        STR("d.test\n")},
			    {"l", "c", LIST_ADBLOCK, STR("@@||d.test^\n")}};
			struct build_source first = src[0];
			struct image im;
			struct buf b;

			if (order) {
				src[0] = src[1];
				src[1] = first;
			}
			b = build(src, 2);
			im = build_view(&b);
			assert_int_equal(
			    worlds_held(&im, STR("d.test"))->n, !row[i].taken);
			assert_int_equal(worlds_held(&im, STR("w.d.test"))->n,
			    !row[i].taken);
			buf_fini(&b);
		}
}

/* The hit that is named is the most specific one of its source. */
static void
the_hit_that_is_told_is_the_closest(void **state)
{
	static const struct {
		const char *ask, *entry;
	} row[] = {
	    {"d.test", "d.test"},
	    {"x.d.test", "d.test"},
	    {"b.a.d.test", "b.a.d.test"},
	    {"c.b.a.d.test", "b.a.d.test"},
	    {"d.test/p/q", "d.test/p/q"},
	    {"d.test/p/x", "d.test/p"},
	    {"x.d.test/p/q/r", "d.test/p/q"},
	    /* more of the host comes before more of the path */
	    {"a.d.test/p/q", "a.d.test"},
	    {"c.b.a.d.test/p/q", "b.a.d.test"},
	    {"198.51.100.7", "198.51.100.0/24"},
	    {"198.51.100.9", "198.51.100.9"},
	    {"198.51.200.9", "198.51.0.0/16"},
	    {"[2001:db8::1]", "2001:db8::/64"},
	    {"[2001:db8:1::1]", "2001:db8::/32"},
	};
	struct build_source two[2] = {
	    {"l", "", LIST_URLS,
	        STR("d.test/p\nd.test/\nd.test/p/q\nb.a.d.test/\na.d.test/\n")},
	    {"n", "", LIST_DOMAINS,
	        STR("198.51.0.0/16\n198.51.100.0/24\n198.51.100.9\n"
	            "2001:db8::/32\n2001:db8::/64\n")}};
	struct buf b = build(two, 2);
	struct image im = build_view(&b);
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct image_held *held =
		    worlds_held(&im, str_of(row[i].ask));
		struct image_hits hits;

		worlds_find(&im, str_of(row[i].ask), &hits);
		assert_int_equal(held->n, 1);
		image_entry_text(
		    &im, &hits.hit[held->v[0].hit], text, sizeof(text));
		if (strcmp(text, row[i].entry) != 0)
			fail_msg("%s: %s", row[i].ask, text);
	}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_longest_of_very_many_parents_decides),
	    cmocka_unit_test(what_is_lost_is_owned_up_to),
	    cmocka_unit_test(
	        sources_and_exceptions_beyond_their_room_are_owned_up_to),
	    cmocka_unit_test(an_exception_takes_from_its_own_alone),
	    cmocka_unit_test(the_hit_that_is_told_is_the_closest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
