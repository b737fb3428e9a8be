/* cmd_check.c - suzgi check: is the configuration right? */
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/htpasswd.h"
#include "cli/patterns.h"
#include "config/config.h"
#include "filters/snapshot.h"
#include "lists/image.h"
#include "proxy/shadow.h"

struct told {
	unsigned errors, warnings;
	struct buf *json; /* NULL: to stderr */
};

static void
tell_json(struct buf *b, const struct config_report *r)
{
	json_open(b, '{');
	json_key_z(b, "level", r->error ? "error" : "warning");
	if (r->file)
		json_key_z(b, "file", r->file);
	if (r->line)
		json_key_u64(b, "line", r->line);
	if (r->column)
		json_key_u64(b, "column", r->column);
	json_key_z(b, "text", r->text);
	json_close(b, '}');
}

static void
tell(void *arg, const struct config_report *r)
{
	struct told *t = arg;

	if (r->error)
		t->errors++;
	else
		t->warnings++;
	if (t->json)
		tell_json(t->json, r);
	else
		config_report_stderr(NULL, r);
}

static uint64_t
entries(const struct snapshot *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < snapshot_images(s); i++)
		n += snapshot_image_at(s, i)->nentries;
	return n;
}

static const char *
plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

static void
say_ok(struct buf *b, const struct config *c, const struct snapshot *s,
    const struct told *t)
{
	uint64_t n = entries(s), rules = 0;

	for (unsigned i = 0; i < c->policy.n; i++)
		rules += c->policy.v[i].rules.n;
	buf_addf(b, "ok: %u %s, %llu %s, %u %s, %llu %s, %u %s", c->list.n,
	    plural(c->list.n, "list", "lists"), (unsigned long long)n,
	    plural(n, "entry", "entries"), c->policy.n,
	    plural(c->policy.n, "policy", "policies"),
	    (unsigned long long)rules, plural(rules, "rule", "rules"),
	    c->group.n, plural(c->group.n, "group", "groups"));
	if (c->expect.n)
		buf_addf(b, ", %u %s", c->expect.n,
		    plural(c->expect.n, "expectation", "expectations"));
	if (t->warnings)
		buf_addf(b, ", %u %s", t->warnings,
		    plural(t->warnings, "warning", "warnings"));
	buf_add_char(b, '\n');
}

static void
say_json(struct buf *b, const struct config *c, const struct snapshot *s,
    const struct told *t)
{
	json_close(b, ']');
	json_key_bool(b, "ok", s != NULL);
	json_key_u64(b, "errors", t->errors);
	json_key_u64(b, "warnings", t->warnings);
	if (c && s) {
		json_key_u64(b, "lists", c->list.n);
		json_key_u64(b, "entries", entries(s));
		json_key_u64(b, "policies", c->policy.n);
		json_key_u64(b, "groups", c->group.n);
		json_key_u64(b, "expectations", c->expect.n);
	}
	json_close(b, '}');
	buf_add_char(b, '\n');
}

/* Whether the candidate would decide beside it; its own warnings come when it
 * is checked itself. */
static void
check_shadow(const struct config *c, struct told *t)
{
	struct snapshot *s = shadow_load(c, tell, t);

	if (s && snapshot_unref(s))
		snapshot_free(s);
}

struct users {
	const char *path;
	struct told *told;
};

static void
tell_user(void *arg, unsigned line, const char *why)
{
	const struct users *u = arg;
	char text[300];

	snprintf(text, sizeof(text),
	    "this user cannot sign in: %s (suzgi user passwd)", why);
	if (line) /* that it cannot be read is an error already */
		tell(u->told, &(struct config_report){
		                  .file = u->path, .line = line, .text = text});
}

/* Which users of files could never sign in. */
static void
check_users(const struct config *c, struct told *t)
{
	for (unsigned i = 0; i < c->auth.n; i++) {
		struct users u = {c->auth.v[i].htpasswd.p, t};

		if (c->auth.v[i].htpasswd.n)
			htpasswd_look(u.path, tell_user, &u);
	}
}

static int
check(const struct cli_common *common, struct buf *b)
{
	struct told t = {.json = common->json ? b : NULL};
	struct config_paths at = common->at;
	struct config *c;
	struct snapshot *s = NULL;
	int rc;

	if (common->json) {
		json_open(b, '{');
		json_key(b, "reports");
		json_open(b, '[');
	}
	c = config_load(&at, tell, &t);
	/* A look is no reason to make the state folder: made by root here, it
	 * would be root's, and the service's user could not write to it. */
	if (c && access(c->state_dir.p, W_OK | X_OK) < 0)
		at.no_write = true;
	if (c)
		s = config_snapshot(c, &at, 1, tell, &t);
	if (s) {
		patterns_warn(s, tell, &t);
		check_users(c, &t);
		check_shadow(c, &t);
	}
	if (common->json)
		say_json(b, c, s, &t);
	else if (s)
		say_ok(b, c, s, &t);
	else
		fprintf(stderr, "%u %s\n", t.errors,
		    plural(t.errors, "error", "errors"));
	rc = s ? CLI_OK : CLI_CONFIG;
	if (s && snapshot_unref(s))
		snapshot_free(s);
	config_free(c);
	return rc;
}

int
cmd_check(int argc, char **argv)
{
	struct cli_common common = {0};
	const struct cli_option options[] = {
	    {.name = "no-write",
	        .help = "compile the lists in memory alone",
	        .flag = &common.at.no_write},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "check [OPTION]... [FILE]",
	    .about = "Check the configuration, all of it, and compile its "
	             "lists.\nExit status 78 where there is an error.",
	    .options = options,
	    .common = &common};
	struct buf b = BUF_EMPTY;
	int rc = cli_parse(&a, argc, argv), out;

	if (rc >= 0)
		return rc;
	if (a.argc > 1 || (a.argc == 1 && common.at.file))
		return cli_usage("check", "one file is checked at a time");
	if (a.argc == 1)
		common.at.file = a.argv[0];
	rc = check(&common, &b);
	out = cli_out(&b);
	buf_fini(&b);
	return rc ? rc : out;
}
