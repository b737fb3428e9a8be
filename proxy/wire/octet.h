/*
 * octet.h - which bytes may stand where (RFC 9110 5.5, 5.6.2; RFC 9112 3.2),
 * for the parsers of this folder alone.
 */
#ifndef PROXY_WIRE_OCTET_H
#define PROXY_WIRE_OCTET_H

#include <stdbool.h>
#include <stdint.h>

enum octet_bit {
	OCTET_TOKEN = 1,  /* tchar */
	OCTET_TEXT = 2,   /* of a field's value: HTAB, 20-7e, 80-ff */
	OCTET_TARGET = 4, /* of a request target: 21-7e */
	OCTET_HEX = 8,
	OCTET_HOST = 16, /* of a host name: letters, digits, - _ . */
};

extern const uint8_t octet_class[256];

static inline bool
octet_is(char c, enum octet_bit bit)
{
	return octet_class[(unsigned char)c] & bit;
}

static inline bool
octet_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool
octet_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

#endif
