/*
 * nested.c - addresses inside an address.
 *
 * What is looked into are pieces: the path, and each part of the query
 * between '&'. A piece is read as it was sent and with its escapes taken out
 * several times, and without the line breaks that readers of URLs leave out;
 * what is coded in it is decoded and read in turn. To say too much costs
 * little here: a host that nobody lists changes nothing.
 */
#include "filters/nested.h"

#include "filters/nested_impl.h"

#define UNESCAPES 4 /* times that escapes are taken out */
#define DEPTH_MAX 3 /* codings inside each other */
/* Texts that were told, to tell each once; what does not fit is told again. */
#define KEPT_MAX  ((size_t)128 << 10)

enum place { IN_PATH, IN_QUERY, IN_CODE };

/* A text, the first <own> bytes of which may be where an address begins, or are
 * the name of a parameter and its '='. */
struct piece {
	char *p; /* in scratch */
	size_t own, n;
	enum place place;
	int depth; /* so many codings around it */
};

static bool
is_alnum(char c)
{
	c = str_lower_char(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
begins(struct str s, size_t at, struct str with)
{
	return str_eq_nocase(str_sub(s, at, with.n), with);
}

static char *
room_for(struct nested_look *l, size_t n)
{
	char *p = arena_alloc(&l->scratch, n + 1);

	if (!p)
		l->end = NESTED_LOST;
	return p;
}

/* --------------------------------------------------------------- pieces */

static void look_readings(
    struct nested_look *l, struct name host, struct piece p);

static void
try_coded(struct nested_look *l, struct str s, size_t at, int depth)
{
	static const struct name nobody = {0};
	struct piece p = {.place = IN_CODE, .depth = depth + 1};
	size_t from;
	enum nested_coding how = nested_coded(s, at, &from);

	if (how == CODING_NONE || depth == DEPTH_MAX ||
	    !nested_spend(l, s.n - from))
		return;
	p.p = room_for(l, s.n - from);
	if (!p.p)
		return;
	p.own = p.n = nested_decode(how, str_sub(s, from, s.n), p.p).n;
	look_readings(l, nobody, p);
}

/* "http:" or "https:" at <at>, and slashes, of any number and kind. */
static bool
try_scheme(struct nested_look *l, struct str s, size_t at)
{
	bool tls = at + 4 < s.n && str_lower_char(s.p[at + 4]) == 's';
	size_t to = at + 4 + tls, colon = to;

	if (!nested_four_nocase(s, at, "http") || to >= s.n || s.p[to++] != ':')
		return false;
	while (to < s.n && nested_is_slash(s.p[to]))
		to++;
	return nested_try(l, str_sub(s, to, s.n),
	    tls ? SCHEME_HTTPS : SCHEME_HTTP, to > colon + 1);
}

/* "//host", and "/http/host" as some proxies have it. */
static void
try_slash(struct nested_look *l, struct str s, size_t at)
{
	size_t to = at + 1;

	if (to < s.n && nested_is_slash(s.p[to])) {
		if (at == 0 || s.p[at - 1] != ':')
			nested_try(
			    l, str_sub(s, to + 1, s.n), SCHEME_HTTP, false);
	} else if (!nested_four_nocase(s, to, "http")) {
		return;
	} else if (begins(s, at, STR("/http/"))) {
		nested_try(l, str_sub(s, at + 6, s.n), SCHEME_HTTP, false);
	} else if (begins(s, at, STR("/https/"))) {
		nested_try(l, str_sub(s, at + 7, s.n), SCHEME_HTTPS, false);
	}
}

/* "cache:host", and "cache:number:host". */
static void
try_cache(struct nested_look *l, struct str s)
{
	size_t n = 0;

	while (n < s.n && (is_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '_'))
		n++;
	if (n && n < s.n && s.p[n] == ':')
		nested_try(l, str_sub(s, n + 1, s.n), SCHEME_HTTP, false);
	nested_try(l, s, SCHEME_HTTP, false);
}

/* All places of <s>, of which the first <own> bytes are the piece's. */
static void
look_into(struct nested_look *l, struct str s, size_t own, int depth)
{
	for (size_t i = 0; i < own && i < s.n && l->end == NESTED_ALL; i++) {
		switch (s.p[i]) {
		case 'h':
		case 'H':
			if (!try_scheme(l, s, i))
				try_coded(l, s, i, depth);
			break;
		case '/':
		case '\\':
			try_slash(l, s, i);
			break;
		case 'c':
		case 'C':
			if (nested_four_nocase(s, i, "cach") &&
			    begins(s, i, STR("cache:")))
				try_cache(l, str_sub(s, i + 6, s.n));
			else
				try_coded(l, s, i, depth);
			break;
		case 'a':
		case 'o':
		case 'u':
		case 'F':
		case 'I':
		case 'O':
		case 'S':
		case 'U':
		case 'Y':
		case '4':
		case '6':
			try_coded(l, s, i, depth);
			break;
		default:
			break;
		}
	}
}

static bool
in_words(const char *words, struct str word)
{
	struct str rest = str_of(words), one;

	while (word.n && str_next(&rest, ' ', &one))
		if (str_eq_nocase(one, word))
			return true;
	return false;
}

static bool
is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == '+';
}

/* The parameter that <name> is for some server: blanks around it do not
 * count, and "u[]" and "u[x]" are lists of that name. */
static struct str
plain_name(struct str name)
{
	size_t from = 0, to;

	while (from < name.n && is_blank(name.p[from]))
		from++;
	for (to = from; to < name.n && name.p[to] != '[' && name.p[to] != '\0';)
		to++;
	while (to > from && is_blank(name.p[to - 1]))
		to--;
	return str_sub(name, from, to);
}

/* Does the parameter <name> hold a host on <host>, scheme or no scheme? */
static bool
takes_host(struct name host, struct str name)
{
	const struct nested_service *s;

	name = plain_name(name);
	if (in_words("u url uri imgurl", name))
		return true;
	for (unsigned i = 0; (s = nested_service(host, i)) != NULL; i++)
		if (in_words(s->param, name))
			return true;
	return false;
}

/* The value of such a parameter: "bad.test/x", "/bad.test", or that in base64,
 * which may be done several times. */
static void
try_value(struct nested_look *l, struct str value, int depth)
{
	char *room;
	size_t n;

	while (value.n && (nested_is_slash(value.p[0]) || is_blank(value.p[0])))
		value = str_sub(value, 1, value.n);
	if (begins(value, 0, STR("http:")) || begins(value, 0, STR("https:")))
		return; /* has been found */
	if (str_find(value, '.', 0) < value.n) {
		nested_try(l, value, SCHEME_HTTP, false);
		return;
	}
	if (depth == DEPTH_MAX || value.n < 4 || !nested_spend(l, value.n))
		return;
	room = room_for(l, value.n);
	if (!room)
		return;
	n = nested_decode(CODING_BASE64, value, room).n;
	for (int i = 0; i < UNESCAPES; i++)
		n = nested_unescape(room, n);
	try_value(l, str_make(room, n), depth + 1);
}

/* Taken out of both halves, so that it stays clear which is which. */
static bool
unescape(struct piece *p)
{
	size_t own = nested_unescape(p->p, p->own);
	size_t rest = nested_unescape(p->p + p->own, p->n - p->own);
	bool changed = own + rest < p->n;

	memmove(p->p + own, p->p + p->own, rest);
	p->own = own;
	p->n = own + rest;
	return changed;
}

static bool
is_break(char c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

/* <p> without tabs and line breaks, which readers of URLs leave out; false:
 * there are none. */
static bool
drop_breaks(struct nested_look *l, const struct piece *p, struct piece *out)
{
	size_t i = 0;

	while (i < p->n && !is_break(p->p[i]))
		i++;
	*out = *p;
	if (i == p->n)
		return false;
	out->p = room_for(l, p->n);
	out->n = 0;
	if (!out->p)
		return false;
	for (i = 0; i < p->n; i++) {
		if (i == p->own)
			out->own = out->n;
		if (!is_break(p->p[i]))
			out->p[out->n++] = p->p[i];
	}
	if (p->own == p->n)
		out->own = out->n;
	return true;
}

static void
fill(struct nested_look *l, struct str own, struct str rest, struct piece *p)
{
	p->p = room_for(l, own.n + rest.n);
	if (!p->p)
		return;
	if (own.n)
		memcpy(p->p, own.p, own.n);
	if (rest.n)
		memcpy(p->p + own.n, rest.p, rest.n);
	p->own = own.n;
	p->n = own.n + rest.n;
}

/* ------------------------------------------------------------- the path */

/* Does <path> begin as <pattern>, in which '*' is any one segment? Where what
 * is behind begins goes to *<at>. */
static bool
fits(struct str pattern, struct str path, size_t *at)
{
	size_t k = 0;

	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '*') {
			while (k < path.n && path.p[k] != '/')
				k++;
			continue;
		}
		if (k == path.n || path.p[k++] != pattern.p[i])
			return false;
	}
	*at = k;
	return true;
}

static void
look_services(struct nested_look *l, struct name host, struct str path)
{
	const struct nested_service *s;

	for (unsigned i = 0; (s = nested_service(host, i)) != NULL; i++) {
		struct str rest = str_of(s->path), pattern;
		size_t at;

		while (str_next(&rest, ' ', &pattern))
			if (pattern.n && fits(pattern, path, &at))
				nested_try(l, str_sub(path, at, path.n),
				    SCHEME_HTTP, false);
	}
}

/* ------------------------------------------------------------- readings */

static void
look_reading(struct nested_look *l, struct name host, const struct piece *p)
{
	struct str all = str_make(p->p, p->n);

	switch (p->place) {
	case IN_PATH: /* what stands behind belongs to the address in it */
		look_into(l, all, p->own, p->depth);
		look_services(l, host, all);
		break;
	case IN_QUERY: /* it may begin in either */
		look_into(l, all, all.n, p->depth);
		if (p->n > p->own && p->own &&
		    takes_host(host, str_sub(all, 0, p->own - 1)))
			try_value(l, str_sub(all, p->own, all.n), 0);
		break;
	case IN_CODE:
		if (begins(all, 0, STR("://")))
			nested_try(
			    l, str_sub(all, 3, all.n), SCHEME_HTTP, true);
		else if (begins(all, 0, STR("s://")))
			nested_try(
			    l, str_sub(all, 4, all.n), SCHEME_HTTPS, true);
		look_into(l, all, all.n, p->depth);
		break;
	}
}

static void
look_readings(struct nested_look *l, struct name host, struct piece p)
{
	for (int i = 0; p.p && i <= UNESCAPES && l->end == NESTED_ALL; i++) {
		struct piece whole;

		look_reading(l, host, &p);
		if (drop_breaks(l, &p, &whole))
			look_reading(l, host, &whole);
		if (!unescape(&p))
			return;
	}
}

static void
look_part(struct nested_look *l, struct name host, struct str part)
{
	struct piece p = {.place = IN_QUERY};
	struct str name, value;

	str_cut(part, '=', &name, &value);
	fill(l, str_sub(part, 0, part.n - value.n), value, &p);
	look_readings(l, host, p);
}

static void
look_path(struct nested_look *l, struct name host, struct str target)
{
	struct piece p = {.place = IN_PATH};
	size_t n = str_find(target, '?', 0);

	fill(l, str_sub(target, 0, n), str_sub(target, n, target.n), &p);
	look_readings(l, host, p);
}

/* The path and query as sent. */
static struct str
sent(const struct url *url)
{
	return url->raw.n
	           ? str_sub(url->raw, url->text.n - url->path.n, url->raw.n)
	           : url->path;
}

static void
look_url(struct nested_look *l, struct name host, const struct url *url)
{
	struct str path, query, part, target = sent(url);

	look_path(l, host, target);
	str_cut(target, '?', &path, &query);
	while (str_next(&query, '&', &part))
		if (part.n && l->end == NESTED_ALL)
			look_part(l, host, part);
	if (url->raw.n)
		look_path(l, host, url->path);
}

enum nested_end
nested_look(
    struct name host, const struct url *url, const struct nested_hear *hear)
{
	struct nested_look l;

	l.hear = hear;
	l.nknown = l.tries = 0;
	l.work = 0;
	l.end = NESTED_ALL;
	arena_init(&l.scratch, 0);
	arena_init(&l.one, 0);
	arena_init(&l.kept, KEPT_MAX);
	nested_try_host(&l, host, url);
	if (url)
		look_url(&l, host, url);
	arena_fini(&l.scratch);
	arena_fini(&l.one);
	arena_fini(&l.kept);
	return l.end;
}

enum nested_end
nested_each(
    struct name host, const struct url *url, const struct nested_hear *hear)
{
	return nested_may(host, url) ? nested_look(host, url, hear)
	                             : NESTED_ALL;
}
