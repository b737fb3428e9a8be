/* url.c - the canonical URL, for matching. */
#include "filters/url.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/hex.h"
#include "lists/path.h"

#define PORT_HTTP  80
#define PORT_HTTPS 443
#define PORT_MAX   65535

/* What a URL is put together from, in one go, in an arena. */
struct pen {
	char *p;
	size_t n;
};

static void
put(struct pen *w, struct str s)
{
	if (s.n)
		memcpy(w->p + w->n, s.p, s.n);
	w->n += s.n;
}

static void
put_escaped(struct pen *w, unsigned char c)
{
	static const char digit[] = "0123456789ABCDEF";
	const char text[3] = {'%', digit[c >> 4], digit[c & 15]};

	put(w, str_make(text, sizeof(text)));
}

/* Not in a target that means the same to every reader: controls, blanks, and
 * '#', which one drops with what follows and another takes for a byte. */
static bool
is_unclear(unsigned char c)
{
	return c <= ' ' || c == 0x7f || c == '#';
}

static bool
is_clear(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_unclear((unsigned char)s.p[i]))
			return false;
	return true;
}

/* Path and query as sent; <ascii>: with bytes that are not ASCII as escapes,
 * which is how most clients send them and all servers read them. */
static struct str
join_target(struct arena *a, const struct url_parts *u, bool ascii)
{
	size_t n = u->path.n + 1 + (u->has_query ? u->query.n : 0);
	struct pen w = {arena_alloc(a, 3 * n), 0};
	const struct str part[3] = {
	    u->path, STR("?"), u->has_query ? u->query : STR_NONE};

	if (!w.p)
		return STR_NONE;
	for (unsigned i = 0; i < (u->has_query ? 3u : 1u); i++) {
		for (size_t k = 0; k < part[i].n; k++) {
			unsigned char c = (unsigned char)part[i].p[k];

			if (ascii && c >= 0x80)
				put_escaped(&w, c);
			else
				put(&w, str_sub(part[i], k, 1));
		}
	}
	return str_make(w.p, w.n);
}

static struct str
canon(struct arena *a, struct str raw, unsigned reading)
{
	char *room = arena_alloc(a, raw.n + 1);

	return room ? path_canon(raw, reading, room) : STR_NONE;
}

/* "http://host[:port]" and <target> behind it. */
static struct str
spell(struct arena *a, const struct url *u, struct str target)
{
	bool tls = u->scheme == SCHEME_HTTPS;
	struct pen w = {arena_alloc(a, target.n + u->host.n + 32u), 0};
	char digits[8];
	size_t at = sizeof(digits);

	if (!w.p)
		return STR_NONE;
	put(&w, tls ? STR("https://") : STR("http://"));
	if (u->host.kind == NAME_IPV6)
		put(&w, STR("["));
	put(&w, name_str(u->host));
	if (u->host.kind == NAME_IPV6)
		put(&w, STR("]"));
	if (u->port != (tls ? PORT_HTTPS : PORT_HTTP)) {
		for (unsigned v = u->port; v || at == sizeof(digits); v /= 10)
			digits[--at] = (char)('0' + v % 10);
		digits[--at] = ':';
		put(&w, str_make(digits + at, sizeof(digits) - at));
	}
	put(&w, target);
	return str_make(w.p, w.n);
}

static bool
is_new(const struct url *u, struct str path)
{
	if (str_eq(path, u->path))
		return false;
	for (unsigned i = 0; i < u->nalts; i++)
		if (str_eq(path, u->alt[i].path))
			return false;
	return true;
}

static_assert(URL_ALTS_MAX == PATH_READINGS - 1, "all but the first");

/* All that servers may make of <target>. */
static void
read_otherwise(struct arena *a, struct str target, struct url *u)
{
	unsigned choices = path_choices(target);
	struct url_reading *alt;

	if (choices == 0)
		return;
	u->alt = alt = arena_alloc(a, URL_ALTS_MAX * sizeof(*alt));
	for (unsigned how = 1; how < PATH_READINGS && !a->failed; how++) {
		struct str path;

		if (how & ~choices)
			continue;
		path = canon(a, target, how);
		if (a->failed || !is_new(u, path))
			continue;
		alt[u->nalts++] =
		    (struct url_reading){how, path, spell(a, u, path)};
	}
}

int
url_canon(struct arena *a, const struct url_parts *parts, struct url *u)
{
	struct str sent, ascii;

	*u = (struct url){
	    .scheme = parts->scheme, .host = parts->host, .port = parts->port};
	if (parts->path.n == 0 || parts->path.p[0] != '/' ||
	    parts->host.kind == NAME_NONE || !is_clear(parts->path) ||
	    str_find(parts->path, '?', 0) != parts->path.n ||
	    (parts->has_query && !is_clear(parts->query)))
		return -1;
	sent = join_target(a, parts, false);
	ascii = join_target(a, parts, true);
	u->path = canon(a, ascii, PATH_AS_IS);
	u->text = spell(a, u, u->path);
	read_otherwise(a, ascii, u);
	if (!str_eq(sent, u->path))
		u->raw = spell(a, u, sent);
	return a->failed ? -1 : 0;
}

/* ------------------------------------------------- what a person typed */

static bool
is_slash(char c)
{
	return c == '/' || c == '\\';
}

static size_t
end_of_authority(struct str s)
{
	size_t end = 0;

	while (end < s.n && !is_slash(s.p[end]) && s.p[end] != '?' &&
	       s.p[end] != '#')
		end++;
	return end;
}

/* As a browser's address bar: blanks off the ends, tabs and line ends out. */
static struct str
clean(struct arena *a, struct str text)
{
	struct str s = str_trim(text);
	struct pen w = {arena_alloc(a, s.n + 1), 0};

	if (!w.p)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\t' && s.p[i] != '\r' && s.p[i] != '\n')
			put(&w, str_sub(s, i, 1));
	return str_make(w.p, w.n);
}

/* Take "http://" or the like off *<s>. False: another scheme. */
static bool
take_scheme(struct str *s, bool *given, enum scheme *scheme)
{
	static const struct {
		struct str prefix;
		enum scheme scheme;
	} known[] = {
	    {{"http:", 5}, SCHEME_HTTP}, {{"https:", 6}, SCHEME_HTTPS}};

	size_t end;

	*given = false;
	for (unsigned i = 0; i < 2; i++) {
		struct str p = known[i].prefix;

		if (!str_eq_nocase(str_sub(*s, 0, p.n), p) || s->n == p.n ||
		    !is_slash(s->p[p.n]))
			continue;
		*s = str_sub(*s, p.n, s->n);
		while (s->n && is_slash(s->p[0]))
			*s = str_sub(*s, 1, s->n);
		*given = true;
		*scheme = known[i].scheme;
		return true;
	}
	/* further back it is part of a path: "proxy.test/http://a.test" */
	end = end_of_authority(*s);
	return end < 2 || s->p[end - 1] != ':' ||
	       !str_starts(str_sub(*s, end, s->n), STR("//"));
}

/* Where the port's colon stands in <s>; s.n: there is none. */
static size_t
port_colon(struct str s)
{
	size_t first = str_find(s, ':', 0);
	size_t close = str_find(s, ']', 0);

	if (s.n && s.p[0] == '[')
		return close < s.n ? str_find(s, ':', close) : s.n;
	/* two colons without brackets: an IPv6 address */
	return str_find(s, ':', first + 1) < s.n ? s.n : first;
}

/* A host may be typed with escapes; a browser takes them out, once. */
static struct str
unescape(struct arena *a, struct str s)
{
	struct pen w = {arena_alloc(a, s.n + 1), 0};

	for (size_t i = 0; w.p && i < s.n; i++) {
		int hi = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
		int lo = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
		char c = (char)(hi * 16 + lo);

		if (s.p[i] != '%' || hi < 0 || lo < 0) {
			put(&w, str_sub(s, i, 1));
			continue;
		}
		put(&w, str_make(&c, 1));
		i += 2;
	}
	return str_make(w.p, w.n);
}

/* What a browser makes of a path or a query when it sends it. */
static struct str
escape(struct arena *a, struct str s, bool is_path)
{
	struct pen w = {arena_alloc(a, 3 * s.n + 1), 0};

	for (size_t i = 0; w.p && i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f)
			put_escaped(&w, c);
		else if (c == '\\' && is_path)
			put(&w, STR("/"));
		else
			put(&w, str_sub(s, i, 1));
	}
	return str_make(w.p, w.n);
}

static const char *
take_authority(
    struct arena *a, struct str auth, char *room, struct url_parts *parts)
{
	size_t colon = port_colon(auth);
	struct str port = str_sub(auth, colon + 1, auth.n);
	enum name_result res;
	uint64_t v;

	if (str_find(auth, '@', 0) < auth.n)
		return "an address with a user name in it is not accepted";
	res = name_from_text(
	    unescape(a, str_sub(auth, 0, colon)), room, &parts->host);
	if (res != NAME_OK)
		return name_result_text(res);
	if (port.n == 0)
		return NULL;
	if (!str_to_u64(port, &v) || v == 0 || v > PORT_MAX)
		return "the port is not a number from 1 to 65535";
	parts->port = (uint16_t)v;
	return NULL;
}

int
url_split(struct arena *a, struct str text, char *room, struct url_parts *parts,
    const char **why)
{
	struct str s = clean(a, text), rest, path;
	bool given;
	size_t end;

	*parts = (struct url_parts){0};
	if (!take_scheme(&s, &given, &parts->scheme)) {
		*why = "only http and https addresses are filtered";
		return -1;
	}
	end = end_of_authority(s);
	*why = take_authority(a, str_sub(s, 0, end), room, parts);
	if (*why)
		return -1;
	if (!given && parts->port == PORT_HTTPS)
		parts->scheme = SCHEME_HTTPS;
	if (parts->port == 0)
		parts->port =
		    parts->scheme == SCHEME_HTTPS ? PORT_HTTPS : PORT_HTTP;
	rest = str_sub(s, end, str_find(s, '#', 0) - end);
	parts->has_query = str_cut(rest, '?', &path, &rest);
	parts->path = path.n ? escape(a, path, true) : STR("/");
	parts->query = parts->has_query ? escape(a, rest, false) : STR_NONE;
	*why = "out of memory";
	return a->failed ? -1 : 0;
}
