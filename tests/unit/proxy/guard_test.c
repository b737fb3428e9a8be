/* guard_test.c - which addresses may be connected to, by table. */
#include "proxy/guard.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "config/config.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static bool
asks(const struct guard *g, const char *text, uint16_t port)
{
	struct sockaddr_in v4 = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return guard_permits(g, (struct sockaddr *)(void *)&v4);
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
		fail_msg("not an address: %s", text);
	return guard_permits(g, (struct sockaddr *)(void *)&v6);
}

static struct netport
netport(const char *net, uint16_t port)
{
	struct netport out = {.port = port};

	if (!net_from_text(str_of(net), &out.net))
		fail_msg("not a network: %s", net);
	return out;
}

static struct guard *
make(const struct config *c)
{
	struct err err;
	struct guard *g = guard_new(c, &err);

	if (!g)
		fail_msg("%s", err.text);
	return g;
}

/* A network that is denied: its first and last address, and what stands just
 * outside; NULL where the neighbour is denied for another reason. */
static const struct {
	const char *net, *first, *last, *before, *after;
} denied[] = {
    {"0/8", "0.0.0.0", "0.255.255.255", NULL, "1.0.0.0"},
    {"10/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
    {"100.64/10", "100.64.0.0", "100.127.255.255", "100.63.255.255",
        "100.128.0.0"},
    {"127/8", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
    {"169.254/16", "169.254.0.0", "169.254.255.255", "169.253.255.255",
        "169.255.0.0"},
    {"metadata", "169.254.169.254", "169.254.169.254", NULL, NULL},
    {"172.16/12", "172.16.0.0", "172.31.255.255", "172.15.255.255",
        "172.32.0.0"},
    {"192.0.0/24", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
    {"192.168/16", "192.168.0.0", "192.168.255.255", "192.167.255.255",
        "192.169.0.0"},
    {"198.18/15", "198.18.0.0", "198.19.255.255", "198.17.255.255",
        "198.20.0.0"},
    {"224/4", "224.0.0.0", "239.255.255.255", "223.255.255.255", NULL},
    {"240/4", "240.0.0.0", "255.255.255.255", NULL, NULL},
    {"unspecified", "::", "::", NULL, NULL},
    {"loopback", "::1", "::1", NULL, NULL},
    {"compatible", "::2", "::ffff:ffff", NULL, "::1:0:0"},
    {"mapped private", "::ffff:10.0.0.0", "::ffff:10.255.255.255",
        "::ffff:9.255.255.255", "::ffff:11.0.0.0"},
    {"mapped loopback", "::ffff:127.0.0.1", "::ffff:7f00:1", NULL, NULL},
    {"mapped metadata", "::ffff:a9fe:a9fe", "::ffff:a9fe:a9fe", NULL, NULL},
    {"translated", "::ffff:0:0:0", "::ffff:0:ffff:ffff",
        "::fffe:ffff:ffff:ffff", "::ffff:1:0:0"},
    {"NAT64", "64:ff9b::", "64:ff9b::ffff:ffff",
        "64:ff9a:ffff::", "64:ff9b::1:0:0"},
    {"NAT64 of loopback", "64:ff9b::7f00:1", "64:ff9b::127.0.0.1", NULL, NULL},
    {"local NAT64", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "64:ff9b:0:ffff::", "64:ff9b:2::"},
    {"discard", "100::", "100::ffff:ffff:ffff:ffff",
        "ff:ffff::", "100:0:0:1::"},
    {"Teredo", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
        "2000:ffff::", "2001:1::"},
    {"6to4", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:ffff::", "2003::"},
    {"6to4 of loopback", "2002:7f00:1::", "2002:7f00:1::1", NULL, NULL},
    {"fc00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fbff:ffff::", "fe00::"},
    {"metadata", "fd00:ec2::254", "fd00:ec2::254", NULL, NULL},
    {"fe80::/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe7f:ffff::", NULL},
    {"fec0::/10", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL,
        NULL},
    {"ff00::/8", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL,
        NULL},
};

static void
what_is_not_the_internet_is_denied(void **state)
{
	struct config c = {0};
	struct guard *g = make(&c);

	(void)state;
	for (size_t i = 0; i < LEN(denied); i++) {
		if (asks(g, denied[i].first, 80) ||
		    asks(g, denied[i].last, 443))
			fail_msg("%s: permitted", denied[i].net);
		if (denied[i].before && !asks(g, denied[i].before, 80))
			fail_msg("%s: neighbour before", denied[i].net);
		if (denied[i].after && !asks(g, denied[i].after, 80))
			fail_msg("%s: neighbour after", denied[i].net);
	}
	guard_free(g);
}

static void
public_addresses_are_permitted_but_for_port_0(void **state)
{
	static const char *const fine[] = {"1.1.1.1", "93.184.216.34",
	    "198.51.100.7", "203.0.113.9", "::ffff:93.184.216.34",
	    "2606:4700::1111", "2a00:1450::1", "2001:db8::1"};
	struct config c = {0};
	struct guard *g = make(&c);
	struct sockaddr_storage other = {.ss_family = AF_UNIX};

	(void)state;
	for (size_t i = 0; i < LEN(fine); i++) {
		assert_true(asks(g, fine[i], 80));
		assert_true(asks(g, fine[i], 65535));
		assert_false(asks(g, fine[i], 0));
	}
	assert_false(guard_permits(g, (struct sockaddr *)(void *)&other));
	guard_free(g);
}

static void
allow_private_permits_what_it_names_and_no_more(void **state)
{
	struct netport allow[] = {netport("127.0.0.1", 8080),
	    netport("10.1.0.0/16", 0), netport("fd00:1::/32", 443)};
	struct config c = {0};
	struct guard *g;

	(void)state;
	c.allow_private.v = allow;
	c.allow_private.n = LEN(allow);
	g = make(&c);
	assert_true(asks(g, "127.0.0.1", 8080));
	assert_true(asks(g, "::ffff:127.0.0.1", 8080));
	assert_false(asks(g, "127.0.0.1", 8081));
	assert_false(asks(g, "127.0.0.2", 8080));
	assert_false(asks(g, "0.0.0.0", 8080));
	assert_false(asks(g, "::1", 8080));
	assert_true(asks(g, "10.1.255.255", 1));
	assert_false(asks(g, "10.1.0.1", 0));
	assert_false(asks(g, "10.2.0.0", 1));
	assert_true(asks(g, "fd00:1::1", 443));
	assert_false(asks(g, "fd00:1::1", 80));
	/* another spelling of a permitted IPv4 address is its own network */
	assert_false(asks(g, "64:ff9b::10.1.0.1", 80));
	assert_false(asks(g, "::10.1.0.1", 80));
	assert_false(asks(g, "2002:a01:1::", 80));
	guard_free(g);
}

static void
an_embedded_address_must_be_permitted_as_both(void **state)
{
	struct netport allow[] = {netport("64:ff9b::/96", 0),
	    netport("2002::/16", 0), netport("::/96", 0),
	    netport("10.0.0.1", 80)};
	struct config c = {0};
	struct guard *g;

	(void)state;
	c.allow_private.v = allow;
	c.allow_private.n = LEN(allow);
	g = make(&c);
	assert_true(asks(g, "64:ff9b::93.184.216.34", 80));
	assert_false(asks(g, "64:ff9b::127.0.0.1", 80));
	assert_false(asks(g, "64:ff9b::169.254.169.254", 80));
	assert_true(asks(g, "64:ff9b::10.0.0.1", 80));
	assert_false(asks(g, "64:ff9b::10.0.0.1", 81));
	assert_false(asks(g, "2002:7f00:1::", 80));
	assert_true(asks(g, "2002:5db8:d822::", 80));
	assert_false(asks(g, "::192.168.0.1", 80));
	guard_free(g);
}

static void
deny_wins_over_everything(void **state)
{
	struct netport allow[] = {netport("10.0.0.0/8", 0)};
	struct netport deny[] = {netport("10.9.0.0/16", 0),
	    netport("93.184.216.34", 25), netport("2606:4700::/32", 0)};
	struct config c = {0};
	struct guard *g;

	(void)state;
	c.allow_private.v = allow;
	c.allow_private.n = LEN(allow);
	c.deny.v = deny;
	c.deny.n = LEN(deny);
	g = make(&c);
	assert_true(asks(g, "10.8.0.1", 80));
	assert_false(asks(g, "10.9.0.1", 80));
	assert_false(asks(g, "93.184.216.34", 25));
	assert_false(asks(g, "::ffff:93.184.216.34", 25));
	assert_true(asks(g, "93.184.216.34", 80));
	assert_false(asks(g, "2606:4700::1", 80));
	guard_free(g);
}

/* One listener and an allow-private that covers all of loopback. */
static struct guard *
with_listener(const char *host, const char *redis)
{
	struct netport allow[] = {netport("127.0.0.0/8", 0), netport("::1", 0),
	    netport("0.0.0.0", 0), netport("::", 0)};
	struct hostport at = {.host = str_of(host), .port = 3128};
	struct config_listen listen = {0};
	struct config c = {0};

	listen.address.v = &at;
	listen.address.n = 1;
	c.listen.v = &listen;
	c.listen.n = 1;
	c.allow_private.v = allow;
	c.allow_private.n = LEN(allow);
	c.redis_url = str_of(redis);
	return make(&c);
}

static void
our_own_listeners_are_denied_always(void **state)
{
	static const struct {
		const char *listen, *to;
		uint16_t port;
		bool permitted;
	} rows[] = {
	    {"127.0.0.1", "127.0.0.1", 3128, false},
	    {"127.0.0.1", "::ffff:127.0.0.1", 3128, false},
	    {"127.0.0.1", "0.0.0.0", 3128, false},
	    {"127.0.0.1", "::", 3128, false},
	    {"127.0.0.1", "127.0.0.1", 3129, true},
	    {"127.0.0.1", "127.0.0.2", 3128, true},
	    {"0.0.0.0", "127.0.0.1", 3128, false},
	    {"0.0.0.0", "127.9.9.9", 3128, false},
	    {"0.0.0.0", "::1", 3128, false},
	    {"0.0.0.0", "127.0.0.1", 80, true},
	    {"::", "::1", 3128, false},
	    {"::", "127.0.0.1", 3128, false},
	    {"::1", "::1", 3128, false},
	    {"::1", "::1", 3129, true},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct guard *g = with_listener(rows[i].listen, NULL);

		if (asks(g, rows[i].to, rows[i].port) != rows[i].permitted)
			fail_msg("on %s, to %s:%u", rows[i].listen, rows[i].to,
			    rows[i].port);
		guard_free(g);
	}
}

static void
redis_is_not_reached_through_us(void **state)
{
	static const char *const ways[] = {"127.0.0.1", "127.9.9.9", "::1",
	    "0.0.0.0", "::", "::ffff:127.0.0.1"};
	struct guard *g =
	    with_listener("127.0.0.1", "redis://:pw@127.0.0.1:6390/2");

	(void)state;
	for (size_t i = 0; i < LEN(ways); i++)
		if (asks(g, ways[i], 6390))
			fail_msg("by way of %s", ways[i]);
	assert_true(asks(g, "127.0.0.1", 6391));
	guard_free(g);
	/* one on another machine has but its own address */
	g = with_listener("127.0.0.1", "redis://10.1.2.3:6390");
	assert_false(asks(g, "10.1.2.3", 6390));
	assert_true(asks(g, "127.0.0.1", 6390));
	guard_free(g);
}

static void
addresses_of_this_machine_are_denied(void **state)
{
	struct config c = {0};
	struct guard *g = make(&c);
	struct ifaddrs *all, *a;
	char text[INET6_ADDRSTRLEN];

	(void)state;
	assert_int_equal(getifaddrs(&all), 0);
	for (a = all; a; a = a->ifa_next) {
		const void *at;

		if (!a->ifa_addr)
			continue;
		if (a->ifa_addr->sa_family == AF_INET)
			at = &((struct sockaddr_in *)(void *)a->ifa_addr)
			          ->sin_addr;
		else if (a->ifa_addr->sa_family == AF_INET6)
			at = &((struct sockaddr_in6 *)(void *)a->ifa_addr)
			          ->sin6_addr;
		else
			continue;
		inet_ntop(a->ifa_addr->sa_family, at, text, sizeof(text));
		assert_false(asks(g, text, 80));
	}
	freeifaddrs(all);
	guard_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_the_internet_is_denied),
	    cmocka_unit_test(public_addresses_are_permitted_but_for_port_0),
	    cmocka_unit_test(allow_private_permits_what_it_names_and_no_more),
	    cmocka_unit_test(an_embedded_address_must_be_permitted_as_both),
	    cmocka_unit_test(deny_wins_over_everything),
	    cmocka_unit_test(our_own_listeners_are_denied_always),
	    cmocka_unit_test(redis_is_not_reached_through_us),
	    cmocka_unit_test(addresses_of_this_machine_are_denied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
