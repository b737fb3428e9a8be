/* builder.c - lists are compiled in a process of its own. */
#include "proxy/builder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "config/config.h"
#include "config/loader.h"
#include "filters/snapshot.h"
#include "proxy/finding.h"

#define PROGRAM       "/proc/self/exe" /* also when a newer one is installed */
#define FIRST_FREE_FD 3
#define ARGS_FIXED    16
#define SAID_MAX      (1u << 20) /* bytes of findings; then it goes on unheard */
#define READ_BYTES    8192
#define EXIT_REFUSED  78
/* What serves comes first, but not alone: new lists must come into force on a
 * machine that is never idle as well. The disk's order follows from it. */
#define NICE          10

extern char **environ;

/* ------------------------------------------------------------- the process */

static void
say(void *arg, const struct config_report *r)
{
	struct buf line = BUF_EMPTY;

	(void)arg;
	finding_log(r);
	finding_json(&line, r);
	buf_add_char(&line, '\n');
	if (!line.failed && write(STDOUT_FILENO, line.p, line.n) < 0)
		log_warn("the proxy does not listen: %s", strerror(errno));
	buf_fini(&line);
}

static void
yield_to_others(void)
{
	const struct sched_param none = {0};

	if (sched_setscheduler(0, SCHED_BATCH, &none) < 0 ||
	    setpriority(PRIO_PROCESS, 0, NICE) < 0)
		log_warn("compiling lists takes time from requests: %s",
		    strerror(errno));
}

int
builder_main(const struct config_paths *at, uint64_t generation, long parent)
{
	struct snapshot *s = NULL;
	struct config *c;
	bool done;

	/* nobody waits any more: nothing is put in place behind his back */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if ((long)getppid() != parent)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "suzgi: builder");
	log_rename("suzgi: builder");
	yield_to_others();
	c = config_load(at, say, NULL);
	if (c)
		s = config_snapshot(c, at, generation, say, NULL);
	done = s != NULL;
	if (s && snapshot_unref(s))
		snapshot_free(s);
	config_free(c);
	return done ? 0 : EXIT_REFUSED;
}

/* -------------------------------------------------------------- its parent */

/* The process and what it says. */
struct building {
	const struct builder_job *job;
	pid_t pid;
	int out;         /* owned: our end of its stdout */
	struct buf line; /* begun and not ended */
	size_t said;
	unsigned errors;
};

static char *
writable(const char *s)
{
	union {
		const char *in;
		char *out;
	} u = {s};

	return u.out; /* that posix_spawn() does not write there is POSIX's word
	               */
}

/* The command line into <argv>, which the caller frees; NULL: memory. */
static char **
command_line(const struct builder_job *job, struct buf *numbers)
{
	const struct config_paths *at = job->paths;
	size_t sets = 0, n = 0, parent;
	char **argv;

	while (at->set && at->set[sets])
		sets++;
	argv = calloc(ARGS_FIXED + 2 * sets, sizeof(*argv));
	buf_addf(numbers, "%llu", (unsigned long long)job->generation);
	buf_add_char(numbers, '\0');
	parent = numbers->n;
	buf_addf(numbers, "%ld", (long)getpid());
	buf_add_char(numbers, '\0');
	if (!argv || numbers->failed) {
		free(argv);
		return NULL;
	}
	argv[n++] = writable("suzgi");
	argv[n++] = writable("builder");
	/* where it runs, which a changed file does not move */
	argv[n++] = writable("--state");
	argv[n++] = writable(job->config->state_dir.p);
	argv[n++] = writable("--data");
	argv[n++] = writable(job->config->data_dir.p);
	if (at->file) {
		argv[n++] = writable("--config");
		argv[n++] = writable(at->file);
	}
	if (at->demo)
		argv[n++] = writable("--demo");
	for (size_t i = 0; i < sets; i++) {
		argv[n++] = writable("--set");
		argv[n++] = writable(at->set[i]);
	}
	argv[n++] = writable("--");
	argv[n++] = numbers->p;
	argv[n] = numbers->p + parent;
	return argv;
}

/* Start it with its stdout at <out>. 0, or why not. */
static int
spawn(char **argv, int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	rc = posix_spawn_file_actions_addopen(
	    &files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(
		    &files, out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
		    &files, FIRST_FREE_FD);
	if (rc == 0)
		rc = posix_spawn(pid, PROGRAM, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static int
start(struct building *b)
{
	struct buf numbers = BUF_EMPTY;
	char **argv = command_line(b->job, &numbers);
	int pipe_fds[2] = {-1, -1}, rc = argv ? 0 : ENOMEM;

	if (rc == 0 && pipe2(pipe_fds, O_CLOEXEC) < 0)
		rc = errno;
	if (rc == 0) {
		rc = spawn(argv, pipe_fds[1], &b->pid);
		close(pipe_fds[1]);
	}
	if (rc == 0)
		b->out = pipe_fds[0];
	else if (pipe_fds[0] >= 0)
		close(pipe_fds[0]);
	free(argv);
	buf_fini(&numbers);
	return rc;
}

/* A finding of our own. */
static void
complain(struct building *b, const char *text)
{
	const struct config_report r = {.error = true, .text = text};
	struct buf json = BUF_EMPTY;

	b->errors++;
	finding_log(&r);
	finding_json(&json, &r);
	b->job->finding(b->job->arg, true, buf_str(&json));
	buf_fini(&json);
}

static void
hear_line(struct building *b, struct str line)
{
	bool error = str_starts(line, STR("{\"error\":true"));

	b->errors += error;
	b->said += line.n;
	if (line.n && b->said <= SAID_MAX)
		b->job->finding(b->job->arg, error, line);
}

static void
hear(struct building *b, const char *p, size_t n)
{
	const char *end = memrchr(p, '\n', n);
	struct str rest, line;

	buf_add(&b->line, p, end ? (size_t)(end - p) + 1 : n);
	if (end) {
		rest = buf_str(&b->line);
		while (str_next(&rest, '\n', &line))
			hear_line(b, line);
		buf_reset(&b->line);
		buf_add(&b->line, end + 1, (size_t)(p + n - end) - 1);
	}
	/* nothing that it says is that long: it must be out of its mind */
	if (b->line.n > SAID_MAX)
		buf_reset(&b->line);
}

/* Listen until it has no more to say. False: it was late and is killed. */
static bool
listen_to(struct building *b)
{
	int64_t deadline = clock_mono_ms() + (int64_t)BUILDER_MAX_S * 1000;
	char room[READ_BYTES];

	for (;;) {
		struct pollfd p = {.fd = b->out, .events = POLLIN};
		int64_t left = deadline - clock_mono_ms();
		ssize_t n;

		if (left <= 0) {
			kill(b->pid, SIGKILL);
			return false;
		}
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(b->out, room, sizeof(room));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0)
			hear(b, room, (size_t)n);
	}
}

static void
say_end(struct building *b, bool late, int how)
{
	char text[128];

	if (late)
		snprintf(text, sizeof(text),
		    "the lists were not compiled within %d minutes",
		    BUILDER_MAX_S / 60);
	else if (WIFSIGNALED(how))
		snprintf(text, sizeof(text),
		    "the process that compiles lists was killed by signal %d "
		    "(%s)",
		    WTERMSIG(how), strsignal(WTERMSIG(how)));
	else
		snprintf(text, sizeof(text),
		    "the process that compiles lists ended with status %d",
		    WEXITSTATUS(how));
	complain(b, text);
}

enum builder_end
builder_run(const struct builder_job *job)
{
	struct building b = {.job = job, .out = -1, .line = BUF_EMPTY};
	int rc = start(&b), how = 0;
	bool late, done;

	if (rc != 0) {
		log_warn("no process to compile lists in: %s", strerror(rc));
		return BUILDER_NOT_STARTED;
	}
	late = !listen_to(&b);
	while (waitpid(b.pid, &how, 0) < 0 && errno == EINTR)
		continue;
	close(b.out);
	buf_fini(&b.line);
	done = !late && WIFEXITED(how) && WEXITSTATUS(how) == 0;
	if (done)
		return BUILDER_DONE;
	if (late || b.errors == 0 || !WIFEXITED(how) ||
	    WEXITSTATUS(how) != EXIT_REFUSED)
		say_end(&b, late, how);
	return BUILDER_REFUSED;
}
