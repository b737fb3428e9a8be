/*
 * sockets.h - the sockets that listen: made once by the supervisor, inherited
 * by every proxy process, so that none is ever closed by a crash.
 */
#ifndef PROXY_SOCKETS_H
#define PROXY_SOCKETS_H

struct config;
struct err;

/* Connections that wait for us to accept them. The kernel cuts it to
 * net.core.somaxconn; beyond that clients wait and try again. */
#define SOCKETS_BACKLOG 4096

struct sockets {
	int *fd; /* owned; for each address of each listener <each> of them */
	unsigned n; /* in all */
	unsigned each;
};

/*
 * Open <each> sockets with SO_REUSEPORT for each address of the configuration,
 * in its order. An address where anybody listens already is refused, another
 * instance of ourselves included. -1 with <err> set; nothing is open then.
 */
int sockets_open(
    struct sockets *s, const struct config *c, unsigned each, struct err *err);
void sockets_close(struct sockets *s);

/* "127.0.0.1:3128" of socket <fd> into <out>. */
#define SOCKETS_TEXT 64
void sockets_text(int fd, char out[SOCKETS_TEXT]);

/*
 * Open the control socket <path>, 0660. One that nobody answers at is
 * removed; what is no socket, or is answered, is refused. -1 with <err> set.
 */
int sockets_control(const char *path, struct err *err);

/* Connect to the control socket; -1 with <err> set. */
int sockets_control_connect(const char *path, struct err *err);

#endif
