/* cmd_test.c - suzgi test: does the policy do what its lines expect? */
#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "cli/cli.h"
#include "cli/trial.h"
#include "filters/scenario.h"
#include "filters/snapshot.h"

#define FILE_MAX (64u << 20)

struct test_job {
	const struct snapshot *snapshot;
	int64_t now;
	bool json;
	const char *file;
	uint32_t line;
	struct str text; /* the line */
	struct buf out;
	unsigned passed, failed, wrong;
};

/* ----------------------------------------------------------------- text */

/* The line, and a caret below where the trouble begins. */
static void
show_line(struct test_job *j, uint32_t column)
{
	struct str before = str_sub(j->text, 0, column);

	buf_add_str(&j->out, STR("    "));
	text_add_escaped(&j->out, j->text);
	buf_add_str(&j->out, STR("\n    "));
	for (size_t i = 0; i < before.n; i++)
		if ((before.p[i] & 0xc0) != 0x80) /* of UTF-8 the first byte */
			buf_add_char(&j->out, ' ');
	buf_add_str(&j->out, STR("^\n"));
}

static void
say_text(struct test_job *j, uint32_t column, struct str what)
{
	text_add_escaped(&j->out, str_of(j->file));
	buf_addf(&j->out, ":%u:%u: ", j->line, column + 1);
	buf_add_str(&j->out, what);
	buf_add_char(&j->out, '\n');
	show_line(j, column);
}

static void
add_why(struct buf *b, const struct verdict *v, const struct provenance *p)
{
	if (v->tier != TIER_POLICY && v->tier != TIER_DEFAULT) {
		buf_addf(b, " by the tier %s", tier_name(v->tier));
		return;
	}
	if (v->rule == VERDICT_NO_RULE) {
		buf_add_str(b, STR(": no rule matched, "));
		text_add_escaped(b, p->rule_text);
	} else {
		buf_add_str(b, STR(" by "));
		text_add_escaped(b, p->rule_text);
		buf_add_str(b, STR(" at "));
		text_add_escaped(b, p->rule_file);
		buf_addf(b, ":%u", p->rule_line);
	}
	if (v->reason != REASON_RULE && v->reason != REASON_DEFAULT)
		buf_addf(b, " (%s)", reason_text(v->reason));
}

static void
say_failed(struct test_job *j, const struct scenario *c,
    const struct verdict *v, const struct provenance *p)
{
	struct buf what = BUF_EMPTY;

	buf_addf(&what, "expected %s, got %s", action_name(c->expected),
	    action_name(scenario_action(v)));
	add_why(&what, v, p);
	buf_add_str(&what, STR(", policy "));
	text_add_escaped(&what, p->policy);
	say_text(j, 0, buf_str(&what));
	buf_fini(&what);
}

/* ----------------------------------------------------------------- JSON */

static void
json_place(struct test_job *j, uint32_t column)
{
	json_open(&j->out, '{');
	json_key_z(&j->out, "file", j->file);
	json_key_u64(&j->out, "line", j->line);
	json_key_u64(&j->out, "column", column + 1);
	json_key_str(&j->out, "text", j->text);
}

static void
json_failed(struct test_job *j, const struct scenario *c,
    const struct verdict *v, const struct provenance *p)
{
	struct buf *b = &j->out;

	json_place(j, 0);
	json_key_z(b, "expected", action_name(c->expected));
	json_key_z(b, "action", action_name(scenario_action(v)));
	json_key_z(b, "reason", reason_slug(v->reason));
	json_key_z(b, "tier", tier_name(v->tier));
	json_key_str(b, "group", p->group);
	json_key_str(b, "policy", p->policy);
	json_key(b, "rule");
	json_open(b, '{');
	if (v->rule != VERDICT_NO_RULE) {
		json_key_str(b, "file", p->rule_file);
		json_key_u64(b, "line", p->rule_line);
	}
	json_key_str(b, "text", p->rule_text);
	json_close(b, '}');
	json_close(b, '}');
}

static void
say_wrong(struct test_job *j, uint32_t column, const char *why)
{
	j->wrong++;
	if (!j->json) {
		say_text(j, column, str_of(why));
		return;
	}
	json_place(j, column);
	json_key_z(&j->out, "error", why);
	json_close(&j->out, '}');
}

/* ---------------------------------------------------------------- lines */

static void
test_scenario(struct test_job *j, const struct scenario *c)
{
	struct verdict v = scenario_run(j->snapshot, c);
	struct provenance p;

	if (scenario_action(&v) == c->expected) {
		j->passed++;
		return;
	}
	j->failed++;
	snapshot_provenance(j->snapshot, &c->request, &v, &p);
	if (j->json)
		json_failed(j, c, &v, &p);
	else
		say_failed(j, c, &v, &p);
}

static void
test_line(struct test_job *j, struct arena *a)
{
	struct scenario c;
	struct err err;

	if (scenario_read(a, j->snapshot, j->text, j->now, &c, &err) < 0)
		say_wrong(j, c.column, err.text);
	else
		test_scenario(j, &c);
}

static bool
is_empty(struct str line)
{
	struct str s = str_trim(line);

	return s.n == 0 || s.p[0] == '#';
}

static void
test_text(struct test_job *j, struct str text)
{
	struct arena a;

	arena_init(&a, 0);
	j->line = 0;
	if (str_starts(text, STR("\xef\xbb\xbf"))) /* a mark of some editors */
		text = str_sub(text, 3, text.n);
	while (str_next(&text, '\n', &j->text)) {
		j->line++;
		if (j->text.n && j->text.p[j->text.n - 1] == '\r')
			j->text.n--;
		if (is_empty(j->text))
			continue;
		test_line(j, &a);
		arena_reset(&a);
	}
	arena_fini(&a);
}

static int
test_file(struct test_job *j, const char *name)
{
	bool is_stdin = strcmp(name, "-") == 0;
	struct buf text = BUF_EMPTY;
	struct err err;

	if (file_read(is_stdin ? "/dev/stdin" : name, FILE_MAX, &text, &err) <
	    0) {
		buf_fini(&text);
		return cli_fail(CLI_FAILED, "%s", err.text);
	}
	j->file = is_stdin ? "stdin" : name;
	test_text(j, buf_str(&text));
	buf_fini(&text);
	return -1;
}

static int
test_files(struct test_job *j, const struct cli_args *a)
{
	struct buf *b = &j->out;
	int rc = -1;

	if (j->json) {
		json_open(b, '{');
		json_key(b, "failures");
		json_open(b, '[');
	}
	for (int i = 0; i < a->argc && rc < 0; i++)
		rc = test_file(j, a->argv[i]);
	if (rc >= 0)
		return rc;
	if (j->json) {
		json_close(b, ']');
		json_key_u64(b, "passed", j->passed);
		json_key_u64(b, "failed", j->failed);
		json_key_u64(b, "wrong", j->wrong);
		json_close(b, '}');
		buf_add_char(b, '\n');
	} else {
		buf_addf(b, "%u passed, %u failed", j->passed, j->failed);
		if (j->wrong)
			buf_addf(b, ", %u not understood", j->wrong);
		buf_add_char(b, '\n');
	}
	if (cli_out(b) != CLI_OK)
		return CLI_FAILED;
	return j->wrong ? CLI_USAGE : j->failed ? CLI_BLOCKED : CLI_OK;
}

int
cmd_test(int argc, char **argv)
{
	struct cli_common common = {0};
	struct test_job j = {.now = clock_wall_ms() / 1000};
	const char *time = NULL;
	const struct cli_option options[] = {
	    {"time", 0, "when, for lines without at: 2026-11-22T08:30 (local)",
	        "TIME", NULL, &time},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "test [OPTION]... FILE...",
	    .about =
	        "Does the policy do what the lines of these files expect? Such "
	        "as\n\n    block pupils http://casino.test/ at "
	        "2026-11-23T10:00\n    allow staff  https://forum.test/ user "
	        "aigerim\n\nWhat is expected (allow, block, warn, monitor), a "
	        "group or -, an address, then\nwords: at user member client "
	        "mac listener method connect sni type size search\nua referer "
	        "header. \"-\" reads stdin; -c tries another configuration. "
	        "Exit status 3\nwhere a line is not as expected, 2 where one "
	        "is not understood.",
	    .options = options,
	    .common = &common};
	struct trial t;
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc == 0)
		return cli_usage("test", "which file?");
	rc = trial_open(&t, &common.at);
	if (rc >= 0)
		return rc;
	j.snapshot = t.snapshot;
	j.json = common.json;
	if (time && !scenario_time(t.snapshot, str_of(time), &j.now))
		rc = cli_usage("test",
		    "--time takes 2026-11-22T08:30, or the same with a Z for "
		    "UTC");
	else
		rc = test_files(&j, &a);
	buf_fini(&j.out);
	trial_close(&t);
	return rc;
}
