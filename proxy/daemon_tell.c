/*
 * daemon_tell.c - the proxy process: what became of what was asked for is told
 * to who asked.
 *
 * That something is in force is told when it is so in all workers: each gives
 * an echo of what it was sent last. Who has the answer finds nothing as it was
 * before.
 */
#include "proxy/daemon_part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys/log.h"

static const struct str no_memory = STR_INIT("{\"error\":\"out of memory\"}\n");

void
daemon_tell_supervisor(const struct daemon *d, enum daemon_news news)
{
	char byte = (char)news;

	if (write(d->in->news, &byte, 1) < 0)
		log_warn("the supervisor does not listen: %s", strerror(errno));
}

/* Who waits for load <number>, or an earlier one. */
static void
answer_waiters(struct daemon *d, uint64_t number, struct str answer)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < d->nwaiters; i++)
		if (d->waiter[i].number <= number)
			control_answer(d->control, d->waiter[i].client, answer);
		else
			d->waiter[kept++] = d->waiter[i];
	d->nwaiters = kept;
}

void
daemon_tell(struct daemon *d, struct outcome *o)
{
	struct str answer =
	    o->answer.failed || !o->answer.n ? no_memory : buf_str(&o->answer);

	if (o->generation)
		log_info("generation %llu is in force, after %lld ms",
		    (unsigned long long)o->generation, (long long)o->took_ms);
	if (o->client)
		control_answer(d->control, o->client, answer);
	if (o->load) {
		d->done = o->load;
		answer_waiters(d, o->load, answer);
		daemon_tell_supervisor(d, DAEMON_NEWS_READY);
	}
	buf_fini(&o->answer);
	if (d->again && d->asked == d->done && !daemon_load(d))
		answer_waiters(d, UINT64_MAX, no_memory);
}

static void
tell_kept(struct daemon *d, struct outcome *o)
{
	list_del(&o->node);
	daemon_tell(d, o);
	free(o);
}

void
daemon_tell_later(struct daemon *d, struct outcome *o)
{
	struct outcome *kept = d->phase == PHASE_SERVE && !d->nended
	                           ? malloc(sizeof(*kept))
	                           : NULL;

	if (!kept) {
		daemon_tell(d, o);
		return;
	}
	*kept = *o;
	list_add(&d->outcomes, &kept->node);
	kept->left = crew_echo(&d->crew, kept);
	if (!kept->left)
		tell_kept(d, kept);
}

void
daemon_echoed(struct daemon *d, const void *outcome)
{
	/* it may have been told in a hurry: then it is on no list any more */
	list_for_each(n, &d->outcomes)
	{
		struct outcome *o = container_of(n, struct outcome, node);

		if (o != outcome)
			continue;
		if (--o->left == 0)
			tell_kept(d, o);
		return;
	}
}

void
daemon_tell_all(struct daemon *d)
{
	while (!list_empty(&d->outcomes))
		tell_kept(
		    d, container_of(d->outcomes.next, struct outcome, node));
}
