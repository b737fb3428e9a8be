/* demo.c - a small origin on loopback that answers any host. */
#include "proxy/demo.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "config/loader.h"
#include "proxy/daemon.h"
#include "proxy/limits.h"
#include "proxy/resolve.h"
#include "proxy/worker.h"

#define DEMO_CONNS   64
#define DEMO_HEAD    16384
#define DEMO_WAIT_MS 5000

static const char page[] =
    "<!doctype html>\n<html lang=en><meta charset=utf-8>"
    "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
    "<title>It works</title>\n"
    "<body style=\"font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;"
    "margin:10vh auto;padding:0 1rem\">\n"
    "<h1>It works</h1>\n"
    "<p>This page came through the web filter, from a small demonstration "
    "server on this machine.</p>\n"
    "<p>Now ask for a blocked site.</p>\n";

struct demo;

/* One visitor: it speaks, is answered, and is shown out. */
struct visitor {
	struct demo *demo; /* NULL: a free seat */
	struct watch watch;
	struct timer timer;
	unsigned n;
	char tail[4]; /* the last bytes: is it the empty line? */
};

struct demo {
	struct worker *worker;
	struct watch watch;
	int fd; /* owned */
	struct visitor seat[DEMO_CONNS];
};

static void
leave(void *visitor)
{
	struct visitor *v = visitor;

	watch_close(&v->watch);
	timer_off(&v->timer);
	close(v->watch.fd);
	v->demo = NULL;
}

static void
answer(struct visitor *v)
{
	char out[sizeof(page) + 256];
	int n = snprintf(out, sizeof(out),
	    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	    sizeof(page) - 1, page);

	/* it fits into any fresh socket */
	(void)!send(v->watch.fd, out, (size_t)n, MSG_NOSIGNAL);
	shutdown(v->watch.fd, SHUT_WR);
}

static void
hear(void *visitor, unsigned events)
{
	struct visitor *v = visitor;
	char room[2048];
	ssize_t n = recv(v->watch.fd, room, sizeof(room), 0);

	(void)events;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || (v->n += (unsigned)n) > DEMO_HEAD) {
		leave(v);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		memmove(v->tail, v->tail + 1, 3);
		v->tail[3] = room[i];
		if (memcmp(v->tail, "\r\n\r\n", 4) == 0) {
			answer(v);
			leave(v);
			return;
		}
	}
}

static void
greet(void *arg, unsigned events)
{
	struct demo *d = arg;
	int fd = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	for (unsigned i = 0; i < DEMO_CONNS; i++) {
		struct visitor *v = &d->seat[i];

		if (v->demo)
			continue;
		v->demo = d;
		v->n = 0;
		memset(v->tail, 0, sizeof(v->tail));
		watch_open(d->worker->loop, &v->watch, fd, hear, v);
		watch_want(&v->watch, WATCH_READ);
		timer_arm(&v->timer, DEMO_WAIT_MS);
		return;
	}
	close(fd);
}

static void
address(struct sockaddr_in *in)
{
	*in = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_port = htons(DEMO_PORT)};
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static struct demo *
demo_new(struct worker *w, struct err *err)
{
	struct demo *d = calloc(1, sizeof(*d));
	struct sockaddr_in at;
	int one = 1;

	if (!d) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	d->worker = w;
	d->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	address(&at);
	setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (d->fd < 0 ||
	    bind(d->fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(d->fd, DEMO_CONNS) < 0) {
		err_sys(err, errno, "cannot serve the demo on 127.0.0.1:%d",
		    DEMO_PORT);
		if (d->fd >= 0)
			close(d->fd);
		free(d);
		return NULL;
	}
	for (unsigned i = 0; i < DEMO_CONNS; i++)
		timer_init(w->loop, &d->seat[i].timer, leave, &d->seat[i]);
	watch_open(w->loop, &d->watch, d->fd, greet, d);
	watch_want(&d->watch, WATCH_READ);
	return d;
}

int
demo_open(struct worker *w, const struct daemon_inherit *in, struct err *err)
{
	w->demo_names = in->paths && in->paths->demo;
	if (!w->demo_names || w->index != 0)
		return 0;
	w->demo = demo_new(w, err);
	return w->demo ? 0 : -1;
}

void
demo_free(struct demo *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < DEMO_CONNS; i++) {
		if (d->seat[i].demo)
			leave(&d->seat[i]);
		timer_fini(&d->seat[i].timer);
	}
	watch_close(&d->watch);
	close(d->fd);
	free(d);
}

bool
demo_has(struct name n)
{
	return n.kind == NAME_DNS && str_ends(name_str(n), STR(".test"));
}

void
demo_address(struct resolve_result *out)
{
	*out = (struct resolve_result){.n = 1};
	address((void *)&out->addr[0]);
}
