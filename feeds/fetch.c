/* fetch.c - bring what is at an address into a file. */
#include "feeds/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "feeds/helper.h"
#include "feeds/schedule.h"
#include "review/jsonflat.h"

#define COPY_BYTES 65536
#define CA_MAX     (4u << 20)
#define LINE_MAX_  8192 /* of what the helper says */

static int
create(const char *path, struct err *err)
{
	int fd = open(
	    path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);

	return fd < 0 ? err_sys(err, errno, "cannot create %s", path) : fd;
}

/* -------------------------------------------------------------------- path */

static int
copy(const struct fetch *f, int from, int to, struct fetched *out,
    struct err *err)
{
	char block[COPY_BYTES];
	ssize_t n;

	while ((n = read(from, block, sizeof(block))) > 0) {
		out->bytes += (uint64_t)n;
		if (out->bytes > f->max)
			return err_set(err, ERR_LIMIT,
			    "it is larger than max-size, %llu bytes",
			    (unsigned long long)f->max);
		for (ssize_t at = 0, w; at < n; at += w) {
			w = write(to, block + at, (size_t)(n - at));
			if (w <= 0)
				return err_sys(
				    err, errno, "cannot write %s", f->to);
		}
		if (f->progress)
			f->progress(f->arg, out->bytes, 0);
	}
	if (n < 0)
		return err_sys(err, errno, "cannot read %.*s", STR_ARG(f->url));
	return 0;
}

/* Of a file, its time and size are what an ETag is of a page. */
static int
fetch_path(const struct fetch *f, struct str path, struct fetched *out,
    struct err *err)
{
	char name[PATH_MAX];
	struct stat st;
	int from, to, rc = -1;

	if (!str_copy(path, name, sizeof(name)))
		return err_set(err, ERR_LIMIT, "the path is too long");
	from = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (from < 0)
		return err_sys(err, errno, "cannot open %s", name);
	if (fstat(from, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(from);
		return err_set(err, ERR_INPUT,
		    "%s is no file; a folder of lists is a source, not an "
		    "update",
		    name);
	}
	out->sized = true;
	snprintf(out->etag, sizeof(out->etag), "%lld.%09ld-%lld",
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (long long)st.st_size);
	out->unchanged = strcmp(out->etag, f->etag) == 0;
	if (out->unchanged) {
		close(from);
		return 0;
	}
	to = create(f->to, err);
	if (to >= 0) {
		rc = copy(f, from, to, out, err);
		close(to);
	}
	close(from);
	return rc;
}

/* ----------------------------------------------------------------- network */

struct talk {
	const struct fetch *f;
	struct fetched *out;
	struct err *err;
	bool told; /* the result has come */
	int rc;
};

static void
take_result(struct talk *t, const struct jsonflat *j)
{
	struct fetched *out = t->out;

	t->told = true;
	if (!str_eq(jsonflat_get(j, "ok"), STR("true"))) {
		t->rc = err_set(t->err, ERR_REFUSED, "%.*s",
		    STR_ARG(jsonflat_get(j, "error")));
		return;
	}
	t->rc = 0;
	out->unchanged = str_eq(jsonflat_get(j, "unchanged"), STR("true"));
	out->sized = str_eq(jsonflat_get(j, "sized"), STR("true"));
	out->bytes = jsonflat_u64(j, "bytes");
	feed_state_text(out->etag, sizeof(out->etag), jsonflat_get(j, "etag"));
	feed_state_text(
	    out->modified, sizeof(out->modified), jsonflat_get(j, "modified"));
}

static void
take_line(struct talk *t, struct str line)
{
	struct jsonflat j = {0};

	if (jsonflat_read(&j, line)) {
		if (jsonflat_get(&j, "at").n && t->f->progress)
			t->f->progress(t->f->arg, jsonflat_u64(&j, "at"),
			    jsonflat_u64(&j, "of"));
		else if (jsonflat_get(&j, "ok").n)
			take_result(t, &j);
	}
	jsonflat_fini(&j);
}

static int
listen_to(struct talk *t, struct helper *h)
{
	char line[LINE_MAX_];
	struct str rest, one;
	size_t have = 0;
	ssize_t n;

	while ((n = helper_read(h, line + have, sizeof(line) - have, t->err)) >
	       0) {
		rest = str_make(line, have + (size_t)n);
		while (str_find(rest, '\n', 0) < rest.n) {
			str_cut(rest, '\n', &one, &rest);
			take_line(t, one);
		}
		have = rest.n;
		if (have == sizeof(line))
			return err_set(t->err, ERR_LIMIT,
			    "suzgi-fetch says something odd");
		memmove(line, rest.p, have);
	}
	if (n < 0)
		return -1;
	return t->told ? t->rc
	               : err_set(t->err, ERR_SYSTEM,
	                     "suzgi-fetch died (too much memory or time?)");
}

static int
describe(const struct fetch *f, struct buf *job, struct err *err)
{
	buf_addf(job,
	    "url=%.*s\nmax=%llu\ntimeout=%u\ninsecure=%u\nprogress=%u\n",
	    STR_ARG(f->url), (unsigned long long)f->max, f->timeout_s,
	    f->insecure ? 1u : 0u, f->progress ? 1u : 0u);
	if (f->etag && f->etag[0])
		buf_addf(job, "etag=%s\n", f->etag);
	if (f->modified && f->modified[0])
		buf_addf(job, "modified=%s\n", f->modified);
	if (f->ca_file) {
		buf_addf(job, "ca=\n");
		if (file_read(f->ca_file, CA_MAX, job, err) < 0)
			return -1;
	}
	return job->failed ? err_set(err, ERR_MEMORY, "out of memory") : 0;
}

static int
fetch_url(const struct fetch *f, struct fetched *out, struct err *err)
{
	struct talk t = {.f = f, .out = out, .err = err};
	struct buf job = BUF_EMPTY;
	struct helper h;
	int fd = -1, rc = describe(f, &job, err);

	if (rc == 0)
		rc = fd = create(f->to, err);
	if (rc >= 0)
		rc = helper_start(
		    &h, "get", buf_str(&job), fd, f->timeout_s, err);
	if (rc >= 0) {
		rc = listen_to(&t, &h);
		helper_end(&h);
	}
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && (rc < 0 || out->unchanged))
		unlink(f->to);
	buf_fini(&job);
	return rc;
}

int
feed_fetch(const struct fetch *f, struct fetched *out, struct err *err)
{
	struct str path = feed_url_path(f->url);

	*out = (struct fetched){0};
	return path.n ? fetch_path(f, path, out, err) : fetch_url(f, out, err);
}
