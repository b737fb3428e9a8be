/* syncer.c - files are brought to the disk by a thread of its own. */
#include "review/syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/msgq.h"
#include "base/sys/thread.h"

enum { ASK_SYNC, ASK_END };

struct syncer {
	struct msgq
	    *asked; /* owned; num: a descriptor, the thread's to close */
	struct msgq *ended; /* owned; num: 0 or an errno */
	struct thread thread;
	unsigned busy;
	int64_t since_ms; /* of the oldest in hand */
};

/* -------------------------------------------------------------- the thread */

static void
run(void *arg)
{
	struct syncer *s = arg;
	struct msg m;

	for (;;) {
		struct pollfd p = {.fd = msgq_fd(s->asked), .events = POLLIN};
		int fd, why;

		if (!msgq_take(s->asked, &m)) {
			poll(&p, 1, -1);
			continue;
		}
		if (m.kind == ASK_END)
			return;
		fd = (int)m.num;
		why = fdatasync(fd) < 0 ? errno : 0;
		close(fd);
		m = (struct msg){.num = (uint64_t)why};
		/* no memory: it is waited for, so it has to be said */
		while (!msgq_send(s->ended, m))
			poll(NULL, 0, 100);
	}
}

/* -------------------------------------------------------------- who asks it */

static void
let_go(struct syncer *s)
{
	msgq_free(s->asked);
	msgq_free(s->ended);
	free(s);
}

struct syncer *
syncer_new(struct err *err)
{
	struct syncer *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	s->asked = msgq_new(err);
	s->ended = s->asked ? msgq_new(err) : NULL;
	if (s->ended && thread_start(&s->thread, "syncer", run, s, err) == 0)
		return s;
	let_go(s);
	return NULL;
}

void
syncer_free(struct syncer *s)
{
	int64_t end = clock_mono_ms() + SYNCER_END_MS, left;
	int why;

	if (!s)
		return;
	while (s->busy && (left = end - clock_mono_ms()) > 0)
		if (!syncer_took(s, &why))
			syncer_wait(s, (int)left);
	if (s->busy || !msgq_send(s->asked, (struct msg){.kind = ASK_END}))
		return;
	thread_join(&s->thread);
	let_go(s);
}

bool
syncer_put(struct syncer *s, int fd)
{
	int own = s->busy < SYNCER_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	struct msg m = {.kind = ASK_SYNC, .num = (uint64_t)own};

	if (own < 0)
		return false;
	if (!msgq_send(s->asked, m)) {
		close(own);
		return false;
	}
	if (s->busy++ == 0)
		s->since_ms = clock_mono_ms();
	return true;
}

unsigned
syncer_busy(const struct syncer *s)
{
	return s->busy;
}

int64_t
syncer_late_ms(const struct syncer *s)
{
	return s->busy ? clock_mono_ms() - s->since_ms : 0;
}

bool
syncer_took(struct syncer *s, int *why)
{
	struct msg m;

	if (!msgq_take(s->ended, &m))
		return false;
	s->busy--;
	s->since_ms = clock_mono_ms(); /* the next one's turn */
	*why = (int)m.num;
	return true;
}

void
syncer_wait(const struct syncer *s, int ms)
{
	struct pollfd p = {.fd = msgq_fd(s->ended), .events = POLLIN};

	if (s->busy)
		poll(&p, 1, ms);
}
