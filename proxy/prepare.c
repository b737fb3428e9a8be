/*
 * prepare.c - what is done once, before the first process is started.
 */
#include "proxy/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "config/config.h"
#include "config/loader.h"
#include "review/ring.h"

/* A predecessor that was killed frees the lock when the last of its children
 * is gone, which the kernel sees to at once. */
#define LOCK_TRIES   20
#define LOCK_WAIT_MS 50

static int
lock_taken(const char *path, int fd, struct err *err)
{
	char pid[16];
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	while (n > 0 && (pid[n - 1] < '0' || pid[n - 1] > '9'))
		n--;
	pid[n > 0 ? n : 0] = '\0';
	return err_set(err, ERR_REFUSED,
	    "another suzgi%s%s is running with this state folder (%s is "
	    "locked)",
	    pid[0] ? ", process " : "", pid, path);
}

static int
take_lock(const char *dir, struct err *err)
{
	char path[PATH_MAX], pid[16];
	int fd, n, tries = 0;

	if (!file_join(path, sizeof(path), dir, "lock"))
		return err_set(err, ERR_LIMIT, "%s: the path is too long", dir);
	fd = open(
	    path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (++tries == LOCK_TRIES) {
			lock_taken(path, fd, err);
			close(fd);
			return -1;
		}
		poll(NULL, 0, LOCK_WAIT_MS);
	}
	n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) != n)
		log_warn("cannot write the process id into %s", path);
	return fd;
}

int
prepare_state(const struct config *c, struct prepared *p, struct err *err)
{
	struct stat st;

	*p = (struct prepared){.lock = -1};
	p->made_state = stat(c->state_dir.p, &st) < 0;
	if (file_mkdirs(c->state_dir.p, err) < 0)
		return -1;
	if (stat(c->state_dir.p, &st) == 0 && (st.st_mode & S_IWOTH))
		return err_set(err, ERR_REFUSED,
		    "the state folder %s can be written to by everybody; take "
		    "that right away (chmod o-w) or choose another",
		    c->state_dir.p);
	p->lock = take_lock(c->state_dir.p, err);
	if (p->lock < 0)
		return -1;
	p->made_log = stat(c->log_dir.p, &st) < 0;
	if (file_mkdirs(c->log_dir.p, err) == 0)
		return 0;
	close(p->lock);
	p->lock = -1;
	return -1;
}

void
prepare_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) < 0)
		log_warn("the limit of open files stays as it was");
}

/* Give <path>, a file or folder of ours, to the user if it is root's. */
static int
hand_over(const char *path, const struct passwd *pw, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT
		           ? 0
		           : err_sys(err, errno, "cannot look at %s", path);
	if (st.st_uid != 0 || S_ISLNK(st.st_mode))
		return 0;
	if (lchown(path, pw->pw_uid, pw->pw_gid) < 0)
		return err_sys(
		    err, errno, "cannot give %s to user %s", path, pw->pw_name);
	return 0;
}

static int
hand_over_dir(
    const char *dir, bool made, const struct passwd *pw, struct err *err)
{
	struct stat st;

	if (made)
		return hand_over(dir, pw, err);
	if (stat(dir, &st) == 0 && st.st_uid == 0)
		return err_set(err, ERR_REFUSED,
		    "the folder %s belongs to root and user %s is to write to "
		    "it: chown -R %s %s",
		    dir, pw->pw_name, pw->pw_name, dir);
	return 0;
}

static int
hand_over_all(const struct config *c, const struct prepared *p,
    const struct passwd *pw, struct err *err)
{
	char path[PATH_MAX];

	if (hand_over_dir(c->state_dir.p, p->made_state, pw, err) < 0 ||
	    hand_over_dir(c->log_dir.p, p->made_log, pw, err) < 0)
		return -1;
	return file_join(path, sizeof(path), c->state_dir.p, "lock")
	           ? hand_over(path, pw, err)
	           : 0;
}

static int
no_such_user(const struct config *c, const char *user, struct err *err)
{
	struct stat st;

	if (stat(c->state_dir.p, &st) == 0 && st.st_uid == 0) {
		log_warn("there is no user %s; running as root. Better: "
		         "useradd --system %s, or say that you mean it with "
		         "[proxy] user = (nothing)",
		    user, user);
		return 0;
	}
	return err_set(err, ERR_REFUSED,
	    "there is no user %s to become. Make it (useradd --system %s), "
	    "name another in [proxy] user, or leave that empty to run as root",
	    user, user);
}

int
prepare_user(const struct config *c, const struct config_paths *at,
    const struct prepared *p, struct err *err)
{
	const struct passwd *pw;
	char user[64];

	if (geteuid() != 0 || at->demo || c->user.n == 0)
		return 0;
	if (!str_copy(c->user, user, sizeof(user)))
		return err_set(err, ERR_INPUT, "[proxy] user is too long");
	pw = getpwnam(user);
	if (!pw)
		return no_such_user(c, user, err);
	if (pw->pw_uid == 0)
		return 0; /* root was named: there is nobody to become */
	if (hand_over_all(c, p, pw, err) < 0)
		return -1;
	if (initgroups(user, pw->pw_gid) < 0 || setgid(pw->pw_gid) < 0 ||
	    setuid(pw->pw_uid) < 0)
		return err_sys(err, errno, "cannot become user %s", user);
	if (at->file && access(at->file, R_OK) < 0)
		log_warn("user %s cannot read %s: a reload will fail", user,
		    at->file);
	return 0;
}

unsigned
prepare_workers(const struct config *c)
{
	cpu_set_t set;
	unsigned n = c->workers;

	if (n == 0)
		n = sched_getaffinity(0, sizeof(set), &set) == 0
		        ? (unsigned)CPU_COUNT(&set)
		        : 1;
	if (n > RINGS_MAX)
		n = RINGS_MAX;
	return n ? n : 1;
}
