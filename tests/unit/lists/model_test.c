/*
 * model_test.c - which sources speak of a request: the image against a plain
 * loop over all lines, for names, addresses, networks, URLs and exact lists,
 * all mixed, so that most entries have several sources of different kinds.
 */
#include "lists/image.h"

#include <arpa/inet.h>

#include "tests/unit/lists/build.h"

#include "base/table.h"

#define SOURCES 8
#define LINES   260 /* of each */
#define ASKED   8000

enum what { WHAT_NAME = 0, WHAT_NET, WHAT_URL };

struct line {
	enum what what;
	char host[64], path[64]; /* of an address: its text */
	uint8_t addr[16];
	unsigned bytes, bits; /* 0 bytes: no address */
};

static struct line lines[SOURCES][LINES];

static const struct {
	enum list_format format;
	bool exact, names, nets, urls;
} kinds[SOURCES] = {
    {LIST_DOMAINS, false, true, true, false},
    {LIST_EXACT, true, true, false, false},
    {LIST_HOSTS, true, true, false, false},
    {LIST_URLS, false, true, false, true},
    {LIST_DOMAINS, false, true, true, false},
    {LIST_URLS, false, false, false, true},
    {LIST_EXACT, true, true, false, false},
    {LIST_DOMAINS, false, false, true, false},
};

static uint64_t chance;

static unsigned
below(unsigned n)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((chance >> 33) % n);
}

static void
random_host(char out[64])
{
	static const char *const label[] = {"a", "b", "aa", "a-b", "_x", "9"};
	unsigned n = 1 + below(4);
	size_t used = 0;

	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(out + used, 64 - used, "%s.",
		    label[below(ARRAY_LEN(label))]);
	snprintf(out + used, 64 - used, "%s", below(2) ? "test" : "b.test");
}

/* One of few addresses, so that networks and hosts meet. */
static void
random_address(struct line *l)
{
	static const uint8_t v6[4] = {0x20, 0x01, 0x0d, 0xb8};

	l->bytes = below(3) ? 4 : 16;
	memset(l->addr, 0, sizeof(l->addr));
	if (l->bytes == 4) {
		l->addr[0] = 203;
		l->addr[1] = (uint8_t)(below(3) * 127);
		l->addr[2] = (uint8_t)(below(2) * 255);
		l->addr[3] = (uint8_t)below(6);
	} else {
		memcpy(l->addr, v6, sizeof(v6));
		l->addr[4] = (uint8_t)(below(3) * 0x7f);
		l->addr[15] = (uint8_t)below(6);
	}
	l->bits = l->bytes * 8;
}

static void
random_path(char out[64])
{
	static const char *const part[] = {
	    "/a", "/a/", "/b", "?a", "&b=1", ";c", "/(x)", "a", "/%20"};
	unsigned n = 1 + below(4);
	size_t used = (size_t)snprintf(out, 64, "/%c", 'a' + (char)below(2));

	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(
		    out + used, 64 - used, "%s", part[below(ARRAY_LEN(part))]);
	/* runs of '/' are path_test's matter */
	for (char *p = out; (p = strstr(p, "//"));)
		memmove(p, p + 1, strlen(p));
}

static void
write_address(struct line *l)
{
	inet_ntop(l->bytes == 4 ? AF_INET : AF_INET6, l->addr, l->host,
	    sizeof(l->host));
}

static bool
bit_of(const uint8_t *addr, unsigned i)
{
	return addr[i / 8] >> (7 - i % 8) & 1;
}

/* Bit by bit, so that it shares no thought with what it tests. */
static bool
net_holds(const struct line *net, const uint8_t *addr, unsigned bytes)
{
	if (net->bytes != bytes)
		return false;
	for (unsigned i = 0; i < net->bits; i++)
		if (bit_of(net->addr, i) != bit_of(addr, i))
			return false;
	return true;
}

static void
random_line(struct line *l, unsigned s)
{
	memset(l, 0, sizeof(*l));
	l->what = kinds[s].urls && below(4)   ? WHAT_URL
	          : kinds[s].nets && below(2) ? WHAT_NET
	                                      : WHAT_NAME;
	if (!kinds[s].names && l->what == WHAT_NAME)
		l->what = kinds[s].urls ? WHAT_URL : WHAT_NET;
	if (l->what == WHAT_NET || below(5) == 0) {
		random_address(l);
		if (l->what == WHAT_NET && below(4))
			l->bits =
			    l->bytes == 4 ? 8 + below(25) : 16 + below(113);
		for (unsigned i = l->bits; i < l->bytes * 8; i++)
			l->addr[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
		write_address(l);
	} else {
		random_host(l->host);
	}
	if (l->what == WHAT_URL)
		random_path(l->path);
}

static void
write_line(struct buf *b, const struct line *l, unsigned s)
{
	bool v6 = l->bytes == 16;

	if (kinds[s].format == LIST_HOSTS)
		buf_addf(b, "0.0.0.0 ");
	if (l->what == WHAT_NET)
		buf_addf(b, "%s/%u", l->host, l->bits);
	else
		buf_addf(b, "%s%s%s%s", v6 ? "[" : "", l->host, v6 ? "]" : "",
		    l->path);
	buf_addf(b, "\n");
}

/* ---- the plain rule */

struct asked {
	char host[64], path[64];
	uint8_t addr[16], inner[4];
	unsigned bytes; /* of an address */
	bool has_inner, has_path;
};

static bool
path_is_under(const char *path, const char *entry)
{
	size_t n = strlen(entry);

	if (strncmp(path, entry, n) != 0)
		return false;
	return path[n] == '\0' || entry[n - 1] == '/' ||
	       strchr("/?#;&", path[n]) != NULL;
}

static bool
speaks_of(const struct line *l, const struct asked *a, bool exact)
{
	size_t n = strlen(a->host), e = strlen(l->host);

	if (l->path[0] && (!a->has_path || !path_is_under(a->path, l->path)))
		return false;
	if ((l->bytes == 0) != (a->bytes == 0))
		return false;
	if (l->bytes)
		return net_holds(l, a->addr, a->bytes) ||
		       (a->has_inner && net_holds(l, a->inner, 4));
	if (n == e)
		return strcmp(a->host, l->host) == 0;
	return !exact && n > e && a->host[n - e - 1] == '.' &&
	       strcmp(a->host + n - e, l->host) == 0;
}

/* ---- the question */

/* An IPv6 address that carries <inner>, in form <k>. */
static void
wrap(uint8_t addr[16], const uint8_t inner[4], unsigned k)
{
	static const uint8_t prefix[][12] = {
	    {[10] = 0xff, [11] = 0xff},
	    {[8] = 0xff, [9] = 0xff},
	    {0},
	    {0x00, 0x64, 0xff, 0x9b},
	    {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01},
	};

	memset(addr, 0, 16);
	if (k < ARRAY_LEN(prefix)) {
		memcpy(addr, prefix[k], 12);
		memcpy(addr + 12, inner, 4);
	} else {
		addr[0] = 0x20;
		addr[1] = 0x02;
		memcpy(addr + 2, inner, 4);
		addr[15] = (uint8_t)k;
	}
}

static void
random_question(struct asked *a)
{
	struct line l = {0};

	memset(a, 0, sizeof(*a));
	if (below(3)) {
		random_host(a->host);
	} else {
		random_address(&l);
		memcpy(a->addr, l.addr, 16);
		a->bytes = l.bytes;
		if (l.bytes == 4 && below(2)) {
			memcpy(a->inner, l.addr, 4);
			wrap(a->addr, a->inner, below(6));
			a->bytes = 16;
			a->has_inner = true;
		}
	}
	a->has_path = below(2);
	if (a->has_path)
		random_path(a->path);
}

static struct name
name_of(const struct asked *a, char room[NAME_ROOM])
{
	char text[80] = "", addr[64];
	struct name n;

	if (a->bytes) {
		inet_ntop(a->bytes == 4 ? AF_INET : AF_INET6, a->addr, addr,
		    sizeof(addr));
		snprintf(
		    text, sizeof(text), a->bytes == 4 ? "%s" : "[%s]", addr);
	}
	assert_int_equal(
	    name_from_wire(str_of(a->bytes ? text : a->host), room, &n),
	    NAME_OK);
	return n;
}

/* The line that first says so, as the plain rule would number it. */
static uint32_t
first_line(unsigned s, const char *entry, const struct image_hit *h)
{
	char text[160];

	for (uint32_t i = 0; i < LINES; i++) {
		const struct line *l = &lines[s][i];

		if (l->what == WHAT_NET && l->bits < l->bytes * 8)
			snprintf(text, sizeof(text), "%s/%u", l->host, l->bits);
		else
			snprintf(text, sizeof(text), "%s%s", l->host, l->path);
		if ((h->kind == IMAGE_URL) == (l->path[0] != '\0') &&
		    strcmp(text, entry) == 0)
			return i + 1;
	}
	return 0;
}

static unsigned
compare(const struct image *im, const struct asked *a)
{
	bool want[SOURCES] = {false}, got[SOURCES] = {false};
	struct image_hits hits = {0};
	char room[NAME_ROOM], entry[160];
	struct name host = name_of(a, room);
	unsigned n = 0;

	for (unsigned s = 0; s < SOURCES; s++)
		for (unsigned i = 0; i < LINES; i++)
			want[s] |= speaks_of(&lines[s][i], a, kinds[s].exact);
	image_find_host(im, host, &hits);
	if (a->has_path) {
		image_find_url(im, host, str_of(a->path), &hits);
		if (hits.n && hits.hit[hits.n - 1].kind == IMAGE_URL)
			assert_true(image_has_urls(im, host));
	}
	assert_false(hits.more);
	for (uint32_t k = 0; k < hits.n; k++) {
		const struct image_hit *h = &hits.hit[k];
		uint16_t ids[SOURCES];
		unsigned all = image_class_sources(im, h->class, ids, SOURCES);

		assert_true(all > 0 && all <= SOURCES);
		image_entry_text(im, h, entry, sizeof(entry));
		for (unsigned i = 0; i < all; i++) {
			got[ids[i]] |= h->self || !kinds[ids[i]].exact;
			assert_int_equal(image_line(im, h->entry, ids[i]),
			    first_line(ids[i], entry, h));
		}
	}
	for (unsigned s = 0; s < SOURCES; s++) {
		if (want[s] != got[s])
			fail_msg("%s%s: source %u %s", room, a->path, s,
			    want[s] ? "is silent" : "speaks");
		n += want[s];
	}
	return n;
}

static void
the_sources_are_those_of_a_plain_loop(void **state)
{
	struct build_source src[SOURCES];
	struct buf text[SOURCES], b;
	struct image im;
	unsigned spoke = 0;

	(void)state;
	for (uint64_t round = 1; round <= 4; round++) {
		chance = round * 77;
		for (unsigned s = 0; s < SOURCES; s++) {
			text[s] = BUF_EMPTY;
			for (unsigned i = 0; i < LINES; i++) {
				random_line(&lines[s][i], s);
				write_line(&text[s], &lines[s][i], s);
			}
			src[s] = (struct build_source){
			    "l", "c", kinds[s].format, buf_str(&text[s])};
		}
		b = build(src, SOURCES);
		im = build_view(&b);
		for (unsigned i = 0; i < ASKED / 4; i++) {
			struct asked a;

			random_question(&a);
			spoke += compare(&im, &a);
		}
		buf_fini(&b);
		for (unsigned s = 0; s < SOURCES; s++)
			buf_fini(&text[s]);
	}
	assert_true(spoke > ASKED / 2); /* or the questions are no test */
}

/* ---- one source that lists so much that there is no room for others */

static const char crowd_host[] =
    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.bad.test";

static bool
is_said(const struct image *im, const struct image_hits *hits, uint16_t source)
{
	for (uint32_t k = 0; k < hits->n; k++) {
		uint16_t ids[8];
		unsigned n =
		    image_class_sources(im, hits->hit[k].class, ids, 8);

		for (unsigned i = 0; i < n && i < 8; i++)
			if (ids[i] == source)
				return true;
	}
	return false;
}

static void
a_crowd_of_parents_hides_no_other_source(void **state)
{
	struct build_source src[3] = {{"crowd", "c", LIST_DOMAINS, {NULL, 0}},
	    {"other", "d", LIST_DOMAINS, STR("bad.test\n")},
	    {"exact", "e", LIST_EXACT, {NULL, 0}}};
	struct buf text = BUF_EMPTY, self = BUF_EMPTY, b;
	struct image_hits hits = {0};
	char room[NAME_ROOM];
	struct image im;
	struct name n;

	(void)state;
	for (const char *p = crowd_host; *p == 'a'; p += 2)
		buf_addf(&text, "%s\n", p);
	buf_addf(&self, "%s\n", crowd_host);
	src[0].text = buf_str(&text);
	src[2].text = buf_str(&self);
	b = build(src, 3);
	im = build_view(&b);
	assert_int_equal(name_from_wire(str_of(crowd_host), room, &n), NAME_OK);
	image_find_host(&im, n, &hits);
	assert_true(hits.more);
	assert_int_equal(hits.n, IMAGE_HITS_MAX);
	for (uint16_t s = 0; s < 3; s++)
		assert_true(is_said(&im, &hits, s));
	/* what is most specific stays first, and order is kept */
	assert_true(hits.hit[0].self);
	for (uint32_t k = 1; k < hits.n; k++)
		assert_true(hits.hit[k].off > hits.hit[k - 1].off);
	assert_int_equal(hits.hit[hits.n - 1].len, 8);
	buf_fini(&b);
	buf_fini(&text);
	buf_fini(&self);
}

static void
a_crowd_of_paths_hides_no_other_source(void **state)
{
	struct build_source src[2] = {{"crowd", "c", LIST_URLS, {NULL, 0}},
	    {"other", "d", LIST_URLS,
	        STR("bad.test/a\nwww.bad.test/a/a/a/a/a/b\n192.0.2.7/a\n")}};
	static const char *const hosts[] = {"bad.test", "x.bad.test",
	    "192.0.2.7", "[::ffff:192.0.2.7]", "[2002:c000:207::5]"};
	struct buf text = BUF_EMPTY, b;
	char room[NAME_ROOM], path[512] = "";
	struct image im;

	(void)state;
	for (unsigned i = 0; i < 120; i++) {
		memcpy(path + 2 * i, "/a", 3);
		if (i)
			buf_addf(
			    &text, "bad.test%s\n192.0.2.7%s\n", path, path);
	}
	src[0].text = buf_str(&text);
	b = build(src, 2);
	im = build_view(&b);
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct image_hits hits = {0};
		struct name n;

		assert_int_equal(
		    name_from_wire(str_of(hosts[i]), room, &n), NAME_OK);
		image_find_url(&im, n, str_of(path), &hits);
		assert_true(hits.more);
		assert_true(is_said(&im, &hits, 0));
		assert_true(is_said(&im, &hits, 1));
		/* of what was asked, in its spelling: host and "/a" */
		assert_int_equal(hits.hit[hits.n - 1].len,
		    n.n - hits.hit[hits.n - 1].off + 2);
	}
	buf_fini(&b);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_sources_are_those_of_a_plain_loop),
	    cmocka_unit_test(a_crowd_of_parents_hides_no_other_source),
	    cmocka_unit_test(a_crowd_of_paths_hides_no_other_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
