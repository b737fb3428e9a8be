/*
 * resolve_ares.c - the door to c-ares 1.18.
 *
 * c-ares opens sockets and says which to watch; we give it their events and
 * its time-outs. Everything comes back in callbacks, possibly from within the
 * call that asked.
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
#define ARES_SERVERS  3    /* more would not get their turn in that time */
#define ARES_SOCKETS  32   /* a UDP and a TCP one for each server, and spare */
#define ARES_NODES    4096 /* of an answer that are looked at */

struct ares_link {
	struct loop *loop;
	ares_channel channel; /* owned */
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

struct ask {
	ares_answered *done;
	void *arg;
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

/*
 * The first addresses of both families, in turn, IPv6 first, up to our bound.
 */
static void
collect(struct ares_answer *out, const struct ares_addrinfo_node *n)
{
	struct ares_addr v[2][RESOLVE_ADDRS_MAX];
	unsigned count[2] = {0, 0};

	out->ttl_s = UINT32_MAX;
	for (unsigned i = 0; n && i < ARES_NODES; i++, n = n->ai_next) {
		bool v6 = n->ai_family == AF_INET6;
		unsigned k = v6 ? 0 : 1;
		struct ares_addr *to = &v[k][count[k]];

		if (count[k] == RESOLVE_ADDRS_MAX ||
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
		count[k]++;
		if (n->ai_ttl >= 0 && (uint32_t)n->ai_ttl < out->ttl_s)
			out->ttl_s = (uint32_t)n->ai_ttl;
	}
	for (unsigned i = 0; i < RESOLVE_ADDRS_MAX; i++)
		for (unsigned k = 0; k < 2; k++)
			if (i < count[k] && out->n < RESOLVE_ADDRS_MAX)
				out->addr[out->n++] = v[k][i];
}

static enum reason
reason_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return REASON_NONE;
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
	case ARES_EBADNAME:
		return REASON_NO_SUCH_HOST;
	}
	return REASON_DNS_FAILED;
}

static void
on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct ask *ask = arg;
	struct ares_answer a = {.failed = reason_of(status)};

	(void)timeouts;
	if (ai) {
		if (!a.failed)
			collect(&a, ai->nodes);
		ares_freeaddrinfo(ai);
	}
	if (!a.failed && a.n == 0)
		a.failed = REASON_NO_SUCH_HOST;
	ask->done(ask->arg, &a);
	free(ask);
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

static int
open_channel(struct ares_link *a, const struct config *c, struct err *err)
{
	static char lookups[] = "fb"; /* /etc/hosts, then DNS */
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
	int rc = ares_init_options(&a->channel, &o,
	    ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
	        ARES_OPT_NDOTS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS |
	        ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE);

	if (rc != ARES_SUCCESS) {
		a->channel = NULL;
		return err_set(
		    err, ERR_SYSTEM, "c-ares: %s", ares_strerror(rc));
	}
	return set_servers(a, c, err);
}

struct ares_link *
ares_link_new(struct loop *l, const struct config *c, void (*turn)(void *arg),
    void *arg, struct err *err)
{
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
	if (open_channel(a, c, err) < 0) {
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
	if (a->channel)
		ares_destroy(a->channel);
	for (unsigned i = 0; i < ARES_SOCKETS; i++)
		watch_close(&a->socket[i]);
	timer_fini(&a->timer);
	free(a);
}

void
ares_link_ask(
    struct ares_link *a, const char *name, ares_answered *done, void *arg)
{
	/* sorted by us: c-ares would open a socket for each address */
	struct ares_addrinfo_hints hints = {
	    .ai_flags = ARES_AI_NOSORT,
	    .ai_family = a->family,
	    .ai_socktype = SOCK_STREAM,
	};
	struct ask *ask = malloc(sizeof(*ask));

	if (!ask) {
		done(arg, &(struct ares_answer){.failed = REASON_DNS_FAILED});
		return;
	}
	*ask = (struct ask){done, arg};
	ares_getaddrinfo(a->channel, name, NULL, &hints, on_answer, ask);
	arm(a);
}
