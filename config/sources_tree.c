/* sources_tree.c - a ut1 tree: a folder for each category. */
#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "base/table.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/finder.h"
#include "config/usage.h"

/* Longer, neither `usage` nor `global_usage` is what it says. */
#define USAGE_MAX (1u << 20)

struct tree {
	struct finder *f;
	struct buf usage; /* global_usage, or empty */
	struct buf white; /* names of categories to let through */
	unsigned links, nwhite;
};

/* Is there a file <name> in the folder, or a link that ought to be one? */
static bool
has_file(const char *folder, const char *name, char *path, size_t size)
{
	struct stat st;

	return file_join(path, size, folder, name) && lstat(path, &st) == 0 &&
	       !S_ISDIR(st.st_mode);
}

static void
read_usage(const char *folder, const char *name, struct buf *out)
{
	char path[PATH_MAX];
	struct err err;

	buf_reset(out);
	if (has_file(folder, name, path, sizeof(path)) &&
	    file_read(path, USAGE_MAX, out, &err) < 0)
		buf_reset(out);
}

/* Does its maker mean the category to be let through? */
static bool
is_white(struct tree *t, const char *folder, const char *name)
{
	struct buf own = BUF_EMPTY;
	enum usage_kind kind;
	struct usage u;

	read_usage(folder, "usage", &own);
	kind = usage_of(buf_str(&own));
	buf_fini(&own);
	if (kind == USAGE_UNKNOWN &&
	    usage_find(buf_str(&t->usage), str_of(name), STR("EN"), &u))
		kind = u.kind;
	return kind == USAGE_WHITE;
}

/* One category's folder. */
static void
find_category(struct tree *t, const char *folder, const char *name)
{
	static const struct {
		const char *name, *more;
		enum list_format format;
	} files[] = {
	    {"domains", "", LIST_DOMAINS},
	    {"urls", "", LIST_URLS},
	    {"expressions", "", LIST_PATTERNS},
	    {"very_restrictive_expression", "_very_restrictive", LIST_PATTERNS},
	};
	struct str own = t->f->list->category;
	char path[PATH_MAX], shown[PATH_MAX], category[PATH_MAX];
	bool white = is_white(t, folder, name);

	for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
		if (!has_file(folder, files[i].name, path, sizeof(path)) ||
		    !file_join(shown, sizeof(shown), name, files[i].name))
			continue;
		snprintf(category, sizeof(category), "%.*s%s",
		    own.n ? (int)own.n : (int)strlen(name),
		    own.n ? own.p : name, files[i].more);
		finder_add(t->f, &(struct found){.path = path,
		                     .shown = shown,
		                     .category = str_of(category),
		                     .format = files[i].format,
		                     .white = white});
	}
	if (white) {
		buf_addf(&t->white, "%s%s", t->nwhite ? ", " : "", name);
		t->nwhite++;
	}
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
say_tree(const struct tree *t)
{
	const struct config_list *l = t->f->list;

	if (t->links)
		diag_warn(t->f->d, &l->where,
		    "list %.*s: %u links to folders are other names of the "
		    "same categories and were skipped",
		    STR_ARG(l->name), t->links);
	if (t->nwhite && l->category.n)
		diag_warn(t->f->d, &l->where,
		    "list %.*s: its maker means %u of its categories to be "
		    "let through, and they are taken into \"%.*s\" like the "
		    "others: %.*s",
		    STR_ARG(l->name), t->nwhite, STR_ARG(l->category),
		    STR_ARG(buf_str(&t->white)));
}

static void
find_folder(struct tree *t, const char *root, const char *name)
{
	char path[PATH_MAX];
	enum finder_kind kind;

	if (!file_join(path, sizeof(path), root, name))
		return;
	kind = finder_kind_of(path);
	if (kind == KIND_LINK_TO_FOLDER)
		t->links++;
	if (kind != KIND_FOLDER)
		return;
	if (is_category(name))
		find_category(t, path, name);
	else
		diag_warn(t->f->d, &t->f->list->where,
		    "list %.*s: the folder %s is no category name and was "
		    "skipped",
		    STR_ARG(t->f->list->name), path);
}

void
finder_tree(struct finder *f, const char *root)
{
	struct tree t = {.f = f, .usage = BUF_EMPTY, .white = BUF_EMPTY};
	struct dirent **names;
	int n = finder_names(f, root, &names);

	read_usage(root, "global_usage", &t.usage);
	for (int i = 0; i < n; i++)
		find_folder(&t, root, names[i]->d_name);
	if (n >= 0)
		finder_names_free(names, n);
	say_tree(&t);
	buf_fini(&t.usage);
	buf_fini(&t.white);
}

/* E2Guardian has its lists in one folder, and folders beside them for lists
 * to include. */
static bool
is_e2_list(const char *name)
{
	return strstr(name, "sitelist") || strstr(name, "urllist");
}

bool
finder_is_tree(struct finder *f, const char *root)
{
	struct dirent **names;
	int n = finder_names(f, root, &names);
	char path[PATH_MAX], file[PATH_MAX];
	bool found = false, other = false;

	for (int i = 0; i < n; i++) {
		other |= is_e2_list(names[i]->d_name);
		found |=
		    file_join(path, sizeof(path), root, names[i]->d_name) &&
		    (has_file(path, "domains", file, sizeof(file)) ||
		        has_file(path, "urls", file, sizeof(file)));
	}
	if (n >= 0)
		finder_names_free(names, n);
	return found && !other;
}
