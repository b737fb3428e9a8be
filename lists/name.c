/* name.c - the canonical host name; the door to libidn2 and libpsl. */
#include "lists/name.h"

#include <idn2.h>
#include <libpsl.h>

#include "lists/address.h"

#define NAME_MAX_TEXT    253 /* RFC 1035 2.3.4, without the last dot */
#define NAME_MAX_LABEL   63
/* Unicode may shrink when it is mapped; this is longer than any that fits. */
#define NAME_MAX_UNICODE 1024

const char *
name_result_text(enum name_result r)
{
	static const char *const text[] = {
	    [NAME_OK] = "fine",
	    [NAME_EMPTY] = "empty",
	    [NAME_LONG] = "a label over 63 bytes, or over 253 in all",
	    [NAME_LABEL] = "an empty label",
	    [NAME_BYTE] = "a byte that no host name has",
	    [NAME_IPV4_FORM] = "ends in a number, but is no IPv4 address",
	    [NAME_IPV6_FORM] = "not an IPv6 address",
	    [NAME_IDN] = "Unicode that no host name may have",
	};

	return (unsigned)r < sizeof(text) / sizeof(text[0]) ? text[r] : "?";
}

/*
 * The bytes of a host name and what they become; 0: none. Underscores are
 * in real names. The dot is a byte of its own.
 */
/* clang-format off */
static const char host_byte[256] = {
	['-'] = '-', ['_'] = '_', ['.'] = '.',
	['0'] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
	['A'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l',
	'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
	['a'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l',
	'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
};
/* clang-format on */

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static enum name_result
make_ipv4(struct str host, bool dotted, char *room, struct name *out)
{
	uint8_t addr[4];
	size_t dots = 0;

	if (!address_from_ipv4(host, addr))
		return NAME_IPV4_FORM;
	for (size_t i = 0; i < host.n; i++)
		dots += host.p[i] == '.';
	/* "1.2.3." is an address cut short, not one of three parts. */
	if (dotted && dots != 3)
		return NAME_IPV4_FORM;
	out->n = (uint8_t)address_ipv4_text(addr, room);
	out->kind = NAME_IPV4;
	memcpy(out->addr, addr, sizeof(addr));
	return NAME_OK;
}

static enum name_result
make_ipv6(struct str s, char *room, struct name *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t addr[16];

	if (!address_from_ipv6(s, addr))
		return NAME_IPV6_FORM;
	if (memcmp(addr, mapped, sizeof(mapped)) == 0) {
		/* the same host in other words, for who connects as well */
		out->n = (uint8_t)address_ipv4_text(addr + 12, room);
		out->kind = NAME_IPV4;
		memcpy(out->addr, addr + 12, 4);
		return NAME_OK;
	}
	out->n = (uint8_t)address_ipv6_text(addr, room);
	out->kind = NAME_IPV6;
	memcpy(out->addr, addr, sizeof(addr));
	return NAME_OK;
}

/* Lower case into <room>, labels checked; <raw> has no trailing dot. */
static enum name_result
copy_labels(struct str raw, char *room)
{
	size_t label = 0;

	for (size_t i = 0; i < raw.n; i++) {
		char c = host_byte[(unsigned char)raw.p[i]];

		if (!c)
			return NAME_BYTE;
		room[i] = c;
		if (c != '.') {
			if (++label > NAME_MAX_LABEL)
				return NAME_LONG;
			continue;
		}
		if (label == 0)
			return NAME_LABEL;
		label = 0;
	}
	return label ? NAME_OK : NAME_LABEL;
}

/* <raw> was checked to hold only bytes of a host, or is found out here. */
static enum name_result
make_dns(struct str raw, char *room, struct name *out)
{
	bool dotted = raw.n > 1 && raw.p[raw.n - 1] == '.';
	enum name_result r;
	struct str host;

	if (dotted)
		raw.n--;
	if (raw.n > NAME_MAX_TEXT) {
		for (size_t i = 0; i < raw.n; i++)
			if (!host_byte[(unsigned char)raw.p[i]])
				return NAME_BYTE;
		return NAME_LONG;
	}
	r = copy_labels(raw, room);
	if (r != NAME_OK)
		return r;
	host = str_make(room, raw.n);
	if (address_ends_in_number(host))
		return make_ipv4(host, dotted, room, out);
	room[raw.n] = '\0';
	out->n = (uint8_t)raw.n;
	out->kind = NAME_DNS;
	return NAME_OK;
}

static enum name_result
make(struct str raw, char *room, struct name *out)
{
	if (raw.n == 0)
		return NAME_EMPTY;
	if (raw.p[0] != '[')
		return make_dns(raw, room, out);
	if (raw.p[raw.n - 1] != ']')
		return NAME_IPV6_FORM;
	return make_ipv6(str_sub(raw, 1, raw.n - 2), room, out);
}

/* Whatever was begun in <out> is undone unless <r> is fine. */
static enum name_result
settle(enum name_result r, char *room, struct name *out)
{
	if (r != NAME_OK) {
		*out = (struct name){.p = room};
		room[0] = '\0';
	}
	return r;
}

enum name_result
name_from_wire(struct str raw, char *room, struct name *out)
{
	*out = (struct name){.p = room};
	return settle(make(raw, room, out), room, out);
}

/* Append <part> of a name to <z>, which holds *<n> bytes, as ASCII. */
static enum name_result
add_ascii(struct str part, char z[NAME_MAX_UNICODE + 1], size_t *n)
{
	char in[NAME_MAX_UNICODE + 1];
	uint8_t *mapped = NULL;
	struct str add = part;
	enum name_result r = NAME_OK;

	if (!str_copy(part, in, sizeof(in)))
		return NAME_LONG;
	if (!is_ascii(part)) {
		if (idn2_lookup_u8((const uint8_t *)in, &mapped,
		        IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
			return NAME_IDN;
		add = str_of((const char *)mapped);
	}
	if (str_copy(add, z + *n, NAME_MAX_UNICODE + 1 - *n))
		*n += add.n;
	else
		r = NAME_LONG;
	idn2_free(mapped);
	return r;
}

/*
 * Unicode to A-labels. libidn2 sees only the labels that need it: it refuses
 * ASCII labels that exist ("r3---sn-x") and maps some characters to a '/'
 * inside the name, so what it gives is checked like any other name.
 */
static enum name_result
make_idn(struct str raw, char *room, struct name *out)
{
	char z[NAME_MAX_UNICODE + 1] = "";
	size_t n = 0;
	enum name_result r = NAME_OK;
	struct str part;

	if (str_find(raw, '\0', 0) < raw.n)
		return NAME_BYTE;
	for (bool first = true; str_next(&raw, '.', &part); first = false) {
		if (!first)
			r = add_ascii(STR("."), z, &n);
		if (r == NAME_OK)
			r = add_ascii(part, z, &n);
		if (r != NAME_OK)
			return r;
	}
	r = make_dns(str_make(z, n), room, out);
	return r == NAME_BYTE || r == NAME_EMPTY ? NAME_IDN : r;
}

enum name_result
name_from_text(struct str raw, char *room, struct name *out)
{
	enum name_result r;
	size_t colon;

	*out = (struct name){.p = room};
	raw = str_trim(raw);
	colon = str_find(raw, ':', 0);
	if (!is_ascii(raw))
		r = make_idn(raw, room, out);
	else if (raw.n && raw.p[0] != '[' &&
	         str_find(raw, ':', colon + 1) < raw.n)
		r = make_ipv6(raw, room, out);
	else
		r = make(raw, room, out);
	return settle(r, room, out);
}

bool
name_eq(struct name a, struct name b)
{
	return a.kind == b.kind && str_eq(name_str(a), name_str(b));
}

bool
name_is_under(struct name n, struct name parent)
{
	if (n.kind != NAME_DNS || parent.kind != NAME_DNS ||
	    !str_ends(name_str(n), name_str(parent)))
		return false;
	return n.n == parent.n || n.p[n.n - parent.n - 1] == '.';
}

bool
name_embedded_ipv4(const uint8_t addr[16], uint8_t out[4])
{
	static const struct {
		uint8_t prefix[12], n, at;
	} form[] = {
	    {{[10] = 0xff, [11] = 0xff}, 12, 12},     /* mapped */
	    {{[8] = 0xff, 0xff}, 12, 12},             /* translated */
	    {{0x00, 0x64, 0xff, 0x9b}, 12, 12},       /* NAT64 */
	    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 12, 12}, /* local NAT64 */
	    {{0}, 12, 12},                            /* compatible */
	    {{0x20, 0x02}, 2, 2},                     /* 6to4 */
	};
	static const uint8_t zero[15];

	/* :: and ::1 are addresses of their own. */
	if (memcmp(addr, zero, sizeof(zero)) == 0 && addr[15] <= 1)
		return false;
	for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		if (memcmp(addr, form[i].prefix, form[i].n) != 0)
			continue;
		memcpy(out, addr + form[i].at, 4);
		return true;
	}
	return false;
}

struct str
name_site(struct name n)
{
	char z[NAME_ROOM];
	const char *site;
	const psl_ctx_t *psl = psl_builtin();

	if (n.kind != NAME_DNS || !psl || !str_copy(name_str(n), z, sizeof(z)))
		return name_str(n);
	site = psl_registrable_domain(psl, z);
	return site ? str_sub(name_str(n), (size_t)(site - z), n.n)
	            : name_str(n);
}
