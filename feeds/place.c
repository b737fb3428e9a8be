/* place.c - where feeds keep their versions. */
#include "feeds/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/file.h"
#include "feeds/state.h"

#define OPEN_FOLDERS 16 /* while a tree is removed */

static int
too_long(struct err *err, const char *path)
{
	return err_set(err, ERR_LIMIT, "%s: the path is too long", path);
}

bool
place_folder(char out[PATH_MAX], struct str state_dir, struct str list)
{
	int n = snprintf(out, PATH_MAX, "%.*s/feeds/%.*s", STR_ARG(state_dir),
	    STR_ARG(list));

	return n > 0 && n < PATH_MAX && list.n > 0 && list.p[0] != '.';
}

bool
place_version(char out[PATH_MAX], const char *folder, const char *version)
{
	return file_join(out, PATH_MAX, folder, version);
}

void
place_name(char *out, size_t size, int64_t t, const char *sha256)
{
	time_t at = (time_t)t;
	struct tm tm = {0};

	gmtime_r(&at, &tm);
	snprintf(out, size, "v-%04d%02d%02dT%02d%02d%02dZ-%.8s",
	    (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, sha256);
}

int
place_lock(const char *folder, struct err *err)
{
	char path[PATH_MAX];
	int fd;

	if (!file_join(path, sizeof(path), folder, "lock"))
		return too_long(err, folder);
	if (file_mkdirs(folder, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		err_set(err, ERR_REFUSED,
		    "another update of it is on its way (%s is locked)", path);
	else
		err_sys(err, errno, "cannot lock %s", path);
	close(fd);
	return -1;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)where;
	if (kind == FTW_DP || kind == FTW_DNR || kind == FTW_D)
		rmdir(path);
	else
		unlink(path);
	return 0;
}

void
place_remove(const char *path)
{
	nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

int
place_staging(const char *folder, char out[PATH_MAX], struct err *err)
{
	if (!file_join(out, PATH_MAX, folder, "staging"))
		return too_long(err, folder);
	place_remove(out);
	if (mkdir(out, 0750) < 0)
		return err_sys(err, errno, "cannot create %s", out);
	return 0;
}

static bool
is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The one name in <path>; false where there are more or none. */
static bool
only_name(const char *path, char *out, size_t size)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	unsigned n = 0;

	while (d && (e = readdir(d))) {
		if (is_dot(e->d_name))
			continue;
		n++;
		snprintf(out, size, "%s", e->d_name);
	}
	if (d)
		closedir(d);
	return n == 1;
}

/* A ut1 category, which has to stay a folder in a folder. */
static bool
is_category(const char *path)
{
	static const char *const files[] = {"domains", "urls", "expressions"};
	char at[PATH_MAX];

	for (unsigned i = 0; i < 3; i++)
		if (file_join(at, sizeof(at), path, files[i]) &&
		    access(at, F_OK) == 0)
			return true;
	return false;
}

/* <path> without folders around that hold nothing but another one. */
static void
descend(char path[PATH_MAX])
{
	char name[NAME_MAX + 1], below[PATH_MAX];
	struct stat st;

	while (only_name(path, name, sizeof(name)) &&
	       file_join(below, sizeof(below), path, name) &&
	       lstat(below, &st) == 0 && S_ISDIR(st.st_mode) &&
	       !is_category(below))
		memcpy(path, below, strlen(below) + 1);
}

static int
sync_all(const char *folder, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", folder);
	rc = syncfs(fd) < 0 || fsync(fd) < 0
	         ? err_sys(err, errno, "cannot write %s to the disk", folder)
	         : 0;
	close(fd);
	return rc;
}

int
place_keep(
    const char *folder, const char *from, const char *version, struct err *err)
{
	char to[PATH_MAX], path[PATH_MAX];

	if (!place_version(to, folder, version) ||
	    !str_copy(str_of(from), path, sizeof(path)))
		return too_long(err, folder);
	descend(path);
	place_remove(to); /* of the same second and content, cut short */
	if (rename(path, to) < 0)
		return err_sys(err, errno, "cannot rename %s to %s", path, to);
	return sync_all(folder, err);
}

static bool
is_named(const struct feed_state *s, const char *name)
{
	return strcmp(name, s->current.name) == 0 ||
	       strcmp(name, s->former.name) == 0 ||
	       strcmp(name, s->held.name) == 0;
}

void
place_sweep(const char *folder, const struct feed_state *s)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	char path[PATH_MAX];

	while (d && (e = readdir(d))) {
		bool ours =
		    (s->current.name[0] && strncmp(e->d_name, "v-", 2) == 0) ||
		    strcmp(e->d_name, "staging") == 0 ||
		    strstr(e->d_name, ".tmp");

		if (ours && !is_named(s, e->d_name) &&
		    file_join(path, sizeof(path), folder, e->d_name))
			place_remove(path);
	}
	if (d)
		closedir(d);
}
