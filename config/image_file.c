/* image_file.c - an image while it is being made. */
#include "config/image_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"

#define FLUSH_BYTES  (1 << 20)
#define BEHIND_BYTES (4 << 20) /* written and not on their way to the disk */
#define LOCK_WAIT_MS 50

/* ------------------------------------------------------------------ lock */

/* <path>'s folder into <folder>, and where its own name begins. */
static const char *
split_path(const char *path, char *folder)
{
	const char *slash = strrchr(path, '/');

	if (!slash) {
		memcpy(folder, ".", 2);
		return path;
	}
	if (!str_copy(str_make(path, (size_t)(slash - path)), folder, PATH_MAX))
		folder[0] = '\0';
	if (!folder[0])
		memcpy(folder, "/", 2);
	return slash + 1;
}

/* "lists.image.1234.tmp" of a build that is no more. */
static bool
is_left_behind(struct str file, struct str name)
{
	struct str pid;

	if (!str_starts(name, file) || !str_ends(name, STR(".tmp")) ||
	    name.n < file.n + 6)
		return false;
	pid = str_sub(name, file.n, name.n - file.n - 4);
	if (pid.p[0] != '.')
		return false;
	for (size_t i = 1; i < pid.n; i++)
		if (pid.p[i] < '0' || pid.p[i] > '9')
			return false;
	return true;
}

/* Who has the lock is the only one to have such files. */
static void
tidy(const char *folder, const char *file)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (is_left_behind(str_of(file), str_of(e->d_name)))
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
}

int
image_file_lock(const char *path, struct err *err)
{
	char folder[PATH_MAX], lock[PATH_MAX];
	const char *file = split_path(path, folder);
	int64_t end = clock_mono_ms() + IMAGE_LOCK_S * 1000;
	int fd, n;

	if (file_mkdirs(folder, err) < 0)
		return -1;
	n = snprintf(lock, sizeof(lock), "%s.lock", path);
	if (n < 0 || (size_t)n >= sizeof(lock))
		return err_set(
		    err, ERR_LIMIT, "%s: the path is too long", path);
	/* read-only: it may be another user's */
	fd = open(lock, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", lock);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			err_sys(err, errno, "cannot lock %s", lock);
			close(fd);
			return -1;
		}
		if (clock_mono_ms() >= end) {
			close(fd);
			return err_set(err, ERR_REFUSED,
			    "another process has been compiling the lists "
			    "for %d s (%s is locked)",
			    IMAGE_LOCK_S, lock);
		}
		poll(NULL, 0, LOCK_WAIT_MS);
	}
	tidy(folder, file);
	return fd;
}

/* ------------------------------------------------------------ the image */

static int
open_unnamed(const char *folder, struct err *err)
{
	char path[PATH_MAX];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* a file system that knows no O_TMPFILE */
	if (!file_join(path, sizeof(path), folder, ".spill-XXXXXX"))
		return err_set(
		    err, ERR_LIMIT, "%s: the path is too long", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_sys(
		    err, errno, "cannot create a file in %s", folder);
	unlink(path);
	return fd;
}

int
image_file_new(struct image_file *f, const char *path,
    enum image_file_name name, struct err *err)
{
	char folder[PATH_MAX];
	int n;

	*f = (struct image_file){.fd = -1};
	split_path(path, folder);
	if (name == IMAGE_FILE_UNNAMED) {
		/* who only looks may not be allowed to write there */
		f->fd = open_unnamed(folder, err);
		if (f->fd < 0)
			f->fd = memfd_create("image", MFD_CLOEXEC);
		return f->fd < 0 ? err_sys(err, errno, "no room for an image")
		                 : 0;
	}
	n = snprintf(
	    f->tmp, sizeof(f->tmp), "%s.%ld.tmp", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(f->tmp)) {
		f->tmp[0] = '\0';
		return err_set(
		    err, ERR_LIMIT, "%s: the path is too long", path);
	}
	unlink(f->tmp);
	f->fd = open(
	    f->tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (f->fd >= 0)
		return 0;
	n = errno;
	f->tmp[0] = '\0';
	return err_sys(
	    err, n, "cannot create %s.%ld.tmp", path, (long)getpid());
}

static const char *
shown(const struct image_file *f)
{
	return f->tmp[0] ? f->tmp : "the new image";
}

static int
write_at(int fd, uint64_t at, const char *p, size_t n)
{
	while (n) {
		ssize_t done = pwrite(fd, p, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		p += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return 0;
}

/* From <at> on, <n> bytes; 0: to the end. */
static int
to_disk(int fd, off_t at, off_t n)
{
	return sync_file_range(fd, at, n,
	    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
	        SYNC_FILE_RANGE_WAIT_AFTER);
}

/*
 * What is written goes to the disk soon, not all of it at the end: who has
 * dirtied so much that the kernel lets writers wait makes others wait too, the
 * recorder's write() among them.
 */
static void
write_behind(struct image_file *f, size_t n)
{
	f->fresh += n;
	/* what is only looked at need never be there */
	if (f->fresh < BEHIND_BYTES || !f->tmp[0])
		return;
	f->fresh = 0;
	/* where it cannot be done, fsync() does it */
	to_disk(f->fd, 0, 0);
}

static int
out_write(void *ctx, uint64_t at, const void *p, size_t n, struct err *err)
{
	struct image_file *f = ctx;

	if (write_at(f->fd, at, p, n) < 0)
		return err_sys(err, errno, "cannot write %s", shown(f));
	write_behind(f, n);
	return 0;
}

/* The room is taken before it is mapped: to read a hole where the disk is full
 * would be a SIGBUS. */
static int
out_view(void *ctx, uint64_t n, struct bytes *bytes, struct err *err)
{
	struct image_file *f = ctx;
	int why = n ? posix_fallocate(f->fd, 0, (off_t)n) : 0;
	void *p;

	if (why)
		return err_sys(err, why, "cannot write %s", shown(f));
	if (n == 0 || n > SIZE_MAX || f->map.p)
		return err_set(err, ERR_LIMIT, "%s cannot be mapped", shown(f));
	p = mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, f->fd, 0);
	if (p == MAP_FAILED)
		return err_sys(err, errno, "cannot map %s", shown(f));
	*bytes = f->map = (struct bytes){p, (size_t)n};
	return 0;
}

struct compile_out
image_file_out(struct image_file *f)
{
	return (struct compile_out){f, out_write, out_view};
}

/*
 * Bring it to the disk piece by piece. All at once, others' fsync() waits for
 * the whole of it: the recorder's does for more than a second, and then
 * blocked answers wait for the log.
 */
static void
flush_gently(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);

	/* where it cannot be done, fsync() does it */
	for (off_t at = 0; at < end; at += FLUSH_BYTES)
		if (to_disk(fd, at, FLUSH_BYTES) < 0)
			break;
}

int
image_file_place(struct image_file *f, const char *path, struct err *err)
{
	flush_gently(f->fd);
	if (fsync(f->fd) < 0)
		return err_sys(err, errno, "cannot write %s", f->tmp);
	if (rename(f->tmp, path) < 0)
		return err_sys(err, errno, "cannot replace %s", path);
	f->tmp[0] = '\0';
	file_sync_folder(path);
	return 0;
}

void
image_file_fini(struct image_file *f)
{
	file_unmap(f->map);
	if (f->fd >= 0)
		close(f->fd);
	if (f->tmp[0])
		unlink(f->tmp);
	*f = (struct image_file){.fd = -1};
}

/* ---------------------------------------------------------------- spill */

void
spill_files_init(struct spill_files *s, const char *folder)
{
	*s = (struct spill_files){.folder = folder};
	for (unsigned i = 0; i < COMPILE_PARTS; i++)
		s->fd[i] = -1;
}

void
spill_files_fini(struct spill_files *s)
{
	for (unsigned i = 0; i < COMPILE_PARTS; i++)
		if (s->fd[i] >= 0)
			close(s->fd[i]);
	spill_files_init(s, NULL);
}

bool
spill_files_can(struct spill_files *s)
{
	s->fd[0] = open_unnamed(s->folder, NULL);
	return s->fd[0] >= 0;
}

static int
spill_append(void *ctx, unsigned part, const void *p, size_t n, struct err *err)
{
	struct spill_files *s = ctx;

	if (s->fd[part] < 0)
		s->fd[part] = open_unnamed(s->folder, err);
	if (s->fd[part] < 0)
		return -1;
	if (write_at(s->fd[part], s->n[part], p, n) < 0)
		return err_sys(
		    err, errno, "cannot write a file in %s", s->folder);
	s->n[part] += n;
	return 0;
}

static int
spill_read(
    void *ctx, unsigned part, uint64_t off, void *p, size_t n, struct err *err)
{
	struct spill_files *s = ctx;
	char *to = p;

	while (n && s->fd[part] >= 0) {
		ssize_t got = pread(s->fd[part], to, n, (off_t)off);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(
			    err, errno, "cannot read a file in %s", s->folder);
		if (got == 0)
			break;
		to += got;
		n -= (size_t)got;
		off += (uint64_t)got;
	}
	return n ? err_set(
	               err, ERR_CORRUPT, "a file in %s has shrunk", s->folder)
	         : 0;
}

struct compile_spill
spill_files_spill(struct spill_files *s)
{
	return (struct compile_spill){s, spill_append, spill_read};
}
