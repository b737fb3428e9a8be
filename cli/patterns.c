/* patterns.c - what each pattern of a snapshot costs. */
#include "cli/patterns.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/table.h"
#include "filters/url.h"

#define TURNS     5 /* the best of which counts */
#define TIMES     8 /* tries between two looks at the clock */
#define LONG_TEXT 400

static const char *const ordinary[] = {
    "http://www.library.test/",
    "https://news.town.test/2026/11/22/school-opens-new-wing.html",
    "https://shop.goods.test/catalogue/item?id=48213&ref=home&lang=kk",
    "http://cdn.pictures.test/static/img/large/photo_0123-1024x768.jpg",
    "https://api.maps.test/v2/tile/14/9281/5934.png?key=8d1f0c2ab7",
    "https://search.web.test/search?q=weather+tomorrow&hl=en&start=10",
    "https://video.site.test/watch?v=aXk29_-Qw&list=PL1234567890&index=2",
    "http://static.games.test/js/app.3f9c1b2e.min.js?ver=6.4.2",
};

static const char *const hosts[] = {"www.library.test", "news.town.test",
    "cdn-17.eu-west.pictures.test", "x1.a.b.c.d.test"};

/* What is repeated, until the text is long; then "!", which ends no match. */
static const char *const again[] = {
    "a", "x", "1", "0a", "/a", "a.", "-_", "?a=b&", "%20", "ab/cd/"};

static uint64_t
nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint32_t
try_time(const struct pattern_set *ps, uint16_t id, struct str text)
{
	uint64_t best = UINT32_MAX;

	for (unsigned t = 0; t < TURNS; t++) {
		uint64_t from = nanoseconds();

		for (unsigned i = 0; i < TIMES; i++)
			pattern_set_try(ps, id, text);
		from = (nanoseconds() - from) / TIMES;
		if (from < best)
			best = from;
	}
	return (uint32_t)best;
}

/* One more text; the time it took, 0 if that is not asked for. */
static uint32_t
look(const struct pattern_set *ps, struct str text, bool timed,
    struct pattern_cost *c)
{
	uint32_t ns = 0;

	if (pattern_set_try(ps, c->id, text) & PATTERN_OPEN)
		c->slow = SLOW_LIMIT;
	if (timed) {
		ns = try_time(ps, c->id, text);
		if (ns > c->worst)
			c->worst = ns;
	}
	return ns;
}

/* "http://ANCHOR/LITERAL" and <what> again and again. */
static struct str
make_bad(const struct pattern_set *ps, uint16_t id, const char *what,
    char text[2 * LONG_TEXT])
{
	struct str anchor = pattern_set_anchor(ps, id);
	struct str literal = pattern_set_literal(ps, id);
	size_t n = (size_t)snprintf(text, 2 * LONG_TEXT, "http://%.*s/%.*s",
	    anchor.n ? (int)anchor.n : 6, anchor.n ? anchor.p : "x.test",
	    STR_ARG(literal));

	while (n < LONG_TEXT) {
		memcpy(text + n, what, strlen(what));
		n += strlen(what);
	}
	text[n++] = '!';
	return str_make(text, n);
}

void
pattern_cost(const struct pattern_set *ps, uint16_t id, bool timed,
    struct pattern_cost *out)
{
	bool host = pattern_set_on_host(ps, id);
	const char *const *texts = host ? hosts : ordinary;
	unsigned n = host ? ARRAY_LEN(hosts) : ARRAY_LEN(ordinary);
	uint64_t sum = 0;

	*out = (struct pattern_cost){.id = id};
	if (!pattern_set_literal(ps, id).n && !pattern_set_anchor(ps, id).n)
		out->slow = SLOW_EVERY;
	for (unsigned i = 0; i < n; i++)
		sum += look(ps, str_of(texts[i]), timed, out);
	out->usual = (uint32_t)(sum / n);
	for (unsigned i = 0; i < ARRAY_LEN(again); i++) {
		char text[2 * LONG_TEXT];
		struct str bad = make_bad(ps, id, again[i], text);

		/* hosts are short, and have no path */
		look(ps, host ? str_sub(bad, bad.n - 200, 200) : bad, timed,
		    out);
	}
	if (out->slow != SLOW_LIMIT && out->worst > PATTERN_SLOW_NS)
		out->slow = SLOW_TIME;
}

uint32_t
patterns_cost(const struct pattern_set *ps)
{
	struct arena a;
	struct url url[ARRAY_LEN(ordinary)];
	char room[ARRAY_LEN(ordinary)][NAME_ROOM];
	uint64_t best = UINT32_MAX;
	unsigned n = 0;

	arena_init(&a, 0);
	for (unsigned i = 0; i < ARRAY_LEN(ordinary); i++) {
		struct url_parts parts;
		const char *why;

		if (url_split(&a, str_of(ordinary[i]), room[n], &parts, &why) ==
		        0 &&
		    url_canon(&a, &parts, &url[n]) == 0)
			n++;
	}
	for (unsigned t = 0; n && t < 10 * TURNS; t++) {
		uint64_t from = nanoseconds();

		for (unsigned i = 0; i < n; i++) {
			struct pattern_result res;

			pattern_set_run(ps, &url[i], NULL, &res);
			pattern_set_run_host(ps, url[i].host, NULL, &res);
		}
		from = (nanoseconds() - from) / n;
		if (from < best)
			best = from;
	}
	arena_fini(&a);
	return (uint32_t)best;
}

/* ----------------------------------------------------------------- places */

static bool
place_of(const struct snapshot *s, unsigned id, struct str *file,
    uint32_t *line, uint32_t *column)
{
	const struct where *rule = snapshot_pattern_rule(s, id);
	struct pattern_place place;

	if (rule) {
		*file = rule->file;
		*line = rule->line;
		*column = rule->column;
		return true;
	}
	*column = 0;
	*file = STR_NONE;
	*line = 0;
	if (!snapshot_pattern_place(s, id, &place))
		return false;
	*file = place.file;
	*line = place.line;
	return true;
}

void
pattern_add_place(
    struct buf *b, const struct snapshot *s, const struct pattern_cost *p)
{
	struct str file;
	uint32_t line, column;

	if (!place_of(s, p->id, &file, &line, &column)) {
		buf_add_char(b, '-');
		return;
	}
	text_add_escaped(b, file);
	buf_addf(b, ":%u", line);
}

/* ---------------------------------------------------------------- warnings */

static void
warn_of_rule(const struct snapshot *s, const struct pattern_cost *c,
    config_reporter *report, void *arg)
{
	const struct where *w = snapshot_pattern_rule(s, c->id);
	struct str text = snapshot_pattern_text(s, c->id);
	struct buf b = BUF_EMPTY;
	char file[512];
	struct config_report r = {
	    .file = file, .line = w->line, .column = w->column};

	str_copy(w->file, file, sizeof(file));
	buf_add_str(&b, STR("slow pattern \""));
	text_add_escaped(&b, str_sub(text, 0, 100));
	buf_add_str(&b, text.n > 100 ? STR("...\"") : STR("\""));
	buf_add_str(&b, c->slow == SLOW_LIMIT
	                    ? STR(": on some addresses it takes too long, and "
	                          "cannot be checked")
	                    : STR(": it is tried on every address; better "
	                          "name in it some text that must occur"));
	buf_add_char(&b, '\0');
	r.text = b.p ? b.p : "slow pattern";
	report(arg, &r);
	buf_fini(&b);
}

static void
warn_of_lists(unsigned n, unsigned limit, config_reporter *report, void *arg)
{
	char text[200];
	const struct config_report r = {.text = text};

	if (n + limit == 0)
		return;
	snprintf(text, sizeof(text),
	    "slow patterns in lists: %u are tried on every address, %u take "
	    "too long on some; suzgi patterns --slow names them",
	    n, limit);
	report(arg, &r);
}

void
patterns_warn(const struct snapshot *s, config_reporter *report, void *arg)
{
	const struct pattern_set *ps = snapshot_pattern_set(s);
	unsigned n = 0, limit = 0;

	for (unsigned id = 0; id < pattern_set_count(ps); id++) {
		struct pattern_cost c;

		pattern_cost(ps, (uint16_t)id, false, &c);
		if (c.slow == SLOW_NOT)
			continue;
		if (snapshot_pattern_rule(s, id))
			warn_of_rule(s, &c, report, arg);
		else if (c.slow == SLOW_LIMIT)
			limit++;
		else
			n++;
	}
	warn_of_lists(n, limit, report, arg);
}
