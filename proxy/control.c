/*
 * control.c - the local socket: one line asks, one JSON answer, then the end.
 */
#include "proxy/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/clock.h"

enum client_state {
	CLIENT_FREE = 0,
	CLIENT_ASKING,  /* the line is being read */
	CLIENT_WAITING, /* for control_answer(); no deadline of ours */
	CLIENT_TELLING, /* the answer is being written */
};

struct client {
	enum client_state state;
	int fd; /* owned, unless FREE */
	uint64_t id;
	int64_t deadline; /* monotonic ms; ASKING, TELLING */
	char line[CONTROL_LINE];
	size_t n;
	struct buf answer; /* owned */
};

struct control {
	int fd; /* borrowed */
	control_ask *ask;
	void *arg;
	uint64_t ids;
	int64_t pause; /* monotonic ms: until then nobody is accepted */
	struct client client[CONTROL_CLIENTS];
};

struct control *
control_new(int fd, control_ask *ask, void *arg, struct err *err)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	c->fd = fd;
	c->ask = ask;
	c->arg = arg;
	return c;
}

static void
client_close(struct client *k)
{
	close(k->fd);
	buf_fini(&k->answer);
	k->state = CLIENT_FREE;
}

void
control_free(struct control *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].state != CLIENT_FREE)
			client_close(&c->client[i]);
	free(c);
}

/* Entry 0 is the listening socket, entry i+1 client i; -1: not polled. */
unsigned
control_poll(const struct control *c, struct pollfd *p)
{
	static const short events[] = {
	    [CLIENT_ASKING] = POLLIN,
	    [CLIENT_WAITING] = 0, /* only that it goes away */
	    [CLIENT_TELLING] = POLLOUT,
	};
	bool room = false;

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		const struct client *k = &c->client[i];

		p[i + 1] = (struct pollfd){.fd = -1};
		if (k->state == CLIENT_FREE)
			room = true;
		else
			p[i + 1] = (struct pollfd){
			    .fd = k->fd, .events = events[k->state]};
	}
	if (clock_mono_ms() < c->pause)
		room = false;
	p[0] = (struct pollfd){.fd = room ? c->fd : -1, .events = POLLIN};
	return CONTROL_FDS;
}

int
control_wait(const struct control *c)
{
	int64_t now = clock_mono_ms();
	int64_t least = c->pause > now ? c->pause - now : -1;

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		const struct client *k = &c->client[i];
		int64_t left = k->deadline > now ? k->deadline - now : 0;

		if (k->state != CLIENT_ASKING && k->state != CLIENT_TELLING)
			continue;
		if (least < 0 || left < least)
			least = left;
	}
	return (int)least;
}

static void
client_tell(struct client *k)
{
	while (k->answer.n) {
		ssize_t n = send(k->fd, k->answer.p, k->answer.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			break;
		buf_eat(&k->answer, (size_t)n);
	}
	client_close(k);
}

static void
client_answer(struct client *k)
{
	k->state = CLIENT_TELLING;
	k->deadline = clock_mono_ms() + CONTROL_TELL_MS;
	if (k->answer.failed)
		client_close(k); /* out of memory: no answer is one too */
	else
		client_tell(k);
}

void
control_answer(struct control *c, uint64_t client, struct str answer)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *k = &c->client[i];

		if (k->state != CLIENT_WAITING || k->id != client)
			continue;
		buf_add_str(&k->answer, answer);
		client_answer(k);
	}
}

static void
client_asked(struct control *c, struct client *k, struct str line)
{
	k->state = CLIENT_WAITING;
	if (c->ask(c->arg, str_trim(line), k->id, &k->answer))
		client_answer(k);
}

static void
client_read(struct control *c, struct client *k)
{
	struct str line, rest;
	ssize_t n = read(k->fd, k->line + k->n, sizeof(k->line) - k->n);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(k);
		return;
	}
	k->n += (size_t)n;
	if (str_cut(str_make(k->line, k->n), '\n', &line, &rest)) {
		client_asked(c, k, line);
	} else if (k->n == sizeof(k->line)) {
		buf_add_str(&k->answer,
		    STR("{\"error\":\"the request is too long\"}\n"));
		client_answer(k);
	}
}

static void
client_run(struct control *c, struct client *k, short events, int64_t now)
{
	bool gone = (events & (POLLERR | POLLNVAL)) ||
	            ((events & POLLHUP) && k->state != CLIENT_ASKING);

	switch (k->state) {
	case CLIENT_FREE:
		return;
	case CLIENT_ASKING:
		if (!gone && (events & (POLLIN | POLLHUP)))
			client_read(c, k);
		break;
	case CLIENT_WAITING:
		break;
	case CLIENT_TELLING:
		if (!gone && (events & POLLOUT))
			client_tell(k);
		break;
	}
	if (k->state == CLIENT_FREE)
		return;
	if (gone || (k->state != CLIENT_WAITING && now >= k->deadline))
		client_close(k);
}

static void
accept_one(struct control *c)
{
	struct client *k = c->client;
	int fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) { /* it went away, or descriptors are out: no spinning */
		c->pause = clock_mono_ms() + CONTROL_PAUSE_MS;
		return;
	}
	while (k->state != CLIENT_FREE)
		k++; /* control_poll() saw to it that there is one */
	*k = (struct client){
	    .state = CLIENT_ASKING,
	    .fd = fd,
	    .id = ++c->ids,
	    .deadline = clock_mono_ms() + CONTROL_ASK_MS,
	};
}

void
control_run(struct control *c, const struct pollfd *p)
{
	int64_t now = clock_mono_ms();

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (p[i + 1].fd >= 0)
			client_run(c, &c->client[i], p[i + 1].revents, now);
	if (p[0].fd >= 0 && (p[0].revents & POLLIN))
		accept_one(c);
}
