/* io.c - bytes in and out of a non-blocking socket. */
#include "proxy/io.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/bug.h"
#include "proxy/block.h"

bool
io_would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static enum io
io_failed(void)
{
	return io_would_block() ? IO_WAIT : IO_FAIL;
}

enum io
io_read(int fd, struct block *b, size_t max)
{
	size_t room = block_room(b);
	ssize_t n;

	if (BUG(room == 0)) /* recv() would answer as at the end */
		return IO_FAIL;
	n = recv(fd, block_end(b), room < max ? room : max, 0);
	if (n > 0) {
		b->n += (uint32_t)n;
		return IO_DONE;
	}
	return n == 0 ? IO_END : io_failed();
}

enum io
io_peek(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, MSG_PEEK);

	if (n > 0)
		return IO_DONE;
	return n == 0 ? IO_END : io_failed();
}

void
pieces_add(struct pieces *p, struct str s)
{
	if (p->at == p->n)
		p->at = p->n = 0;
	if (s.n == 0 || BUG(p->n == PIECES_MAX))
		return;
	p->v[p->n++] = s;
}

static ssize_t
send_pieces(int fd, const struct pieces *p)
{
	struct iovec iov[PIECES_MAX];
	struct msghdr m = {.msg_iov = iov};

	if (p->n - p->at == 1)
		return send(fd, p->v[p->at].p, p->v[p->at].n, MSG_NOSIGNAL);
	for (unsigned i = p->at; i < p->n; i++) {
		union {
			const char *in;
			void *out;
		} u = {.in = p->v[i].p};

		iov[m.msg_iovlen++] =
		    (struct iovec){.iov_base = u.out, .iov_len = p->v[i].n};
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

enum io
io_write(int fd, struct pieces *p, uint64_t *count)
{
	while (p->at < p->n) {
		ssize_t n = send_pieces(fd, p);
		size_t left;

		if (n < 0)
			return io_failed();
		*count += (uint64_t)n;
		left = (size_t)n;
		while (p->at < p->n && left >= p->v[p->at].n)
			left -= p->v[p->at++].n;
		if (p->at == p->n)
			break;
		/* a short write means that the socket is full */
		p->v[p->at].p += left;
		p->v[p->at].n -= left;
		return IO_WAIT;
	}
	p->at = p->n = 0;
	return IO_DONE;
}
