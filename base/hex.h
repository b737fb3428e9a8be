/* hex.h - hexadecimal digits, in letters of either case. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/str.h"

/* What <c> stands for; -1: it is none. */
static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower_char(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
