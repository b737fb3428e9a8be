/* source_parts.c - what lines of all formats are made of: hosts and the rest. */
#include "lists/address.h"
#include "lists/source.h"
#include "lists/source_reader.h"

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

bool
source_is_mapped(const uint8_t addr[16])
{
	static const uint8_t mapped[SOURCE_MAPPED_BITS / 8] = {
	    [10] = 0xff, [11] = 0xff};

	return memcmp(addr, mapped, sizeof(mapped)) == 0;
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
source_emit_name(struct name n, unsigned role, const struct source_sink *sink)
{
	struct source_entry e = {
	    .kind = SOURCE_DOMAIN, .role = (uint8_t)role, .text = name_str(n)};

	if (n.kind != NAME_DNS) {
		e.kind = SOURCE_NET;
		e.bytes = n.kind == NAME_IPV4 ? 4 : 16;
		e.bits = (uint8_t)(e.bytes * 8);
		memcpy(e.addr, n.addr, e.bytes);
	}
	sink->entry(sink->ctx, &e);
}
