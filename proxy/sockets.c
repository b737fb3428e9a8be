/*
 * sockets.c - the sockets that listen.
 */
#include "proxy/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "config/config.h"

#define CONTROL_BACKLOG 16

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage room;
};

static int
address_of(const struct hostport *from, union address *a, socklen_t *n)
{
	struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_PASSIVE,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char host[256];

	if (!str_copy(from->host, host, sizeof(host)) ||
	    getaddrinfo(host, NULL, &hints, &found) != 0)
		return -1;
	memcpy(&a->room, found->ai_addr, found->ai_addrlen);
	*n = found->ai_addrlen;
	freeaddrinfo(found);
	if (a->any.sa_family == AF_INET)
		a->in.sin_port = htons(from->port);
	else
		a->in6.sin6_port = htons(from->port);
	return 0;
}

static int
bound(const union address *a, socklen_t n, int share)
{
	int one = 1, why;
	int fd = socket(
	    a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    (!share || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one,
	                   sizeof(one)) == 0) &&
	    (a->any.sa_family != AF_INET6 ||
	        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ==
	            0) &&
	    bind(fd, &a->any, n) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

/*
 * With SO_REUSEPORT a second instance of the same user would silently get
 * half of the connections; without it bind() tells.
 */
static int
is_free(const union address *a, socklen_t n)
{
	int fd = bound(a, n, 0);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int
open_address(struct sockets *s, const struct hostport *h, struct err *err)
{
	union address a;
	socklen_t n;

	if (address_of(h, &a, &n) < 0)
		return err_set(err, ERR_INPUT,
		    "%.*s is no address to listen on", STR_ARG(h->host));
	if (h->port && is_free(&a, n) < 0)
		return err_sys(err, errno, "cannot listen on %.*s port %u",
		    STR_ARG(h->host), (unsigned)h->port);
	for (unsigned i = 0; i < s->each; i++) {
		int fd = bound(&a, n, 1);

		if (fd >= 0)
			s->fd[s->n++] = fd;
		if (fd < 0 || listen(fd, SOCKETS_BACKLOG) < 0)
			return err_sys(err, errno,
			    "cannot listen on %.*s port %u", STR_ARG(h->host),
			    (unsigned)h->port);
		/* where the kernel chose the port, the others take the same */
		if (getsockname(fd, &a.any, &n) < 0)
			return err_sys(err, errno, "getsockname");
	}
	return 0;
}

int
sockets_open(
    struct sockets *s, const struct config *c, unsigned each, struct err *err)
{
	size_t all = 0;

	for (unsigned l = 0; l < c->listen.n; l++)
		all += c->listen.v[l].address.n;
	*s = (struct sockets){.each = each};
	s->fd = calloc(all * each + 1, sizeof(*s->fd));
	if (!s->fd)
		return err_set(err, ERR_MEMORY, "out of memory");
	for (unsigned l = 0; l < c->listen.n; l++)
		for (unsigned a = 0; a < c->listen.v[l].address.n; a++)
			if (open_address(s, &c->listen.v[l].address.v[a], err) <
			    0) {
				sockets_close(s);
				return -1;
			}
	return 0;
}

void
sockets_close(struct sockets *s)
{
	for (unsigned i = 0; i < s->n; i++)
		close(s->fd[i]);
	free(s->fd);
	*s = (struct sockets){0};
}

void
sockets_text(int fd, char out[SOCKETS_TEXT])
{
	union address a;
	socklen_t n = sizeof(a);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, &a.any, &n) < 0 ||
	    getnameinfo(&a.any, n, host, sizeof(host), port, sizeof(port),
	        NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		snprintf(out, SOCKETS_TEXT, "?");
		return;
	}
	if (a.any.sa_family == AF_INET6)
		snprintf(out, SOCKETS_TEXT, "[%.46s]:%.5s", host, port);
	else
		snprintf(out, SOCKETS_TEXT, "%.46s:%.5s", host, port);
}

/* ---------------------------------------------------------------- control */

static int
control_address(const char *path, struct sockaddr_un *a, struct err *err)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!str_copy(str_of(path), a->sun_path, sizeof(a->sun_path)))
		return err_set(err, ERR_LIMIT,
		    "%s: the path of a socket may have %zu bytes; set [proxy] "
		    "control to a shorter one",
		    path, sizeof(a->sun_path) - 1);
	return 0;
}

int
sockets_control_connect(const char *path, struct err *err)
{
	struct sockaddr_un a;
	int fd;

	if (control_address(path, &a, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, errno, "socket");
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	err_sys(err, errno, "cannot connect to %s", path);
	close(fd);
	return -1;
}

/* Make room for our socket; -1 with <err> where that is not ours to do. */
static int
clear_stale(const char *path, struct err *err)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) < 0)
		return errno == ENOENT
		           ? 0
		           : err_sys(err, errno, "cannot look at %s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_REFUSED,
		    "%s is there and is no socket; it is left alone", path);
	fd = sockets_control_connect(path, NULL);
	if (fd >= 0) {
		close(fd);
		return err_set(err, ERR_REFUSED,
		    "another suzgi is running and answers at %s", path);
	}
	if (unlink(path) < 0)
		return err_sys(err, errno, "cannot remove %s", path);
	return 0;
}

int
sockets_control(const char *path, struct err *err)
{
	struct sockaddr_un a;
	mode_t mask;
	int fd, rc;

	if (control_address(path, &a, err) < 0 || clear_stale(path, err) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, errno, "socket");
	mask = umask(0117);
	rc = bind(fd, (const struct sockaddr *)&a, sizeof(a));
	umask(mask);
	if (rc == 0 && listen(fd, CONTROL_BACKLOG) == 0)
		return fd;
	err_sys(err, errno, "cannot listen on %s", path);
	close(fd);
	return -1;
}
