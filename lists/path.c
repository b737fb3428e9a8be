/* path.c - the canonical path, for entries of a list and requests alike. */
#include "lists/path.h"

#include "base/hex.h"

struct out {
	char *p;
	size_t n;
	size_t bare; /* one past the last '%' that begins no escape; 0: none */
};

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
	if (!o->bare || hex_digit((char)c) < 0)
		return false;
	return o->n == o->bare ||
	       (o->n == o->bare + 1 && hex_digit(o->p[o->bare]) >= 0);
}

/* The value of the escape at <s>, or -1 where there is none. */
static int
escape_value(struct str s)
{
	int hi, lo;

	if (s.n < 3 || s.p[0] != '%')
		return -1;
	hi = hex_digit(s.p[1]);
	lo = hex_digit(s.p[2]);
	return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

/* What stands for a '/' in <reading>. */
static bool
is_slash(int c, unsigned reading)
{
	return (c == '/' && (reading & PATH_SOLIDUS)) ||
	       (c == '\\' && (reading & PATH_BACKSLASH));
}

/* Write what stands at the front of <s>; return how much of <s> it took. */
static size_t
copy_one(struct out *o, struct str s, unsigned reading, bool query)
{
	static const char digit[] = "0123456789ABCDEF";
	int v = escape_value(s);

	if (v < 0) {
		char c = s.p[0];

		o->p[o->n++] = is_slash(c, reading) ? '/' : c;
		if (c == '%')
			o->bare = o->n;
		return 1;
	}
	if (is_plain(v, query) && !completes_escape(o, v)) {
		o->p[o->n++] = (char)v;
	} else if (is_slash(v, reading)) {
		o->p[o->n++] = '/';
	} else {
		o->p[o->n++] = '%';
		o->p[o->n++] = digit[v >> 4];
		o->p[o->n++] = digit[v & 15];
	}
	return 3;
}

/* Resolve dot segments in place; <p> begins with '/'. Empty segments go, or
 * with <empty> are segments like others. */
static size_t
resolve(char *p, size_t n, bool empty)
{
	size_t from = 0, to = 0;

	while (from < n) {
		size_t seg = ++from; /* p[seg - 1] is '/' */
		size_t len;

		while (from < n && p[from] != '/')
			from++;
		len = from - seg;
		if ((len == 0 && !empty) || (len == 1 && p[seg] == '.')) {
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

static size_t
merge_slashes(char *p, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++)
		if (p[i] != '/' || to == 0 || p[to - 1] != '/')
			p[to++] = p[i];
	return to;
}

struct str
path_canon(struct str raw, unsigned reading, char *room)
{
	struct out o = {room, 0, 0};
	size_t query = str_find(raw, '?', 0);
	struct str path = str_sub(raw, 0, query);
	size_t at = 0;

	o.p[o.n++] = '/'; /* one too many where <raw> has it is no harm */
	while (at < path.n)
		if (path.p[at] == ';' && (reading & PATH_PARAMS))
			at = str_find(path, '/', at);
		else
			at += copy_one(
			    &o, str_sub(path, at, path.n), reading, false);
	o.n = resolve(o.p, o.n, reading & PATH_EMPTY);
	if (reading & PATH_EMPTY)
		o.n = merge_slashes(o.p, o.n);
	o.bare = 0;
	for (at = query; at < raw.n;)
		at += copy_one(&o, str_sub(raw, at, raw.n), PATH_AS_IS, true);
	return str_make(room, o.n);
}

/* The bytes of a dot at the front of <s>; 0: there is none. */
static size_t
dot(struct str s)
{
	if (s.n && s.p[0] == '.')
		return 1;
	return escape_value(s) == '.' ? 3 : 0;
}

unsigned
path_choices(struct str raw)
{
	struct str path = str_sub(raw, 0, str_find(raw, '?', 0));
	unsigned found = 0;
	bool up = false, run = false;

	for (size_t i = 0; i < path.n; i++) {
		struct str rest = str_sub(path, i, path.n);
		int c = escape_value(rest);
		size_t n = dot(rest);

		if (c == '/')
			found |= PATH_SOLIDUS;
		if (c == '\\' || path.p[i] == '\\')
			found |= PATH_BACKSLASH;
		if (path.p[i] == ';')
			found |= PATH_PARAMS;
		if (path.p[i] == '/' && i && path.p[i - 1] == '/')
			run = true;
		if (n && dot(str_sub(rest, n, rest.n)))
			up = true;
	}
	/* only where there may be both has ".." an empty one to take off */
	if (up && (run || found))
		found |= PATH_EMPTY;
	return found;
}
