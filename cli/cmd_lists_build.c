/* cmd_lists_build.c - suzgi lists build: compile them, and say of each source
 * what became of its lines. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/progress.h"
#include "cli/lists.h"
#include "cli/who.h"
#include "config/config.h"
#include "config/corpus.h"
#include "config/diag.h"
#include "config/overblock.h"
#include "config/sources.h"
#include "filters/snapshot.h"
#include "lists/image.h"

#define SCORES_MAX  256 /* lists and categories with known good sites */
#define SITES_SHOWN 3   /* of one of them */

struct building {
	struct lists_job *job;
	struct progress progress;
	struct buf sources, findings; /* rows, or members of JSON arrays */
	unsigned nsources;
};

/* ---------------------------------------------------------------- findings */

static void
hear(void *arg, const struct config_report *r)
{
	struct building *g = arg;
	struct buf *b = &g->findings;

	progress_hide(&g->progress);
	config_report_stderr(NULL, r);
	json_open(b, '{');
	json_key_bool(b, "error", r->error);
	if (r->file)
		json_key_z(b, "file", r->file);
	if (r->line)
		json_key_u64(b, "line", r->line);
	json_key_z(b, "text", r->text);
	json_close(b, '}');
}

static void
watch_progress(void *arg, uint64_t done, uint64_t total, struct str list)
{
	struct building *g = arg;
	char name[80];

	str_copy(list, name, sizeof(name));
	progress_at(&g->progress, done, total, name);
}

/* ----------------------------------------------------------------- sources */

/* The first line that was kept for a reason; NULL: none was. */
static const struct compile_reject *
example_of(const struct compile_report *r, const char *why)
{
	for (unsigned i = 0; i < r->nkept; i++)
		if (strcmp(r->kept[i].why, why) == 0)
			return &r->kept[i];
	return NULL;
}

static void
source_text(
    struct buf *b, const struct source *s, const struct compile_report *r)
{
	lists_add_word(b, s->list->name, 16);
	lists_add_word(b, str_of(s->category), 16);
	buf_addf(b, "%10llu %10llu %10llu %8llu %8llu  ",
	    (unsigned long long)r->lines, (unsigned long long)r->entries,
	    (unsigned long long)r->duplicates, (unsigned long long)r->rejected,
	    (unsigned long long)r->skipped);
	text_add_escaped(b, str_of(s->shown));
	buf_add_char(b, '\n');
	for (unsigned i = 0; i < r->nreasons; i++) {
		const struct compile_reject *k =
		    example_of(r, r->reason[i].why);

		buf_addf(b, "%10llu %s", (unsigned long long)r->reason[i].n,
		    r->reason[i].why);
		if (k)
			buf_addf(b, ", line %llu: %s%s",
			    (unsigned long long)k->line, k->text,
			    k->skipped ? " (skipped)" : "");
		buf_add_char(b, '\n');
	}
}

static void
source_reasons(struct buf *b, const struct compile_report *r)
{
	json_key(b, "reasons");
	json_open(b, '[');
	for (unsigned i = 0; i < r->nreasons; i++) {
		json_open(b, '{');
		json_key_z(b, "why", r->reason[i].why);
		json_key_u64(b, "lines", r->reason[i].n);
		json_close(b, '}');
	}
	json_close(b, ']');
	json_key(b, "examples");
	json_open(b, '[');
	for (unsigned i = 0; i < r->nkept; i++) {
		json_open(b, '{');
		json_key_u64(b, "line", r->kept[i].line);
		json_key_z(b, "text", r->kept[i].text);
		json_key_z(b, "why", r->kept[i].why);
		json_key_bool(b, "skipped", r->kept[i].skipped);
		json_close(b, '}');
	}
	json_close(b, ']');
}

static void
source_json(
    struct buf *b, const struct source *s, const struct compile_report *r)
{
	json_open(b, '{');
	json_key_str(b, "list", s->list->name);
	json_key_z(b, "category", s->category);
	json_key_z(b, "file", s->shown);
	json_key_z(b, "path", s->path);
	json_key_z(b, "format", list_format_name(s->format));
	json_key_u64(b, "lines", r->lines);
	json_key_u64(b, "entries", r->entries);
	json_key_u64(b, "duplicates", r->duplicates);
	json_key_u64(b, "rejected", r->rejected);
	json_key_u64(b, "skipped", r->skipped);
	source_reasons(b, r);
	json_close(b, '}');
}

static void
watch_source(void *arg, const struct source *s, const struct compile_report *r)
{
	struct building *g = arg;

	g->nsources++;
	(g->job->common->json ? source_json : source_text)(&g->sources, s, r);
}

/* ------------------------------------------------------------------- score */

static void
score_row(struct building *g, const struct overblock_score *s)
{
	bool json = g->job->common->json;
	unsigned most = json ? OVERBLOCK_EXAMPLES : SITES_SHOWN;
	struct buf *b = &g->job->out;

	if (json) {
		json_open(b, '{');
		json_key_str(b, "list", s->list);
		json_key_str(b, "category", s->category);
		json_key_u64(b, "sites", s->sites);
		json_key(b, "examples");
		json_open(b, '[');
	} else {
		lists_add_word(b, s->list, 16);
		lists_add_word(b, s->category, 16);
		buf_addf(b, "%10u known good site%s:", s->sites,
		    s->sites == 1 ? "" : "s");
	}
	for (unsigned i = 0; i < s->sites && i < most; i++) {
		if (json) {
			json_str(b, s->some[i]->text);
			continue;
		}
		buf_add_char(b, ' ');
		text_add_escaped(b, s->some[i]->text);
	}
	if (json) {
		json_close(b, ']');
		json_close(b, '}');
	} else {
		buf_add_str(b, s->sites > most ? STR(" ...\n") : STR("\n"));
	}
}

/* Which lists know sites that must not be blocked, whatever rules say. */
static void
add_scores(struct building *g, const struct image *im)
{
	struct overblock_score *v = calloc(SCORES_MAX, sizeof(*v));
	struct diag quiet = {.report = NULL};
	struct corpus sites;
	unsigned n;

	if (!v || corpus_read(&sites, g->job->config, &quiet) < 0) {
		free(v);
		return;
	}
	if (sites.n == 0 && !g->job->common->json)
		buf_add_str(&g->job->out,
		    STR("there are no known good sites to compare with: "
		        "no shipped ones in --data, no [guard] "
		        "must-not-block\n"));
	n = overblock_score(im, &sites, v, SCORES_MAX);
	for (unsigned i = 0; i < n; i++)
		score_row(g, &v[i]);
	free(v);
	corpus_fini(&sites);
}

/* ------------------------------------------------------------------ output */

static void
in_json(
    struct building *g, const struct image *im, const char *path, int64_t ms)
{
	struct buf *b = &g->job->out;

	json_open(b, '{');
	json_key_bool(b, "built", im && g->nsources);
	json_key_bool(b, "refused", !im);
	if (im) {
		json_key_z(b, "file", path);
		json_key_u64(b, "bytes", im->bytes.n);
		json_key_u64(b, "entries", im->nentries);
		json_key_u64(b, "patterns", im->npatterns);
		json_key_u64(b, "hashed", im->ndigests);
		json_key_u64(b, "generation", im->generation);
	}
	json_key_u64(b, "ms", (uint64_t)ms);
	json_key(b, "sources");
	json_open(b, '[');
	buf_add_str(b, buf_str(&g->sources));
	json_close(b, ']');
	json_key(b, "good_sites");
	json_open(b, '[');
	if (im)
		add_scores(g, im);
	json_close(b, ']');
	json_key(b, "findings");
	json_open(b, '[');
	buf_add_str(b, buf_str(&g->findings));
	json_close(b, ']');
	json_close(b, '}');
	buf_add_char(b, '\n');
}

static void
in_text(
    struct building *g, const struct image *im, const char *path, int64_t ms)
{
	struct buf *b = &g->job->out;

	if (g->nsources)
		buf_addf(b, "%-16s %-16s %10s %10s %10s %8s %8s  %s\n", "list",
		    "category", "lines", "entries", "duplicates", "rejected",
		    "skipped", "file");
	buf_add_str(b, buf_str(&g->sources));
	if (!im)
		return;
	add_scores(g, im);
	if (g->nsources)
		buf_addf(b,
		    "%llu different entries, %u patterns of %u files in "
		    "%lld.%lld s; %zu bytes: ",
		    (unsigned long long)im->nentries, im->npatterns,
		    g->nsources, (long long)(ms / 1000),
		    (long long)(ms % 1000 / 100), im->bytes.n);
	else
		buf_addf(b,
		    "nothing has changed (--again compiles all the same); "
		    "%llu different entries, %zu bytes: ",
		    (unsigned long long)im->nentries, im->bytes.n);
	text_add_escaped(b, str_of(path));
	buf_add_str(b, g->nsources
	                   ? STR("\nsuzgi reload lets the running filter use "
	                         "them\n")
	                   : STR("\n"));
}

int
lists_build(struct lists_job *j)
{
	struct building g = {.job = j};
	struct config_paths at = j->common->at;
	char path[PATH_MAX], who[WHO_MAX];
	const struct config_watch watch = {.accept = j->accept,
	    .who = who,
	    .again = j->again,
	    .arg = &g,
	    .progress = watch_progress,
	    .source = watch_source};
	int64_t begin = clock_mono_ms();
	struct snapshot *s;

	who_runs(who, sizeof(who));
	config_image_path(j->config, &at, path, sizeof(path));
	at.watch = &watch;
	progress_begin(&g.progress, "compiling lists");
	s = config_snapshot(j->config, &at, 1, hear, &g);
	progress_end(&g.progress);
	(j->common->json ? in_json : in_text)(&g,
	    s && snapshot_images(s) ? snapshot_image_at(s, 0) : NULL, path,
	    clock_mono_ms() - begin);
	buf_fini(&g.sources);
	buf_fini(&g.findings);
	if (!s)
		return CLI_CONFIG;
	if (snapshot_unref(s))
		snapshot_free(s);
	return CLI_OK;
}
