/* cmd_lists.c - suzgi lists: compile them, see what is in them. */
#include <limits.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "cli/cli.h"
#include "config/compiled.h"
#include "config/config.h"
#include "config/diag.h"
#include "filters/snapshot.h"
#include "filters/url.h"
#include "lists/image.h"

#define SOURCES_SHOWN 64 /* of one entry */
#define ENTRY_TEXT    512

struct lists_job {
	const struct cli_common *common;
	const char *what; /* lookup: host or URL */
	struct config *config;
	struct buf out;
};

/* -------------------------------------------------------------- status */

static void
status_row(struct lists_job *j, const struct image_source *s)
{
	struct buf *b = &j->out;

	if (!j->common->json) {
		buf_addf(b, "%-16.*s %-16.*s %10llu %8llu  ", STR_ARG(s->list),
		    STR_ARG(s->category), (unsigned long long)s->entries,
		    (unsigned long long)s->rejected);
		text_add_escaped(b, s->file);
		buf_add_char(b, '\n');
		return;
	}
	json_open(b, '{');
	json_key_str(b, "list", s->list);
	json_key_str(b, "category", s->category);
	json_key_str(b, "file", s->file);
	json_key_u64(b, "lines", s->lines);
	json_key_u64(b, "entries", s->entries);
	json_key_u64(b, "rejected", s->rejected);
	json_close(b, '}');
}

static void
status_table(struct lists_job *j, const struct image *im)
{
	struct image_source s;

	if (j->common->json) {
		json_open(&j->out, '{');
		json_key_u64(&j->out, "entries", im->nentries);
		json_key_u64(&j->out, "bytes", im->bytes.n);
		json_key(&j->out, "sources");
		json_open(&j->out, '[');
	} else {
		buf_addf(&j->out, "%-16s %-16s %10s %8s  %s\n", "list",
		    "category", "entries", "rejected", "file");
	}
	for (uint32_t i = 0; i < im->nsources; i++)
		if (image_source(im, (uint16_t)i, &s))
			status_row(j, &s);
	if (j->common->json) {
		json_close(&j->out, ']');
		json_close(&j->out, '}');
		buf_add_char(&j->out, '\n');
	} else {
		buf_addf(&j->out, "%llu different entries, %zu bytes\n",
		    (unsigned long long)im->nentries, im->bytes.n);
	}
}

/* Of the image in place, whether or not it fits the rules. */
static int
lists_status(struct lists_job *j)
{
	struct diag d = {.report = config_report_stderr};
	struct build_image held;
	char path[PATH_MAX];
	struct image im;

	config_image_path(j->config, &j->common->at, path, sizeof(path));
	if (compiled_open(path, &held, &d) < 0)
		return cli_fail(
		    CLI_FAILED, "suzgi lists build compiles the lists into it");
	if (image_view(&im, held.bytes, NULL) == 0)
		status_table(j, &im);
	held.drop(held.arg);
	return CLI_OK;
}

/* --------------------------------------------------------------- build */

static int
lists_build(struct lists_job *j)
{
	struct snapshot *s = config_snapshot(
	    j->config, &j->common->at, 1, config_report_stderr, NULL);

	if (!s)
		return CLI_CONFIG;
	for (unsigned i = 0; i < snapshot_images(s); i++)
		status_table(j, snapshot_image_at(s, i));
	if (snapshot_unref(s))
		snapshot_free(s);
	return CLI_OK;
}

/* -------------------------------------------------------------- lookup */

static void
lookup_row(struct lists_job *j, const struct image *im,
    const struct image_hit *hit, uint16_t id)
{
	char text[ENTRY_TEXT];
	size_t n = image_entry_text(im, hit, text, sizeof(text));
	struct str entry = {text, n < sizeof(text) ? n : sizeof(text) - 1};
	uint32_t line = image_line(im, hit->entry, id);
	struct image_source s;
	struct buf *b = &j->out;

	if (!image_source(im, id, &s))
		return;
	if (j->common->json) {
		json_open(b, '{');
		json_key_str(b, "entry", entry);
		json_key_str(b, "list", s.list);
		json_key_str(b, "category", s.category);
		json_key_str(b, "file", s.file);
		json_key_u64(b, "line", line);
		json_close(b, '}');
		buf_add_char(b, '\n');
		return;
	}
	text_add_escaped(b, entry);
	buf_addf(b, "\t%.*s\t%.*s\t", STR_ARG(s.list), STR_ARG(s.category));
	text_add_escaped(b, s.file);
	buf_addf(b, ":%u\n", line);
}

/* Was the hit found already, in another reading of the address? */
static bool
is_repeated(const struct image_hits *hits, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (hits->hit[k].entry == hits->hit[i].entry)
			return true;
	return false;
}

static unsigned
lookup_image(struct lists_job *j, const struct image *im, const struct url *url)
{
	struct image_hits hits = {0};
	uint16_t ids[SOURCES_SHOWN];

	image_find_host(im, url->host, &hits);
	image_find_url(im, url->host, url->path, &hits);
	for (unsigned i = 0; i < url->nalts; i++)
		image_find_url(im, url->host, url->alt[i].path, &hits);
	for (uint32_t i = 0; i < hits.n; i++) {
		unsigned n = image_class_sources(
		    im, hits.hit[i].class, ids, SOURCES_SHOWN);

		if (is_repeated(&hits, i))
			continue;
		for (unsigned k = 0; k < n && k < SOURCES_SHOWN; k++)
			lookup_row(j, im, &hits.hit[i], ids[k]);
	}
	return hits.n;
}

static int
lookup_url(struct lists_job *j, const struct snapshot *s, struct arena *a)
{
	const char *why = "malformed";
	struct url_parts parts;
	char room[NAME_ROOM];
	unsigned found = 0;
	struct url url;

	if (url_split(a, str_of(j->what), room, &parts, &why) < 0 ||
	    url_canon(a, &parts, &url) < 0)
		return cli_fail(CLI_USAGE, "%s: %s", j->what, why);
	for (unsigned i = 0; i < snapshot_images(s); i++)
		found += lookup_image(j, snapshot_image_at(s, i), &url);
	if (!found && !j->common->json)
		buf_addf(&j->out, "not listed\n");
	return CLI_OK;
}

static int
lists_lookup(struct lists_job *j)
{
	struct config_paths at = j->common->at;
	struct snapshot *s;
	struct arena a;
	int rc;

	at.no_write = true;
	s = config_snapshot(j->config, &at, 1, config_report_stderr, NULL);
	if (!s)
		return CLI_CONFIG;
	arena_init(&a, 0);
	rc = lookup_url(j, s, &a);
	arena_fini(&a);
	if (snapshot_unref(s))
		snapshot_free(s);
	return rc;
}

static int
lists_run(struct lists_job *j, int (*what)(struct lists_job *j))
{
	int rc = CLI_CONFIG, out;

	j->config = config_load(&j->common->at, config_report_stderr, NULL);
	if (j->config)
		rc = what(j);
	config_free(j->config);
	out = cli_out(&j->out);
	buf_fini(&j->out);
	return rc ? rc : out;
}

int
cmd_lists(int argc, char **argv)
{
	struct cli_common common = {0};
	struct lists_job j = {.common = &common};
	struct cli_args a = {
	    .usage = "lists status|build|lookup HOST|URL [OPTION]...",
	    .about = "status  what the compiled lists in place hold\n"
	             "build   compile the lists now\n"
	             "lookup  every entry that covers a host or an address, "
	             "with its file and line",
	    .common = &common};
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc == 1 && strcmp(a.argv[0], "status") == 0)
		return lists_run(&j, lists_status);
	if (a.argc == 1 && strcmp(a.argv[0], "build") == 0)
		return lists_run(&j, lists_build);
	if (a.argc == 2 && strcmp(a.argv[0], "lookup") == 0) {
		j.what = a.argv[1];
		return lists_run(&j, lists_lookup);
	}
	return cli_usage("lists", "say status, build, or lookup and what");
}
