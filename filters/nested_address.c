/* nested_address.c - a text that may be an address: is it one, and which? */
#include "base/table.h"
#include "filters/nested_impl.h"

/*
 * What is done for one URL; beyond it: lost. Reading a host is cheap, and a
 * long address of many parts has many places that look like one; making an
 * address canonical costs by its length.
 */
#define TRIES_MAX  8192
#define WORK_MAX   ((size_t)1 << 20)
#define WORK_LEAST 64

bool
nested_spend(struct nested_look *l, size_t n)
{
	l->work += n + WORK_LEAST;
	if (l->work > WORK_MAX)
		l->end = NESTED_LOST;
	return l->end == NESTED_ALL;
}

static bool
is_alnum(char c)
{
	c = str_lower_char(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

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

/* Where an address begins: its host and port, and all of it. */
struct start {
	struct str authority, rest;
};

/* What stands before the host ("user@") is taken off; what cannot be in a host
 * ends it. */
static struct start
find_host(struct str s)
{
	size_t auth, host = 0, end;

	for (auth = 0;
	     auth < s.n && !is_end(s.p[auth]) && !nested_is_slash(s.p[auth]) &&
	     s.p[auth] != '?' && s.p[auth] != '#';
	     auth++)
		if (s.p[auth] == '@')
			host = auth + 1;
	for (end = host; end < auth && in_host(s.p[end]); end++)
		continue;
	return (struct start){str_sub(s, host, end),
	    end < auth ? STR_NONE : str_sub(s, auth, s.n)};
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
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '.' || s.p[i] == '%' ||
		    (unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/* Was it told before, or the same, cut where an escape was taken out? */
static bool
is_known(const struct nested_look *l, struct str text)
{
	for (unsigned i = 0; i < l->nknown; i++)
		if (str_starts(l->known[i], text) &&
		    (l->known[i].n == text.n || l->known[i].p[text.n] == '%'))
			return true;
	return false;
}

static void
tell(struct nested_look *l, const struct nested *one)
{
	struct str text =
	    one->has_url ? one->url.text : name_str(one->url.host);

	if (is_known(l, text))
		return;
	if (l->nknown == NESTED_MAX) {
		l->end = NESTED_LOST;
		return;
	}
	l->known[l->nknown++] =
	    l->kept.failed ? STR_NONE : arena_str(&l->kept, text);
	if (!l->hear->one(l->hear->arg, one))
		l->end = NESTED_ENOUGH;
}

static bool
matters(const struct nested_look *l, struct name host)
{
	return !l->hear->host || l->hear->host(l->hear->arg, host);
}

static void
tell_parts(struct nested_look *l, const struct url_parts *parts)
{
	struct nested one = {.has_url = true};

	if (url_canon(&l->one, parts, &one.url) == 0)
		tell(l, &one);
	else if (l->one.failed)
		l->end = NESTED_LOST;
}

/* "https://<host><rest>", into <l>'s arena for one. */
static bool
split(struct nested_look *l, enum scheme scheme, const struct start *s,
    char *room, struct url_parts *parts)
{
	struct str before =
	    scheme == SCHEME_HTTPS ? STR("https://") : STR("http://");
	size_t n = before.n + s->authority.n;
	char *text = arena_alloc(&l->one, n + s->rest.n);
	const char *why;

	if (text) {
		memcpy(text, before.p, before.n);
		memcpy(text + before.n, s->authority.p, s->authority.n);
		if (s->rest.n)
			memcpy(text + n, s->rest.p, s->rest.n);
		if (url_split(&l->one, str_make(text, n + s->rest.n), room,
		        parts, &why) == 0)
			return true;
	}
	if (l->one.failed)
		l->end = NESTED_LOST;
	return false;
}

bool
nested_try(struct nested_look *l, struct str s, enum scheme scheme, bool sure)
{
	char room[NAME_ROOM];
	struct url_parts parts;
	struct start whole = find_host(s), alone = {whole.authority, STR_NONE};
	size_t n = 0;

	if (alone.authority.n == 0 || l->end != NESTED_ALL ||
	    (!sure && !has_dot(alone.authority)))
		return false;
	if (++l->tries > TRIES_MAX) {
		l->end = NESTED_LOST;
		return false;
	}
	arena_reset(&l->one);
	if (!split(l, scheme, &alone, room, &parts) ||
	    (!sure && !is_likely(parts.host, alone.authority)))
		return false;
	if (!matters(l, parts.host))
		return true;
	while (n < whole.rest.n && !is_end(whole.rest.p[n]))
		n++;
	whole.rest = str_sub(whole.rest, 0, n);
	if (!nested_spend(l, n) || !split(l, scheme, &whole, room, &parts))
		return false;
	tell_parts(l, &parts);
	return true;
}

void
nested_try_host(struct nested_look *l, struct name host, const struct url *url)
{
	char said[NAME_ROOM], room[NAME_ROOM];
	struct str text = nested_in_host(host, said);
	struct url_parts parts = {.scheme = SCHEME_HTTPS, .port = 443};
	struct nested one = {.has_url = false};

	if (text.n == 0 || name_from_text(text, room, &parts.host) != NAME_OK ||
	    !is_likely(parts.host, text) || !matters(l, parts.host))
		return;
	if (url) {
		parts.has_query =
		    str_cut(url->path, '?', &parts.path, &parts.query);
		tell_parts(l, &parts);
		return;
	}
	one.url.host = parts.host;
	tell(l, &one);
}
