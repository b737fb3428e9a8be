/* loader.c - reads and maps files; the only I/O of the configuration. */
#include "config/loader.h"

#include <limits.h>
#include <unistd.h>

#include "base/sys/file.h"
#include "config/apply.h"
#include "config/attach.h"
#include "config/build.h"
#include "config/builtin.h"
#include "config/compiled.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/parse.h"
#include "config/protected.h"
#include "config/read.h"
#include "config/updating.h"
#include "config/value.h"

#define DEFAULT_FILE SUZGI_SYSCONFDIR "/suzgi.conf"

/* Does <folder>/<below> have the shipped lists? Then it is <out>, PATH_MAX. */
static bool
has_lists(const char *folder, const char *below, char *out)
{
	char at[PATH_MAX], path[PATH_MAX];

	return file_join(at, sizeof(at), folder, below) &&
	       file_join(path, sizeof(path), at, "lists/starter") &&
	       access(path, F_OK) == 0 && realpath(at, out);
}

/*
 * The folder that has lists/: <data>, or as installed; else beside the
 * program, which may have been moved with its prefix (bin/, share/) or never
 * been installed (build/release/, packaging/).
 */
static struct str
find_data(struct config *c, const char *data)
{
	const char *first = data ? data : SUZGI_DATADIR;
	char exe[PATH_MAX], path[PATH_MAX];
	ssize_t n;

	if (has_lists(first, ".", path) || has_lists(first, "packaging", path))
		return read_absolute(c, path);
	n = data ? -1 : readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	while (n > 0 && exe[n - 1] != '/')
		n--;
	if (n > 1) {
		exe[n - 1] = '\0';
		if (has_lists(exe, "../share/suzgi", path) ||
		    has_lists(exe, "../../packaging", path))
			return read_absolute(c, path);
	}
	return read_absolute(c, first);
}

static void
load_files(struct config *c, const struct config_paths *at, struct diag *d)
{
	const char *file = at->file;
	struct parse_tree t;

	parse_tree_init(&t);
	if (!file && !at->demo && access(DEFAULT_FILE, F_OK) == 0)
		file = DEFAULT_FILE;
	if (file)
		read_file_tree(c, file, &t, d);
	else if (at->demo)
		read_text_tree(c, "built-in demo", builtin_demo, &t, d);
	apply_tree(c, &t, APPLY_FILE, d);
}

static void
load_sets(struct config *c, const struct config_paths *at, struct diag *d)
{
	const char *state = at->state;
	struct parse_tree t;

	if (at->set) {
		parse_tree_init(&t);
		read_sets_tree(c, at->set, &t, d);
		apply_tree(c, &t, APPLY_OVER, d);
	}
	if (!state && at->demo)
		state = "run";
	if (state)
		c->state_dir = read_absolute(c, state);
}

static void
load_starter(struct config *c, struct diag *d)
{
	struct parse_tree t;
	char path[PATH_MAX];

	if (!has_lists(c->data_dir.p, ".", path)) {
		diag_error(d, NULL,
		    "the shipped lists are not in %s/lists; say where they "
		    "are with --data, or configure lists of your own",
		    c->data_dir.p);
		c->lists_unread = true;
		return;
	}
	parse_tree_init(&t);
	read_text_tree(c, "built-in starter", builtin_starter, &t, d);
	apply_tree(c, &t, APPLY_FILE, d);
}

/* The file has errors; say in the same run what else is wrong, in lists and
 * rules, as far as that can be told. */
static void
judge_rest(
    const struct config *c, const struct config_paths *at, struct diag *d)
{
	char path[PATH_MAX];
	struct compiled_want want = {.path = path, .no_write = true};
	struct build_image image;
	struct snapshot *s;

	if (c->arena.failed || c->lists_unread)
		return;
	config_image_path(c, at, path, sizeof(path));
	if (compiled_get(c, &want, &image, d) < 0)
		return;
	s = build_snapshot(c, image, 0, d);
	if (s && snapshot_unref(s))
		snapshot_free(s);
}

/* All but what lists and rules say; d->errors tells how it went. */
static struct config *
load_keys(const struct config_paths *at, struct diag *d)
{
	struct config *c = malloc(sizeof(*c));

	if (!c) {
		diag_error(d, NULL, "out of memory");
		return NULL;
	}
	config_init(c);
	d->files = &c->files;
	c->data_dir = find_data(c, at->data);
	load_files(c, at, d);
	load_sets(c, at, d);
	if (c->list.n == 0 && c->policy.n == 0)
		load_starter(c, d);
	apply_finish(c, d);
	attach_files(c, d);
	updating_find(c, d);
	protected_read(c, protected_folder(), d);
	return c;
}

struct config *
config_load(const struct config_paths *at, config_reporter *report, void *arg)
{
	struct diag d = {.report = report, .arg = arg};
	struct config *c = load_keys(at, &d);

	if (!c || d.errors == 0)
		return c;
	judge_rest(c, at, &d);
	config_free(c);
	return NULL;
}

struct config *
config_load_anyhow(const struct config_paths *at)
{
	struct diag d = {.report = NULL};
	struct config *c = load_keys(at, &d);

	if (c && c->arena.failed) {
		config_free(c);
		return NULL;
	}
	return c;
}

void
config_free(struct config *c)
{
	if (!c)
		return;
	arena_fini(&c->arena);
	free(c);
}

void
config_image_path(const struct config *c, const struct config_paths *at,
    char *out, size_t size)
{
	(void)at; /* config_load() has put at->state into state_dir */
	if (!file_join(out, size, c->state_dir.p, "lists.image"))
		out[0] = '\0';
}
