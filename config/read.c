/* read.c - reads a configuration's files into a tree, includes and all. */
#include "config/read.h"

#include <glob.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/parse.h"
#include "config/value.h"

/* A file that is being read, and who included it: loops are found here. */
struct open_file {
	const struct open_file *by;
	dev_t dev;
	ino_t ino;
};

struct reader {
	struct config *c;
	struct diag *d;
	const struct open_file *open;
	unsigned depth, nfiles;
};

struct str
read_absolute(struct config *c, const char *path)
{
	char cwd[PATH_MAX];

	if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return arena_str(&c->arena, str_of(path));
	if (strcmp(path, ".") == 0)
		return arena_str(&c->arena, str_of(cwd));
	return value_path(&c->arena, str_of(cwd), str_of(path));
}

/* What stands before the last slash; "." without one. */
static struct str
folder_of(struct str path)
{
	size_t n = path.n;

	while (n && path.p[n - 1] != '/')
		n--;
	if (n == 0)
		return STR(".");
	return str_sub(path, 0, n > 1 ? n - 1 : 1);
}

static struct config_file *
file_add(struct config *c, struct str name, struct str dir, struct str text)
{
	struct config_file *f = arena_zalloc(&c->arena, sizeof(*f));

	if (!f)
		return NULL;
	f->name = arena_str(&c->arena, name);
	f->dir = arena_str(&c->arena, dir);
	f->text = arena_str(&c->arena, text);
	f->next = c->files;
	c->files = f;
	return f;
}

static void read_include(void *arg, struct parse *p, const struct parse_key *k);

static void
parse_one(struct reader *r, struct parse_tree *t, const struct config_file *f,
    bool may_include)
{
	struct parse p = {.arena = &r->c->arena,
	    .diag = r->d,
	    .tree = t,
	    .include = may_include ? read_include : NULL,
	    .arg = r};

	parse_text(&p, f);
}

/* Is the file already being read, further out? */
static bool
is_open(const struct reader *r, const struct stat *st)
{
	for (const struct open_file *o = r->open; o; o = o->by)
		if (o->dev == st->st_dev && o->ino == st->st_ino)
			return true;
	return false;
}

/* Read <path>, shown as <name>; <at>: who asked, NULL the command line. */
static void
read_one(struct reader *r, struct parse_tree *t, const char *path,
    struct str name, const struct where *at)
{
	struct buf text = BUF_EMPTY;
	struct open_file me = {.by = r->open};
	struct config_file *f;
	struct stat st = {0};
	struct err err;

	if (r->nfiles++ >= READ_FILES_MAX) {
		diag_error(r->d, at, "more than %d files", READ_FILES_MAX);
		return;
	}
	if (stat(path, &st) == 0 && is_open(r, &st)) {
		diag_error(r->d, at, "%s includes itself", path);
		return;
	}
	if (file_read(path, READ_FILE_MAX, &text, &err) < 0) {
		diag_error(r->d, at, "%s", err.text);
		buf_fini(&text);
		return;
	}
	f = file_add(r->c, name, folder_of(str_of(path)), buf_str(&text));
	buf_fini(&text);
	if (!f)
		return;
	me.dev = st.st_dev;
	me.ino = st.st_ino;
	r->open = &me;
	r->depth++;
	parse_one(r, t, f, true);
	r->depth--;
	r->open = me.by;
}

/* How a file found at <path> below <f>'s folder is shown: as f->name is. */
static struct str
shown_name(struct config *c, const struct config_file *f, struct str path)
{
	struct str below;

	if (!str_starts(path, f->dir) || path.n <= f->dir.n + 1)
		return path;
	below = str_sub(
	    path, f->dir.n + (str_eq(f->dir, STR("/")) ? 0 : 1), path.n);
	if (str_find(f->name, '/', 0) == f->name.n)
		return below;
	return value_path(&c->arena, folder_of(f->name), below);
}

static void
read_include(void *arg, struct parse *p, const struct parse_key *k)
{
	struct reader *r = arg;
	struct str pattern = value_path(p->arena, k->file->dir, k->value);
	glob_t found;
	int rc;

	if (p->arena->failed)
		return;
	if (k->value.n == 0) {
		diag_error(r->d, &k->at, "include needs a file or a pattern");
		return;
	}
	if (r->depth >= READ_DEPTH_MAX) {
		diag_error(r->d, &k->at, "includes are more than %d files deep",
		    READ_DEPTH_MAX);
		return;
	}
	rc = glob(pattern.p, 0, NULL, &found);
	if (rc == GLOB_NOMATCH && !strpbrk(pattern.p, "*?["))
		diag_error(
		    r->d, &k->value_at, "there is no file %s", pattern.p);
	else if (rc != 0 && rc != GLOB_NOMATCH)
		diag_error(r->d, &k->value_at, "cannot read %s", pattern.p);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		read_one(r, p->tree, found.gl_pathv[i],
		    shown_name(r->c, k->file, str_of(found.gl_pathv[i])),
		    &k->at);
	if (rc == 0)
		globfree(&found);
}

void
read_file_tree(
    struct config *c, const char *path, struct parse_tree *t, struct diag *d)
{
	struct reader r = {.c = c, .d = d};
	struct str absolute = read_absolute(c, path);

	if (!c->arena.failed)
		read_one(&r, t, absolute.p, str_of(path), NULL);
}

void
read_text_tree(struct config *c, const char *name, const char *text,
    struct parse_tree *t, struct diag *d)
{
	struct reader r = {.c = c, .d = d};
	struct config_file *f =
	    file_add(c, str_of(name), STR_NONE, str_of(text));

	if (f)
		parse_one(&r, t, f, false);
}

/* ---------------------------------------------------------------- sets */

/* "a.b.c" of <s>: section, name ("" without), key; false: malformed. */
static bool
split_set(struct str s, struct str *section, struct str *name, struct str *key)
{
	size_t last = s.n;

	*name = STR_NONE;
	while (last && s.p[last - 1] != '.')
		last--;
	if (last < 2)
		return false;
	*key = str_sub(s, last, s.n);
	str_cut(str_sub(s, 0, last - 1), '.', section, name);
	return key->n && section->n;
}

static void
add_set(struct config *c, const struct config_file *f, uint32_t line,
    struct str text, struct parse_tree *t, struct diag *d)
{
	struct where at = {f->name, line, 1};
	struct str left, value, section, name, key;
	struct parse_section *s;
	struct parse_key *k;

	if (!str_cut(text, '=', &left, &value) ||
	    !split_set(str_trim(left), &section, &name, &key)) {
		diag_error(d, &at,
		    "expected section.key=value or section.name.key=value");
		return;
	}
	s = parse_tree_add(t, &c->arena, section, name);
	if (!s)
		return;
	s->at = s->name_at = at;
	k = parse_section_add(s, &c->arena, key);
	if (!k)
		return;
	k->value = str_trim(value);
	k->at = k->value_at = at;
	k->value_at.column =
	    (uint32_t)((k->value.n ? k->value.p : value.p) - text.p) + 1;
	k->file = f;
}

/* Shown like a file "--set" of one line each. */
void
read_sets_tree(struct config *c, const char *const *sets, struct parse_tree *t,
    struct diag *d)
{
	struct buf all = BUF_EMPTY;
	struct config_file *f;
	struct str rest, line, cwd = read_absolute(c, ".");

	for (unsigned i = 0; sets[i]; i++) {
		if (strpbrk(sets[i], "\r\n")) {
			diag_error(d, NULL, "--set: a value is one line");
			continue;
		}
		buf_addf(&all, "%s%s", all.n ? "\n" : "", sets[i]);
	}
	f = all.n ? file_add(c, STR("--set"), cwd, buf_str(&all)) : NULL;
	buf_fini(&all);
	if (!f)
		return;
	rest = f->text;
	for (uint32_t n = 1; str_next(&rest, '\n', &line); n++)
		add_set(c, f, n, line, t, d);
}
