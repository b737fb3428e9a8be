/*
 * sources_include.c - files that files of lists include.
 *
 * Only E2Guardian's and v2fly's files do. They are read through for it, which
 * takes less than a tenth of what compiling them takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/finder.h"
#include "lists/source.h"

#define DEPTH_MAX    16
#define INCLUDED_MAX 10000 /* sources of one list */
#define WORDS_MAX    16    /* attributes, through all files on the way */
#define READ_BYTES   65536
#define NAMES_SHOWN  3

/* One source being read through. Its strings are copied: the array that it
 * stands in grows. */
struct reading {
	struct finder *f;
	struct source from; /* borrows */
	uint32_t line;
	unsigned missing; /* files that are not there, */
	uint32_t first;   /* where the first one was asked for, */
	struct buf names; /* owned; and a few of them */
};

static bool
may_include(enum list_format f)
{
	return f == LIST_V2FLY || f == LIST_E2_SITES || f == LIST_E2_URLS ||
	       f == LIST_E2_REGEXPS;
}

/* ---- which file */

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The folder that <path> lies in. */
static bool
folder_of(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return str_copy(STR("."), out, size);
	return str_copy(
	    str_make(path, slash == path ? 1 : (size_t)(slash - path)), out,
	    size);
}

/* The list's own folder. */
static bool
root_of(const struct config_list *l, char *out, size_t size)
{
	struct stat st;

	if (stat(l->source.p, &st) == 0 && S_ISDIR(st.st_mode))
		return str_copy(l->source, out, size);
	return folder_of(l->source.p, out, size);
}

/* "/etc/e2guardian/lists/group1/x": "group1/x" and "x" below the list's. */
static bool
moved(const struct reading *r, const char *name, char *path, size_t size)
{
	const char *at = strstr(name, "/lists/");
	char root[PATH_MAX];

	if (!root_of(r->from.list, root, sizeof(root)))
		return false;
	at = at ? at + strlen("/lists/") : strrchr(name, '/') + 1;
	for (unsigned i = 0; at && i < 2; i++) {
		if (file_join(path, size, root, at) && is_file(path))
			return true;
		at = strchr(at, '/');
		at = at ? at + 1 : NULL;
	}
	return false;
}

static bool
climbs(const char *name)
{
	return strcmp(name, "..") == 0 || strncmp(name, "../", 3) == 0 ||
	       strstr(name, "/../") || str_ends(str_of(name), STR("/.."));
}

/* Who supplies a list says nothing about files of this machine: not which
 * there are, nor what stands in them, nor to read one that never ends. */
static bool
is_supplied(const struct config_list *l)
{
	return l->update.url.n && !str_eq(l->source, l->given);
}

static bool
resolve(const struct reading *r, struct str name, char *path, size_t size)
{
	char folder[PATH_MAX], z[PATH_MAX];

	if (memchr(name.p, '\0', name.n) || !str_copy(name, z, sizeof(z)) ||
	    climbs(z))
		return false;
	if (z[0] == '/')
		return (!is_supplied(r->from.list) &&
		           str_copy(name, path, size) && is_file(path)) ||
		       moved(r, z, path, size);
	return folder_of(r->from.path, folder, sizeof(folder)) &&
	       file_join(path, size, folder, z) && is_file(path);
}

/* ---- which lines of it */

static int
compare(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Add the words of <s> to the <n> in <words>. */
static bool
add_words(struct str s, struct str *words, unsigned *n)
{
	struct str word;

	while (str_next(&s, ' ', &word)) {
		bool have = (word = str_trim(word)).n == 0;

		for (unsigned i = 0; i < *n && !have; i++)
			have = str_eq(words[i], word);
		if (have)
			continue;
		if (*n == WORDS_MAX)
			return false;
		words[(*n)++] = word;
	}
	return true;
}

/* What is asked for of a file that is included by one of which <outer> is:
 * both, in one order, so that circles end. */
static bool
both(struct str outer, struct str inner, char *out, size_t size)
{
	struct str words[WORDS_MAX];
	unsigned n = 0;
	size_t at = 0;

	if (!add_words(outer, words, &n) || !add_words(inner, words, &n))
		return false;
	qsort(words, n, sizeof(words[0]), compare);
	for (unsigned i = 0; i < n; i++) {
		if (at + words[i].n + 2 > size)
			return false;
		if (i)
			out[at++] = ' ';
		memcpy(out + at, words[i].p, words[i].n);
		at += words[i].n;
	}
	out[at] = '\0';
	return true;
}

/* ---- reading */

static void
warn(struct reading *r, const struct source_include *inc, const char *why)
{
	struct where at = {str_of(r->from.path), r->line, 1};

	diag_warn(r->f->d, &at, "list %.*s: \"%.*s\" is not included: %s",
	    STR_ARG(r->from.list->name), STR_ARG(inc->name), why);
}

/* How it is told: below the list's folder, or as it was found. */
static const char *
shown(const struct reading *r, const char *path)
{
	struct str root = r->from.list->source;

	if (str_starts(str_of(path), root) && path[root.n] == '/')
		return path + root.n + 1;
	return path;
}

static void
miss(struct reading *r, const struct source_include *inc)
{
	if (r->missing++ == 0)
		r->first = r->line;
	if (r->missing <= NAMES_SHOWN)
		buf_addf(&r->names, "%s\"%.*s\"", r->missing > 1 ? ", " : "",
		    STR_ARG(inc->name));
}

/* All that one file misses in one warning: a part of a collection has lines
 * for files of the others. */
static void
say_missing(struct reading *r)
{
	struct where at = {str_of(r->from.path), r->first, 1};

	if (r->missing)
		diag_warn(r->f->d, &at,
		    "list %.*s: %u of the files that are included are not "
		    "there: %.*s%s",
		    STR_ARG(r->from.list->name), r->missing,
		    STR_ARG(buf_str(&r->names)),
		    r->missing > NAMES_SHOWN ? ", ..." : "");
	buf_fini(&r->names);
}

static void
include(struct reading *r, const struct source_include *inc)
{
	char path[PATH_MAX], only[SOURCE_LINE_MAX];
	struct found found = {.path = path,
	    .category = str_of(r->from.category),
	    .format = r->from.format,
	    .depth = r->from.depth + 1,
	    .white = r->from.white};

	if (!resolve(r, inc->name, path, sizeof(path)))
		miss(r, inc);
	else if (!both(str_of(r->from.only), inc->only, only, sizeof(only)))
		warn(r, inc, "too many attributes are asked for");
	else if (found.depth > DEPTH_MAX)
		warn(r, inc, "files include each other too deep");
	else if (r->f->s->n - r->f->first >= INCLUDED_MAX)
		warn(r, inc, "too many files are included");
	else {
		found.only = str_of(only);
		found.shown = shown(r, path);
		finder_add(r->f, &found);
	}
}

static void
take_line(struct reading *r, struct str line)
{
	struct source_include inc;

	if (r->line++ == 0 && str_starts(line, STR("\xef\xbb\xbf")))
		line = str_sub(line, 3, line.n);
	if (source_include(r->from.format, line, &inc))
		include(r, &inc);
}

/* All lines of <fd>, through <room> of READ_BYTES; of one that does not fit
 * only the end is seen, as another. */
static void
read_lines(struct reading *r, int fd, char *room)
{
	size_t have = 0;
	ssize_t n;

	for (;;) {
		const char *at = room, *nl;

		n = read(fd, room + have, READ_BYTES - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
		while ((nl = memchr(at, '\n', have - (size_t)(at - room)))) {
			take_line(r, str_make(at, (size_t)(nl - at)));
			at = nl + 1;
		}
		have -= (size_t)(at - room);
		memmove(room, at, have);
		if (have == READ_BYTES)
			have = 0;
	}
	if (have)
		take_line(r, str_make(room, have));
}

void
finder_follow(struct finder *f)
{
	char *room = NULL;

	/* what is included is put behind, and is read in its turn */
	for (unsigned i = f->first; i < f->s->n; i++) {
		struct reading r = {
		    .f = f, .from = f->s->v[i], .names = BUF_EMPTY};
		int fd;

		if (!may_include(r.from.format))
			continue;
		if (!room)
			room = malloc(READ_BYTES);
		fd = room ? open(r.from.path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd < 0) {
			diag_error(f->d, &f->list->where,
			    "list %.*s: cannot read %s", STR_ARG(f->list->name),
			    r.from.path);
			break;
		}
		read_lines(&r, fd, room);
		close(fd);
		say_missing(&r);
	}
	free(room);
}
