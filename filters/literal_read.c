/* literal_read.c - small things of PCRE2's syntax. */
#include "filters/literal_read.h"

#include <string.h>

#include "base/hex.h"

#define HIGHEST 65535 /* that PCRE2 takes for a count */

char
reader_peek(const struct reader *r, size_t ahead)
{
	return r->at + ahead < r->s.n ? r->s.p[r->at + ahead] : '\0';
}

bool
reader_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void
piece_copy(struct piece *to, const struct piece *from)
{
	to->kind = from->kind;
	literal_set_copy(&to->set, &from->set);
	to->none = from->none;
	to->begin = from->begin;
	to->slash = from->slash;
	to->dot = from->dot;
	to->border = from->border;
}

static unsigned
read_number(struct reader *r)
{
	unsigned v = 0;

	while (is_digit(reader_peek(r, 0))) {
		v = 10 * v + (unsigned)(reader_peek(r, 0) - '0');
		if (v > HIGHEST) {
			r->lost = true;
			v = HIGHEST;
		}
		r->at++;
	}
	return v;
}

bool
reader_braces(struct reader *r, unsigned *min, unsigned *max)
{
	size_t begin = r->at, end = begin + 1;

	/* newer versions take blanks and "{,3}" */
	while (end < r->s.n && strchr("0123456789, \t", r->s.p[end]))
		end++;
	if (end == begin + 1 || end >= r->s.n || r->s.p[end] != '}')
		return false;
	r->at++;
	r->lost |= !is_digit(reader_peek(r, 0));
	*min = *max = read_number(r);
	if (reader_peek(r, 0) == ',') {
		r->at++;
		*max = MANY;
		if (is_digit(reader_peek(r, 0)))
			*max = read_number(r);
	}
	r->lost |= r->at != end;
	r->at = end + 1;
	return true;
}

unsigned char
reader_hex(struct reader *r)
{
	bool braces = reader_peek(r, 0) == '{';
	unsigned v = 0, n = 0;

	r->at += braces;
	while (n < 2 && hex_digit(reader_peek(r, 0)) >= 0) {
		v = 16 * v + (unsigned)hex_digit(reader_peek(r, 0));
		r->at++;
		n++;
	}
	if (braces) {
		r->lost |= n == 0 || reader_peek(r, 0) != '}';
		r->at++;
	}
	return (unsigned char)v;
}

static void
skip_comment(struct reader *r)
{
	size_t at = str_find(r->s, ')', r->at);

	r->lost |= at >= r->s.n;
	r->at = at + 1;
}

void
reader_skip_void(struct reader *r)
{
	for (;;) {
		if (reader_peek(r, 0) == '\\' && reader_peek(r, 1) == 'E') {
			r->quoted = false;
			r->at += 2;
		} else if (r->quoted) {
			return;
		} else if (reader_peek(r, 0) == '\\' &&
		           reader_peek(r, 1) == 'Q' &&
		           reader_peek(r, 2) == '\\' &&
		           reader_peek(r, 3) == 'E') {
			r->at += 4;
		} else if (reader_peek(r, 0) == '(' &&
		           reader_peek(r, 1) == '?' &&
		           reader_peek(r, 2) == '#') {
			skip_comment(r);
		} else {
			return;
		}
	}
}

void
reader_name(struct reader *r, char end)
{
	while (reader_is_alnum(reader_peek(r, 0)) || reader_peek(r, 0) == '_')
		r->at++;
	r->lost |= reader_peek(r, 0) != end;
	r->at++;
}

bool
reader_options(struct reader *r)
{
	if (reader_peek(r, 0) == '#') {
		skip_comment(r);
		return false;
	}
	while (reader_peek(r, 0) && strchr("imnsJU-^", reader_peek(r, 0))) {
		r->lines |= reader_peek(r, 0) == 'm';
		r->at++;
	}
	switch (reader_peek(r, 0)) {
	case ':':
		r->at++;
		return true;
	case ')':
		r->at++;
		return false;
	default: /* (?x) counts blanks otherwise; all else calls or asks */
		r->lost = true;
		return false;
	}
}
