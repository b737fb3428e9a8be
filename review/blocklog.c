/*
 * blocklog.c - read block.jsonl and what was rotated out of it.
 */
#include "review/blocklog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "review/jsonflat.h"
#include "review/logfile.h"

#define READ_BYTES 65536
#define LINE_MAX_  (1024 * 1024) /* longer is none of ours: left out */

struct blocklog {
	char dir[PATH_MAX];
	char (*names)[NAME_MAX + 1]; /* owned: rotated ones, oldest first */
	size_t nnames, next;         /* next == nnames: the live one */
	int fd;                      /* owned; -1: none */
	bool live;                   /* fd is block.jsonl */
	struct buf in;               /* owned: read, not yet given out */
	size_t at;                   /* of in: where the next line begins */
	bool too_long;               /* in the midst of a line to leave out */
	struct jsonflat flat;
	uint64_t skipped;
	unsigned compressed;
};

/* ------------------------------------------------------------------ files */

/*
 * Rotated files in the order of their age: block.jsonl-20261122 (the name
 * tells), then block.jsonl.9 ... block.jsonl.1 (the number does).
 */
static int
name_order(const void *a, const void *b)
{
	struct str x = str_of(a), y = str_of(b);
	struct str mark = STR(LOGFILE_NAME);
	bool x_dot = x.p[mark.n] == '.', y_dot = y.p[mark.n] == '.';

	if (x_dot != y_dot)
		return x_dot ? 1 : -1;
	if (!x_dot)
		return str_cmp(x, y);
	if (x.n != y.n)
		return x.n > y.n ? -1 : 1;
	return str_cmp(y, x);
}

/* block.jsonl.2.gz and the like. */
static bool
is_compressed(struct str name)
{
	static const struct str ends[] = {STR_INIT(".gz"), STR_INIT(".xz"),
	    STR_INIT(".bz2"), STR_INIT(".zst")};

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_ends(name, ends[i]))
			return str_starts(name, STR(LOGFILE_NAME));
	return false;
}

static int
find_rotated(struct blocklog *l, struct err *err)
{
	DIR *d = opendir(l->dir);
	const struct dirent *e;
	void *more;

	if (!d)
		return err_sys(err, errno, "cannot open %s", l->dir);
	while ((e = readdir(d))) {
		l->compressed += is_compressed(str_of(e->d_name));
		if (!logfile_is_rotated(str_of(e->d_name)))
			continue;
		more = realloc(l->names, (l->nnames + 1) * sizeof(*l->names));
		if (!more) {
			closedir(d);
			return err_set(err, ERR_MEMORY, "out of memory");
		}
		l->names = more;
		if (str_copy(str_of(e->d_name), l->names[l->nnames],
		        sizeof(*l->names)))
			l->nnames++;
	}
	closedir(d);
	if (l->nnames)
		qsort(l->names, l->nnames, sizeof(*l->names), name_order);
	return 0;
}

static int
open_name(const struct blocklog *l, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	if (!file_join(path, sizeof(path), l->dir, name))
		return -1;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Go on to the next file; false where there is none. */
static bool
next_file(struct blocklog *l)
{
	if (l->live)
		return false;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	while (l->fd < 0 && l->next < l->nnames)
		l->fd = open_name(l, l->names[l->next++]);
	if (l->fd < 0) {
		l->fd = open_name(l, LOGFILE_NAME);
		l->live = true;
	}
	return l->fd >= 0;
}

struct blocklog *
blocklog_open(const char *dir, struct err *err)
{
	struct blocklog *l = calloc(1, sizeof(*l));

	if (!l) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	l->fd = -1;
	if (!str_copy(str_of(dir), l->dir, sizeof(l->dir))) {
		err_set(err, ERR_LIMIT, "%s: the path is too long", dir);
		blocklog_close(l);
		return NULL;
	}
	if (find_rotated(l, err) < 0) {
		blocklog_close(l);
		return NULL;
	}
	if (!next_file(l)) {
		err_set(
		    err, ERR_INPUT, "there is no %s in %s", LOGFILE_NAME, dir);
		blocklog_close(l);
		return NULL;
	}
	return l;
}

void
blocklog_close(struct blocklog *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	free(l->names);
	buf_fini(&l->in);
	jsonflat_fini(&l->flat);
	free(l);
}

bool
blocklog_tail(struct blocklog *l, uint64_t bytes)
{
	struct stat st;

	l->next = l->nnames;
	while (!l->live)
		if (!next_file(l))
			return false;
	if (fstat(l->fd, &st) < 0 || (uint64_t)st.st_size <= bytes ||
	    lseek(l->fd, st.st_size - (off_t)bytes, SEEK_SET) < 0)
		return true;
	l->too_long = true; /* what is left of the line we fell into */
	return true;
}

bool
blocklog_follow(struct blocklog *l)
{
	struct stat have, there;
	int fd = open_name(l, LOGFILE_NAME);

	if (fd < 0)
		return false;
	if (l->fd >= 0 && fstat(l->fd, &have) == 0 && fstat(fd, &there) == 0 &&
	    have.st_ino == there.st_ino && have.st_dev == there.st_dev) {
		close(fd);
		return false;
	}
	if (l->fd >= 0)
		close(l->fd);
	l->fd = fd;
	buf_reset(&l->in);
	l->at = 0;
	return true;
}

unsigned
blocklog_compressed(const struct blocklog *l)
{
	return l->compressed;
}

uint64_t
blocklog_skipped(const struct blocklog *l)
{
	return l->skipped;
}

/* ------------------------------------------------------------------ lines */

static bool
read_more(struct blocklog *l)
{
	ssize_t n;

	buf_eat(&l->in, l->at);
	l->at = 0;
	if (l->in.n > LINE_MAX_) {
		l->skipped += !l->too_long;
		l->too_long = true;
		buf_reset(&l->in);
	}
	if (!buf_room(&l->in, READ_BYTES))
		return false;
	do
		n = read(l->fd, l->in.p + l->in.n, READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	l->in.n += (size_t)n;
	return true;
}

/* The next line with its newline; false at the end of this file. */
static bool
next_line(struct blocklog *l, struct str *line)
{
	size_t seen = 0;

	for (;;) {
		struct str rest = str_make(l->in.p + l->at, l->in.n - l->at);
		size_t end = str_find(rest, '\n', seen);

		if (end < rest.n) {
			*line = str_sub(rest, 0, end);
			l->at += end + 1;
			if (!l->too_long)
				return true;
			l->too_long = false;
			seen = 0;
			continue;
		}
		seen = rest.n;
		if (!read_more(l))
			return false;
		if (l->in.n < seen)
			seen = 0;
	}
}

static bool
parse(struct blocklog *l, struct str line, struct blocklog_event *e)
{
	const struct {
		const char *path;
		struct str *to;
	} texts[] = {
	    {"ts", &e->ts},
	    {"id", &e->id},
	    {"action", &e->action},
	    {"reason", &e->reason},
	    {"stage", &e->stage},
	    {"visibility", &e->visibility},
	    {"intent", &e->intent},
	    {"client", &e->client},
	    {"group", &e->group},
	    {"policy", &e->policy},
	    {"listener", &e->listener},
	    {"method", &e->method},
	    {"scheme", &e->scheme},
	    {"host", &e->host},
	    {"site", &e->site},
	    {"url", &e->url},
	    {"connect", &e->connect},
	    {"sni", &e->sni},
	    {"rule.file", &e->rule_file},
	    {"rule.text", &e->rule_text},
	    {"rule.list", &e->list},
	    {"rule.category", &e->category},
	    {"rule.entry", &e->entry},
	    {"rule.source", &e->source},
	    {"user", &e->user},
	    {"tier", &e->tier},
	    {"search", &e->search},
	    {"theme", &e->theme},
	    {"severity", &e->severity},
	    {"override", &e->override},
	    {"nested", &e->nested},
	    {"trace", &e->trace},
	    {"live", &e->live},
	};

	if (!jsonflat_read(&l->flat, line))
		return false;
	*e = (struct blocklog_event){.line = line, .wall_ms = -1};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i].to = jsonflat_get(&l->flat, texts[i].path);
	e->status = jsonflat_u64(&l->flat, "status");
	e->ms = jsonflat_u64(&l->flat, "ms");
	e->port = jsonflat_u64(&l->flat, "port");
	e->rule_line = jsonflat_u64(&l->flat, "rule.line");
	e->source_line = jsonflat_u64(&l->flat, "rule.source_line");
	e->generation = jsonflat_u64(&l->flat, "generation");
	e->count = jsonflat_u64(&l->flat, "count");
	e->tunnel = str_eq(jsonflat_get(&l->flat, "tunnel"), STR("true"));
	blocklog_time(e->ts, &e->wall_ms);
	return e->id.n && e->action.n;
}

bool
blocklog_next(struct blocklog *l, struct blocklog_event *e)
{
	struct str line;

	for (;;) {
		if (next_line(l, &line)) {
			if (parse(l, line, e))
				return true;
			l->skipped++;
			continue;
		}
		if (l->live || !next_file(l))
			return false;
		/* a rotated file that ends without a newline: torn */
		l->skipped += l->in.n > l->at;
		buf_reset(&l->in);
		l->at = 0;
		l->too_long = false;
	}
}

/* ----------------------------------------------------------------- filters */

static bool
host_is_under(struct str host, struct str what)
{
	if (host.n < what.n ||
	    !str_eq_nocase(str_sub(host, host.n - what.n, what.n), what))
		return false;
	return host.n == what.n || host.p[host.n - what.n - 1] == '.';
}

static bool
has_text(struct str line, struct str what)
{
	for (size_t i = 0; i + what.n <= line.n; i++)
		if (str_eq_nocase(str_sub(line, i, what.n), what))
			return true;
	return false;
}

/* One of those, or all will do. */
static bool
is_any(const struct str *any, unsigned n, struct str word)
{
	for (unsigned i = 0; i < n; i++)
		if (str_eq_nocase(any[i], word))
			return true;
	return n == 0;
}

bool
blocklog_match(const struct blocklog_filter *f, const struct blocklog_event *e)
{
	if (f->host.n && !host_is_under(e->host, f->host) &&
	    !host_is_under(e->sni, f->host) &&
	    !host_is_under(e->connect, f->host))
		return false;
	if (f->category.n && !str_eq_nocase(f->category, e->category))
		return false;
	if (f->action.n && !str_eq_nocase(f->action, e->action))
		return false;
	if (f->id.n && !str_eq_nocase(f->id, e->id))
		return false;
	if (f->theme.n && !str_eq_nocase(f->theme, e->theme))
		return false;
	if (f->since_ms && e->wall_ms < f->since_ms)
		return false;
	if (f->until_ms && e->wall_ms >= f->until_ms)
		return false;
	if (!is_any(f->clients, f->nclients, e->client) ||
	    !is_any(f->users, f->nusers, e->user))
		return false;
	return !f->text.n || has_text(e->line, f->text);
}

/* -------------------------------------------------------------------- time */

/* <n> digits at the front of <s>, taken off. */
static bool
take_digits(struct str *s, size_t n, int lo, int hi, int *out)
{
	uint64_t v;

	if (s->n < n || !str_to_u64(str_sub(*s, 0, n), &v) ||
	    v < (uint64_t)lo || v > (uint64_t)hi)
		return false;
	*out = (int)v;
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool
take_one_of(struct str *s, const char *set)
{
	if (!s->n || !s->p[0] || !strchr(set, s->p[0]))
		return false;
	*s = str_sub(*s, 1, s->n);
	return true;
}

static bool
take_clock(struct str *s, struct tm *tm, int *ms)
{
	if (!take_digits(s, 2, 0, 23, &tm->tm_hour) || !take_one_of(s, ":") ||
	    !take_digits(s, 2, 0, 59, &tm->tm_min))
		return false;
	if (take_one_of(s, ":") && !take_digits(s, 2, 0, 60, &tm->tm_sec))
		return false;
	return !take_one_of(s, ".") || take_digits(s, 3, 0, 999, ms);
}

bool
blocklog_time(struct str s, int64_t *wall_ms)
{
	struct tm tm = {0};
	int ms = 0;
	time_t t;

	if (!take_digits(&s, 4, 1970, 9999, &tm.tm_year) ||
	    !take_one_of(&s, "-") || !take_digits(&s, 2, 1, 12, &tm.tm_mon) ||
	    !take_one_of(&s, "-") || !take_digits(&s, 2, 1, 31, &tm.tm_mday))
		return false;
	if (take_one_of(&s, "T ") && !take_clock(&s, &tm, &ms))
		return false;
	take_one_of(&s, "Z");
	if (s.n)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	t = timegm(&tm);
	*wall_ms = (int64_t)t * 1000 + ms;
	return true;
}
