/* cmd_overrides.c - suzgi overrides: the exceptions there are; ending one. */
#include <limits.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "cli/cli.h"
#include "cli/exception.h"
#include "cli/who.h"
#include "config/config.h"
#include "review/jsonflat.h"
#include "review/record.h"

/* -------------------------------------------------------------------- list */

static const char *
state_of(const struct journal_entry *e, int64_t now)
{
	if (e->ended)
		return "ended";
	if (journal_holds(e, now))
		return "in force";
	return e->o.from > now ? "to come" : "past";
}

static void
put_text(struct buf *b, const struct journal_entry *e, int64_t now)
{
	const struct override *o = &e->o;

	buf_addf(b, "%s  %-5s  ", o->id, action_name(o->action));
	exception_subject(b, o);
	buf_add_str(b, STR("\n    for "));
	exception_whom(b, o);
	buf_add_str(b, STR(", "));
	if (e->ended) {
		buf_add_str(b, STR("ended by "));
		text_add_escaped(b, e->ended_by);
		buf_add_str(b, STR(", "));
		exception_time(b, e->ended, now);
	} else {
		if (o->from > now) {
			buf_add_str(b, STR("from "));
			exception_time(b, o->from, now);
			buf_add_char(b, ' ');
		}
		exception_until(b, o, now);
	}
	if (!e->ended && o->until > now) {
		buf_add_str(b, STR(" ("));
		exception_span(b, o->until - now);
		buf_add_str(b, STR(" left)"));
	}
	buf_add_str(b, STR("; by "));
	text_add_escaped(b, o->author);
	if (o->reason.n) {
		buf_add_str(b, STR(": "));
		text_add_escaped(b, o->reason);
	}
	buf_add_char(b, '\n');
}

static void
put_json(struct buf *b, const struct journal_entry *e, int64_t now)
{
	char text[CLOCK_TEXT];

	json_open(b, '{');
	json_key_z(b, "state", state_of(e, now));
	exception_json(b, &e->o);
	if (e->ended) {
		clock_text(e->ended * 1000, text);
		json_key_z(b, "ended", text);
		json_key_str(b, "ended_by", e->ended_by);
	}
	json_close(b, '}');
	buf_add_char(b, '\n');
}

static void
hear(void *arg, bool error, unsigned line, const char *text)
{
	const char *path = arg;

	fprintf(stderr, "%s:%u: %s: %s\n", path, line,
	    error ? "error" : "warning", text);
}

static int
list(const struct config *c, bool all, bool json)
{
	int64_t now = clock_wall_ms() / 1000;
	struct buf b = BUF_EMPTY;
	char path[PATH_MAX];
	struct journal j;
	struct err err;
	unsigned shown = 0;
	int rc;

	if (!exception_path(c, path, sizeof(path)))
		return CLI_FAILED;
	if (journal_read(&j, path, hear, path, &err) < 0)
		return cli_fail(CLI_FAILED, "%s", err.text);
	for (unsigned i = 0; i < j.n; i++) {
		const struct journal_entry *e = &j.v[i];
		bool over = e->ended || (e->o.until && e->o.until <= now);

		if (over && !all)
			continue;
		(json ? put_json : put_text)(&b, e, now);
		shown++;
	}
	if (!shown && !json)
		buf_add_str(&b, all ? STR("there was never an exception\n")
		                    : STR("no exception is in force\n"));
	rc = cli_out(&b);
	buf_fini(&b);
	journal_fini(&j);
	return rc;
}

/* --------------------------------------------------------------------- end */

static int
say_end(const struct cli_common *common, const struct journal_line *l,
    const struct exception_said *said)
{
	struct buf b = BUF_EMPTY;
	int rc;

	if (common->json) {
		json_open(&b, '{');
		json_key_bool(&b, "ok", true);
		json_key_z(&b, "id", l->o.id);
		json_key_bool(&b, "running", said->running);
		json_close(&b, '}');
		buf_add_char(&b, '\n');
	} else {
		buf_addf(&b, "%s has ended.\n", l->o.id);
	}
	rc = cli_out(&b);
	buf_fini(&b);
	return rc;
}

static int
end(const struct cli_common *common, const struct config *c, const char *id)
{
	struct journal_line l = {
	    .act = JOURNAL_END, .at = clock_wall_ms() / 1000};
	struct jsonflat flat = {0};
	struct buf raw = BUF_EMPTY;
	struct exception_said said = {.flat = &flat, .raw = &raw};
	char author[WHO_MAX];
	int rc;

	if (!record_id_is_valid(str_of(id)) ||
	    !str_copy(str_of(id), l.o.id, sizeof(l.o.id)))
		return cli_usage("overrides",
		    "\"%s\" is no id of an exception: see suzgi overrides list",
		    id);
	who_runs(author, sizeof(author));
	l.o.author = str_of(author);
	rc = exception_do(c, &l, &said);
	if (rc < 0)
		rc = say_end(common, &l, &said);
	jsonflat_fini(&flat);
	buf_fini(&raw);
	return rc;
}

int
cmd_overrides(int argc, char **argv)
{
	struct cli_common common = {0};
	bool all = false;
	const struct cli_option options[] = {
	    {.name = "all",
	        .help = "those as well whose time has passed, or that were "
	                "ended",
	        .flag = &all},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "overrides [OPTION]... list | end ID",
	    .about = "The exceptions that suzgi allow and suzgi block made: "
	             "list those in\nforce, or end one before its time.",
	    .options = options,
	    .common = &common};
	int rc = cli_parse(&a, argc, argv);
	struct config *c;

	if (rc >= 0)
		return rc;
	c = config_load_anyhow(&common.at);
	if (!c)
		return cli_fail(CLI_FAILED, "out of memory");
	exception_zone(c);
	if (a.argc == 0 || (a.argc == 1 && strcmp(a.argv[0], "list") == 0))
		rc = list(c, all, common.json);
	else if (a.argc == 2 && strcmp(a.argv[0], "end") == 0)
		rc = end(&common, c, a.argv[1]);
	else
		rc = cli_usage("overrides", "expected list, or end and an id");
	config_free(c);
	return rc;
}
