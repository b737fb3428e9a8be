/* fold.c - letters of one case for names of people. */
#include "base/fold.h"

#include "base/table.h"
#include "base/utf8.h"

/* From <first> to <last>: the small letter is <by> further, or, where <by> is
 * 0, the next one and capitals have the parity of <first>. Each range lies
 * within one length of UTF-8, before and after. */
static const struct {
	uint16_t first, last, by;
} ranges[] = {
    {'A', 'Z', 32},
    {0xc0, 0xd6, 32}, /* Latin-1 */
    {0xd8, 0xde, 32},
    {0x100, 0x12f, 0}, /* without dotted and dotless i */
    {0x132, 0x137, 0},
    {0x139, 0x148, 0},
    {0x14a, 0x177, 0},
    {0x179, 0x17e, 0},
    {0x391, 0x3a1, 32}, /* Greek */
    {0x3a3, 0x3ab, 32},
    {0x400, 0x40f, 80}, /* Cyrillic */
    {0x410, 0x42f, 32},
    {0x460, 0x481, 0},
    {0x48a, 0x4bf, 0},
    {0x4c1, 0x4ce, 0},
    {0x4d0, 0x52f, 0},
    {0x1e00, 0x1e95, 0}, /* Latin with marks */
    {0x1ea0, 0x1eff, 0},
};

uint32_t
fold_letter(uint32_t cp)
{
	for (unsigned i = 0; i < ARRAY_LEN(ranges); i++) {
		if (cp < ranges[i].first || cp > ranges[i].last)
			continue;
		if (ranges[i].by)
			return cp + ranges[i].by;
		return (cp - ranges[i].first) % 2 ? cp : cp + 1;
	}
	return cp;
}

/* <cp> in <n> bytes, 1 to 3, which it is known to take. */
static void
put(char *p, size_t n, uint32_t cp)
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0};

	for (size_t i = n; --i > 0; cp >>= 6)
		p[i] = (char)(0x80 | (cp & 0x3f));
	p[0] = (char)(lead[n] | cp);
}

void
fold_text(char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		uint32_t cp, low;
		size_t took = utf8_decode(str_make(p + at, n - at), &cp);

		if (took == 0) {
			at++;
			continue;
		}
		low = fold_letter(cp);
		if (low != cp)
			put(p + at, took, low);
		at += took;
	}
}

bool
fold_eq(struct str a, struct str b)
{
	/* what is folded keeps its length */
	while (a.n && a.n == b.n) {
		uint32_t x, y;
		size_t n = utf8_decode(a, &x), m = utf8_decode(b, &y);

		if (n == 0 || m == 0) {
			n = m = 1;
			x = (unsigned char)*a.p;
			y = (unsigned char)*b.p;
		}
		if (n != m || fold_letter(x) != fold_letter(y))
			return false;
		a = str_sub(a, n, a.n);
		b = str_sub(b, m, b.n);
	}
	return a.n == b.n;
}
