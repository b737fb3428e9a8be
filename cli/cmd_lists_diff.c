/* cmd_lists_diff.c - suzgi lists diff: what lists would change, and which known
 * good sites they would block. */
#include <limits.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/sys/progress.h"
#include "cli/lists.h"
#include "cli/lists_diff.h"
#include "config/compiled.h"
#include "config/config.h"
#include "config/corpus.h"
#include "config/diag.h"
#include "config/overblock.h"
#include "filters/snapshot.h"
#include "lists/image.h"

#define SHOW     10 /* entries of each list, where --show is not given */
#define SHOW_MAX 100000
#define OUT_FULL 65536

struct differing {
	struct lists_job *job;
	struct lists_diff diff;
	struct progress progress;
	struct build_image was, is; /* owned, where bytes.p */
	struct image was_image, is_image;
	unsigned blocked; /* known good sites */
	int rc;
};

static const struct {
	const char *word;
	char sign;
} kinds[DIFF_KINDS] = {
    [DIFF_ADDED] = {"added", '+'},
    [DIFF_REMOVED] = {"removed", '-'},
    [DIFF_ROLES] = {"changed", '~'},
};

/* ----------------------------------------------------------------- entries */

/* "exact, exception": each way it is meant. */
static void
add_roles(struct buf *b, uint32_t roles)
{
	const char *between = "";

	for (unsigned role = 0; role < 32; role++)
		if (roles >> role & 1) {
			buf_addf(b, "%s", between);
			lists_add_role(b, role);
			between = ", ";
		}
}

static void
json_roles(struct buf *b, const char *key, uint32_t roles)
{
	struct buf text = BUF_EMPTY;

	add_roles(&text, roles);
	json_key_str(b, key, buf_str(&text));
	buf_fini(&text);
}

static void
entry_json(struct buf *b, const struct diff_key *key, enum diff_kind kind,
    const struct diff_entry *e)
{
	json_open(b, '{');
	json_key_z(b, "change", kinds[kind].word);
	json_key_str(b, e->pattern ? "pattern" : "entry", e->text);
	json_key_str(b, "list", key->list);
	json_key_str(b, "category", key->category);
	json_key_str(b, "file", e->file);
	json_key_u64(b, "line", e->line);
	if (kind == DIFF_ROLES) {
		json_roles(b, "was", e->was);
		json_roles(b, "is", e->is);
	}
	json_close(b, '}');
}

static void
entry_text(struct buf *b, const struct diff_key *key, enum diff_kind kind,
    const struct diff_entry *e)
{
	buf_addf(b, "%c ", kinds[kind].sign);
	text_add_escaped(b, e->text);
	buf_addf(
	    b, "\t%.*s\t%.*s\t", STR_ARG(key->list), STR_ARG(key->category));
	text_add_escaped(b, e->file);
	buf_addf(b, ":%u", e->line);
	if (kind == DIFF_ROLES) {
		buf_addf(b, "\t");
		add_roles(b, e->was);
		buf_addf(b, " -> ");
		add_roles(b, e->is);
	}
	buf_addf(b, "%s\n", e->pattern ? "\tpattern" : "");
}

/* --all: they go out as they are found, not into memory. */
static bool
each_entry(void *arg, const struct diff_key *key, enum diff_kind kind,
    const struct diff_entry *e)
{
	struct differing *g = arg;
	struct buf *b = &g->job->out;

	if (g->job->common->json) {
		entry_json(b, key, kind, e);
		buf_add_char(b, '\n');
	} else {
		entry_text(b, key, kind, e);
	}
	if (b->n < OUT_FULL)
		return true;
	progress_hide(&g->progress);
	g->rc = cli_out(b);
	return g->rc == CLI_OK;
}

static bool
is_changed(const struct diff_key *key)
{
	for (unsigned k = 0; k < DIFF_KINDS; k++)
		if (key->sides[k].n || key->sides[k].patterns)
			return true;
	return false;
}

static void
keys_json(struct differing *g)
{
	struct buf *b = &g->job->out;

	json_key(b, "lists");
	json_open(b, '[');
	for (unsigned i = 0; i < g->diff.n; i++) {
		const struct diff_key *key = &g->diff.keys[i];

		if (!is_changed(key))
			continue;
		json_open(b, '{');
		json_key_str(b, "list", key->list);
		json_key_str(b, "category", key->category);
		for (unsigned k = 0; k < DIFF_KINDS; k++)
			json_key_u64(b, kinds[k].word, key->sides[k].n);
		json_key_u64(
		    b, "patterns_added", key->sides[DIFF_ADDED].patterns);
		json_key_u64(
		    b, "patterns_removed", key->sides[DIFF_REMOVED].patterns);
		json_key(b, "entries");
		json_open(b, '[');
		for (unsigned k = 0; k < DIFF_KINDS; k++)
			for (unsigned n = 0; n < key->sides[k].nsome; n++)
				entry_json(b, key, (enum diff_kind)k,
				    &key->sides[k].some[n]);
		json_close(b, ']');
		json_close(b, '}');
	}
	json_close(b, ']');
}

static void
key_text(struct buf *b, const struct diff_key *key)
{
	lists_add_word(b, key->list, 16);
	lists_add_word(b, key->category, 16);
	for (unsigned k = 0; k < DIFF_KINDS; k++)
		buf_addf(b, "%10llu ", (unsigned long long)key->sides[k].n);
	if (key->sides[DIFF_ADDED].patterns ||
	    key->sides[DIFF_REMOVED].patterns)
		buf_addf(b, " patterns: +%llu -%llu",
		    (unsigned long long)key->sides[DIFF_ADDED].patterns,
		    (unsigned long long)key->sides[DIFF_REMOVED].patterns);
	buf_add_char(b, '\n');
}

static void
keys_text(struct differing *g)
{
	struct buf *b = &g->job->out;
	bool any = false;

	for (unsigned i = 0; i < g->diff.n; i++) {
		const struct diff_key *key = &g->diff.keys[i];

		if (!is_changed(key))
			continue;
		if (!any)
			buf_addf(b, "%-16s %-16s %10s %10s %10s\n", "list",
			    "category", "added", "removed", "changed");
		any = true;
		key_text(b, key);
		for (unsigned k = 0; k < DIFF_KINDS; k++) {
			const struct diff_side *s = &key->sides[k];

			for (unsigned n = 0; n < s->nsome; n++)
				entry_text(
				    b, key, (enum diff_kind)k, &s->some[n]);
			if (s->nsome && s->n + s->patterns > s->nsome)
				buf_addf(b, "%c ... (--show N, --all)\n",
				    kinds[k].sign);
		}
	}
	if (!any)
		buf_add_str(b, STR("no difference\n"));
}

/* ------------------------------------------------------------- good sites */

static void
site_text(struct buf *b, const struct overblock_finding *f)
{
	text_add_escaped(b, f->site->text);
	buf_addf(b, "\t%.*s %.*s\t%s", STR_ARG(f->site->kind),
	    STR_ARG(f->site->language),
	    f->action == ACTION_WARN ? "warned of" : "blocked");
	if (f->list.n) {
		buf_addf(b, " by \"");
		text_add_escaped(b, f->entry);
		buf_addf(b, "\"\t%.*s\t", STR_ARG(f->list));
		text_add_escaped(b, f->file);
		buf_addf(b, ":%u", f->line);
	}
	buf_add_char(b, '\n');
}

static void
site_json(struct buf *b, const struct overblock_finding *f)
{
	json_open(b, '{');
	json_key_str(b, "site", f->site->text);
	json_key_str(b, "kind", f->site->kind);
	json_key_str(b, "language", f->site->language);
	json_key_str(b, "policy", f->policy);
	json_key_z(b, "action", action_name(f->action));
	json_key_str(b, "list", f->list);
	json_key_str(b, "category", f->category);
	json_key_str(b, "entry", f->entry);
	json_key_str(b, "file", f->file);
	json_key_u64(b, "line", f->line);
	json_key_str(b, "rule", f->rule);
	json_close(b, '}');
}

static void
say_sites(struct differing *g, const struct overblock *o)
{
	struct buf *b = &g->job->out;
	bool json = g->job->common->json;

	for (unsigned i = 0; i < o->n; i++) {
		if (g->diff.list.n && !str_eq(o->v[i].list, g->diff.list))
			continue;
		if (!json && g->blocked == 0)
			buf_add_str(
			    b, STR("known good sites that would newly be "
			           "blocked:\n"));
		g->blocked++;
		(json ? site_json : site_text)(b, &o->v[i]);
	}
}

static void
lent(void *arg)
{
	(void)arg;
}

/* Our rules with an image; names of the new one may be in them. */
static struct snapshot *
snapshot_with(struct differing *g, const struct image *im)
{
	const struct build_parts parts = {.image = {im->bytes, lent, NULL},
	    .known = &g->is_image,
	    .generation = 1,
	    .quiet = true};
	struct diag quiet = {.report = NULL};

	return build_snapshot_of(g->job->config, &parts, &quiet);
}

static void
drop(struct snapshot *s)
{
	if (s && snapshot_unref(s))
		snapshot_free(s);
}

/* What the rules make of both with sites that must not be blocked. */
static void
compare_sites(struct differing *g)
{
	struct diag d = {.report = config_report_stderr};
	struct snapshot *was = snapshot_with(g, &g->was_image);
	struct snapshot *is = snapshot_with(g, &g->is_image);
	struct corpus sites;
	struct overblock o;

	if (!was || !is) {
		g->rc = cli_fail(CLI_CONFIG,
		    "the rules do not hold with these lists: suzgi check");
	} else if (corpus_read(&sites, g->job->config, &d) < 0) {
		g->rc = CLI_CONFIG;
	} else {
		if (overblock_find(&o, &sites, g->job->config, was, is) == 0) {
			say_sites(g, &o);
			overblock_fini(&o);
		}
		corpus_fini(&sites);
	}
	drop(was);
	drop(is);
}

/* -------------------------------------------------------------------- run */

static void
watch_compile(void *arg, uint64_t done, uint64_t total, struct str list)
{
	struct differing *g = arg;
	char name[80];

	str_copy(list, name, sizeof(name));
	progress_at(&g->progress, done, total, name);
}

static void
watch_diff(void *arg, uint64_t done, uint64_t total)
{
	struct differing *g = arg;

	/* about 15 bytes an entry: it is bytes that are shown */
	progress_at(&g->progress, done * 15, total * 15, "comparing");
}

static void
hear(void *arg, const struct config_report *r)
{
	struct differing *g = arg;

	progress_hide(&g->progress);
	config_report_stderr(NULL, r);
}

/* The lists as they are now, whatever the guard would say of them. */
static int
take_new(struct differing *g, const char *path)
{
	const struct config_watch watch = {.arg = g, .progress = watch_compile};
	const struct compiled_want want = {.path = path,
	    .generation = 1,
	    .no_write = true,
	    .unguarded = true,
	    .watch = &watch};
	struct diag d = {
	    .report = hear, .arg = g, .files = &g->job->config->files};

	if (compiled_get(g->job->config, &want, &g->is, &d) < 0)
		return CLI_CONFIG;
	if (!g->is.bytes.p || image_view(&g->is_image, g->is.bytes, NULL) < 0)
		return cli_fail(CLI_CONFIG, "no list is configured");
	return CLI_OK;
}

static int
take_old(struct differing *g, const char *path)
{
	struct diag d = {.report = hear, .arg = g};

	if (!g->job->what && access(path, F_OK) < 0)
		return cli_fail(CLI_FAILED,
		    "there is nothing to compare with yet: suzgi lists build "
		    "compiles %s",
		    path);
	if (compiled_open(g->job->what ? g->job->what : path, &g->was, &d) < 0)
		return CLI_FAILED;
	return image_view(&g->was_image, g->was.bytes, NULL) < 0 ? CLI_FAILED
	                                                         : CLI_OK;
}

static int
say_all(struct differing *g)
{
	struct buf *b = &g->job->out;
	bool json = g->job->common->json;

	if (json) {
		json_open(b, '{');
		keys_json(g);
		json_key(b, "good_sites");
		json_open(b, '[');
	} else {
		keys_text(g);
	}
	compare_sites(g);
	if (json) {
		json_close(b, ']');
		json_close(b, '}');
		buf_add_char(b, '\n');
	}
	return g->rc ? g->rc : g->blocked ? CLI_BLOCKED : CLI_OK;
}

/* Of the same sources, unchanged. */
static bool
is_same(const struct differing *g)
{
	uint64_t was[2], is[2];

	image_fingerprint(&g->was_image, was);
	image_fingerprint(&g->is_image, is);
	return memcmp(was, is, sizeof(was)) == 0;
}

static int
diff_images(struct differing *g, const char *path)
{
	int rc = take_old(g, path);

	if (rc == CLI_OK)
		rc = take_new(g, path);
	if (rc != CLI_OK)
		return rc;
	if (!is_same(g) &&
	    lists_diff_run(&g->diff, &g->was_image, &g->is_image) < 0)
		return cli_fail(CLI_FAILED, "out of memory");
	progress_end(&g->progress);
	rc = g->rc ? g->rc : say_all(g);
	lists_diff_fini(&g->diff);
	return rc;
}

int
lists_diff(struct lists_job *j)
{
	struct differing g = {.job = j};
	uint64_t show = SHOW;
	char path[PATH_MAX];
	int rc;

	if (j->show && (!str_to_u64(str_of(j->show), &show) || show > SHOW_MAX))
		return cli_usage(
		    "lists", "--show takes a number up to %d", SHOW_MAX);
	g.diff = (struct lists_diff){.list = str_of(j->list),
	    .show = j->all ? 0 : (unsigned)show,
	    .each = j->all ? each_entry : NULL,
	    .progress = watch_diff,
	    .arg = &g};
	config_image_path(j->config, &j->common->at, path, sizeof(path));
	progress_begin(&g.progress, "lists diff");
	rc = diff_images(&g, path);
	progress_end(&g.progress);
	if (g.was.bytes.p)
		g.was.drop(g.was.arg);
	if (g.is.bytes.p)
		g.is.drop(g.is.arg);
	return rc;
}
