/* listen.c - the listening sockets of a worker. */
#include "proxy/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "config/config.h"
#include "proxy/clients.h"
#include "proxy/conn.h"
#include "proxy/daemon.h"
#include "proxy/limits.h"
#include "proxy/origin.h"
#include "proxy/worker.h"

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool
client_address(const struct sockaddr_storage *from, uint8_t out[16])
{
	const void *p = from;

	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = p;

		memcpy(out, mapped, 12);
		memcpy(out + 12, &in->sin_addr, 4);
		return true;
	}
	if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = p;

		memcpy(out, &in6->sin6_addr, 16);
		return true;
	}
	return false;
}

static bool
is_loopback(const uint8_t a[16])
{
	static const uint8_t one[16] = {[15] = 1};

	if (memcmp(a, mapped, 12) == 0)
		return a[12] == 127;
	return memcmp(a, one, 16) == 0;
}

/* May <client> use this listener? */
static bool
admits(const struct listener *l, const uint8_t client[16])
{
	if (!l->config)
		return false;
	if (l->config->allow_clients.n == 0)
		return is_loopback(client);
	for (unsigned i = 0; i < l->config->allow_clients.n; i++)
		if (net_has(&l->config->allow_clients.v[i], client))
			return true;
	return false;
}

/* Say why in as few words as there are, and close. */
static void
turn_away(int fd, struct str answer)
{
	char junk[2048];

	/* what has come already is taken, so that the answer is no reset */
	if (recv(fd, junk, sizeof(junk), MSG_DONTWAIT) >= 0 || errno == EAGAIN)
		(void)!send(fd, answer.p, answer.n, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	close(fd);
}

static void
welcome(struct listener *l, int fd, const struct sockaddr_storage *from)
{
	struct worker *w = l->worker;
	uint8_t client[16];

	stats_add(&w->stats.accepted, 1);
	if (!client_address(from, client) || !admits(l, client)) {
		stats_add(&w->stats.refused, 1);
		turn_away(
		    fd, STR("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n"
		            "Content-Type: text/plain\r\nContent-Length: 39\r\n"
		            "\r\nThis client may not use the web filter.\n"));
		return;
	}
	if (!clients_enter(
	        w->clients, client, w->config->connections_per_client)) {
		stats_add(&w->stats.client_limited, 1);
		turn_away(fd,
		    STR("HTTP/1.1 429 Too Many Requests\r\nConnection: close"
		        "\r\nContent-Type: text/plain\r\nRetry-After: 5\r\n"
		        "Content-Length: 43\r\n\r\n"
		        "This client has too many connections open.\n"));
		return;
	}
	conn_open(l, fd, client);
}

static void
on_accept(void *arg, unsigned events)
{
	struct listener *l = arg;
	struct worker *w = l->worker;

	(void)events;
	for (unsigned i = 0; i < LIMIT_ACCEPTS; i++) {
		struct sockaddr_storage from;
		socklen_t n = sizeof(from);
		int fd;

		if (w->nconns >= w->most_conns) {
			listen_pause(w);
			return;
		}
		fd = accept4(l->fd, (struct sockaddr *)&from, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			welcome(l, fd, &from);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return;
		/* descriptors, memory: not at once, and kept ones may help */
		origin_pool_clear(w->pool);
		listen_pause(w);
		return;
	}
}

static void
on_pause_over(void *arg)
{
	listen_start(arg);
}

int
listen_open(struct worker *w, const struct daemon_inherit *in, struct err *err)
{
	unsigned at = 0, one = 1;

	w->listeners =
	    calloc(in->nsockets / in->nworkers + 1, sizeof(*w->listeners));
	if (!w->listeners)
		return err_set(err, ERR_MEMORY, "out of memory");
	timer_init(w->loop, &w->accept_timer, on_pause_over, w);
	for (unsigned i = 0; i < in->config->listen.n; i++) {
		const struct config_listen *lc = &in->config->listen.v[i];

		for (unsigned a = 0; a < lc->address.n; a++, at++) {
			struct listener *l = &w->listeners[w->nlisteners];

			if ((at + 1) * in->nworkers > in->nsockets)
				return err_set(err, ERR_INPUT,
				    "fewer sockets than addresses");
			*l = (struct listener){.worker = w,
			    .config = lc,
			    .name = lc->name,
			    .index = (uint16_t)i,
			    .fd = in->sockets[at * in->nworkers + w->index]};
			/* what is accepted has it from here */
			setsockopt(
			    l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			watch_open(w->loop, &l->watch, l->fd, on_accept, l);
			w->nlisteners++;
		}
	}
	return 0;
}

void
listen_close(struct worker *w)
{
	for (unsigned i = 0; i < w->nlisteners; i++)
		watch_close(&w->listeners[i].watch);
	timer_fini(&w->accept_timer);
	free(w->listeners);
	w->listeners = NULL;
	w->nlisteners = 0;
}

void
listen_start(struct worker *w)
{
	for (unsigned i = 0; i < w->nlisteners && !w->draining; i++)
		watch_want(&w->listeners[i].watch, WATCH_READ);
}

void
listen_stop(struct worker *w)
{
	for (unsigned i = 0; i < w->nlisteners; i++)
		watch_want(&w->listeners[i].watch, WATCH_NONE);
}

void
listen_pause(struct worker *w)
{
	stats_add(&w->stats.accept_paused, 1);
	listen_stop(w);
	timer_arm(&w->accept_timer, LIMIT_ACCEPT_PAUSE_MS);
}

void
listen_settle(struct worker *w, const struct config *c)
{
	for (unsigned i = 0; i < w->nlisteners; i++) {
		struct listener *l = &w->listeners[i];

		l->config = NULL;
		for (unsigned k = 0; k < c->listen.n && !l->config; k++)
			if (str_eq(c->listen.v[k].name, l->name))
				l->config = &c->listen.v[k];
	}
}
