/*
 * nets_rules_test.c - networks that are listed and networks that are spared:
 * zones and plain lists of chance, asked about addresses in all their forms.
 */
#include "tests/unit/lists/worlds.h"

#include <arpa/inet.h>

#define FILES 4
#define NETS  24 /* of each */

struct net {
	uint8_t addr[16];
	unsigned bytes, bits;
	bool spared;
};

static struct net nets[FILES][NETS];
static const struct {
	const char *list;
	enum list_format format;
} files[FILES] = {
    {"a", LIST_RPZ}, {"a", LIST_DOMAINS}, {"b", LIST_RPZ}, {"c", LIST_RPZ}};

/* One of few addresses, so that they meet. */
static void
random_address(struct net *n)
{
	static const uint8_t v6[] = {0x20, 0x01, 0x0d, 0xb8};

	memset(n->addr, 0, sizeof(n->addr));
	n->bytes = worlds_below(2) ? 4 : 16;
	if (n->bytes == 16)
		memcpy(n->addr, v6, sizeof(v6));
	else
		n->addr[0] = 198;
	for (unsigned i = n->bytes == 4 ? 1 : 4; i < n->bytes; i++)
		if (n->bytes == 4 || i == 5 || i == 15)
			n->addr[i] = (uint8_t)(worlds_below(3) * 0x55);
}

static void
random_net(struct net *n)
{
	random_address(n);
	n->bits = n->bytes == 4 ? 8 + worlds_below(25) : 16 + worlds_below(113);
	for (unsigned i = n->bits; i < n->bytes * 8; i++)
		n->addr[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	n->spared = worlds_below(2);
}

/* "24.0.2.0.192.rpz-ip": the bits, then what is written from its end on. */
static void
write_trigger(struct buf *b, const struct net *n)
{
	buf_addf(b, "%u", n->bits);
	for (unsigned i = n->bytes; i > 0;)
		if (n->bytes == 4) {
			buf_addf(b, ".%u", n->addr[--i]);
		} else {
			i -= 2;
			buf_addf(b, ".%x", n->addr[i] << 8 | n->addr[i + 1]);
		}
	buf_addf(b, ".rpz-ip CNAME %s\n", n->spared ? "rpz-passthru." : ".");
}

static void
write_net(struct buf *b, unsigned f, struct net *n)
{
	char z[64];

	if (files[f].format == LIST_RPZ) {
		write_trigger(b, n);
		return;
	}
	n->spared = false;
	inet_ntop(n->bytes == 4 ? AF_INET : AF_INET6, n->addr, z, sizeof(z));
	buf_addf(b, "%s/%u\n", z, n->bits);
}

/* Bit by bit. */
static bool
lies_in(const struct net *n, const uint8_t *addr, unsigned bytes)
{
	if (n->bytes != bytes)
		return false;
	for (unsigned i = 0; i < n->bits; i++)
		if ((n->addr[i / 8] ^ addr[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

/* A file speaks where one of its networks is longer than each one that its
 * list spares. */
static bool
file_holds(unsigned f, const uint8_t *addr, unsigned bytes)
{
	int listed = -1, spared = -1;

	for (unsigned g = 0; g < FILES; g++)
		for (unsigned i = 0; i < NETS; i++) {
			const struct net *n = &nets[g][i];

			if (strcmp(files[f].list, files[g].list) != 0 ||
			    !lies_in(n, addr, bytes))
				continue;
			if (n->spared && (int)n->bits > spared)
				spared = (int)n->bits;
			if (!n->spared && f == g && (int)n->bits > listed)
				listed = (int)n->bits;
		}
	return listed > spared;
}

/* The text of an address as a request has it: an IPv4 address inside an IPv6
 * one too. */
static void
write_asked(const struct net *a, unsigned form, char out[64])
{
	static const char *const around[] = {
	    "", "[::ffff:", "[::", "[64:ff9b::", "[::ffff:0:", "[64:ff9b:1::"};
	const char *front = a->bytes == 4 ? around[form] : "[";
	char z[INET6_ADDRSTRLEN];

	inet_ntop(a->bytes == 4 ? AF_INET : AF_INET6, a->addr, z, sizeof(z));
	snprintf(out, 64, "%s%s%s", front, z, front[0] ? "]" : "");
}

static unsigned
compare(const struct image *im, const struct net *asked, unsigned form)
{
	const struct image_held *held;
	bool is[FILES] = {false};
	struct image_source s;
	char text[64];
	unsigned n = 0;

	write_asked(asked, form, text);
	held = worlds_held(im, str_of(text));
	assert_false(held->more);
	for (uint32_t i = 0; i < held->n; i++) {
		unsigned f = 0, id = held->v[i].source;

		for (unsigned k = 1; k <= id; k++) {
			assert_true(image_source(im, (uint16_t)k, &s));
			f += s.lines > 0;
		}
		is[f] = true;
	}
	for (unsigned f = 0; f < FILES; f++) {
		bool want = file_holds(f, asked->addr, asked->bytes);

		if (is[f] != want)
			fail_msg("%s: file %u should %sspeak", text, f,
			    want ? "" : "not ");
		n += want;
	}
	return n;
}

static void
the_longest_network_decides(void **state)
{
	struct build_source src[FILES];
	struct buf text[FILES], b;
	struct image im;
	unsigned held = 0, asked = 0;

	(void)state;
	worlds_seed = 8;
	for (unsigned w = 0; w < 60; w++) {
		for (unsigned f = 0; f < FILES; f++) {
			text[f] = BUF_EMPTY;
			for (unsigned i = 0; i < NETS; i++) {
				random_net(&nets[f][i]);
				write_net(&text[f], f, &nets[f][i]);
			}
			src[f] = (struct build_source){files[f].list, "",
			    files[f].format, buf_str(&text[f])};
		}
		b = build(src, FILES);
		im = build_view(&b);
		for (unsigned k = 0; k < 200; k++, asked += FILES) {
			struct net a;

			random_address(&a);
			held += compare(&im, &a, worlds_below(6));
		}
		buf_fini(&b);
		for (unsigned f = 0; f < FILES; f++)
			buf_fini(&text[f]);
	}
	assert_true(held > asked / 10 && held < asked * 9 / 10);
}

/* ---- addresses as entries of other formats */

static void
an_address_is_one_address_in_each_format(void **state)
{
	static const struct {
		enum list_format format;
		const char *text;
		bool url; /* for a path alone */
	} row[] = {
	    {LIST_DOMAINS, "198.51.100.7", false},
	    {LIST_DOMAINS, "http://3325256711/", false},
	    {LIST_DOMAINS, "198.51.100.7/32", false},
	    {LIST_EXACT, "0xc6.0x33.0x64.7", false},
	    {LIST_HOSTS, "0.0.0.0 198.51.100.7", false},
	    {LIST_DSTDOMAIN, "198.51.25607", false},
	    {LIST_V2FLY, "full:198.51.100.7", false},
	    {LIST_V2FLY, "domain:198.51.100.7", false},
	    {LIST_ADBLOCK, "||198.51.100.7^", false},
	    {LIST_ADBLOCK, "198.51.100.7", false},
	    {LIST_E2_SITES, "198.51.100.7", false},
	    {LIST_RPZ, "32.7.100.51.198.rpz-ip CNAME .", false},
	    {LIST_URLS, "198.51.100.7/x", true},
	    {LIST_URLS, "http://0306.063.0144.07:80//x", true},
	    {LIST_E2_URLS, "198.51.100.7/x", true},
	};
	static const struct {
		const char *ask;
		bool held, path;
	} asks[] = {
	    {"198.51.100.7", true, false},
	    {"198.51.100.7.", true, false},
	    {"0xc6336407", true, false},
	    {"[::ffff:c633:6407]", true, false},
	    {"[2002:c633:6407::1]", true, false},
	    {"198.51.100.7/x?y", true, true},
	    {"[64:ff9b::c633:6407]/x", true, true},
	    {"198.51.100.6/x", false, true},
	    {"198.51.100.71/x", false, true},
	    {"[2002:c633:6408::7]/x", false, true},
	    {"[2001:db8::c633:6407]/x", false, true},
	    {"198.51.100.7.test/x", false, true},
	    {"a.test/198.51.100.7/x", false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct build_source src = {
		    "l", "c", row[i].format, str_of(row[i].text)};
		struct buf b = build(&src, 1);
		struct image im = build_view(&b);

		for (size_t k = 0; k < ARRAY_LEN(asks); k++) {
			bool want =
			    asks[k].held && (asks[k].path || !row[i].url);
			bool got = worlds_held(&im, str_of(asks[k].ask))->n > 0;

			if (got != want)
				fail_msg("%s: %s", row[i].text, asks[k].ask);
		}
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_longest_network_decides),
	    cmocka_unit_test(an_address_is_one_address_in_each_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
