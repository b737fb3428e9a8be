/*
 * neigh.c - which device an address belongs to.
 *
 * Where the kernel had more to tell than our socket holds, what we know may be
 * wrong: all of it is forgotten and read anew.
 */
#include "proxy/neigh.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/sys/digest.h"
#include "base/sys/log.h"
#include "proxy/cache.h"
#include "proxy/loop.h"

#define NEIGH_READ    32768         /* the kernel writes no larger parts */
#define NEIGH_BUFFER  (1024 * 1024) /* of the socket */
#define NEIGH_READS   1024          /* in one go; then others' turn */
#define NEIGH_RESYNCS 4             /* in a row; then at the next event */

struct neigh {
	int fd; /* owned */
	struct watch watch;
	struct cache *devices; /* owned: struct device by address */
	uint8_t key[16];
	uint32_t epoch; /* of the last reading anew */
	bool reading;   /* the kernel is telling the whole table, */
	bool again;     /* of which something was lost: once more */
	struct log_often trouble;
	char room[NEIGH_READ];
};

struct device {
	uint32_t epoch; /* another than the table's: forgotten */
	bool known;
	uint8_t mac[6];
};

static struct cache_key
key_of(const struct neigh *n, const uint8_t addr[16])
{
	struct hash128 h = siphash128(addr, 16, n->key);

	return (struct cache_key){h.lo, h.hi};
}

/* Ask for the whole table. */
static void
ask_all(struct neigh *n)
{
	struct {
		struct nlmsghdr head;
		struct ndmsg what;
	} q = {
	    .head = {.nlmsg_len = sizeof(q),
	        .nlmsg_type = RTM_GETNEIGH,
	        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	    .what = {.ndm_family = AF_UNSPEC},
	};

	n->epoch++; /* what we had is forgotten in any case */
	n->again = n->reading;
	if (n->reading)
		return; /* one at a time */
	n->reading = send(n->fd, &q, sizeof(q), 0) >= 0;
	if (!n->reading)
		log_often(&n->trouble, LOG_WARN_,
		    "the table of neighbours cannot be read: %s",
		    strerror(errno));
}

/* The address and the MAC of <m>; false: it has none, or none of ours. */
static bool
read_neighbour(const struct nlmsghdr *m, uint8_t addr[16], struct device *d)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const struct ndmsg *what = NLMSG_DATA(m);
	const struct rtattr *a;
	unsigned size;
	int left;
	bool has_addr = false;

	if (m->nlmsg_len < NLMSG_LENGTH(sizeof(*what)) ||
	    what->ndm_flags & NTF_PROXY)
		return false;
	if (what->ndm_family != AF_INET && what->ndm_family != AF_INET6)
		return false; /* of bridges, for example */
	size = what->ndm_family == AF_INET ? 4 : 16;
	a = (const void *)((const char *)what + NLMSG_ALIGN(sizeof(*what)));
	left = (int)(m->nlmsg_len - NLMSG_LENGTH(sizeof(*what)));
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == NDA_DST && RTA_PAYLOAD(a) == size) {
			memcpy(addr, mapped, sizeof(mapped));
			memcpy(addr + 16 - size, RTA_DATA(a), size);
			has_addr = true;
		} else if (a->rta_type == NDA_LLADDR &&
		           RTA_PAYLOAD(a) == sizeof(d->mac)) {
			memcpy(d->mac, RTA_DATA(a), sizeof(d->mac));
			d->known = true;
		}
	}
	/* gone, or not found out: nobody is there any more */
	if (m->nlmsg_type == RTM_DELNEIGH ||
	    what->ndm_state & (NUD_INCOMPLETE | NUD_FAILED | NUD_NOARP))
		d->known = false;
	return has_addr;
}

/* An address of one link alone may be another device's on another link. */
static bool
is_link_local(const uint8_t addr[16])
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/* The kernel has told the whole table, or will not. */
static void
table_ends(struct neigh *n)
{
	n->reading = false;
	if (n->again)
		ask_all(n);
}

void
neigh_take(struct neigh *n, const void *p, int len)
{
	const struct nlmsghdr *m = p;

	for (; NLMSG_OK(m, len); m = NLMSG_NEXT(m, len)) {
		struct device d = {.epoch = n->epoch};
		uint8_t addr[16];

		if (m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR)
			table_ends(n);
		if (m->nlmsg_type != RTM_NEWNEIGH &&
		    m->nlmsg_type != RTM_DELNEIGH)
			continue;
		if (read_neighbour(m, addr, &d) && !is_link_local(addr))
			cache_put(n->devices, key_of(n, addr), &d);
	}
}

/* All that the kernel has told by now. */
static void
read_news(struct neigh *n)
{
	unsigned resyncs = 0;

	for (unsigned i = 0; i < NEIGH_READS; i++) {
		struct sockaddr_nl from = {0};
		socklen_t size = sizeof(from);
		ssize_t got = recvfrom(n->fd, n->room, sizeof(n->room),
		    MSG_DONTWAIT, (struct sockaddr *)&from, &size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS && resyncs++ < NEIGH_RESYNCS) {
			ask_all(n);
			continue;
		}
		if (got < 0)
			return;
		if (from.nl_pid == 0) /* it is the kernel's */
			neigh_take(n, n->room, (int)got);
	}
}

static void
on_news(void *arg, unsigned events)
{
	(void)events;
	read_news(arg);
}

struct neigh *
neigh_new(struct loop *l, struct err *err)
{
	struct neigh *n = calloc(1, sizeof(*n));
	struct sockaddr_nl us = {
	    .nl_family = AF_NETLINK, .nl_groups = RTMGRP_NEIGH};
	int size = NEIGH_BUFFER;

	if (!n) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	n->devices = cache_new(NEIGH_MAX, sizeof(struct device));
	n->fd = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (!n->devices)
		err_set(err, ERR_MEMORY, "out of memory");
	else if (n->fd < 0 ||
	         bind(n->fd, (struct sockaddr *)&us, sizeof(us)) < 0)
		err_sys(err, errno, "netlink");
	else if (digest_random(n->key, sizeof(n->key), err) == 0) {
		setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		watch_open(l, &n->watch, n->fd, on_news, n);
		watch_want(&n->watch, WATCH_READ);
		ask_all(n);
		read_news(n);
		return n;
	}
	neigh_free(n);
	return NULL;
}

void
neigh_free(struct neigh *n)
{
	if (!n)
		return;
	watch_close(&n->watch);
	if (n->fd >= 0)
		close(n->fd);
	cache_free(n->devices);
	free(n);
}

static bool
look(struct neigh *n, const uint8_t client[16], uint8_t mac[6])
{
	const struct device *d = cache_find(n->devices, key_of(n, client));

	if (!d || d->epoch != n->epoch || !d->known)
		return false;
	memcpy(mac, d->mac, sizeof(d->mac));
	return true;
}

bool
neigh_find(struct neigh *n, const uint8_t client[16], uint8_t mac[6])
{
	if (look(n, client, mac))
		return true;
	/* it may have been told, and not read yet */
	read_news(n);
	return look(n, client, mac);
}
