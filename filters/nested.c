/*
 * nested.c - addresses inside an address.
 *
 * What is looked into are pieces: the path, and each part of the query
 * between '&'. A piece is read as it was sent and with its escapes taken out
 * up to three times; what is coded in it is decoded and read in turn. To say
 * too much costs little here: a host that nobody lists changes nothing.
 */
#include "filters/nested.h"

#include "base/arena.h"
#include "base/table.h"
#include "filters/nested_impl.h"

#define UNESCAPES   3   /* times that escapes are taken out */
#define DEPTH_MAX   3   /* codings inside each other */
#define DECODES_MAX 32  /* codings in one URL; beyond it: lost */
#define TRIES_MAX   256 /* texts that are made canonical; beyond it: lost */

struct look {
	struct arena *a, scratch;
	struct nested_found *out;
	unsigned tries, decodes;
	bool failed;
};

/* A text, the first <own> bytes of which may be where an address begins. */
struct piece {
	char *p; /* in scratch */
	size_t own, n;
};

static bool
is_slash(char c)
{
	return c == '/' || c == '\\';
}

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

/* ------------------------------------------------------------ candidates */

/* Where the text of an address ends for sure. */
static bool
is_end(char c)
{
	return (unsigned char)c <= ' ' || c == '"' || c == '<' || c == '>' ||
	       c == '`' || c == '{' || c == '}' || c == '|' || c == '^';
}

static bool
in_host(char c)
{
	return is_alnum(c) || (unsigned char)c >= 0x80 || c == '.' ||
	       c == '-' || c == '_' || c == ':' || c == '%' || c == '[' ||
	       c == ']';
}

/* The first <s> says, from a host on: cut at its end, and what stands before
 * the host ("user@") taken off. */
static struct str
trim_address(struct str s)
{
	size_t end = 0, auth, host = 0;

	while (end < s.n && !is_end(s.p[end]))
		end++;
	s = str_sub(s, 0, end);
	for (auth = 0; auth < s.n && !is_slash(s.p[auth]) && s.p[auth] != '?' &&
	               s.p[auth] != '#';
	     auth++)
		if (s.p[auth] == '@')
			host = auth + 1;
	s = str_sub(s, host, s.n);
	auth -= host;
	for (end = 0; end < auth && in_host(s.p[end]); end++)
		continue;
	return end < auth ? str_sub(s, 0, end) : s;
}

/* What files are called; no top-level domain is. */
static bool
is_file_ending(struct str label)
{
	static const char *const endings[] = {"html", "htm", "xhtml", "php",
	    "asp", "aspx", "jsp", "cgi", "js", "css", "json", "xml", "txt",
	    "png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "avif", "mp3",
	    "mp4", "webm", "m3u8", "pdf", "woff", "woff2", "gz", "swf", "do"};

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (str_eq(label, str_of(endings[i])))
			return true;
	return false;
}

/* Could somebody mean a host by that, without a scheme before it? */
static bool
is_likely(struct name host, struct str text)
{
	struct str s = name_str(host);
	size_t dots = 0, last = 0;

	if (host.kind == NAME_IPV4)
		return text.n >= s.n && str_eq(str_sub(text, 0, s.n), s);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '.') {
			dots++;
			last = i + 1;
		}
	return host.kind == NAME_DNS && dots > 0 &&
	       !is_file_ending(str_sub(s, last, s.n));
}

/* Cheap, and true of all that is_likely() is true of. */
static bool
has_dot(struct str s)
{
	for (size_t i = 0; i < s.n && !is_slash(s.p[i]); i++)
		if (s.p[i] == '.' || s.p[i] == '%' ||
		    (unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

static bool
is_known(const struct nested_found *out, const struct nested *one)
{
	for (unsigned i = 0; i < out->n; i++) {
		const struct nested *old = &out->one[i];

		if (!one->has_url && name_eq(old->url.host, one->url.host))
			return true;
		/* the same, cut where an escape was taken out */
		if (one->has_url && old->has_url &&
		    str_starts(old->url.text, one->url.text) &&
		    (old->url.text.n == one->url.text.n ||
		        old->url.text.p[one->url.text.n] == '%'))
			return true;
	}
	return false;
}

/* What <from> says, where it stays. */
static void
keep_url(struct arena *a, const struct url *from, struct url *to)
{
	struct url_reading *alt =
	    from->nalts ? arena_alloc(a, from->nalts * sizeof(*alt)) : NULL;

	*to = *from;
	to->host.p = arena_str(a, name_str(from->host)).p;
	to->path = arena_str(a, from->path);
	to->text = arena_str(a, from->text);
	if (from->raw.n)
		to->raw = arena_str(a, from->raw);
	for (unsigned i = 0; alt && i < from->nalts; i++)
		alt[i] = (struct url_reading){from->alt[i].how,
		    arena_str(a, from->alt[i].path),
		    arena_str(a, from->alt[i].text)};
	to->alt = alt;
}

static void
take(struct look *l, const struct nested *one)
{
	struct nested *to;

	if (is_known(l->out, one))
		return;
	if (l->out->n == NESTED_MAX) {
		l->out->lost = true;
		return;
	}
	to = &l->out->one[l->out->n];
	to->has_url = one->has_url;
	keep_url(l->a, &one->url, &to->url);
	if (l->a->failed)
		l->failed = true;
	else
		l->out->n++;
}

static void
take_parts(struct look *l, const struct url_parts *parts)
{
	struct nested one = {.has_url = true};

	if (url_canon(&l->scratch, parts, &one.url) == 0)
		take(l, &one);
	else
		l->failed |= l->scratch.failed;
}

/* An address begins at the front of <s>, behind its scheme if <sure>. */
static bool
try_address(struct look *l, struct str s, enum scheme scheme, bool sure)
{
	char room[NAME_ROOM], *text;
	struct url_parts parts;
	const char *why;
	size_t n = scheme == SCHEME_HTTPS ? 8 : 7;

	s = trim_address(s);
	if (s.n == 0 || l->failed || l->out->lost || (!sure && !has_dot(s)))
		return false;
	if (++l->tries > TRIES_MAX) {
		l->out->lost = true;
		return false;
	}
	text = arena_alloc(&l->scratch, n + s.n);
	if (!text) {
		l->failed = true;
		return false;
	}
	memcpy(text, scheme == SCHEME_HTTPS ? "https://" : "http://", n);
	memcpy(text + n, s.p, s.n);
	if (url_split(
	        &l->scratch, str_make(text, n + s.n), room, &parts, &why) < 0) {
		l->failed |= l->scratch.failed;
		return false;
	}
	if (!sure && !is_likely(parts.host, s))
		return false;
	take_parts(l, &parts);
	return true;
}

/* --------------------------------------------------------------- pieces */

static void look_into(struct look *l, struct str s, size_t own, int depth);

static void
try_coded(struct look *l, struct str s, size_t at, int depth)
{
	size_t from;
	enum nested_coding how = nested_coded(s, at, &from);
	struct str said;
	size_t plain;
	char *room;

	if (how == CODING_NONE || depth == DEPTH_MAX)
		return;
	if (++l->decodes > DECODES_MAX) {
		l->out->lost = true;
		return;
	}
	room = arena_alloc(&l->scratch, s.n - from);
	if (!room) {
		l->failed = true;
		return;
	}
	said = nested_decode(how, str_sub(s, from, s.n), room);
	if (begins(said, 0, STR("://")))
		try_address(l, str_sub(said, 3, said.n), SCHEME_HTTP, true);
	else if (begins(said, 0, STR("s://")))
		try_address(l, str_sub(said, 4, said.n), SCHEME_HTTPS, true);
	look_into(l, said, said.n, depth + 1);
	plain = nested_unescape(room, said.n);
	if (plain < said.n)
		look_into(l, str_make(room, plain), plain, depth + 1);
}

/* "http:" or "https:" at <at>, and slashes, of any number and kind. */
static bool
try_scheme(struct look *l, struct str s, size_t at)
{
	bool tls = at + 4 < s.n && str_lower_char(s.p[at + 4]) == 's';
	size_t to = at + 4 + tls, colon = to;

	if (!nested_four_nocase(s, at, "http") || to >= s.n || s.p[to++] != ':')
		return false;
	while (to < s.n && is_slash(s.p[to]))
		to++;
	return try_address(l, str_sub(s, to, s.n),
	    tls ? SCHEME_HTTPS : SCHEME_HTTP, to > colon + 1);
}

/* "//host", and "/http/host" as some proxies have it. */
static void
try_slash(struct look *l, struct str s, size_t at)
{
	size_t to = at + 1;

	if (to < s.n && is_slash(s.p[to])) {
		if (at == 0 || s.p[at - 1] != ':')
			try_address(
			    l, str_sub(s, to + 1, s.n), SCHEME_HTTP, false);
	} else if (!nested_four_nocase(s, to, "http")) {
		return;
	} else if (begins(s, at, STR("/http/"))) {
		try_address(l, str_sub(s, at + 6, s.n), SCHEME_HTTP, false);
	} else if (begins(s, at, STR("/https/"))) {
		try_address(l, str_sub(s, at + 7, s.n), SCHEME_HTTPS, false);
	}
}

/* "cache:host", and "cache:number:host". */
static void
try_cache(struct look *l, struct str s)
{
	size_t n = 0;

	while (n < s.n && (is_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '_'))
		n++;
	if (n && n < s.n && s.p[n] == ':')
		try_address(l, str_sub(s, n + 1, s.n), SCHEME_HTTP, false);
	try_address(l, s, SCHEME_HTTP, false);
}

/* All places of <s>, of which the first <own> bytes are the piece's. */
static void
look_into(struct look *l, struct str s, size_t own, int depth)
{
	for (size_t i = 0; i < own && i < s.n && !l->out->lost; i++) {
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
		case 'I':
		case 'O':
		case 'S':
		case 'U':
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

/* Does the parameter <name> hold a host on <host>, scheme or no scheme? */
static bool
takes_host(struct name host, struct str name)
{
	const struct nested_service *s;

	if (in_words("u url uri imgurl", name))
		return true;
	for (unsigned i = 0; (s = nested_service(host, i)) != NULL; i++)
		if (in_words(s->param, name))
			return true;
	return false;
}

/* The value of such a parameter: "bad.test/x", or that in base64. */
static void
try_value(struct look *l, struct str value)
{
	char *room;
	struct str said;

	if (begins(value, 0, STR("http:")) || begins(value, 0, STR("https:")))
		return; /* has been found */
	if (str_find(value, '.', 0) < value.n) {
		try_address(l, value, SCHEME_HTTP, false);
		return;
	}
	room = arena_alloc(&l->scratch, value.n + 1);
	if (!room) {
		l->failed = true;
		return;
	}
	said = nested_decode(CODING_BASE64, value, room);
	if (str_find(said, '.', 0) < said.n)
		try_address(l, said, SCHEME_HTTP, false);
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

static struct piece
piece(struct look *l, struct str own, struct str rest)
{
	struct piece p = {arena_alloc(&l->scratch, own.n + rest.n + 1), own.n,
	    own.n + rest.n};

	if (!p.p) {
		l->failed = true;
		return (struct piece){0};
	}
	if (own.n)
		memcpy(p.p, own.p, own.n);
	if (rest.n)
		memcpy(p.p + own.n, rest.p, rest.n);
	return p;
}

/* ----------------------------------------------------------- the query */

/* "name=value": an address may begin in either. */
static void
look_part(struct look *l, struct name host, struct str part)
{
	struct str name, value;
	struct piece p;
	bool service;

	str_cut(part, '=', &name, &value);
	p = piece(l, str_sub(part, 0, part.n - value.n), value);
	if (l->failed)
		return;
	for (int i = 0; i <= UNESCAPES; i++) {
		struct str all = str_make(p.p, p.n);

		name = str_make(p.p, p.own ? p.own - 1 : 0);
		service = value.n && takes_host(host, name);
		look_into(l, all, all.n, 0);
		if (service)
			try_value(l, str_sub(all, p.own, all.n));
		if (!unescape(&p))
			return;
	}
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
look_services(struct look *l, struct name host, struct str path)
{
	const struct nested_service *s;

	for (unsigned i = 0; (s = nested_service(host, i)) != NULL; i++) {
		struct str rest = str_of(s->path), pattern;
		size_t at;

		while (str_next(&rest, ' ', &pattern))
			if (pattern.n && fits(pattern, path, &at))
				try_address(l, str_sub(path, at, path.n),
				    SCHEME_HTTP, false);
	}
}

/* What stands behind a path belongs to the address in it. */
static void
look_path(struct look *l, struct name host, struct str path, struct str query)
{
	struct piece p = piece(l, path, query);

	if (l->failed)
		return;
	for (int i = 0; i <= UNESCAPES; i++) {
		struct str all = str_make(p.p, p.n);

		look_into(l, all, p.own, 0);
		look_services(l, host, all);
		if (!unescape(&p))
			return;
	}
}

/* ------------------------------------------------------------- the host */

static void
look_host(struct look *l, struct name host, const struct url *url)
{
	char said[NAME_ROOM], room[NAME_ROOM];
	struct str text = nested_in_host(host, said);
	struct url_parts parts = {.scheme = SCHEME_HTTPS, .port = 443};
	struct nested one = {.has_url = false};

	if (text.n == 0 || name_from_text(text, room, &parts.host) != NAME_OK ||
	    !is_likely(parts.host, text))
		return;
	if (url) {
		parts.has_query =
		    str_cut(url->path, '?', &parts.path, &parts.query);
		take_parts(l, &parts);
		return;
	}
	one.url.host = parts.host;
	take(l, &one);
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
look_url(struct look *l, struct name host, const struct url *url)
{
	struct str path, query, part, target = sent(url);

	str_cut(target, '?', &path, &query);
	look_path(l, host, path, str_sub(target, path.n, target.n));
	while (str_next(&query, '&', &part))
		if (part.n)
			look_part(l, host, part);
	if (url->raw.n == 0)
		return;
	str_cut(url->path, '?', &path, &query);
	look_path(l, host, path, str_sub(url->path, path.n, url->path.n));
}

int
nested_look(struct arena *a, struct name host, const struct url *url,
    struct nested_found *out)
{
	struct look l = {.a = a, .out = out};

	out->n = 0;
	out->lost = false;
	arena_init(&l.scratch, 0);
	look_host(&l, host, url);
	if (url)
		look_url(&l, host, url);
	arena_fini(&l.scratch);
	return l.failed ? -1 : 0;
}

int
nested_find(struct arena *a, struct name host, const struct url *url,
    struct nested_found *out)
{
	if (nested_may(host, url))
		return nested_look(a, host, url, out);
	out->n = 0;
	out->lost = false;
	return 0;
}
