/*
 * delta_hostile_test.c - deltas written by hand: what docs/formats/delta.md
 * says is what is read, and whatever it forbids makes nothing.
 */
#include "lists/delta_format.h"
#include "lists/emit.h"
#include "tests/unit/lists/delta_kit.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT(lit)                                                              \
	{                                                                      \
		lit, sizeof(lit) - 1                                           \
	}

/* The base: two sources; postings 0 to 4, and a pattern's, number 5. */
static const struct build_source base_src[] = {
    {"l", "c", LIST_DOMAINS, TEXT("a.test\nb.test\nc.test\n10.0.0.0/8\n")},
    {"p", "c", LIST_PATTERNS, TEXT("casino\n")},
    {"m", "d", LIST_EXACT, TEXT("a.test\n")},
};
#define NBASE 6u

static struct buf base;

static int
begin(void **state)
{
	(void)state;
	base = build_seed(base_src, LEN(base_src), 1);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_fini(&base);
	return 0;
}

/* ------------------------------------------------------------- by hand */

static void
put_u64(struct buf *b, size_t at, uint64_t v)
{
	emit_wr64((uint8_t *)b->p + at, v);
}

/* A head as from the base to <to> (NULL: to what there is not). */
static struct buf
head(uint32_t nsources, const struct buf *to)
{
	static const uint8_t none[DELTA_HEADER];
	struct buf b = BUF_EMPTY;

	buf_add(&b, none, sizeof(none));
	memcpy(b.p, "\x89SZD\r\n\x1a\n\1", 9);
	emit_wr32((uint8_t *)b.p + 12, nsources);
	put_u64(&b, 40, base.n);
	memcpy(b.p + 48, base.p + 64, 16);
	if (to) {
		put_u64(&b, 64, to->n);
		memcpy(b.p + 72, to->p + 64, 16);
		memcpy(b.p + 88, to->p + 16, 8);   /* seed */
		memcpy(b.p + 96, to->p + 32, 8);   /* generation */
		memcpy(b.p + 104, to->p + 40, 16); /* fingerprint */
	}
	return b;
}

/*
 * Bytes from a notation: "5" a number, "-5" a signed number, "=5" one byte,
 * "'abc" a text, "\"abc" the bytes alone, "*3" three zero bytes; blanks
 * between.
 */
static void
put(struct buf *b, const char *notation)
{
	struct str rest = str_of(notation), word;

	while (str_next(&rest, ' ', &word)) {
		struct str tail = str_sub(word, 1, word.n);
		long v = strtol(
		    word.n ? word.p + (word.p[0] == '=') : "0", NULL, 10);

		if (word.n == 0)
			continue;
		if (word.p[0] == '\'')
			delta_put(b, tail.n);
		if (word.p[0] == '\'' || word.p[0] == '"') {
			buf_add_str(b, tail);
		} else if (word.p[0] == '=') {
			buf_add_char(b, (char)v);
		} else if (word.p[0] == '*') {
			for (v = strtol(word.p + 1, NULL, 10); v > 0; v--)
				buf_add_char(b, '\0');
		} else if (word.p[0] == '-' || word.p[0] == '+') {
			delta_put_signed(b, v);
		} else {
			delta_put(b, (uint64_t)v);
		}
	}
}

static int
apply_by_hand(struct buf *delta, struct buf *out, struct err *err)
{
	put_right((uint8_t *)delta->p, delta->n);
	return apply(&base, as_bytes(delta), out, err);
}

/* ------------------------------------------------- what is right is taken */

/* Sources of the base, as they are: origin, lines, rejected, skipped, date. */
#define KEEP3   "1 4 0 0 0  2 1 0 0 0  3 1 0 0 0"
#define STILL   "0 0 0" /* no runs */
#define NO_ADDS "0 0 0 0"

static const struct {
	const char *rule;
	unsigned nsources;
	const char *delta;
	struct build_source to[4];
} right[] = {
    {"nothing changes", 3, KEEP3 " " STILL " 0 " NO_ADDS,
        {{"l", "c", LIST_DOMAINS, TEXT("a.test\nb.test\nc.test\n10.0.0.0/8\n")},
            {"p", "c", LIST_PATTERNS, TEXT("casino\n")},
            {"m", "d", LIST_EXACT, TEXT("a.test\n")}}},
    {"lines move from the second on, and again from the fourth", 3,
        "1 7 0 0 0  2 1 0 0 0  3 1 0 0 0"
        "  2 2 +1 2 +2  0 0  0 " NO_ADDS,
        {{"l", "c", LIST_DOMAINS,
             TEXT("a.test\n\nb.test\nc.test\n\n\n10.0.0.0/8\n")},
            {"p", "c", LIST_PATTERNS, TEXT("casino\n")},
            {"m", "d", LIST_EXACT, TEXT("a.test\n")}}},
    {"a source that is no origin takes its postings along", 2,
        "3 1 0 0 0  1 4 0 0 0  0 0  0 " NO_ADDS,
        {{"m", "d", LIST_EXACT, TEXT("a.test\n")},
            {"l", "c", LIST_DOMAINS,
                TEXT("a.test\nb.test\nc.test\n10.0.0.0/8\n")}}},
    {"the pattern has the last number", 3,
        "1 4 0 0 0  2 0 0 0 0  3 1 0 0 0 " STILL " 1 5 " NO_ADDS,
        {{"l", "c", LIST_DOMAINS, TEXT("a.test\nb.test\nc.test\n10.0.0.0/8\n")},
            {"p", "c", LIST_PATTERNS, TEXT("")},
            {"m", "d", LIST_EXACT, TEXT("a.test\n")}}},
    {"what comes, of each kind", 4,
        "1 5 0 0 0  2 2 0 0 0  3 1 0 0 0"
        "  0 'n 'c 'list.txt =0 0 2 0 0 0 " STILL " 0"
        "  2 0 1 5 6 0 \"x.test  3 1 1 6 0 \"b.test"
        "  1 3 1 2 =4 =10 =1 =0 =0 =16"
        "  0"
        "  1 1 1 2 =0 =0 'poker",
        {{"l", "c", LIST_DOMAINS,
             TEXT("a.test\nb.test\nc.test\n10.0.0.0/8\nx.test\n")},
            {"p", "c", LIST_PATTERNS, TEXT("casino\npoker\n")},
            {"m", "d", LIST_EXACT, TEXT("a.test\n")},
            {"n", "c", LIST_DOMAINS, TEXT("b.test\n10.1.0.0/16\n")}}},
};

static size_t
count(const struct build_source *src)
{
	size_t n = 0;

	while (n < 4 && src[n].list)
		n++;
	return n;
}

static void
what_is_written_by_hand_makes_the_image(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < LEN(right); i++) {
		struct buf to = build_seed(right[i].to, count(right[i].to), 9);
		struct buf delta = head(right[i].nsources, &to);
		struct buf out = BUF_EMPTY;

		put(&delta, right[i].delta);
		if (apply_by_hand(&delta, &out, &err) < 0)
			fail_msg("%s: %s", right[i].rule, err.text);
		assert_int_equal(out.n, to.n);
		assert_memory_equal(out.p, to.p, to.n);
		buf_fini(&to);
		buf_fini(&delta);
		buf_fini(&out);
	}
}

/* ------------------------------------------------ what is wrong is refused */

#define BEHIND         " " STILL " 0 " NO_ADDS
#define ADD_NAME(s)    KEEP3 " " STILL " 0  1 0 1 1 " s "  0 0 0"
#define ADD_NET(s)     KEEP3 " " STILL " 0  0  1 0 1 1 " s "  0 0"
#define ADD_PATTERN(s) KEEP3 " " STILL " 0  0 0 0  1 1 1 1 " s

static const struct {
	const char *rule;
	unsigned nsources;
	const char *delta;
} wrong[] = {
    {"no sources at all, but postings behind", 0,
        "0 1 0 1 1 6 0 \"x.test 0 0 0"},
    {"an origin that there is not", 3, "4 4 0 0 0 2 1 0 0 0 3 1 0 0 0" BEHIND},
    {"an origin twice", 3, "1 4 0 0 0 1 1 0 0 0 3 1 0 0 0" BEHIND},
    {"a group beyond two bytes", 1, "0 'n 'c 'f =0 65536 0 0 0 0  0 0 0 0 0"},
    {"a name of a list that goes on behind the end", 1, "0 99 \"n"},
    {"a run that begins where the one before does", 3,
        KEEP3 " 2 1 +1 0 +1 0 0 0 " NO_ADDS},
    {"a run beyond all lines", 3, KEEP3 " 1 4294967296 +1 0 0 0 " NO_ADDS},
    {"a line moves below 0", 3, KEEP3 " 1 1 -2 0 0 0 " NO_ADDS},
    {"a line moves beyond the last", 3,
        KEEP3 " 1 1 +4294967295 0 0 0 " NO_ADDS},
    {"a shift beyond all lines", 3, KEEP3 " 1 1 +4294967296 0 0 0 " NO_ADDS},
    {"shifts that add up to that", 3,
        KEEP3 " 2 1 +4294967000 1 +4294967000 0 0 0 " NO_ADDS},
    {"more runs than bytes", 3, KEEP3 " 1000000 0 0 0 " NO_ADDS},
    {"a tombstone of what there is not", 3, KEEP3 " " STILL " 1 6 " NO_ADDS},
    {"a second one of what there is not", 3, KEEP3 " " STILL " 2 0 9 " NO_ADDS},
    {"a tombstone at the end of numbers", 3,
        KEEP3 " " STILL " 2 5 9223372036854775807 " NO_ADDS},
    {"more tombstones than postings", 3,
        KEEP3 " " STILL " 7 0 0 0 0 0 0 0 " NO_ADDS},
    {"more tombstones than bytes", 3, KEEP3 " " STILL " 5 0 " NO_ADDS},
    {"an addition to a source that there is not", 3,
        KEEP3 " " STILL " 0  1 3 1 1 6 0 \"x.test  0 0 0"},
    {"a group without postings", 3, KEEP3 " " STILL " 0  1 0 0  0 0 0"},
    {"more postings than bytes", 3,
        KEEP3 " " STILL " 0  1 0 99 1 6 0 \"x.test  0 0 0"},
    {"more groups than bytes", 3, KEEP3 " " STILL " 0  99 0 0 0"},
    {"a line beyond the last", 3,
        KEEP3 " " STILL " 0  1 0 1 4294967296 6 0 \"x.test  0 0 0"},
    {"lines that add up to that", 3,
        KEEP3 " " STILL
              " 0  1 0 2 4294967295 6 0 \"x.test 1 6 0 \"y.test  0 0 0"},
    {"what is there comes again", 3, ADD_NAME("6 0 \"a.test")},
    {"an ending that there is not", 3, ADD_NAME("1 9 \"a")},
    {"an empty name", 3, ADD_NAME("0 0")},
    {"a path without a host", 3, ADD_NAME("2 0 \"/x")},
    {"a NUL in a name", 3, ADD_NAME("3 0 \"a *1 \"b")},
    {"a control character in a name", 3, ADD_NAME("3 0 \"a =7 \"b")},
    {"pieces that there are not", 3, ADD_NAME("2 0 =128 =255")},
    {"a network of an odd size", 3, ADD_NET("=5 *5 =8")},
    {"a network of none", 3, ADD_NET("=0 =0")},
    {"a network with more bits than its address", 3, ADD_NET("=4 *4 =33")},
    {"a network with bits behind its prefix", 3,
        ADD_NET("=4 =10 =0 =0 =1 =24")},
    {"a network that ends too early", 3, ADD_NET("=16 *3")},
    {"a pattern without a text", 3, ADD_PATTERN("=0 =0 0")},
    {"a pattern with an anchor beyond its end", 3, ADD_PATTERN("=0 =200 'abc")},
    {"a digest that ends too early", 3, KEEP3 " " STILL " 0  0 0  1 0 1 1 *31"},
    {"something behind the end", 3, KEEP3 " " STILL " 0 " NO_ADDS " 0"},
    {"the end is missing", 3, KEEP3 " " STILL " 0 0 0 0"},
};

/* That it is refused for what it is shows in that nothing was compiled: an
 * image that is another one would be told of otherwise. */
static void
what_is_forbidden_makes_nothing(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < LEN(wrong); i++) {
		struct buf delta = head(wrong[i].nsources, NULL);
		struct buf out = BUF_EMPTY;

		put(&delta, wrong[i].delta);
		if (apply_by_hand(&delta, &out, &err) == 0)
			fail_msg("%s: taken", wrong[i].rule);
		if (strcmp(err.text, "the delta is malformed") != 0)
			fail_msg("%s: %s", wrong[i].rule, err.text);
		assert_int_equal(err.code, ERR_CORRUPT);
		assert_int_equal(out.n, 0);
		buf_fini(&delta);
		buf_fini(&out);
	}
}

/* A pattern of the greatest length is one, and of one more is none; and so of
 * names. */
static void
keys_have_a_greatest_length(void **state)
{
	static const struct {
		const char *front;
		size_t n, max;
	} keys[] = {
	    {KEEP3 " " STILL " 0  0 0 0  1 1 1 1 =0 =0", 0, SOURCE_LINE_MAX},
	    {KEEP3 " " STILL " 0  1 0 1 1", 7, 6 + IMAGE_PATH_MAX},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < LEN(keys); i++)
		for (size_t more = 0; more < 300; more += 299) {
			struct buf delta = head(3, NULL), out = BUF_EMPTY;
			bool name = keys[i].n;

			put(&delta, keys[i].front);
			delta_put(&delta, keys[i].max + more);
			if (name)
				put(&delta, "0 \"a.test/");
			for (size_t k = keys[i].n; k < keys[i].max + more; k++)
				buf_add_char(&delta, 'x');
			put(&delta, name ? "0 0 0" : "");
			assert_int_equal(apply_by_hand(&delta, &out, &err), -1);
			/* it is the image that was not asked for, or none */
			assert_string_equal(err.text,
			    more ? "the delta is malformed"
			         : "the delta does not make the image that it "
			           "names");
			buf_fini(&delta);
			buf_fini(&out);
		}
}

/* ----------------------------------------------------------------- numbers */

static void
a_number_is_read_as_it_was_written(void **state)
{
	static const uint64_t n[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX,
	    (uint64_t)1 << 63, UINT64_MAX};
	static const int64_t s[] = {
	    0, 1, -1, 63, -64, 64, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};

	(void)state;
	for (size_t i = 0; i < LEN(n) + LEN(s); i++) {
		struct buf b = BUF_EMPTY;
		struct delta_reader r;

		if (i < LEN(n))
			delta_put(&b, n[i]);
		else
			delta_put_signed(&b, s[i - LEN(n)]);
		for (size_t cut = 0; cut < b.n; cut++) {
			r = (struct delta_reader){(const uint8_t *)b.p,
			    (const uint8_t *)b.p + cut, false};
			assert_int_equal(delta_get(&r), 0);
			assert_true(r.bad);
			assert_int_equal(delta_get(&r), 0);
			assert_null(delta_get_bytes(&r, 0));
		}
		r = (struct delta_reader){
		    (const uint8_t *)b.p, (const uint8_t *)b.p + b.n, false};
		if (i < LEN(n))
			assert_true(delta_get(&r) == n[i]);
		else
			assert_true(delta_get_signed(&r) == s[i - LEN(n)]);
		assert_false(r.bad);
		assert_ptr_equal(r.p, r.end);
		buf_fini(&b);
	}
}

static void
a_number_beyond_64_bits_is_none(void **state)
{
	static const char *const bad[] = {
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01",
	    "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"};

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		const uint8_t *p = (const uint8_t *)bad[i];
		struct delta_reader r = {p, p + strlen(bad[i]), false};

		assert_int_equal(delta_get(&r), 0);
		assert_true(r.bad);
	}
}

/* ------------------------------------------------------------------- names */

static void
a_name_is_shortened_by_the_images_own_words_and_comes_back(void **state)
{
	static const char *const names[] = {"a.test", "x",
	    "www.shop-online.test", "shop-online-77.zone-of-shops.test",
	    "online.test/shop/online?x=1", "10.0.0.1/shop", "of-shops.test",
	    ".zone-of-shops.test", "no.such.ending.anywhere", "test"};
	struct build_source src = {"l", "c", LIST_DOMAINS, STR_NONE};
	struct buf text = BUF_EMPTY, im, b = BUF_EMPTY;
	struct delta_coder *coder;
	char room[DELTA_KEY_MAX];
	size_t plain = 0;
	struct image view;
	struct str back;

	(void)state;
	for (unsigned i = 0; i < 3000; i++)
		buf_addf(&text, "shop-online-%u.zone-of-shops.test\n", i);
	src.text = buf_str(&text);
	im = build_seed(&src, 1, 1);
	view = build_view(&im);
	coder = delta_coder_new(&view);
	assert_non_null(coder);
	for (size_t i = 0; i < LEN(names); i++) {
		delta_put_name(coder, str_of(names[i]), &b);
		plain += strlen(names[i]);
	}
	assert_true(b.n < plain * 3 / 4);
	/* cut anywhere, the first of them come back, and then none does */
	for (size_t cut = 0; cut <= b.n; cut++) {
		struct delta_reader r = {
		    (const uint8_t *)b.p, (const uint8_t *)b.p + cut, false};
		size_t i = 0;

		for (; delta_get_name(&r, &view, room, &back); i++)
			assert_true(
			    i < LEN(names) && str_eq(back, str_of(names[i])));
		assert_true(cut < b.n ? i < LEN(names) : i == LEN(names));
	}
	delta_coder_free(coder);
	buf_fini(&b);
	buf_fini(&text);
	buf_fini(&im);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_by_hand_makes_the_image),
	    cmocka_unit_test(what_is_forbidden_makes_nothing),
	    cmocka_unit_test(keys_have_a_greatest_length),
	    cmocka_unit_test(a_number_is_read_as_it_was_written),
	    cmocka_unit_test(a_number_beyond_64_bits_is_none),
	    cmocka_unit_test(
	        a_name_is_shortened_by_the_images_own_words_and_comes_back),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
