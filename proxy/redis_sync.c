/* redis_sync.c - a connection to Redis that waits for each answer. */
#include "proxy/redis_sync.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/clock.h"
#include "proxy/redis_url.h"

struct redis_sync {
	int fd;            /* owned; -1: none */
	struct resp *resp; /* owned */
	struct buf out;    /* owned */
	int64_t end;       /* of all, monotonic */
	int64_t step;      /* of this answer */
};

/* Wait until the socket can do <events>. */
static int
wait_for(struct redis_sync *r, short events, struct err *err)
{
	for (;;) {
		int64_t now = clock_mono_ms();
		int64_t end = r->step < r->end ? r->step : r->end;
		struct pollfd p = {.fd = r->fd, .events = events};
		int n;

		if (now >= end)
			return err_set(
			    err, ERR_SYSTEM, "Redis did not answer in time");
		n = poll(&p, 1, (int)(end - now));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "Redis: poll");
	}
}

static int
send_all(struct redis_sync *r, struct err *err)
{
	struct str s = buf_str(&r->out);

	while (s.n) {
		ssize_t n = send(r->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n > 0) {
			s = str_sub(s, (size_t)n, s.n);
			r->step = clock_mono_ms() + REDIS_SYNC_STEP_MS;
		} else if (errno == EAGAIN) {
			if (wait_for(r, POLLOUT, err) < 0)
				return -1;
		} else if (errno != EINTR) {
			return err_sys(err, errno, "Redis: cannot send");
		}
	}
	buf_reset(&r->out);
	return 0;
}

static int
next_reply(struct redis_sync *r, struct resp_reply *reply, struct err *err)
{
	char room[16384];

	r->step = clock_mono_ms() + REDIS_SYNC_STEP_MS;
	for (;;) {
		enum resp_result got = resp_next(r->resp, reply);
		ssize_t n;

		if (got == RESP_REPLY)
			break;
		if (got == RESP_BAD)
			return err_set(err, ERR_CORRUPT,
			    "Redis: malformed or oversized answer");
		if (wait_for(r, POLLIN, err) < 0)
			return -1;
		n = recv(r->fd, room, sizeof(room), 0);
		if (n == 0)
			return err_set(
			    err, ERR_SYSTEM, "Redis closed the connection");
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return err_sys(err, errno, "Redis: cannot read");
		if (n > 0)
			resp_feed(r->resp, room, (size_t)n);
	}
	if (reply->kind == RESP_ERROR)
		return err_set(err, ERR_REFUSED, "Redis answers: %.*s",
		    (int)(reply->text.n < 100 ? reply->text.n : 100),
		    (const char *)reply->text.p);
	return 0;
}

static int
greet(struct redis_sync *r, const struct redis_url *url, struct err *err)
{
	unsigned replies = redis_url_greet(url, &r->out);
	struct resp_reply reply;
	socklen_t n = sizeof(int);
	int why = 0;

	r->step = clock_mono_ms() + REDIS_SYNC_STEP_MS;
	if (!replies)
		return err_set(err, ERR_MEMORY, "Redis: no memory");
	if (wait_for(r, POLLOUT, err) < 0)
		return -1;
	if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0 || why)
		return err_sys(err, why, "Redis: cannot connect");
	if (send_all(r, err) < 0)
		return -1;
	while (replies--) {
		if (next_reply(r, &reply, err) < 0)
			return -1;
		if (reply.kind != RESP_STATUS)
			return err_set(
			    err, ERR_CORRUPT, "Redis: no greeting came back");
	}
	return 0;
}

struct redis_sync *
redis_sync_open(struct str text, int64_t ms, struct err *err)
{
	struct redis_sync *r = calloc(1, sizeof(*r));
	struct redis_url url;

	if (!r) {
		err_set(err, ERR_MEMORY, "Redis: no memory");
		return NULL;
	}
	r->fd = -1;
	r->end = clock_mono_ms() + ms;
	r->resp = resp_new(REDIS_REPLY_MAX);
	if (!r->resp)
		err_set(err, ERR_MEMORY, "Redis: no memory");
	else if (redis_url_parse(text, &url, err) == 0 &&
	         (r->fd = redis_url_dial(&url, err)) >= 0 &&
	         greet(r, &url, err) == 0)
		return r;
	redis_sync_close(r);
	return NULL;
}

void
redis_sync_close(struct redis_sync *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	resp_free(r->resp);
	buf_fini(&r->out);
	free(r);
}

int
redis_sync_ask(struct redis_sync *r, const struct bytes *args, unsigned n,
    struct resp_reply *reply, struct err *err)
{
	if (!resp_command(&r->out, args, n))
		return err_set(err, ERR_MEMORY, "Redis: no memory");
	r->step = clock_mono_ms() + REDIS_SYNC_STEP_MS;
	if (send_all(r, err) < 0)
		return -1;
	return next_reply(r, reply, err);
}
