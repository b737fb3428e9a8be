/* relay.c - bytes both ways between two sockets. */
#include "proxy/relay.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/block.h"
#include "proxy/io.h"
#include "proxy/limits.h"

struct pipe_pool {
	struct relay_pipe *free; /* owned */
	unsigned n;
};

struct pipe_pool *
pipe_pool_new(void)
{
	return calloc(1, sizeof(struct pipe_pool));
}

static void
pipe_close(struct relay_pipe *p)
{
	close(p->fd[0]);
	close(p->fd[1]);
	free(p);
}

void
pipe_pool_free(struct pipe_pool *pool)
{
	if (!pool)
		return;
	while (pool->free) {
		struct relay_pipe *p = pool->free;

		pool->free = p->next;
		pipe_close(p);
	}
	free(pool);
}

/* NULL: there is none to be had; then blocks must do. */
static struct relay_pipe *
pipe_take(struct pipe_pool *pool)
{
	struct relay_pipe *p = pool->free;

	if (p) {
		pool->free = p->next;
		pool->n--;
		return p;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	if (pipe2(p->fd, O_NONBLOCK | O_CLOEXEC) < 0) {
		free(p);
		return NULL;
	}
	/* where the system says no, the usual size does too */
	fcntl(p->fd[1], F_SETPIPE_SZ, LIMIT_PIPE_BYTES);
	return p;
}

/* Only empty ones are used again. */
static void
pipe_give(struct pipe_pool *pool, struct relay_pipe **pp, bool empty)
{
	struct relay_pipe *p = *pp;

	*pp = NULL;
	if (!p)
		return;
	if (!empty || pool->n >= LIMIT_PIPES_KEPT) {
		pipe_close(p);
		return;
	}
	p->next = pool->free;
	pool->free = p;
	pool->n++;
}

void
relay_fini(struct relay_way *w, struct blocks *blocks, struct pipe_pool *pipes)
{
	block_give(blocks, &w->block);
	pipe_give(pipes, &w->pipe, w->in_pipe == 0);
}

/* Has the way seen enough of the other kind to change its means? */
static bool
in_a_row(struct relay_way *w, bool hit)
{
	w->row = hit ? w->row + 1 : 0;
	if (w->row < LIMIT_SPLICE_ROW)
		return false;
	w->row = 0;
	return true;
}

/* ---- through a block */

static enum io
write_block(struct relay_way *w, const struct relay_ends *e)
{
	struct pieces p = {0};
	uint64_t went = 0;
	enum io r;

	if (!w->block || w->block->n == 0)
		return IO_DONE;
	pieces_add(&p, str_make(block_begin(w->block), w->block->n));
	r = io_write(e->sink, &p, &went);
	block_eat(w->block, went);
	w->moved += went;
	return r;
}

static enum io
read_block(struct relay_way *w, const struct relay_ends *e)
{
	enum io r;

	if (!w->block)
		w->block = block_take(e->blocks, BLOCK_LARGE);
	if (!w->block)
		return IO_FAIL;
	block_pack(w->block);
	r = io_read(e->source, w->block, SIZE_MAX);
	if (r == IO_DONE && in_a_row(w, w->block->n >= LIMIT_SPLICE_BIG))
		w->pipe = pipe_take(e->pipes); /* from the next read on */
	return r;
}

/* ---- through a pipe */

static enum io
write_pipe(struct relay_way *w, const struct relay_ends *e)
{
	if (w->in_pipe) {
		ssize_t n = splice(w->pipe->fd[0], NULL, e->sink, NULL,
		    w->in_pipe, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

		if (n < 0 && io_would_block())
			return IO_WAIT;
		if (n <= 0)
			return IO_FAIL;
		w->in_pipe -= (uint32_t)n;
		w->moved += (uint64_t)n;
		if (w->in_pipe)
			return IO_WAIT; /* less than all: the sink is full */
	}
	return IO_DONE;
}

static enum io
read_pipe(struct relay_way *w, const struct relay_ends *e)
{
	ssize_t n = splice(e->source, NULL, w->pipe->fd[1], NULL,
	    LIMIT_PIPE_BYTES, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

	if (n > 0) {
		w->in_pipe += (uint32_t)n;
		return IO_DONE;
	}
	if (n == 0)
		return IO_END;
	return io_would_block() ? IO_WAIT : IO_FAIL;
}

/* Few bytes at a time now: a block is cheaper. The pipe is empty. */
static void
leave_pipe(struct relay_way *w, const struct relay_ends *e, size_t got)
{
	if (in_a_row(w, got < LIMIT_SPLICE_SMALL))
		pipe_give(e->pipes, &w->pipe, true);
}

/* ---- either way */

static enum io
write_out(struct relay_way *w, const struct relay_ends *e)
{
	enum io r = write_block(w, e);

	if (r == IO_DONE && w->in_pipe)
		r = write_pipe(w, e);
	w->full = r == IO_WAIT;
	return r;
}

static enum relay_result
pass_end(struct relay_way *w, const struct relay_ends *e)
{
	if (!w->shut)
		shutdown(e->sink, SHUT_WR);
	w->shut = true;
	relay_fini(w, e->blocks, e->pipes);
	return RELAY_ENDED;
}

/* Nothing underway: memory is for those who move something. */
static void
rest(struct relay_way *w, const struct relay_ends *e)
{
	if (w->block && w->block->n == 0)
		block_give(e->blocks, &w->block);
}

enum relay_result
relay_pump(struct relay_way *w, const struct relay_ends *e)
{
	enum io r;
	size_t got;

	for (unsigned i = 0; i < LIMIT_ROUNDS; i++) {
		r = write_out(w, e);
		if (r != IO_DONE)
			return r == IO_WAIT ? RELAY_WAIT : RELAY_FAIL;
		if (w->ended)
			return pass_end(w, e);
		r = w->pipe ? read_pipe(w, e) : read_block(w, e);
		if (r == IO_WAIT || r == IO_FAIL) {
			rest(w, e);
			return r == IO_WAIT ? RELAY_WAIT : RELAY_FAIL;
		}
		w->ended = r == IO_END;
		got = w->in_pipe ? w->in_pipe : w->block ? w->block->n : 0;
		r = write_out(w, e);
		if (r != IO_DONE)
			return r == IO_WAIT ? RELAY_WAIT : RELAY_FAIL;
		if (w->ended)
			return pass_end(w, e);
		if (w->pipe && !(w->block && w->block->n))
			leave_pipe(w, e, got);
		/* less than a full read: there is no more for now */
		if (!w->pipe && got < LIMIT_BLOCK_LARGE)
			break;
	}
	rest(w, e);
	return RELAY_WAIT;
}
