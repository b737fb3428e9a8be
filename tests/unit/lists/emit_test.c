/*
 * emit_test.c - what is written where a field gets longer, a bucket fuller,
 * a hash meets another; and what a reader makes of each such place damaged.
 */
#include "lists/emit.h"

#include "tests/unit/lists/build.h"

#include "base/hash.h"
#include "base/table.h"
#include "lists/image_format.h"

#define SEED 1 /* build()'s */

static uint32_t
upper(const char *key)
{
	return (uint32_t)(hash64(key, strlen(key), SEED) >> 32);
}

/* ---- numbers and entries, byte by byte */

static void
numbers_grow_where_the_format_says(void **state)
{
	static const struct {
		uint8_t bytes[4];
		unsigned n;
		uint32_t value;
	} row[] = {
	    {{0}, 1, 0}, {{223}, 1, 223}, {{224, 0}, 2, 224},
	    {{224, 255}, 2, 479}, {{225, 0}, 2, 480}, {{254, 255}, 2, 8159},
	    {{255, 0xe0, 0x1f, 0}, 4, 8160}, {{255, 0xff, 0xff, 0}, 4, 65535},
	    {{255, 0xff, 0xff, 0xff}, 4, IMAGE_NUMBER_MAX},
	    {{255, 0, 0, 0}, 4, 0}, /* longer than need be: read all the same */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint8_t *p = malloc(row[i].n); /* so that a read beyond shows */
		uint32_t v = 0;

		assert_non_null(p);
		memcpy(p, row[i].bytes, row[i].n);
		assert_ptr_equal(
		    image_read_number(p, p + row[i].n, &v), p + row[i].n);
		assert_int_equal(v, row[i].value);
		for (unsigned n = 0; n < row[i].n; n++)
			assert_null(image_read_number(p, p + n, &v));
		free(p);
	}
}

static void
an_entry_cut_short_is_none(void **state)
{
	static const struct {
		uint8_t bytes[12];
		unsigned n;
		uint32_t ntext, class, ending;
	} row[] = {
	    {{0, 0, 0}, 3, 0, 0, 0},
	    {{3, 1, 2, 'a', 'b', 'c'}, 6, 3, 1, 2},
	    {{1, 224, 5, 255, 1, 0, 2, 'x'}, 8, 1, 229, 0x20001},
	    {{255, 2, 0, 1, 2, 'a', 'b'}, 7, 2, 1, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct image_entry e;
		uint8_t *p = malloc(row[i].n);

		assert_non_null(p);
		memcpy(p, row[i].bytes, row[i].n);
		assert_ptr_equal(
		    image_read_entry(p, p + row[i].n, &e), p + row[i].n);
		assert_int_equal(e.ntext, row[i].ntext);
		assert_int_equal(e.class, row[i].class);
		assert_int_equal(e.ending, row[i].ending);
		for (unsigned n = 0; n < row[i].n; n++)
			assert_null(image_read_entry(p, p + n, &e));
		free(p);
	}
}

static void
tags_are_never_the_two_that_mean_something(void **state)
{
	(void)state;
	for (uint64_t h = 0; h < 256; h++) {
		uint8_t tag = image_tag_of(h << 32 | 0xffffffff);

		assert_true(tag != 0 && tag != IMAGE_TAG_MORE);
		if (h > 1)
			assert_int_equal(tag, h);
	}
	assert_int_equal(image_bucket_of(0, 7), 0);
	assert_int_equal(image_bucket_of(UINT64_MAX, 7), 6);
	assert_int_equal(
	    image_bucket_of(UINT64_MAX, UINT32_MAX), UINT32_MAX - 1);
}

/* ---- full buckets */

/* <n> names that all fall into bucket <b> of an image of <n> names. */
static void
crowd(struct buf *text, size_t n, uint32_t b)
{
	uint32_t nbuckets = (uint32_t)(n / 7 + 1);
	char name[32];

	buf_reset(text);
	for (unsigned i = 0; n; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		if ((uint64_t)upper(name) * nbuckets >> 32 != b)
			continue;
		buf_addf(text, "%s\n", name);
		n--;
	}
}

static void
all_are_found(const struct image *im, struct str text)
{
	char out[128], want[64];
	struct str line;

	while (str_next(&text, '\n', &line) && line.n) {
		char name[32];

		assert_true(str_copy(line, name, sizeof(name)));
		snprintf(want, sizeof(want), "%s=0", name);
		build_ask(im, name, out, sizeof(out));
		assert_string_equal(out, want);
		/* its neighbours in the bucket are not it */
		name[line.n - 5] = '\0';
		snprintf(want, sizeof(want), "%sx.test", name);
		assert_int_equal(build_ask(im, want, out, sizeof(out)).n, 0);
	}
}

static void
buckets_hold_as_many_as_they_may(void **state)
{
	static const size_t sizes[] = {1, 11, 12, 13, 14, 50, 255, 256};
	struct buf text = BUF_EMPTY;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (unsigned last = 0; last < 2; last++) {
			uint32_t b = last ? (uint32_t)(sizes[i] / 7) : 0;
			struct build_source src = {
			    "l", "c", LIST_DOMAINS, {NULL, 0}};
			struct image im;
			struct buf out;
			const uint8_t *row;

			crowd(&text, sizes[i], b);
			src.text = buf_str(&text);
			out = build(&src, 1);
			im = build_view(&out);
			row = im.buckets + (size_t)b * IMAGE_BUCKET;
			assert_int_equal(
			    row[IMAGE_BUCKET - 1] == IMAGE_TAG_MORE,
			    sizes[i] > IMAGE_TAGS);
			all_are_found(&im, buf_str(&text));
			buf_fini(&out);
		}
	buf_fini(&text);
}

static void
a_bucket_with_more_is_an_error_and_no_image(void **state)
{
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct buf text = BUF_EMPTY, out = BUF_EMPTY;
	struct compile *c;
	struct err err = {0};

	(void)state;
	crowd(&text, IMAGE_BUCKET_MAX + 1, 3);
	src.text = buf_str(&text);
	c = build_feed(&src, 1, SIZE_MAX, SEED);
	assert_int_equal(compile_finish(c, &out, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(out.n, 0);
	compile_free(c);
	/* and with other chance it is one */
	c = build_feed(&src, 1, SIZE_MAX, SEED + 1);
	assert_int_equal(compile_finish(c, &out, &err), 0);
	compile_free(c);
	buf_fini(&out);
	buf_fini(&text);
}

/* ---- hashes that meet */

#define TWINS_AMONG (1u << 18)

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Two names whose hashes agree in all that is kept of them. */
static void
find_twins(char one[32], char two[32])
{
	uint64_t *all = malloc(TWINS_AMONG * sizeof(*all));

	assert_non_null(all);
	for (unsigned i = 0; i < TWINS_AMONG; i++) {
		snprintf(one, 32, "t%u.test", i);
		all[i] = (uint64_t)upper(one) << 32 | i;
	}
	qsort(all, TWINS_AMONG, sizeof(*all), compare_u64);
	for (unsigned i = 1; i < TWINS_AMONG; i++) {
		if (all[i] >> 32 != all[i - 1] >> 32)
			continue;
		snprintf(one, 32, "t%u.test", (unsigned)all[i - 1]);
		snprintf(two, 32, "t%u.test", (unsigned)all[i]);
		free(all);
		return;
	}
	fail_msg("no two hashes meet");
}

static void
names_of_one_hash_are_two_names(void **state)
{
	struct build_source src[3] = {{"l", "c", LIST_DOMAINS, {NULL, 0}},
	    {"m", "d", LIST_DOMAINS, {NULL, 0}},
	    {"n", "e", LIST_URLS, {NULL, 0}}};
	char one[32], two[32], ask[64], want[128], got[256];
	struct buf text[3] = {BUF_EMPTY, BUF_EMPTY, BUF_EMPTY}, b;
	struct image im;

	(void)state;
	find_twins(one, two);
	for (unsigned round = 0; round < 3; round++) {
		/* the first alone, the second alone, both */
		for (unsigned s = 0; s < 3; s++)
			buf_reset(&text[s]);
		if (round != 1)
			buf_addf(&text[0], "%s\n", one);
		if (round != 0)
			buf_addf(&text[1], "%s\n", two);
		buf_addf(&text[2], "%s/long/path\n%s/x\n", one, two);
		for (unsigned s = 0; s < 3; s++)
			src[s].text = buf_str(&text[s]);
		b = build(src, 3);
		im = build_view(&b);
		snprintf(want, sizeof(want), round != 1 ? "%s=0" : "", one);
		build_ask(&im, one, got, sizeof(got));
		assert_string_equal(got, want);
		snprintf(want, sizeof(want), round != 0 ? "%s=1" : "", two);
		build_ask(&im, two, got, sizeof(got));
		assert_string_equal(got, want);
		/* they share a list of lengths, and no paths */
		snprintf(ask, sizeof(ask), "www.%s/long/path/y", one);
		snprintf(want, sizeof(want), "%s%s%s~%s/long/path=2",
		    round != 1 ? "~" : "", round != 1 ? one : "",
		    round != 1 ? "=0 " : "", one);
		build_ask(&im, ask, got, sizeof(got));
		assert_string_equal(got, want);
		snprintf(ask, sizeof(ask), "%s/long/path", two);
		snprintf(want, sizeof(want), round != 0 ? "%s=1" : "", two);
		build_ask(&im, ask, got, sizeof(got));
		assert_string_equal(got, want);
		buf_fini(&b);
	}
	for (unsigned s = 0; s < 3; s++)
		buf_fini(&text[s]);
}

/* ---- lengths */

static void
paths_of_every_length_are_found(void **state)
{
	static char path[IMAGE_PATH_MAX + 64];
	struct build_source src = {"l", "c", LIST_URLS, {NULL, 0}};
	struct buf text = BUF_EMPTY, b;
	char room[NAME_ROOM];
	struct image im;
	struct name n;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	for (int k = 2; k <= IMAGE_PATH_MAX + 2; k++)
		buf_addf(&text, "bad.test%.*s\n", k, path);
	src.text = buf_str(&text);
	b = build(&src, 1);
	im = build_view(&b);
	assert_int_equal(im.nentries, IMAGE_PATH_MAX - 1);
	assert_int_equal(name_from_wire(STR("bad.test"), room, &n), NAME_OK);
	for (size_t k = 1; k <= IMAGE_PATH_MAX + 2; k++) {
		struct image_hits hits = {0};

		image_find_url(&im, n, str_make(path, k), &hits);
		assert_int_equal(hits.n, k > 1 && k <= IMAGE_PATH_MAX);
		if (!hits.n)
			continue;
		assert_int_equal(hits.hit[0].len, 8 + k);
		assert_int_equal(image_line(&im, hits.hit[0].entry, 0), k - 1);
	}
	/* a longer one is judged by how it begins */
	for (size_t k = 2; k <= IMAGE_PATH_MAX; k += 31) {
		struct image_hits hits = {0};

		path[k] = '?';
		image_find_url(&im, n, str_make(path, sizeof(path)), &hits);
		assert_int_equal(hits.n, 1);
		path[k] = 'x';
	}
	buf_fini(&b);
	buf_fini(&text);
}

static void
names_of_every_length_are_found(void **state)
{
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct buf text = BUF_EMPTY, b;
	char name[254];
	struct image im;

	(void)state;
	for (size_t n = 3; n <= 253; n++) {
		memset(name, 'y', n);
		for (size_t i = n - 2; i < n; i -= 64)
			name[i] = '.';
		if (name[0] == '.')
			continue;
		buf_addf(&text, "%.*s\n", (int)n, name);
	}
	src.text = buf_str(&text);
	b = build(&src, 1);
	im = build_view(&b);
	for (struct str rest = buf_str(&text), line;
	     str_next(&rest, '\n', &line) && line.n;) {
		struct image_hits hits = {0};
		char room[NAME_ROOM];
		struct name n;

		assert_int_equal(name_from_wire(line, room, &n), NAME_OK);
		image_find_host(&im, n, &hits);
		assert_true(hits.n >= 1 && hits.hit[0].self);
		assert_int_equal(hits.hit[0].len, line.n);
	}
	buf_fini(&b);
	buf_fini(&text);
}

/* ---- networks in networks */

static void
each_network_around_an_address_is_found(void **state)
{
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct buf text = BUF_EMPTY, b;
	struct image im;

	(void)state;
	/* all that there can be, in an order that helps nobody */
	for (unsigned i = 0; i < 25; i++)
		buf_addf(&text, "203.0.113.85/%u\n", 8 + i * 7 % 25);
	for (unsigned i = 0; i < 113; i++)
		buf_addf(&text, "2001:db8:5555::5555/%u\n", 16 + i * 10 % 113);
	src.text = buf_str(&text);
	b = build(&src, 1);
	im = build_view(&b);
	assert_int_equal(im.nnets4, 25);
	assert_int_equal(im.nnets6, 113);
	for (unsigned flip = 8; flip <= 32; flip++) {
		struct name n = {.p = "",
		    .n = 1,
		    .kind = NAME_IPV4,
		    .addr = {203, 0, 113, 85}};
		struct image_hits hits = {0};

		if (flip < 32)
			n.addr[flip / 8] ^= (uint8_t)(0x80u >> flip % 8);
		image_find_host(&im, n, &hits);
		/* those of 8 .. flip bits */
		assert_int_equal(hits.n, flip - 7);
		assert_int_equal(hits.hit[0].self, flip == 32);
		assert_false(hits.more);
	}
	for (unsigned flip = 16; flip <= 128; flip++) {
		struct name n = {.p = "",
		    .n = 1,
		    .kind = NAME_IPV6,
		    .addr = {0x20, 1, 0xd, 0xb8, 0x55,
		        0x55, [14] = 0x55, [15] = 0x55}};
		struct image_hits hits = {0};
		unsigned want = flip - 15;

		if (flip < 128)
			n.addr[flip / 8] ^= (uint8_t)(0x80u >> flip % 8);
		image_find_host(&im, n, &hits);
		assert_int_equal(hits.more, want > IMAGE_HITS_MAX);
		assert_int_equal(
		    hits.n, want > IMAGE_HITS_MAX ? IMAGE_HITS_MAX : want);
		assert_int_equal(hits.hit[0].self, flip == 128);
	}
	buf_fini(&b);
	buf_fini(&text);
}

/* ---- damage that is meant */

static struct buf
build_urls(void)
{
	struct build_source src = {"l", "c", LIST_URLS,
	    STR("bad.test/x\nbad.test/x/y\nbad.test/x/y/z\n"
	        "198.51.100.0/x\n198.51.100.7/x\nbad.test\n198.51.100.7\n")};

	return build(&src, 1);
}

static struct image_hits
ask_url(const struct image *im, const char *host, const char *path)
{
	struct image_hits hits = {0};
	char room[NAME_ROOM];
	struct name n;

	assert_int_equal(name_from_wire(str_of(host), room, &n), NAME_OK);
	image_find_host(im, n, &hits);
	image_find_url(im, n, str_of(path), &hits);
	return hits;
}

/* Where in <b> section <s> is. */
static uint8_t *
section(struct buf *b, enum image_section s)
{
	uint8_t *p = (uint8_t *)b->p;

	return p + image_rd64(p + IMAGE_SECTIONS + 16 * s);
}

/* The list of path lengths of bad.test. */
static uint8_t *
lengths_of(struct buf *b)
{
	uint8_t *p = section(b, IMAGE_PREFIXES);
	uint32_t nslots = image_rd32(p), h = upper("bad.test");
	uint8_t *slot = p + 8 + (size_t)(h & (nslots - 1)) * IMAGE_SLOT;

	while (image_rd32(slot) != h)
		slot += IMAGE_SLOT;
	return p + image_rd32(slot + 4);
}

static void
lengths_that_repeat_or_lead_astray_find_nothing_twice(void **state)
{
	static const struct {
		uint16_t len[3];
		unsigned found; /* of /x, /x/y, /x/y/z, besides the host */
	} row[] = {
	    {{2, 4, 6}, 3},
	    {{6, 6, 6}, 1},
	    {{2, 2, 2}, 1},
	    {{6, 4, 2}, 1},
	    {{4, 2, 6}, 2},
	    {{0, 0, 0}, 0},
	    {{0, 4, 65535}, 1},
	    {{65535, 65535, 65535}, 0},
	    {{3, 5, 7}, 0},
	};
	struct buf b = build_urls();
	struct image im = build_view(&b);
	uint8_t *list = lengths_of(&b);

	(void)state;
	assert_int_equal(image_rd16(list), 3);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct image_hits h;

		for (unsigned k = 0; k < 3; k++)
			emit_wr16(list + 2 + 2 * k, row[i].len[k]);
		h = ask_url(&im, "bad.test", "/x/y/z");
		assert_int_equal(h.n, 1 + row[i].found);
	}
	/* more lengths than there is room for are none at all */
	emit_wr16(list, 65535);
	assert_int_equal(ask_url(&im, "bad.test", "/x/y/z").n, 1);
	buf_fini(&b);
}

static void
a_table_of_full_slots_is_looked_through_so_far(void **state)
{
	struct buf b = build_urls();
	struct image im = build_view(&b);
	uint8_t *p = section(&b, IMAGE_PREFIXES);
	uint32_t slots = image_rd32(p) + IMAGE_SLOTS_AWAY;

	(void)state;
	for (uint32_t i = 0; i < slots; i++)
		memset(p + 8 + i * IMAGE_SLOT, 0xff, IMAGE_SLOT);
	assert_int_equal(ask_url(&im, "bad.test", "/x").n, 1);
	assert_int_equal(ask_url(&im, "x.y.z.bad.test", "/x").n, 1);
	buf_fini(&b);
}

/* An entry that is all empty pieces would be longer than any key. */
static void
empty_pieces_are_part_of_no_text(void **state)
{
	struct buf b = build_urls();
	struct image im = build_view(&b);
	struct image_hits h = ask_url(&im, "bad.test", "/");
	uint8_t *entry = section(&b, IMAGE_BLOB) + h.hit[0].entry;
	char out[64];

	(void)state;
	assert_int_equal(h.n, 1);
	assert_int_equal(entry[0], 8);     /* class and ending: a byte each */
	assert_int_equal(im.pieces[0], 0); /* too few to learn any */
	entry[3] = 128;
	assert_int_equal(ask_url(&im, "bad.test", "/").n, 0);
	assert_int_equal(ask_url(&im, "ad.test", "/").n, 0);
	/* to be shown it is just shorter */
	assert_int_equal(image_entry_text(&im, &h.hit[0], out, sizeof(out)), 7);
	assert_string_equal(out, "ad.test");
	section(&b, IMAGE_PIECES)[0] = IMAGE_PIECE + 1;
	assert_int_equal(ask_url(&im, "bad.test", "/").n, 0);
	assert_int_equal(image_entry_text(&im, &h.hit[0], out, sizeof(out)), 7);
	buf_fini(&b);
}

static void
networks_lead_outwards_only(void **state)
{
	struct build_source src = {"l", "c", LIST_DOMAINS,
	    STR("10.0.0.0/8\n10.1.0.0/16\n10.1.1.0/24\n10.1.1.1\n")};
	struct buf b = build(&src, 1);
	struct image im = build_view(&b);
	uint8_t *nets = section(&b, IMAGE_NETS4);

	(void)state;
	assert_int_equal(ask_url(&im, "10.1.1.1", "/").n, 4);
	for (uint32_t outer = 0; outer < 8; outer++) {
		/* the innermost: back to itself, further in, out of all */
		emit_wr32(nets + 3 * IMAGE_NET4 + 4, outer);
		assert_int_equal(ask_url(&im, "10.1.1.1", "/").n,
		    outer <= 3 ? 1 + outer : 1);
	}
	emit_wr32(nets + 3 * IMAGE_NET4 + 4, UINT32_MAX);
	assert_int_equal(ask_url(&im, "10.1.1.1", "/").n, 1);
	/* prefixes longer than an address hold nothing */
	for (uint32_t bits = 33; bits; bits <<= 1) {
		emit_wr32(nets + 3 * IMAGE_NET4 + 16, bits);
		assert_int_equal(ask_url(&im, "10.1.1.1", "/").n, 0);
	}
	buf_fini(&b);
}

static void
classes_out_of_range_say_nothing(void **state)
{
	static const uint32_t harm[] = {
	    1, 2, 0x7fffffff, 0x80000000u, 0xffffffffu};
	struct build_source src = {
	    "l", "c", LIST_DOMAINS, STR("bad.test\n10.0.0.0/8\n")};
	struct buf b = build(&src, 1);
	struct image im = build_view(&b);
	uint8_t *classes = section(&b, IMAGE_CLASSES);
	uint8_t *nets = section(&b, IMAGE_NETS4);
	uint16_t id;

	(void)state;
	assert_int_equal(im.nclasses, 1);
	assert_int_equal(image_class_sources(&im, 0, &id, 1), 1);
	for (size_t i = 0; i < ARRAY_LEN(harm); i++) {
		emit_wr32(nets + 8, harm[i]);
		/* a network counts only by what its class covers */
		assert_int_equal(ask_url(&im, "10.1.1.1", "/").n, 0);
		emit_wr32(nets + 8, 0);
		emit_wr32(classes, harm[i]);
		if (harm[i] != 1 && harm[i] != 0x80000000u)
			assert_int_equal(
			    image_class_sources(&im, 0, &id, 1), 0);
		emit_wr32(classes, 0);
	}
	emit_wr32(classes + 4, 2); /* one source more than is there */
	assert_int_equal(image_class_sources(&im, 0, &id, 1), 0);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_grow_where_the_format_says),
	    cmocka_unit_test(an_entry_cut_short_is_none),
	    cmocka_unit_test(tags_are_never_the_two_that_mean_something),
	    cmocka_unit_test(buckets_hold_as_many_as_they_may),
	    cmocka_unit_test(a_bucket_with_more_is_an_error_and_no_image),
	    cmocka_unit_test(names_of_one_hash_are_two_names),
	    cmocka_unit_test(paths_of_every_length_are_found),
	    cmocka_unit_test(names_of_every_length_are_found),
	    cmocka_unit_test(each_network_around_an_address_is_found),
	    cmocka_unit_test(
	        lengths_that_repeat_or_lead_astray_find_nothing_twice),
	    cmocka_unit_test(a_table_of_full_slots_is_looked_through_so_far),
	    cmocka_unit_test(empty_pieces_are_part_of_no_text),
	    cmocka_unit_test(networks_lead_outwards_only),
	    cmocka_unit_test(classes_out_of_range_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
