/*
 * feed_test.c - text as files have it: lines as long as may be and longer,
 * marks, zero bytes, no line end at the end. In each format and however the
 * text is cut it is the same image and the same report.
 */
#include "tests/unit/lists/worlds.h"

#include "lists/source.h"

/* For each format a line that is an entry, one that is rejected and one that
 * is nothing; and how a line is made longer and stays what it is. */
static const struct sample {
	enum list_format format;
	const char *entry, *other, *bad, *nothing, *filler;
} samples[] = {
    {LIST_DOMAINS, "a.test", "b.test", "*", "# x", " #"},
    {LIST_EXACT, "a.test", "b.test", "*.a.test", "# x", " #"},
    {LIST_HOSTS, "0.0.0.0 a.test", "0.0.0.0 b.test", "192.0.2.1 a.test", "# x",
        " #"},
    {LIST_URLS, "a.test/x", "b.test/x", "com", "# x", " #"},
    {LIST_PATTERNS, "casino", "poker", "(casino", "# x", " #"},
    {LIST_ADBLOCK, "||a.test^", "||b.test^", "||com^", "! x", NULL},
    {LIST_DNSMASQ, "address=/a.test/", "local=/b.test/", "local=/#/", "# x",
        " #"},
    {LIST_RPZ, "a.test CNAME .", "b.test CNAME .", "com CNAME .", "; x", " ;"},
    {LIST_DSTDOMAIN, ".a.test", "b.test", "*.a.test", "# x", " #"},
    {LIST_V2FLY, "full:a.test", "b.test", "domain:com", "# x", "#"},
    {LIST_E2_SITES, "a.test", "b.test", "**", "# x", " #"},
    {LIST_E2_URLS, "a.test/x", "b.test/x", "com", "# x", " #"},
    {LIST_E2_REGEXPS, "\"casino\"", "poker", "(casino", "# x", NULL},
    {LIST_HASHED,
        "645379a67e849fb8c5d5278f6057d2b82ba0b034c7519a8535dd12822ca3fe7f,"
        "host",
        "745379a67e849fb8c5d5278f6057d2b82ba0b034c7519a8535dd12822ca3fe7f,"
        "url",
        "6453,host", "", ",c,"},
};

struct told {
	uint64_t lines, entries, rejected, skipped, duplicates;
};

/* Compile <text>, cut into parts of <step>, after a first of <first>. */
static struct buf
compile_cut(enum list_format format, struct str text, size_t first, size_t step,
    struct told *told)
{
	struct compile_options opt = {.seed = 4};
	struct compile *c = compile_new(&opt);
	struct compile_source s = {.list = STR("l"), .format = format};
	const struct compile_report *r;
	struct buf b = BUF_EMPTY;
	struct err err;

	assert_non_null(c);
	assert_int_equal(compile_source(c, &s, &err), 0);
	assert_int_equal(compile_feed(c, 0, text.p, first, &err), 0);
	for (size_t at = first; at < text.n; at += step) {
		struct str part = str_sub(text, at, step);

		assert_int_equal(compile_feed(c, 0, part.p, part.n, &err), 0);
	}
	assert_int_equal(compile_finish(c, &b, &err), 0);
	r = compile_report(c, 0);
	*told = (struct told){
	    r->lines, r->entries, r->rejected, r->skipped, r->duplicates};
	compile_free(c);
	return b;
}

static void
same_however_cut(enum list_format format, struct str text, struct told want)
{
	struct told told;
	struct buf whole = compile_cut(format, text, text.n, text.n + 1, &told);

	if (memcmp(&told, &want, sizeof(told)) != 0)
		fail_msg("%s: %u lines, %u entries, %u rejected, %u skipped, "
		         "%u twice",
		    list_format_name(format), (unsigned)told.lines,
		    (unsigned)told.entries, (unsigned)told.rejected,
		    (unsigned)told.skipped, (unsigned)told.duplicates);
	/* a long text is cut where its ends are */
	for (size_t at = 0; at <= text.n;
	     at += at > 40 && at + 40 < text.n ? 97 : 1) {
		struct buf b = compile_cut(format, text, at, 1009, &told);

		if (!str_eq(buf_str(&b), buf_str(&whole)) ||
		    memcmp(&told, &want, sizeof(told)) != 0)
			fail_msg(
			    "%s: cut at %zu", list_format_name(format), at);
		buf_fini(&b);
	}
	buf_fini(&whole);
}

/* ---- what stands between lines */

static void
marks_and_line_ends_mean_the_same_in_each_format(void **state)
{
	static const char *const mark[] = {"", "\xef\xbb\xbf"};
	static const char *const end[] = {"\n", "\r\n", " \r\n", "\n\n\t\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		for (unsigned k = 0; k < 16; k++) {
			const struct sample *s = &samples[i];
			const char *nl = end[k / 2 % 4];
			struct buf text = BUF_EMPTY;
			unsigned empty = k / 2 % 4 == 3 ? 2 : 0;

			/* entry, again, bad, nothing, other */
			buf_addf(&text, "%s%s%s%s%s%s%s%s%s%s", mark[k % 2],
			    s->entry, nl, s->entry, nl, s->bad, nl, s->nothing,
			    nl, s->other);
			if (k & 8)
				buf_add_str(&text, str_of(nl));
			same_however_cut(s->format, buf_str(&text),
			    (struct told){
			        5 + empty * (k & 8 ? 5 : 4), 2, 1, 0, 1});
			buf_fini(&text);
		}
}

/* A zero byte ends nothing: the line that has it is rejected, alone. */
static void
zero_bytes_reject_their_line_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const struct sample *s = &samples[i];

		/* at its front, and where a name or a text stands */
		for (unsigned at = 0; at < 2; at++) {
			struct buf text = BUF_EMPTY;
			size_t n = strlen(s->entry);

			buf_addf(
			    &text, "%s\n%s\n%s\n", s->other, s->entry, s->bad);
			/* written over a byte of the second line */
			text.p[strlen(s->other) + 1 + (at ? n / 2 + 1 : 0)] =
			    '\0';
			same_however_cut(s->format, buf_str(&text),
			    (struct told){3, 1, 2, 0, 0});
			buf_fini(&text);
		}
	}
}

static void
utf_16_is_rejected_in_each_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		for (unsigned big = 0; big < 2; big++) {
			struct buf text = BUF_EMPTY, b;
			const char *s = samples[i].entry;
			struct told told;

			buf_add_str(
			    &text, big ? STR("\xfe\xff") : STR("\xff\xfe"));
			for (; *s; s++) {
				buf_add_char(&text, big ? '\0' : *s);
				buf_add_char(&text, big ? *s : '\0');
			}
			b = compile_cut(
			    samples[i].format, buf_str(&text), 1, 3, &told);
			assert_int_equal(told.entries, 0);
			if (told.rejected == 0)
				fail_msg(
				    "%s", list_format_name(samples[i].format));
			buf_fini(&b);
			buf_fini(&text);
		}
}

/* ---- how long a line may be */

/* <s> and so much behind it that it has <n> bytes. */
static void
add_padded(struct buf *b, const struct sample *s, size_t n)
{
	size_t from = b->n;

	buf_addf(b, "%s%s", s->entry, s->filler);
	while (b->n - from < n)
		buf_add_char(b, 'x');
}

static void
lines_have_a_greatest_length_in_each_format(void **state)
{
	static const struct {
		size_t n;
		bool taken;
	} row[] = {{SOURCE_LINE_MAX - 1, true}, {SOURCE_LINE_MAX, true},
	    {SOURCE_LINE_MAX + 1, false}, {SOURCE_LINE_MAX + 2, false},
	    {3 * SOURCE_LINE_MAX, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		for (size_t k = 0; k < ARRAY_LEN(row); k++) {
			struct buf text = BUF_EMPTY;

			if (!samples[i].filler)
				continue;
			add_padded(&text, &samples[i], row[k].n);
			buf_addf(&text, "\n%s", samples[i].other);
			same_however_cut(samples[i].format, buf_str(&text),
			    (struct told){
			        2, 1 + row[k].taken, !row[k].taken, 0, 0});
			buf_fini(&text);
		}
}

/* ---- the order of sources */

static void
each_list_says_the_same_wherever_it_stands(void **state)
{
	struct build_source src[ARRAY_LEN(samples)];
	uint64_t want[2], got[2];
	char text[ARRAY_LEN(samples)][512];

	(void)state;
	for (unsigned turn = 0; turn < ARRAY_LEN(samples); turn++) {
		struct image im;
		struct buf b;

		for (unsigned i = 0; i < ARRAY_LEN(samples); i++) {
			unsigned k = (i + turn) % ARRAY_LEN(samples);
			const struct sample *s = &samples[k];

			snprintf(text[i], sizeof(text[i]), "%s\n%s\n%s\n",
			    turn % 2 ? s->other : s->entry, s->bad,
			    turn % 2 ? s->entry : s->other);
			src[i] =
			    (struct build_source){list_format_name(s->format),
			        "c", s->format, str_of(text[i])};
		}
		b = build(src, ARRAY_LEN(samples));
		im = build_view(&b);
		image_content(&im, got);
		if (turn == 0)
			memcpy(want, got, sizeof(want));
		assert_memory_equal(got, want, sizeof(want));
		assert_int_equal(worlds_held(&im, STR("a.test/x"))->n, 11);
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(marks_and_line_ends_mean_the_same_in_each_format),
	    cmocka_unit_test(zero_bytes_reject_their_line_alone),
	    cmocka_unit_test(utf_16_is_rejected_in_each_format),
	    cmocka_unit_test(lines_have_a_greatest_length_in_each_format),
	    cmocka_unit_test(each_list_says_the_same_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
