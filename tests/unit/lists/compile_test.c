/* compile_test.c - text in any split, lists in any order: the same answers. */
#include "lists/compile.h"

#include "tests/unit/lists/build.h"

#include "base/table.h"

static const char mixed[] = "\xef\xbb\xbf"
                            "bad.test\r\n"
                            "# comment\n"
                            "\n"
                            "worse.test # why\r\n"
                            "bad.test\n"
                            "com\n"
                            "b\xc3\xbc"
                            "cher.test\n"
                            "10.0.0.0/8\n"
                            "last.test";

static void
every_split_gives_the_same_image(void **state)
{
	static const enum list_format format[] = {LIST_AUTO, LIST_DOMAINS};

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(format); f++) {
		struct build_source src = {
		    "l", "c", format[f], {mixed, sizeof(mixed) - 1}};
		struct buf whole = build(&src, 1), out = BUF_EMPTY;
		struct err err;

		for (size_t step = 1; step < sizeof(mixed); step++) {
			struct compile *c = build_feed(&src, 1, step, 1);

			assert_int_equal(compile_finish(c, &out, &err), 0);
			assert_true(str_eq(buf_str(&out), buf_str(&whole)));
			compile_free(c);
		}
		buf_fini(&out);
		buf_fini(&whole);
	}
}

static void
the_report_says_what_became_of_the_lines(void **state)
{
	struct build_source src = {
	    "l", "c", LIST_AUTO, {mixed, sizeof(mixed) - 1}};

	(void)state;
	for (size_t step = 1; step < sizeof(mixed); step++) {
		struct compile *c = build_feed(&src, 1, step, 1);
		const struct compile_report *r = compile_report(c, 0);

		assert_int_equal(r->lines, 9);
		assert_int_equal(r->entries, 5);
		assert_int_equal(r->duplicates, 1);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->nkept, 1);
		assert_int_equal(r->kept[0].line, 6);
		assert_string_equal(r->kept[0].text, "com");
		assert_non_null(strstr(r->kept[0].why, "top-level"));
		compile_free(c);
	}
}

static void
only_the_first_rejects_are_kept_and_shown_harmlessly(void **state)
{
	struct buf text = BUF_EMPTY;
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct compile *c;
	const struct compile_report *r;

	(void)state;
	for (int i = 0; i < 50; i++)
		buf_addf(&text, "\x1b[%d\\\xff%0100d\n", i, i);
	src.text = buf_str(&text);
	c = build_feed(&src, 1, 7, 1);
	r = compile_report(c, 0);
	assert_int_equal(r->rejected, 50);
	assert_int_equal(r->nkept, COMPILE_REJECTS_KEPT);
	for (unsigned i = 0; i < r->nkept; i++) {
		assert_int_equal(r->kept[i].line, i + 1);
		assert_memory_equal(r->kept[i].text, "\\x1b[", 5);
		for (const char *p = r->kept[i].text; *p; p++)
			assert_true(*p >= ' ' && *p < 127);
	}
	compile_free(c);
	buf_fini(&text);
}

static void
a_line_without_end_costs_no_memory_and_no_neighbours(void **state)
{
	struct buf text = BUF_EMPTY, b;
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct image im;
	char out[64];

	(void)state;
	buf_add_str(&text, STR("first.test\n"));
	for (int i = 0; i < 100000; i++)
		buf_add_str(&text, STR("bad.test "));
	buf_add_str(&text, STR("\nsecond.test\n"));
	src.text = buf_str(&text);
	for (size_t step = 1000; step < 2000000; step *= 7) {
		struct compile *c = build_feed(&src, 1, step, 1);

		assert_int_equal(compile_report(c, 0)->rejected, 1);
		assert_int_equal(compile_report(c, 0)->entries, 2);
		compile_free(c);
	}
	b = build(&src, 1);
	im = build_view(&b);
	assert_true(build_ask(&im, "bad.test", out, sizeof(out)).n == 0);
	assert_true(build_ask(&im, "second.test", out, sizeof(out)).n > 0);
	buf_fini(&b);
	buf_fini(&text);
}

static void
format_is_recognised_past_the_head(void **state)
{
	struct buf text = BUF_EMPTY;
	struct build_source src = {"l", "c", LIST_AUTO, {NULL, 0}};

	(void)state;
	for (int i = 0; i < 3000; i++)
		buf_addf(&text, "0.0.0.0 n%d.test\n", i);
	src.text = buf_str(&text);
	for (size_t step = 1; step < 100000; step = step * 11 + 1) {
		struct compile *c = build_feed(&src, 1, step, 1);

		assert_int_equal(compile_report(c, 0)->entries, 3000);
		assert_int_equal(compile_report(c, 0)->rejected, 0);
		compile_free(c);
	}
	buf_fini(&text);
}

static void
an_unfinished_compiler_is_freed(void **state)
{
	struct build_source src = {"l", "c", LIST_DOMAINS, STR("bad.te")};
	struct compile_options opt = {.seed = 1};
	struct compile_source s = {.list = STR("l"), .format = LIST_AUTO};
	struct compile *c = build_feed(&src, 1, 1, 1);
	struct err err;

	(void)state;
	compile_free(c);
	c = compile_new(&opt);
	assert_int_equal(compile_source(c, &s, &err), 0);
	assert_int_equal(compile_feed(c, 0, "bad.", 4, &err), 0);
	compile_free(c);
	compile_free(NULL);
}

/* ---- against a plain set */

#define ENTRIES 3000
#define LISTS   6
#define ASKED   6000

struct model {
	char text[ENTRIES][80];        /* canonical */
	uint32_t line[ENTRIES][LISTS]; /* 0: this list does not name it */
	unsigned n;
};

static uint64_t chance;

static unsigned
below(unsigned n)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((chance >> 33) % n);
}

/* Names over few labels: many parents of others, many near misses. */
static void
random_name(char *out, size_t size)
{
	static const char *const label[] = {"a", "b", "ab", "www", "bad",
	    "bad-ad", "x1", "xn--80ao21a", "cdn_1", "verylongpartofaname"};
	static const char *const top[] = {"test", "net.test", "com.test"};
	unsigned n = 1 + below(4);
	size_t used = 0;

	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(out + used, size - used, "%s.",
		    label[below(ARRAY_LEN(label))]);
	snprintf(out + used, size - used, "%s", top[below(ARRAY_LEN(top))]);
}

static void
random_url(char *out, size_t size)
{
	static const char *const part[] = {
	    "/a", "/b/", "/ab", "/a/b", "?q=1", ";p", "&x=%2F", "/", "x"};
	unsigned n = 1 + below(3);
	size_t used;

	random_name(out, size);
	used = strlen(out);
	used += (size_t)snprintf(out + used, size - used, "/p%u", below(4));
	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(
		    out + used, size - used, "%s", part[below(9)]);
}

/* Address and length of 203.x.y.z/n, masked as the compiler does. */
static void
random_net(char *out, size_t size)
{
	unsigned bits = 8 + below(25);
	uint32_t a = 203u << 24 | below(4) << 16 | below(4) << 8 | below(256);

	if (bits < 32)
		a &= ~(UINT32_MAX >> bits);
	if (bits == 32)
		snprintf(out, size, "%u.%u.%u.%u", a >> 24, a >> 16 & 255,
		    a >> 8 & 255, a & 255);
	else
		snprintf(out, size, "%u.%u.%u.%u/%u", a >> 24, a >> 16 & 255,
		    a >> 8 & 255, a & 255, bits);
}

/* Lists 0..2 are domains (and nets), 3 exact hosts, 4 and 5 URLs. */
static void
random_entry(unsigned list, char *out, size_t size)
{
	if (list >= 4 && below(8))
		random_url(out, size);
	else if (list < 3 && below(5) == 0)
		random_net(out, size);
	else
		random_name(out, size);
}

static unsigned
model_add(struct model *m, const char *text)
{
	for (unsigned i = 0; i < m->n; i++)
		if (strcmp(m->text[i], text) == 0)
			return i;
	assert_true(m->n < ENTRIES);
	memcpy(m->text[m->n], text, strlen(text) + 1);
	return m->n++;
}

/* The plain rule: is <host> or <host><path> named by <entry>? */
static bool
named_by(const char *host, const char *path, const char *entry, bool exact)
{
	const char *slash = strchr(entry, '/');
	size_t n = strlen(host),
	       e = slash ? (size_t)(slash - entry) : strlen(entry);
	size_t k;

	if (exact ? n != e : n < e)
		return false;
	if (memcmp(host + n - e, entry, e) != 0 ||
	    (n > e && host[n - e - 1] != '.'))
		return false;
	if (!slash)
		return true;
	k = strlen(slash);
	return strncmp(path, slash, k) == 0 &&
	       (path[k] == '\0' || strchr("/?#;&", path[k]) ||
	           slash[k - 1] == '/');
}

static bool
net_named_by(const char *host, const char *entry)
{
	unsigned h[4], e[4], bits = 32;
	uint32_t x = 0, y = 0;

	if (sscanf(entry, "%u.%u.%u.%u/%u", &e[0], &e[1], &e[2], &e[3], &bits) <
	        4 ||
	    sscanf(host, "%u.%u.%u.%u", &h[0], &h[1], &h[2], &h[3]) != 4)
		return false;
	for (int i = 0; i < 4; i++) {
		x = x << 8 | h[i];
		y = y << 8 | e[i];
	}
	return bits == 0 || (x ^ y) >> (32 - bits) == 0;
}

/* How many entries were found, as many as the model has. */
static unsigned
ask_one(const struct image *im, const struct model *m)
{
	char ask[100], path[100] = "", text[128], room[NAME_ROOM];
	struct image_hits hits = {0};
	struct name host;
	unsigned want = 0;

	random_entry(below(LISTS), ask, sizeof(ask));
	if (below(2) && ask[0] > '9') {
		memmove(ask + 4, ask, strlen(ask) + 1);
		memcpy(ask, "www.", 4);
	}
	if (strchr(ask, '/')) {
		snprintf(path, sizeof(path), "%s", strchr(ask, '/'));
		*strchr(ask, '/') = '\0';
	}
	assert_int_equal(name_from_wire(str_of(ask), room, &host), NAME_OK);
	image_find_host(im, host, &hits);
	if (host.kind == NAME_DNS)
		image_find_url(im, host, str_of(path), &hits);
	for (unsigned i = 0; i < m->n; i++) {
		bool net = m->text[i][0] <= '9';
		bool hit = false;

		for (unsigned l = 0; l < LISTS; l++)
			hit |= m->line[i][l] &&
			       (net ? net_named_by(ask, m->text[i])
			            : named_by(ask, path, m->text[i], l == 3));
		want += hit;
		if (!hit)
			continue;
		for (uint32_t k = 0; k < hits.n; k++) {
			image_entry_text(im, &hits.hit[k], text, sizeof(text));
			if (strcmp(text, m->text[i]) != 0)
				continue;
			hit = false;
			for (uint16_t l = 0; l < LISTS; l++)
				assert_int_equal(
				    image_line(im, hits.hit[k].entry, l),
				    m->line[i][l]);
		}
		if (hit)
			fail_msg("%s%s: %s not found", ask, path, m->text[i]);
	}
	if (want != hits.n)
		fail_msg(
		    "%s%s: %u found, %u expected", ask, path, hits.n, want);
	return want;
}

static void
all_answers_are_those_of_a_plain_set(void **state)
{
	static struct model m;
	struct build_source src[LISTS] = {{"0", "", LIST_DOMAINS, {NULL, 0}},
	    {"1", "", LIST_DOMAINS, {NULL, 0}},
	    {"2", "", LIST_DOMAINS, {NULL, 0}},
	    {"3", "", LIST_EXACT, {NULL, 0}}, {"4", "", LIST_URLS, {NULL, 0}},
	    {"5", "", LIST_URLS, {NULL, 0}}};
	struct buf text[LISTS], b;
	struct image im;
	unsigned found = 0;

	(void)state;
	chance = 12345;
	for (unsigned l = 0; l < LISTS; l++) {
		text[l] = BUF_EMPTY;
		for (unsigned n = 1; n <= 480; n++) {
			char z[80], raw[160];
			unsigned i;

			random_entry(l, z, sizeof(z));
			snprintf(raw, sizeof(raw), "%s%s\n",
			    below(9)               ? ""
			    : z[0] > '9' && l != 3 ? "*."
			                           : " ",
			    z);
			buf_add_str(&text[l], str_of(raw));
			/* what the paths become is path_test's matter */
			while (l >= 4 && strstr(z, "//"))
				memmove(strstr(z, "//"), strstr(z, "//") + 1,
				    strlen(strstr(z, "//")));
			i = model_add(&m, z);
			if (!m.line[i][l])
				m.line[i][l] = n;
		}
		src[l].text = buf_str(&text[l]);
	}
	b = build(src, LISTS);
	im = build_view(&b);
	assert_true(image_intact(&im));
	assert_int_equal(im.nentries, m.n);
	for (int i = 0; i < ASKED; i++)
		found += ask_one(&im, &m);
	assert_true(found > ASKED); /* or the questions are no test */
	buf_fini(&b);
	for (unsigned l = 0; l < LISTS; l++)
		buf_fini(&text[l]);
}

/* ---- what the bytes depend on */

static void
random_text(struct buf *b, unsigned n)
{
	char z[100];

	for (unsigned i = 0; i < n; i++) {
		random_name(z, sizeof(z));
		buf_addf(b, "n%u.%s\n", i, z);
	}
}

static void
same_text_and_seed_give_the_same_bytes(void **state)
{
	struct buf text[2] = {BUF_EMPTY, BUF_EMPTY}, a, b = BUF_EMPTY;
	struct build_source src[2] = {{"l", "c", LIST_DOMAINS, {NULL, 0}},
	    {"m", "d", LIST_DOMAINS, {NULL, 0}}};
	struct compile *c;
	struct err err;

	(void)state;
	chance = 1;
	for (unsigned i = 0; i < 2; i++) {
		random_text(&text[i], 5000);
		src[i].text = buf_str(&text[i]);
	}
	a = build(src, 2);
	/* the second source comes first, and in small parts */
	c = build_feed(src, 0, 1, 1);
	for (int i = 0; i < 2; i++)
		compile_source(c,
		    &(struct compile_source){.list = str_of(src[i].list),
		        .category = str_of(src[i].category),
		        .file = STR("list.txt"),
		        .format = LIST_DOMAINS},
		    &err);
	for (int i = 1; i >= 0; i--)
		for (size_t at = 0; at < src[i].text.n; at += 99) {
			struct str part = str_sub(src[i].text, at, 99);

			compile_feed(c, i, part.p, part.n, &err);
		}
	assert_int_equal(compile_finish(c, &b, &err), 0);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
	compile_free(c);
	/* and another seed other bytes, which say the same */
	c = build_feed(src, 2, SIZE_MAX, 2);
	assert_int_equal(compile_finish(c, &b, &err), 0);
	assert_false(str_eq(buf_str(&a), buf_str(&b)));
	compile_free(c);
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&text[0]);
	buf_fini(&text[1]);
}

static void
the_order_of_lines_changes_only_their_numbers(void **state)
{
	struct buf text = BUF_EMPTY, back = BUF_EMPTY, a, b;
	struct build_source src = {"l", "c", LIST_DOMAINS, {NULL, 0}};
	struct image x, y;
	struct str rest, line;
	struct str lines[2000];
	unsigned n = 0;

	(void)state;
	chance = 3;
	random_text(&text, 2000);
	rest = buf_str(&text);
	while (n < 2000 && str_next(&rest, '\n', &line))
		lines[n++] = line;
	while (n-- > 0) {
		buf_add_str(&back, lines[n]);
		buf_add_char(&back, '\n');
	}
	src.text = buf_str(&text);
	a = build(&src, 1);
	src.text = buf_str(&back);
	b = build(&src, 1);
	x = build_view(&a);
	y = build_view(&b);
	assert_int_equal(x.blob_len, y.blob_len);
	assert_memory_equal(x.blob, y.blob, x.blob_len);
	assert_memory_equal(x.buckets, y.buckets, x.nbuckets * 16);
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&text);
	buf_fini(&back);
}

static void
many_sets_of_sources_are_kept_apart(void **state)
{
	struct build_source src[14];
	struct buf text[14], b;
	struct image im;
	char out[256], want[256];

	(void)state;
	/* name k is in source i if bit i of k is set: 16383 classes */
	for (unsigned i = 0; i < 14; i++) {
		text[i] = BUF_EMPTY;
		for (unsigned k = 1; k < 1u << 14; k++)
			if (k >> i & 1)
				buf_addf(&text[i], "n%u.test\n", k);
		src[i] = (struct build_source){
		    "l", "c", LIST_DOMAINS, buf_str(&text[i])};
	}
	b = build(src, 14);
	im = build_view(&b);
	assert_int_equal(im.nclasses, (1u << 14) - 1);
	for (unsigned k = 1; k < 1u << 14; k += 37) {
		char name[32];
		size_t n = (size_t)snprintf(want, sizeof(want), "n%u.test=", k);

		for (unsigned i = 0; i < 14; i++)
			if (k >> i & 1)
				n +=
				    (size_t)snprintf(want + n, sizeof(want) - n,
				        want[n - 1] == '=' ? "%u" : ",%u", i);
		snprintf(name, sizeof(name), "n%u.test", k);
		build_ask(&im, name, out, sizeof(out));
		assert_string_equal(out, want);
	}
	buf_fini(&b);
	for (unsigned i = 0; i < 14; i++)
		buf_fini(&text[i]);
}

/* Up to three sources with the same seed or another one. */
static void
content_of(const struct build_source *src, uint64_t seed, uint64_t out[2])
{
	size_t n = 0;
	struct compile *c;
	struct buf b = BUF_EMPTY;
	struct image im;
	struct err err;

	while (n < 3 && src[n].list)
		n++;
	c = build_feed(src, n, SIZE_MAX, seed);
	assert_int_equal(compile_finish(c, &b, &err), 0);
	compile_free(c);
	im = build_view(&b);
	image_content(&im, out);
	assert_true(out[0] || out[1]);
	buf_fini(&b);
}

static void
content_is_what_is_listed_and_nothing_else(void **state)
{
	static const struct build_source first[3] = {
	    {"l", "c", LIST_DOMAINS, STR_INIT("a.test\nb.test\n10.0.0.0/8\n")},
	    {"m", "", LIST_DOMAINS, STR_INIT("a.test\n")}};
	static const struct {
		bool same;
		struct build_source src[3];
	} rows[] = {
	    /* lines in another order, sources too */
	    {true, {{"m", "", LIST_DOMAINS, STR_INIT("\n\na.test\n")},
	               {"l", "c", LIST_DOMAINS,
	                   STR_INIT("10.0.0.0/8\nb.test\na.test\n")}}},
	    /* one file in two, with what both have */
	    {true,
	        {{"l", "c", LIST_DOMAINS, STR_INIT("a.test\nb.test\n")},
	            {"l", "c", LIST_DOMAINS, STR_INIT("a.test\n10.0.0.0/8\n")},
	            {"m", "", LIST_DOMAINS, STR_INIT("a.test\n# a\n")}}},
	    /* an entry less */
	    {false, {{"l", "c", LIST_DOMAINS, STR_INIT("a.test\nb.test\n")},
	                {"m", "", LIST_DOMAINS, STR_INIT("a.test\n")}}},
	    /* one that is not a network but an address */
	    {false, {{"l", "c", LIST_DOMAINS,
	                 STR_INIT("a.test\nb.test\n10.0.0.0\n")},
	                {"m", "", LIST_DOMAINS, STR_INIT("a.test\n")}}},
	    /* in a list less, in another category, in another list */
	    {false, {{"l", "c", LIST_DOMAINS,
	                STR_INIT("a.test\nb.test\n10.0.0.0/8\n")}}},
	    {false, {{"l", "d", LIST_DOMAINS,
	                 STR_INIT("a.test\nb.test\n10.0.0.0/8\n")},
	                {"m", "", LIST_DOMAINS, STR_INIT("a.test\n")}}},
	    {false, {{"l", "c", LIST_DOMAINS,
	                 STR_INIT("a.test\nb.test\n10.0.0.0/8\n")},
	                {"n", "", LIST_DOMAINS, STR_INIT("a.test\n")}}},
	    {false, {{"lc", "", LIST_DOMAINS,
	                 STR_INIT("a.test\nb.test\n10.0.0.0/8\n")},
	                {"m", "", LIST_DOMAINS, STR_INIT("a.test\n")}}},
	    /* the same names, without what is below */
	    {false, {{"l", "c", LIST_DOMAINS,
	                 STR_INIT("a.test\nb.test\n10.0.0.0/8\n")},
	                {"m", "", LIST_EXACT, STR_INIT("a.test\n")}}},
	    /* the same entries, each in the other's list */
	    {false, {{"m", "", LIST_DOMAINS,
	                 STR_INIT("a.test\nb.test\n10.0.0.0/8\n")},
	                {"l", "c", LIST_DOMAINS, STR_INIT("a.test\n")}}},
	};
	uint64_t want[2], got[2];

	(void)state;
	content_of(first, 1, want);
	content_of(first, 2, got);
	assert_memory_equal(got, want, sizeof(got));
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		content_of(rows[i].src, 3, got);
		if ((memcmp(got, want, sizeof(got)) == 0) != rows[i].same)
			fail_msg("row %u", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_split_gives_the_same_image),
	    cmocka_unit_test(the_report_says_what_became_of_the_lines),
	    cmocka_unit_test(
	        only_the_first_rejects_are_kept_and_shown_harmlessly),
	    cmocka_unit_test(
	        a_line_without_end_costs_no_memory_and_no_neighbours),
	    cmocka_unit_test(format_is_recognised_past_the_head),
	    cmocka_unit_test(an_unfinished_compiler_is_freed),
	    cmocka_unit_test(all_answers_are_those_of_a_plain_set),
	    cmocka_unit_test(same_text_and_seed_give_the_same_bytes),
	    cmocka_unit_test(the_order_of_lines_changes_only_their_numbers),
	    cmocka_unit_test(content_is_what_is_listed_and_nothing_else),
	    cmocka_unit_test(many_sets_of_sources_are_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
