/*
 * io.h - bytes in and out of a non-blocking socket: what each call can come
 * to, in one place.
 */
#ifndef PROXY_IO_H
#define PROXY_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct block;

enum io {
	IO_DONE = 0, /* read: something came; write: all is out */
	IO_WAIT,     /* the socket has nothing, or takes no more, for now */
	IO_END,      /* read: the peer has sent all that it will */
	IO_FAIL,     /* reset, or the like */
};

/* After a call that failed: because it would have had to wait? */
bool io_would_block(void);

/* One read of at most <max> bytes behind what <b> holds. */
enum io io_read(int fd, struct block *b, size_t max);

/* Has the peer gone? IO_DONE: it has sent more; IO_WAIT: it is just quiet. */
enum io io_peek(int fd);

/* What is to be written, in order; slices stay their owners'. */
#define PIECES_MAX 4
struct pieces {
	struct str v[PIECES_MAX];
	uint8_t at, n;
};

void pieces_add(struct pieces *p, struct str s); /* empty ones are left out */

static inline bool
pieces_empty(const struct pieces *p)
{
	return p->at == p->n;
}

/* Write what can be; add to *<count> how many bytes went. Empty: IO_DONE. */
enum io io_write(int fd, struct pieces *p, uint64_t *count);

#endif
