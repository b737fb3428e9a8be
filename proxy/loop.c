/* loop.c - the event loop of one thread; the door to libevent. */
#include "proxy/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/err.h"
#include "base/sys/clock.h"

_Static_assert(sizeof(struct event) <= LOOP_EVENT_BYTES, "an event fits");

struct loop {
	struct event_base *base; /* owned */
	struct list_node news;   /* watches that want more than is set */
	int64_t now, wall;       /* wall 0: not read in this turn */
	struct timer idle;       /* the longest wait, where one was asked for */
	bool awake;              /* the turn has begun: now holds */
	bool stopping, hurry;
};

static struct event *
event_in(unsigned char *room)
{
	return (struct event *)(void *)room;
}

struct loop *
loop_new(struct err *err)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct event_config *cfg = event_config_new();

	if (!l || !cfg)
		goto fail;
	/* every loop belongs to one thread: no locks; we time turns ourselves */
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NO_CACHE_TIME);
	l->base = event_base_new_with_config(cfg);
	if (!l->base)
		goto fail;
	event_config_free(cfg);
	list_init(&l->news);
	l->now = clock_mono_ms();
	return l;
fail:
	if (cfg)
		event_config_free(cfg);
	free(l);
	err_set(err, ERR_SYSTEM, "cannot make an event loop");
	return NULL;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	event_base_free(l->base);
	free(l);
}

/* The first callback of a turn notes the time, for all that follow. */
static void
turn_begins(struct loop *l)
{
	if (l->awake)
		return;
	l->awake = true;
	l->wall = 0;
	l->now = clock_mono_ms();
}

static void
on_idle(void *arg)
{
	(void)arg; /* it only ends the wait */
}

/* Tell the system of what is wanted. */
static void
set_news(struct loop *l)
{
	struct list_node *n;

	while ((n = list_pop(&l->news)) != NULL) {
		struct watch *w = container_of(n, struct watch, node);

		for (unsigned i = 0; i < 2; i++)
			if ((w->want & ~w->set) >> i & 1)
				event_add(event_in(w->room[i]), NULL);
		w->set = w->want;
	}
}

void
loop_run(struct loop *l, void (*after_turn)(void *arg), void *arg, int idle_ms)
{
	timer_init(l, &l->idle, on_idle, NULL);
	while (!l->stopping) {
		int flags = EVLOOP_ONCE | (l->hurry ? EVLOOP_NONBLOCK : 0);

		l->hurry = false;
		if (idle_ms > 0)
			timer_arm(&l->idle, idle_ms);
		set_news(l);
		l->awake = false;
		event_base_loop(l->base, flags | EVLOOP_NO_EXIT_ON_EMPTY);
		turn_begins(l);
		after_turn(arg);
	}
	timer_fini(&l->idle);
}

int64_t
loop_turn_ms(const struct loop *l)
{
	return clock_mono_ms() - l->now;
}

void
loop_stop(struct loop *l)
{
	l->stopping = true;
}

void
loop_hurry(struct loop *l)
{
	l->hurry = true;
}

int64_t
loop_now(const struct loop *l)
{
	return l->now;
}

int64_t
loop_wall_ms(struct loop *l)
{
	if (!l->wall)
		l->wall = clock_wall_ms();
	return l->wall;
}

int64_t
loop_wall_now_ms(struct loop *l)
{
	l->wall = 0;
	return loop_wall_ms(l);
}

static void
on_fd(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	turn_begins(w->loop);
	w->ready(w->arg, what & EV_WRITE ? WATCH_WRITE : WATCH_READ);
}

void
watch_open(struct loop *l, struct watch *w, int fd,
    void (*ready)(void *arg, unsigned events), void *arg)
{
	w->loop = l;
	w->fd = fd;
	w->open = true;
	w->want = w->set = WATCH_NONE;
	list_init(&w->node);
	w->ready = ready;
	w->arg = arg;
	event_assign(
	    event_in(w->room[0]), l->base, fd, EV_READ | EV_PERSIST, on_fd, w);
	event_assign(
	    event_in(w->room[1]), l->base, fd, EV_WRITE | EV_PERSIST, on_fd, w);
}

void
watch_want(struct watch *w, unsigned events)
{
	unsigned gone = w->set & ~events;

	if (!w->open || w->want == events)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (gone >> i & 1)
			event_del(event_in(w->room[i]));
	w->want = (uint8_t)events;
	w->set &= (uint8_t)events;
	list_del(&w->node);
	if (w->set != w->want)
		list_add(&w->loop->news, &w->node);
}

void
watch_close(struct watch *w)
{
	if (!w->open)
		return;
	watch_want(w, WATCH_NONE);
	w->open = false;
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd;
	(void)what;
	turn_begins(t->loop);
	t->armed = 0;
	if (!t->due)
		return;
	if (t->due > t->loop->now) {
		timer_arm(t, t->due - t->loop->now);
		return;
	}
	t->due = 0;
	t->late(t->arg);
}

void
timer_init(struct loop *l, struct timer *t, void (*late)(void *arg), void *arg)
{
	t->loop = l;
	t->due = t->armed = 0;
	t->late = late;
	t->arg = arg;
	evtimer_assign(event_in(t->room), l->base, on_time, t);
}

void
timer_arm(struct timer *t, int64_t ms)
{
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	t->due = t->loop->now + ms;
	if (t->armed && t->armed <= t->due)
		return;
	t->armed = t->due;
	evtimer_add(event_in(t->room), &tv);
}

void
timer_off(struct timer *t)
{
	t->due = 0;
}

void
timer_fini(struct timer *t)
{
	if (!t->loop)
		return;
	evtimer_del(event_in(t->room));
	t->loop = NULL;
}
