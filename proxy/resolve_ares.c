/*
 * resolve_ares.c - the door to c-ares 1.18.
 *
 * c-ares opens sockets and says which to watch; we give it their events and
 * its time-outs. Everything comes back in callbacks, possibly from within the
 * call that asked.
 *
 * The families are asked for one by one, for c-ares answers both only when
 * both are there; and so /etc/hosts, which counts for both as soon as it has
 * one of them, is asked first and through a channel that knows nothing else.
 */
#include "proxy/resolve_ares.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/err.h"
#include "base/sys/log.h"
#include "base/table.h"
#include "config/config.h"
#include "proxy/loop.h"

#define ARES_TRIES    2    /* for each server; the second waits twice as long */
#define ARES_PATIENCE 4500 /* ms for all tries: within RESOLVE_DEADLINE_MS */
#define ARES_GRACE    300  /* ms for the other family when one has come */
#define ARES_SERVERS  3    /* more would not get their turn in that time */
#define ARES_SOCKETS  32   /* a UDP and a TCP one for each server, and spare */
#define ARES_NODES    4096 /* of an answer that are looked at */

struct ares_link {
	struct loop *loop;
	ares_channel hosts;   /* owned; /etc/hosts alone, never a socket */
	ares_channel channel; /* owned; name servers alone */
	struct watch socket[ARES_SOCKETS];
	struct ares_link_arg {
		struct ares_link *link;
		unsigned i;
	} arg[ARES_SOCKETS];
	struct timer timer;
	void (*turn)(void *arg);
	void *turn_arg;
	int family; /* AF_INET: IPv4 alone */
};

enum family { FAMILY_V6 = 0, FAMILY_V4, FAMILIES };

/* A question, from when it is put until c-ares is done with all its parts. */
struct ask {
	struct ares_link *link; /* borrowed */
	ares_answered *done;
	void *arg;
	struct timer grace;
	unsigned open; /* answers that c-ares owes */
	bool told;
	bool unknown; /* a family failed: what is not there may yet exist */
	uint32_t ttl_s;
	unsigned n[FAMILIES];
	struct ares_addr addr[FAMILIES][RESOLVE_ADDRS_MAX];
};

/* When does c-ares want to look at its time-outs again? */
static void
arm(struct ares_link *a)
{
	struct timeval room, *tv = ares_timeout(a->channel, NULL, &room);

	if (tv)
		timer_arm(&a->timer,
		    (int64_t)tv->tv_sec * 1000 + tv->tv_usec / 1000 + 1);
	else
		timer_off(&a->timer);
}

static void
work(struct ares_link *a, int rfd, int wfd)
{
	ares_process_fd(a->channel, rfd, wfd);
	arm(a);
	a->turn(a->turn_arg);
}

static void
on_socket(void *arg, unsigned events)
{
	struct ares_link_arg *at = arg;
	int fd = at->link->socket[at->i].fd;

	work(at->link, events & WATCH_READ ? fd : ARES_SOCKET_BAD,
	    events & WATCH_WRITE ? fd : ARES_SOCKET_BAD);
}

static void
on_time(void *arg)
{
	work(arg, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* c-ares wants <fd> watched so; neither: it is about to close it. */
static void
on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct ares_link *a = arg;
	struct watch *slot = NULL;
	unsigned i, at = 0;

	for (i = 0; i < ARES_SOCKETS; i++) {
		struct watch *w = &a->socket[i];

		if (w->open ? w->fd == fd : !slot) {
			slot = w;
			at = i;
			if (w->open)
				break;
		}
	}
	if (!slot)
		return; /* unwatched: its queries time out */
	if (!readable && !writable) {
		if (slot->open)
			watch_close(slot);
		return;
	}
	if (!slot->open) {
		a->arg[at] = (struct ares_link_arg){a, at};
		watch_open(a->loop, slot, fd, on_socket, &a->arg[at]);
	}
	watch_want(slot, (readable ? WATCH_READ : WATCH_NONE) |
	                     (writable ? WATCH_WRITE : WATCH_NONE));
}

/* The first addresses of each family, up to our bound. */
static void
collect(struct ask *ask, const struct ares_addrinfo_node *n)
{
	for (unsigned i = 0; n && i < ARES_NODES; i++, n = n->ai_next) {
		bool v6 = n->ai_family == AF_INET6;
		enum family k = v6 ? FAMILY_V6 : FAMILY_V4;
		struct ares_addr *to = &ask->addr[k][ask->n[k]];

		if (ask->n[k] == RESOLVE_ADDRS_MAX ||
		    (!v6 && n->ai_family != AF_INET))
			continue;
		*to = (struct ares_addr){.v6 = v6};
		if (v6)
			memcpy(to->addr,
			    (const char *)n->ai_addr +
			        offsetof(struct sockaddr_in6, sin6_addr),
			    16);
		else
			memcpy(to->addr,
			    (const char *)n->ai_addr +
			        offsetof(struct sockaddr_in, sin_addr),
			    4);
		ask->n[k]++;
		if (n->ai_ttl >= 0 && (uint32_t)n->ai_ttl < ask->ttl_s)
			ask->ttl_s = (uint32_t)n->ai_ttl;
	}
}

/* What there is, both families in turn, IPv6 first. */
static void
tell(struct ask *ask)
{
	struct ares_answer a = {.ttl_s = ask->open ? 0 : ask->ttl_s};

	for (unsigned i = 0; i < RESOLVE_ADDRS_MAX; i++)
		for (unsigned k = 0; k < FAMILIES; k++)
			if (i < ask->n[k] && a.n < RESOLVE_ADDRS_MAX)
				a.addr[a.n++] = ask->addr[k][i];
	if (a.n == 0)
		a.failed =
		    ask->unknown ? REASON_DNS_FAILED : REASON_NO_SUCH_HOST;
	ask->told = true;
	ask->done(ask->arg, &a);
}

/* The other family is late. */
static void
on_grace(void *arg)
{
	struct ask *ask = arg;

	if (ask->told)
		return;
	tell(ask);
	ask->link->turn(ask->link->turn_arg);
}

static bool
is_missing(int status)
{
	return status == ARES_ENOTFOUND || status == ARES_ENODATA ||
	       status == ARES_EBADNAME;
}

static void
take(struct ask *ask, int status, struct ares_addrinfo *ai)
{
	ask->open--;
	if (status == ARES_SUCCESS && ai)
		collect(ask, ai->nodes);
	else if (!is_missing(status))
		ask->unknown = true;
	if (ai)
		ares_freeaddrinfo(ai);
}

static void
on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct ask *ask = arg;

	(void)timeouts;
	take(ask, status, ai);
	if (ask->open == 0) {
		if (!ask->told)
			tell(ask);
		timer_fini(&ask->grace);
		free(ask);
	} else if (ask->n[FAMILY_V6] + ask->n[FAMILY_V4] > 0) {
		timer_arm(&ask->grace, ARES_GRACE);
	}
}

/* It comes from within the call. */
static void
on_hosts(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct ask *ask = arg;

	(void)timeouts;
	take(ask, status, ai);
	ask->unknown = false; /* name servers may know */
}

/* The servers of the configuration; without any, c-ares read the system's. */
static int
set_servers(struct ares_link *a, const struct config *c, struct err *err)
{
	struct ares_addr_port_node node[ARES_SERVERS] = {0};
	unsigned n = 0;
	char text[64];

	for (unsigned i = 0; i < c->dns.n && n < ARES_SERVERS; i++) {
		struct ares_addr_port_node *to = &node[n++];

		if (!str_copy(c->dns.v[i].host, text, sizeof(text)))
			return err_set(err, ERR_INPUT,
			    "[origin] dns: an address is too long");
		to->family =
		    str_find(c->dns.v[i].host, ':', 0) < c->dns.v[i].host.n
		        ? AF_INET6
		        : AF_INET;
		if (inet_pton(to->family, text, &to->addr) != 1)
			return err_set(err, ERR_INPUT,
			    "[origin] dns: found '%s', expected an address",
			    text);
		to->udp_port = to->tcp_port = c->dns.v[i].port;
		if (n > 1)
			node[n - 2].next = to;
	}
	if (c->dns.n > ARES_SERVERS)
		log_warn(
		    "[origin] dns: only the first %d are used", ARES_SERVERS);
	if (n && ares_set_servers_ports(a->channel, node) != ARES_SUCCESS)
		return err_set(err, ERR_SYSTEM, "cannot set name servers");
	return 0;
}

static unsigned
count_servers(const struct config *c)
{
	ares_channel probe;
	struct ares_addr_port_node *all = NULL;
	unsigned n = c->dns.n;

	if (n == 0 && ares_init(&probe) == ARES_SUCCESS) {
		ares_get_servers_ports(probe, &all);
		for (struct ares_addr_port_node *s = all; s; s = s->next)
			n++;
		ares_free_data(all);
		ares_destroy(probe);
	}
	if (n > ARES_SERVERS)
		n = ARES_SERVERS;
	return n ? n : 1;
}

/* <lookups>: "f" for /etc/hosts, "b" for name servers. */
static int
open_channel(struct ares_link *a, const struct config *c, char *lookups,
    ares_channel *out, struct err *err)
{
	/* t for each server at first, 2 t then */
	struct ares_options o = {
	    .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
	    .timeout = (int)(ARES_PATIENCE / (3 * count_servers(c))),
	    .tries = ARES_TRIES,
	    .ndots = 0,
	    .ndomains = 0,
	    .lookups = lookups,
	    .sock_state_cb = on_state,
	    .sock_state_cb_data = a,
	};
	int rc = ares_init_options(out, &o,
	    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
	        ARES_OPT_NDOTS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS |
	        ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE);

	if (rc == ARES_SUCCESS)
		return 0;
	*out = NULL;
	return err_set(err, ERR_SYSTEM, "c-ares: %s", ares_strerror(rc));
}

struct ares_link *
ares_link_new(struct loop *l, const struct config *c, void (*turn)(void *arg),
    void *arg, struct err *err)
{
	static char hosts[] = "f", servers[] = "b";
	struct ares_link *a = calloc(1, sizeof(*a));

	if (!a) {
		err_set(err, ERR_MEMORY, "no memory");
		return NULL;
	}
	a->loop = l;
	a->turn = turn;
	a->turn_arg = arg;
	a->family = c->ipv6 ? AF_UNSPEC : AF_INET;
	timer_init(l, &a->timer, on_time, a);
	if (open_channel(a, c, hosts, &a->hosts, err) < 0 ||
	    open_channel(a, c, servers, &a->channel, err) < 0 ||
	    set_servers(a, c, err) < 0) {
		ares_link_free(a);
		return NULL;
	}
	return a;
}

void
ares_link_free(struct ares_link *a)
{
	if (!a)
		return;
	if (a->hosts)
		ares_destroy(a->hosts);
	if (a->channel)
		ares_destroy(a->channel);
	for (unsigned i = 0; i < ARES_SOCKETS; i++)
		watch_close(&a->socket[i]);
	timer_fini(&a->timer);
	free(a);
}

static void
ask_for(struct ask *ask, ares_channel from, const char *name, int family)
{
	/* sorted by us: c-ares would open a socket for each address */
	struct ares_addrinfo_hints hints = {
	    .ai_flags = ARES_AI_NOSORT,
	    .ai_family = family,
	    .ai_socktype = SOCK_STREAM,
	};

	ares_getaddrinfo(from, name, NULL, &hints,
	    from == ask->link->hosts ? on_hosts : on_answer, ask);
}

void
ares_link_ask(
    struct ares_link *a, const char *name, ares_answered *done, void *arg)
{
	struct ask *ask = calloc(1, sizeof(*ask));
	bool both = a->family == AF_UNSPEC;

	if (!ask) {
		done(arg, &(struct ares_answer){.failed = REASON_DNS_FAILED});
		return;
	}
	*ask = (struct ask){
	    .link = a, .done = done, .arg = arg, .ttl_s = UINT32_MAX};
	timer_init(a->loop, &ask->grace, on_grace, ask);
	ask->open = 1;
	ask_for(ask, a->hosts, name, a->family);
	if (ask->n[FAMILY_V6] + ask->n[FAMILY_V4] > 0) {
		tell(ask);
		timer_fini(&ask->grace);
		free(ask);
		return;
	}
	ask->open = both ? 2 : 1; /* before the first may answer at once */
	if (both)
		ask_for(ask, a->channel, name, AF_INET6);
	ask_for(ask, a->channel, name, AF_INET);
	arm(a);
}
