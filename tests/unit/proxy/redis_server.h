/*
 * redis_server.h - a real redis-server of the test's own: on a Unix socket in
 * its folder, and on a port of 127.0.0.1 that was free a moment ago.
 */
#ifndef TESTS_UNIT_PROXY_REDIS_SERVER_H
#define TESTS_UNIT_PROXY_REDIS_SERVER_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "proxy/redis_sync.h"
#include "tests/unit/proxy/kit.h"

struct server {
	pid_t pid;
	uint16_t port;
	char unix_url[128], tcp_url[128];
};

static inline bool
server_is_installed(void)
{
	return access("/usr/bin/redis-server", X_OK) == 0;
}

/* Begin a test with this; cmocka counts it as skipped. */
#define NEEDS_REDIS()                                                          \
	do {                                                                   \
		if (!server_is_installed()) {                                  \
			print_message("skipped: no redis-server\n");           \
			skip();                                                \
		}                                                              \
	} while (0)

static inline uint16_t
server_free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&at, n), 0);
	getsockname(fd, (struct sockaddr *)(void *)&at, &n);
	close(fd);
	return ntohs(at.sin_port);
}

static inline void
server_exec(const struct server *s, const char *dir)
{
	char port[16], path[128];
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	snprintf(port, sizeof(port), "%u", s->port);
	snprintf(path, sizeof(path), "%s/redis", dir);
	execl("/usr/bin/redis-server", "redis-server", "--port", port, "--bind",
	    "127.0.0.1", "--unixsocket", path, "--dir", dir, "--save", "",
	    "--appendonly", "no", "--daemonize", "no", (char *)NULL);
	_exit(127);
}

/* Wait until it answers. */
static inline void
server_wait(struct server *s)
{
	int64_t end = clock_mono_ms() + KIT_NEVER_MS;
	struct redis_sync *r;
	struct err err;

	while (!(r = redis_sync_open(str_of(s->unix_url), 1000, &err))) {
		if (clock_mono_ms() > end)
			fail_msg("redis-server: %s", err.text);
		usleep(5000);
	}
	redis_sync_close(r);
}

static inline void
server_start(struct server *s, const char *dir)
{
	if (!s->port)
		s->port = server_free_port();
	snprintf(s->unix_url, sizeof(s->unix_url), "unix:%s/redis", dir);
	snprintf(
	    s->tcp_url, sizeof(s->tcp_url), "redis://127.0.0.1:%u", s->port);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		server_exec(s, dir);
	server_wait(s);
}

static inline void
server_kill(struct server *s)
{
	int status;

	if (s->pid <= 0)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, &status, 0);
	s->pid = 0;
}

/* A command in words, "SET a b"; the answer's text (or number) into <out>. */
static inline void
server_do(const struct server *s, const char *words, char out[256])
{
	struct bytes args[RESP_ARGS_MAX];
	struct str rest = str_of(words), word;
	struct resp_reply reply;
	struct redis_sync *r;
	struct err err;
	unsigned n = 0;

	while (str_next(&rest, ' ', &word))
		args[n++] = (struct bytes){(const uint8_t *)word.p, word.n};
	r = redis_sync_open(str_of(s->unix_url), 5000, &err);
	if (!r || redis_sync_ask(r, args, n, &reply, &err) < 0)
		fail_msg("%s: %s", words, err.text);
	if (reply.kind == RESP_INTEGER)
		snprintf(out, 256, "%lld", (long long)reply.number);
	else
		snprintf(out, 256, "%.*s", (int)reply.text.n,
		    reply.text.n ? (const char *)reply.text.p : "");
	redis_sync_close(r);
}

#endif
