/* job.c - what suzgi-fetch is told, and how it locks itself in. */
#include "feeds/fetch/job.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define JOB_MAX (8u << 20)
#define NOBODY  65534
#define FILES   64

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* maps terabytes, and looks at itself at its end */
#else
#define SANITIZED 0
#endif

bool
job_read(struct job *j)
{
	ssize_t n;

	for (;;) {
		if (j->text.n > JOB_MAX || !buf_room(&j->text, 65536))
			return false;
		n = read(0, j->text.p + j->text.n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		j->text.n += (size_t)n;
	}
	buf_add_char(&j->text, '\n');
	buf_add_char(&j->text, '\0');
	if (n < 0 || j->text.failed)
		return false;
	for (size_t i = 0, line = 0; i < j->text.n; i++) {
		if (j->text.p[i] != '\n')
			continue;
		if (str_eq(str_make(j->text.p + line, i - line), STR("ca=")))
			break;
		j->text.p[i] = '\0';
		line = i + 1;
	}
	return true;
}

void
job_fini(struct job *j)
{
	buf_fini(&j->text);
}

const char *
job_get(const struct job *j, const char *key)
{
	size_t len = strlen(key);
	const char *p = j->text.p, *end = p + j->text.n;

	while (p < end) {
		if (strncmp(p, key, len) == 0 && p[len] == '=')
			return p + len + 1;
		p += strlen(p) + 1;
	}
	return NULL;
}

uint64_t
job_u64(const struct job *j, const char *key, uint64_t otherwise)
{
	uint64_t n;

	return str_to_u64(str_of(job_get(j, key)), &n) ? n : otherwise;
}

struct str
job_ca(const struct job *j)
{
	const char *p = job_get(j, "ca");

	/* behind "ca=\n", and before the newline and NUL that we added */
	return p ? str_make(p + 1, (size_t)(j->text.p + j->text.n - p) - 2)
	         : STR_NONE;
}

static int
limit(int what, uint64_t most)
{
	struct rlimit r = {most, most}, now;

	if (getrlimit((__rlimit_resource_t)what, &now) == 0 &&
	    now.rlim_max < r.rlim_max)
		r.rlim_cur = r.rlim_max = now.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &r);
}

/* A namespace where whoever it was is called root, and nobody is not there. */
static bool
is_lone_root(void)
{
	unsigned long first = 0, real = 0, count = 0;
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool lone = f && fscanf(f, "%lu %lu %lu", &first, &real, &count) == 3 &&
	            first == 0 && count <= NOBODY;

	if (f)
		fclose(f);
	return lone;
}

/* Nobody's rights are those of any stranger on this machine. */
static int
become_nobody(void)
{
	if (geteuid() != 0 || is_lone_root())
		return 0;
	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return -1;
	return setuid(0) == 0 ? -1 : 0;
}

int
jail(uint64_t memory, uint64_t file_size, uint32_t cpu_s)
{
	pid_t parent = getppid();

	if (become_nobody() < 0)
		return -1;
	/* a change of user takes it back, so it comes after */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (!SANITIZED &&
	    (prctl(PR_SET_DUMPABLE, 0) < 0 || limit(RLIMIT_AS, memory) < 0))
		return -1;
	signal(SIGXFSZ, SIG_IGN); /* EFBIG says it better */
	return limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_NOFILE, FILES) < 0 ||
	               limit(RLIMIT_FSIZE, file_size) < 0 ||
	               limit(RLIMIT_CPU, cpu_s) < 0
	           ? -1
	           : 0;
}

/*
 * Descriptors cannot be had any more: that is what opening a file, a socket
 * or a pipe comes down to. Those that are open stay.
 */
void
jail_shut(void)
{
	if (!SANITIZED) {
		limit(RLIMIT_NOFILE, 0);
		limit(RLIMIT_NPROC, 0);
	}
}
