/* notify.c - tell systemd how we are: one datagram, as sd_notify(3). */
#include "proxy/notify.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "base/sys/log.h"

void
notify(const char *state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct str path = str_of(getenv("NOTIFY_SOCKET"));
	socklen_t n;
	int fd;

	if (path.n < 2 || (path.p[0] != '/' && path.p[0] != '@') ||
	    !str_copy(path, a.sun_path, sizeof(a.sun_path)))
		return;
	if (a.sun_path[0] == '@')
		a.sun_path[0] = '\0'; /* the abstract name space */
	n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	        (const struct sockaddr *)&a, n) < 0)
		log_debug("systemd does not take notice");
	close(fd);
}
