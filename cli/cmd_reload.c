/* cmd_reload.c - suzgi reload: read the configuration again, and say how. */
#include "base/buf.h"
#include "cli/ask.h"
#include "cli/cli.h"
#include "review/jsonflat.h"

/* The texts of finding <i>; they live as long as <f>. */
static struct str
part(const struct jsonflat *f, unsigned i, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "findings.%u.%s", i, name);
	return jsonflat_get(f, path);
}

/* A slice of the reader's arena, which puts a NUL behind each. */
static const char *
text_of(struct str s)
{
	return s.n ? s.p : NULL;
}

/* What the loader found, as `suzgi check` says it. */
static void
say_findings(const struct jsonflat *f)
{
	for (unsigned i = 0; part(f, i, "text").n; i++) {
		struct config_report r = {
		    .error = str_eq(part(f, i, "error"), STR("true")),
		    .file = text_of(part(f, i, "file")),
		    .text = text_of(part(f, i, "text")),
		    .source = text_of(part(f, i, "source")),
		};
		uint64_t n;

		if (str_to_u64(part(f, i, "line"), &n))
			r.line = (uint32_t)n;
		if (str_to_u64(part(f, i, "column"), &n))
			r.column = (uint32_t)n;
		config_report_stderr(NULL, &r);
	}
}

static int
say(const struct cli_common *common, struct buf *raw, const struct jsonflat *f)
{
	bool ok = str_eq(jsonflat_get(f, "ok"), STR("true"));
	int rc = ok ? CLI_OK : CLI_CONFIG;

	if (common->json)
		return cli_out(raw) == CLI_OK ? rc : CLI_FAILED;
	say_findings(f);
	buf_reset(raw);
	if (!ok)
		return cli_fail(rc, "refused; generation %llu stays in force",
		    (unsigned long long)jsonflat_u64(f, "generation"));
	buf_addf(raw, "generation %llu is in force (%llu ms)\n",
	    (unsigned long long)jsonflat_u64(f, "generation"),
	    (unsigned long long)jsonflat_u64(f, "ms"));
	return cli_out(raw);
}

int
cmd_reload(int argc, char **argv)
{
	struct cli_common common = {0};
	struct cli_args a = {.usage = "reload [OPTION]...",
	    .about = "Let the running filter read its configuration and lists "
	             "again, and wait\nfor the outcome. Where there is an "
	             "error nothing changes, and the exit\nstatus is 78.",
	    .common = &common};
	struct jsonflat flat = {0};
	struct buf raw = BUF_EMPTY;
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc)
		return cli_usage("reload", "it takes no arguments");
	rc = ask(&common, "reload", &raw, &flat);
	if (rc < 0)
		rc = say(&common, &raw, &flat);
	jsonflat_fini(&flat);
	buf_fini(&raw);
	return rc;
}
