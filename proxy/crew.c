/* crew.c - the workers of the proxy process and their threads. */
#include "proxy/crew.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/sys/log.h"
#include "base/sys/thread.h"
#include "filters/snapshot.h"
#include "proxy/grants.h"

int
crew_start(struct crew *c, unsigned n, const struct worker_setup *like,
    struct err *err)
{
	c->worker = calloc(n, sizeof(struct worker *));
	c->thread = calloc(n, sizeof(struct thread));
	c->grants = grants_new(err);
	if (!c->worker || !c->thread)
		return err_set(err, ERR_MEMORY, "out of memory");
	if (!c->grants)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		struct worker_setup setup = *like;

		setup.index = i;
		setup.grants = c->grants;
		setup.snapshot = snapshot_ref(like->snapshot);
		c->worker[i] = worker_new(&setup, err);
		if (!c->worker[i])
			return -1;
	}
	for (; c->n < n; c->n++)
		if (thread_start(&c->thread[c->n], "worker", worker_run,
		        c->worker[c->n], err) < 0)
			return -1;
	return 0;
}

void
crew_tell(const struct crew *c, enum worker_msg kind)
{
	for (unsigned i = 0; i < c->n; i++)
		if (!worker_send(c->worker[i], kind, NULL))
			log_err("out of memory: worker %u was not told", i);
}

unsigned
crew_echo(const struct crew *c, void *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++)
		n += worker_send(c->worker[i], WORKER_ECHO, p);
	return n;
}

void
crew_join(struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++)
		thread_join(&c->thread[i]);
}

void
crew_free(struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++)
		worker_free(c->worker[i]);
	grants_free(c->grants);
	free(c->worker);
	free(c->thread);
	*c = (struct crew){0};
}
