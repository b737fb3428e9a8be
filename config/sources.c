/* sources.c - the files behind the [list] sections. */
#include "config/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys/file.h"
#include "base/table.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/finder.h"
#include "lists/source.h"

/* Raise it when the same files would give another image. */
#define SOURCES_VERSION 2

static void
hash_text(struct finder *f, const char *z)
{
	hash_stream_add(&f->h, z, strlen(z) + 1);
}

static void
hash_u64(struct finder *f, uint64_t n)
{
	hash_stream_add(&f->h, &n, sizeof(n));
}

static void
hash_source(struct finder *f, const struct source *s, const struct stat *st)
{
	hash_text(f, f->list->name.p);
	hash_text(f, s->path);
	hash_text(f, s->shown);
	hash_text(f, s->category);
	hash_text(f, s->only);
	hash_u64(f, s->format);
	hash_u64(f, (uint64_t)st->st_size);
	hash_u64(f, (uint64_t)st->st_mtim.tv_sec);
	hash_u64(f, (uint64_t)st->st_mtim.tv_nsec);
	hash_u64(f, s->inode);
	hash_u64(f, s->device);
}

/* ---- one file */

/* By its first bytes; what cannot be read is found out later. */
static enum list_format
recognise(const char *path)
{
	char head[SOURCE_HEAD];
	size_t n = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return LIST_AUTO;
	while (n < sizeof(head)) {
		got = read(fd, head + n, sizeof(head) - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	return source_recognise(str_make(head, n), str_of(path));
}

static bool
is_known(const struct finder *f, const struct stat *st, struct str only)
{
	for (unsigned i = f->first; i < f->s->n; i++) {
		const struct source *s = &f->s->v[i];

		if (s->inode == st->st_ino && s->device == st->st_dev &&
		    (s->only[0] == '\0' || str_eq(str_of(s->only), only)))
			return true;
	}
	return false;
}

static void
source_fini(struct source *s)
{
	free(s->path);
	free(s->shown);
	free(s->category);
	free(s->only);
}

static char *
copy(struct str s)
{
	return strndup(s.n ? s.p : "", s.n);
}

static enum finder_result
keep(struct finder *f, const struct found *found, const struct stat *st)
{
	struct sources *all = f->s;
	struct source *s;

	if (all->n == all->cap) {
		unsigned cap = all->cap ? all->cap * 2 : 64;
		struct source *v = realloc(all->v, cap * sizeof(*v));

		if (!v) {
			diag_error(f->d, NULL, "out of memory");
			return FINDER_BAD;
		}
		all->v = v;
		all->cap = cap;
	}
	s = &all->v[all->n];
	*s = (struct source){.list = f->list,
	    .path = strdup(found->path),
	    .shown = strdup(found->shown),
	    .category = copy(found->category),
	    .only = copy(found->only),
	    .format = found->format == LIST_AUTO ? recognise(found->path)
	                                         : found->format,
	    .date = st->st_mtim.tv_sec > 0 ? (uint64_t)st->st_mtim.tv_sec : 0,
	    .white = found->white,
	    .device = st->st_dev,
	    .inode = st->st_ino,
	    .depth = found->depth};
	if (!s->path || !s->shown || !s->category || !s->only) {
		source_fini(s);
		diag_error(f->d, NULL, "out of memory");
		return FINDER_BAD;
	}
	all->n++;
	hash_source(f, s, st);
	return FINDER_OK;
}

enum finder_result
finder_add(struct finder *f, const struct found *found)
{
	struct stat st;

	if (stat(found->path, &st) < 0) {
		diag_error(f->d, &f->list->where,
		    "list %.*s: cannot read %s: %s", STR_ARG(f->list->name),
		    found->path, strerror(errno));
		return FINDER_BAD;
	}
	if (!S_ISREG(st.st_mode)) {
		diag_error(f->d, &f->list->where, "list %.*s: %s is no file",
		    STR_ARG(f->list->name), found->path);
		return FINDER_BAD;
	}
	/* only what is included may come twice: two names of one file in a
	 * folder are as the folder has them */
	if (found->depth && is_known(f, &st, found->only))
		return FINDER_KNOWN;
	return keep(f, found, &st);
}

/* ---- folders */

static int
is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int
finder_names(struct finder *f, const char *path, struct dirent ***names)
{
	int n = scandir(path, names, is_visible, alphasort);

	if (n < 0)
		diag_error(f->d, &f->list->where,
		    "list %.*s: cannot read the folder %s: %s",
		    STR_ARG(f->list->name), path, strerror(errno));
	return n;
}

void
finder_names_free(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

enum finder_kind
finder_kind_of(const char *path)
{
	struct stat own, st;

	if (lstat(path, &own) < 0 || stat(path, &st) < 0)
		return KIND_OTHER;
	if (S_ISDIR(st.st_mode))
		return S_ISLNK(own.st_mode) ? KIND_LINK_TO_FOLDER : KIND_FOLDER;
	return S_ISREG(st.st_mode) ? KIND_FILE : KIND_OTHER;
}

/* Has it the name of a list of E2Guardian that is no list of what is
 * blocked by host or URL? */
static bool
is_other_purpose(const char *name)
{
	static const char *const front[] = {"exception", "grey",
	    "semiexception", "localexception", "localgrey",
	    "localsemiexception", "log", "nocheck", "refererexception",
	    "embededrefererexception"};
	static const char *const back[] = {"phraselist", "mimetypelist",
	    "extensionlist", "headerlist", "iplist", "searchlist",
	    "searchtermlist", "contentregexplist", "useragentlist"};
	struct str s = str_of(name);

	if (str_search(s, STR("list")) == s.n)
		return false;
	for (unsigned i = 0; i < ARRAY_LEN(front); i++)
		if (str_starts(s, str_of(front[i])))
			return true;
	for (unsigned i = 0; i < ARRAY_LEN(back); i++)
		if (str_ends(s, str_of(back[i])))
			return true;
	return false;
}

static void
find_file(struct finder *f, const char *root, const char *name)
{
	const struct config_list *l = f->list;
	char path[PATH_MAX];
	enum finder_kind kind;

	if (!file_join(path, sizeof(path), root, name))
		return;
	kind = finder_kind_of(path);
	if (kind == KIND_FOLDER || kind == KIND_LINK_TO_FOLDER)
		return;
	if (l->format == LIST_AUTO && is_other_purpose(name)) {
		diag_warn(f->d, &l->where,
		    "list %.*s: by its name %s says what is let through, or "
		    "no hosts and URLs at all: it was left out; with a format "
		    "in a [list] of its own it is taken",
		    STR_ARG(l->name), path);
		return;
	}
	finder_add(f, &(struct found){.path = path,
	                  .shown = name,
	                  .category = l->category,
	                  .format = l->format});
}

/* A folder of plain files. */
static void
find_files(struct finder *f, const char *root)
{
	struct dirent **names;
	int n = finder_names(f, root, &names);

	for (int i = 0; i < n; i++)
		find_file(f, root, names[i]->d_name);
	if (n >= 0)
		finder_names_free(names, n);
}

/* ---- lists */

static void
find_one(struct finder *f)
{
	const struct config_list *l = f->list;

	if (l->format == LIST_UT1)
		diag_error(f->d, &l->where,
		    "list %.*s: %s is a file; format ut1 is a folder with a "
		    "folder for each category",
		    STR_ARG(l->name), l->source.p);
	else
		finder_add(f, &(struct found){.path = l->source.p,
		                  .shown = l->source.p,
		                  .category = l->category,
		                  .format = l->format});
}

static void
find_list(struct finder *f)
{
	const struct config_list *l = f->list;
	unsigned errors = f->d->errors;
	struct stat st;

	f->first = f->s->n;
	if (l->unfetched) {
		diag_error(f->d, &l->where,
		    "list %.*s: it has no source, and nothing was fetched yet: "
		    "suzgi lists update %.*s",
		    STR_ARG(l->name), STR_ARG(l->name));
		return;
	}
	if (stat(l->source.p, &st) < 0) {
		diag_error(f->d, &l->where, "list %.*s: cannot read %s: %s",
		    STR_ARG(l->name), l->source.p, strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode))
		find_one(f);
	else if (l->format == LIST_UT1 ||
	         (l->format == LIST_AUTO && finder_is_tree(f, l->source.p)))
		finder_tree(f, l->source.p);
	else
		find_files(f, l->source.p);
	if (f->s->n == f->first && f->d->errors == errors)
		diag_error(f->d, &l->where, "list %.*s: there is no list in %s",
		    STR_ARG(l->name), l->source.p);
	finder_follow(f);
}

int
sources_find(struct sources *s, const struct config *c, struct diag *d)
{
	struct finder f = {.s = s, .d = d};
	unsigned before = d->errors;
	struct hash128 sum;

	*s = (struct sources){0};
	hash_stream_init(&f.h);
	hash_u64(&f, SOURCES_VERSION);
	for (unsigned i = 0; i < c->list.n; i++) {
		f.list = &c->list.v[i];
		find_list(&f);
	}
	sum = hash_stream_end(&f.h);
	s->fingerprint[0] = sum.lo;
	s->fingerprint[1] = sum.hi;
	if (d->errors == before)
		return 0;
	sources_fini(s);
	return -1;
}

void
sources_fini(struct sources *s)
{
	for (unsigned i = 0; i < s->n; i++)
		source_fini(&s->v[i]);
	free(s->v);
	*s = (struct sources){0};
}
