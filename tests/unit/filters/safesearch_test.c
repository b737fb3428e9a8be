/* safesearch_test.c - the table of engines, edits of requests, and searches. */
#include "world.h"

#include "base/table.h"
#include "filters/safesearch.h"
#include "filters/search.h"
#include "filters/verdict.h"

#define TABLE "packaging/lists/search-engines.tsv"

/* As large as any that is shipped. */
static char file_room[64 * 1024];

static struct str
read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(file_room, 1, sizeof(file_room), f);
	fclose(f);
	assert_true(n > 0 && n < sizeof(file_room));
	return str_make(file_room, n);
}

static struct engines *
shipped(void)
{
	struct err err = {0};
	struct engines *e = engines_read(read_file(TABLE), &err);

	if (!e)
		fail_msg("%s: %s", TABLE, err.text);
	return e;
}

static struct engines *
made(const char *text)
{
	struct err err = {0};
	struct engines *e = engines_read(str_of(text), &err);

	if (!e)
		fail_msg("%s", err.text);
	return e;
}

/* A request for <url>, plain; its parts live in <a>. */
static void
ask(struct arena *a, const char *url, struct request *r)
{
	char *room = arena_alloc(a, NAME_ROOM);
	struct url_parts p;
	const char *why = "";

	*r = (struct request){.stage = STAGE_URL, .deepest = STAGE_URL};
	if (url_split(a, str_of(url), room, &p, &why) < 0)
		fail_msg("%s: %s", url, why);
	assert_int_equal(url_canon(a, &p, &r->url), 0);
	r->host = r->url.host;
	r->port = r->url.port;
	r->method = STR("GET");
}

static void
is(struct str got, const char *want, const char *of)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("%s: \"%.*s\" is not \"%s\"", of, STR_ARG(got), want);
}

/* ------------------------------------------------------------ the table */

static void
a_host_is_of_one_engine_or_of_none(void **unused)
{
	static const struct {
		const char *host, *engine;
	} rows[] = {
	    {"www.google.com", "google"},
	    {"google.kz", "google"},
	    {"www.google.kz", "google"},
	    {"www.google.co.uz", "google"},
	    {"images.google.de", "google"},
	    {"forcesafesearch.google.com", "google"},
	    {"google.evil.test", ""},
	    {"www.google.evil.test", ""},
	    {"www.google.com.evil.test", ""},
	    {"google.test", ""},
	    {"mail.google.com", ""},
	    {"xgoogle.com", ""},
	    {"com", ""},
	    {"bing.com", "bing"},
	    {"www.bing.com", "bing"},
	    {"new.www.bing.com", "bing"},
	    {"notbing.com", ""},
	    {"html.duckduckgo.com", "duckduckgo"},
	    {"lite.duckduckgo.com", "duckduckgo"},
	    {"start.duckduckgo.com", "duckduckgo"},
	    {"links.duckduckgo.com", ""},
	    {"yandex.kz", "yandex"},
	    {"www.yandex.uz", "yandex"},
	    {"yandex.com.tr", "yandex"},
	    {"ya.ru", "yandex"},
	    {"яндекс.рф", "yandex"},
	    {"xn--d1acpjx3f.xn--p1ai", "yandex"},
	    {"mail.yandex.ru", ""},
	    {"m.youtube.com", "youtube"},
	    {"youtubei.googleapis.com", "youtube"},
	    {"www.youtube-nocookie.com", "youtube"},
	    {"fonts.googleapis.com", ""},
	    {"search.brave.com", "brave"},
	    {"brave.com", ""},
	    {"www.ecosia.org", "ecosia"},
	    {"pixabay.com", "pixabay"},
	    {"api.qwant.com", "qwant"},
	    {"startpage.com", "startpage"},
	    {"eu.startpage.com", "startpage"},
	    {"search.yahoo.com", "yahoo"},
	    {"kz.search.yahoo.com", "yahoo"},
	    {"mail.yahoo.com", ""},
	    {"go.mail.ru", "mail.ru"},
	    {"mail.ru", ""},
	    {"www.kiddle.co", "kiddle"},
	    {"8.8.8.8", ""},
	    {"::1", ""},
	};
	struct engines *e = shipped();

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char room[NAME_ROOM];
		struct name n;

		assert_int_equal(
		    name_from_text(str_of(rows[i].host), room, &n), NAME_OK);
		is(engines_name(e, n), rows[i].engine, rows[i].host);
	}
	is(engines_name(e, (struct name){0}), "", "no name");
	assert_true(engines_version(e).n > 0);
	engines_free(e);
	engines_free(NULL);
}

#define HEAD "version\t1\nengine\ta\tsearch\n"

static void
a_table_that_is_not_understood_is_refused_with_its_line(void **unused)
{
	static const struct {
		const char *text, *err;
	} rows[] = {
	    {"", "line 1: there is no version"},
	    {"# nothing\n\n", "line 3: there is no version"},
	    {"version\t1\nversion\t2\n", "line 2: a second version"},
	    {"version\n", "line 1: the wrong number of fields"},
	    {"version\t1\nhost\ta.test\n",
	        "line 2: this stands before the first engine"},
	    {"version\t1\nsites\ta.test\n", "line 2: no line begins like that"},
	    {"version\t1\nengine\ta\tgood\n",
	        "line 2: it is search, video, unsafe or kids"},
	    {HEAD "engine\ta\tkids\n",
	        "line 3: an engine of this name is there"},
	    {HEAD "host\ta..test\n", "line 3: that is no host name"},
	    {HEAD "host\t127.0.0.1\n", "line 3: that is no host name"},
	    {HEAD "host\ta.*\n", "line 3: a '*' without endings before it"},
	    {HEAD "endings\ttest\nhost\t..*\n", "line 4: that is no host name"},
	    {HEAD "host\ta.test\nengine\tb\tkids\nalso\ta.test\n",
	        "line 5: a host of two engines"},
	    {HEAD "strict\tdial\n", "line 3: the wrong number of fields"},
	    {HEAD "strict\tdial\ta.test\tb\n", "line 3: dial takes one host"},
	    {HEAD "strict\tdial\t-\x01\n", "line 3: that is no host name"},
	    {HEAD "strict\tdial\ta.test\nstrict\tdial\tb.test\n",
	        "line 4: a second host"},
	    {HEAD "strict\tquery\tsafe\n",
	        "line 3: a name and a value are missing"},
	    {HEAD "strict\tbody\ta\tb\n", "line 3: it is dial, query or field"},
	    {HEAD "strict\tfield\tA\t1\nstrict\tfield\tB\t1\n",
	        "line 4: a second field"},
	    {HEAD "strict\tquery\ta\tb\nstrict\tquery\ta\tb\n"
	          "strict\tquery\ta\tb\nstrict\tquery\ta\tb\n"
	          "strict\tquery\ta\tb\n",
	        "line 7: more than 4 of a kind"},
	    {HEAD "strict\tquery\ta b\tc\n",
	        "line 3: a character that would have to be escaped"},
	    {HEAD "strict\tquery\ta\tb&c\n",
	        "line 3: a character that would have to be escaped"},
	    {HEAD "strict\tfield\tA:\tb\n",
	        "line 3: a character that would have to be escaped"},
	    {HEAD "strict\tfield\tA\tb\x01\n",
	        "line 3: a character that would have to be escaped"},
	    {HEAD "terms\ta q%71\n",
	        "line 3: a character that would have to be escaped"},
	    {HEAD "terms\ta b c d e f g h i\n",
	        "line 3: more than 8 of a kind"},
	    {HEAD "terms\ta\tb\tc\td\n", "line 3: the wrong number of fields"},
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};

		if (engines_read(str_of(rows[i].text), &err))
			fail_msg("row %zu was taken", i);
		assert_string_equal(err.text, rows[i].err);
	}
}

static void
a_table_may_hold_as_many_engines_as_it_says(void **unused)
{
	struct buf text = BUF_EMPTY;
	struct err err = {0};
	struct engines *e;

	(void)unused;
	buf_add_str(&text, STR("version\t1\n"));
	for (int i = 0; i < 128; i++)
		buf_addf(&text, "engine\te%d\tkids\nhost\te%d.test\n", i, i);
	e = engines_read(buf_str(&text), &err);
	assert_non_null(e);
	engines_free(e);
	buf_add_str(&text, STR("engine\tmore\tkids\n"));
	assert_null(engines_read(buf_str(&text), &err));
	assert_string_equal(err.text, "line 258: there are too many engines");
	buf_fini(&text);
}

/* Every beginning of the shipped table is taken or refused, never more. */
static void
a_table_cut_anywhere_is_taken_or_refused(void **unused)
{
	struct str all = read_file(TABLE);

	(void)unused;
	for (size_t n = 0; n < all.n; n += 7) {
		struct err err = {0};
		struct engines *e = engines_read(str_sub(all, 0, n), &err);

		if (!e)
			assert_true(str_starts(str_of(err.text), STR("line ")));
		engines_free(e);
	}
}

/* ---------------------------------------------------------------- edits */

static void
an_engine_is_told_by_query_field_and_address(void **unused)
{
	static const struct {
		const char *url;
		enum safe_level search, youtube;
		const char *dial, *query, *field; /* NULL: none; dial "" */
	} rows[] = {
#define OFF      SAFE_OFF
#define MODERATE SAFE_MODERATE
#define STRICT   SAFE_STRICT
	    {"http://www.google.kz/search?q=a", STRICT, OFF,
	        "forcesafesearch.google.com", "safe=active&ssui=on&q=a", NULL},
	    {"http://www.google.kz/", STRICT, OFF, "forcesafesearch.google.com",
	        "safe=active&ssui=on", NULL},
	    {"http://www.google.kz/search?q=a", OFF, STRICT, "", NULL, NULL},
	    {"http://www.google.kz/search?q=a", MODERATE, OFF,
	        "forcesafesearch.google.com", "safe=active&ssui=on&q=a", NULL},
	    {"http://cse.google.com/cse?q=a", STRICT, OFF, "",
	        "safe=active&ssui=on&q=a", NULL},
	    {"http://forcesafesearch.google.com/search?safe=active&ssui=on",
	        STRICT, OFF, "", NULL, NULL},
	    {"http://google.evil.test/search?q=a", STRICT, STRICT, "", NULL,
	        NULL},
	    {"http://www.bing.com/search?q=a&adlt=off", STRICT, OFF,
	        "strict.bing.com", "adlt=strict&q=a", NULL},
	    {"http://www.bing.com/search?q=a&adlt=off", MODERATE, OFF,
	        "strict.bing.com", "adlt=moderate&q=a", NULL},
	    {"http://x.bing.com/search?q=a", STRICT, OFF, "", "adlt=strict&q=a",
	        NULL},
	    {"http://html.duckduckgo.com/html/?kp=-2&q=a", STRICT, OFF,
	        "safe.duckduckgo.com", "kp=1&q=a", NULL},
	    {"http://yandex.uz/search?text=a", STRICT, OFF,
	        "familysearch.yandex.ru", NULL, NULL},
	    {"http://яндекс.рф/", STRICT, OFF, "familysearch.yandex.ru", NULL,
	        NULL},
	    {"http://www.youtube.com/watch?v=1", OFF, STRICT,
	        "restrict.youtube.com", NULL, "Strict"},
	    {"http://m.youtube.com/", STRICT, MODERATE,
	        "restrictmoderate.youtube.com", NULL, "Moderate"},
	    {"http://www.youtube.com/", STRICT, OFF, "", NULL, NULL},
	    {"http://x.youtube.com/", OFF, STRICT, "", NULL, "Strict"},
	    {"http://search.brave.com/search?safesearch=off&q=a", STRICT, OFF,
	        "forcesafe.search.brave.com", "safesearch=strict&q=a", NULL},
	    {"http://www.ecosia.org/search?q=a", STRICT, OFF,
	        "strict-safe-search.ecosia.org", NULL, NULL},
	    {"http://pixabay.com/images/search/a/", STRICT, OFF,
	        "safesearch.pixabay.com", NULL, NULL},
	    {"http://search.yahoo.com/search?p=a&vm=p", STRICT, OFF, "",
	        "vm=r&p=a", NULL},
	    {"http://www.kiddle.co/s.php?q=a", STRICT, STRICT, "", NULL, NULL},
	    {"http://www.mojeek.com/search?q=a&safe=0", STRICT, OFF, "",
	        "safe=1&q=a", NULL},
	    {"http://www.mojeek.com/search?q=a&safe=0", OFF, OFF, "", NULL,
	        NULL},
#undef OFF
#undef MODERATE
#undef STRICT
	};
	struct engines *e = shipped();

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct safe_edit edit;
		struct request r;
		struct arena a;
		bool any = rows[i].dial[0] || rows[i].query || rows[i].field;

		arena_init(&a, 0);
		ask(&a, rows[i].url, &r);
		if (engines_edit(e, &r, rows[i].search, rows[i].youtube, &a,
		        &edit) != any)
			fail_msg("%s: %s to be done", rows[i].url,
			    any ? "nothing" : "something");
		is(name_str(edit.dial), rows[i].dial, rows[i].url);
		assert_int_equal(edit.has_query, rows[i].query != NULL);
		if (rows[i].query)
			is(edit.query, rows[i].query, rows[i].url);
		is(edit.field.value, rows[i].field ? rows[i].field : "",
		    rows[i].url);
		assert_false(edit.unsafe);
		arena_fini(&a);
	}
	engines_free(e);
}

static void
a_parameter_of_ones_own_undoes_nothing(void **unused)
{
	static const struct {
		const char *sent, *becomes;
	} rows[] = {
	    {"?safe=off", "safe=on"},
	    {"?safe=on", NULL},
	    {"?safe=on&q=a", NULL},
	    {"?q=a&safe=on", "safe=on&q=a"},
	    {"?", "safe=on"},
	    {"", "safe=on"},
	    {"?q=a&safe=off&b=c", "safe=on&q=a&b=c"},
	    {"?safe=off&safe=off&q=a&safe=off", "safe=on&q=a"},
	    {"?SAFE=off&Safe=off", "safe=on"},
	    {"?%73afe=off", "safe=on"},
	    {"?%73%61%66%65=off&q=a", "safe=on&q=a"},
	    {"?%53afe=off", "safe=on"},
	    {"?%u0073afe=off", "safe=on"},
	    {"?safe%20=off&+safe=off&%09safe=off", "safe=on"},
	    {"?safe%00=off&safe%00x=off", "safe=on"},
	    {"?safe[]=off&safe%5B0%5D=off", "safe=on"},
	    {"?safe", "safe=on"},
	    {"?safe&q=a", "safe=on&q=a"},
	    {"?q=a;safe=off", "safe=on&q=a"},
	    {"?q=a;safe=off;b=c&d", "safe=on&q=a;b=c&d"},
	    {"?safe=off;q=a", "safe=on;q=a"},
	    {"?;safe=off", "safe=on&"},
	    {"?&&safe=off&&", "safe=on&&&&"},
	    {"?safer=1&unsafe=2&saf=3", "safe=on&safer=1&unsafe=2&saf=3"},
	    {"?%2573afe=off", "safe=on&%2573afe=off"},
	    {"?safe%3Doff", "safe=on&safe%3Doff"},
	    {"?q=%26safe=off", "safe=on&q=%26safe=off"},
	    {"?q=?safe=off", "safe=on&q=?safe=off"},
	    {"?q=%", "safe=on&q=%"},
	    {"?%", "safe=on&%"},
	    {"?%7", "safe=on&%7"},
	    {"?%u00", "safe=on&%u00"},
	    {"?sa\xc5\xbf"
	     "e=off",
	        "safe=on&sa%C5%BFe=off"},
	    {"?q=%41", "safe=on&q=%41"},
	};
	struct engines *e = made("version\t1\nengine\ta\tsearch\n"
	                         "host\ta.test\nstrict\tquery\tsafe\ton\n");

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct safe_edit edit;
		char url[256];
		struct request r;
		struct arena a;

		arena_init(&a, 0);
		snprintf(url, sizeof(url), "http://a.test/s%s", rows[i].sent);
		ask(&a, url, &r);
		engines_edit(e, &r, SAFE_STRICT, SAFE_OFF, &a, &edit);
		if (edit.has_query != (rows[i].becomes != NULL))
			fail_msg("%s: changed or not", url);
		if (rows[i].becomes)
			is(edit.query, rows[i].becomes, url);
		arena_fini(&a);
	}
	engines_free(e);
}

/* What comes of an edit has nothing left to be edited. */
static void
an_edit_is_done_once(void **unused)
{
	static const char *const bits[] = {"safe=off", "&", ";", "q=a",
	    "%73afe=1", "safe", "=", "+", "%", "ssui=off", "x"};
	struct engines *e = shipped();
	uint32_t seed = 1;

	(void)unused;
	for (int round = 0; round < 2000; round++) {
		struct safe_edit first, second;
		char url[512];
		size_t n = (size_t)snprintf(
		    url, sizeof(url), "http://www.google.kz/search?");
		struct request r;
		struct arena a;

		for (int k = 0; k < 9; k++) {
			seed = seed * 1103515245 + 12345;
			n += (size_t)snprintf(url + n, sizeof(url) - n, "%s",
			    bits[(seed >> 16) % ARRAY_LEN(bits)]);
		}
		arena_init(&a, 0);
		ask(&a, url, &r);
		assert_true(
		    engines_edit(e, &r, SAFE_STRICT, SAFE_OFF, &a, &first));
		if (first.has_query) {
			snprintf(url, sizeof(url),
			    "http://www.google.kz/search?%.*s",
			    STR_ARG(first.query));
			ask(&a, url, &r);
			engines_edit(e, &r, SAFE_STRICT, SAFE_OFF, &a, &second);
			if (second.has_query)
				fail_msg(
				    "%s: \"%.*s\"", url, STR_ARG(second.query));
		}
		arena_fini(&a);
	}
	engines_free(e);
}

/* Calls <fn> for each host of the shipped table that stands there whole. */
static void
each_host(void (*fn)(const struct engines *e, struct name host, bool dialled))
{
	static char copy[sizeof(file_room)];
	struct engines *e = shipped();
	struct str table = read_file(TABLE), line, kind, hosts, one;
	unsigned n = 0;

	memcpy(copy, table.p, table.n);
	table.p = copy;
	while (str_next(&table, '\n', &line)) {
		bool dialled;

		str_cut(line, '\t', &kind, &hosts);
		dialled = str_eq(kind, STR("host"));
		if (!dialled && !str_eq(kind, STR("also")))
			continue;
		while (str_next(&hosts, ' ', &one)) {
			char room[NAME_ROOM];
			struct name host;

			if (str_starts(one, STR(".")))
				continue; /* stands there as a host, too */
			if (str_ends(one, STR("*")))
				continue;
			assert_int_equal(
			    name_from_text(one, room, &host), NAME_OK);
			fn(e, host, dialled);
			n++;
		}
	}
	assert_true(n > 100);
	engines_free(e);
}

/* A client who asks for less gets what one gets who asks for nothing. */
static void
asks_for_less(const struct engines *e, struct name host, bool dialled)
{
	static const char *const less[] = {"safe=off", "SAFE=off", "%73afe=off",
	    "ssui=off", "adlt=off", "adlt%20=off", "kp=-2", "k%70=-2",
	    "safesearch=off", "safesearch=0", "s=0", "qadf=none", "vm=p",
	    "safe=0", "safe[]=0"};
	struct url_parts p = {.port = 80,
	    .host = host,
	    .path = STR_INIT("/search"),
	    .has_query = true};
	struct safe_edit plain, edit;
	struct request r = {.stage = STAGE_URL, .deepest = STAGE_URL};
	struct arena a;

	(void)dialled;
	arena_init(&a, 0);
	r.host = host;
	p.query = STR("x=1");
	assert_int_equal(url_canon(&a, &p, &r.url), 0);
	engines_edit(e, &r, SAFE_STRICT, SAFE_STRICT, &a, &plain);
	for (size_t i = 0; plain.has_query && i < ARRAY_LEN(less); i++) {
		struct str got, name = str_of(less[i]), value, set;
		char query[128];

		snprintf(query, sizeof(query), "%s&x=1&%s", less[i], less[i]);
		p.query = str_of(query);
		assert_int_equal(url_canon(&a, &p, &r.url), 0);
		assert_true(
		    engines_edit(e, &r, SAFE_STRICT, SAFE_STRICT, &a, &edit));
		assert_true(edit.has_query);
		got = edit.query;
		str_cut(plain.query, '=', &set, &value);
		/* what is set stands in front, as without them */
		assert_true(str_starts(
		    got, str_sub(plain.query, 0, plain.query.n - 4)));
		str_cut(name, '=', &name, &value);
		if (str_eq(name, set) &&
		    str_search(got, str_of(less[i])) != got.n)
			fail_msg("%.*s: \"%.*s\"", STR_ARG(name_str(host)),
			    STR_ARG(got));
	}
	arena_fini(&a);
}

static void
no_engine_is_talked_out_of_it(void **unused)
{
	(void)unused;
	each_host(asks_for_less);
}

/* Whose address is exchanged: another's, and both levels have one. */
static void
is_led(const struct engines *e, struct name host, bool dialled)
{
	struct request r = {.stage = STAGE_HOST, .deepest = STAGE_HOST};
	struct safe_edit strict, moderate;

	r.connect = host;
	engines_edit(e, &r, SAFE_STRICT, SAFE_STRICT, NULL, &strict);
	engines_edit(e, &r, SAFE_MODERATE, SAFE_MODERATE, NULL, &moderate);
	assert_int_equal(strict.dial.n > 0, moderate.dial.n > 0);
	assert_int_equal(strict.unsafe, moderate.unsafe);
	assert_false(strict.dial.n && name_eq(strict.dial, host));
	assert_false(strict.dial.n && strict.unsafe);
	if (!dialled)
		assert_int_equal(strict.dial.n, 0);
	/* and where it leads to is the engine's own */
	if (strict.dial.n)
		assert_true(
		    str_eq(
		        engines_name(e, strict.dial), engines_name(e, host)) ||
		    str_eq(name_str(strict.dial), STR("safe.startpage.com")));
}

static void
each_host_is_led_to_its_own_engine(void **unused)
{
	(void)unused;
	each_host(is_led);
}

static void
a_tunnel_can_only_be_led_elsewhere(void **unused)
{
	static const struct {
		const char *connect, *sni;
		enum stage deepest;
		const char *dial;
		bool unsafe;
	} rows[] = {
	    {"www.google.com", "", STAGE_HOST, "forcesafesearch.google.com",
	        false},
	    {"10.0.0.1", "www.google.com", STAGE_HOST,
	        "forcesafesearch.google.com", false},
	    {"www.bing.com", "www.google.com", STAGE_HOST,
	        "forcesafesearch.google.com", false},
	    {"www.bing.com", "other.test", STAGE_HOST, "strict.bing.com",
	        false},
	    {"www.youtube.com", "", STAGE_HOST, "restrictmoderate.youtube.com",
	        false},
	    {"search.yahoo.com", "", STAGE_HOST, "", true},
	    {"search.yahoo.com", "", STAGE_URL, "", false},
	    {"go.mail.ru", "", STAGE_HOST, "", true},
	    {"go.mail.ru", "", STAGE_URL, "", true},
	    {"safe.duckduckgo.com", "", STAGE_HOST, "", false},
	    {"strict.bing.com", "", STAGE_HOST, "", false},
	    {"kiddle.co", "", STAGE_HOST, "", false},
	    {"other.test", "", STAGE_HOST, "", false},
	};
	struct engines *e = shipped();

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct request r = {.stage = STAGE_HOST,
		    .deepest = rows[i].deepest,
		    .tunnel = true};
		char room[2][NAME_ROOM];
		struct safe_edit edit;
		struct arena a;

		arena_init(&a, 0);
		name_from_wire(str_of(rows[i].connect), room[0], &r.connect);
		name_from_wire(str_of(rows[i].sni), room[1], &r.sni);
		assert_int_equal(
		    engines_edit(e, &r, SAFE_STRICT, SAFE_MODERATE, &a, &edit),
		    rows[i].dial[0] || rows[i].unsafe);
		is(name_str(edit.dial), rows[i].dial, rows[i].connect);
		assert_int_equal(edit.unsafe, rows[i].unsafe);
		assert_false(edit.has_query);
		assert_int_equal(edit.field.name.n, 0);
		assert_false(
		    engines_edit(e, &r, SAFE_OFF, SAFE_OFF, &a, &edit));
		arena_fini(&a);
	}
	engines_free(e);
}

static void
without_memory_an_edit_says_so(void **unused)
{
	struct engines *e = shipped();
	struct safe_edit edit;
	struct request r;
	struct arena a, none;

	(void)unused;
	arena_init(&a, 0);
	arena_init(&none, 1);
	ask(&a, "http://www.google.com/search?q=a&safe=off", &r);
	engines_edit(e, &r, SAFE_STRICT, SAFE_OFF, &none, &edit);
	assert_true(none.failed);
	arena_fini(&none);
	arena_fini(&a);
	engines_free(e);
}

/* ------------------------------------------------------------- searches */

static void
what_is_searched_for_is_found_where_each_engine_has_it(void **unused)
{
	static const struct {
		const char *url, *text; /* NULL: no search */
	} rows[] = {
	    {"http://www.google.kz/search?q=red+cars", "red cars"},
	    {"http://www.google.kz/search?hl=kk&q=red%20cars", "red cars"},
	    {"http://www.google.kz/search?q=", ""},
	    {"http://www.google.kz/search?q", ""},
	    {"http://www.google.kz/", NULL},
	    {"http://www.google.kz/search?Q=red", "red"},
	    {"http://www.google.kz/search?%71=red", "red"},
	    {"http://www.google.kz/search?as_q=red&as_epq=old+cars",
	        "red old cars"},
	    {"http://www.google.kz/search?q=red;cars", "red cars"},
	    {"http://www.google.kz/search?a=1;q=red", "red"},
	    {"http://www.google.kz/search?tbm=isch&q=red", "red"},
	    {"http://www.google.kz/x/../search?q=red", "red"},
	    {"http://www.google.kz/url?q=http://a.test/", NULL},
	    {"http://www.google.kz/complete/search?q=re", NULL},
	    {"http://www.google.kz/url/../search?q=red", "red"},
	    {"http://mail.google.com/search?q=red", NULL},
	    {"http://www.bing.com/images/search?q=red", "red"},
	    {"http://www.bing.com/th?q=red", NULL},
	    {"http://duckduckgo.com/?q=red&ia=web", "red"},
	    {"http://lite.duckduckgo.com/lite/?q=red", "red"},
	    {"http://yandex.kz/search/?text=%D2%9B%D1%8B%D0%B7%D1%8B%D0%BB",
	        "қызыл"},
	    {"http://yandex.kz/images/search?text=red", "red"},
	    {"http://ya.ru/search?text=red", "red"},
	    {"http://yandex.kz/search/?q=red", NULL},
	    {"http://www.youtube.com/results?search_query=red", "red"},
	    {"http://www.youtube.com/watch?v=red", NULL},
	    {"http://search.brave.com/search?q=red", "red"},
	    {"http://pixabay.com/images/search/red%20cars/", "red cars"},
	    {"http://pixabay.com/images/search/red%20cars", "red cars"},
	    {"http://pixabay.com/images/search/?q=red", "red"},
	    {"http://pixabay.com/images/search/", NULL},
	    {"http://search.yahoo.com/search?p=red", "red"},
	    {"http://go.mail.ru/search?q=red", "red"},
	    {"http://www.baidu.com/s?wd=red", "red"},
	    {"http://www.kiddle.co/s.php?q=red", "red"},
	    {"http://www.startpage.com/sp/search?query=red", "red"},
	    {"http://other.test/search?q=red", NULL},
	};
	struct engines *e = shipped();

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct search s;
		struct request r;
		struct arena a;

		arena_init(&a, 0);
		ask(&a, rows[i].url, &r);
		if (engines_search(e, &r, &s) != (rows[i].text != NULL) ||
		    s.is != (rows[i].text != NULL))
			fail_msg("%s: a search or none", rows[i].url);
		if (rows[i].text)
			is(str_make(s.text, s.n), rows[i].text, rows[i].url);
		assert_false(s.lost);
		r.stage = STAGE_HOST;
		assert_false(engines_search(e, &r, &s));
		arena_fini(&a);
	}
	engines_free(e);
}

static void
a_search_too_long_to_be_kept_is_said_to_be(void **unused)
{
	struct engines *e = shipped();
	struct buf url = BUF_EMPTY;
	struct search s;
	struct request r;
	struct arena a;

	(void)unused;
	arena_init(&a, 0);
	buf_add_str(&url, STR("http://www.google.kz/search?q="));
	for (int i = 0; i < 5000; i++)
		buf_add_str(&url, STR("%20"));
	buf_add_str(&url, STR("red"));
	buf_add_char(&url, '\0');
	ask(&a, url.p, &r);
	assert_true(engines_search(e, &r, &s));
	assert_true(s.lost);
	assert_int_equal(s.n, 0);
	buf_fini(&url);
	arena_fini(&a);
	engines_free(e);
}

/* ------------------------------------------------- the shipped category */

static bool
listed(struct str list, struct str host)
{
	struct str line, rest, part;

	while (str_next(&list, '\n', &line)) {
		rest = host;
		do {
			if (str_eq(rest, line))
				return true;
		} while (str_cut(rest, '.', &part, &rest));
	}
	return false;
}

/* What cannot be told in a tunnel can be blocked: it is in the category. */
static void
engines_that_cannot_be_told_are_in_their_category(void **unused)
{
	static char list_room[sizeof(file_room)];
	struct str list = read_file("packaging/lists/starter/unsafe-search/"
	                            "domains");
	struct engines *e;
	struct str table, line, kind, hosts, one;
	unsigned told = 0;

	(void)unused;
	memcpy(list_room, list.p, list.n);
	list.p = list_room;
	e = shipped();
	table = read_file(TABLE);
	while (str_next(&table, '\n', &line)) {
		str_cut(line, '\t', &kind, &hosts);
		if (!str_eq(kind, STR("host")))
			continue;
		while (str_next(&hosts, ' ', &one)) {
			struct request r = {
			    .stage = STAGE_HOST, .deepest = STAGE_HOST};
			struct safe_edit edit;
			char room[NAME_ROOM];

			if (str_ends(one, STR("*")) ||
			    name_from_text(one, room, &r.host) != NAME_OK)
				continue;
			engines_edit(
			    e, &r, SAFE_STRICT, SAFE_STRICT, NULL, &edit);
			if (edit.unsafe != listed(list, name_str(r.host)))
				fail_msg("%.*s: %s", STR_ARG(one),
				    edit.unsafe ? "not in the category"
				                : "in the category");
			told++;
		}
	}
	assert_true(told > 60);
	engines_free(e);
}

static void
a_snapshot_has_the_table_it_was_given(void **unused)
{
	struct snapshot_builder *b = snapshot_begin(1);
	struct verdict v = {.safe_search = SAFE_STRICT};
	struct safe_edit edit;
	struct snapshot *s;
	struct err err = {0};
	struct search found;
	struct request r;
	struct arena a;

	(void)unused;
	arena_init(&a, 0);
	assert_int_equal(snapshot_engines(b, STR("nothing\n"), &err), -1);
	assert_int_equal(snapshot_engines(b, STR("version\t1\n"), &err), 0);
	assert_int_equal(snapshot_engines(b, read_file(TABLE), &err), 0);
	s = snapshot_finish(b, &err);
	assert_non_null(s);
	ask(&a, "http://www.google.kz/search?q=red", &r);
	assert_true(snapshot_safe_edit(s, &r, &v, &a, &edit));
	assert_true(edit.has_query);
	assert_true(snapshot_search(s, &r, &found));
	v.safe_search = SAFE_OFF;
	assert_false(snapshot_safe_edit(s, &r, &v, &a, &edit));
	assert_true(snapshot_unref(s));
	snapshot_free(s);

	s = snapshot_finish(snapshot_begin(1), &err);
	v.safe_search = SAFE_STRICT;
	assert_false(snapshot_safe_edit(s, &r, &v, &a, &edit));
	assert_false(snapshot_search(s, &r, &found));
	assert_false(found.is);
	snapshot_unref(s);
	snapshot_free(s);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_host_is_of_one_engine_or_of_none),
	    cmocka_unit_test(
	        a_table_that_is_not_understood_is_refused_with_its_line),
	    cmocka_unit_test(a_table_may_hold_as_many_engines_as_it_says),
	    cmocka_unit_test(a_table_cut_anywhere_is_taken_or_refused),
	    cmocka_unit_test(an_engine_is_told_by_query_field_and_address),
	    cmocka_unit_test(a_parameter_of_ones_own_undoes_nothing),
	    cmocka_unit_test(an_edit_is_done_once),
	    cmocka_unit_test(no_engine_is_talked_out_of_it),
	    cmocka_unit_test(each_host_is_led_to_its_own_engine),
	    cmocka_unit_test(a_tunnel_can_only_be_led_elsewhere),
	    cmocka_unit_test(without_memory_an_edit_says_so),
	    cmocka_unit_test(
	        what_is_searched_for_is_found_where_each_engine_has_it),
	    cmocka_unit_test(a_search_too_long_to_be_kept_is_said_to_be),
	    cmocka_unit_test(engines_that_cannot_be_told_are_in_their_category),
	    cmocka_unit_test(a_snapshot_has_the_table_it_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
