/*
 * provenance_test.c - which source said it, in which line, and whether for
 * what is below as well: many sources, all mixtures of exact and not.
 */
#include "lists/image.h"

#include "tests/unit/lists/build.h"

#include "base/table.h"
#include "lists/image_format.h"

static struct image_hits
find(const struct image *im, const char *host)
{
	struct image_hits hits = {0};
	char room[NAME_ROOM];
	struct name n;

	assert_int_equal(name_from_wire(str_of(host), room, &n), NAME_OK);
	image_find_host(im, n, &hits);
	return hits;
}

/* ---- exact and not */

static const enum list_format mixed[] = {
    LIST_DOMAINS, LIST_EXACT, LIST_HOSTS, LIST_URLS, LIST_EXACT};
#define MIXED ARRAY_LEN(mixed)

static bool
covers(unsigned subset)
{
	return subset & 1u << 0 || subset & 1u << 3;
}

/*
 * The name n<k>.test stands in source i where bit i of k is set: all sets of
 * sources. Its line there is what came before it, and itself.
 */
static struct buf
build_mixed(uint32_t line[MIXED][1u << MIXED])
{
	struct build_source src[MIXED];
	struct buf text[MIXED], b;

	for (unsigned i = 0; i < MIXED; i++) {
		uint32_t n = 0;

		text[i] = BUF_EMPTY;
		for (unsigned k = 1; k < 1u << MIXED; k++) {
			if (!(k >> i & 1))
				continue;
			if (k % 3 == 0) {
				buf_addf(&text[i], "# about the next\n");
				n++;
			}
			buf_addf(&text[i], "%sn%u.test\n",
			    mixed[i] == LIST_HOSTS ? "0.0.0.0 " : "", k);
			line[i][k] = ++n;
		}
		src[i] = (struct build_source){
		    "l", "c", mixed[i], buf_str(&text[i])};
	}
	b = build(src, MIXED);
	for (unsigned i = 0; i < MIXED; i++)
		buf_fini(&text[i]);
	return b;
}

static void
a_host_is_what_all_say_and_what_is_below_what_some_say(void **state)
{
	static uint32_t line[MIXED][1u << MIXED];
	struct buf b = build_mixed(line);
	struct image im = build_view(&b);
	char name[32];

	(void)state;
	for (unsigned k = 1; k < 1u << MIXED; k++) {
		uint16_t ids[MIXED];
		struct image_hits h;
		unsigned n, bits = 0;

		snprintf(name, sizeof(name), "n%u.test", k);
		h = find(&im, name);
		assert_int_equal(h.n, 1);
		assert_true(h.hit[0].self);
		n = image_class_sources(&im, h.hit[0].class, ids, MIXED);
		for (unsigned i = 0; i < n; i++) {
			assert_true(i == 0 || ids[i] > ids[i - 1]);
			bits |= 1u << ids[i];
			assert_int_equal(
			    image_line(&im, h.hit[0].entry, ids[i]),
			    line[ids[i]][k]);
		}
		assert_int_equal(bits, k);
		for (uint16_t i = 0; i < MIXED; i++)
			if (!(k >> i & 1))
				assert_int_equal(
				    image_line(&im, h.hit[0].entry, i), 0);
		snprintf(name, sizeof(name), "a.b.n%u.test", k);
		h = find(&im, name);
		assert_int_equal(h.n, covers(k));
		if (h.n)
			assert_false(h.hit[0].self);
	}
	buf_fini(&b);
}

static void
an_exact_parent_does_not_end_the_walk(void **state)
{
	static const struct {
		const char *ask, *want;
	} row[] = {
	    {"d.test", "d.test=0"},
	    {"c.d.test", "c.d.test=1 ~d.test=0"},
	    {"b.c.d.test", "b.c.d.test=1,2 ~d.test=0"},
	    {"a.b.c.d.test", "~d.test=0"},
	    {"x.a.b.c.d.test", "~d.test=0"},
	    {"x.c.d.test", "~d.test=0"},
	    {"x.e.d.test", "~e.d.test=0,1 ~d.test=0"},
	    {"e.d.test", "e.d.test=0,1 ~d.test=0"},
	};
	struct build_source src[] = {
	    {"l", "c", LIST_DOMAINS, STR("d.test\ne.d.test\n")},
	    {"m", "c", LIST_EXACT, STR("c.d.test\nb.c.d.test\ne.d.test\n")},
	    {"n", "c", LIST_HOSTS, STR("0.0.0.0 b.c.d.test\n")},
	};
	struct buf b = build(src, ARRAY_LEN(src));
	struct image im = build_view(&b);
	char out[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct str got = build_ask(&im, row[i].ask, out, sizeof(out));

		if (!str_eq(got, str_of(row[i].want)))
			fail_msg("%s: <%.*s>", row[i].ask, STR_ARG(got));
	}
	buf_fini(&b);
}

/* A network of one address is that address, whoever wrote it how. */
static void
an_address_is_one_entry_in_every_spelling(void **state)
{
	static const char *const ask[] = {"192.0.2.1", "3221225985",
	    "0xC0.0.2.1", "::ffff:192.0.2.1", "::192.0.2.1",
	    "::ffff:0:192.0.2.1", "64:ff9b::c000:201", "64:ff9b:1::c000:201",
	    "2002:c000:201::1"};
	struct build_source src[] = {
	    {"l", "c", LIST_DOMAINS, STR("192.0.2.1/32\n192.0.2.1\n")},
	    {"m", "c", LIST_EXACT, STR("0xc0000201\n")},
	    {"n", "c", LIST_HOSTS, STR("127.0.0.1 192.0.2.1\n")},
	    {"o", "c", LIST_URLS, STR("http://192.0.2.1/\n")},
	};
	struct buf b = build(src, ARRAY_LEN(src));
	struct image im = build_view(&b);
	char out[256];

	(void)state;
	assert_int_equal(im.nentries, 1);
	for (size_t i = 0; i < ARRAY_LEN(ask); i++)
		if (!str_eq(build_ask(&im, ask[i], out, sizeof(out)),
		        STR("192.0.2.1=0,1,2,3")))
			fail_msg("%s: <%s>", ask[i], out);
	/* neighbours of all those forms, and forms that carry nothing */
	assert_int_equal(find(&im, "192.0.2.0").n, 0);
	assert_int_equal(find(&im, "[64:ff9b:0:1::c000:201]").n, 0);
	assert_int_equal(find(&im, "[64:ff9b:1:1::c000:201]").n, 0);
	assert_int_equal(find(&im, "[::fffe:c000:201]").n, 0);
	assert_int_equal(find(&im, "[2003:c000:201::1]").n, 0);
	buf_fini(&b);
}

/* ---- many */

static void
sources_have_sixteen_bits(void **state)
{
	static const unsigned look[] = {
	    0, 1, 127, 128, 255, 256, 257, 32767, 32768, 65279, 65280, 65534};
	struct compile_options opt = {.seed = 3};
	struct compile *c = compile_new(&opt);
	struct compile_source s = {
	    .list = STR("l"), .category = STR("c"), .format = LIST_DOMAINS};
	struct buf b = BUF_EMPTY;
	struct image im;
	struct err err = {0};
	char text[64];

	(void)state;
	assert_non_null(c);
	for (unsigned i = 0; i < 65535; i++) {
		int n = snprintf(text, sizeof(text), "n%u.test\nall.test\n", i);

		assert_int_equal(compile_source(c, &s, &err), i);
		assert_int_equal(
		    compile_feed(c, (int)i, text, (size_t)n, &err), 0);
		assert_int_equal(compile_source_end(c, (int)i, &err), 0);
	}
	assert_int_equal(compile_source(c, &s, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(compile_finish(c, &b, &err), 0);
	compile_free(c);
	im = build_view(&b);
	assert_int_equal(im.nsources, 65535);
	for (size_t i = 0; i < ARRAY_LEN(look); i++) {
		struct image_hits h;
		uint16_t ids[2];

		snprintf(text, sizeof(text), "n%u.test", look[i]);
		h = find(&im, text);
		assert_int_equal(h.n, 1);
		assert_int_equal(
		    image_class_sources(&im, h.hit[0].class, ids, 2), 1);
		assert_int_equal(ids[0], look[i]);
		assert_int_equal(
		    image_line(&im, h.hit[0].entry, (uint16_t)look[i]), 1);
		h = find(&im, "all.test");
		assert_int_equal(
		    image_line(&im, h.hit[0].entry, (uint16_t)look[i]), 2);
		/* it says how many there are, though only two have room */
		assert_int_equal(
		    image_class_sources(&im, h.hit[0].class, ids, 2), 65535);
	}
	buf_fini(&b);
}

/* Every name's line, over many rows of RANKS. */
static void
each_line_of_each_source_is_known(void **state)
{
	enum { NAMES = 9000, LISTS = 3 };
	static uint32_t line[LISTS][NAMES];
	struct build_source src[LISTS];
	struct buf text[LISTS], b;
	struct image im;
	char name[32];

	(void)state;
	for (unsigned s = 0; s < LISTS; s++) {
		uint32_t n = 0;

		text[s] = BUF_EMPTY;
		for (unsigned i = 0; i < NAMES; i++) {
			/* a stride of its own: each in another order */
			unsigned k =
			    (unsigned)(i * (uint64_t)(7919 + s * 2) % NAMES);

			if (k % (s + 2) == 0 || line[s][k])
				continue;
			buf_addf(&text[s], "n%u.test%s\n", k,
			    k % 5 ? "" : "\nnot a name");
			line[s][k] = ++n;
			n += k % 5 == 0;
		}
		src[s] = (struct build_source){
		    "l", "c", LIST_DOMAINS, buf_str(&text[s])};
	}
	b = build(src, LISTS);
	im = build_view(&b);
	assert_true(im.nbuckets > 16 * IMAGE_RANK_EVERY);
	for (unsigned k = 0; k < NAMES; k++) {
		struct image_hits h;

		snprintf(name, sizeof(name), "n%u.test", k);
		h = find(&im, name);
		assert_int_equal(h.n, line[0][k] || line[1][k] || line[2][k]);
		for (uint16_t s = 0; h.n && s < LISTS; s++)
			if (image_line(&im, h.hit[0].entry, s) != line[s][k])
				fail_msg("%s in source %u", name, s);
	}
	buf_fini(&b);
	for (unsigned s = 0; s < LISTS; s++)
		buf_fini(&text[s]);
}

static void
lines_are_counted_beyond_sixteen_bits(void **state)
{
	static const uint32_t at[] = {1, 255, 256, 65535, 65536, 65537, 99999};
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct buf text = BUF_EMPTY, b;
	struct image im;
	size_t next = 0;
	char name[32];

	(void)state;
	for (uint32_t n = 1; n <= 100000; n++)
		if (next < ARRAY_LEN(at) && at[next] == n) {
			buf_addf(&text, "n%u.test\r\n", n);
			next++;
		} else {
			buf_add_str(&text, n % 2 ? STR("\n") : STR("# x\r\n"));
		}
	src.text = buf_str(&text);
	b = build(&src, 1);
	im = build_view(&b);
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		struct image_hits h;

		snprintf(name, sizeof(name), "n%u.test", at[i]);
		h = find(&im, name);
		assert_int_equal(h.n, 1);
		assert_int_equal(image_line(&im, h.hit[0].entry, 0), at[i]);
	}
	buf_fini(&b);
	buf_fini(&text);
}

/* ---- what is told of a source */

static void
a_source_is_as_it_was_reported(void **state)
{
	static const struct {
		enum list_format format;
		const char *text;
		unsigned lines, entries, rejected, duplicates;
	} row[] = {
	    {LIST_DOMAINS, "", 0, 0, 0, 0},
	    {LIST_DOMAINS, "\n\n", 2, 0, 0, 0},
	    {LIST_DOMAINS, "a.test", 1, 1, 0, 0},
	    {LIST_DOMAINS, "a.test\na.test\n.a.test\nA.TEST.\n", 4, 1, 0, 3},
	    {LIST_DOMAINS, "a.test\nb\n*\nb.test/x\n", 4, 1, 3, 0},
	    {LIST_HOSTS, "0.0.0.0 a.test b.test a.test c\n", 1, 2, 1, 1},
	    {LIST_URLS, "a.test/x\na.test/./x\na.test/x#y\na.test\n", 4, 2, 0,
	        2},
	    {LIST_EXACT, "*.a.test\na.test\n", 2, 1, 1, 0},
	};
	struct build_source src[ARRAY_LEN(row)];
	struct image_source s;
	struct compile *c;
	struct image im;
	struct buf b = BUF_EMPTY;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		src[i] = (struct build_source){
		    "some list", "", row[i].format, str_of(row[i].text)};
	c = build_feed(src, ARRAY_LEN(row), 3, 1);
	assert_int_equal(compile_finish(c, &b, &err), 0);
	im = build_view(&b);
	for (uint16_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct compile_report *r = compile_report(c, i);

		assert_true(image_source(&im, i, &s));
		if (r->lines != row[i].lines || r->entries != row[i].entries ||
		    r->rejected != row[i].rejected ||
		    r->duplicates != row[i].duplicates)
			fail_msg("<%s>: %llu %llu %llu %llu", row[i].text,
			    (unsigned long long)r->lines,
			    (unsigned long long)r->entries,
			    (unsigned long long)r->rejected,
			    (unsigned long long)r->duplicates);
		assert_int_equal(s.lines, row[i].lines);
		assert_int_equal(s.entries, row[i].entries);
		assert_int_equal(s.rejected, row[i].rejected);
		assert_true(str_eq(s.list, STR("some list")));
		assert_int_equal(s.category.n, 0);
		assert_int_equal(
		    s.role, s.entries && (row[i].format == LIST_EXACT ||
		                             row[i].format == LIST_HOSTS)
		                ? IMAGE_SELF
		                : 0);
	}
	compile_free(c);
	buf_fini(&b);
}

static void
names_of_sources_may_be_any_bytes(void **state)
{
	static const struct str names[] = {STR_INIT(""), STR_INIT("\0\xff\n"),
	    STR_INIT("a/very/long/path/with \"quotes\" and \xc3\xbc")};
	struct compile_options opt = {.seed = 3};
	struct compile *c = compile_new(&opt);
	struct buf b = BUF_EMPTY;
	struct image im;
	struct err err;
	uint16_t id = 0;

	(void)state;
	assert_non_null(c);
	for (unsigned i = 0; i < 27; i++)
		assert_int_equal(
		    compile_source(c,
		        &(struct compile_source){.list = names[i % 3],
		            .category = names[i / 3 % 3],
		            .file = names[i / 9],
		            .format = LIST_DOMAINS},
		        &err),
		    i);
	/* those that were not ended are ended by finishing */
	assert_int_equal(compile_finish(c, &b, &err), 0);
	im = build_view(&b);
	for (; id < 27; id++) {
		struct image_source s;

		assert_true(image_source(&im, id, &s));
		assert_true(str_eq(s.list, names[id % 3]));
		assert_true(str_eq(s.category, names[id / 3 % 3]));
		assert_true(str_eq(s.file, names[id / 9]));
	}
	compile_free(c);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
	        a_host_is_what_all_say_and_what_is_below_what_some_say),
	    cmocka_unit_test(an_exact_parent_does_not_end_the_walk),
	    cmocka_unit_test(an_address_is_one_entry_in_every_spelling),
	    cmocka_unit_test(sources_have_sixteen_bits),
	    cmocka_unit_test(each_line_of_each_source_is_known),
	    cmocka_unit_test(lines_are_counted_beyond_sixteen_bits),
	    cmocka_unit_test(a_source_is_as_it_was_reported),
	    cmocka_unit_test(names_of_sources_may_be_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
