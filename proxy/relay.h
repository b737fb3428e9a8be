/*
 * relay.h - bytes both ways between two sockets, untouched: through a block
 * while there are few, through a pipe in the kernel (splice) while there are
 * many. What one side does not take stops the reading from the other; the end
 * of one direction is passed on, and the other goes on.
 */
#ifndef PROXY_RELAY_H
#define PROXY_RELAY_H

#include <stdbool.h>
#include <stdint.h>

struct block;
struct blocks;
struct pipe_pool;

struct relay_pipe {
	struct relay_pipe *next; /* in the pool */
	int fd[2];               /* owned; read end, write end */
};

/* Pipes are dear to make: drained ones are kept. */
struct pipe_pool *pipe_pool_new(void); /* NULL: no memory */
void pipe_pool_free(struct pipe_pool *p);

struct relay_way {               /* one direction */
	struct block *block;     /* owned while something is in it */
	struct relay_pipe *pipe; /* owned while in bulk */
	uint32_t in_pipe;        /* bytes in the pipe */
	uint8_t row;             /* reads in a row for a change of the means */
	bool full;               /* the sink takes no more for now */
	bool ended;              /* the source has sent all */
	bool shut;               /* and the sink was told */
	uint64_t moved;
};

struct relay_ends {
	struct blocks *blocks;
	struct pipe_pool *pipes;
	int source, sink;
};

enum relay_result { RELAY_WAIT = 0, RELAY_ENDED, RELAY_FAIL };

/* Move what can be moved, for a few rounds. After RELAY_FAIL both ends are of
 * no further use. */
enum relay_result relay_pump(struct relay_way *w, const struct relay_ends *e);

/* Give back what it holds. */
void relay_fini(
    struct relay_way *w, struct blocks *blocks, struct pipe_pool *pipes);

#endif
