/*
 * helper_child.h - one child process that answers in Squid's helper protocol.
 *
 * It is ours: it has none of our descriptors but its end of one socket (as
 * stdin and stdout) and our stderr, little of our environment, and dies with
 * us. What it says is judged by proxy/wire/helpline.h; anything that is no
 * answer to a question that is open ends it.
 */
#ifndef PROXY_HELPER_CHILD_H
#define PROXY_HELPER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/list.h"
#include "proxy/loop.h"
#include "proxy/wire/helpline.h"

struct helpers_question;

#define HELPER_CHANNELS 256 /* questions at once to one child, at the most */
#define HELPER_ARGS     64
#define HELPER_FALLS    5 /* in a row: a crash loop */

/* A command, taken apart at blanks; "..." and '...' keep them. */
struct helper_command {
	char *text; /* owned: the words, each with its NUL */
	char *argv[HELPER_ARGS + 1];
};
/* False: empty, too many words, an open quote, or no memory. */
bool helper_command_of(struct str text, struct helper_command *out);
void helper_command_fini(struct helper_command *c);

enum helper_state {
	HELPER_DOWN = 0, /* to be started when its timer goes off */
	HELPER_UP,
	HELPER_ENDING, /* killed, or gone; to be reaped */
};

/* What its owner hears of; the first takes the question. */
struct helper_section;
struct helper_owner {
	struct helper_section *section;
	void *arg;
	void (*answered)(
	    void *arg, struct helpers_question *q, const struct helpline *line);
	/* <q> was open when the child ended; before ended(). Takes it. */
	void (*dropped)(void *arg, struct helpers_question *q);
	void (*ended)(void *arg, const char *why);
	void (*ready)(void *arg); /* it is up, or has a channel free again */
};

/* A question that was put to it. */
struct helper_slot {
	struct helpers_question *q; /* owned; NULL: nobody waits any more */
	uint32_t channel;           /* counts up, so that an answer that was
				     * given twice is never another's */
	int64_t since;              /* 0: free */
};

struct helper_child {
	struct loop *loop;                    /* borrowed */
	const struct helper_command *command; /* borrowed */
	struct helper_owner owner;
	enum helper_state state;
	pid_t pid;
	int fd; /* owned; -1 when down */
	struct watch watch;
	struct timer timer; /* DOWN: when to start; ENDING: look again */
	struct buf in, out; /* owned */
	unsigned nchannels; /* 0: no channels, one question at a time */
	unsigned nopen;
	uint32_t next; /* channel */
	struct helper_slot slot[HELPER_CHANNELS];
	unsigned falls;         /* in a row */
	int64_t since, wait_ms; /* up: its start; the next back-off */
	int64_t kept;           /* negotiate: until then it is kept for */
	uint64_t talk;          /* this dialogue; 0: it is not */
	bool ending;            /* not to be started again */
};

void helper_child_init(struct helper_child *h, struct loop *l,
    const struct helper_command *c, unsigned concurrency,
    const struct helper_owner *owner);
/* Kills and forgets it; questions that are open are not told. */
void helper_child_fini(struct helper_child *h);

void helper_child_start(struct helper_child *h);

/* Has it room for one more? One that speaks unasked is ended, and has not. */
bool helper_child_is_free(struct helper_child *h);

/* Put <q>, taken, to it; helper_child_is_free() must hold. */
void helper_child_ask(struct helper_child *h, struct helpers_question *q);

/* The first moment at which a question is <timeout_ms> old; 0: none is. Who
 * of them has waited longer is late, and so is the child. */
int64_t helper_child_late_at(const struct helper_child *h, int64_t timeout_ms);

/* When the first of their own deadlines is; 0: none. */
int64_t helper_child_due(const struct helper_child *h);

/* Take the questions back whose own time is over at <now>; their answers are
 * still awaited, and thrown away. NULL: no more of them. */
struct helpers_question *helper_child_give_up(
    struct helper_child *h, int64_t now);

/* It is late or lies: end it; its questions are dropped. */
void helper_child_kill(struct helper_child *h, const char *why);

#endif
