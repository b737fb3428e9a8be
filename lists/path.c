/* path.c - the canonical path, for entries of a list and requests alike. */
#include "lists/path.h"

struct out {
	char *p;
	size_t n;
	size_t bare; /* one past the last '%' that begins no escape; 0: none */
};

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower_char(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Is an escape of <c> the same to a server as <c>? RFC 3986 says so of the
 * unreserved ones only, but none tells "(" from "%28"; what would end or part
 * something where it stands is not the same.
 */
static bool
is_plain(int c, bool query)
{
	struct str apart = query ? STR("#%&;\\+=") : STR("#%&;\\/?");

	return c > ' ' && c < 0x7f && str_find(apart, (char)c, 0) == apart.n;
}

/* Would <c>, written next, make an escape of a '%' that begins none? */
static bool
completes_escape(const struct out *o, int c)
{
	if (!o->bare || hex_value((char)c) < 0)
		return false;
	return o->n == o->bare ||
	       (o->n == o->bare + 1 && hex_value(o->p[o->bare]) >= 0);
}

/* The value of the escape at <s>, or -1 where there is none. */
static int
escape_value(struct str s)
{
	int hi, lo;

	if (s.n < 3 || s.p[0] != '%')
		return -1;
	hi = hex_value(s.p[1]);
	lo = hex_value(s.p[2]);
	return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

enum part { PART_PATH = 0, PART_SLASHES, PART_QUERY };

/* Write what stands at the front of <s>; return how much of <s> it took. */
static size_t
copy_one(struct out *o, struct str s, enum part part)
{
	static const char digit[] = "0123456789ABCDEF";
	int v = escape_value(s);
	bool slashes = part == PART_SLASHES;

	if (v < 0) {
		char c = s.p[0];

		o->p[o->n++] = slashes && c == '\\' ? '/' : c;
		if (c == '%')
			o->bare = o->n;
		return 1;
	}
	if (is_plain(v, part == PART_QUERY) && !completes_escape(o, v)) {
		o->p[o->n++] = (char)v;
	} else if (slashes && (v == '/' || v == '\\')) {
		o->p[o->n++] = '/';
	} else {
		o->p[o->n++] = '%';
		o->p[o->n++] = digit[v >> 4];
		o->p[o->n++] = digit[v & 15];
	}
	return 3;
}

/* Resolve dot segments and runs of '/' in place; <p> begins with '/'. */
static size_t
resolve(char *p, size_t n)
{
	size_t from = 0, to = 0;

	while (from < n) {
		size_t seg = ++from; /* p[seg - 1] is '/' */
		size_t len;

		while (from < n && p[from] != '/')
			from++;
		len = from - seg;
		if (len == 0 || (len == 1 && p[seg] == '.')) {
			if (from == n)
				p[to++] = '/';
			continue;
		}
		if (len == 2 && p[seg] == '.' && p[seg + 1] == '.') {
			while (to > 0 && p[--to] != '/')
				continue;
			if (from == n)
				p[to++] = '/';
			continue;
		}
		p[to++] = '/';
		memmove(p + to, p + seg, len);
		to += len;
	}
	return to;
}

struct str
path_canon(struct str raw, enum path_reading reading, char *room)
{
	struct out o = {room, 0, 0};
	size_t query = str_find(raw, '?', 0);
	struct str path = str_sub(raw, 0, query);
	bool slashes = reading == PATH_SLASHES;
	size_t at = 0;
	char first = path.n ? path.p[0] : '?';

	if (first != '/' && !(slashes && first == '\\') &&
	    !(slashes &&
	        (escape_value(path) == '/' || escape_value(path) == '\\')))
		o.p[o.n++] = '/';
	while (at < path.n)
		at += copy_one(&o, str_sub(path, at, path.n),
		    slashes ? PART_SLASHES : PART_PATH);
	o.n = resolve(o.p, o.n);
	o.bare = 0;
	for (at = query; at < raw.n;)
		at += copy_one(&o, str_sub(raw, at, raw.n), PART_QUERY);
	return str_make(room, o.n);
}
