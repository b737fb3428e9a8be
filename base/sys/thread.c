/* thread.c - start and join a thread. */
#include "base/sys/thread.h"

#include <signal.h>

#include "base/err.h"

static void *
enter(void *arg)
{
	struct thread *t = arg;

	t->run(t->arg);
	return NULL;
}

int
thread_start(struct thread *t, const char *name, void (*run)(void *arg),
    void *arg, struct err *err)
{
	sigset_t all, before;
	int why;

	t->run = run;
	t->arg = arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	why = pthread_create(&t->id, NULL, enter, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (why)
		return err_sys(err, why, "cannot start thread %s", name);
	pthread_setname_np(t->id, name);
	return 0;
}

void
thread_join(struct thread *t)
{
	pthread_join(t->id, NULL);
}
