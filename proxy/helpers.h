/*
 * helpers.h - the programs that know who people are, asked in Squid's helper
 * protocol, and the one thread that owns them.
 *
 * For each [auth NAME] there are as many processes as the configuration says,
 * whatever the number of workers: a directory or a password file is asked by
 * few, and what was learnt is kept by the workers (proxy/auth.h). Workers
 * send questions and get them back answered; nobody waits here for anybody.
 *
 * A question is always answered, by its deadline: where the queue is full,
 * the helper late, dead, or talking nonsense, with HELPERS_UNSETTLED. A
 * helper that does such things is ended and started again, later and later.
 */
#ifndef PROXY_HELPERS_H
#define PROXY_HELPERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/str.h"

struct config;
struct err;
struct helpers;

#define HELPERS_QUEUE 2048 /* questions of a section that wait for a child */

enum helpers_answer {
	HELPERS_UNSETTLED = 0, /* nobody could tell */
	HELPERS_YES,
	HELPERS_NO,
	HELPERS_MORE, /* negotiate: <token> goes to the client, whose answer
	               * is to be asked about with the same <child> */
};

#define HELPERS_SECTION 64

/*
 * One question and its answer. Made and freed by who asks; in between it is
 * the thread's. <line> may hold a password: helpers_question_free() wipes it.
 */
struct helpers_question {
	struct list_node node; /* private, and the next three */
	int64_t due;           /* monotonic ms */
	unsigned tries;        /* children it was put to */
	uint32_t channel;
	char section[HELPERS_SECTION]; /* [auth NAME] */
	struct buf line;               /* owned: fields, escaped; no LF */
	uint64_t
	    child; /* negotiate: 0, or who is to be asked; on MORE who was */
	/* In the thread, once, with the answer; takes the question. */
	void (*tell)(struct helpers_question *q);
	void *asker, *arg; /* of who asks */
	enum helpers_answer answer;
	bool late; /* UNSETTLED because its deadline passed */
	bool has_ttl;
	uint32_t ttl_s;
	struct buf user, token; /* owned: as the helper said */
};

struct helpers_question *helpers_question_new(void);    /* NULL: no memory */
void helpers_question_free(struct helpers_question *q); /* NULL: nothing */

/* Start the thread and the helpers that <c> names, if any. NULL with <err>. */
struct helpers *helpers_start(const struct config *c, struct err *err);

/* From now on those of <c>: what stays as it is goes on, others answer what
 * they were asked and end. From the thread that started it. */
void helpers_settle(struct helpers *h, const struct config *c);

/* End all children and the thread; nothing is told any more. NULL: nothing */
void helpers_stop(struct helpers *h);

/* From any thread. False: no memory, <q> stays the caller's. */
bool helpers_ask(struct helpers *h, struct helpers_question *q);

/* Read from other threads. */
struct helpers_counts {
	uint64_t asked, unsettled, late, refused, restarts;
};
void helpers_counts(const struct helpers *h, struct helpers_counts *out);

#endif
