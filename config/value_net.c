/* value_net.c - values that are addresses, networks and ports. */
#include "config/value.h"

#include "base/buf.h"
#include "config/config.h"
#include "filters/net.h"
#include "lists/name.h"

/* Decimal digits, 0..65535. */
static bool
port_from(struct str s, uint16_t *port)
{
	uint64_t n;

	if (!str_to_u64(s, &n) || n > UINT16_MAX)
		return false;
	*port = (uint16_t)n;
	return true;
}

/*
 * Cut "a:p", "[a]:p", "[a]", "a" or a bare IPv6 address: <host> without
 * brackets, <port> empty where there is none. False: malformed brackets.
 */
static bool
cut_port(struct str s, struct str *host, struct str *port)
{
	size_t end, colon = str_find(s, ':', 0);

	*port = STR_NONE;
	*host = s;
	if (s.n && s.p[0] == '[') {
		end = str_find(s, ']', 0);
		*host = str_sub(s, 1, end - 1);
		if (end == s.n)
			return false;
		*port = str_sub(s, end + 1, s.n);
		if (port->n == 0)
			return true;
		if (port->p[0] != ':' || port->n == 1)
			return false;
		*port = str_sub(*port, 1, port->n);
		return true;
	}
	if (colon == s.n || str_find(s, ':', colon + 1) < s.n)
		return true; /* none, or IPv6 */
	*host = str_sub(s, 0, colon);
	*port = str_sub(s, colon + 1, s.n);
	return port->n > 0;
}

/* One "host:port"; the port may be missing where the key says which. */
static int
one_hostport(
    struct value *v, struct str part, bool address, struct hostport *out)
{
	char room[NAME_ROOM];
	struct str host, port;
	enum name_result r;
	struct name n;

	if (!cut_port(part, &host, &port))
		return value_bad(v, part,
		    "expected host:port, or [address]:port for IPv6, "
		    "found \"%.*s\"",
		    STR_ARG(part));
	out->port = (uint16_t)v->key->lo;
	if (port.n == 0 && v->key->lo == 0)
		return value_bad(v, part,
		    "\"%.*s\" has no port; write %.*s:8080", STR_ARG(part),
		    STR_ARG(part));
	if (port.n && !port_from(port, &out->port))
		return value_bad(
		    v, port, "\"%.*s\" is no port (0 to 65535)", STR_ARG(port));
	r = name_from_text(host, room, &n);
	if (r != NAME_OK)
		return value_bad(v, host, "\"%.*s\": %s", STR_ARG(host),
		    name_result_text(r));
	if (address && !name_is_address(n))
		return value_bad(v, host,
		    "expected an IP address, found \"%.*s\"%s", STR_ARG(host),
		    str_eq(host, STR("*"))           ? "; write 0.0.0.0"
		    : str_eq(host, STR("localhost")) ? "; write 127.0.0.1"
		                                     : "");
	out->host = arena_str(v->arena, name_str(n));
	return 0;
}

VALUE_PARSER(hostport)
{
	if (v->text.n == 0)
		return 0;
	return one_hostport(v, v->text, false, field);
}

VALUE_PARSER(addresses)
{
	struct str rest = v->text, part;
	struct hostport *hp, one;

	while (value_next(&rest, &part)) {
		if (one_hostport(v, part, true, &one) < 0)
			return -1;
		hp = value_list_add(v->arena, field, sizeof(*hp));
		if (hp)
			*hp = one;
	}
	return 0;
}

int
value_bad_net(struct value *v, struct str part)
{
	size_t slash = str_find(part, '/', 0);
	struct net n;

	if (slash < part.n && net_from_text(str_sub(part, 0, slash), &n))
		return value_bad(v, part,
		    "\"%.*s\" is no network: the prefix is out of range, or "
		    "address bits are set behind it",
		    STR_ARG(part));
	return value_bad(v, part,
	    "expected a network like 10.1.0.0/16 or an address, found \"%.*s\"",
	    STR_ARG(part));
}

VALUE_PARSER(nets)
{
	struct str rest = v->text, part;
	struct net *n, one;

	while (value_next(&rest, &part)) {
		if (!net_from_text(part, &one))
			return value_bad_net(v, part);
		n = value_list_add(v->arena, field, sizeof(*n));
		if (n)
			*n = one;
	}
	return 0;
}

VALUE_PARSER(netports)
{
	struct str rest = v->text, part, net, port;
	struct netport *np, one;

	while (value_next(&rest, &part)) {
		one.port = 0;
		if (!cut_port(part, &net, &port))
			return value_bad_net(v, part);
		if (!net_from_text(net, &one.net))
			return value_bad_net(v, net);
		if (port.n && !str_eq(port, STR("any")) &&
		    (!port_from(port, &one.port) || one.port == 0))
			return value_bad(v, port,
			    "\"%.*s\" is no port (1 to 65535, or any)",
			    STR_ARG(port));
		np = value_list_add(v->arena, field, sizeof(*np));
		if (np)
			*np = one;
	}
	return 0;
}

VALUE_PARSER(ports)
{
	struct str rest = v->text, part;
	uint16_t *to, one;

	while (value_next(&rest, &part)) {
		if (!port_from(part, &one) || one == 0)
			return value_bad(v, part,
			    "\"%.*s\" is no port (1 to 65535)", STR_ARG(part));
		to = value_list_add(v->arena, field, sizeof(*to));
		if (to)
			*to = one;
	}
	return 0;
}

/* --------------------------------------------------------------- print */

static void
add_hostport(struct buf *out, const struct hostport *hp)
{
	bool v6 = str_find(hp->host, ':', 0) < hp->host.n;

	if (hp->host.n)
		buf_addf(out, v6 ? "[%.*s]:%u" : "%.*s:%u", STR_ARG(hp->host),
		    hp->port);
}

VALUE_PRINTER(hostport)
{
	(void)key;
	if (i == 0)
		add_hostport(out, field);
	return i == 0;
}

VALUE_PRINTER(hostports)
{
	const struct hostport *hp = value_list_at(field, i, sizeof(*hp));

	(void)key;
	if (hp)
		add_hostport(out, hp);
	return hp != NULL;
}

void
value_add_net(struct buf *out, const struct net *n)
{
	char room[NET_ROOM];

	buf_add_str(out, net_text(n, room));
}

VALUE_PRINTER(nets)
{
	const struct net *n = value_list_at(field, i, sizeof(*n));

	(void)key;
	if (n)
		value_add_net(out, n);
	return n != NULL;
}

VALUE_PRINTER(netports)
{
	const struct netport *np = value_list_at(field, i, sizeof(*np));

	(void)key;
	if (!np)
		return false;
	buf_add_char(out, '[');
	value_add_net(out, &np->net);
	buf_add_char(out, ']');
	if (np->port)
		buf_addf(out, ":%u", np->port);
	else
		buf_add_str(out, STR(":any"));
	return true;
}

VALUE_PRINTER(ports)
{
	const uint16_t *port = value_list_at(field, i, sizeof(*port));

	(void)key;
	if (port)
		buf_addf(out, "%u", *port);
	return port != NULL;
}
