/* address.c - IP addresses as text: what a browser takes in, one form out. */
#include "lists/address.h"

#include <arpa/inet.h>

#include "base/hex.h"

/* Split off a base's prefix: "0x" is 16, a further leading 0 is 8. */
static unsigned
number_base(struct str *s)
{
	if (s->n >= 2 && s->p[0] == '0' && (s->p[1] == 'x' || s->p[1] == 'X')) {
		*s = str_sub(*s, 2, s->n);
		return 16;
	}
	if (s->n >= 2 && s->p[0] == '0') {
		*s = str_sub(*s, 1, s->n);
		return 8;
	}
	return 10;
}

/* One part: false where it is no number or over 32 bits. "0x" alone is 0. */
static bool
number(struct str s, uint64_t *out)
{
	unsigned base;
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	base = number_base(&s);
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);

		if (d < 0 || (unsigned)d >= base)
			return false;
		v = v * base + (unsigned)d;
		if (v > UINT32_MAX)
			return false;
	}
	*out = v;
	return true;
}

bool
address_ends_in_number(struct str host)
{
	struct str last = host;
	size_t i;

	for (i = host.n; i > 0; i--)
		if (host.p[i - 1] == '.') {
			last = str_sub(host, i, host.n);
			break;
		}
	if (last.n == 0)
		return false;
	/* "09" and "99999999999" are numbers too, only no good ones. */
	for (i = 0; i < last.n; i++)
		if (last.p[i] < '0' || last.p[i] > '9')
			break;
	if (i == last.n)
		return true;
	if (number_base(&last) != 16)
		return false;
	for (i = 0; i < last.n; i++)
		if (hex_digit(last.p[i]) < 0)
			return false;
	return true;
}

bool
address_from_ipv4(struct str s, uint8_t out[4])
{
	uint64_t part[4], all;
	unsigned n = 0;
	struct str one;

	while (str_next(&s, '.', &one)) {
		if (n == 4 || !number(one, &part[n]))
			return false;
		n++;
	}
	if (n == 0 || part[n - 1] >> (8 * (5 - n)))
		return false;
	all = part[n - 1];
	for (unsigned i = 0; i + 1 < n; i++) {
		if (part[i] > 255)
			return false;
		all |= part[i] << (8 * (3 - i));
	}
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(all >> (8 * (3 - i)));
	return true;
}

bool
address_from_ipv6(struct str s, uint8_t out[16])
{
	char z[ADDRESS_ROOM];

	/* A NUL inside would end the copy early. */
	if (s.n == 0 || str_find(s, '\0', 0) < s.n ||
	    !str_copy(s, z, sizeof(z)))
		return false;
	return inet_pton(AF_INET6, z, out) == 1;
}

static char *
put_decimal(char *at, unsigned v)
{
	if (v >= 100)
		*at++ = (char)('0' + v / 100);
	if (v >= 10)
		*at++ = (char)('0' + v / 10 % 10);
	*at++ = (char)('0' + v % 10);
	return at;
}

static char *
put_quad(char *at, const uint8_t a[4])
{
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = put_decimal(at, a[i]);
	}
	return at;
}

size_t
address_ipv4_text(const uint8_t a[4], char out[ADDRESS_ROOM])
{
	char *end = put_quad(out, a);

	*end = '\0';
	return (size_t)(end - out);
}

static char *
put_hex(char *at, unsigned v)
{
	bool begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned d = v >> shift & 15;

		if (d == 0 && !begun && shift)
			continue;
		begun = true;
		*at++ = "0123456789abcdef"[d];
	}
	return at;
}

/* The longest run of two or more zero groups, the first of equals. */
static void
zero_run(const unsigned g[8], unsigned *from, unsigned *len)
{
	*from = 8;
	*len = 1;
	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;

		while (i + n < 8 && g[i + n] == 0)
			n++;
		if (n > *len) {
			*from = i;
			*len = n;
		}
	}
}

size_t
address_ipv6_text(const uint8_t a[16], char out[ADDRESS_ROOM])
{
	/* Written here because C libraries differ on which addresses get
	 * dots, and an image must mean the same on all of them. */
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	unsigned g[8], from, len;
	char *at = out;

	if (memcmp(a, mapped, sizeof(mapped)) == 0) {
		memcpy(at, "::ffff:", 7);
		at = put_quad(at + 7, a + 12);
		*at = '\0';
		return (size_t)(at - out);
	}
	for (unsigned i = 0; i < 8; i++)
		g[i] = (unsigned)a[2 * i] << 8 | a[2 * i + 1];
	zero_run(g, &from, &len);
	for (unsigned i = 0; i < 8; i++) {
		if (i == from) {
			*at++ = ':';
			*at++ = ':';
			i += len - 1;
			continue;
		}
		if (i && i != from + len)
			*at++ = ':';
		at = put_hex(at, g[i]);
	}
	*at = '\0';
	return (size_t)(at - out);
}

void
address_mask(uint8_t *addr, unsigned bytes, unsigned bits)
{
	for (unsigned i = 0; i < bytes; i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;

		if (keep < 8)
			addr[i] &= (uint8_t)(0xff00u >> keep);
	}
}
