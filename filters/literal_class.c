/* literal_class.c - "[...]" of a pattern, as a set of bytes. */
#include "filters/literal_class.h"

#include <string.h>

#include "filters/literal_read.h"

bool
literal_is_host_byte(unsigned byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
	       byte == '.' || byte == '-' || byte == '_';
}

static void
add(struct literal_class *c, unsigned byte)
{
	c->bit[byte / 64] |= (uint64_t)1 << byte % 64;
}

static bool
is_of(char letter, unsigned byte)
{
	switch (letter) {
	case 'd':
		return byte >= '0' && byte <= '9';
	case 'w':
		return byte == '_' ||
		       (byte < 0x80 && reader_is_alnum((char)byte));
	default:
		return byte == ' ' || (byte >= '\t' && byte <= '\r');
	}
}

bool
literal_class_letter(struct literal_class *c, char letter)
{
	char lower = str_lower_char(letter);

	if (!letter || !strchr("dws", lower))
		return false;
	for (unsigned b = 0; b < 256; b++)
		if (is_of(lower, b) == (letter == lower))
			add(c, b);
	return true;
}

/* One byte of the class, or -1 where it is a set or is not told. */
static int
read_one(struct literal_class *c, struct reader *r)
{
	char a = r->s.p[r->at++], b = reader_peek(r, 0);

	if (a == '[' && (b == ':' || b == '.' || b == '=')) {
		r->lost = true; /* "[:alpha:]", or not: there are rules */
		return -1;
	}
	if (a != '\\')
		return (unsigned char)a;
	if (r->at < r->s.n)
		r->at++;
	if (!reader_is_alnum(b) && b)
		return (unsigned char)b;
	/* the rest of these escapes is no ']', so may be read as bytes */
	r->lost |= !b || strchr("QEcNopP", b) != NULL;
	if (!literal_class_letter(c, b))
		c->unknown = true;
	return -1;
}

static void
invert(struct literal_class *c)
{
	for (unsigned i = 0; i < 4; i++)
		c->bit[i] = ~c->bit[i];
}

void
literal_class_read(struct literal_class *c, struct reader *r)
{
	bool first = true;

	if (reader_peek(r, 0) == '^') {
		c->negated = true;
		r->at++;
	}
	while (r->at < r->s.n && !r->lost) {
		int low, high;

		if (reader_peek(r, 0) == ']' && !first)
			break;
		first = false;
		low = high = read_one(c, r);
		if (low < 0)
			continue;
		if (reader_peek(r, 0) == '-' && reader_peek(r, 1) != ']' &&
		    r->at + 1 < r->s.n) {
			r->at++;
			high = read_one(c, r);
			/* "[a-\d]" and the like: the '-' is itself, or not */
			c->unknown |= high < low;
		}
		for (int b = low; b <= high; b++)
			add(c, (unsigned)b);
	}
	r->lost |= r->at >= r->s.n;
	r->at++;
	if (c->negated)
		invert(c);
}
