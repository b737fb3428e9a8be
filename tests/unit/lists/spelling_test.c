/*
 * spelling_test.c - a line of a list against a request as a client spells it:
 * what means the same is found, what only looks like it is not. Asked as the
 * filter asks: the host strictly, the path in both its readings.
 */
#include "lists/image.h"

#include "tests/unit/lists/build.h"

#include "base/table.h"
#include "lists/path.h"

enum { FREE = 0, FOUND = 1, REFUSED = 2 /* the host is none */ };

struct spelling {
	const char *host, *path;
	int want;
};

/* clang-format off */

/* Of the domain bad.test, written in many ways. */
static const char *const domain_lines[] = {
	"bad.test", "BAD.Test", "bad.test.", ".bad.test", "*.bad.test",
	" bad.test\t", "http://bad.test", "https://BAD.TEST/", "//bad.test/",
	"http://bad.test:80", "bad.test:443", "bad.test # why",
	"\uff42\uff41\uff44.test", "bad\u3002test", "bad\uff0etest",
	"b\u00ada" "d.test", "ba\u200b" "d.test", "bad\uff61test\u3002",
	"\u24b7ad.test", "ba\u2146.test",
};
static const struct spelling domain_asks[] = {
	{"bad.test", "/", FOUND},
	{"BAD.TEST", "/", FOUND},
	{"bad.test.", "/", FOUND},
	{"www.bad.test", "/x", FOUND},
	{"a.b.c.d.e.f.g.bad.test", "/", FOUND},
	{"_x.bad.test", "/", FOUND},
	{"-.bad.test", "/", FOUND},
	{"xn--a.bad.test", "/", FOUND},
	{"1.2.3.4.bad.test", "/", FOUND},
	{"0x7f.bad.test", "/", FOUND},
	{"bad.test..", "/", REFUSED},
	{".bad.test", "/", REFUSED},
	{"www..bad.test", "/", REFUSED},
	{"bad%2etest", "/", REFUSED},
	{"b%61d.test", "/", REFUSED},
	{"bad.test%00.good.test", "/", REFUSED},
	{"\uff42ad.test", "/", REFUSED},
	{"bad\u3002test", "/", REFUSED},
	{"bad.test:80", "/", REFUSED},
	{"bad .test", "/", REFUSED},
	{" bad.test", "/", REFUSED},
	{"bad.test\t", "/", REFUSED},
	{"good.test@bad.test", "/", REFUSED},
	{"bad.test/", "/", REFUSED},
	{"bad\\.test", "/", REFUSED},
	{"[bad.test]", "/", REFUSED},
	{"", "/", REFUSED},
	{".", "/", REFUSED},
	{"notbad.test", "/", FREE},
	{"bad.tes", "/", FREE},
	{"bad.testx", "/", FREE},
	{"bad.test.good.test", "/bad.test/", FREE},
	{"bad-test", "/", FREE},
	{"www-bad.test", "/", FREE},
	{"ad.test", "/", FREE},
	{"test", "/", FREE},
	{"b.ad.test", "/", FREE},
	{"xn--bad.test", "/", FREE},
	{"good.test", "/?bad.test", FREE},
};

/* Of names beyond ASCII. */
static const char *const idn_lines[] = {
	"b\u00fccher.test", "B\u00dcCHER.test", "bu\u0308cher.test",
	"xn--bcher-kva.test", "XN--BCHER-KVA.TEST", "b\u00fccher\u3002test",
};
static const struct spelling idn_asks[] = {
	{"xn--bcher-kva.test", "/", FOUND},
	{"XN--BCHER-KVA.TEST", "/", FOUND},
	{"Xn--Bcher-Kva.test.", "/", FOUND},
	{"www.xn--bcher-kva.test", "/", FOUND},
	{"b\u00fccher.test", "/", REFUSED},
	{"bucher.test", "/", FREE},
	{"buecher.test", "/", FREE},
	{"xn--bcher-kvb.test", "/", FREE},
	{"xn--bcher-kva", "/", FREE},
};

/* Of the address 198.51.100.7. */
static const char *const v4_lines[] = {
	"198.51.100.7", "198.51.100.7/32", "3325256711", "0xc6336407",
	"0306.063.0144.07", "198.51.25607", "198.3367943", "0xc6.0x33.25607",
	"http://198.51.100.7/", "198.51.100.7:80", "198.51.100.7.",
};
static const struct spelling v4_asks[] = {
	{"198.51.100.7", "/", FOUND},
	{"198.51.100.7.", "/", FOUND},
	{"3325256711", "/", FOUND},
	{"0xC6336407", "/", FOUND},
	{"030614662007", "/", FOUND},
	{"198.51.25607", "/", FOUND},
	{"198.3367943", "/", FOUND},
	{"0306.0063.0000144.07", "/", FOUND},
	{"0xc6.51.0144.7", "/", FOUND},
	{"[::ffff:198.51.100.7]", "/", FOUND},
	{"[::FFFF:C633:6407]", "/", FOUND},
	{"[0:0:0:0:0:ffff:c633:6407]", "/", FOUND},
	{"[::198.51.100.7]", "/", FOUND},
	{"[::c633:6407]", "/", FOUND},
	{"[::ffff:0:c633:6407]", "/", FOUND},
	{"[64:ff9b::c633:6407]", "/", FOUND},
	{"[0064:FF9B::198.51.100.7]", "/", FOUND},
	{"[64:ff9b:1::c633:6407]", "/", FOUND},
	{"[2002:c633:6407::]", "/", FOUND},
	{"[2002:c633:6407:1:2:3:4:5]", "/", FOUND},
	{"198.51.100.7..", "/", REFUSED},
	{"198.51.100", "/", FREE}, /* 198.51.0.100 */
	{"198.51.100.", "/", REFUSED},
	{"198.51.100.07x", "/", FREE},
	{"198.51.100.8", "/", FREE},
	{"198.51.100.263", "/", REFUSED},
	{"198.51.100.7.5", "/", REFUSED},
	{"7.100.51.198", "/", FREE},
	{"198.51.100.7.test", "/", FREE},
	{"x.198.51.100.7", "/", REFUSED},
	{"::ffff:198.51.100.7", "/", REFUSED},
	{"[::ffff:198.51.100.7%1]", "/", REFUSED},
	{"[::ffff:198.51.100.007]", "/", REFUSED},
	{"[2002:c633:6408::]", "/", FREE},
	{"[64:ff9c::c633:6407]", "/", FREE},
};

/* Of the URL bad.test/a(b)/c. */
static const char *const url_lines[] = {
	"bad.test/a(b)/c", "http://BAD.test/a(b)/c", "bad.test/a%28b%29/c",
	"bad.test//a(b)//c", "bad.test/./a(b)/x/../c", "bad.test/%61(b)/c",
	"https://bad.test:443/a(b)/c#top",
	"*.bad.test/a(b)/c", "bad.test/a(b)\\c", "bad.test/a(b)/c # why",
};
static const struct spelling url_asks[] = {
	{"bad.test", "/a(b)/c", FOUND},
	{"www.bad.test", "/a(b)/c", FOUND},
	{"bad.test.", "/a(b)/c", FOUND},
	{"bad.test", "/a(b)/c/", FOUND},
	{"bad.test", "/a(b)/c/d", FOUND},
	{"bad.test", "/a(b)/c?d", FOUND},
	{"bad.test", "/a(b)/c?", FOUND},
	{"bad.test", "/a(b)/c;d=1", FOUND},
	{"bad.test", "/a(b)/c&d", FOUND},
	{"bad.test", "/a%28b%29/c", FOUND},
	{"bad.test", "/%61(b)/%63", FOUND},
	{"bad.test", "/a(b)//c", FOUND},
	{"bad.test", "//a(b)/c", FOUND},
	{"bad.test", "/./a(b)/./c", FOUND},
	{"bad.test", "/x/../a(b)/c", FOUND},
	{"bad.test", "/x/%2e%2E/a(b)/c", FOUND},
	{"bad.test", "/../../a(b)/c", FOUND},
	{"bad.test", "/a(b)/c/.", FOUND},
	{"bad.test", "/a(b)/c/x/..", FOUND},
	{"bad.test", "/a(b)%2Fc", FOUND},
	{"bad.test", "/a(b)%5cc", FOUND},
	{"bad.test", "/a(b)/c%2F", FOUND},
	{"bad.test", "/a(b)/c%2fd", FOUND},
	{"bad.test", "/x%2f..%2fa(b)/c", FOUND},
	{"bad.test", "/%2Fa(b)/c", FOUND},
	{"bad.test", "/a(b)/", FREE},
	{"bad.test", "/a(b)", FREE},
	{"bad.test", "/a(b)/cc", FREE},
	{"bad.test", "/a(b)/c.html", FREE},
	{"bad.test", "/a(b)/C", FREE},
	{"bad.test", "/x/a(b)/c", FREE},
	{"bad.test", "/a(b)/c/..", FREE},
	{"bad.test", "/a(b)/x/c", FREE},
	{"bad.test", "/?/a(b)/c", FREE},
	{"bad.test", "/a%2528b%2529/c", FREE},
	{"bad.test", "/a(b)/c%20", FREE},
	{"bad.test", "/a(b)/%00c", FREE},
	{"good.test", "/a(b)/c", FREE},
	{"notbad.test", "/a(b)/c", FREE},
	{"test", "/bad.test/a(b)/c", FREE},
};

/* Of the query of bad.test/v?id=a:b. */
static const char *const query_lines[] = {
	"bad.test/v?id=a:b", "http://bad.test/v?id=a%3Ab",
	"bad.test//v?%69d=a%3ab",
};
static const struct spelling query_asks[] = {
	{"bad.test", "/v?id=a:b", FOUND},
	{"bad.test", "/v?id=a%3Ab", FOUND},
	{"bad.test", "/%76?%69%64=%61%3a%62", FOUND},
	{"bad.test", "/x/../v?id=a:b&t=1", FOUND},
	{"bad.test", "/v?id=a:b;t=1", FOUND},
	{"bad.test", "/v?id=a:b/x", FOUND},
	{"bad.test", "/v?id=a:bc", FREE},
	{"bad.test", "/v?id=a:", FREE},
	{"bad.test", "/v?id%3Da:b", FREE}, /* another name, no value */
	{"bad.test", "/v?x=1&id=a:b", FREE},
	{"bad.test", "/v?ID=a:b", FREE},
	{"bad.test", "/v%3Fid=a:b", FREE},
	{"bad.test", "/v", FREE},
	{"bad.test", "/v?", FREE},
	{"bad.test", "/v/?id=a:b", FREE},
};

/* Of the exact host bad.test. */
static const char *const exact_lines[] = {
	"bad.test", "BAD.TEST.", "http://bad.test/", "bad.test:80",
};
static const struct spelling exact_asks[] = {
	{"bad.test", "/x", FOUND},
	{"Bad.Test.", "/", FOUND},
	{"www.bad.test", "/", FREE},
	{"a.bad.test", "/bad.test", FREE},
	{"xbad.test", "/", FREE},
	{"test", "/", FREE},
};
/* clang-format on */

#define GROUP(format, lines, asks)                                             \
	{                                                                      \
		format, lines, ARRAY_LEN(lines), asks, ARRAY_LEN(asks)         \
	}
static const struct {
	enum list_format format;
	const char *const *lines;
	size_t nlines;
	const struct spelling *asks;
	size_t nasks;
} groups[] = {
    GROUP(LIST_DOMAINS, domain_lines, domain_asks),
    GROUP(LIST_DOMAINS, idn_lines, idn_asks),
    GROUP(LIST_DOMAINS, v4_lines, v4_asks),
    GROUP(LIST_URLS, url_lines, url_asks),
    GROUP(LIST_URLS, query_lines, query_asks),
    GROUP(LIST_EXACT, exact_lines, exact_asks),
};

static int
ask(const struct image *im, const struct spelling *s)
{
	static const enum path_reading readings[] = {PATH_AS_IS, PATH_SLASHES};
	char room[NAME_ROOM], path[128];
	struct image_hits hits = {0};
	struct name host;

	assert_true(strlen(s->path) + 1 < sizeof(path));
	if (name_from_wire(str_of(s->host), room, &host) != NAME_OK)
		return REFUSED;
	image_find_host(im, host, &hits);
	for (size_t i = 0; i < ARRAY_LEN(readings); i++)
		image_find_url(im, host,
		    path_canon(str_of(s->path), readings[i], path), &hits);
	return hits.n ? FOUND : FREE;
}

static void
what_means_the_same_is_found_and_nothing_else(void **state)
{
	(void)state;
	for (size_t g = 0; g < ARRAY_LEN(groups); g++)
		for (size_t l = 0; l < groups[g].nlines; l++) {
			struct build_source src = {"l", "c", groups[g].format,
			    str_of(groups[g].lines[l])};
			struct buf b = build(&src, 1);
			struct image im = build_view(&b);

			if (im.nentries != 1)
				fail_msg("<%s> is refused", src.text.p);
			for (size_t i = 0; i < groups[g].nasks; i++) {
				const struct spelling *s = &groups[g].asks[i];
				int got = ask(&im, s);

				if (got != s->want)
					fail_msg("<%s>: %s%s: %d, not %d",
					    src.text.p, s->host, s->path, got,
					    s->want);
			}
			buf_fini(&b);
		}
}

/* All lines of a group are one entry: the first line's. */
static void
all_spellings_are_one_entry(void **state)
{
	(void)state;
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		struct buf text = BUF_EMPTY, b;
		struct build_source src = {
		    "l", "c", groups[g].format, {NULL, 0}};
		struct image im;

		for (size_t l = 0; l < groups[g].nlines; l++)
			buf_addf(&text, "%s\n", groups[g].lines[l]);
		src.text = buf_str(&text);
		b = build(&src, 1);
		im = build_view(&b);
		assert_int_equal(im.nentries, 1);
		buf_fini(&b);
		buf_fini(&text);
	}
}

/* Each printable byte, escaped or not, in a list or in a request. */
static void
a_byte_and_its_escape_meet(void **state)
{
	/* these are something else where they stand unescaped */
	static const char apart[] = "#%&;?/\\";

	(void)state;
	for (int c = 0x21; c < 0x7f; c++)
		for (unsigned k = 0; k < 4; k++) {
			bool listed = k & 1, asked = k & 2;
			char line[64], path[64];
			struct build_source src = {
			    "l", "c", LIST_URLS, {line, 0}};
			struct spelling s = {"bad.test", path, 0};
			struct image im;
			struct buf b;

			if (strchr(apart, c) && listed != asked)
				continue;
			if (strchr("#?\\", c) && !listed)
				continue; /* ends or parts the path */
			snprintf(path, sizeof(path),
			    asked ? "/x%%%02xy" : "/x%cy", (unsigned)c);
			src.text.n = (size_t)snprintf(line, sizeof(line),
			    listed ? "bad.test/x%%%02Xy" : "bad.test/x%cy",
			    (unsigned)c);
			b = build(&src, 1);
			im = build_view(&b);
			if (ask(&im, &s) != FOUND)
				fail_msg("%s: %s", line, path);
			buf_fini(&b);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_means_the_same_is_found_and_nothing_else),
	    cmocka_unit_test(all_spellings_are_one_entry),
	    cmocka_unit_test(a_byte_and_its_escape_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
