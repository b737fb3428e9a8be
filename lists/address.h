/*
 * address.h - IP addresses as text: what a browser takes in, one form out.
 *
 * IPv4 goes in as the WHATWG URL standard reads it (decimal, octal or hex, one
 * to four parts) and comes out as four decimals. IPv6 goes in as RFC 4291
 * has it, without brackets or zone, and comes out as RFC 5952 has it; only
 * IPv4-mapped addresses are written with dots.
 */
#ifndef LISTS_ADDRESS_H
#define LISTS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define ADDRESS_ROOM 46 /* the longest text and a NUL */

/*
 * Must <host> (ASCII, no trailing dot) be an IPv4 address or nothing? So it
 * is when its last label is a number: digits, or 0x and hex digits.
 */
bool address_ends_in_number(struct str host);

/* Text to address; false, and <out> undefined, where it is none. */
bool address_from_ipv4(struct str s, uint8_t out[4]);
bool address_from_ipv6(struct str s, uint8_t out[16]);

/* Address to text, with a NUL that is not counted; the length. */
size_t address_ipv4_text(const uint8_t a[4], char out[ADDRESS_ROOM]);
size_t address_ipv6_text(const uint8_t a[16], char out[ADDRESS_ROOM]);

/* Clear all bits of <addr> (<bytes> long) behind the first <bits>. */
void address_mask(uint8_t *addr, unsigned bytes, unsigned bits);

#endif
