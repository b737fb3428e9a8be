/* guard.c - which addresses may be connected to. */
#include "proxy/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include "base/err.h"
#include "base/table.h"
#include "config/config.h"
#include "lists/name.h"
#include "proxy/redis_url.h"

/*
 * Not the internet. IPv4 stands here as ::ffff:a.b.c.d, as everywhere in this
 * file, so a length is that of the IPv4 network and 96.
 */
#define V4(a, b, c, d, len)                                                    \
	{                                                                      \
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d},        \
		    96 + len                                                   \
	}
static const struct net never[] = {
    /* clang-format off */
    V4(  0,   0,   0, 0,  8), /* "this network" (RFC 1122) */
    V4( 10,   0,   0, 0,  8), /* private (RFC 1918) */
    V4(100,  64,   0, 0, 10), /* shared by carriers (RFC 6598) */
    V4(127,   0,   0, 0,  8), /* loopback */
    V4(169, 254,   0, 0, 16), /* link-local; metadata of clouds */
    V4(172,  16,   0, 0, 12), /* private */
    V4(192,   0,   0, 0, 24), /* protocol assignments (RFC 6890) */
    V4(192, 168,   0, 0, 16), /* private */
    V4(198,  18,   0, 0, 15), /* benchmarks (RFC 2544) */
    V4(224,   0,   0, 0,  4), /* multicast */
    V4(240,   0,   0, 0,  4), /* reserved, broadcast */
    {{0}, 96},                /* unspecified, loopback, IPv4-compatible */
    {{[8] = 0xff, 0xff}, 96}, /* ::ffff:0:0:0/96, IPv4-translated */
    {{0x00, 0x64, 0xff, 0x9b}, 96},       /* NAT64 (RFC 6052) */
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48}, /* local NAT64 (RFC 8215) */
    {{0x01, 0x00}, 64},       /* discard (RFC 6666) */
    {{0x20, 0x01}, 32},       /* Teredo */
    {{0x20, 0x02}, 16},       /* 6to4 */
    {{0xfc, 0x00}, 7},        /* unique local; metadata of clouds */
    {{0xfe, 0x80}, 10},       /* link-local */
    {{0xfe, 0xc0}, 10},       /* site-local */
    {{0xff, 0x00}, 8},        /* multicast */
    /* clang-format on */
};

static const struct net loopback = V4(127, 0, 0, 0, 8);
static const struct net compatible = {{0}, 96}; /* ::, ::1 */

struct guard {
	struct netport *allow, *deny; /* owned */
	struct net *machine;          /* owned: its addresses */
	struct netport *own;          /* owned: listeners, Redis */
	unsigned nallow, ndeny, nmachine, nown;
};

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* A socket's address in the form above; false: neither IPv4 nor IPv6. */
static bool
address_of(const struct sockaddr *sa, uint8_t out[16], uint16_t *port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		memcpy(out, mapped, sizeof(mapped));
		memcpy(out + 12, &v4.sin_addr, 4);
		*port = ntohs(v4.sin_port);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&v6, sa, sizeof(v6));
	memcpy(out, &v6.sin6_addr, 16);
	*port = ntohs(v6.sin6_port);
	return true;
}

static bool
any_net(const struct net *nets, size_t n, const uint8_t addr[16])
{
	for (size_t i = 0; i < n; i++)
		if (net_has(&nets[i], addr))
			return true;
	return false;
}

static bool
any_netport(
    const struct netport *v, unsigned n, const uint8_t addr[16], uint16_t port)
{
	for (unsigned i = 0; i < n; i++)
		if ((v[i].port == 0 || v[i].port == port) &&
		    net_has(&v[i].net, addr))
			return true;
	return false;
}

static bool
permits(const struct guard *g, const uint8_t addr[16], uint16_t port)
{
	if (any_netport(g->own, g->nown, addr, port) ||
	    any_netport(g->deny, g->ndeny, addr, port))
		return false;
	if (any_netport(g->allow, g->nallow, addr, port))
		return true;
	return !any_net(never, ARRAY_LEN(never), addr) &&
	       !any_net(g->machine, g->nmachine, addr);
}

bool
guard_permits(const struct guard *g, const struct sockaddr *to)
{
	uint8_t addr[16], inner[16];
	uint16_t port;

	if (!address_of(to, addr, &port) || port == 0)
		return false;
	if (!permits(g, addr, port))
		return false;
	memcpy(inner, mapped, sizeof(mapped));
	if (memcmp(addr, mapped, sizeof(mapped)) != 0 &&
	    name_embedded_ipv4(addr, inner + 12))
		return permits(g, inner, port);
	return true;
}

/* Copy the <n> of the configuration, which may go before we do. */
static struct netport *
copy_netports(const struct netport *v, unsigned n)
{
	struct netport *out = calloc(n + 1, sizeof(*out));

	if (out && n)
		memcpy(out, v, n * sizeof(*out));
	return out;
}

static int
add_machine(struct guard *g, struct err *err)
{
	struct ifaddrs *all, *a;
	unsigned n = 0;
	uint16_t port;

	if (getifaddrs(&all) < 0)
		return err_sys(err, errno, "cannot read our own addresses");
	for (a = all; a; a = a->ifa_next)
		n++;
	g->machine = calloc(n + 1, sizeof(*g->machine));
	for (a = all; a && g->machine; a = a->ifa_next) {
		struct net *m = &g->machine[g->nmachine];

		m->bits = 128;
		if (a->ifa_addr && address_of(a->ifa_addr, m->addr, &port))
			g->nmachine++;
	}
	freeifaddrs(all);
	return g->machine ? 0 : err_set(err, ERR_MEMORY, "no memory");
}

static void
add_own(struct guard *g, struct net net, uint16_t port)
{
	g->own[g->nown++] = (struct netport){net, port};
}

/* A listener on all addresses is reached by each of ours, loopback included. */
static void
add_wildcard(struct guard *g, uint16_t port)
{
	static const struct net unspecified = V4(0, 0, 0, 0, 8);

	add_own(g, loopback, port);
	add_own(g, compatible, port);
	add_own(g, unspecified, port);
	for (unsigned i = 0; i < g->nmachine; i++)
		add_own(g, g->machine[i], port);
}

static void
add_listener(struct guard *g, const struct hostport *at)
{
	static const struct net any4 = V4(0, 0, 0, 0, 32);
	static const struct net any6 = {{0}, 128};
	struct net net;

	if (!net_from_text(at->host, &net))
		return; /* the supervisor will refuse it */
	if (memcmp(net.addr, any4.addr, 16) == 0 ||
	    memcmp(net.addr, any6.addr, 16) == 0) {
		add_wildcard(g, at->port);
		return;
	}
	add_own(g, net, at->port);
	/* 0.0.0.0 and :: lead to loopback, where this one may listen */
	add_own(g, any4, at->port);
	add_own(g, any6, at->port);
}

/* A Redis on this machine may listen on more of its addresses than ours. */
static void
add_redis(struct guard *g, const struct config *c)
{
	struct redis_url url;
	struct net net = {.bits = 128};
	uint16_t port;

	if (c->redis_url.n == 0 ||
	    redis_url_parse(c->redis_url, &url, NULL) < 0 ||
	    !address_of(&url.addr.any, net.addr, &port))
		return;
	add_own(g, net, port);
	if (net_has(&loopback, net.addr) || net_has(&compatible, net.addr) ||
	    any_net(g->machine, g->nmachine, net.addr))
		add_wildcard(g, port);
}

static int
add_ours(struct guard *g, const struct config *c, struct err *err)
{
	size_t n = 1;

	for (unsigned i = 0; i < c->listen.n; i++)
		n += c->listen.v[i].address.n;
	g->own = calloc(n * ((size_t)g->nmachine + 4), sizeof(*g->own));
	if (!g->own)
		return err_set(err, ERR_MEMORY, "no memory");
	for (unsigned i = 0; i < c->listen.n; i++)
		for (unsigned k = 0; k < c->listen.v[i].address.n; k++)
			add_listener(g, &c->listen.v[i].address.v[k]);
	add_redis(g, c);
	return 0;
}

struct guard *
guard_new(const struct config *c, struct err *err)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (!g) {
		err_set(err, ERR_MEMORY, "no memory");
		return NULL;
	}
	g->nallow = c->allow_private.n;
	g->ndeny = c->deny.n;
	g->allow = copy_netports(c->allow_private.v, g->nallow);
	g->deny = copy_netports(c->deny.v, g->ndeny);
	if (!g->allow || !g->deny)
		err_set(err, ERR_MEMORY, "no memory");
	else if (add_machine(g, err) == 0 && add_ours(g, c, err) == 0)
		return g;
	guard_free(g);
	return NULL;
}

void
guard_free(struct guard *g)
{
	if (!g)
		return;
	free(g->allow);
	free(g->deny);
	free(g->machine);
	free(g->own);
	free(g);
}
