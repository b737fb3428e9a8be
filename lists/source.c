/* source.c - what all formats of lists have in common. */
#include "lists/source.h"

#include "base/utf8.h"
#include "lists/image_format.h"

static const struct {
	const char *name;
	void (*line)(struct str, const struct source_sink *);
} formats[LIST_FORMATS] = {
    [LIST_AUTO] = {"auto", NULL},
    [LIST_DOMAINS] = {"domains", source_domains},
    [LIST_EXACT] = {"exact", source_exact},
    [LIST_HOSTS] = {"hosts", source_hosts},
    [LIST_URLS] = {"urls", source_urls},
    [LIST_UT1] = {"ut1", NULL},
};

const char *
list_format_name(enum list_format f)
{
	return (unsigned)f < LIST_FORMATS ? formats[f].name : "?";
}

bool
list_format_from(struct str s, enum list_format *f)
{
	for (unsigned i = 0; i < LIST_FORMATS; i++)
		if (str_eq(s, str_of(formats[i].name))) {
			*f = (enum list_format)i;
			return true;
		}
	return false;
}

/* A comment begins with '#', at the front or behind a blank. */
static struct str
without_comment(struct str s)
{
	for (size_t at = str_find(s, '#', 0); at < s.n;
	     at = str_find(s, '#', at + 1))
		if (at == 0 || s.p[at - 1] == ' ' || s.p[at - 1] == '\t')
			return str_sub(s, 0, at);
	return s;
}

static struct str
content(struct str line)
{
	return str_trim(without_comment(str_trim(line)));
}

void
source_line(
    enum list_format format, struct str line, const struct source_sink *sink)
{
	struct str s = content(line);

	if (line.n > SOURCE_LINE_MAX)
		sink->reject(sink->ctx, "the line is too long");
	else if (s.n == 0)
		return;
	else if (!utf8_is_valid(s))
		sink->reject(sink->ctx, "not UTF-8");
	else if ((unsigned)format < LIST_FORMATS && formats[format].line)
		formats[format].line(s, sink);
}

static bool
is_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

/* Take a port off <host> if it is one that goes without saying. */
static const char *
drop_port(struct str *host, struct str scheme)
{
	size_t from = 0, colon;
	struct str port;

	if (host->n && host->p[0] == '[')
		from = str_find(*host, ']', 0);
	colon = str_find(*host, ':', from);
	if (colon == host->n ||
	    (from == 0 && str_find(*host, ':', colon + 1) < host->n))
		return NULL; /* none, or IPv6 without brackets */
	port = str_sub(*host, colon + 1, host->n);
	if (!is_digits(port))
		return "what stands behind the colon is no port";
	if (port.n &&
	    !(str_eq(port, STR("80")) && !str_ends(scheme, STR("s"))) &&
	    !(str_eq(port, STR("443")) &&
	        (scheme.n == 0 || str_ends(scheme, STR("s")))))
		return "has a port: entries hold for all ports";
	*host = str_sub(*host, 0, colon);
	return NULL;
}

const char *
source_parts(struct str s, struct source_parts *parts)
{
	static const char *const known[] = {"http", "https", "ws", "wss"};
	size_t colon = str_search(s, STR("://")), end = 0;
	struct str scheme = STR_NONE;
	bool ok = false;

	*parts = (struct source_parts){0};
	if (colon < str_find(s, '/', 0) && colon < str_find(s, '?', 0)) {
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (str_eq_nocase(
			        str_sub(s, 0, colon), str_of(known[i]))) {
				scheme = str_of(known[i]);
				ok = true;
			}
		if (!ok)
			return "a scheme that is not known here";
		s = str_sub(s, colon + 3, s.n);
	} else if (str_starts(s, STR("//"))) {
		s = str_sub(s, 2, s.n);
	}
	while (
	    end < s.n && s.p[end] != '/' && s.p[end] != '?' && s.p[end] != '#')
		end++;
	parts->host = str_sub(s, 0, end);
	parts->rest = str_sub(s, end, s.n);
	parts->scheme = scheme.n != 0;
	if (str_find(parts->host, '@', 0) < parts->host.n)
		return "has a user name";
	return drop_port(&parts->host, scheme);
}

bool
source_wildcard(struct str *host)
{
	if (str_starts(*host, STR("*.")))
		*host = str_sub(*host, 2, host->n);
	else if (str_starts(*host, STR(".")))
		*host = str_sub(*host, 1, host->n);
	else
		return false;
	return true;
}

const char *
source_name(struct str host, char *room, struct name *n)
{
	enum name_result r;

	if (host.n == 0 || str_eq(host, STR("*")) || str_eq(host, STR(".")))
		return "matches everything";
	r = name_from_text(host, room, n);
	if (r != NAME_OK)
		return name_result_text(r);
	if (n->kind != NAME_DNS)
		return NULL;
	if (str_eq(name_str(*n), STR("localhost")))
		return "localhost is no site";
	if (str_find(name_str(*n), '.', 0) == n->n)
		return "a label alone would match a whole top-level domain";
	return NULL;
}

void
source_emit_name(struct name n, const struct source_sink *sink)
{
	struct source_entry e = {.kind = SOURCE_DOMAIN, .text = name_str(n)};

	if (n.kind != NAME_DNS) {
		e.kind = SOURCE_NET;
		e.bytes = n.kind == NAME_IPV4 ? 4 : 16;
		e.bits = (uint8_t)(e.bytes * 8);
		memcpy(e.addr, n.addr, e.bytes);
	}
	sink->entry(sink->ctx, &e);
}

/* Does <s> look like "0.0.0.0 name"? */
static bool
looks_like_hosts(struct str s)
{
	char room[NAME_ROOM];
	struct name n;
	size_t blank = 0;

	while (blank < s.n && s.p[blank] != ' ' && s.p[blank] != '\t')
		blank++;
	return blank < s.n &&
	       name_from_text(str_sub(s, 0, blank), room, &n) == NAME_OK &&
	       name_is_address(n);
}

/* Does <s> look like a host with a path (and not like a network)? */
static bool
looks_like_url(struct str s)
{
	struct source_parts parts;

	return !source_parts(s, &parts) && parts.rest.n > 1 &&
	       !is_digits(str_sub(parts.rest, 1, parts.rest.n));
}

static struct str
base_name(struct str file)
{
	for (size_t i = file.n; i > 0; i--)
		if (file.p[i - 1] == '/')
			return str_sub(file, i, file.n);
	return file;
}

enum list_format
source_recognise(struct str head, struct str file)
{
	struct str name = base_name(file), line;
	unsigned lines = 0, hosts = 0, urls = 0;

	if (str_eq(name, STR("domains")))
		return LIST_DOMAINS;
	if (str_eq(name, STR("urls")))
		return LIST_URLS;
	/* the last line may be cut short where the head is */
	while (str_next(&head, '\n', &line)) {
		struct str s = content(line);

		if (s.n == 0 || (!head.p && lines))
			continue;
		lines++;
		hosts += looks_like_hosts(s);
		urls += looks_like_url(s);
	}
	if (hosts * 2 > lines)
		return LIST_HOSTS;
	return urls ? LIST_URLS : LIST_DOMAINS;
}
