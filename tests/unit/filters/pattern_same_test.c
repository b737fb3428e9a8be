/*
 * pattern_same_test.c - a set of patterns finds what a plain loop over them
 * finds, always.
 */
#include "world.h"

#include "base/table.h"
#include "filters/pattern.h"
#include "plain.h"

/* --------------------------------------------------------------- chance */

static uint64_t seed;

static unsigned
draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

struct pen {
	char p[512];
	size_t n;
};

static void
put(struct pen *w, const char *s)
{
	size_t n = strlen(s);

	if (n > sizeof(w->p) - w->n)
		n = sizeof(w->p) - w->n;
	memcpy(w->p + w->n, s, n);
	w->n += n;
}

#define PUT_ONE_OF(w, table) put(w, (table)[draw(ARRAY_LEN(table))])

static const char *const words[] = {"ad", "ads", "bann", "er", "porn", "x",
    "aa", "abc", "abcd", "game", "s", "evil", "a", "b", "1", "22", "q=", "bad"};
static const char *const hosts[] = {"x.test", "ads.x.test", "notx.test",
    "a.ads.x.test", "x.test.a.test", "test", "1.2.3.4", "xx.test", "a-x.test",
    "b.test", "x_x.test", "[::ffff:1.2.3.4]", "[::1]"};

/* ------------------------------------------------------------- patterns */

static void
put_many(struct pen *w)
{
	static const char *const many[] = {"", "", "", "", "", "", "", "?", "*",
	    "+", "{0}", "{1}", "{2}", "{0,1}", "{1,}", "{0,2}", "??", "*?",
	    "+?", "?+", "++", "{2}?", "(?#c)+", "\\E?"};

	PUT_ONE_OF(w, many);
}

static void put_expression(struct pen *w, unsigned depth);

static void
put_class(struct pen *w)
{
	static const char *const classes[] = {"[aA]", "[ab]", "[^a]", "[^/]",
	    "[/?]", "[^a-z0-9._-]", "[^\\w.%-]", "[]a]", "[^]a]", "[a\\]]",
	    "[a-d]", "[-a]", "[a-]", "[\\d-x]", "[\\x61]", "[\\.]", "[.]",
	    "[^\\W]", "[\\s/]", "[a\\-c]", "[[:alpha:]]", "[/:]", "[ADS]"};

	PUT_ONE_OF(w, classes);
}

static void
put_atom(struct pen *w, unsigned depth)
{
	static const char *const odd[] = {".", "\\.", "\\/", "\\d", "\\w+",
	    "\\W", "\\b", "\\B", "^", "$", "\\A", "\\z", "\\Z", "\\x61",
	    "\\x{62}", "\\x2f", "\\K", "\\Qa.b\\E", "\\Qad\\E", "\\Q|\\E",
	    "(?i)", "(?-i)", "(?s)", "(?m)", "(?x)", "(?#ad)", "\\1", "(?1)",
	    "(?R)?", "\\h", "\\N", "\\R", "\\X", "(*ACCEPT)?", "(*F)", "\\141",
	    "{", "}", "{,2}", "a{b", "]", "-", "/", "\\-", "\\e", "\\t",
	    "(?(1)a|b)", "(?C1)", "\\0", "\\g1", "(?|a|b)", "\\x", "(?U)",
	    "(?^)"};
	static const char *const group[] = {"(", "(", "(",
	    "(?:", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?<n>",
	    "(?P<m>", "(?'o'", "(?i:", "(?-i:", "(?|"};

	switch (draw(10)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		PUT_ONE_OF(w, words);
		break;
	case 5:
		put_class(w);
		break;
	case 6:
	case 7:
		if (depth < 4) {
			PUT_ONE_OF(w, group);
			put_expression(w, depth + 1);
			put(w, ")");
			break;
		}
		/* fall through */
	default:
		PUT_ONE_OF(w, odd);
		break;
	}
	put_many(w);
}

static void
put_expression(struct pen *w, unsigned depth)
{
	for (unsigned n = draw(4) ? 1 : 2 + draw(2); n--;) {
		for (unsigned i = draw(4) + 1; i--;)
			put_atom(w, depth);
		if (n)
			put(w, "|");
	}
}

/* One that is, or nearly is, about one host. */
static void
put_anchored(struct pen *w)
{
	static const char *const scheme[] = {"^https?://", "^http://",
	    "^(?:http|https)://", "^https?:\\/\\/", "^https?:/{2}", "https?://",
	    "\\Ahttp[s]?://", "(?m)^https?://", "^.*://", "^http", "(^)http://",
	    "^?http://", "^(https?://)?", "(?i)^HTTP://", "^https?://(?#c)"};
	static const char *const before[] = {"", "", "([^/]*\\.)?",
	    "([^/]+\\.)*", "[^/]*", "[^/]+\\.", ".*", "(www\\.)?",
	    "(?:[a-z0-9-]+\\.)+", "(a|ads)\\.", "(a\\.)?", "(.*\\.)?",
	    "\\w*\\.?", "a?", "(?:a\\.|b)?", "([^/]*\\.)?a", "\\W?", "\\[?",
	    "[^:]*"};
	static const char *const host[] = {"x\\.test", "x\\.test", "ads.x.test",
	    "ads\\.x\\.test", "X\\.TEST", "x\\.tes(t)", "x\\.test?", "test",
	    "1\\.2\\.3\\.4", "3\\.4", "(x\\.test)", "(x|b)\\.test",
	    "\\.x\\.test", "x\\.test{1}", "x\\.\\Qtest\\E", "\\x78\\.test",
	    "::1"};
	static const char *const end[] = {"/", "/", "[/:]", "(/|$)",
	    "(?:[/:]|$)", "[^a-z0-9._-]", "\\/", "/?", ".*/", "", ":", "\\b",
	    "(?=/)", "(/a|/b)", "[^/]", "$", "(/|x)", "[^\\w.-]", "/*", "/+",
	    "(?:/|:\\d+)", "\\W", "]"};

	PUT_ONE_OF(w, scheme);
	PUT_ONE_OF(w, before);
	PUT_ONE_OF(w, host);
	PUT_ONE_OF(w, end);
	if (draw(2))
		put_expression(w, 2);
	if (draw(12) == 0)
		put(w, "|ad");
}

/* ----------------------------------------------------------------- URLs */

struct page {
	struct pen text, raw, alt;
	char room[NAME_ROOM];
	struct url_reading other;
	struct url url;
};

static void
put_path(struct pen *w, const char *begin)
{
	static const char *const between[] = {"", "", "", "/", ".", "-", "_",
	    "?", "&", "=", "%2F", "|", "\n", "{"};

	put(w, begin);
	for (unsigned i = draw(8); i--;) {
		size_t from = w->n;

		PUT_ONE_OF(w, words);
		if (draw(8) == 0)
			for (size_t k = from; k < w->n; k++)
				w->p[k] -=
				    w->p[k] >= 'a' && w->p[k] <= 'z' ? 32 : 0;
		PUT_ONE_OF(w, between);
	}
}

static void
draw_page(struct page *g)
{
	char begin[128];
	const char *host = hosts[draw(ARRAY_LEN(hosts))];
	bool v6;

	memset(g, 0, sizeof(*g));
	assert_int_equal(
	    name_from_wire(str_of(host), g->room, &g->url.host), NAME_OK);
	/* as filters/url.c spells it */
	v6 = g->url.host.kind == NAME_IPV6;
	snprintf(begin, sizeof(begin), "http%s://%s%.*s%s%s/",
	    draw(2) ? "s" : "", v6 ? "[" : "", STR_ARG(name_str(g->url.host)),
	    v6 ? "]" : "", draw(4) ? "" : ":81");
	put_path(&g->text, begin);
	g->url.text = str_make(g->text.p, g->text.n);
	if (draw(3) == 0) {
		put_path(&g->raw, begin);
		g->url.raw = str_make(g->raw.p, g->raw.n);
	}
	if (draw(3) == 0) {
		put_path(&g->alt, begin);
		g->other.text = str_make(g->alt.p, g->alt.n);
		g->url.alt = &g->other;
		g->url.nalts = 1;
	}
}

/* ------------------------------------------------------------- the tests */

#define EACH 24 /* patterns of a set, fewer than results have room for */

struct both {
	struct pattern_set *set;
	struct plain plain[EACH];
	struct pen text[EACH];
	unsigned n;
};

static bool
both_add(struct both *b, const struct pen *w)
{
	const struct pattern_def def = {.text = {w->p, w->n}};
	struct err err;
	size_t at;
	unsigned id = pattern_set_add(b->set, &def, &at, &err);

	if (id != b->n)
		return false; /* does not compile, or was there */
	assert_true(plain_init(&b->plain[id], def.text));
	b->text[b->n++] = *w;
	return true;
}

static unsigned
both_compare(const struct both *b, const struct page *g)
{
	struct pattern_result res;
	unsigned hits = 0;

	pattern_set_run(b->set, &g->url, NULL, &res);
	assert_false(res.rest_open);
	for (unsigned i = 0; i < b->n; i++) {
		int want = plain_outcome(&b->plain[i], &g->url);
		unsigned got = pattern_result_of(&res, (uint16_t)i);

		if (want >= 0 && got != (unsigned)want &&
		    !(got & PATTERN_OPEN_ALL))
			fail_msg("%.*s on %.*s: %u, not %d", (int)b->text[i].n,
			    b->text[i].p, STR_ARG(g->url.text), got, want);
		hits += want > 0;
	}
	return hits;
}

static void
both_fini(struct both *b)
{
	for (unsigned i = 0; i < b->n; i++)
		plain_fini(&b->plain[i]);
	pattern_set_free(b->set);
}

static unsigned
both_visit(const struct both *b, const char *address)
{
	struct page g = {.text = {.n = 0}};
	struct url_parts parts;
	struct arena a;
	const char *why;
	unsigned hits;

	arena_init(&a, 0);
	assert_int_equal(
	    url_split(&a, str_of(address), g.room, &parts, &why), 0);
	assert_int_equal(url_canon(&a, &parts, &g.url), 0);
	hits = both_compare(b, &g);
	arena_fini(&a);
	return hits;
}

static void
compare_many(void (*write)(struct pen *), unsigned rounds)
{
	unsigned told = 0, hits = 0, all = 0;

	for (unsigned r = 0; r < rounds; r++) {
		struct both b = {.set = pattern_set_new()};

		assert_non_null(b.set);
		while (b.n < EACH) {
			struct pen w = {.n = 0};

			write(&w);
			both_add(&b, &w);
		}
		assert_int_equal(pattern_set_finish(b.set), 0);
		all += b.n;
		told += b.n - pattern_set_always(b.set);
		for (unsigned i = 0; i < 100; i++) {
			struct page g;

			draw_page(&g);
			hits += both_compare(&b, &g);
		}
		both_fini(&b);
	}
	/* else nothing was tested */
	assert_true(told > all / 5);
	assert_true(hits > all);
}

static void
write_any(struct pen *w)
{
	put_expression(w, 0);
}

static void
sets_find_what_a_plain_loop_finds(void **unused)
{
	(void)unused;
	seed = 1;
	compare_many(write_any, 200);
}

static void
so_do_sets_of_anchored_patterns(void **unused)
{
	(void)unused;
	seed = 2;
	compare_many(put_anchored, 200);
}

/* Anywhere in a text that is longer than what is looked at in one piece. */
static void
no_place_of_a_long_text_is_left_out(void **unused)
{
	static char text[70000];
	static const char needle[] = "/abcdefghijklmnopqrstuvwxyz0123456789/";
	struct both b = {.set = pattern_set_new()};
	struct pen w = {.n = 0};
	struct page g = {.url = {.text = {text, sizeof(text)}}};

	(void)unused;
	put(&w, needle);
	assert_true(both_add(&b, &w));
	w.n = 0;
	put(&w, "9/");
	assert_true(both_add(&b, &w));
	assert_int_equal(pattern_set_finish(b.set), 0);
	assert_int_equal(pattern_set_always(b.set), 0);
	for (size_t at = 0; at + sizeof(needle) - 1 <= sizeof(text);
	     at += at % 16384 < 16200 && at % 16336 < 16200 ? 1009 : 1) {
		memset(text, 'c', sizeof(text));
		memcpy(text + at, needle, sizeof(needle) - 1);
		assert_int_equal(both_compare(&b, &g), 2);
	}
	memcpy(text + sizeof(text) - 2, "9/", 2);
	assert_int_equal(both_compare(&b, &g), 2);
	both_fini(&b);
}

/* -------------------------------------------------- as people write them */

static const char *const written[] = {
    /* of administrators */
    "(adult|casino|poker|roulette)[-_.]?(online|free|24)",
    "(^|[?&/._-])(sex|xxx|porn)([?&/._-]|$)",
    "\\.(exe|msi|scr|bat|com|pif)(\\?|$)",
    "^https?://[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+(:[0-9]+)?/",
    "/(?!index)[a-z]{8,}\\.php\\?id=\\d+",
    "(?<![a-z])bet(s|ting)?(?![a-z])",
    "search\\?(.*&)?q=[^&]*(proxy|vpn)",
    "((images?|video)\\.search\\..*/search.*[?&]q=.*)(nude|naked)",
    "(banner|sponsor|popup)s?/.*\\.(gif|jpe?g|png)$",
    "watch\\?v=[\\w-]{11}(&|$)",
    "^[^:]+://[^/]+\\.(xyz|top|club)(/|:|$)",
    "([a-z])\\1{4,}",
    "(?i:PROMO)[-_]?\\d{2,4}x\\d{2,4}",
    "%(0d|0a)",
    "/wp-(admin|login)|/phpmyadmin/",
    "[?&](utm_[a-z]+|fbclid|gclid)=",
    "(?:download|get)\\.(?:php|cgi|asp)x?\\?.*=http",
    "\\bgames?\\b.*\\bonline\\b",
    "^http://.*\\.test/.*\\.test/",
    "(?=.*game)(?=.*free)",
    ".*",
    "\\d",
    "proxy$",
    "[^ -~]",
    /* of blockers' lists */
    "^https?://([^/?#]*\\.)?ads\\.town\\.test(?:[^a-z0-9_.%-]|$)",
    "^https?://([^/?#]*\\.)?town\\.test\\/banner\\/",
    "^https?://([^/?#]*\\.)?casino",
    "[\\/.-]ads?[\\/.-]",
    "\\/ad\\-banner\\.",
    "&ad_?box_",
    "\\/track(ing|er)?(?:[^a-z0-9_.%-]|$)",
    "^https?\\:\\/\\/[a-z]{4,9}\\.[a-z]+\\.test\\/[a-z]{2}\\d",
    "\\.gif\\?.*=\\d{4}",
    "_300x250\\.|-728x90[._]|\\/468x60",
};

static const char *const visited[] = {
    "http://www.town.test/",
    "https://ads.town.test/",
    "http://ads.town.test:8080/x",
    "http://notads.town.test/banner/1.gif",
    "http://town.test.evil.test/banner/1.gif",
    "https://a.town.test/Banner/top.PNG",
    "http://casino.test/",
    "http://www.casino-online.test/bets?promo_300x250",
    "http://alphabet.test/betting",
    "http://x.test/free.exe?ref=1",
    "http://x.test/free.exercise",
    "http://10.1.2.3/",
    "http://10.1.2.3:81/get.php?u=http://a.test/",
    "http://x.test/abcdefghi.php?id=12",
    "http://x.test/indexabcd.php?id=12",
    "https://search.test/search?hl=kk&q=free+vpn",
    "https://search.test/search?q=cooking",
    "http://image.search.test/a/search?x=1&q=very+nude",
    "http://video.test/watch?v=aXk29_-QwZ1&list=3",
    "http://video.test/watch?v=aXk29_-QwZ12",
    "http://shop.club/",
    "http://shop.club.test/",
    "http://x.test/aaaaaa",
    "http://x.test/promo-300x250.gif?time=2026",
    "http://x.test/a_300x250.png",
    "http://x.test/%0D%0ASet",
    "http://x.test/wp-login.php?utm_source=a",
    "http://x.test/game/play/online",
    "http://x.test/online/games/free",
    "http://x.test/http://y.test/",
    "http://x.test/ad/",
    "http://x.test/a/ads.js?&adbox_1",
    "http://x.test/tracker",
    "http://x.test/trackers",
    "http://x.test/my/proxy",
    "http://x.test/a%2Fads%2Fb",
    "http://x.test/a;sex/b",
    "http://x.test/a\\..\\banner\\1.gif",
    "http://x.test/./banner/../sponsors/a.jpeg",
    "http://abcd.mail.test/xy7",
    "http://[::1]/ad-banner.gif",
    "http://xn--e1afmkfd.test/track",
    "http://x.test/\xd1\x81\xd0\xb5\xd0\xba\xd1\x81",
};

/* Their canonical text, all readings and what was sent. */
static void
what_people_write_on_what_people_visit(void **unused)
{
	unsigned hits = 0, pairs = 0;

	(void)unused;
	/* in sets of some, and each alone */
	for (unsigned each = 1; each <= EACH; each += EACH - 1) {
		for (unsigned from = 0; from < ARRAY_LEN(written);
		     from += each) {
			struct both b = {.set = pattern_set_new()};

			for (unsigned i = from;
			     i < from + each && i < ARRAY_LEN(written); i++) {
				struct pen w = {.n = 0};

				put(&w, written[i]);
				assert_true(both_add(&b, &w));
			}
			assert_int_equal(pattern_set_finish(b.set), 0);
			for (unsigned i = 0; i < ARRAY_LEN(visited); i++) {
				hits += both_visit(&b, visited[i]);
				pairs += b.n;
			}
			both_fini(&b);
		}
	}
	assert_true(pairs > 2000 && hits > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sets_find_what_a_plain_loop_finds),
	    cmocka_unit_test(so_do_sets_of_anchored_patterns),
	    cmocka_unit_test(what_people_write_on_what_people_visit),
	    cmocka_unit_test(no_place_of_a_long_text_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
