/* sources.c - the files behind the [list] sections. */
#include "config/sources.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"

/* Raise it when the same files would give another image. */
#define SOURCES_VERSION 1

struct finder {
	struct sources *s;
	struct diag *d;
	struct hash_stream h;
	const struct config_list *list;
	unsigned links, expressions; /* met in this list */
};

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
no_memory(struct finder *f)
{
	diag_error(f->d, NULL, "out of memory");
}

static void
hash_source(struct finder *f, const struct source *s, const struct stat *st)
{
	hash_text(f, f->list->name.p);
	hash_text(f, s->path);
	hash_text(f, s->shown);
	hash_text(f, s->category);
	hash_u64(f, s->format);
	hash_u64(f, (uint64_t)st->st_size);
	hash_u64(f, (uint64_t)st->st_mtim.tv_sec);
	hash_u64(f, (uint64_t)st->st_mtim.tv_nsec);
	hash_u64(f, (uint64_t)st->st_ino);
	hash_u64(f, (uint64_t)st->st_dev);
}

/* One file more. <shown> and <category> are copied. */
static void
add_source(struct finder *f, const char *path, const char *shown,
    struct str category, enum list_format format)
{
	struct sources *all = f->s;
	struct source *s;
	struct stat st;

	if (stat(path, &st) < 0) {
		diag_error(f->d, &f->list->where,
		    "list %.*s: cannot read %s: %s", STR_ARG(f->list->name),
		    path, strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		diag_error(f->d, &f->list->where, "list %.*s: %s is no file",
		    STR_ARG(f->list->name), path);
		return;
	}
	if (all->n == all->cap) {
		unsigned cap = all->cap ? all->cap * 2 : 64;
		struct source *v = realloc(all->v, cap * sizeof(*v));

		if (!v) {
			no_memory(f);
			return;
		}
		all->v = v;
		all->cap = cap;
	}
	s = &all->v[all->n];
	*s = (struct source){.list = f->list,
	    .path = strdup(path),
	    .shown = strdup(shown),
	    .category = strndup(category.n ? category.p : "", category.n),
	    .format = format};
	all->n++;
	if (!s->path || !s->shown || !s->category)
		no_memory(f);
	else
		hash_source(f, s, &st);
}

static int
is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* The names in a folder, sorted; -1 reported. */
static int
names_of(struct finder *f, const char *path, struct dirent ***names)
{
	int n = scandir(path, names, is_visible, alphasort);

	if (n < 0)
		diag_error(f->d, &f->list->where,
		    "list %.*s: cannot read the folder %s: %s",
		    STR_ARG(f->list->name), path, strerror(errno));
	return n;
}

static void
names_free(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

enum kind { KIND_OTHER = 0, KIND_FILE, KIND_FOLDER, KIND_LINK_TO_FOLDER };

static enum kind
kind_of(const char *path)
{
	struct stat own, st;

	if (lstat(path, &own) < 0 || stat(path, &st) < 0)
		return KIND_OTHER;
	if (S_ISDIR(st.st_mode))
		return S_ISLNK(own.st_mode) ? KIND_LINK_TO_FOLDER : KIND_FOLDER;
	return S_ISREG(st.st_mode) ? KIND_FILE : KIND_OTHER;
}

/* Is there a file <name> in the folder, or a link that ought to be one? */
static bool
has_file(const char *folder, const char *name, char *path, size_t size)
{
	struct stat st;

	return file_join(path, size, folder, name) && lstat(path, &st) == 0 &&
	       !S_ISDIR(st.st_mode);
}

/* One category's folder of a ut1 tree. */
static void
find_category(struct finder *f, const char *folder, const char *name)
{
	static const struct {
		const char *name;
		enum list_format format;
	} files[] = {{"domains", LIST_DOMAINS}, {"urls", LIST_URLS}};
	char path[PATH_MAX], shown[PATH_MAX];
	struct str category =
	    f->list->category.n ? f->list->category : str_of(name);

	for (unsigned i = 0; i < 2; i++) {
		if (!has_file(folder, files[i].name, path, sizeof(path)) ||
		    !file_join(shown, sizeof(shown), name, files[i].name))
			continue;
		add_source(f, path, shown, category, files[i].format);
	}
	if (has_file(folder, "expressions", path, sizeof(path)))
		f->expressions++;
}

static bool
is_category(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz"
		            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
		        *p))
			return false;
	return true;
}

static void
find_tree(struct finder *f, const char *root)
{
	struct dirent **names;
	int n = names_of(f, root, &names);
	char path[PATH_MAX];

	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		enum kind kind;

		if (!file_join(path, sizeof(path), root, name))
			continue;
		kind = kind_of(path);
		if (kind == KIND_LINK_TO_FOLDER)
			f->links++;
		if (kind != KIND_FOLDER)
			continue;
		if (is_category(name))
			find_category(f, path, name);
		else
			diag_warn(f->d, &f->list->where,
			    "list %.*s: the folder %s is no category name and "
			    "was skipped",
			    STR_ARG(f->list->name), path);
	}
	if (n >= 0)
		names_free(names, n);
	if (f->links)
		diag_warn(f->d, &f->list->where,
		    "list %.*s: %u links to folders are other names of the "
		    "same categories and were skipped",
		    STR_ARG(f->list->name), f->links);
	if (f->expressions)
		diag_warn(f->d, &f->list->where,
		    "list %.*s: the \"expressions\" of %u categories are not "
		    "used yet",
		    STR_ARG(f->list->name), f->expressions);
}

/* A folder of plain files. */
static void
find_files(struct finder *f, const char *root)
{
	struct dirent **names;
	int n = names_of(f, root, &names);
	char path[PATH_MAX];

	for (int i = 0; i < n; i++)
		if (file_join(path, sizeof(path), root, names[i]->d_name) &&
		    kind_of(path) != KIND_FOLDER &&
		    kind_of(path) != KIND_LINK_TO_FOLDER)
			add_source(f, path, names[i]->d_name, f->list->category,
			    f->list->format);
	if (n >= 0)
		names_free(names, n);
}

/* Does a folder look like a ut1 tree: a folder in it that has `domains`? */
static bool
is_tree(struct finder *f, const char *root)
{
	struct dirent **names;
	int n = names_of(f, root, &names);
	char path[PATH_MAX], file[PATH_MAX];
	bool found = false;

	for (int i = 0; i < n && !found; i++)
		found = file_join(path, sizeof(path), root, names[i]->d_name) &&
		        (has_file(path, "domains", file, sizeof(file)) ||
		            has_file(path, "urls", file, sizeof(file)));
	if (n >= 0)
		names_free(names, n);
	return found;
}

static void
find_list(struct finder *f)
{
	const struct config_list *l = f->list;
	unsigned before = f->s->n, errors = f->d->errors;
	struct stat st;

	if (stat(l->source.p, &st) < 0) {
		diag_error(f->d, &l->where, "list %.*s: cannot read %s: %s",
		    STR_ARG(l->name), l->source.p, strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		if (l->format == LIST_UT1)
			diag_error(f->d, &l->where,
			    "list %.*s: %s is a file; format ut1 is a folder "
			    "with a folder for each category",
			    STR_ARG(l->name), l->source.p);
		else
			add_source(f, l->source.p, l->source.p, l->category,
			    l->format);
		return;
	}
	if (l->format == LIST_UT1 ||
	    (l->format == LIST_AUTO && is_tree(f, l->source.p)))
		find_tree(f, l->source.p);
	else
		find_files(f, l->source.p);
	if (f->s->n == before && f->d->errors == errors)
		diag_error(f->d, &l->where, "list %.*s: there is no list in %s",
		    STR_ARG(l->name), l->source.p);
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
		f.links = f.expressions = 0;
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
	for (unsigned i = 0; i < s->n; i++) {
		free(s->v[i].path);
		free(s->v[i].shown);
		free(s->v[i].category);
	}
	free(s->v);
	*s = (struct sources){0};
}
