/* base64.c - bytes as text. */
#include "base/base64.h"

#include <stdint.h>

int
base64_digit(char c, enum base64_alphabet a)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (a != BASE64_URL && (c == '+' || c == '/'))
		return c == '+' ? 62 : 63;
	if (a != BASE64_PLAIN && (c == '-' || c == '_'))
		return c == '-' ? 62 : 63;
	return -1;
}

struct base64_got
base64_read(struct str s, enum base64_alphabet a, void *out)
{
	struct base64_got got = {.digits = 0};
	uint8_t *to = out;
	uint32_t held = 0;
	unsigned bits = 0;
	int v;

	while (
	    got.digits < s.n && (v = base64_digit(s.p[got.digits], a)) >= 0) {
		got.digits++;
		held = held << 6 | (uint32_t)v;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		to[got.bytes++] = (uint8_t)(held >> bits);
		held &= (1u << bits) - 1;
	}
	got.exact = held == 0 && got.digits % 4 != 1;
	return got;
}

size_t
base64_write(const void *p, size_t n, enum base64_alphabet a, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "abcdefghijklmnopqrstuvwxyz0123456789";
	const uint8_t *from = p;
	size_t made = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t held = 0;
		unsigned have = 0;

		for (; have < 3 && i + have < n; have++)
			held |= (uint32_t)from[i + have] << (16 - 8 * have);
		for (unsigned k = 0; k < 4; k++) {
			unsigned v = held >> (18 - 6 * k) & 63;

			if (k <= have)
				out[made++] = v < 62            ? digits[v]
				              : a == BASE64_URL ? "-_"[v - 62]
				                                : "+/"[v - 62];
			else if (a == BASE64_PLAIN)
				out[made++] = '=';
		}
	}
	return made;
}
