/* thread.h - start and join a thread. */
#ifndef BASE_SYS_THREAD_H
#define BASE_SYS_THREAD_H

#include <pthread.h>

struct err;

struct thread {
	pthread_t id;
	void (*run)(void *arg);
	void *arg;
};

/* Run <run>(<arg>) with all signals blocked. <t> must outlive the thread. */
int thread_start(struct thread *t, const char *name, void (*run)(void *arg),
    void *arg, struct err *err);
void thread_join(struct thread *t);

#endif
