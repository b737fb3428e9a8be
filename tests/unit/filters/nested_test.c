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
static const char *
found_in(const struct nested_found *f)
{
	static char room[16384];
	size_t n = 0;

	room[0] = '\0';
	for (unsigned i = 0; i < f->n; i++) {
		struct str s = f->one[i].has_url ? f->one[i].url.text
		                                 : name_str(f->one[i].url.host);

		n += (size_t)snprintf(room + n, sizeof(room) - n, "%s%.*s",
		    i ? " " : "", STR_ARG(s));
	}
	return room;
}

static void
finds(const char *url, const char *want)
{
	struct nested_found f;
	struct arena a;
	struct name host;
	struct url u;

	arena_init(&a, 0);
	host = read_url(&a, url, &u);
	assert_int_equal(nested_find(&a, host, &u, &f), 0);
	if (strcmp(found_in(&f), want) != 0)
		fail_msg("%s:\n\"%s\" is not\n\"%s\"", url, found_in(&f), want);
	assert_false(f.lost);
	arena_fini(&a);
}

#define BAD "http://bad.test/"

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
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nested_found f;
		struct arena a;
		struct name host;
		struct url u;
		bool any = false;

		arena_init(&a, 0);
		host = read_url(&a, rows[i], &u);
		assert_int_equal(nested_find(&a, host, &u, &f), 0);
		for (unsigned k = 0; k < f.n; k++)
			any |= str_eq(
			    name_str(f.one[k].url.host), STR("bad.test"));
		if (!any)
			fail_msg("%s: \"%s\"", rows[i], found_in(&f));
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
		struct nested_found f;
		struct arena a;
		struct name n;

		arena_init(&a, 0);
		assert_int_equal(
		    name_from_wire(str_of(rows[i].host), room, &n), NAME_OK);
		assert_int_equal(nested_find(&a, n, NULL, &f), 0);
		assert_string_equal(found_in(&f), rows[i].found);
		if (f.n)
			assert_false(f.one[0].has_url);
		arena_fini(&a);
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

static void
what_is_beyond_the_bounds_is_said(void **unused)
{
	struct nested_found f;
	struct buf text = BUF_EMPTY;
	struct arena a;
	struct url u;
	struct name host;

	(void)unused;
	for (int n = NESTED_MAX; n <= NESTED_MAX + 1; n++) {
		buf_reset(&text);
		buf_add_str(&text, STR("http://t.test/?"));
		for (int i = 0; i < n; i++)
			buf_addf(&text, "a=http://bad%d.test/&", i);
		buf_add_char(&text, '\0');
		arena_init(&a, 0);
		host = read_url(&a, text.p, &u);
		assert_int_equal(nested_find(&a, host, &u, &f), 0);
		assert_int_equal(f.n, NESTED_MAX);
		assert_int_equal(f.lost, n > NESTED_MAX);
		arena_fini(&a);
	}
	/* codings, each of which says nothing */
	buf_reset(&text);
	buf_add_str(&text, STR("http://t.test/?x="));
	for (int i = 0; i < 100; i++)
		buf_add_str(&text, STR("aHR0cDov."));
	buf_add_char(&text, '\0');
	arena_init(&a, 0);
	host = read_url(&a, text.p, &u);
	assert_int_equal(nested_find(&a, host, &u, &f), 0);
	assert_true(f.lost);
	arena_fini(&a);
	/* addresses, each of which is none */
	buf_reset(&text);
	buf_add_str(&text, STR("http://t.test/?x="));
	for (int i = 0; i < 300; i++)
		buf_add_str(&text, STR("http://a..b/."));
	buf_add_char(&text, '\0');
	arena_init(&a, 0);
	host = read_url(&a, text.p, &u);
	assert_int_equal(nested_find(&a, host, &u, &f), 0);
	assert_true(f.lost);
	arena_fini(&a);
	buf_fini(&text);
}

static void
without_memory_it_says_so(void **unused)
{
	struct nested_found f;
	struct arena a, small;
	struct url u;
	struct name host;

	(void)unused;
	arena_init(&a, 0);
	host = read_url(&a, "http://t.test/?u=http://bad.test/", &u);
	for (size_t limit = 1; limit < 24; limit += 3) {
		arena_init(&small, limit);
		assert_int_equal(nested_find(&small, host, &u, &f), -1);
		arena_fini(&small);
	}
	host = read_url(&a, "http://bad-test.translate.goog/", &u);
	arena_init(&small, 1);
	assert_int_equal(nested_find(&small, host, NULL, &f), -1);
	arena_fini(&small);
	arena_fini(&a);
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
	    "eHhodHRwOi8vYmFkLnRlc3Qv", "SFRUUDovL0JBRC5URVNU"};
	static const char *const hosts[] = {"t.test", "web.archive.org",
	    "bad-test.translate.goog", "i0.wp.com"};
	uint32_t seed = 11;
	unsigned found = 0;

	(void)unused;
	for (int round = 0; round < 60000; round++) {
		struct url_parts p = {.port = 80};
		struct nested_found f;
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
		assert_int_equal(nested_look(&a, p.host, &u, &f), 0);
		if ((f.n || f.lost) && !nested_may(p.host, &u))
			fail_msg("%s: %s", text, found_in(&f));
		found += f.n > 0;
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
		struct nested_found f;
		struct arena a;
		struct url u;
		struct name host;

		memcpy(text, all, n);
		text[n] = '\0';
		arena_init(&a, 0);
		host = read_url(&a, text, &u);
		assert_int_equal(nested_look(&a, host, &u, &f), 0);
		for (unsigned i = 0; i < f.n; i++)
			assert_true(f.one[i].url.host.n > 0);
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
	    cmocka_unit_test(what_is_beyond_the_bounds_is_said),
	    cmocka_unit_test(without_memory_it_says_so),
	    cmocka_unit_test(the_quick_look_never_misses),
	    cmocka_unit_test(every_prefix_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
