/*
 * url_prefix_test.c - host + path entries: each short path there is against
 * each entry, long ones at the bounds of the format, and hosts that have very
 * many lengths of path.
 */
#include "tests/unit/lists/worlds.h"

#include "lists/image_format.h"
#include "lists/path.h"

#define ENTRIES 40

/* The rule as the format's document has it: "a prefix ends where the path
 * does or before one of /?#;&", and one that ends in '/' holds for all below. */
static bool
is_prefix(const char *entry, const char *path)
{
	size_t n = strlen(entry);

	return strncmp(entry, path, n) == 0 &&
	       (path[n] == '\0' || entry[n - 1] == '/' ||
	           memchr("/?#;&", path[n], 5) != NULL);
}

static const char alphabet[] = "/?#;&ab";
#define LETTERS (sizeof(alphabet) - 1)

/* The <i>th path of <n> characters behind its '/'; false: it is written in
 * another way. */
static bool
path_at(unsigned i, unsigned n, char out[16])
{
	char room[16];
	struct str canon;

	out[0] = '/';
	for (unsigned k = 1; k <= n; k++, i /= LETTERS)
		out[k] = alphabet[i % LETTERS];
	out[n + 1] = '\0';
	canon = path_canon(str_of(out), PATH_AS_IS, room);
	return str_eq(canon, str_of(out));
}

/* Entries of chance; of a list a '#' begins a fragment, so none has one. */
static unsigned
random_entries(char entry[ENTRIES][16], struct buf *text)
{
	unsigned n = 0;

	while (n < ENTRIES) {
		char *e = entry[n];

		if (!path_at(
		        worlds_below(7 * 7 * 7 * 7), 1 + worlds_below(4), e) ||
		    strchr(e, '#'))
			continue;
		buf_addf(text, "u.test%s\n", e);
		n++;
	}
	return n;
}

static unsigned
compare_path(const struct image *im, char entry[ENTRIES][16], const char *path)
{
	struct image_hits hits;
	char ask[64], text[64];
	unsigned want = 0;

	snprintf(ask, sizeof(ask), "w.u.test%s", path);
	worlds_find(im, str_of(ask), &hits);
	for (unsigned i = 0; i < ENTRIES; i++) {
		bool again = false, found = false;

		for (unsigned k = 0; k < i; k++)
			again |= strcmp(entry[k], entry[i]) == 0;
		if (again || !is_prefix(entry[i], path))
			continue;
		want++;
		for (uint32_t k = 0; k < hits.n; k++) {
			image_entry_text(im, &hits.hit[k], text, sizeof(text));
			found |= strcmp(text + 6, entry[i]) == 0;
		}
		if (!found)
			fail_msg("%s: not found for %s", entry[i], path);
	}
	if (hits.n != want)
		fail_msg("%s: %u found, %u expected", path, hits.n, want);
	/* the longest first */
	for (uint32_t k = 1; k < hits.n; k++)
		assert_true(hits.hit[k].len < hits.hit[k - 1].len);
	return want;
}

static void
each_short_path_has_the_prefixes_that_it_has(void **state)
{
	char entry[ENTRIES][16], path[16];
	unsigned found = 0;

	(void)state;
	worlds_seed = 3;
	for (unsigned w = 0; w < 6; w++) {
		struct buf text = BUF_EMPTY, b;
		struct build_source src = {"l", "c", LIST_URLS, {NULL, 0}};
		struct image im;
		unsigned total = LETTERS;

		random_entries(entry, &text);
		src.text = buf_str(&text);
		b = build(&src, 1);
		im = build_view(&b);
		for (unsigned n = 1; n <= 4; n++, total *= LETTERS)
			for (unsigned i = 0; i < total; i++)
				if (path_at(i, n, path))
					found += compare_path(&im, entry, path);
		buf_fini(&b);
		buf_fini(&text);
	}
	assert_true(found > 3000);
}

/* ---- long ones */

/* "/aaa...": <n> bytes of path. */
static struct str
long_url(char *out, const char *host, size_t n)
{
	size_t h = strlen(host);

	memcpy(out, host, h);
	memset(out + h, 'a', n);
	out[h] = '/';
	return str_make(out, h + n);
}

static void
a_path_has_a_longest_length(void **state)
{
	static const struct {
		size_t n;
		bool taken;
	} row[] = {{2, true}, {254, true}, {255, true}, {256, true},
	    {IMAGE_PATH_MAX - 1, true}, {IMAGE_PATH_MAX, true},
	    {IMAGE_PATH_MAX + 1, false}, {4000, false}};
	static char url[8192];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct build_source src = {
		    "l", "c", LIST_URLS, long_url(url, "u.test", row[i].n)};
		struct compile *c = build_feed(&src, 1, 100, 1);
		struct image_hits hits;
		struct buf b = BUF_EMPTY;
		struct image im;
		struct err err;

		assert_int_equal(compile_report(c, 0)->rejected, !row[i].taken);
		assert_int_equal(compile_finish(c, &b, &err), 0);
		compile_free(c);
		im = build_view(&b);
		worlds_find(&im, src.text, &hits);
		assert_int_equal(hits.n, row[i].taken);
		/* a byte more, and a byte that parts: at all lengths */
		src.text.n++;
		url[src.text.n - 1] = 'a';
		worlds_find(&im, src.text, &hits);
		assert_int_equal(hits.n, 0);
		url[src.text.n - 1] = '?';
		worlds_find(&im, src.text, &hits);
		assert_int_equal(hits.n, row[i].taken);
		src.text.n -= 2;
		worlds_find(&im, src.text, &hits);
		assert_int_equal(hits.n, 0);
		buf_fini(&b);
	}
}

/* The longest name there is with the longest path. */
static void
the_longest_key_is_an_entry_like_others(void **state)
{
	static char url[NAME_ROOM + IMAGE_PATH_MAX + 1], text[4096];
	char host[NAME_ROOM];
	struct build_source src = {"l", "c", LIST_URLS, {NULL, 0}};
	struct image_hits hits;
	struct image im;
	struct buf b;

	(void)state;
	for (unsigned i = 0; i < 253; i++)
		host[i] = i % 2 ? '.' : 'x';
	host[253] = '\0';
	src.text = long_url(url, host, IMAGE_PATH_MAX);
	b = build(&src, 1);
	im = build_view(&b);
	worlds_find(&im, src.text, &hits);
	assert_int_equal(hits.n, 1);
	assert_int_equal(hits.hit[0].len, 253 + IMAGE_PATH_MAX);
	assert_int_equal(
	    image_entry_text(&im, &hits.hit[0], text, sizeof(text)),
	    253 + IMAGE_PATH_MAX);
	assert_memory_equal(text, url, src.text.n);
	assert_int_equal(image_line(&im, hits.hit[0].entry, 0), 1);
	/* without its first label it is another host */
	worlds_find(&im, str_sub(src.text, 2, src.text.n), &hits);
	assert_int_equal(hits.n, 0);
	buf_fini(&b);
}

/* A host with each length there is: as many as a list of lengths may have. */
static void
a_host_may_have_each_length_of_path(void **state)
{
	static char url[4096];
	struct buf text = BUF_EMPTY, b;
	struct build_source src = {"l", "c", LIST_URLS, {NULL, 0}};
	struct image_hits hits;
	struct image im;

	(void)state;
	for (size_t n = 2; n <= IMAGE_PATH_MAX; n++) {
		buf_add_str(&text, long_url(url, "u.test", n));
		buf_add_char(&text, '\n');
	}
	src.text = buf_str(&text);
	b = build(&src, 1);
	im = build_view(&b);
	assert_int_equal(im.nentries, IMAGE_PATH_MAX - 1);
	for (size_t n = 2; n <= IMAGE_PATH_MAX + 1; n += n < 2000 ? 13 : 1) {
		worlds_find(&im, long_url(url, "www.u.test", n), &hits);
		assert_int_equal(hits.n, n <= IMAGE_PATH_MAX);
		if (!hits.n)
			continue;
		assert_int_equal(hits.hit[0].len, 6 + n);
		assert_int_equal(image_line(&im, hits.hit[0].entry, 0), n - 1);
	}
	buf_fini(&b);
	buf_fini(&text);
}

/* ---- many hosts */

#define HOSTS 3000

static bool
has_urls(const struct image *im, const char *host)
{
	char room[NAME_ROOM];
	struct name n;

	assert_int_equal(name_from_wire(str_of(host), room, &n), NAME_OK);
	return image_has_urls(im, n);
}

static void
each_of_many_hosts_has_its_own_paths_and_no_others(void **state)
{
	struct buf text = BUF_EMPTY, b;
	struct build_source src = {"l", "c", LIST_URLS, {NULL, 0}};
	struct image_hits hits;
	struct image im;
	char ask[64];
	unsigned strangers = 0;

	(void)state;
	for (unsigned i = 0; i < HOSTS; i++)
		buf_addf(&text, "h%u.test/p%0*u\n", i, (int)(i % 40 + 1), i);
	src.text = buf_str(&text);
	b = build(&src, 1);
	im = build_view(&b);
	for (unsigned i = 0; i < HOSTS; i++) {
		snprintf(ask, sizeof(ask), "w.h%u.test/p%0*u;x", i,
		    (int)(i % 40 + 1), i);
		worlds_find(&im, str_of(ask), &hits);
		assert_int_equal(hits.n, 1);
		assert_int_equal(image_line(&im, hits.hit[0].entry, 0), i + 1);
		/* the path of the next one is none of this */
		snprintf(ask, sizeof(ask), "h%u.test/p%0*u", i,
		    (int)((i + 1) % 40 + 1), i + 1);
		worlds_find(&im, str_of(ask), &hits);
		assert_int_equal(hits.n, 0);
		*strchr(ask, '/') = '\0';
		assert_true(has_urls(&im, ask));
		snprintf(ask, sizeof(ask), "n%u.other.test", i);
		strangers += has_urls(&im, ask);
	}
	/* "true once too often" is not often */
	assert_true(strangers < 3);
	buf_fini(&b);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_short_path_has_the_prefixes_that_it_has),
	    cmocka_unit_test(a_path_has_a_longest_length),
	    cmocka_unit_test(the_longest_key_is_an_entry_like_others),
	    cmocka_unit_test(a_host_may_have_each_length_of_path),
	    cmocka_unit_test(
	        each_of_many_hosts_has_its_own_paths_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
