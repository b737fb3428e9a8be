/*
 * unpack.c - an archive into a folder: the half that writes.
 *
 * suzgi-fetch says "F name\n", then "D n\n" and n bytes as often as it takes,
 * then "E\n"; at the very end "R {json}\n". It has read hostile bytes and is
 * not believed: names and sizes are judged again.
 */
#include "feeds/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "feeds/helper.h"
#include "feeds/member.h"
#include "review/jsonflat.h"

#define BLOCK 65536

struct writer {
	const struct unpack *u;
	struct unpacked *out;
	struct err *err;
	struct helper helper;
	char block[BLOCK];
	size_t at, have; /* of block */
	char path[PATH_MAX];
	int fd; /* owned: the file being written; -1 */
	bool done;
};

static int
odd(struct writer *w, const char *what)
{
	return err_set(
	    w->err, ERR_CORRUPT, "suzgi-fetch says something odd: %s", what);
}

/* More of what it says; false at the end, or with w->err. */
static bool
fill(struct writer *w)
{
	ssize_t n = helper_read(&w->helper, w->block, sizeof(w->block), w->err);

	w->at = 0;
	w->have = n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* A line into <line>, without its end. */
static int
read_line(struct writer *w, char *line, size_t size)
{
	size_t n = 0;

	for (;;) {
		char c;

		if (w->at == w->have && !fill(w))
			return w->err->code ? -1
			                    : err_set(w->err, ERR_SYSTEM,
			                          "suzgi-fetch died (too much "
			                          "memory or time?)");
		c = w->block[w->at++];
		if (c == '\n')
			break;
		if (n + 1 == size)
			return odd(w, "a long line");
		line[n++] = c;
	}
	line[n] = '\0';
	return 0;
}

static int
begin_file(struct writer *w, struct str name)
{
	struct str clean;
	char *slash;

	if (w->fd >= 0 || member_judge(name, &clean) != MEMBER_TAKE)
		return odd(w, "a name");
	if (++w->out->files > MEMBER_MAX)
		return odd(w, "too many files");
	if (snprintf(w->path, sizeof(w->path), "%s/%.*s", w->u->to,
	        STR_ARG(clean)) >= (int)sizeof(w->path))
		return odd(w, "a long name");
	slash = strrchr(w->path, '/');
	*slash = '\0';
	if (file_mkdirs(w->path, w->err) < 0)
		return -1;
	*slash = '/';
	w->fd = open(w->path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (w->fd < 0 && errno == EEXIST)
		return err_set(w->err, ERR_REFUSED,
		    "it has the file %.*s twice", STR_ARG(clean));
	if (w->fd < 0)
		return err_sys(w->err, errno, "cannot create %s", w->path);
	return 0;
}

static int
write_data(struct writer *w, uint64_t n)
{
	if (w->fd < 0)
		return odd(w, "bytes of no file");
	w->out->bytes += n;
	if (n > w->u->max || w->out->bytes > w->u->max)
		return odd(w, "too many bytes");
	while (n) {
		size_t part;
		ssize_t done;

		if (w->at == w->have && !fill(w))
			return w->err->code ? -1 : odd(w, "it ends early");
		part = w->have - w->at;
		if (part > n)
			part = (size_t)n;
		done = write(w->fd, w->block + w->at, part);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_sys(
			    w->err, errno, "cannot write %s", w->path);
		w->at += (size_t)done;
		n -= (uint64_t)done;
	}
	return 0;
}

static int
end_file(struct writer *w)
{
	int rc;

	if (w->fd < 0)
		return odd(w, "an end");
	rc = close(w->fd);
	w->fd = -1;
	return rc < 0 ? err_sys(w->err, errno, "cannot write %s", w->path) : 0;
}

static int
take_result(struct writer *w, struct str text)
{
	struct jsonflat j = {0};
	int rc = 0;

	w->done = true;
	if (!jsonflat_read(&j, text))
		rc = odd(w, "its result");
	else if (!str_eq(jsonflat_get(&j, "ok"), STR("true")))
		rc = err_set(w->err, ERR_REFUSED, "%.*s",
		    STR_ARG(jsonflat_get(&j, "error")));
	else if (jsonflat_u64(&j, "files") != w->out->files ||
	         jsonflat_u64(&j, "bytes") != w->out->bytes)
		rc = odd(w, "its sums");
	w->out->links = jsonflat_u64(&j, "links");
	jsonflat_fini(&j);
	return rc;
}

static int
obey(struct writer *w)
{
	char line[4096];
	struct str arg;
	uint64_t n;

	if (read_line(w, line, sizeof(line)) < 0)
		return -1;
	arg = str_of(line[0] && line[1] == ' ' ? line + 2 : "");
	switch (line[0]) {
	case 'F':
		return begin_file(w, arg);
	case 'D':
		return str_to_u64(arg, &n) ? write_data(w, n)
		                           : odd(w, "a size");
	case 'E':
		return end_file(w);
	case 'R':
		return take_result(w, arg);
	default:
		return odd(w, "a word");
	}
}

/* The last part of an address, for a file that has no other name. */
static struct str
base_name(struct str url)
{
	size_t n = str_find(url, '?', 0), at;

	url = str_sub(url, 0, n);
	url = str_sub(url, 0, str_find(url, '#', 0));
	at = url.n;
	while (at && url.p[at - 1] != '/')
		at--;
	return str_sub(url, at, url.n);
}

int
feed_unpack(const struct unpack *u, struct unpacked *out, struct err *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	struct buf job = BUF_EMPTY;
	int fd, rc = -1;

	*out = (struct unpacked){0};
	err->code = ERR_NONE;
	if (!w)
		return err_set(err, ERR_MEMORY, "out of memory");
	w->u = u;
	w->out = out;
	w->err = err;
	w->fd = -1;
	buf_addf(&job, "max=%llu\ntimeout=%u\nname=%.*s\n",
	    (unsigned long long)u->max, u->timeout_s,
	    STR_ARG(base_name(u->url)));
	fd = open(u->archive, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		rc = err_sys(err, errno, "cannot open %s", u->archive);
	else if (job.failed)
		rc = err_set(err, ERR_MEMORY, "out of memory");
	else
		rc = helper_start(
		    &w->helper, "unpack", buf_str(&job), fd, u->timeout_s, err);
	if (rc == 0) {
		while (rc == 0 && !w->done)
			rc = obey(w);
		helper_end(&w->helper);
	}
	if (w->fd >= 0)
		close(w->fd);
	if (fd >= 0)
		close(fd);
	buf_fini(&job);
	free(w);
	return rc;
}
