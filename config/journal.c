/* journal.c - the file of overrides: read, added to, compacted. */
#include "config/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"

#define MODE          0640
#define LOCK_RETRY_MS 10

/* --------------------------------------------------------------- in memory */

void
journal_fini(struct journal *j)
{
	arena_fini(&j->arena);
	free(j->v);
	free(j->slot);
	*j = (struct journal){0};
}

/* The slot of <id>, or the one where it would be. */
static uint32_t *
slot_of(const struct journal *j, struct str id)
{
	uint64_t h = hash64(id.p, id.n, 1);

	for (;; h++) {
		uint32_t *s = &j->slot[h & (j->nslots - 1)];

		if (!*s || str_eq(str_of(j->v[*s - 1].o.id), id))
			return s;
	}
}

static struct journal_entry *
find(const struct journal *j, struct str id)
{
	uint32_t *s = j->nslots ? slot_of(j, id) : NULL;

	return s && *s ? &j->v[*s - 1] : NULL;
}

const struct journal_entry *
journal_find(const struct journal *j, struct str id)
{
	return find(j, id);
}

const struct journal_entry *
journal_to_end(const struct journal *j, struct str id, struct err *err)
{
	const struct journal_entry *e = find(j, id);

	if (e && !e->ended)
		return e;
	if (!e)
		err_set(
		    err, ERR_INPUT, "there is no override %.*s", STR_ARG(id));
	else
		err_set(err, ERR_INPUT, "override %.*s has ended before",
		    STR_ARG(id));
	return NULL;
}

bool
journal_holds(const struct journal_entry *e, int64_t now)
{
	return !e->ended && e->o.from <= now &&
	       (e->o.until == 0 || now < e->o.until);
}

/* Twice the room, half of the slots free. */
static int
grow(struct journal *j)
{
	unsigned cap = j->cap ? j->cap * 2 : 64;
	struct journal_entry *v = realloc(j->v, cap * sizeof(*v));
	uint32_t *slot;

	if (!v)
		return -1;
	j->v = v;
	slot = calloc(2 * (size_t)cap, sizeof(*slot));
	if (!slot)
		return -1;
	free(j->slot);
	j->slot = slot;
	j->nslots = 2 * cap;
	j->cap = cap;
	for (unsigned i = 0; i < j->n; i++)
		*slot_of(j, str_of(v[i].o.id)) = i + 1;
	return 0;
}

static int
add(struct journal *j, const struct journal_line *l)
{
	if (j->n == j->cap && grow(j) < 0)
		return -1;
	*slot_of(j, str_of(l->o.id)) = j->n + 1;
	j->v[j->n++] = (struct journal_entry){.o = l->o, .at = l->at};
	return 0;
}

/* Do what a line says. 0, or -1: no memory; <why>: it makes no sense. */
static int
obey(struct journal *j, const struct journal_line *l, const char **why)
{
	struct journal_entry *e = find(j, str_of(l->o.id));

	*why = NULL;
	if (l->act == JOURNAL_ADD) {
		if (!e)
			return add(j, l);
		*why = "this id was added before";
	} else if (!e) {
		*why = "it ends what was not added";
	} else if (!e->ended) {
		e->ended = l->at ? l->at : 1;
		e->ended_by = l->o.author;
	}
	return 0;
}

static bool
has(struct str in, struct str what)
{
	return str_search(in, what) < in.n;
}

/* One permission less is no danger; what else is lost may let through more
 * than somebody wanted. */
static bool
is_grave(struct str line)
{
	return !(has(line, STR("\"act\":\"add\"")) &&
	         has(line, STR("\"action\":\"allow\"")));
}

static void
tell_damaged(struct journal *j, struct str line, const char *why,
    journal_hear *hear, void *arg)
{
	bool grave = is_grave(line);
	char text[256];

	j->damaged++;
	if (!hear)
		return;
	snprintf(text, sizeof(text), "a damaged line is skipped: %s%s", why,
	    grave ? "; it may have blocked something" : "");
	hear(arg, grave, j->lines, text);
}

/* Behind the last line feed. */
static int
take_tail(struct journal *j, struct str tail, journal_hear *hear, void *arg)
{
	struct journal_line l;
	const char *why;

	if (!tail.n)
		return 0;
	j->lines++;
	if (journal_line_read(&j->arena, tail, &l, &why))
		return obey(j, &l, &why);
	j->torn = true;
	if (hear)
		hear(arg, is_grave(tail), j->lines,
		    "the last line is not whole: it was being written when "
		    "the machine stopped, and does not count");
	return 0;
}

int
journal_parse(struct journal *j, struct str text, journal_hear *hear, void *arg)
{
	size_t at = 0;
	int rc = 0;

	*j = (struct journal){0};
	arena_init(&j->arena, 0);
	while (rc == 0 && at < text.n) {
		size_t end = str_find(text, '\n', at);
		struct str line = str_sub(text, at, end - at);
		struct journal_line l;
		const char *why;

		if (end == text.n) {
			rc = take_tail(j, line, hear, arg);
			break;
		}
		at = end + 1;
		j->lines++;
		if (journal_line_read(&j->arena, line, &l, &why))
			rc = obey(j, &l, &why);
		if (why)
			tell_damaged(j, line, why, hear, arg);
	}
	if (rc == 0 && !j->arena.failed)
		return 0;
	journal_fini(j);
	return -1;
}

/* ------------------------------------------------------------- on the disk */

/* Lock <fd>, but wait no longer than is written down. */
static int
lock(int fd, int how, const char *path, struct err *err)
{
	int64_t end = clock_mono_ms() + JOURNAL_LOCK_MS;

	while (flock(fd, how | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, errno, "%s", path);
		if (clock_mono_ms() > end)
			return err_set(err, ERR_SYSTEM,
			    "%s: another program has kept it locked for %d s",
			    path, JOURNAL_LOCK_MS / 1000);
		poll(NULL, 0, LOCK_RETRY_MS);
	}
	return 0;
}

/* Is what is open still what <path> leads to? */
static bool
is_same(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Made by root for a filter that runs as another user: its folder's. */
static void
give_away(int fd, const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat s, f;

	if (geteuid() != 0 || !slash || fstat(fd, &s) < 0 || s.st_size)
		return;
	if (!str_copy(str_make(path, (size_t)(slash - path)), folder,
	        sizeof(folder)) ||
	    stat(folder, &f) < 0 ||
	    (s.st_uid == f.st_uid && s.st_gid == f.st_gid))
		return;
	if (fchown(fd, f.st_uid, f.st_gid) < 0)
		return; /* then who reads it says so */
}

/* Open and locked; -1 with <err>, or -2: there is none (LOCK_SH). */
static int
open_locked(const char *path, int how, struct err *err)
{
	int flags = O_CLOEXEC | O_NOFOLLOW |
	            (how == LOCK_SH ? O_RDONLY : O_RDWR | O_APPEND | O_CREAT);

	for (unsigned tries = 0; tries < 100; tries++) {
		int fd = open(path, flags, MODE);

		if (fd < 0 && errno == ENOENT && how == LOCK_SH)
			return -2;
		if (fd < 0)
			return err_sys(err, errno, "%s", path);
		if (lock(fd, how, path, err) < 0) {
			close(fd);
			return -1;
		}
		if (is_same(fd, path)) {
			if (how == LOCK_EX)
				give_away(fd, path);
			return fd;
		}
		close(fd); /* compacted while we waited */
	}
	return err_set(
	    err, ERR_SYSTEM, "%s: it is replaced all the time", path);
}

static int
read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		ssize_t n;

		if (out->n > JOURNAL_MAX)
			return err_set(err, ERR_LIMIT, "%s: larger than %u MiB",
			    path, JOURNAL_MAX >> 20);
		if (!buf_room(out, 65536))
			return err_set(err, ERR_MEMORY, "out of memory");
		n = read(fd, out->p + out->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "%s", path);
		if (n == 0)
			return 0;
		out->n += (size_t)n;
	}
}

int
journal_read(struct journal *j, const char *path, journal_hear *hear, void *arg,
    struct err *err)
{
	struct buf text = BUF_EMPTY;
	int fd, rc;

	*j = (struct journal){0};
	fd = open_locked(path, LOCK_SH, err);
	if (fd == -2)
		return 0;
	if (fd < 0)
		return -1;
	rc = read_all(fd, path, &text, err);
	close(fd);
	if (rc == 0 && journal_parse(j, buf_str(&text), hear, arg) < 0)
		rc = err_set(err, ERR_MEMORY, "out of memory");
	buf_fini(&text);
	return rc;
}

/* Make what is behind the last line feed a line, or cut it off. */
static int
mend(int fd, const char *path, struct str text, struct err *err)
{
	size_t end = text.n;
	struct journal_line l;
	const char *why;
	struct arena a;
	bool whole;

	while (end > 0 && text.p[end - 1] != '\n')
		end--;
	if (end == text.n)
		return 0;
	arena_init(&a, 0);
	whole = journal_line_read(&a, str_sub(text, end, text.n), &l, &why);
	arena_fini(&a);
	if (whole ? write(fd, "\n", 1) != 1 : ftruncate(fd, (off_t)end) < 0)
		return err_sys(err, errno, "%s", path);
	return 0;
}

static int
write_line(int fd, const char *path, struct str line, struct err *err)
{
	off_t before = lseek(fd, 0, SEEK_END);
	ssize_t n = write(fd, line.p, line.n);
	int why = n < 0 ? errno : ENOSPC;

	if (n == (ssize_t)line.n && fsync(fd) == 0)
		return 0;
	if (n == (ssize_t)line.n)
		why = errno;
	if (before >= 0 && ftruncate(fd, before) == 0)
		fsync(fd);
	return err_sys(err, why, "%s", path);
}

/* -------------------------------------------------------------- compaction */

static bool
is_of_use(const struct journal_entry *e, int64_t now)
{
	return !e->ended &&
	       (e->o.until == 0 || e->o.until > now - JOURNAL_KEEP_S);
}

static void
keep_old(const char *path)
{
	char old[PATH_MAX];

	if (snprintf(old, sizeof(old), "%s.1", path) >= (int)sizeof(old))
		return;
	unlink(old);
	if (link(path, old) < 0)
		return; /* no room for two, or no links there: then none */
}

static void
replace(const char *path, struct str text, const struct stat *was)
{
	if (file_replace(path, text, MODE, NULL) < 0 || geteuid() != 0)
		return;
	if (chown(path, was->st_uid, was->st_gid) < 0)
		return; /* then who reads it says so */
}

/*
 * Write what is of use to a new file in place of the old, whose lock we hold.
 * That it failed is no harm: the old one has all.
 */
static void
compact(const char *path, struct str text, int64_t now)
{
	struct buf out = BUF_EMPTY;
	struct journal j;
	unsigned of_use = 0;
	struct stat s;

	if (journal_parse(&j, text, NULL, NULL) < 0)
		return;
	for (unsigned i = 0; i < j.n; i++)
		of_use += is_of_use(&j.v[i], now);
	/* damaged lines stay where somebody can look at them */
	if (!j.damaged && !j.torn && j.lines > JOURNAL_COMPACT &&
	    of_use < j.lines / 2) {
		for (unsigned i = 0; i < j.n; i++)
			if (is_of_use(&j.v[i], now))
				journal_line_write(&out,
				    &(struct journal_line){.act = JOURNAL_ADD,
				        .o = j.v[i].o,
				        .at = j.v[i].at});
		if (!out.failed && stat(path, &s) == 0) {
			keep_old(path);
			replace(path, buf_str(&out), &s);
		}
	}
	buf_fini(&out);
	journal_fini(&j);
}

static unsigned
count_lines(struct str text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

int
journal_append(const char *path, const struct journal_line *l, struct err *err)
{
	struct buf text = BUF_EMPTY, line = BUF_EMPTY;
	int fd, rc = -1;

	journal_line_write(&line, l);
	if (line.failed)
		return err_set(err, ERR_MEMORY, "out of memory");
	if (line.n > JOURNAL_LINE_MAX) {
		buf_fini(&line);
		return err_set(err, ERR_LIMIT, "the override is too long");
	}
	fd = open_locked(path, LOCK_EX, err);
	if (fd < 0)
		goto out;
	if (read_all(fd, path, &text, err) < 0 ||
	    mend(fd, path, buf_str(&text), err) < 0 ||
	    write_line(fd, path, buf_str(&line), err) < 0)
		goto out;
	if (!text.n)
		file_sync_folder(path);
	rc = 0;
	if (count_lines(buf_str(&text)) >= JOURNAL_COMPACT) {
		/* what mend() did and the new line are not in <text> */
		buf_reset(&text);
		if (lseek(fd, 0, SEEK_SET) == 0 &&
		    read_all(fd, path, &text, NULL) == 0)
			compact(path, buf_str(&text), l->at);
	}
out:
	if (fd >= 0)
		close(fd);
	buf_fini(&text);
	buf_fini(&line);
	return rc;
}

bool
journal_stamp(const char *path, struct journal_stamp *out)
{
	struct stat s;

	*out = (struct journal_stamp){0};
	if (stat(path, &s) < 0)
		return false;
	out->inode = s.st_ino;
	out->size = (uint64_t)s.st_size;
	out->mtime_ns =
	    (int64_t)s.st_mtim.tv_sec * 1000000000 + s.st_mtim.tv_nsec;
	return true;
}
