/*
 * bench_patterns.c - what patterns cost a URL, beside a plain loop over them.
 *
 *	bench_patterns [PATTERNS [URLS]]
 *
 * One pattern, one address a line; also $SUZGI_BENCH_PATTERNS and
 * $SUZGI_BENCH_URLS. What is not given is made up. For 10 to 15,000 of the
 * patterns: microseconds a URL (best of three), the same of the plain loop
 * (over fewer URLs where it takes long), how many patterns are tried on a
 * URL, and what the index adds to PCRE2's own in memory and time. Both have
 * to find the same.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "filters/literal.h"
#include "filters/pattern.h"
#include "filters/pattern_index.h"
#include "filters/url.h"
#include "tests/bench/bench.h"
#include "tests/unit/filters/plain.h"

#define MADE_URLS 2000
#define TURNS     3
#define PLAIN_US  2e6 /* the loop is measured for about so long */

static const unsigned sizes[] = {10, 100, 1000, 5000, 15000};

static struct str *pattern;
static unsigned npatterns;
static struct url *url;
static unsigned nurls;
static struct arena memory;

/* ------------------------------------------------------------- made up */

static const char *const words[] = {"track", "banner", "pixel", "beacon",
    "sponsor", "casino", "click", "promo", "affil", "stats", "count", "popup",
    "video", "image", "player", "widget", "share", "cookie", "survey", "offer",
    "page", "news", "index", "search", "article", "photo", "style", "script"};
#define NWORDS (sizeof(words) / sizeof(words[0]))

static uint64_t seed = 1;

static const char *
word(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return words[(seed >> 33) % NWORDS];
}

/* <form> with a word for each '@' and a number for '#'. */
static struct str
make_line(const char *form, unsigned i)
{
	char text[256];
	size_t n = 0;

	for (; *form && n < sizeof(text) - 16; form++) {
		if (*form == '@')
			n += (size_t)snprintf(text + n, 16, "%s", word());
		else if (*form == '#')
			n += (size_t)snprintf(
			    text + n, 16, "%u", i * 7919 % 100003);
		else
			text[n++] = *form;
	}
	return arena_str(&memory, str_make(text, n));
}

static struct str
make_pattern(unsigned i)
{
	static const char *const forms[] = {"/@#/.*@[-_.]@",
	    "[/.]@#(@|@)?[0-9]*\\.(gif|png)",
	    "^https?://([^/]*\\.)?@#\\.test/.*@",
	    "@-#[/&?]@=", "[?&]@#=[a-f0-9]+&.*@", "\\b@#\\.(js|css)\\b"};

	return make_line(forms[i % (sizeof(forms) / sizeof(forms[0]))], i);
}

static struct str
make_url(unsigned i)
{
	return make_line(
	    i % 2 ? "https://www.@#.test/static/@/2024/11/@.html?id=3"
	          : "http://cdn.@#.test/a/b/@-300x250.png?session=8d1f&l=@",
	    i);
}

/* ------------------------------------------------------------------ input */

static struct str *
read_lines(
    const char *path, struct str (*make)(unsigned), unsigned made, unsigned *n)
{
	struct str text = path ? bench_text(path) : STR_NONE, line;
	unsigned cap = made;
	struct str *v = calloc(cap, sizeof(*v));

	for (*n = 0; v && !path && *n < made; (*n)++)
		v[*n] = make(*n);
	while (v && path && str_next(&text, '\n', &line)) {
		if (line.n == 0)
			continue;
		if (*n == cap) {
			cap *= 2;
			v = realloc(v, cap * sizeof(*v));
		}
		v[(*n)++] = line;
	}
	if (!v)
		bench_die("lines", "out of memory");
	return v;
}

static void
read_urls(const char *path)
{
	unsigned n;
	struct str *line = read_lines(path, make_url, MADE_URLS, &n);

	url = calloc(n, sizeof(*url));
	for (unsigned i = 0; url && i < n; i++) {
		struct url_parts parts;
		char *room = arena_alloc(&memory, NAME_ROOM);
		const char *why;

		if (url_split(&memory, line[i], room, &parts, &why) == 0 &&
		    url_canon(&memory, &parts, &url[nurls]) == 0)
			nurls++;
	}
	free(line);
	if (nurls == 0 || memory.failed)
		bench_die("URLs", "there are none");
}

/* -------------------------------------------------------------- measuring */

/* Those of the first <n> that compile, once each. */
static struct pattern_set *
make_set(unsigned n, struct plain *plain)
{
	struct pattern_set *ps = pattern_set_new();

	for (unsigned i = 0; ps && i < npatterns && n; i++) {
		const struct pattern_def def = {.text = pattern[i]};
		size_t at;
		unsigned count = pattern_set_count(ps);

		if (pattern_set_add(ps, &def, &at, NULL) != count)
			continue;
		if (!plain_init(&plain[count], def.text))
			bench_die("pattern", "out of memory");
		n--;
	}
	if (!ps || pattern_set_finish(ps) < 0)
		bench_die("set", "out of memory");
	return ps;
}

static double
set_us(const struct pattern_set *ps, uint64_t *hits)
{
	double best = 1e9;

	for (unsigned t = 0; t < TURNS; t++) {
		double from = bench_now();

		*hits = 0;
		for (unsigned i = 0; i < nurls; i++) {
			struct pattern_result res;

			pattern_set_run(ps, &url[i], NULL, &res);
			*hits += res.n;
		}
		from = (bench_now() - from) * 1e6 / nurls;
		if (from < best)
			best = from;
	}
	return best;
}

/* The loop over every <step>th URL; wrong answers of the set end it all. */
static double
plain_us(const struct pattern_set *ps, const struct plain *plain,
    unsigned *looked_at)
{
	double sum = 0;
	unsigned n = 0, count = pattern_set_count(ps);

	for (unsigned i = 0; n < nurls && sum * 1e6 < PLAIN_US;
	     i = (i + 7) % nurls, n++) {
		struct pattern_result res;
		unsigned hits = 0;
		double from = bench_now();

		for (unsigned k = 0; k < count; k++) {
			int is = plain_outcome(&plain[k], &url[i]);

			hits += is != 0;
		}
		sum += bench_now() - from;
		pattern_set_run(ps, &url[i], NULL, &res);
		if (res.n != hits && !res.rest_open)
			bench_die("set and loop differ", url[i].text.p);
	}
	*looked_at = n;
	return sum * 1e6 / n;
}

/* What the index takes, in KiB and milliseconds; and candidates a URL. */
static void
index_cost(const struct pattern_set *ps, double *kib, double *ms, double *tried)
{
	size_t before = mallinfo2().uordblks;
	double from = bench_now();
	struct pattern_index *ix[2] = {
	    pattern_index_new(), pattern_index_new()};
	struct pattern_search *s;
	uint64_t n = 0;

	for (unsigned i = 0; i < pattern_set_count(ps); i++) {
		struct literal_need need;

		literal_read(pattern_set_text(ps, i), true, &need);
		pattern_index_add(ix[0], (uint16_t)i, &need.any,
		    str_make(need.anchor, need.anchor_len), false);
	}
	pattern_index_finish(ix[0]);
	pattern_index_finish(ix[1]);
	*ms = (bench_now() - from) * 1e3;
	*kib = (double)(mallinfo2().uordblks - before) / 1024;
	s = pattern_search_new(ix);
	for (unsigned i = 0; i < nurls; i++) {
		pattern_index_find(ix[0], url[i].host, url[i].text, s);
		while (pattern_next(s) != PATTERN_NONE)
			n++;
	}
	*tried = (double)n / nurls;
	pattern_search_free(s);
	pattern_index_free(ix[0]);
	pattern_index_free(ix[1]);
}

static void
measure(unsigned n)
{
	struct plain *plain = calloc(n, sizeof(*plain));
	struct pattern_set *ps = make_set(n, plain);
	unsigned count = pattern_set_count(ps), looked_at;
	double kib, ms, tried, us, loop;
	uint64_t hits;

	us = set_us(ps, &hits);
	loop = plain_us(ps, plain, &looked_at);
	index_cost(ps, &kib, &ms, &tried);
	printf(
	    "%5u patterns: %7.2f us a URL; loop %8.1f us (%4.0f x, %u URLs); "
	    "tried %5.2f, always %u, hits %.3f; index %5.0f KiB %6.1f ms\n",
	    count, us, loop, loop / us, looked_at, tried,
	    pattern_set_always(ps), (double)hits / nurls, kib, ms);
	for (unsigned i = 0; i < count; i++)
		plain_fini(&plain[i]);
	free(plain);
	pattern_set_free(ps);
}

int
main(int argc, char **argv)
{
	const char *patterns =
	    argc > 1 ? argv[1] : getenv("SUZGI_BENCH_PATTERNS");
	unsigned last = 0;

	arena_init(&memory, 0);
	pattern = read_lines(patterns, make_pattern,
	    sizes[sizeof(sizes) / sizeof(sizes[0]) - 1], &npatterns);
	read_urls(argc > 2 ? argv[2] : getenv("SUZGI_BENCH_URLS"));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (last >= npatterns)
			break;
		last = sizes[i];
		measure(last);
	}
	free(pattern);
	free(url);
	arena_fini(&memory);
	return 0;
}
