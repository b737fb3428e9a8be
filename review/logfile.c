/*
 * logfile.c - block.jsonl as its one writer sees it: whole lines go in.
 */
#include "review/logfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"

static int
open_dir(const char *dir, struct err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_sys(
		    err, errno, "cannot open the log folder %s", dir);
	if (fstat(fd, &st) == 0 && !(st.st_mode & S_IWOTH))
		return fd;
	close(fd);
	return err_set(err, ERR_REFUSED,
	    "the log folder %s can be written to by everybody; take that right "
	    "away (chmod o-w) or set [log] dir to another",
	    dir);
}

/* Read up to <n> bytes at <at>; how many there were, -1 on error. */
static ssize_t
read_at(int fd, char *p, size_t n, off_t at)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, p + got, n - got, at + (off_t)got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

/* The offset behind the last newline of the first <size> bytes. */
static off_t
end_of_lines(int fd, off_t size)
{
	char chunk[4096];

	while (size > 0) {
		size_t n =
		    size < (off_t)sizeof(chunk) ? (size_t)size : sizeof(chunk);

		if (read_at(fd, chunk, n, size - (off_t)n) != (ssize_t)n)
			return -1;
		for (size_t i = n; i > 0; i--)
			if (chunk[i - 1] == '\n')
				return size - (off_t)(n - i);
		size -= (off_t)n;
	}
	return 0;
}

static int
cut_torn_line(int fd, const char *dir, struct err *err)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED,
		    "%s/" LOGFILE_NAME " is not a regular file", dir);
	end = end_of_lines(fd, st.st_size);
	if (end < 0 || (end < st.st_size && ftruncate(fd, end) < 0))
		return err_sys(err, errno, "cannot mend %s/" LOGFILE_NAME, dir);
	return 0;
}

static int
open_file(const char *dir, struct err *err)
{
	int at = open_dir(dir, err), fd;

	if (at < 0 && access(dir, F_OK) < 0 && errno == ENOENT &&
	    file_mkdirs(dir, err) == 0)
		at = open_dir(dir, err);
	if (at < 0)
		return -1;
	/* O_NONBLOCK: a FIFO in its place shall be refused, not waited for */
	fd = openat(at, LOGFILE_NAME,
	    O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
	    0640);
	if (fd < 0)
		err_sys(err, errno, "cannot open %s/" LOGFILE_NAME, dir);
	close(at);
	if (fd >= 0 && cut_torn_line(fd, dir, err) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
logfile_open(struct logfile *f, const char *dir, struct err *err)
{
	*f = (struct logfile){.fd = -1};
	if (!str_copy(
	        str_of(dir), f->dir, sizeof(f->dir) - sizeof("/" LOGFILE_NAME)))
		return err_set(err, ERR_LIMIT, "%s: the path is too long", dir);
	f->fd = open_file(dir, err);
	return f->fd < 0 ? -1 : 0;
}

void
logfile_close(struct logfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	buf_fini(&f->pending);
}

int
logfile_flush(struct logfile *f, struct err *err)
{
	while (f->done < f->pending.n) {
		ssize_t n = write(
		    f->fd, f->pending.p + f->done, f->pending.n - f->done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, n < 0 ? errno : ENOSPC,
			    "cannot write %s/" LOGFILE_NAME, f->dir);
		f->done += (size_t)n;
		f->dirty = true;
	}
	f->done = 0;
	buf_reset(&f->pending);
	return 0;
}

/* The name first, our own links after it: a file that is removed between the
 * two looks has been removed, and not moved. */
enum logfile_place
logfile_place(const struct logfile *f)
{
	char path[PATH_MAX];
	struct stat ours, there;
	bool known = file_join(path, sizeof(path), f->dir, LOGFILE_NAME) &&
	             lstat(path, &there) == 0;

	if (fstat(f->fd, &ours) < 0 || ours.st_nlink == 0)
		return LOGFILE_REMOVED;
	return known && there.st_ino == ours.st_ino &&
	               there.st_dev == ours.st_dev
	           ? LOGFILE_HERE
	           : LOGFILE_MOVED;
}

int
logfile_reopen(struct logfile *f, struct err *err)
{
	int fd = open_file(f->dir, err);
	size_t whole = f->done;

	if (fd < 0)
		return -1;
	while (whole && f->pending.p[whole - 1] != '\n')
		whole--;
	if (whole < f->done) {
		struct stat st;

		/* what is torn there is cut off by its length; if not even
		 * that works, readers skip it */
		if (fstat(f->fd, &st) == 0 &&
		    ftruncate(f->fd, st.st_size - (off_t)(f->done - whole)) < 0)
			f->dirty = true;
	}
	buf_eat(&f->pending, whole);
	f->done = 0;
	close(f->fd);
	f->fd = fd;
	return 0;
}

static int
tail_of(int fd, size_t max, struct buf *out, struct err *err)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot read the log");
	if ((off_t)max > st.st_size)
		max = (size_t)st.st_size;
	if (!buf_room(out, max))
		return err_set(err, ERR_MEMORY, "out of memory");
	n = read_at(fd, out->p + out->n, max, st.st_size - (off_t)max);
	if (n < 0)
		return err_sys(err, errno, "cannot read the log");
	out->n += (size_t)n;
	return 0;
}

bool
logfile_is_rotated(struct str name)
{
	struct str mark = STR(LOGFILE_NAME), rest = str_sub(name, mark.n, 32);
	uint64_t number;

	return str_starts(name, mark) && rest.n > 1 &&
	       (rest.p[0] == '.' || rest.p[0] == '-') &&
	       str_to_u64(str_sub(rest, 1, rest.n), &number);
}

/* Open the one that was written to last; -1: there is none. */
static int
open_rotated(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	struct timespec newest = {0, 0};
	int found = -1;

	while (d && (e = readdir(d))) {
		struct stat st;
		int fd;

		if (!logfile_is_rotated(str_of(e->d_name)) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) <
		        0 ||
		    !S_ISREG(st.st_mode) || st.st_mtim.tv_sec < newest.tv_sec ||
		    (st.st_mtim.tv_sec == newest.tv_sec &&
		        st.st_mtim.tv_nsec <= newest.tv_nsec))
			continue;
		fd = openat(dirfd(d), e->d_name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (found >= 0)
			close(found);
		found = fd;
		newest = st.st_mtim;
	}
	if (d)
		closedir(d);
	return found;
}

int
logfile_tail(
    const struct logfile *f, size_t max, struct buf *out, struct err *err)
{
	struct stat st;
	int fd, rc = 0;

	if (fstat(f->fd, &st) < 0)
		return err_sys(err, errno, "cannot read the log");
	fd = (off_t)max > st.st_size ? open_rotated(f->dir) : -1;
	if (fd >= 0) {
		rc = tail_of(fd, max - (size_t)st.st_size, out, err);
		close(fd);
		buf_add_char(out, '\n');
	}
	return rc < 0 ? -1 : tail_of(f->fd, max, out, err);
}
