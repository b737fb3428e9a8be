/* ask.c - the other end of the control socket. */
#include "proxy/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "proxy/sockets.h"

#define ANSWER_MAX (16 * 1024 * 1024)
#define READ_BYTES 65536

static int
read_answer(int fd, int wait_ms, struct buf *answer, struct err *err)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t begin = answer->n;

	for (;;) {
		int ready = poll(&p, 1, wait_ms ? wait_ms : -1);
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return err_set(
			    err, ERR_SYSTEM, "suzgi runs but does not answer");
		if (answer->n - begin > ANSWER_MAX ||
		    !buf_room(answer, READ_BYTES))
			return err_set(err, ERR_LIMIT, "too long an answer");
		n = read(fd, answer->p + answer->n, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "the control socket");
		if (n == 0)
			break;
		answer->n += (size_t)n;
	}
	if (answer->n == begin || answer->p[answer->n - 1] != '\n')
		return err_set(
		    err, ERR_SYSTEM, "suzgi ended before it had answered");
	return 0;
}

int
supervisor_ask(const char *control, const char *request, int wait_ms,
    struct buf *answer, struct err *err)
{
	int fd = sockets_control_connect(control, err), rc;
	struct buf line = BUF_EMPTY;

	if (fd < 0)
		return -1;
	buf_addf(&line, "%s\n", request);
	if (line.failed)
		rc = err_set(err, ERR_MEMORY, "out of memory");
	else if (send(fd, line.p, line.n, MSG_NOSIGNAL) != (ssize_t)line.n)
		rc = err_sys(err, errno, "the control socket");
	else
		rc = read_answer(fd, wait_ms, answer, err);
	buf_fini(&line);
	close(fd);
	return rc;
}
