/*
 * ruin_test.c - an image of all kinds of entries in which a number is wrong: a
 * section's place or length, a count, any four bytes. It is refused, or it is
 * asked everything without a step outside.
 */
#include "tests/unit/lists/worlds.h"

#include "lists/image_format.h"

static const struct build_source sources[] = {
    {"a", "c", LIST_ADBLOCK,
        STR_INIT("||bad.test^\n@@||good.bad.test^\n||x.test^$important\n"
                 "||y.test^$denyallow=z.y.test\n||u.test/a*b\n")},
    {"d", "", LIST_URLS,
        STR_INIT("u.test/a\nu.test/a/b?c\n198.51.100.7/x\nw.u.test/a/\n")},
    {"e", "c", LIST_DOMAINS,
        STR_INIT("198.51.100.0/24\n198.51.0.0/16\n2001:db8::/32\n"
                 "2001:db8:1::/48\nbad.test\n")},
    {"f", "", LIST_RPZ,
        STR_INIT("*.bad.test CNAME .\n24.0.100.51.198.rpz-ip CNAME "
                 "rpz-passthru.\n")},
    {"g", "", LIST_HASHED,
        STR_INIT("645379a67e849fb8c5d5278f6057d2b82ba0b034c7519a8535dd12822c"
                 "a3fe7f,host,c,\n")},
    {"h", "", LIST_PATTERNS, STR_INIT("casino[0-9]+\n")},
};

static bool
see(void *arg, const struct image_item *item)
{
	uint64_t *sum = arg;

	for (size_t i = 0; i < item->text.n; i++)
		*sum += (unsigned char)item->text.p[i];
	return true;
}

static void
ask_everything(const struct image *im)
{
	static const char *const ask[] = {"w.good.bad.test/a/b?c", "x.test",
	    "z.y.test", "w.w.u.test/a/b?c&d", "198.51.100.7/x",
	    "[2001:db8:1::5]/x", "[::ffff:198.51.100.7]/x"};
	struct image_pattern p;
	struct image_source s;
	struct image_hits hits;
	uint64_t sum = 0;
	char text[64];

	for (size_t i = 0; i < ARRAY_LEN(ask); i++) {
		const struct image_held *held = worlds_held(im, str_of(ask[i]));

		for (uint32_t k = 0; k < held->n; k++)
			assert_true(image_source(im, held->v[k].source, &s));
		worlds_find(im, str_of(ask[i]), &hits);
		for (uint32_t k = 0; k < hits.n; k++) {
			image_line(im, hits.hit[k].entry, 0);
			image_entry_text(im, &hits.hit[k], text, sizeof(text));
		}
	}
	for (uint32_t i = 0; i < 50; i++) {
		if (image_pattern(im, i, &p))
			for (size_t k = 0; k < p.text.n; k++)
				sum += (unsigned char)p.text.p[k];
		if (image_source(im, (uint16_t)i, &s))
			for (size_t k = 0; k < s.file.n; k++)
				sum += (unsigned char)s.file.p[k];
	}
	image_each(im, see, &sum);
}

static unsigned refused, asked;

/* View <n> bytes of a copy that ends where its memory does. */
static void
try_it(const struct buf *whole, size_t at, const void *with, size_t n)
{
	uint8_t *p = malloc(whole->n);
	struct image im;
	struct err err;

	assert_non_null(p);
	memcpy(p, whole->p, whole->n);
	memcpy(p + at, with, n);
	if (image_view(&im, (struct bytes){p, whole->n}, &err) < 0) {
		refused++;
	} else {
		asked++;
		assert_int_equal(
		    image_intact(&im), memcmp(p, whole->p, whole->n) == 0);
		ask_everything(&im);
	}
	free(p);
}

static void
any_wrong_word_leads_nowhere_outside(void **state)
{
	static const uint8_t harm[][4] = {{0, 0, 0, 0},
	    {0xff, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0x7f}, {1, 0, 0, 0}};
	struct buf b = build(sources, ARRAY_LEN(sources));

	(void)state;
	refused = asked = 0;
	for (size_t at = 0; at + 4 <= b.n; at += 2)
		for (size_t k = 0; k < ARRAY_LEN(harm); k++)
			try_it(&b, at, harm[k], 4);
	assert_true(refused > 50 && asked > 1000);
	buf_fini(&b);
}

/* Counts and sections of the header, by a little more and a little less. */
static void
numbers_of_the_header_a_little_wrong_lead_nowhere_outside(void **state)
{
	static const int64_t by[] = {
	    -64, -20, -16, -8, -4, -2, -1, 1, 2, 4, 8, 16, 20, 64};
	struct buf b = build(sources, ARRAY_LEN(sources));

	(void)state;
	refused = asked = 0;
	for (size_t at = 80; at < IMAGE_HEADER; at += 4)
		for (size_t k = 0; k < ARRAY_LEN(by); k++) {
			uint32_t v = image_rd32((const uint8_t *)b.p + at) +
			             (uint32_t)by[k];
			uint8_t raw[4] = {(uint8_t)v, (uint8_t)(v >> 8),
			    (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

			try_it(&b, at, raw, 4);
		}
	assert_true(refused > 50 && asked > 50);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_wrong_word_leads_nowhere_outside),
	    cmocka_unit_test(
	        numbers_of_the_header_a_little_wrong_lead_nowhere_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
