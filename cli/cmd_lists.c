/* cmd_lists.c - suzgi lists: compile them, see what is in them. */
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "base/sys/clock.h"
#include "base/table.h"
#include "cli/lists.h"
#include "config/compiled.h"
#include "config/config.h"
#include "config/diag.h"
#include "lists/image.h"

/* ------------------------------------------------------------------ words */

void
lists_add_role(struct buf *b, unsigned role)
{
	static const struct {
		unsigned role;
		const char *word;
	} words[] = {
	    {IMAGE_EXCEPT, "exception"},
	    {IMAGE_SELF, "exact"},
	    {IMAGE_BELOW, "below"},
	    {IMAGE_STRONG, "important"},
	    {IMAGE_CLOSEST, "closest"},
	};
	const char *between = "";

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (role & words[i].role) {
			buf_addf(b, "%s%s", between, words[i].word);
			between = "+";
		}
	if (!*between)
		buf_add_char(b, '-');
}

void
lists_add_date(struct buf *b, uint64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds == 0 || !gmtime_r(&t, &tm) ||
	    strftime(text, sizeof(text), "%Y-%m-%d", &tm) == 0)
		memcpy(text, "-", 2);
	buf_addf(b, "%s", text);
}

void
lists_add_age(struct buf *b, uint64_t seconds)
{
	static const struct {
		uint64_t s;
		const char *word;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};

	for (unsigned i = 0; i < ARRAY_LEN(units); i++)
		if (seconds >= units[i].s) {
			uint64_t n = seconds / units[i].s;

			buf_addf(b, "%llu %s%s", (unsigned long long)n,
			    units[i].word, n == 1 ? "" : "s");
			return;
		}
	buf_addf(b, "%llu s", (unsigned long long)seconds);
}

void
lists_add_word(struct buf *b, struct str s, unsigned columns)
{
	size_t from = b->n;

	text_add_escaped(b, s.n ? s : STR("-"));
	do
		buf_add_char(b, ' ');
	while (b->n - from <= columns && !b->failed);
}

/* -------------------------------------------------------------- status */

static void
status_text(struct buf *b, const struct image_source *s)
{
	struct buf date = BUF_EMPTY;

	lists_add_word(b, s->list, 16);
	lists_add_word(b, s->category, 16);
	lists_add_date(&date, s->date);
	buf_addf(b, "%10llu %8llu %8llu  %-10.*s  ",
	    (unsigned long long)s->entries, (unsigned long long)s->rejected,
	    (unsigned long long)s->skipped, STR_ARG(buf_str(&date)));
	text_add_escaped(b, s->file);
	if (s->role) {
		buf_add_str(b, STR("  "));
		lists_add_role(b, s->role);
	}
	buf_add_char(b, '\n');
	buf_fini(&date);
}

static void
status_json(struct buf *b, const struct image_source *s)
{
	struct buf role = BUF_EMPTY;

	json_open(b, '{');
	json_key_str(b, "list", s->list);
	json_key_str(b, "category", s->category);
	json_key_str(b, "file", s->file);
	json_key_u64(b, "date", s->date);
	json_key_u64(b, "lines", s->lines);
	json_key_u64(b, "entries", s->entries);
	json_key_u64(b, "rejected", s->rejected);
	json_key_u64(b, "skipped", s->skipped);
	if (s->role) {
		lists_add_role(&role, s->role);
		json_key_str(b, "role", buf_str(&role));
	}
	json_close(b, '}');
	buf_fini(&role);
}

static void
status_sources(struct lists_job *j, const struct image *im)
{
	struct image_source s;

	for (uint32_t i = 0; i < im->nsources; i++) {
		if (!image_source(im, (uint16_t)i, &s))
			continue;
		if (j->common->json)
			status_json(&j->out, &s);
		else
			status_text(&j->out, &s);
	}
}

static void
status_in_json(struct lists_job *j, const struct image *im, const char *path,
    uint64_t built)
{
	struct buf *b = &j->out;

	json_open(b, '{');
	json_key_z(b, "file", path);
	json_key_u64(b, "built", built);
	json_key_u64(b, "generation", im->generation);
	json_key_u64(b, "entries", im->nentries);
	json_key_u64(b, "patterns", im->npatterns);
	json_key_u64(b, "hashed", im->ndigests);
	json_key_u64(b, "bytes", im->bytes.n);
	json_key(b, "sources");
	json_open(b, '[');
	status_sources(j, im);
	json_close(b, ']');
	json_close(b, '}');
	buf_add_char(b, '\n');
}

static void
status_in_text(struct lists_job *j, const struct image *im, const char *path,
    uint64_t built)
{
	uint64_t now = (uint64_t)(clock_wall_ms() / 1000);
	struct buf *b = &j->out;

	buf_addf(b, "%-16s %-16s %10s %8s %8s  %-10s  %s\n", "list", "category",
	    "entries", "rejected", "skipped", "date", "file");
	status_sources(j, im);
	buf_addf(b, "%llu different entries", (unsigned long long)im->nentries);
	if (im->npatterns)
		buf_addf(b, ", %u patterns", im->npatterns);
	if (im->ndigests)
		buf_addf(b, ", %u of them hashed", im->ndigests);
	buf_addf(b, ", %zu bytes; compiled ", im->bytes.n);
	lists_add_date(b, built);
	if (now > built) {
		buf_add_str(b, STR(", "));
		lists_add_age(b, now - built);
		buf_add_str(b, STR(" ago"));
	}
	buf_add_str(b, STR(": "));
	text_add_escaped(b, str_of(path));
	buf_add_char(b, '\n');
}

/* Of the image in place, whether or not it fits the rules. */
int
lists_status(struct lists_job *j)
{
	struct diag d = {.report = config_report_stderr};
	struct build_image held;
	char path[PATH_MAX];
	struct image im;
	struct stat st;

	config_image_path(j->config, &j->common->at, path, sizeof(path));
	if (compiled_open(path, &held, &d) < 0)
		return cli_fail(
		    CLI_FAILED, "suzgi lists build compiles the lists into it");
	if (stat(path, &st) < 0)
		st.st_mtime = 0;
	if (image_view(&im, held.bytes, NULL) == 0)
		(j->common->json ? status_in_json : status_in_text)(
		    j, &im, path, (uint64_t)st.st_mtime);
	held.drop(held.arg);
	return CLI_OK;
}

/* ---------------------------------------------------------------- command */

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

static const struct {
	const char *name;
	int (*run)(struct lists_job *j);
	int least, most; /* arguments */
} parts[] = {
    {"status", lists_status, 0, 0},
    {"build", lists_build, 0, 0},
    {"lookup", lists_lookup, 1, 1},
    {"diff", lists_diff, 0, 1},
};

int
cmd_lists(int argc, char **argv)
{
	struct cli_common common = {0};
	struct lists_job j = {.common = &common};
	const struct cli_option options[] = {
	    {"accept", 0, "build: take lists that are held", NULL, &j.accept,
	        NULL},
	    {"again", 0, "build: although no source has changed", NULL,
	        &j.again, NULL},
	    {"list", 0, "diff: of this list alone", "NAME", NULL, &j.list},
	    {"show", 0, "diff: so many entries of each (10)", "N", NULL,
	        &j.show},
	    {"all", 0, "diff: every entry", NULL, &j.all, NULL},
	    {.name = NULL},
	};
	struct cli_args a = {
	    .usage = "lists update|status|build|lookup HOST|URL|diff [FILE] "
	             "[OPTION]...",
	    .about = "update  fetch lists; suzgi lists update --help says how\n"
	             "status  what the compiled lists in place hold\n"
	             "build   compile the lists now\n"
	             "lookup  every entry and pattern that covers a host or an "
	             "address, with its\n        file, line and date, and what "
	             "exceptions took away\n"
	             "diff    what the lists as they are now would change "
	             "against those in place,\n        or against a compiled "
	             "FILE, and which known good sites they would block",
	    .options = options,
	    .common = &common};
	int rc;

	if (argc > 1 && strcmp(argv[1], "update") == 0)
		return cmd_update(argc - 1, argv + 1);
	rc = cli_parse(&a, argc, argv);
	if (rc >= 0)
		return rc;
	for (unsigned i = 0; a.argc && i < ARRAY_LEN(parts); i++) {
		if (strcmp(a.argv[0], parts[i].name) != 0 ||
		    a.argc - 1 < parts[i].least || a.argc - 1 > parts[i].most)
			continue;
		j.what = a.argc > 1 ? a.argv[1] : NULL;
		return lists_run(&j, parts[i].run);
	}
	return cli_usage(
	    "lists", "say update, status, build, lookup and what, or diff");
}
