/*
 * redis.c - the link of one worker to Redis.
 *
 * Questions stand in a ring in the order they were sent; a reply belongs to
 * the oldest. One that is late or forgotten keeps its place, so that its reply
 * is never taken for the next one's. A reply that cannot be an answer to the
 * question at its place means that the two sides disagree on the order: the
 * connection is closed rather than trusted any further.
 */
#include "proxy/redis.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bug.h"
#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "base/table.h"
#include "config/config.h"
#include "proxy/loop.h"
#include "proxy/redis_url.h"
#include "proxy/stats.h"
#include "proxy/wire/resp.h"

#define REDIS_DIAL_MS     1000                /* to connect; a LAN takes one */
#define REDIS_GREET_MS    1000                /* for AUTH, SELECT, PING */
#define REDIS_BACKOFF_MS  1000                /* the breaker's first wait */
#define REDIS_BACKOFF_MAX 30000               /* and its longest */
#define REDIS_FAILURES    3                   /* in a row, then it opens */
#define REDIS_OUT_MAX     ((size_t)256 << 10) /* unsent; then: as if down */
#define REDIS_READ        16384
#define REDIS_READS       8 /* of REDIS_READ in one go; then others' turn */

enum link_state {
	LINK_DOWN = 0, /* the breaker is open */
	LINK_DIAL,
	LINK_GREET,
	LINK_UP,
	LINK_BROKEN, /* a write failed in the asker's stack: down next turn */
};

enum question_kind { QUESTION_GREET = 0, QUESTION_GET, QUESTION_SET };

struct question {
	enum question_kind kind;
	bool waiting; /* somebody still wants to know */
	int64_t due;
	redis_done *done; /* of a GET */
	void *arg;        /* borrowed from who asked, while waiting */
};

struct redis {
	struct loop *loop;   /* borrowed */
	struct stats *stats; /* borrowed */
	struct redis_url url;
	enum link_state state;
	int fd; /* owned; -1: none */
	struct watch watch;
	struct timer timer; /* of the state; when UP, of the oldest question */
	struct resp *resp;  /* owned; NULL when down */
	struct buf out;     /* owned: not yet sent */
	struct question ring[REDIS_PENDING_MAX];
	uint64_t head, expiring, tail; /* oldest, oldest not late, next */
	int64_t last_due; /* deadlines never go back: the ring is in order */
	unsigned failures;
	int64_t backoff_ms, timeout_ms;
	uint64_t chance;
	struct log_often downs, complaints;
};

static void link_ready(void *arg, unsigned events);
static void link_late(void *arg);

static const struct {
	const char *name;
	unsigned next;   /* the states it may move to */
	int64_t late_ms; /* its longest wait; -1: set by who moves there */
} states[] = {
#define TO(s) (1u << LINK_##s)
    /* clang-format off */
    [LINK_DOWN]   = {"down",   TO(DIAL) | TO(DOWN),           -1},
    [LINK_DIAL]   = {"dial",   TO(GREET) | TO(DOWN),          REDIS_DIAL_MS},
    [LINK_GREET]  = {"greet",  TO(UP) | TO(DOWN),             REDIS_GREET_MS},
    [LINK_UP]     = {"up",     TO(BROKEN) | TO(DOWN),         -1},
    [LINK_BROKEN] = {"broken", TO(DOWN),                      0},
/* clang-format on */
#undef TO
};
static_assert(ARRAY_LEN(states) == LINK_BROKEN + 1, "every state has its row");

static void
link_goto(struct redis *r, enum link_state to)
{
	if (BUG((states[r->state].next & (1u << to)) == 0))
		to = LINK_DOWN;
	r->state = to;
	stats_set(&r->stats->redis_up, to == LINK_UP);
	timer_off(&r->timer);
	if (states[to].late_ms >= 0)
		timer_arm(&r->timer, states[to].late_ms);
}

static uint64_t
chance(struct redis *r)
{
	r->chance ^= r->chance << 13;
	r->chance ^= r->chance >> 7;
	r->chance ^= r->chance << 17;
	return r->chance;
}

static struct question *
question_at(struct redis *r, uint64_t seq)
{
	return &r->ring[seq % REDIS_PENDING_MAX];
}

/* Tell who waits, if anybody still does. May ask again from within. */
static void
question_tell(struct question *q, enum redis_answer a, struct bytes value)
{
	redis_done *done = q->done;
	void *arg = q->arg;

	if (!q->waiting)
		return;
	q->waiting = false;
	if (q->kind == QUESTION_GET)
		done(arg, a, value);
}

/*
 * Close, tell all who wait, try again after a while that doubles each time.
 * Who is told finds the link down and cannot ask anew. <why> NULL: not worth
 * a word.
 */
static void
link_down(struct redis *r, const char *why)
{
	int64_t wait = r->backoff_ms;

	if (r->fd >= 0) {
		watch_close(&r->watch);
		close(r->fd);
		r->fd = -1;
	}
	resp_free(r->resp);
	r->resp = NULL;
	buf_fini(&r->out);
	link_goto(r, LINK_DOWN);
	wait = wait - wait / 4 + (int64_t)(chance(r) % (uint64_t)(wait / 2));
	r->backoff_ms *= 2;
	if (r->backoff_ms > REDIS_BACKOFF_MAX)
		r->backoff_ms = REDIS_BACKOFF_MAX;
	r->failures = 0;
	timer_arm(&r->timer, wait);
	if (why)
		log_often(&r->downs, LOG_WARN_,
		    "Redis: %s; going on without it", why);
	while (r->head != r->tail)
		question_tell(question_at(r, r->head++), REDIS_FAILED,
		    (struct bytes){NULL, 0});
	r->expiring = r->head;
}

/* Room for one more question? */
static bool
link_has_room(const struct redis *r)
{
	return r->tail - r->head < REDIS_PENDING_MAX &&
	       r->out.n < REDIS_OUT_MAX;
}

static bool
link_command(struct redis *r, const struct bytes *args, unsigned n)
{
	bool added = redis_is_up(r) && resp_command(&r->out, args, n);

	r->out.failed = false; /* memory may be there again next time */
	return added;
}

/* Put a question at the end of the ring; its command is in <out> already. */
static uint64_t
link_expect(struct redis *r, struct question q)
{
	q.due = clock_mono_ms() + r->timeout_ms;
	if (q.due < r->last_due)
		q.due = r->last_due;
	if (r->state == LINK_UP) /* a greeting has a deadline of its own */
		r->last_due = q.due;
	*question_at(r, r->tail) = q;
	return r->tail++;
}

/* Send what there is. False: the connection is gone. */
static bool
link_flush(struct redis *r)
{
	while (r->out.n) {
		ssize_t n = send(r->fd, r->out.p, r->out.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0)
			break;
		buf_eat(&r->out, (size_t)n);
	}
	watch_want(
	    &r->watch, WATCH_READ | (r->out.n ? WATCH_WRITE : WATCH_NONE));
	return true;
}

/* Send from within the asker's stack, where nobody may be told anything. */
static void
link_send(struct redis *r)
{
	if (!link_flush(r))
		link_goto(r, LINK_BROKEN);
	else if (!r->timer.due)
		timer_arm(&r->timer, r->timeout_ms);
}

static void
link_dial(struct redis *r)
{
	struct err err;

	r->fd = redis_url_dial(&r->url, &err);
	if (r->fd < 0) {
		link_down(r, err.text);
		return;
	}
	link_goto(r, LINK_DIAL);
	watch_open(r->loop, &r->watch, r->fd, link_ready, r);
	watch_want(&r->watch, WATCH_WRITE);
}

static void
link_greet(struct redis *r)
{
	int why = 0;
	socklen_t n = sizeof(why);
	unsigned replies;

	if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0 || why) {
		link_down(r, why == ECONNREFUSED ? "connection refused"
		                                 : "cannot connect");
		return;
	}
	r->resp = resp_new(REDIS_REPLY_MAX);
	replies = redis_url_greet(&r->url, &r->out);
	if (!r->resp || !replies) {
		link_down(r, "out of memory");
		return;
	}
	link_goto(r, LINK_GREET);
	while (replies--)
		link_expect(r,
		    (struct question){.kind = QUESTION_GREET, .waiting = true});
	if (!link_flush(r))
		link_down(r, "connection lost");
}

/*
 * An error in place of an answer. What is wrong with one key says nothing of
 * the link; anything else (loading, moved, no permission) will be said again.
 */
static void
link_complain(struct redis *r, struct bytes text)
{
	struct str s = {(const char *)text.p, text.n};

	stats_add(&r->stats->redis_errors, 1);
	if (!str_starts(s, STR("WRONGTYPE")))
		r->failures++;
	log_often(&r->complaints, LOG_WARN_, "Redis answers: %.*s",
	    (int)(s.n < 100 ? s.n : 100), s.n ? s.p : "");
}

static void
link_works(struct redis *r)
{
	r->failures = 0;
	r->backoff_ms = REDIS_BACKOFF_MS;
}

static bool
greet_reply(struct redis *r, const struct resp_reply *reply)
{
	if (reply->kind == RESP_ERROR)
		link_complain(r, reply->text);
	if (reply->kind != RESP_STATUS)
		return false;
	if (r->head == r->tail) {
		r->failures = 0;
		link_goto(r, LINK_UP);
		log_info("Redis: connected");
	}
	return true;
}

static bool
get_reply(struct redis *r, struct question *q, const struct resp_reply *reply)
{
	bool fits = reply->kind == RESP_STRING || reply->kind == RESP_NIL;

	if (fits && q->waiting)
		link_works(r);
	if (fits) {
		question_tell(q,
		    reply->kind == RESP_NIL ? REDIS_NIL : REDIS_VALUE,
		    reply->text);
		return true;
	}
	if (reply->kind == RESP_ERROR)
		link_complain(r, reply->text);
	question_tell(q, REDIS_FAILED, (struct bytes){NULL, 0});
	return reply->kind == RESP_ERROR;
}

/* A Redis that is full or a replica refuses to store and still answers. */
static bool
set_reply(struct redis *r, struct question *q, const struct resp_reply *reply)
{
	unsigned failures = r->failures;

	if (reply->kind == RESP_ERROR) {
		link_complain(r, reply->text);
		r->failures = failures;
	} else if (q->waiting) {
		link_works(r);
	}
	q->waiting = false;
	return reply->kind == RESP_STATUS || reply->kind == RESP_ERROR;
}

/* False: the link cannot go on (and the question was told). */
static bool
link_reply(struct redis *r, const struct resp_reply *reply)
{
	struct question *q, copy;

	if (r->head == r->tail)
		return false; /* nobody asked */
	/* a copy: who is told may ask anew, and that may take this place */
	q = question_at(r, r->head++);
	copy = *q;
	q->waiting = false;
	if (r->expiring < r->head)
		r->expiring = r->head;
	switch (copy.kind) {
	case QUESTION_GREET:
		return greet_reply(r, reply);
	case QUESTION_GET:
		return get_reply(r, &copy, reply);
	case QUESTION_SET:
		return set_reply(r, &copy, reply);
	}
	return false;
}

static bool
link_is_open(const struct redis *r)
{
	return r->state == LINK_GREET || r->state == LINK_UP;
}

static void
link_replies(struct redis *r)
{
	struct resp_reply reply;
	enum resp_result got = RESP_MORE;

	while (link_is_open(r) &&
	       (got = resp_next(r->resp, &reply)) == RESP_REPLY) {
		if (!link_reply(r, &reply)) {
			stats_add(&r->stats->redis_errors, 1);
			link_down(r, r->state == LINK_GREET
			                 ? "it refuses the greeting"
			                 : "an answer that fits no question");
			return;
		}
		if (r->failures >= REDIS_FAILURES) {
			link_down(r, "it answers with errors");
			return;
		}
	}
	if (link_is_open(r) && got == RESP_BAD) {
		stats_add(&r->stats->redis_errors, 1);
		link_down(r, "malformed or oversized answer");
	}
}

static void
link_read(struct redis *r)
{
	char room[REDIS_READ];

	for (unsigned i = 0; i < REDIS_READS && link_is_open(r); i++) {
		ssize_t n = recv(r->fd, room, sizeof(room), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			link_down(r, "connection lost");
			return;
		}
		resp_feed(r->resp, room, (size_t)n);
		link_replies(r);
	}
}

static void
link_ready(void *arg, unsigned events)
{
	struct redis *r = arg;

	switch (r->state) {
	case LINK_DIAL:
		link_greet(r);
		break;
	case LINK_GREET:
	case LINK_UP:
		if (events & WATCH_WRITE && !link_flush(r))
			link_down(r, "connection lost");
		else if (events & WATCH_READ)
			link_read(r);
		break;
	case LINK_DOWN:
	case LINK_BROKEN:
		break;
	}
}

/* Tell those whose time is over; their places in the ring stay taken. */
static void
link_expire(struct redis *r)
{
	int64_t now = clock_mono_ms();

	while (
	    r->expiring != r->tail && question_at(r, r->expiring)->due <= now) {
		struct question *q = question_at(r, r->expiring++);

		/* one that was forgotten before its time is no less late */
		r->failures++;
		if (q->waiting && q->kind == QUESTION_GET)
			stats_add(&r->stats->redis_timeouts, 1);
		question_tell(q, REDIS_FAILED, (struct bytes){NULL, 0});
	}
	if (r->state != LINK_UP)
		return;
	if (r->failures >= REDIS_FAILURES)
		link_down(r, "it does not answer in time");
	else if (r->expiring != r->tail)
		timer_arm(&r->timer, question_at(r, r->expiring)->due - now);
}

static void
link_late(void *arg)
{
	struct redis *r = arg;

	switch (r->state) {
	case LINK_DOWN:
		link_dial(r);
		break;
	case LINK_DIAL:
		link_down(r, "no connection in time");
		break;
	case LINK_GREET:
		link_down(r, "no greeting in time");
		break;
	case LINK_UP:
		link_expire(r);
		break;
	case LINK_BROKEN:
		link_down(r, "connection lost");
		break;
	}
}

struct redis *
redis_new(struct loop *l, const struct config *c, struct stats *stats,
    const uint8_t chance16[16], struct err *err)
{
	struct redis *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(err, ERR_MEMORY, "Redis: no memory");
		return NULL;
	}
	if (redis_url_parse(c->redis_url, &r->url, err) < 0) {
		free(r);
		return NULL;
	}
	r->loop = l;
	r->stats = stats;
	r->fd = -1;
	r->head = r->expiring = r->tail = 1; /* 0 is no ticket */
	r->backoff_ms = REDIS_BACKOFF_MS;
	memcpy(&r->chance, chance16, sizeof(r->chance));
	r->chance |= 1;
	redis_retune(r, c);
	timer_init(l, &r->timer, link_late, r);
	timer_arm(&r->timer, 0);
	return r;
}

void
redis_free(struct redis *r)
{
	if (!r)
		return;
	if (r->state != LINK_DOWN)
		link_down(r, NULL);
	timer_fini(&r->timer);
	free(r);
}

void
redis_retune(struct redis *r, const struct config *c)
{
	r->timeout_ms = c->redis_timeout_ms ? c->redis_timeout_ms : 1;
}

bool
redis_is_up(const struct redis *r)
{
	return r->state == LINK_UP && link_has_room(r);
}

uint64_t
redis_get(struct redis *r, struct bytes key, redis_done *done, void *arg)
{
	struct bytes args[2] = {{(const uint8_t *)"GET", 3}, key};
	uint64_t ticket;

	if (!link_command(r, args, 2))
		return 0;
	ticket = link_expect(r, (struct question){.kind = QUESTION_GET,
	                            .waiting = true,
	                            .done = done,
	                            .arg = arg});
	link_send(r);
	return ticket;
}

void
redis_forget(struct redis *r, uint64_t ticket)
{
	if (ticket >= r->head && ticket < r->tail)
		question_at(r, ticket)->waiting = false;
}

void
redis_set(struct redis *r, struct bytes key, struct bytes value, unsigned ttl_s)
{
	char seconds[16];
	struct bytes args[5] = {{(const uint8_t *)"SET", 3}, key, value,
	    {(const uint8_t *)"EX", 2}, {(const uint8_t *)seconds, 0}};
	int n = snprintf(seconds, sizeof(seconds), "%u", ttl_s ? ttl_s : 1);

	args[4].n = n > 0 ? (size_t)n : 0;
	if (!link_command(r, args, 5))
		return;
	link_expect(
	    r, (struct question){.kind = QUESTION_SET, .waiting = true});
	link_send(r);
}
