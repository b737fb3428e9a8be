/* msgq.c - messages from any thread to one. */
#include "base/sys/msgq.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"

struct node {
	struct node *next;
	struct msg m;
};

struct msgq {
	pthread_mutex_t lock; /* head, tail */
	struct node *head, **tail;
	int fd;
};

struct msgq *
msgq_new(struct err *err)
{
	struct msgq *q = calloc(1, sizeof(*q));

	if (!q) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	q->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (q->fd < 0) {
		err_sys(err, errno, "eventfd");
		free(q);
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	q->tail = &q->head;
	return q;
}

void
msgq_free(struct msgq *q)
{
	struct msg m;

	if (!q)
		return;
	while (msgq_take(q, &m))
		continue;
	close(q->fd);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

int
msgq_fd(const struct msgq *q)
{
	return q->fd;
}

bool
msgq_send(struct msgq *q, struct msg m)
{
	struct node *n = calloc(1, sizeof(*n));
	uint64_t one = 1;

	if (!n)
		return false;
	n->m = m;
	pthread_mutex_lock(&q->lock);
	*q->tail = n;
	q->tail = &n->next;
	pthread_mutex_unlock(&q->lock);
	/* fails only when the counter is full, and then it is readable */
	return write(q->fd, &one, sizeof(one)) >= 0 || errno == EAGAIN;
}

bool
msgq_take(struct msgq *q, struct msg *m)
{
	struct node *n;
	uint64_t seen;

	pthread_mutex_lock(&q->lock);
	n = q->head;
	if (n) {
		q->head = n->next;
		if (!q->head)
			q->tail = &q->head;
	} else if (read(q->fd, &seen, sizeof(seen)) < 0) {
		seen = 0; /* nothing was rung: fine */
	}
	pthread_mutex_unlock(&q->lock);
	if (!n)
		return false;
	*m = n->m;
	free(n);
	return true;
}
