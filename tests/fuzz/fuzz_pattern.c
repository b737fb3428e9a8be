/*
 * fuzz_pattern.c - patterns and an address of any bytes: the set finds what
 * PCRE2 finds for each pattern by itself.
 *
 * Lines: the host; the path; the path as another server reads it (empty:
 * none); then one pattern each. A pattern that begins with '@' is one of the
 * hosts, with '~' one that is said to hold for x.test and below alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "filters/literal.h"
#include "filters/pattern.h"
#include "tests/unit/filters/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 16

struct page {
	char room[NAME_ROOM];
	char text[2][8192];
	struct url_reading other;
	struct url url;
};

static struct str
spell(struct page *g, unsigned i, struct str path)
{
	bool v6 = g->url.host.kind == NAME_IPV6;
	int n = snprintf(g->text[i], sizeof(g->text[i]), "http%s://%s%.*s%s%s/",
	    path.n % 2 ? "s" : "", v6 ? "[" : "",
	    STR_ARG(name_str(g->url.host)), v6 ? "]" : "",
	    path.n % 3 ? "" : ":81");

	if (path.n > 4096)
		path.n = 4096;
	if (path.n)
		memcpy(g->text[i] + n, path.p, path.n);
	return str_make(g->text[i], (size_t)n + path.n);
}

static void
read_page(struct str *rest, struct page *g)
{
	struct str host = STR_NONE, path = STR_NONE, other = STR_NONE;

	memset(&g->url, 0, sizeof(g->url));
	str_next(rest, '\n', &host);
	str_next(rest, '\n', &path);
	str_next(rest, '\n', &other);
	if (name_from_wire(host, g->room, &g->url.host) != NAME_OK &&
	    name_from_wire(STR("x.test"), g->room, &g->url.host) != NAME_OK)
		abort();
	g->url.text = spell(g, 0, path);
	if (other.n) {
		g->other.text = spell(g, 1, other);
		g->url.alt = &g->other;
		g->url.nalts = 1;
	}
}

static bool
is_under(struct name host, struct str domain)
{
	struct str s = name_str(host);

	return str_eq(s, domain) || (s.n > domain.n && str_ends(s, domain) &&
	                                s.p[s.n - domain.n - 1] == '.');
}

static void
compare(const struct pattern_set *ps, const struct plain *plain,
    const struct pattern_def *def, const struct page *g)
{
	const struct url host = {.text = name_str(g->url.host)};
	struct pattern_result on_url, on_host;

	pattern_set_run(ps, &g->url, NULL, &on_url);
	pattern_set_run_host(ps, g->url.host, NULL, &on_host);
	for (unsigned id = 0; id < pattern_set_count(ps); id++) {
		unsigned got = pattern_result_of(
		    def[id].host ? &on_host : &on_url, (uint16_t)id);
		int want =
		    plain_outcome(&plain[id], def[id].host ? &host : &g->url);

		if (def[id].anchor.n && !is_under(g->url.host, def[id].anchor))
			want = 0;
		if (want >= 0 && got != (unsigned)want &&
		    !(got & PATTERN_OPEN_ALL)) {
			fprintf(stderr, "%.*s on %.*s: %u, not %d\n",
			    STR_ARG(def[id].text), STR_ARG(g->url.text), got,
			    want);
			abort();
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_make((const char *)data, size), line;
	struct pattern_set *ps = pattern_set_new();
	struct pattern_def def[MOST];
	struct plain plain[MOST];
	static struct page g;
	unsigned n = 0;

	if (!ps)
		return 0;
	read_page(&rest, &g);
	while (n < MOST && str_next(&rest, '\n', &line)) {
		bool host = str_starts(line, STR("@"));
		bool anchored = str_starts(line, STR("~"));
		struct err err;
		size_t at;

		def[n].host = host;
		def[n].anchor = anchored ? STR("x.test") : STR_NONE;
		def[n].text = str_sub(line, host || anchored, line.n);
		if (pattern_set_add(ps, &def[n], &at, &err) != n)
			continue;
		if (!plain_init(&plain[n], def[n].text))
			abort();
		n++;
	}
	if (pattern_set_finish(ps) < 0)
		abort();
	compare(ps, plain, def, &g);
	for (unsigned i = 0; i < n; i++)
		plain_fini(&plain[i]);
	pattern_set_free(ps);
	return 0;
}
