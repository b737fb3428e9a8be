/* origin.c - one connection outwards. */
#include "proxy/origin.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "proxy/io.h"

static void
on_ready(void *arg, unsigned events)
{
	struct origin *o = arg;

	if (o->ready)
		o->ready(o->arg, events);
	else
		origin_close(o); /* kept ones have nothing to say */
}

static void
bury_origin(struct grave *g)
{
	free(container_of(g, struct origin, grave));
}

static socklen_t
size_of(const struct sockaddr *to)
{
	return to->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                 : sizeof(struct sockaddr_in);
}

static enum reason
reason_of(int error)
{
	switch (error) {
	case 0:
		return REASON_NONE;
	case ECONNREFUSED:
		return REASON_CONNECT_REFUSED;
	case ETIMEDOUT:
		return REASON_CONNECT_TIMEOUT;
	case EMFILE:
	case ENFILE:
		return REASON_NO_DESCRIPTORS;
	case ENOMEM:
	case ENOBUFS:
		return REASON_NO_MEMORY;
	default:
		return REASON_CONNECT_FAILED;
	}
}

/* -1: it failed, errno says how. */
static int
dial(const struct sockaddr *to, bool *ready)
{
	int one = 1, fd, error;
	struct sockaddr_storage peer;
	socklen_t n = sizeof(peer);

	fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*ready = connect(fd, to, size_of(to)) == 0;
	if (*ready)
		return fd;
	if (errno != EINPROGRESS) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	/* near ones stand by now: that saves a turn */
	*ready = getpeername(fd, (struct sockaddr *)&peer, &n) == 0;
	return fd;
}

struct origin *
origin_open(struct worker *w, const struct sockaddr *to,
    struct origin_site site, bool *ready, enum reason *why)
{
	struct origin *o = calloc(1, sizeof(*o) + site.host.n);

	if (!o || site.host.n > UINT8_MAX) {
		free(o);
		*why = REASON_NO_MEMORY;
		return NULL;
	}
	o->fd = dial(to, ready);
	if (o->fd < 0) {
		*why = reason_of(errno);
		free(o);
		return NULL;
	}
	o->worker = w;
	o->port = site.port;
	o->host_n = (uint8_t)site.host.n;
	memcpy(o->host, site.host.p, site.host.n);
	list_init(&o->age);
	list_init(&o->same);
	watch_open(w->loop, &o->watch, o->fd, on_ready, o);
	watch_want(&o->watch, *ready ? WATCH_READ : WATCH_WRITE);
	stats_add(&w->stats.origin_new, 1);
	return o;
}

enum reason
origin_outcome(const struct origin *o)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(o->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		error = errno;
	return reason_of(error);
}

void
origin_close(struct origin *o)
{
	if (!o || o->fd < 0)
		return;
	if (!list_empty(&o->age))
		stats_add(&o->worker->stats.origin_kept, (uint64_t)-1);
	list_del(&o->age);
	list_del(&o->same);
	watch_close(&o->watch);
	close(o->fd);
	o->fd = -1;
	o->ready = NULL;
	worker_bury(o->worker, &o->grave, bury_origin);
}
