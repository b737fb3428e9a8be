/*
 * loop.h - the event loop of one thread: watched descriptors, timers, turns.
 *
 * The door to libevent: no other file knows it. Callbacks hold no logic and
 * free nothing (house rules 8 and 11): they store what came and run a
 * machine; what is done for goes to the graveyard, which the owner empties in
 * after_turn().
 *
 *	watch_open(loop, &c->watch, fd, conn_ready, c);
 *	watch_want(&c->watch, WATCH_READ);
 *	timer_init(loop, &c->timer, conn_late, c);
 *	timer_arm(&c->timer, 15000);
 */
#ifndef PROXY_LOOP_H
#define PROXY_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct err;
struct loop; /* opaque; one thread */

#define LOOP_EVENT_BYTES 136 /* room for a struct event */

enum watch_events { WATCH_NONE = 0, WATCH_READ = 1, WATCH_WRITE = 2 };

/* A descriptor under watch. Zeroed: closed, and all calls are harmless. */
struct watch {
	struct loop *loop;
	int fd; /* owned by the caller; watch_close() keeps it open */
	bool open;
	uint8_t want;          /* enum watch_events, a set */
	uint8_t set;           /* of them, those that the system knows of */
	struct list_node node; /* in the loop's list of news, or in none */
	void (*ready)(void *arg, unsigned events);
	void *arg;
	_Alignas(16) unsigned char room[2][LOOP_EVENT_BYTES];
};

/*
 * A timer. Arming is cheap: a later deadline than the armed one only stores
 * a number, the timer looks again when it goes off.
 */
struct timer {
	struct loop *loop;
	int64_t due, armed; /* 0: not */
	void (*late)(void *arg);
	void *arg;
	_Alignas(16) unsigned char room[LOOP_EVENT_BYTES];
};

struct loop *loop_new(struct err *err);
void loop_free(struct loop *l); /* NULL: nothing */

/*
 * Run turns until loop_stop(): events once, then <after_turn>(arg).
 * A turn waits at most <idle_ms> (0: for ever) for something to happen.
 */
void loop_run(
    struct loop *l, void (*after_turn)(void *arg), void *arg, int idle_ms);
/* How long the present turn has taken so far, in ms; waiting left out. */
int64_t loop_turn_ms(const struct loop *l);
void loop_stop(struct loop *l);

/* Do not wait in the coming turn: there is work already. */
void loop_hurry(struct loop *l);

/* Monotonic milliseconds, noted when the turn began. */
int64_t loop_now(const struct loop *l);
/* The wall clock, read at most once a turn. */
int64_t loop_wall_ms(struct loop *l);
/* The same, read anew: a turn may be long, and a request that comes in the
 * midst of it is judged by the time at which it came. */
int64_t loop_wall_now_ms(struct loop *l);

void watch_open(struct loop *l, struct watch *w, int fd,
    void (*ready)(void *arg, unsigned events), void *arg);
/*
 * From now on, these. What is new is told to the system before the loop
 * waits, so that what goes again in the same turn costs nothing; what is no
 * more wanted is taken back at once.
 */
void watch_want(struct watch *w, unsigned events);
void watch_close(struct watch *w); /* the descriptor stays the caller's */

void timer_init(
    struct loop *l, struct timer *t, void (*late)(void *arg), void *arg);
void timer_arm(struct timer *t, int64_t ms); /* from now; replaces the former */
void timer_off(struct timer *t);  /* cheap; may leave libevent's part set */
void timer_fini(struct timer *t); /* before its memory goes */

#endif
