/*
 * name.h - the canonical host name, by type.
 *
 * Only the two functions here make a struct name, one for what came over a
 * wire and one for what a person or a list wrote, and both give the same
 * bytes for the same host; so a list and a request cannot disagree on how a
 * host is spelled. What cannot be made canonical is refused, never guessed.
 *
 * Canonical: lower case ASCII, IDNs as A-labels (RFC 5891), one trailing dot
 * taken off, labels of 1..63 bytes, 253 in all (RFC 1035 2.3.4). A host whose
 * last label is a number is an IPv4 address in any base and form that a
 * browser takes (WHATWG URL, "ends in a number") or nothing. IPv6 is written
 * as in RFC 5952, without brackets; a mapped one (::ffff:a.b.c.d) is the IPv4
 * address that it is another spelling of. One that carries an IPv4 address in
 * any other way is an IPv6 name: lists and the guard on destinations look
 * inside it (name_embedded_ipv4()).
 *
 *	char room[NAME_ROOM];
 *	struct name n;
 *	if (name_from_wire(raw_host, room, &n) != NAME_OK)
 *		return reject(400);
 */
#ifndef LISTS_NAME_H
#define LISTS_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define NAME_ROOM 256 /* what the longest canonical name takes */

enum name_kind { NAME_NONE = 0, NAME_DNS, NAME_IPV4, NAME_IPV6 };

struct name {
	const char *p;    /* borrowed: lies in the caller's room */
	uint8_t n;        /* 0: no name (NAME_NONE) */
	uint8_t kind;     /* enum name_kind */
	uint8_t addr[16]; /* for addresses: network order; IPv4 in addr[0..3] */
};

/* Why not; NAME_OK is 0. name_result_text() says it in words. */
enum name_result {
	NAME_OK = 0,
	NAME_EMPTY,
	NAME_LONG,  /* a label over 63 or all over 253 */
	NAME_LABEL, /* an empty label: "a..b", ".a" */
	NAME_BYTE,  /* a byte that no host has (also: non-ASCII on a wire) */
	NAME_IPV4_FORM, /* ends in a number, is no IPv4 address */
	NAME_IPV6_FORM, /* brackets without an IPv6 address; zone ids */
	NAME_IDN,       /* Unicode that IDNA forbids */
};
const char *name_result_text(enum name_result r);

/*
 * From a request, a CONNECT target, a server name: ASCII only, strict. IPv6
 * needs its brackets. <room> holds NAME_ROOM bytes and must outlive <out>.
 * On failure <out> is the empty name.
 */
enum name_result name_from_wire(struct str raw, char *room, struct name *out);

/*
 * From a list, a configuration or a command line: also trims blanks, maps
 * Unicode as browsers do (UTS 46: full-width, ideographic dots, invisible
 * characters), takes IPv6 with or without brackets. UTF-8 only.
 */
enum name_result name_from_text(struct str raw, char *room, struct name *out);

static inline struct str
name_str(struct name n)
{
	return (struct str){n.p, n.n};
}

static inline bool
name_is_address(struct name n)
{
	return n.kind == NAME_IPV4 || n.kind == NAME_IPV6;
}

bool name_eq(struct name a, struct name b);

/* Is <n> <parent> or below it, on a label boundary? Never for addresses. */
bool name_is_under(struct name n, struct name parent);

/*
 * If an IPv6 name carries an IPv4 address, put it into <out> and return true:
 * mapped, compatible, translated (::ffff:0:0:0/96), NAT64 (64:ff9b::/96 and
 * 64:ff9b:1::/96 of the local ones), 6to4.
 */
bool name_embedded_ipv4(const uint8_t addr[16], uint8_t out[4]);

/*
 * The registrable domain of <n> (its "site") by the Public Suffix List: a
 * suffix of <n>; <n> itself for addresses, suffixes and unknown.
 */
struct str name_site(struct name n);

#endif
