/* net.c - networks: parse, match, write. */
#include "filters/net.h"

#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool
net_address(struct name n, uint8_t out[16])
{
	if (n.kind == NAME_IPV4) {
		memcpy(out, mapped, sizeof(mapped));
		memcpy(out + 12, n.addr, 4);
		return true;
	}
	if (n.kind == NAME_IPV6)
		memcpy(out, n.addr, 16);
	return n.kind == NAME_IPV6;
}

/* The last <nbits> - <bits> bits are all zero? */
static bool
tail_is_zero(const uint8_t addr[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if (addr[i / 8] & (0x80u >> i % 8))
			return false;
	return true;
}

/* Strictly four decimal numbers: "10.1/16" is somebody's slip, not a net. */
static bool
is_dotted_quad(struct str s)
{
	struct str part;
	unsigned parts = 0;
	uint64_t v;

	while (str_next(&s, '.', &part)) {
		if (!str_to_u64(part, &v) || v > 255 || part.n > 3 ||
		    (part.n > 1 && part.p[0] == '0'))
			return false;
		parts++;
	}
	return parts == 4;
}

bool
net_from_text(struct str s, struct net *out)
{
	char room[NAME_ROOM];
	struct str addr, len;
	struct name n;
	uint64_t bits;
	bool has_len = str_cut(s, '/', &addr, &len);

	*out = (struct net){0};
	if (str_find(addr, ':', 0) == addr.n && !is_dotted_quad(addr))
		return false;
	if (name_from_text(addr, room, &n) != NAME_OK ||
	    !net_address(n, out->addr))
		return false;
	out->bits = 128;
	if (!has_len)
		return true;
	if (!str_to_u64(len, &bits) || len.n > 3 ||
	    bits > (n.kind == NAME_IPV4 ? 32u : 128u))
		return false;
	out->bits = (uint8_t)(n.kind == NAME_IPV4 ? bits + 96 : bits);
	return tail_is_zero(out->addr, out->bits);
}

bool
net_has(const struct net *n, const uint8_t addr[16])
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;
	unsigned mask = 0xffu << (8 - rest) & 0xffu;

	if (whole > 16 || memcmp(n->addr, addr, whole) != 0)
		return false;
	return rest == 0 || ((n->addr[whole] ^ addr[whole]) & mask) == 0;
}

struct str
net_text(const struct net *n, char room[NET_ROOM])
{
	const uint8_t *a = n->addr;
	char long_form[48], canon[NAME_ROOM];
	struct name name;
	int len;

	if (memcmp(a, mapped, sizeof(mapped)) == 0 && n->bits >= 96) {
		len = snprintf(
		    room, NET_ROOM, "%u.%u.%u.%u", a[12], a[13], a[14], a[15]);
		if (n->bits < 128)
			len += snprintf(room + len, NET_ROOM - (size_t)len,
			    "/%u", n->bits - 96u);
		return str_make(room, (size_t)len);
	}
	snprintf(long_form, sizeof(long_form), "[%x:%x:%x:%x:%x:%x:%x:%x]",
	    a[0] << 8 | a[1], a[2] << 8 | a[3], a[4] << 8 | a[5],
	    a[6] << 8 | a[7], a[8] << 8 | a[9], a[10] << 8 | a[11],
	    a[12] << 8 | a[13], a[14] << 8 | a[15]);
	if (name_from_wire(str_of(long_form), canon, &name) != NAME_OK)
		return str_make(room, 0);
	len = snprintf(room, NET_ROOM, "%.*s", STR_ARG(name_str(name)));
	if (n->bits < 128)
		len += snprintf(
		    room + len, NET_ROOM - (size_t)len, "/%u", n->bits);
	return str_make(room, (size_t)len);
}
