/* helper.c - start suzgi-fetch. */
#include "feeds/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"

#define PROGRAM  "suzgi-fetch"
#define SLACK_MS 10000 /* it has time-outs of its own, which say more */

/* For one that has closed its output to end. */
#define END_TRIES   500
#define END_WAIT_MS 10

/* Beside this program (a build), where it was installed to, or where that was
 * moved to as a whole. */
static bool
find_program(char path[PATH_MAX])
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	while (n > 0 && exe[n - 1] != '/')
		n--;
	if (n > 1) {
		exe[n - 1] = '\0';
		if ((file_join(path, PATH_MAX, exe, PROGRAM) &&
		        access(path, X_OK) == 0) ||
		    (file_join(path, PATH_MAX, exe, "../lib/suzgi/" PROGRAM) &&
		        access(path, X_OK) == 0))
			return true;
	}
	return file_join(path, PATH_MAX, SUZGI_LIBDIR, PROGRAM) &&
	       access(path, X_OK) == 0;
}

/* No environment: nothing of it (proxies, netrc, preloads) shall matter. But
 * the sanitizers' settings, where a tester gives some. */
static int
spawn(pid_t *pid, const char *path, const char *verb,
    posix_spawn_file_actions_t *io)
{
	union {
		const char *in[3];
		char *out[3];
	} argv = {{PROGRAM, verb, NULL}};
	char asan[1024], lang[] = "LC_ALL=C", *env[] = {lang, NULL, NULL};
	const char *options = getenv("ASAN_OPTIONS");
	posix_spawnattr_t attr;
	sigset_t none, usual;
	int rc;

	if (options && snprintf(asan, sizeof(asan), "ASAN_OPTIONS=%s",
	                   options) < (int)sizeof(asan))
		env[1] = asan;
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	sigaddset(&usual, SIGTERM);
	sigaddset(&usual, SIGINT);
	sigaddset(&usual, SIGHUP);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &usual);
	posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(pid, path, io, &attr, argv.out, env);
	posix_spawnattr_destroy(&attr);
	return rc;
}

/* The job fits into the pipe, or is read while we write it. */
static int
give_job(int fd, struct str job)
{
	while (job.n) {
		ssize_t n = write(fd, job.p, job.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		job = str_sub(job, (size_t)n, job.n);
	}
	return 0;
}

int
helper_start(struct helper *h, const char *verb, struct str job, int fd,
    uint32_t timeout_s, struct err *err)
{
	posix_spawn_file_actions_t io;
	int in[2], out[2], rc;
	char path[PATH_MAX];

	if (!find_program(path))
		return err_set(err, ERR_SYSTEM,
		    "the program %s is not there; it belongs beside suzgi or "
		    "into %s",
		    PROGRAM, SUZGI_LIBDIR);
	if (pipe2(in, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	if (pipe2(out, O_CLOEXEC) < 0) {
		rc = errno;
		close(in[0]);
		close(in[1]);
		return err_sys(err, rc, "pipe");
	}
	posix_spawn_file_actions_init(&io);
	posix_spawn_file_actions_adddup2(&io, in[0], 0);
	posix_spawn_file_actions_adddup2(&io, out[1], 1);
	posix_spawn_file_actions_adddup2(&io, fd, 3);
	rc = spawn(&h->pid, path, verb, &io);
	posix_spawn_file_actions_destroy(&io);
	close(in[0]);
	close(out[1]);
	h->out = out[0];
	h->said_all = false;
	h->deadline = clock_mono_ms() + (int64_t)timeout_s * 1000 + SLACK_MS;
	if (rc == 0)
		give_job(in[1], job); /* fails where it died: it says so */
	close(in[1]);
	if (rc == 0)
		return 0;
	close(h->out);
	return err_sys(err, rc, "cannot start %s", path);
}

ssize_t
helper_read(struct helper *h, char *to, size_t n, struct err *err)
{
	for (;;) {
		struct pollfd p = {.fd = h->out, .events = POLLIN};
		int64_t left = h->deadline - clock_mono_ms();
		ssize_t got;

		if (left <= 0)
			return err_set(
			    err, ERR_LIMIT, "it took too long, and was ended");
		if (poll(&p, 1, left > 60000 ? 60000 : (int)left) <= 0)
			continue;
		got = read(h->out, to, n);
		if (got == 0)
			h->said_all = true;
		if (got >= 0)
			return got;
		if (errno != EINTR)
			return err_sys(err, errno, "cannot read from " PROGRAM);
	}
}

int
helper_end(struct helper *h)
{
	int how = 0;

	close(h->out);
	/* one that has said all is on its way out */
	for (unsigned i = 0; h->said_all && i < END_TRIES; i++) {
		if (waitpid(h->pid, &how, WNOHANG) == h->pid)
			return how;
		poll(NULL, 0, END_WAIT_MS);
	}
	kill(h->pid, SIGKILL);
	while (waitpid(h->pid, &how, 0) < 0 && errno == EINTR)
		;
	return how;
}
