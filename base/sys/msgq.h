/*
 * msgq.h - messages from any thread to one. A message is a small value, or
 * hands over what it points to. The receiver polls msgq_fd().
 */
#ifndef BASE_SYS_MSGQ_H
#define BASE_SYS_MSGQ_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct msgq; /* opaque; send from any thread, take from one */

struct msg {
	int kind; /* of the receiver's choosing */
	void *p;  /* what is handed over, or NULL */
	uint64_t num;
};

struct msgq *msgq_new(struct err *err);
void msgq_free(struct msgq *q);    /* NULL: nothing. What is unread is lost */
int msgq_fd(const struct msgq *q); /* readable when there is something */

/* false: out of memory; the message was not sent, <m.p> stays the sender's. */
bool msgq_send(struct msgq *q, struct msg m);
bool msgq_take(struct msgq *q, struct msg *m); /* false: empty */

#endif
