/* authority.c - host and port out of a request target, strictly. */
#include "proxy/wire/authority.h"

#include "proxy/wire/octet.h"

#define PORT_DIGITS_MAX 5

static const char why_host[] = "the host is empty or malformed";
static const char why_port[] = "the port is no number from 1 to 65535";

static bool
port_parse(struct str s, uint32_t *port)
{
	uint64_t v;

	if (s.n > PORT_DIGITS_MAX || !str_to_u64(s, &v))
		return false;
	*port = (uint32_t)v;
	return v > 0 && v <= UINT16_MAX;
}

static bool
literal_is_fine(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!octet_is(s.p[i], OCTET_HEX) && s.p[i] != ':' &&
		    s.p[i] != '.')
			return false;
	return s.n > 0;
}

/* One dot may stand at the end, none at the front, nor two together. */
static bool
host_is_fine(struct str s)
{
	char before = '.';

	for (size_t i = 0; i < s.n; i++) {
		if (!octet_is(s.p[i], OCTET_HOST) ||
		    (s.p[i] == '.' && before == '.'))
			return false;
		before = s.p[i];
	}
	return s.n > 0;
}

/* NULL, or why not. */
static const char *
authority_split(struct str raw, struct str *host, uint32_t *port)
{
	size_t end;

	*port = 0;
	if (raw.n > 0 && raw.p[0] == '[') {
		end = str_find(raw, ']', 0);
		if (end == raw.n || !literal_is_fine(str_sub(raw, 1, end - 1)))
			return why_host;
		end++;
	} else {
		end = str_find(raw, ':', 0);
		if (!host_is_fine(str_sub(raw, 0, end)))
			return why_host;
	}
	*host = str_sub(raw, 0, end);
	if (end == raw.n)
		return NULL;
	if (raw.p[end] != ':')
		return why_host;
	if (!port_parse(str_sub(raw, end + 1, raw.n), port))
		return why_port;
	return NULL;
}

bool
authority_parse(struct str raw, struct str *host, uint32_t *port)
{
	return authority_split(raw, host, port) == NULL;
}

static const char *
path_split(struct str raw, struct target *t)
{
	t->has_query = str_cut(raw, '?', &t->path, &t->query);
	if (str_find(raw, '#', 0) < raw.n)
		return "a fragment in the target";
	if (str_find(t->path, '\\', 0) < t->path.n)
		return "a backslash in the path";
	if (t->path.n == 0)
		t->path = STR("/");
	return NULL;
}

/* How long is the scheme at the front (RFC 3986 3.1)? 0: there is none. */
static size_t
scheme_len(struct str raw)
{
	size_t n = 0;

	while (n < raw.n && (octet_is_digit(raw.p[n]) || raw.p[n] == '+' ||
	                        raw.p[n] == '-' || raw.p[n] == '.' ||
	                        (str_lower_char(raw.p[n]) >= 'a' &&
	                            str_lower_char(raw.p[n]) <= 'z')))
		n++;
	if (n == 0 || octet_is_digit(raw.p[0]) || raw.p[0] == '+' ||
	    raw.p[0] == '-' || raw.p[0] == '.')
		return 0;
	return str_starts(str_sub(raw, n, raw.n), STR("://")) ? n : 0;
}

static const char *
absolute_split(struct str raw, size_t scheme, struct target *t)
{
	struct str rest = str_sub(raw, scheme + 3, raw.n), host;
	const char *why;
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' &&
	       rest.p[n] != '#')
		n++;
	host = str_sub(rest, 0, n);
	if (str_find(host, '@', 0) < host.n)
		return "a user or password in the target";
	t->scheme = str_sub(raw, 0, scheme);
	why = authority_split(host, &t->host, &t->port);
	if (why)
		return why;
	t->form = TARGET_ABSOLUTE;
	return path_split(str_sub(rest, n, rest.n), t);
}

static const char *
target_split(struct str method, struct str raw, struct target *t)
{
	const char *why;
	size_t scheme;

	for (size_t i = 0; i < raw.n; i++)
		if (!octet_is(raw.p[i], OCTET_TARGET))
			return "a blank, control or byte beyond ASCII";
	if (str_eq(method, STR("CONNECT"))) {
		why = authority_split(raw, &t->host, &t->port);
		if (!why && t->port == 0)
			why = "CONNECT without a port";
		t->form = TARGET_AUTHORITY;
		return why;
	}
	if (str_starts(raw, STR("/"))) {
		t->form = TARGET_ORIGIN;
		return path_split(raw, t);
	}
	if (str_eq(raw, STR("*")) && str_eq(method, STR("OPTIONS"))) {
		t->form = TARGET_ASTERISK;
		return NULL;
	}
	scheme = scheme_len(raw);
	if (scheme == 0)
		return "the target has none of the permitted forms";
	return absolute_split(raw, scheme, t);
}

void
target_parse(struct str method, struct str raw, struct target *t)
{
	const char *why;

	*t = (struct target){.form = TARGET_BAD};
	why = target_split(method, raw, t);
	if (why)
		*t = (struct target){.form = TARGET_BAD, .why = why};
}
