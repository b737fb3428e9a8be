/*
 * hold_test.c - which sources hold: reach, exceptions, what is closest; by
 * hand, and against a plain loop over all entries with chance's roles.
 */
#include "lists/emit.h"

#include "tests/unit/lists/build.h"

#include <arpa/inet.h>

#include "base/table.h"

/* An entry and the number of its source. */
struct line {
	const char *text; /* domain, host/path, or a.b.c.d/n */
	uint16_t source;
};

static bool
is_net(const char *s)
{
	return s[0] >= '0' && s[0] <= '9' && strchr(s, '/');
}

static struct str
net_key(const char *s, char room[ENTRIES_NET_KEY])
{
	char z[32];
	uint8_t addr[4];
	const char *slash = strchr(s, '/');

	assert_true(str_copy(str_make(s, (size_t)(slash - s)), z, sizeof(z)));
	assert_int_equal(inet_pton(AF_INET, z, addr), 1);
	return entries_net_key(
	    room, addr, 4, (unsigned)strtoul(slash + 1, NULL, 10));
}

/* An image of entries whose sources are as they are given. */
static struct buf
build_roles(const struct image_source *given, uint32_t nsources,
    const struct line *lines, size_t n)
{
	struct compile_options opt = {.seed = 1};
	struct image_source sources[64];
	uint16_t number[64];
	struct parts names;
	struct entries nets, none[2];
	struct buf b = BUF_EMPTY;
	struct compile_out out = emit_into(&b);
	struct emit_input in = {.opt = &opt,
	    .names = &names,
	    .nets = &nets,
	    .patterns = &none[0],
	    .digests = &none[1],
	    .sources = sources,
	    .number = number,
	    .nsources = nsources,
	    .out = &out};
	struct err err = {0};

	memcpy(sources, given, nsources * sizeof(*sources));
	parts_init(&names, &opt);
	entries_init(&nets, 1, ENTRIES_NET_KEY);
	entries_init(&none[0], 1, 9);
	entries_init(&none[1], 1, 32);
	for (uint16_t i = 0; i < nsources; i++)
		number[i] = i;
	for (size_t i = 0; i < n; i++) {
		char room[ENTRIES_NET_KEY];

		if (is_net(lines[i].text))
			entries_add(&nets, net_key(lines[i].text, room),
			    lines[i].source, 1);
		else
			parts_add(&names, str_of(lines[i].text),
			    lines[i].source, 1, &err);
	}
	assert_int_equal(parts_end(&names, &err), 0);
	if (!emit_image(&in, &err))
		fail_msg("%s", err.text);
	parts_fini(&names);
	entries_fini(&nets);
	entries_fini(&none[0]);
	entries_fini(&none[1]);
	return b;
}

static void
look(const struct image *im, const char *what, struct image_hits *hits)
{
	struct str host, path, all = str_of(what);
	char room[NAME_ROOM];
	struct name n;

	str_cut(all, '/', &host, &path);
	assert_int_equal(name_from_wire(host, room, &n), NAME_OK);
	hits->n = 0;
	hits->more = hits->lost = false;
	image_find_host(im, n, hits);
	if (host.n < all.n)
		image_find_url(im, n, str_sub(all, host.n, all.n), hits);
}

/* ---- by hand */

enum {
	S = IMAGE_SELF,
	B = IMAGE_BELOW,
	E = IMAGE_EXCEPT,
	I = IMAGE_STRONG,
	C = IMAGE_CLOSEST,
};

#define SOURCE(l, c, r, g)                                                     \
	{                                                                      \
		.list = STR_INIT(l), .category = STR_INIT(c), .role = (r),     \
		.group = (g)                                                   \
	}

/* clang-format off */
static const struct image_source hand[] = {
	/* 0 */ SOURCE("a", "x", 0, 0), SOURCE("a", "x", S, 0),
	/* 2 */ SOURCE("a", "x", B, 0), SOURCE("a", "x", E, 0),
	/* 4 */ SOURCE("a", "x", E | S, 0), SOURCE("a", "x", E | B, 0),
	/* 6 */ SOURCE("a", "x", I, 0), SOURCE("a", "x", E | I, 0),
	/* 8 */ SOURCE("a", "x", E | C, 0), SOURCE("a", "y", 0, 0),
	/*10 */ SOURCE("b", "x", 0, 0), SOURCE("a", "x", 0, 7),
	/*12 */ SOURCE("a", "x", E, 7), SOURCE("a", "x", E, 8),
	/*14 */ SOURCE("a", "", 0, 0), SOURCE("b", "x", E, 0),
};

static const struct {
	const char *rule;
	struct line lines[4];
	struct { const char *ask, *want; } row[5];
} cases[] = {
	{"a source holds for the host and below, or one of both",
	    {{"d.test", 0}, {"d.test", 1}, {"d.test", 2}, {NULL, 0}},
	    {{"d.test", "0 1"}, {"w.d.test", "0 2"}, {"e.test", ""}}},
	{"an exception above takes all that is below",
	    {{"d.test", 3}, {"w.d.test", 0}, {"v.d.test", 10}, {NULL, 0}},
	    {{"w.d.test", ""}, {"x.w.d.test", ""}, {"v.d.test", "10"}}},
	{"an exception below leaves what is above",
	    {{"d.test", 0}, {"w.d.test", 3}, {NULL, 0}},
	    {{"d.test", "0"}, {"w.d.test", ""}, {"x.w.d.test", ""},
	        {"v.d.test", "0"}}},
	{"an exception for the host alone",
	    {{"d.test", 0}, {"w.d.test", 4}, {NULL, 0}},
	    {{"w.d.test", ""}, {"x.w.d.test", "0"}}},
	{"an exception for what is below alone",
	    {{"d.test", 0}, {"w.d.test", 5}, {NULL, 0}},
	    {{"w.d.test", "0"}, {"x.w.d.test", ""}}},
	{"a strong entry stays", {{"d.test", 6}, {"d.test", 3}, {NULL, 0}},
	    {{"d.test", "6"}, {"w.d.test", "6"}}},
	{"but not before a strong exception",
	    {{"d.test", 6}, {"d.test", 0}, {"d.test", 7}, {NULL, 0}},
	    {{"d.test", ""}, {"w.d.test", ""}}},
	{"the closest yields to what is more specific",
	    {{"w.d.test", 0}, {"d.test", 8}, {NULL, 0}},
	    {{"d.test", ""}, {"w.d.test", "0"}, {"x.w.d.test", "0"}}},
	{"and takes what is as specific or less",
	    {{"d.test", 0}, {"w.d.test", 0}, {"w.d.test", 8}, {NULL, 0}},
	    {{"d.test", "0"}, {"v.d.test", "0"}, {"w.d.test", ""},
	        {"x.w.d.test", ""}}},
	{"another list or category is not concerned",
	    {{"d.test", 3}, {"d.test", 9}, {"d.test", 10}, {"d.test", 14}},
	    {{"d.test", "9 10 14"}}},
	{"a group's exception takes from the group",
	    {{"d.test", 11}, {"d.test", 0}, {"d.test", 12}, {NULL, 0}},
	    {{"d.test", "0"}}},
	{"not from another", {{"d.test", 11}, {"d.test", 13}, {NULL, 0}},
	    {{"d.test", "11"}}},
	{"that of no group takes from all",
	    {{"d.test", 11}, {"d.test", 0}, {"d.test", 3}, {NULL, 0}},
	    {{"d.test", ""}}},
	{"an exception alone says nothing", {{"d.test", 3}, {NULL, 0}},
	    {{"d.test", ""}, {"w.d.test", ""}}},
	{"a path's exception is the path's",
	    {{"d.test", 0}, {"d.test/p", 3}, {NULL, 0}},
	    {{"d.test", "0"}, {"d.test/", "0"}, {"d.test/p", ""},
	        {"d.test/p/q", ""}, {"d.test/q", "0"}}},
	{"a host's exception takes its paths",
	    {{"d.test", 3}, {"d.test/p", 0}, {NULL, 0}},
	    {{"d.test/p", ""}, {"w.d.test/p", ""}}},
	{"a path is closer than its host, and a host than the path above",
	    {{"d.test", 8}, {"d.test/p", 0}, {"w.d.test", 8}, {NULL, 0}},
	    {{"d.test/p", "0"}, {"d.test/q", ""}, {"w.d.test/p", ""}}},
	{"networks alike",
	    {{"10.1.0.0/16", 0}, {"10.1.2.0/24", 3}, {"10.1.3.4/32", 4},
	        {NULL, 0}},
	    {{"10.1.1.1", "0"}, {"10.1.2.1", ""}, {"10.1.3.4", ""},
	        {"10.1.3.5", "0"}}},
	{"the closest network",
	    {{"10.1.0.0/16", 8}, {"10.1.2.0/24", 0}, {"10.0.0.0/8", 0},
	        {NULL, 0}},
	    {{"10.1.1.1", ""}, {"10.1.2.1", "0"}, {"10.2.2.2", "0"}}},
	{"what is below a network is in it",
	    {{"10.1.2.3/32", 2}, {"10.1.2.3/32", 1}, {"10.1.2.0/24", 2},
	        {NULL, 0}},
	    {{"10.1.2.3", "1 2"}, {"10.1.2.4", "2"}}},
};
/* clang-format on */

static void
held_text(const struct image_held *h, char *out, size_t size)
{
	bool is[64] = {false};
	size_t n = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < h->n; i++) {
		assert_true(h->v[i].source < 64);
		assert_false(is[h->v[i].source]);
		is[h->v[i].source] = true;
	}
	for (unsigned i = 0; i < 64; i++)
		if (is[i])
			n += (size_t)snprintf(
			    out + n, size - n, n ? " %u" : "%u", i);
}

static void
what_holds_as_the_cases_say(void **state)
{
	static struct image_held held;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = 0;
		struct buf b;
		struct image im;

		while (n < 4 && cases[i].lines[n].text)
			n++;
		b = build_roles(hand, ARRAY_LEN(hand), cases[i].lines, n);
		im = build_view(&b);
		for (size_t k = 0; k < 5 && cases[i].row[k].ask; k++) {
			struct image_hits hits;
			char got[256];

			look(&im, cases[i].row[k].ask, &hits);
			image_hold(&im, &hits, &held);
			held_text(&held, got, sizeof(got));
			assert_false(held.more);
			if (strcmp(got, cases[i].row[k].want) != 0)
				fail_msg("%s: %s: <%s>", cases[i].rule,
				    cases[i].row[k].ask, got);
		}
		buf_fini(&b);
	}
}

/* ---- against a plain loop */

#define SOURCES 24
#define LINES   90
#define WORLDS  120
#define ASKED   60

static uint64_t chance;

static unsigned
below(unsigned n)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((chance >> 33) % n);
}

static void
random_text(char *out, size_t size, bool ask)
{
	static const char *const label[] = {"a.", "b.", "c."};
	size_t n = 0;

	if (below(4) == 0) {
		unsigned bits = ask ? 32 : below(3) * 8 + 16;
		uint32_t a =
		    10u << 24 | below(2) << 16 | below(2) << 8 | below(3);

		if (bits < 32)
			a &= ~(UINT32_MAX >> bits);
		snprintf(out, size, ask ? "%u.%u.%u.%u" : "%u.%u.%u.%u/%u",
		    a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255, bits);
		return;
	}
	for (unsigned i = 1 + below(3); i-- > 0;)
		n += (size_t)snprintf(out + n, size - n, "%s", label[below(3)]);
	n += (size_t)snprintf(out + n, size - n, "test");
	if (below(3) == 0)
		snprintf(out + n, size - n, below(2) ? "/p" : "/p/q");
}

/* How specific <entry> is for what it matches: host first, then path. 0: it
 * does not match. <self>: it is the host itself. */
static unsigned
matches(const char *ask, const char *entry, bool *self)
{
	char host[64];
	const char *path = strchr(ask, '/'), *slash = strchr(entry, '/');
	size_t n = path ? (size_t)(path - ask) : strlen(ask), e, k;

	memcpy(host, ask, n);
	host[n] = '\0';
	if (is_net(entry)) {
		uint8_t h[4], net[4];
		char z[32];
		unsigned bits = (unsigned)strtoul(slash + 1, NULL, 10), i;

		memcpy(z, entry, (size_t)(slash - entry));
		z[slash - entry] = '\0';
		if (inet_pton(AF_INET, host, h) != 1)
			return 0;
		inet_pton(AF_INET, z, net);
		for (i = 0; i < bits; i++)
			if ((h[i / 8] ^ net[i / 8]) >> (7 - i % 8) & 1)
				return 0;
		*self = bits == 32;
		return 1 + bits;
	}
	e = slash ? (size_t)(slash - entry) : strlen(entry);
	if (n < e || memcmp(host + n - e, entry, e) != 0 ||
	    (n > e && host[n - e - 1] != '.'))
		return 0;
	*self = n == e;
	if (!slash)
		return 1000 + (unsigned)e * 100;
	k = strlen(slash);
	if (!path || strncmp(path, slash, k) != 0 ||
	    (path[k] && path[k] != '/'))
		return 0;
	return 1000 + (unsigned)e * 100 + (unsigned)k;
}

/* The most specific entry of <source> that reaches <ask>; 0: none. */
static unsigned
said(const struct image_source *s, uint16_t source, const struct line *lines,
    const char *ask)
{
	unsigned most = 0;

	for (size_t i = 0; i < LINES; i++) {
		bool self = false;
		unsigned m;

		if (lines[i].source != source)
			continue;
		m = matches(ask, lines[i].text, &self);
		if ((self && s->role & B) || (!self && s->role & S))
			continue;
		most = m > most ? m : most;
	}
	return most;
}

static bool
holds(const struct image_source *sources, uint16_t id, const struct line *lines,
    const char *ask)
{
	const struct image_source *s = &sources[id];
	unsigned most = said(s, id, lines, ask);

	if (!most || s->role & E)
		return false;
	for (uint16_t i = 0; i < SOURCES; i++) {
		const struct image_source *e = &sources[i];
		unsigned by = said(e, i, lines, ask);

		if (by && e->role & E && str_eq(e->list, s->list) &&
		    str_eq(e->category, s->category) &&
		    (!e->group || e->group == s->group) &&
		    (!(s->role & I) || e->role & I) &&
		    (!(e->role & C) || by >= most))
			return false;
	}
	return true;
}

static void
what_holds_is_what_a_plain_loop_says(void **state)
{
	static const uint8_t roles[] = {0, 0, S, B, I, I | S, E, E | S, E | B,
	    E | I, E | C, E | C | S, E | C | I};
	static char text[LINES][64];
	struct line lines[LINES];
	struct image_source sources[SOURCES];
	static struct image_held held;
	unsigned held_all = 0, excepted = 0;

	(void)state;
	chance = 77;
	for (unsigned w = 0; w < WORLDS; w++) {
		struct buf b;
		struct image im;

		for (unsigned i = 0; i < SOURCES; i++)
			sources[i] = (struct image_source){
			    .list = below(3) ? STR("l") : STR("m"),
			    .category = below(3) ? STR("c") : STR(""),
			    .group = below(3) ? 0 : (uint16_t)below(3),
			    .role = roles[below(ARRAY_LEN(roles))]};
		for (unsigned i = 0; i < LINES; i++) {
			random_text(text[i], sizeof(text[i]), false);
			lines[i] =
			    (struct line){text[i], (uint16_t)below(SOURCES)};
		}
		b = build_roles(sources, SOURCES, lines, LINES);
		im = build_view(&b);
		for (unsigned k = 0; k < ASKED; k++) {
			struct image_hits hits;
			char ask[64];
			bool is[SOURCES] = {false};

			random_text(ask, sizeof(ask), true);
			look(&im, ask, &hits);
			image_hold(&im, &hits, &held);
			assert_false(held.more);
			for (uint32_t i = 0; i < held.n; i++) {
				assert_false(is[held.v[i].source]);
				is[held.v[i].source] = true;
				assert_true(held.v[i].hit < hits.n);
			}
			for (uint16_t i = 0; i < SOURCES; i++) {
				bool want = holds(sources, i, lines, ask);

				if (is[i] != want)
					fail_msg("world %u, %s, source %u: %d",
					    w, ask, i, is[i]);
				held_all += want;
				excepted += !want && !(sources[i].role & E) &&
				            said(&sources[i], i, lines, ask);
			}
		}
		buf_fini(&b);
	}
	assert_true(held_all > 1000 && excepted > 1000);
}

/* ---- many */

static void
a_class_of_very_many_sources_is_owned_up_to(void **state)
{
	struct compile_options opt = {.seed = 3};
	struct compile *c = compile_new(&opt);
	struct compile_source s = {.list = STR("l"), .format = LIST_DOMAINS};
	static struct image_held held;
	struct image_hits hits;
	struct buf b = BUF_EMPTY;
	struct image im;
	struct err err;

	(void)state;
	for (int i = 0; i < IMAGE_HELD_MAX + 1; i++) {
		assert_int_equal(compile_source(c, &s, &err), i);
		compile_feed(c, i, "d.test\n", 7, &err);
		if (i < IMAGE_HELD_MAX)
			compile_feed(c, i, "e.test\n", 7, &err);
	}
	assert_int_equal(compile_finish(c, &b, &err), 0);
	compile_free(c);
	im = build_view(&b);
	look(&im, "w.e.test", &hits);
	image_hold(&im, &hits, &held);
	assert_int_equal(held.n, IMAGE_HELD_MAX);
	look(&im, "w.d.test", &hits);
	image_hold(&im, &hits, &held);
	assert_int_equal(held.n, IMAGE_HELD_MAX);
	assert_true(held.more);
	buf_fini(&b);
}

static void
plain_classes_are_those_without_reach_below_or_exceptions(void **state)
{
	static const struct line lines[] = {{"a.test", 0}, {"b.test", 1},
	    {"c.test", 2}, {"d.test", 3}, {"e.test", 6}, {"f.test", 0},
	    {"f.test", 3}, {"g.test", 0}, {"g.test", 1}};
	static const struct {
		const char *ask;
		bool plain;
	} row[] = {{"a.test", true}, {"b.test", true}, {"c.test", false},
	    {"d.test", false}, {"e.test", true}, {"f.test", false},
	    {"g.test", true}};
	struct buf b =
	    build_roles(hand, ARRAY_LEN(hand), lines, ARRAY_LEN(lines));
	struct image im = build_view(&b);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct image_hits hits;

		look(&im, row[i].ask, &hits);
		assert_int_equal(hits.n, 1);
		assert_int_equal(
		    image_class_is_plain(&im, hits.hit[0].class), row[i].plain);
	}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_holds_as_the_cases_say),
	    cmocka_unit_test(what_holds_is_what_a_plain_loop_says),
	    cmocka_unit_test(a_class_of_very_many_sources_is_owned_up_to),
	    cmocka_unit_test(
	        plain_classes_are_those_without_reach_below_or_exceptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
