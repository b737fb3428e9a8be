/*
 * delta_test.c - what a delta makes of an image is the other image, byte for
 * byte; and a delta that is damaged, hostile or another's makes nothing.
 */
#include "tests/unit/lists/delta_kit.h"

#define LEN(a)  (sizeof(a) / sizeof((a)[0]))
#define SOURCES 6

static size_t
count(const struct build_source *src)
{
	size_t n = 0;

	while (n < SOURCES && src[n].list)
		n++;
	return n;
}

/* The delta from <a> to <b> makes <b>; its size. */
static size_t
proves(const struct buf *a, const struct buf *b, const char *rule)
{
	struct buf delta = make(a, b), out = BUF_EMPTY;
	struct err err;
	size_t n = delta.n;

	if (apply(a, as_bytes(&delta), &out, &err) < 0)
		fail_msg("%s: %s", rule, err.text);
	if (out.n != b->n || memcmp(out.p, b->p, b->n) != 0)
		fail_msg("%s: another image", rule);
	buf_fini(&delta);
	buf_fini(&out);
	return n;
}

#define D(list, text)                                                          \
	{                                                                      \
		list, "c", LIST_DOMAINS,                                       \
		{                                                              \
			text, sizeof(text) - 1                                 \
		}                                                              \
	}
#define F(list, fmt, text)                                                     \
	{                                                                      \
		list, "c", LIST_##fmt,                                         \
		{                                                              \
			text, sizeof(text) - 1                                 \
		}                                                              \
	}

static const struct {
	const char *rule;
	struct build_source a[SOURCES], b[SOURCES];
} pairs[] = {
    {"nothing changes", {D("l", "a.test\nb.test\n")},
        {D("l", "a.test\nb.test\n")}},
    {"nothing to nothing", {D("l", "")}, {D("l", "")}},
    {"from nothing", {D("l", "")}, {D("l", "a.test\nb.test/x\n10.0.0.0/8\n")}},
    {"to nothing", {D("l", "a.test\nb.test/x\n10.0.0.0/8\n")}, {D("l", "")}},
    {"a line in front moves all", {D("l", "b.test\nc.test\n")},
        {D("l", "a.test\nb.test\nc.test\n")}},
    {"a line in the middle goes", {D("l", "a.test\nb.test\nc.test\n")},
        {D("l", "a.test\nc.test\n")}},
    {"a remark comes", {D("l", "a.test\nb.test\nc.test\n")},
        {D("l", "a.test\n# x\n\n\nb.test\nc.test\n")}},
    {"lines change their order", {D("l", "a.test\nb.test\nc.test\nd.test\n")},
        {D("l", "d.test\nb.test\na.test\nc.test\n")}},
    {"the first of two equal lines goes",
        {D("l", "a.test\nb.test\nc.test\na.test\n")},
        {D("l", "b.test\nc.test\na.test\n")}},
    {"names of one line part",
        {F("l", HOSTS, "0.0.0.0 a.test b.test c.test\n")},
        {F("l", HOSTS, "0.0.0.0 b.test\n0.0.0.0 a.test\n0.0.0.0 c.test\n")}},
    {"a list comes in front", {D("m", "a.test\nb.test\n")},
        {D("l", "b.test\n"), D("m", "a.test\nb.test\n")}},
    {"a list goes", {D("l", "a.test\n"), D("m", "a.test\nb.test\n")},
        {D("m", "a.test\nb.test\n")}},
    {"lists change places",
        {D("l", "a.test\nb.test\n"), D("m", "a.test\nc.test\n")},
        {D("m", "a.test\nc.test\n"), D("l", "a.test\nb.test\n")}},
    {"a list has another name", {D("l", "a.test\nb.test\n")},
        {D("m", "a.test\nb.test\n")}},
    {"two sources of the same names",
        {D("l", "a.test\nb.test\n"), D("l", "a.test\nc.test\n")},
        {D("l", "a.test\n"), D("l", "c.test\na.test\n"), D("l", "d.test\n")}},
    {"an entry is of one list more",
        {D("l", "a.test\nb.test\n"), D("m", "b.test\n")},
        {D("l", "a.test\nb.test\n"), D("m", "a.test\nb.test\n")}},
    {"networks", {D("l", "10.0.0.0/8\n10.1.0.0/16\n2001:db8::/32\n::1\n")},
        {D("l", "10.1.0.0/16\n10.1.1.1\n2001:db8::/33\n0.0.0.0/0\n::1\n")}},
    {"a domain becomes an URL and a network", {D("l", "a.test\n")},
        {D("l", "a.test/x\n10.0.0.1\n")}},
    {"URLs", {F("l", URLS, "a.test/x\na.test/y/z\nb.test/\n10.0.0.1/x\n")},
        {F("l", URLS, "a.test/x\nb.test/q?r=1\na.test/y/zz\n10.0.0.1/x\n")}},
    {
        "patterns",
        {F("l", PATTERNS, "casino\nbet[0-9]+\n^http\n")},
        {F("l", PATTERNS, "poker\nbet[0-9]+\ncasino\n")},
    },
    {"a pattern of two lists",
        {F("l", PATTERNS, "casino\n"), F("m", PATTERNS, "x\ncasino\n")},
        {F("l", PATTERNS, "casino\nx\n"), F("m", PATTERNS, "casino\n")}},
    {"roles", {F("l", ADBLOCK, "||a.test^\n@@||b.a.test^\n||c.test^\n")},
        {F("l", ADBLOCK,
            "@@||b.a.test^\n||c.test^$important\n||a.test^\n/ads[0-9]/\n")}},
    {"an entry is cancelled", {F("l", ADBLOCK, "||a.test^\n||b.test^\n")},
        {F("l", ADBLOCK, "||a.test^\n||b.test^\n||a.test^$badfilter\n")}},
    {"digests",
        {F("l", HASHED,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            ",host,c,2026-01-01\n")},
        {F("l", HASHED,
            "# x\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            ",host,c,2026-01-01\n"
            "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
            ",host,c,2026-01-01\n")}},
};

static void
the_other_image_comes_out_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(pairs); i++)
		for (uint64_t seed = 1; seed < 3; seed++) {
			struct buf a =
			    build_seed(pairs[i].a, count(pairs[i].a), 1);
			struct buf b =
			    build_seed(pairs[i].b, count(pairs[i].b), seed);

			proves(&a, &b, pairs[i].rule);
			proves(&b, &a, pairs[i].rule);
			buf_fini(&a);
			buf_fini(&b);
		}
}

/* ---------------------------------------------------------- many entries */

static uint32_t chance_state;

static uint32_t
chance(uint32_t below)
{
	chance_state = chance_state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(chance_state >> 4) * below >> 28);
}

/* Line <i> of a list: many names of few zones, URLs, networks. */
static void
add_line(struct buf *to, uint32_t i)
{
	if (i % 17 == 0)
		buf_addf(
		    to, "name%u.zone%u.test/p%u/%u\n", i / 34, i % 5, i % 7, i);
	else if (i % 29 == 0)
		buf_addf(to, "10.%u.%u.0/24\n", i / 29 % 256, i % 256);
	else
		buf_addf(to, "www.name%u.zone-of-many-%u.test\n", i, i % 7);
}

/* <n> lines; then the same less one in <less> and with one in <more> new. */
static void
make_many(struct buf text[2], uint32_t n, uint32_t less, uint32_t more)
{
	for (uint32_t i = 0; i < n; i++) {
		add_line(&text[0], i);
		if (chance(less))
			add_line(&text[1], i);
		if (!chance(more))
			add_line(&text[1], n + i);
	}
}

/* Two images of some lists that are <n> lines long. */
static void
many(struct buf im[2], uint32_t n, uint32_t less, uint32_t more)
{
	struct buf x[2] = {BUF_EMPTY, BUF_EMPTY}, y[2] = {BUF_EMPTY, BUF_EMPTY};

	chance_state = n;
	make_many(x, n, less, more);
	make_many(y, n / 3, less, more);
	for (unsigned i = 0; i < 2; i++) {
		const struct build_source src[] = {
		    {"l", "c", LIST_DOMAINS, buf_str(&x[i])},
		    {"m", "c", LIST_DOMAINS, buf_str(&y[i])}};

		im[i] = build_seed(src, 2, 5 + i);
	}
	for (unsigned i = 0; i < 2; i++) {
		buf_fini(&x[i]);
		buf_fini(&y[i]);
	}
}

static void
few_changes_make_a_small_delta(void **state)
{
	struct buf im[2];
	size_t n;

	(void)state;
	many(im, 30000, 200, 100);
	n = proves(&im[0], &im[1], "one in a hundred more");
	if (n > im[1].n / 25)
		fail_msg("a delta of %zu bytes for %zu", n, im[1].n);
	n = proves(&im[1], &im[1], "none");
	assert_in_range(n, 128, 200);
	buf_fini(&im[0]);
	buf_fini(&im[1]);
	many(im, 5000, 2, 2);
	proves(&im[0], &im[1], "half of it");
	proves(&im[1], &im[0], "half of it, back");
	buf_fini(&im[0]);
	buf_fini(&im[1]);
}

static void
too_much_is_told_and_nothing_is_left(void **state)
{
	struct buf im[2], delta = BUF_EMPTY, other = BUF_EMPTY;
	struct image a, b;
	struct err err;
	size_t n;

	(void)state;
	many(im, 2000, 2, 2);
	a = build_view(&im[0]);
	b = build_view(&im[1]);
	assert_int_equal(delta_make(&a, &b, ANY_SIZE, &delta, &err), 0);
	n = delta.n;
	assert_int_equal(delta_make(&a, &b, n, &delta, &err), 0);
	assert_int_equal(delta.n, n);
	for (size_t max = 0; max < n; max += max < 9 ? 1 : n / 9) {
		err = (struct err){0};
		assert_int_equal(delta_make(&a, &b, max, &other, &err), -1);
		assert_int_equal(err.code, ERR_LIMIT);
		assert_int_equal(other.n, 0);
	}
	assert_int_equal(delta_make(&a, &b, n - 1, &other, NULL), -1);
	buf_fini(&delta);
	buf_fini(&im[0]);
	buf_fini(&im[1]);
}

/* ---------------------------------------------------------- bounded memory */

static struct buf parts[COMPILE_PARTS];
static unsigned appends, fail_append;

static int
part_append(void *ctx, unsigned part, const void *p, size_t n, struct err *err)
{
	(void)ctx;
	if (++appends == fail_append)
		return err_set(err, ERR_SYSTEM, "the disk is full");
	buf_add(&parts[part], p, n);
	return 0;
}

static int
part_read(
    void *ctx, unsigned part, uint64_t off, void *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)err;
	assert_true(off + n <= parts[part].n);
	memcpy(p, parts[part].p + off, n);
	return 0;
}

static void
bounded_memory_gives_the_same_bytes(void **state)
{
	static const struct compile_spill spill = {
	    NULL, part_append, part_read};
	const struct delta_room room = {64 << 10, &spill};
	struct buf im[2], delta, out = BUF_EMPTY;
	struct compile_out to = {&out, to_write, to_view};
	struct image a;
	struct delta d;
	struct err err;
	uint64_t n;

	(void)state;
	many(im, 8000, 50, 50);
	delta = make(&im[0], &im[1]);
	a = build_view(&im[0]);
	assert_int_equal(delta_view(&d, as_bytes(&delta), &err), 0);
	if (delta_apply(&a, &d, &room, &to, &n, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(appends > 100);
	assert_int_equal(n, im[1].n);
	assert_memory_equal(out.p, im[1].p, n);
	for (unsigned i = 0; i < COMPILE_PARTS; i++)
		buf_fini(&parts[i]);
	fail_append = appends + 70;
	assert_int_equal(delta_apply(&a, &d, &room, &to, &n, &err), -1);
	assert_string_equal(err.text, "the disk is full");
	for (unsigned i = 0; i < COMPILE_PARTS; i++)
		buf_fini(&parts[i]);
	buf_fini(&out);
	buf_fini(&delta);
	buf_fini(&im[0]);
	buf_fini(&im[1]);
}

/* --------------------------------------------------------- what is refused */

/* Two small images with some of everything. */
static void
two_small(struct buf im[2])
{
	static const struct build_source a[] = {
	    D("l", "a.test\nb.test\nc.test/x\n10.0.0.0/8\nd.test\n"),
	    F("l", PATTERNS, "casino\npoker\n"),
	    F("m", ADBLOCK, "||a.test^\n@@||b.a.test^\n||c.test^\n")};
	static const struct build_source b[] = {
	    D("l", "a.test\n\nc.test/x\ne.test\n10.0.0.0/8\n::1\nd.test\n"),
	    F("l", PATTERNS, "bet\npoker\n"),
	    F("m", ADBLOCK, "||a.test^\n@@||b.a.test^\n||c.test^$important\n"),
	    F("n", HASHED,
	        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8"
	        "55,host,c,2026-01-01\n")};

	im[0] = build_seed(a, LEN(a), 3);
	im[1] = build_seed(b, LEN(b), 4);
}

static void
only_its_own_base_is_taken(void **state)
{
	struct buf im[2], delta, back, out = BUF_EMPTY, other;
	static const struct build_source o[] = {D("l", "a.test\nb.test\n")};
	struct err err;

	(void)state;
	two_small(im);
	delta = make(&im[0], &im[1]);
	back = make(&im[1], &im[0]);
	other = build_seed(o, 1, 3);
	assert_int_equal(apply(&im[1], as_bytes(&delta), &out, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(apply(&other, as_bytes(&delta), &out, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(apply(&im[0], as_bytes(&back), &out, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(apply(&im[1], as_bytes(&back), &out, &err), 0);
	assert_int_equal(out.n, im[0].n);
	buf_fini(&delta);
	buf_fini(&back);
	buf_fini(&other);
	buf_fini(&out);
	buf_fini(&im[0]);
	buf_fini(&im[1]);
}

/* The header is right, what is behind it is not: what comes out is the image
 * that is wanted (where the damage did not matter), or nothing does. */
static void
a_damaged_base_gives_no_other_image(void **state)
{
	struct buf im[2], delta, out = BUF_EMPTY;
	unsigned refused = 0;
	struct err err;

	(void)state;
	two_small(im);
	delta = make(&im[0], &im[1]);
	for (size_t i = 352; i < im[0].n; i++) {
		char was = im[0].p[i];

		im[0].p[i] = (char)(was ^ (1 << i % 8));
		if (apply(&im[0], as_bytes(&delta), &out, &err) == 0) {
			assert_int_equal(out.n, im[1].n);
			assert_memory_equal(out.p, im[1].p, out.n);
		} else {
			assert_int_equal(err.code, ERR_CORRUPT);
			refused++;
		}
		im[0].p[i] = was;
	}
	assert_true(refused > 100);
	buf_fini(&delta);
	buf_fini(&out);
	buf_fini(&im[0]);
	buf_fini(&im[1]);
}

/* A copy of its own, so that a read behind its end is seen. */
static struct bytes
copy_of(const uint8_t *p, size_t n)
{
	uint8_t *q = test_malloc(n + !n);

	if (n)
		memcpy(q, p, n);
	return (struct bytes){q, n};
}

static void
every_beginning_is_refused(void **state)
{
	struct buf im[2], delta, out = BUF_EMPTY;
	struct err err;

	(void)state;
	two_small(im);
	delta = make(&im[0], &im[1]);
	for (size_t n = 0; n < delta.n; n++) {
		struct bytes b = copy_of((const uint8_t *)delta.p, n);

		assert_int_equal(apply(&im[0], b, &out, &err), -1);
		assert_int_equal(err.code, ERR_CORRUPT);
		/* and where length and checksum are those of the beginning */
		if (n >= 128) {
			put_right((uint8_t *)(uintptr_t)b.p, n);
			assert_int_equal(apply(&im[0], b, &out, &err), -1);
			assert_int_equal(err.code, ERR_CORRUPT);
		}
		test_free((void *)(uintptr_t)b.p);
	}
	/* nor is something behind it */
	buf_add_char(&delta, '\0');
	put_right((uint8_t *)delta.p, delta.n);
	assert_int_equal(apply(&im[0], as_bytes(&delta), &out, &err), -1);
	buf_fini(&delta);
	buf_fini(&out);
	buf_fini(&im[0]);
	buf_fini(&im[1]);
}

/* With the checksum put right too: then what comes out has to be the image
 * that the delta names. */
static void
every_flipped_bit_is_refused(void **state)
{
	struct buf im[2], delta, out = BUF_EMPTY;
	struct err err;

	(void)state;
	two_small(im);
	delta = make(&im[0], &im[1]);
	for (size_t i = 0; i < delta.n * 8; i++) {
		struct bytes b = copy_of((const uint8_t *)delta.p, delta.n);
		uint8_t *p = (uint8_t *)(uintptr_t)b.p;

		p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(apply(&im[0], b, &out, &err), -1);
		assert_int_not_equal(err.code, ERR_NONE);
		put_right(p, b.n);
		/* bits that mean nothing: reserved, checksum, length */
		if (apply(&im[0], b, &out, &err) == 0) {
			assert_int_equal(out.n, im[1].n);
			assert_memory_equal(out.p, im[1].p, out.n);
		} else {
			assert_int_not_equal(err.code, ERR_NONE);
			assert_int_not_equal(err.text[0], '\0');
		}
		test_free(p);
	}
	buf_fini(&delta);
	buf_fini(&out);
	buf_fini(&im[0]);
	buf_fini(&im[1]);
}

/* Numbers that promise more than there is. */
static void
no_count_is_believed(void **state)
{
	static const uint8_t huge[] = {
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
	struct buf im[2], delta, out = BUF_EMPTY;
	struct err err;

	(void)state;
	two_small(im);
	delta = make(&im[0], &im[1]);
	for (size_t at = 128; at < delta.n; at++) {
		struct buf bad = BUF_EMPTY;

		buf_add(&bad, delta.p, at);
		buf_add(&bad, huge, sizeof(huge));
		buf_add(&bad, delta.p + at + 1, delta.n - at - 1);
		put_right((uint8_t *)bad.p, bad.n);
		assert_int_equal(apply(&im[0], as_bytes(&bad), &out, &err), -1);
		bad.p[12] = bad.p[13] = (char)0xff; /* sources */
		put_right((uint8_t *)bad.p, bad.n);
		assert_int_equal(apply(&im[0], as_bytes(&bad), &out, &err), -1);
		buf_fini(&bad);
	}
	buf_fini(&delta);
	buf_fini(&out);
	buf_fini(&im[0]);
	buf_fini(&im[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_other_image_comes_out_byte_for_byte),
	    cmocka_unit_test(few_changes_make_a_small_delta),
	    cmocka_unit_test(too_much_is_told_and_nothing_is_left),
	    cmocka_unit_test(bounded_memory_gives_the_same_bytes),
	    cmocka_unit_test(only_its_own_base_is_taken),
	    cmocka_unit_test(a_damaged_base_gives_no_other_image),
	    cmocka_unit_test(every_beginning_is_refused),
	    cmocka_unit_test(every_flipped_bit_is_refused),
	    cmocka_unit_test(no_count_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
