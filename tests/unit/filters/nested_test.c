/* nested_test.c - addresses inside addresses: which are found, and which not. */
#include "world.h"

#include "base/table.h"
#include "filters/nested.h"
#include "filters/nested_impl.h"

/* <url> as a person types it; a target that is to stay as it is stands behind
 * "RAW host ". */
static struct name
read_url(struct arena *a, const char *text, struct url *u)
{
	char *room = arena_alloc(a, NAME_ROOM);
	struct url_parts p = {.port = 80};
	struct str s = str_of(text), host;
	const char *why = "";

	if (str_starts(s, STR("RAW "))) {
		str_cut(str_sub(s, 4, s.n), ' ', &host, &s);
		assert_int_equal(name_from_wire(host, room, &p.host), NAME_OK);
		p.has_query = str_cut(s, '?', &p.path, &p.query);
	} else if (url_split(a, s, room, &p, &why) < 0) {
		fail_msg("%s: %s", text, why);
	}
	if (url_canon(a, &p, u) < 0)
		fail_msg("%s: malformed", text);
	return u->host;
}

/* All that is found, with blanks between; hosts alone without a scheme. */
struct found {
	char text[32768];
	size_t text_n;
	unsigned n, urls;
	bool bad;        /* bad.test is one of them */
	unsigned enough; /* so many are; 0: never */
	enum nested_end end;
};

static bool
hear_one(void *arg, const struct nested *one)
{
	struct found *f = arg;
	struct str s = one->has_url ? one->url.text : name_str(one->url.host);

	assert_true(one->url.host.n > 0);
	if (f->text_n + s.n + 2 < sizeof(f->text))
		f->text_n += (size_t)snprintf(f->text + f->text_n,
		    sizeof(f->text) - f->text_n, "%s%.*s", f->n ? " " : "",
		    STR_ARG(s));
	f->n++;
	f->urls += one->has_url;
	f->bad |= str_eq(name_str(one->url.host), STR("bad.test"));
	return f->n != f->enough;
}

static struct found *
each(struct name host, const struct url *url, unsigned enough)
{
	static struct found f;
	const struct nested_hear hear = {NULL, hear_one, &f};

	memset(&f, 0, sizeof(f));
	f.enough = enough;
	f.end = nested_each(host, url, &hear);
	return &f;
}

/* The same without the quick look before it. */
static struct found *
look(struct name host, const struct url *url)
{
	static struct found f;
	const struct nested_hear hear = {NULL, hear_one, &f};

	memset(&f, 0, sizeof(f));
	f.end = nested_look(host, url, &hear);
	return &f;
}

static void
finds(const char *url, const char *want)
{
	const struct found *f;
	struct arena a;
	struct name host;
	struct url u;

	arena_init(&a, 0);
	host = read_url(&a, url, &u);
	f = each(host, &u, 0);
	if (strcmp(f->text, want) != 0)
		fail_msg("%s:\n\"%s\" is not\n\"%s\"", url, f->text, want);
	assert_int_equal(f->end, NESTED_ALL);
	arena_fini(&a);
}

static void
an_address_is_found_however_it_is_written(void **unused)
{
	static const char *const rows[] = {
	    /* as it is, and with escapes */
	    "http://t.test/?u=http://bad.test/",
	    "http://t.test/?u=http%3A%2F%2Fbad.test%2F",
	    "http://t.test/?u=http%3a%2f%2fbad.test%2f",
	    "http://t.test/?u=http%253A%252F%252Fbad.test%252F",
	    "http://t.test/?u=http%25253A%25252F%25252Fbad.test%25252F",
	    "http://t.test/?u=HTTP://BAD.TEST/",
	    "http://t.test/?u=%68%74%74%70%3A%2F%2Fbad.test/",
	    "http://t.test/?u=%2568ttp://bad.test/",
	    "http://t.test/?u=ht%2574p%3A//bad.test/",
	    "http://t.test/?anything=http://bad.test/",
	    "http://t.test/?http://bad.test/",
	    "http://t.test/?a=1&http://bad.test/",
	    "http://t.test/?a=1;u=http://bad.test/",
	    "http://t.test/?u=x|http://bad.test/",
	    "http://t.test/?u=(http://bad.test)",
	    "http://t.test/?u='http://bad.test'",
	    "http://t.test/?u=[\"http://bad.test\"]",
	    "http://t.test/?u=http:/bad.test/",
	    "http://t.test/?u=http:///bad.test/",
	    "http://t.test/?u=http:\\\\bad.test/",
	    "http://t.test/?u=http:\\/\\/bad.test\\/",
	    "http://t.test/?u=http:bad.test",
	    "http://t.test/?u=http://user@bad.test/",
	    "http://t.test/?u=http://good.test:pw@bad.test/",
	    "http://t.test/?u=http://bad.test:80/",
	    "http://t.test/?u=http://bad.test./",
	    "http://t.test/?u=http://b%61d.test/",
	    "http://t.test/?u=view-source:http://bad.test/",
	    /* no scheme */
	    "http://t.test/?u=//bad.test/",
	    "http://t.test/?x=//bad.test/",
	    "http://t.test/?x=%2F%2Fbad.test%2F",
	    "http://t.test/?x=\\\\bad.test/",
	    "http://t.test/?u=bad.test/",
	    "http://t.test/?U=bad.test",
	    "http://t.test/?%75=bad.test",
	    "http://t.test/?url=bad.test",
	    "http://t.test/?uri=bad.test",
	    "http://t.test/imgres?imgurl=bad.test",
	    "http://t.test/?q=cache:bad.test",
	    "http://t.test/?q=cache:bad.test+words",
	    "http://t.test/?q=cache%3Abad.test",
	    "http://t.test/?q=CACHE:http://bad.test/",
	    /* in the path */
	    "http://web.archive.test/web/2020/http://bad.test/",
	    "http://web.archive.test/web/2020/http:/bad.test/",
	    "RAW web.archive.test //web.archive.test/web/2020/http://bad.test/",
	    "http://t.test/http%3A%2F%2Fbad.test%2F",
	    "http://t.test/-----http://bad.test/",
	    "http://t.test//bad.test/",
	    "http://t.test/nph-proxy.cgi/000000A/http/bad.test/",
	    "http://t.test/x/http/bad.test",
	    "RAW t.test /web/./http://bad.test/",
	    "RAW t.test /web/http:/./bad.test/",
	    "RAW t.test /x;y/http://bad.test/",
	    /* base64, of both alphabets, padded or not */
	    "http://t.test/browse.php?u=aHR0cDovL2JhZC50ZXN0Lw==",
	    "http://t.test/browse.php?u=aHR0cDovL2JhZC50ZXN0Lw%3D%3D",
	    "http://t.test/browse.php?u=aHR0cDovL2JhZC50ZXN0Lw",
	    "http://t.test/browse.php?x=aHR0cDovL2JhZC50ZXN0",
	    "http://t.test/browse.php?x=SFRUUDovL0JBRC5URVNULw==",
	    "http://t.test/browse.php?x=SHR0cDovL2JhZC50ZXN0Lw==",
	    "http://t.test/p/aHR0cDovL2JhZC50ZXN0Lw/",
	    "http://t.test/?x=eGh0dHA6Ly9iYWQudGVzdC8=",
	    "http://t.test/?x=eHhodHRwOi8vYmFkLnRlc3Qv",
	    "http://t.test/?x=Oi8vYmFkLnRlc3Qv",
	    "http://t.test/?u=YmFkLnRlc3Q=",
	    "http://t.test/?u=YmFkLnRlc3Qv",
	    "http://t.test/?x=%61HR0cDovL2JhZC50ZXN0Lw==",
	    /* hex */
	    "http://t.test/?x=687474703a2f2f6261642e746573742f",
	    "http://t.test/?x=687474703A2F2F6261642E746573742F",
	    "http://t.test/?x=485454503A2F2F4241442E544553542F",
	    /* rot13, and one bit of every other byte */
	    "http://t.test/index.php?q=uggc://onq.grfg/",
	    "http://t.test/index.php?q=uggc%3A%2F%2Fonq.grfg%2F",
	    "http://t.test/service/hvtr%3A-%2F%60af.veqt-",
	    /* line breaks and tabs, which readers of URLs leave out */
	    "http://t.test/?x=http://b%0aad.test/",
	    "http://t.test/?x=http://b%0D%0Aad.test/",
	    "http://t.test/?x=ht%09tp://bad.test/",
	    "http://t.test/?x=http:/%09/bad.test/",
	    "http://t.test/?x=ht%09tp:/%0A/bad.test/",
	    "http://t.test/?x=h%0att%0ap%3A%2F%2Fbad.test",
	    "http://t.test/?u=b%09ad.test",
	    "http://t.test/?x=ht%2509tp:/%250a/bad.test/",
	    "http://t.test/x/ht%09tp://b%0aad.test/",
	    "http://t.test/?x=aHQJdHA6Ly9i&y=http://bad.test",
	    "http://t.test/?x=aHR0cDovL2IKYWQudGVzdC8=",
	    /* base64 of what is escaped, and of base64 */
	    "http://t.test/?x=aHR0cCUzQSUyRiUyRmJhZC50ZXN0JTJG",
	    "http://t.test/?x=aHR0cHMlM0ElMkYlMkZiYWQudGVzdCUyRg==",
	    "http://t.test/?x=eGh0dHAlM0ElMkYlMkZiYWQudGVzdCUyRg==",
	    "http://t.test/?x=eGh0dHBzJTNBJTJGJTJGYmFkLnRlc3QlMkY=",
	    "http://t.test/?x=eHhodHRwJTNBJTJGJTJGYmFkLnRlc3QlMkY=",
	    "http://t.test/?x=eHhodHRwcyUzQSUyRiUyRmJhZC50ZXN0JTJG",
	    "http://t.test/?x=SFRUUCUzYSUyZiUyZmJhZC50ZXN0",
	    "http://t.test/?x=aHR0cCUyNTNBJTI1MkYlMjUyRmJhZC50ZXN0JTI1MkY=",
	    "http://t.test/p/aHR0cCUzQSUyRiUyRmJhZC50ZXN0JTJG",
	    "http://t.test/?x=YUhSMGNEb3ZMMkpoWkM1MFpYTjBMdz09",
	    "http://t.test/?x=eGFIUjBjRG92TDJKaFpDNTBaWE4wTHc9PQ==",
	    "http://t.test/?x=eHhhSFIwY0RvdkwySmhaQzUwWlhOMEx3PT0=",
	    "http://t.test/?x=U0ZSVVVEb3ZMMkpoWkM1MFpYTjBMdz09",
	    "http://t.test/?x=YUhSMGNDVXpRU1V5UmlVeVJtSmhaQzUwWlhOMEpUSkc=",
	    "http://t.test/?u=WW1Ga0xuUmxjM1E9",
	    "http://t.test/?u=YmFkJTJFdGVzdA==",
	    /* a parameter's name as some servers take it */
	    "http://t.test/?url[]=bad.test",
	    "http://t.test/?u[]=bad.test",
	    "http://t.test/?u[a]=bad.test",
	    "http://t.test/?url%5B%5D=bad.test",
	    "http://t.test/?uri%5b0%5d=bad.test",
	    "http://t.test/?+u=bad.test",
	    "http://t.test/?%20u=bad.test",
	    "http://t.test/?u+=bad.test",
	    "http://t.test/?a=1&++url=bad.test",
	    "http://t.test/?%2Bu=bad.test",
	    "http://t.test/?u%00x=bad.test",
	    "http://t.test/?%0Au=bad.test",
	    "http://t.test/?imgurl[]=bad.test",
	    "http://t.test/?u[]=YmFkLnRlc3Qv",
	    /* a slash before a host */
	    "http://t.test/?u=/bad.test/",
	    "http://t.test/?u=%2Fbad.test",
	    "http://t.test/?url=+bad.test",
	    "http://t.test/?u=\\bad.test",
	    /* escapes of scripts and of HTML */
	    "http://t.test/?x=\\u0068ttp://bad.test/",
	    "http://t.test/?x=http\\u003a\\u002f\\u002fbad.test",
	    "http://t.test/?x=%5Cu0068ttp%5cu003A//bad.test",
	    "http://t.test/?x=\\x68ttp:\\x2f\\x2fbad.test",
	    "http://t.test/?x=%u0068ttp://bad.test/",
	    "http://t.test/?x=http%u003A%u002F%u002Fbad.test",
	    "http://t.test/?x=%25u0068ttp:/%25u002fbad.test",
	    "http://t.test/?x=http%26%2358;%26%2347;%26%2347;bad.test",
	    "http://t.test/?x=http%26%23x3A;//bad.test",
	    "http://t.test/?x=%26%23104;ttp://bad.test",
	    "http://t.test/?x=%26%23104ttp://bad.test",
	    "http://t.test/?x=%26amp;u=%26sol;%26sol;bad.test",
	    "http://t.test/?x=http%26colon;//bad.test",
	    "http://t.test/?x=http://bad%26period;test/",
	    "http://t.test/?u=bad\\u002etest",
	    "http://t.test/x/http&%2358;&%2347;&%2347;bad.test/",
	    "http://t.test/x/%26sol;%26sol;bad.test/",
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct found *f;
		struct arena a;
		struct name host;
		struct url u;

		arena_init(&a, 0);
		host = read_url(&a, rows[i], &u);
		f = each(host, &u, 0);
		if (!f->bad)
			fail_msg("%s: \"%s\"", rows[i], f->text);
		arena_fini(&a);
	}
}

static void
it_is_whole_and_found_once(void **unused)
{
	static const struct {
		const char *url, *found;
	} rows[] = {
	    {"http://t.test/?u=http%3A%2F%2Fbad.test%2Fx%3Fy%3Dz&b=c",
	        "http://bad.test/x?y=z"},
	    {"http://t.test/?u=http://bad.test/x?y=z&b=c",
	        "http://bad.test/x?y=z"},
	    {"http://web.archive.test/web/2020/http://bad.test/x?y=z&b=c",
	        "http://bad.test/x?y=z&b=c"},
	    {"http://t.test/?u=https://bad.test:8443/x",
	        "https://bad.test:8443/x"},
	    {"http://t.test/?u=http://BAD.test/a/../x", "http://bad.test/x"},
	    {"http://t.test/?u=http://bad.test/a%20b", "http://bad.test/a%20b"},
	    {"http://t.test/?u=http://bad.test/&v=http://bad.test/",
	        "http://bad.test/"},
	    {"http://t.test/?u=http://bad.test/&v=http://worse.test/",
	        "http://bad.test/ http://worse.test/"},
	    {"http://t.test/?u=http://a.test/?u=http://bad.test/",
	        "http://a.test/?u=http://bad.test/ http://bad.test/"},
	    {"http://t.test/?u=http%3A%2F%2Fa.test%2F%3Fu%3Dhttp%253A%252F%252F"
	     "bad.test%252F",
	        "http://a.test/?u=http://bad.test/ http://bad.test/"},
	    {"http://t.test/?x=aHR0cDovL2JhZC50ZXN0L3g/eT16",
	        "http://bad.test/x?y=z"},
	    {"http://t.test/?x=aHR0cDovL2JhZC50ZXN0Lz94LX5-fn4_",
	        "http://bad.test/?x-~~~~?"},
	    {"http://t.test/?u=http://198.51.100.7/x", "http://198.51.100.7/x"},
	    {"http://t.test/?u=http://3325256711/", "http://198.51.100.7/"},
	    {"http://t.test/?u=http://[2001:db8::7]/x",
	        "http://[2001:db8::7]/x"},
	    {"http://t.test/?u=198.51.100.7", "http://198.51.100.7/"},
	    {"http://t.test/?u=http://\xd0\xb1.test/", "http://xn--90a.test/"},
	    {"http://t.test/?u=http%3A%2F%2F%D0%B1.test%2F",
	        "http://xn--90a.test/"},
	    {"http://t.test/?u=http://xn--90a.test/", "http://xn--90a.test/"},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		finds(rows[i].url, rows[i].found);
}

static void
services_are_known_by_their_hosts(void **unused)
{
	static const struct {
		const char *url, *found;
	} rows[] = {
	    {"https://bad-test.translate.goog/x?y", "https://bad.test/x?y"},
	    {"https://my--bad-test.translate.goog/", "https://my-bad.test/"},
	    {"https://xn----90a-test.translate.goog/", "https://xn--90a.test/"},
	    {"https://translate.goog/", ""},
	    {"https://bad.translate.goog/", ""},
	    {"https://bad-test.cdn.ampproject.org/v/x", "https://bad.test/v/x"},
	    {"https://cdn.ampproject.org/c/s/bad.test/x", "http://bad.test/x"},
	    {"https://web.archive.org/web/2020/bad.test/x",
	        "http://bad.test/x"},
	    {"https://web.archive.org/web/2020im_/bad.test/x.jpg",
	        "http://bad.test/x.jpg"},
	    {"https://web.archive.org/save/bad.test", "http://bad.test/"},
	    {"https://web.archive.org/about.html", ""},
	    {"https://archive.ph/20200101/bad.test", "http://bad.test/"},
	    {"https://webcache.googleusercontent.com/search?q=bad.test",
	        "http://bad.test/"},
	    {"https://images.weserv.nl/?url=bad.test/x.jpg",
	        "http://bad.test/x.jpg"},
	    {"https://i0.wp.com/bad.test/x.jpg", "http://bad.test/x.jpg"},
	    {"https://i0.wp.com/x.jpg", ""},
	    {"https://external-content.duckduckgo.com/iu/?u=bad.test%2Fx.jpg",
	        "http://bad.test/x.jpg"},
	    {"https://www.google.kz/"
	     "imgres?imgurl=http%3A%2F%2Fbad.test%2Fx.jpg",
	        "http://bad.test/x.jpg"},
	    {"https://www.google.com/amp/s/bad.test/x", "http://bad.test/x"},
	    {"https://translated.turbopages.org/proxy_u/en-ru.ru.1/https/"
	     "bad.test/x",
	        "https://bad.test/x http://bad.test/x"},
	    {"https://12ft.io/bad.test", "http://bad.test/"},
	    {"https://other.test/web/2020/bad.test/x", ""},
	    {"https://xweb.archive.org/web/2020/bad.test/x", ""},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		finds(rows[i].url, rows[i].found);
}

/* The filter before the table lets each row pass. */
static void
each_service_is_known(void **unused)
{
	const struct nested_service *s;
	unsigned rows = 0;

	(void)unused;
	for (; (s = nested_service_row(rows)) != NULL; rows++) {
		char room[NAME_ROOM];
		struct name n;
		unsigned i = 0;

		assert_int_equal(name_from_wire(s->below, room, &n), NAME_OK);
		assert_true(nested_serves(n));
		while (nested_service(n, i) != s)
			assert_non_null(nested_service(n, i++));
	}
	assert_true(rows > 30);
}

/* Of a tunnel there is only the host. */
static void
a_host_alone_may_say_whom_it_shows(void **unused)
{
	static const struct {
		const char *host, *found;
	} rows[] = {
	    {"bad-test.translate.goog", "bad.test"},
	    {"198-51-100-7.translate.goog", "198.51.100.7"},
	    {"bad-test.bing-amp.com", "bad.test"},
	    {"www-bad-test.cdn.ampproject.org", "www.bad.test"},
	    {"bad-test.turbopages.org", "bad.test"},
	    {"bad.test", ""},
	    {"test", ""},
	    {"translate.goog", ""},
	    {"x.translate.test", ""},
	    {"-.translate.goog", ""},
	    {"----.translate.goog", ""},
	    {"198.51.100.7", ""},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char room[NAME_ROOM];
		const struct found *f;
		struct name n;

		assert_int_equal(
		    name_from_wire(str_of(rows[i].host), room, &n), NAME_OK);
		f = each(n, NULL, 0);
		assert_string_equal(f->text, rows[i].found);
		assert_int_equal(f->urls, 0);
	}
}

static void
ordinary_urls_hold_none(void **unused)
{
	static const char *const rows[] = {
	    "http://t.test/",
	    "http://t.test/a/b/c.html?x=1&y=2",
	    "http://t.test/httpd/http.html",
	    "http://t.test/docs/http/",
	    "http://t.test/docs/http/index.html",
	    "http://t.test/a//b.js",
	    "http://t.test/assets//logo.png",
	    "http://t.test/?url=index.html",
	    "http://t.test/?url=page",
	    "http://t.test/?u=12345",
	    "http://t.test/?u=3.14",
	    "http://t.test/?u=1.2.3",
	    "http://t.test/?u=abcdefgh",
	    "http://t.test/?url=/index.html",
	    "http://t.test/?url=/a/b.test/c",
	    "http://t.test/?url[]=page&u%5B%5D=1",
	    "http://t.test/?ur[l]=bad.test",
	    "http://t.test/?xu[]=bad.test",
	    "http://t.test/?x=%0a%0d%09",
	    "http://t.test/?x=C:%5Cusers%5Cxml",
	    "http://t.test/?x=%u00zz&y=%u",
	    "http://t.test/?x=\\ud800\\u12\\x5",
	    "http://t.test/?x=%26%23;%26%23x;%26%23xd800;%26",
	    "http://t.test/?x=%26%2399999999;http",
	    "http://t.test/?x=aHR0aHR0&y=YUhSYUhS&z=hSFIFIUj",
	    "http://t.test/?host=bad.test",
	    "http://t.test/?domain=bad.test",
	    "http://t.test/?q=bad.test",
	    "http://t.test/?q=what+is+http:+a+protocol",
	    "http://t.test/?q=http://",
	    "http://t.test/?q=https%3A",
	    "http://t.test/?q=http://%00/",
	    "http://t.test/?q=http://a..b/",
	    "http://t.test/?q=http://256.256.256.256/",
	    "http://t.test/?q=cache",
	    "http://t.test/?q=cache:+memory",
	    "http://t.test/?x=aHR0cA==",
	    "http://t.test/?x=6874747",
	    "http://t.test/?x=%",
	    "http://t.test/?&&=&=",
	    "http://t.test/100%25",
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		finds(rows[i], "");
}

/* "http://t.test/?" and <n> times <many>, in which '#' is a number. */
static struct found *
each_of_many(const char *many, int n, unsigned enough)
{
	struct buf text = BUF_EMPTY;
	struct arena a;
	struct url u;
	struct name host;
	struct found *f;

	buf_add_str(&text, STR("http://t.test/?"));
	for (int i = 0; i < n; i++) {
		struct str rest = str_of(many), before;
		bool more = str_cut(rest, '#', &before, &rest);

		buf_add_str(&text, before);
		if (more)
			buf_addf(&text, "%d%.*s", i, STR_ARG(rest));
	}
	buf_add_char(&text, '\0');
	arena_init(&a, 0);
	host = read_url(&a, text.p, &u);
	f = each(host, &u, enough);
	arena_fini(&a);
	buf_fini(&text);
	return f;
}

static void
as_many_are_told_as_fit(void **unused)
{
	const struct found *f;

	(void)unused;
	f = each_of_many("a=http://bad#.test/&", NESTED_MAX, 0);
	assert_int_equal(f->n, NESTED_MAX);
	assert_int_equal(f->end, NESTED_ALL);
	f = each_of_many("a=http://bad#.test/&", NESTED_MAX + 1, 0);
	assert_int_equal(f->n, NESTED_MAX);
	assert_int_equal(f->end, NESTED_LOST);
	/* the same again is none more */
	f = each_of_many("a=http://bad.test/&", 3 * NESTED_MAX, 0);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->end, NESTED_ALL);
	/* who has heard enough is told no more */
	f = each_of_many("a=http://bad#.test/&", NESTED_MAX + 1, 3);
	assert_int_equal(f->n, 3);
	assert_int_equal(f->end, NESTED_ENOUGH);
}

static void
what_is_beyond_the_bounds_is_said(void **unused)
{
	(void)unused;
	/* codings, each of which says nothing */
	assert_int_equal(each_of_many("x=aHR0cDov.&", 300, 0)->end, NESTED_ALL);
	assert_int_equal(
	    each_of_many("x=aHR0cDov.&", 20000, 0)->end, NESTED_LOST);
	/* addresses, each of which is none */
	assert_int_equal(
	    each_of_many("x=http://a..b/.&", 1000, 0)->end, NESTED_ALL);
	assert_int_equal(
	    each_of_many("x=http://a..b/.&", 20000, 0)->end, NESTED_LOST);
	/* each of which holds all behind it */
	assert_int_equal(
	    each_of_many("/http://a.test/", 2000, 0)->end, NESTED_LOST);
}

static bool
hear_host(void *arg, struct name host)
{
	++*(unsigned *)arg;
	return str_eq(name_str(host), STR("bad.test"));
}

static bool
hear_bad(void *arg, const struct nested *one)
{
	assert_true(str_eq(one->url.path, STR("/x")));
	*(unsigned *)arg += 1000000;
	return true;
}

/* Of who asks for some hosts alone all are looked at, however many. */
static void
some_hosts_alone_can_be_asked_for(void **unused)
{
	unsigned seen = 0;
	const struct nested_hear hear = {hear_host, hear_bad, &seen};
	struct buf text = BUF_EMPTY;
	struct arena a;
	struct url u;
	struct name host;

	(void)unused;
	buf_add_str(&text, STR("http://t.test/?ids="));
	for (int i = 0; i < 1500; i++)
		buf_addf(&text, "http%%3A%%2F%%2Fnews%d.test%%2F,", i);
	buf_add_str(&text, STR("http%3A%2F%2Fbad.test%2Fx"));
	buf_add_char(&text, '\0');
	arena_init(&a, 0);
	host = read_url(&a, text.p, &u);
	assert_int_equal(nested_each(host, &u, &hear), NESTED_ALL);
	assert_true(seen >= 1001501 && seen < 2000000);
	arena_fini(&a);
	buf_fini(&text);
}

/* The quick look never says no where there is one, of any mix of marks. */
static void
the_quick_look_never_misses(void **unused)
{
	static const char *const bits[] = {"http", "HTTP", "s", ":", "/", "//",
	    "\\", "%2F", "%2f", "%3A", "%25", "2F", "3A", "%68", "%74", "ttp",
	    "bad.test", "a.test", "?", "&", "=", "u", "url", "%75", "%3D",
	    "cache:", "cache%3A", "aHR0cDovL2JhZC50ZXN0Lw", "Oi8vYmFkLnRlc3Qv",
	    "YmFkLnRlc3Q", "687474703a2f2f6261642e746573742f", "%61HR0",
	    "cDovL2JhZC50ZXN0Lw", "uggc", "onq.grfg", "hvtr:-/`af.veqt", "x",
	    ".", "1", "%", "%%36", "web", "q", "eGh0dHA6Ly9iYWQudGVzdC8",
	    "eHhodHRwOi8vYmFkLnRlc3Qv", "SFRUUDovL0JBRC5URVNU", "%09", "%0a",
	    "h", "%0dttp", "\\u0068", "%u0068", "\\x2f", "%5Cu002f",
	    "%26%2358;", "%2347;", "&sol;", "[]", "%5B%5D", "+", "%20", "%00",
	    "%26", "%23", "aHR0cCUzQSUyRiUyRmJhZC50ZXN0",
	    "YUhSMGNEb3ZMMkpoWkM1MFpYTjBMM2c9",
	    "eGFIUjBjRG92TDJKaFpDNTBaWE4wTHc9PQ==",
	    "eHhhSFIwY0RvdkwySmhaQzUwWlhOMEx3PT0="};
	static const char *const hosts[] = {"t.test", "web.archive.org",
	    "bad-test.translate.goog", "i0.wp.com"};
	uint32_t seed = 11;
	unsigned found = 0;

	(void)unused;
	for (int round = 0; round < 100000; round++) {
		struct url_parts p = {.port = 80};
		const struct found *f;
		char text[256] = "/", room[NAME_ROOM];
		struct str t;
		struct arena a;
		struct url u;
		size_t n = 1;
		int k = 3 + round % 7;

		while (k--) {
			seed = seed * 1103515245 + 12345;
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s",
			    bits[(seed >> 16) % ARRAY_LEN(bits)]);
		}
		name_from_wire(str_of(hosts[round % 16 ? 0 : round / 16 % 4]),
		    room, &p.host);
		t = str_make(text, n);
		p.has_query = str_cut(t, '?', &p.path, &p.query);
		arena_init(&a, 0);
		assert_int_equal(url_canon(&a, &p, &u), 0);
		f = look(p.host, &u);
		if ((f->n || f->end) && !nested_may(p.host, &u))
			fail_msg("%s: %s", text, f->text);
		found += f->n > 0;
		arena_fini(&a);
	}
	assert_true(found > 5000);
}

/* All beginnings of a URL that holds much. */
static void
every_prefix_is_read(void **unused)
{
	static const char all[] =
	    "http://t.test/http/a.test//b.test/?u=aHR0cDovL2JhZC50ZXN0Lw%3D&"
	    "x=687474703a2f2f6261642e746573742f&u=http%253A%252F%252Fbad.test&"
	    "q=cache:bad.test&url=//bad.test&s=hvtr:-/`af.veqt&r=uggc://onq";

	(void)unused;
	for (size_t n = 14; n < sizeof(all); n++) {
		char text[sizeof(all)];
		struct arena a;
		struct url u;
		struct name host;

		memcpy(text, all, n);
		text[n] = '\0';
		arena_init(&a, 0);
		host = read_url(&a, text, &u);
		assert_int_equal(look(host, &u)->end, NESTED_ALL);
		arena_fini(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_is_found_however_it_is_written),
	    cmocka_unit_test(it_is_whole_and_found_once),
	    cmocka_unit_test(services_are_known_by_their_hosts),
	    cmocka_unit_test(each_service_is_known),
	    cmocka_unit_test(a_host_alone_may_say_whom_it_shows),
	    cmocka_unit_test(ordinary_urls_hold_none),
	    cmocka_unit_test(as_many_are_told_as_fit),
	    cmocka_unit_test(what_is_beyond_the_bounds_is_said),
	    cmocka_unit_test(some_hosts_alone_can_be_asked_for),
	    cmocka_unit_test(the_quick_look_never_misses),
	    cmocka_unit_test(every_prefix_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
