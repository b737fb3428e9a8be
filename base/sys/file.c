/* file.c - whole files: map, read, replace atomically. */
#include "base/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

int
file_map(const char *path, struct bytes *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = NULL;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(
		    err, ERR_INPUT, "%s is not a regular file", path);
	}
	if (st.st_size > 0)
		p = mmap(
		    NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return err_sys(err, errno, "cannot map %s", path);
	*out = (struct bytes){p, (size_t)st.st_size};
	return 0;
}

void
file_unmap(struct bytes b)
{
	union {
		const uint8_t *in;
		void *out;
	} p = {b.p};

	if (b.p)
		munmap(p.out, b.n);
}

int
file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	ssize_t n;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	for (;;) {
		if (!buf_room(out, 65536)) {
			close(fd);
			return err_set(err, ERR_MEMORY, "%s: no memory", path);
		}
		n = read(fd, out->p + out->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->n += (size_t)n;
		got += (size_t)n;
		if (got > max) {
			close(fd);
			return err_set(err, ERR_LIMIT,
			    "%s is larger than %zu bytes", path, max);
		}
	}
	close(fd);
	if (n < 0)
		return err_sys(err, errno, "cannot read %s", path);
	return 0;
}

static int
write_all(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		s = str_sub(s, (size_t)n, s.n);
	}
	return 0;
}

void
file_sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;

	if (!str_copy(str_make(path, slash ? (size_t)(slash - path) : 0),
	        folder, sizeof(folder)))
		return;
	fd = open(folder[0] ? folder
	          : slash   ? "/"
	                    : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* -1 with errno. */
static int
give(int fd, const struct stat *as)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -1;
	if ((now.st_uid != as->st_uid || now.st_gid != as->st_gid) &&
	    fchown(fd, now.st_uid == as->st_uid ? (uid_t)-1 : as->st_uid,
	        as->st_gid) < 0)
		return -1;
	return fchmod(fd, as->st_mode & 07777);
}

static int
replace(const char *path, struct str content, mode_t mode,
    const struct stat *as, struct err *err)
{
	char tmp[PATH_MAX];
	int fd, n, why;

	/* two processes may replace the same file: each with its own */
	n = snprintf(tmp, sizeof(tmp), "%s.%ld.tmp", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_set(
		    err, ERR_LIMIT, "%s: the path is too long", path);
	unlink(tmp);
	fd = open(
	    tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return err_sys(err, errno, "cannot create %s", tmp);
	if ((as && give(fd, as) < 0) || write_all(fd, content) < 0 ||
	    fsync(fd) < 0) {
		why = errno;
		close(fd);
		unlink(tmp);
		return err_sys(err, why, "cannot write %s", tmp);
	}
	close(fd);
	if (rename(tmp, path) < 0) {
		why = errno;
		unlink(tmp);
		return err_sys(err, why, "cannot replace %s", path);
	}
	file_sync_folder(path);
	return 0;
}

int
file_replace(const char *path, struct str content, mode_t mode, struct err *err)
{
	return replace(path, content, mode, NULL, err);
}

int
file_replace_as(const char *path, struct str content, const struct stat *as,
    struct err *err)
{
	return replace(path, content, 0600, as, err);
}

int
file_mkdirs(const char *path, struct err *err)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		return err_set(
		    err, ERR_LIMIT, "%s: the path is too long", path);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0750) < 0 && errno != EEXIST && errno != EISDIR)
			return err_sys(err, errno, "cannot create %s", part);
	}
	return 0;
}

bool
file_join(char *out, size_t size, const char *a, const char *b)
{
	int n = snprintf(out, size, "%s/%s", a, b);

	return n >= 0 && (size_t)n < size;
}
