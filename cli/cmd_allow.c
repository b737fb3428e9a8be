/* cmd_allow.c - suzgi allow, suzgi block: an exception that ends by itself. */
#include <arpa/inet.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fold.h"
#include "base/json.h"
#include "base/near.h"
#include "base/sys/clock.h"
#include "base/sys/digest.h"
#include "cli/cli.h"
#include "cli/exception.h"
#include "cli/who.h"
#include "config/config.h"

#include "review/jsonflat.h"
#include "review/record.h"

/* The command line. */
struct wish {
	const char *command;
	const char *span, *until, *group, *client, *user, *reason;
	bool site, forever;
};

struct making {
	const struct wish *wish;
	const struct config *config;
	struct arena arena;
	struct journal_line line;
	char author[WHO_MAX], user[256];
	int64_t now;
	bool https; /* it was given as https://... with a path */
};

/* -------------------------------------------------------------------- whom */

static int
no_group(const struct making *m)
{
	struct near near = near_to(str_of(m->wish->group));

	near_try(&near, STR("default"));
	for (unsigned i = 0; i < m->config->group.n; i++)
		near_try(&near, m->config->group.v[i].name);
	if (near.best.n)
		return cli_fail(CLI_FAILED,
		    "there is no group \"%s\"; did you mean \"%.*s\"?",
		    m->wish->group, STR_ARG(near.best));
	return cli_fail(CLI_FAILED,
	    "there is no group \"%s\" in the configuration", m->wish->group);
}

static int
take_group(struct making *m)
{
	struct override *o = &m->line.o;

	o->who = OVERRIDE_GROUP;
	o->group = str_of(m->wish->group);
	if (str_eq(o->group, STR("default")))
		return -1;
	for (unsigned i = 0; i < m->config->group.n; i++)
		if (str_eq(m->config->group.v[i].name, o->group))
			return -1;
	return no_group(m);
}

static int
take_client(struct making *m)
{
	struct override *o = &m->line.o;
	struct request r = {0};
	uint8_t addr[16];

	o->who = OVERRIDE_ONE;
	if (inet_pton(AF_INET, m->wish->client, addr) == 1)
		request_set_client(&r, addr, 4);
	else if (inet_pton(AF_INET6, m->wish->client, addr) == 1)
		request_set_client(&r, addr, 16);
	else
		return cli_usage(m->wish->command,
		    "--client takes an address, not \"%s\"", m->wish->client);
	memcpy(o->client, r.client, sizeof(o->client));
	return -1;
}

static int
take_user(struct making *m)
{
	struct override *o = &m->line.o;

	o->who = OVERRIDE_ONE;
	if (!m->wish->user[0] ||
	    !str_copy(str_of(m->wish->user), m->user, sizeof(m->user)))
		return cli_usage(m->wish->command, "--user takes a name");
	/* as who signs in is known by */
	fold_text(m->user, strlen(m->user));
	o->user = str_of(m->user);
	return -1;
}

static int
take_whom(struct making *m)
{
	const struct wish *w = m->wish;

	m->line.o.who = OVERRIDE_ALL;
	if (!!w->group + !!w->client + !!w->user > 1)
		return cli_usage(w->command,
		    "--group, --client and --user: one of them at the most");
	if (w->group)
		return take_group(m);
	if (w->client)
		return take_client(m);
	return w->user ? take_user(m) : -1;
}

/* ------------------------------------------------------------- what, how long */

static int
take_time(struct making *m)
{
	const struct wish *w = m->wish;
	struct override *o = &m->line.o;
	const char *why;
	int64_t span;

	o->from = m->line.at = m->now;
	if (!!w->span + !!w->until + w->forever != 1)
		return cli_usage(w->command,
		    "how long? Give --for 45m, --until 16:30, or --forever");
	if (w->forever)
		return -1;
	if (w->span) {
		span = exception_span_of(w->span);
		if (!span)
			return cli_usage(w->command,
			    "--for takes a time such as 45m, 2h, 1d, not "
			    "\"%s\"",
			    w->span);
		o->until = m->now + span;
		return -1;
	}
	o->until = exception_time_of(w->until, m->now, &why);
	return o->until < 0
	           ? cli_usage(w->command, "--until %s: %s", w->until, why)
	           : -1;
}

static int
take_subject(struct making *m, const char *text)
{
	struct override *o = &m->line.o;
	struct err err;

	if (journal_subject(&m->arena, str_of(text), m->wish->site, o, &err) <
	    0)
		return cli_usage(m->wish->command, "%s", err.text);
	m->https =
	    o->scope == OVERRIDE_URL && str_starts(str_of(text), STR("https:"));
	return -1;
}

static int
take_texts(struct making *m)
{
	struct override *o = &m->line.o;
	uint8_t chance[10];
	struct err err;

	o->reason = str_of(m->wish->reason);
	if (o->reason.n > OVERRIDE_REASON_MAX)
		return cli_usage(m->wish->command,
		    "the reason is too long: at most %d bytes",
		    OVERRIDE_REASON_MAX);
	who_runs(m->author, sizeof(m->author));
	o->author = str_of(m->author);
	if (digest_random(chance, sizeof(chance), &err) < 0)
		return cli_fail(CLI_FAILED, "%s", err.text);
	record_id(o->id, clock_wall_ms(), chance);
	return -1;
}

/* ------------------------------------------------------------------- telling */

static void
note(const char *text)
{
	fprintf(stderr, "note: %s\n", text);
}

/* What the running filter found out about it. */
static void
say_notes(const struct making *m, const struct jsonflat *f)
{
	bool allow = m->line.o.action == ACTION_ALLOW;
	uint64_t stronger = jsonflat_u64(f, "stronger");
	struct str tier = jsonflat_get(f, "tier");

	if (str_eq(jsonflat_get(f, "in_force"), STR("false")))
		note("it is written down, but could not be put in force; "
		     "see the filter's log");
	if (str_eq(jsonflat_get(f, "group_known"), STR("false")))
		note("the running filter has no such group: suzgi reload");
	if (m->https)
		note("this holds for http alone: inside https nobody can see "
		     "which page is asked for. For all of the site name the "
		     "host alone");
	if (str_eq(jsonflat_get(f, "private"), STR("true")) && allow)
		note("it stays closed all the same: the address is one that "
		     "the filter does not connect to; see [origin] "
		     "allow-private");
	if (stronger && str_eq(tier, STR("protected")))
		note("it stays blocked all the same: no exception opens what "
		     "is on a protected list");
	else if (stronger && allow)
		note("for some it stays blocked: a stronger decision stands "
		     "above it; see suzgi explain");
	else if (stronger)
		note("it stays open all the same: places that offer help are "
		     "always reachable, and a closer exception may stand; "
		     "see suzgi explain");
	else if (jsonflat_u64(f, "groups") && !jsonflat_u64(f, "changed"))
		note(allow ? "this changes nothing now: it was allowed already"
		           : "this changes nothing now: it was blocked "
		             "already");
}

static void
say_in_text(const struct making *m, struct buf *b)
{
	const struct override *o = &m->line.o;

	exception_subject(b, o);
	buf_addf(b, " is %s for ",
	    o->action == ACTION_ALLOW ? "allowed" : "blocked");
	exception_whom(b, o);
	buf_add_char(b, ' ');
	exception_until(b, o, m->now);
	if (o->until) {
		buf_add_str(b, STR(" ("));
		exception_span(b, o->until - m->now);
		buf_add_char(b, ')');
	}
	buf_addf(b, ".\nTo end it before: suzgi overrides end %s\n", o->id);
}

static int
say(const struct making *m, const struct cli_common *common,
    const struct exception_said *said)
{
	struct buf b = BUF_EMPTY;
	int rc;

	if (!common->json) {
		say_in_text(m, &b);
		rc = cli_out(&b);
		if (said->running)
			say_notes(m, said->flat);
		else
			note("no filter runs; it will hold once one does");
		buf_fini(&b);
		return rc;
	}
	json_open(&b, '{');
	json_key_bool(&b, "ok", true);
	json_key_bool(&b, "running", said->running);
	exception_json(&b, &m->line.o);
	for (unsigned i = 0; said->running && i < said->flat->n; i++) {
		static const char *const keys[] = {
		    "groups", "changed", "stronger"};

		for (unsigned k = 0; k < 3; k++)
			if (str_eq(jsonflat_at(said->flat, i)->path,
			        str_of(keys[k])))
				json_key_u64(&b, keys[k],
				    jsonflat_u64(said->flat, keys[k]));
	}
	json_close(&b, '}');
	buf_add_char(&b, '\n');
	rc = cli_out(&b);
	buf_fini(&b);
	return rc;
}

static int
make(struct making *m, const char *text, const struct cli_common *common)
{
	struct jsonflat flat = {0};
	struct buf raw = BUF_EMPTY;
	struct exception_said said = {.flat = &flat, .raw = &raw};
	int rc = take_subject(m, text);

	if (rc < 0)
		rc = take_whom(m);
	if (rc < 0)
		rc = take_time(m);
	if (rc < 0)
		rc = take_texts(m);
	if (rc < 0)
		rc = exception_do(m->config, &m->line, &said);
	if (rc < 0)
		rc = say(m, common, &said);
	jsonflat_fini(&flat);
	buf_fini(&raw);
	return rc;
}

static int
run(const struct wish *w, enum action action, const char *text,
    const struct cli_common *common)
{
	struct config *c = config_load_anyhow(&common->at);
	struct making m = {.wish = w,
	    .config = c,
	    .line = {.act = JOURNAL_ADD, .o = {.action = action}},
	    .now = clock_wall_ms() / 1000};
	int rc;

	if (!c)
		return cli_fail(CLI_FAILED, "out of memory");
	exception_zone(c);
	arena_init(&m.arena, 0);
	rc = make(&m, text, common);
	arena_fini(&m.arena);
	config_free(c);
	return rc;
}

static int
command(enum action action, int argc, char **argv)
{
	bool allow = action == ACTION_ALLOW;
	struct cli_common common = {0};
	struct wish w = {.command = allow ? "allow" : "block"};
	const struct cli_option options[] = {
	    {.name = "for",
	        .arg = "TIME",
	        .help = "how long: 45m, 2h, 1d, 1h30m",
	        .value = &w.span},
	    {.name = "until",
	        .arg = "TIME",
	        .help = "until when: 16:30, 2026-11-23T16:30",
	        .value = &w.until},
	    {.name = "forever",
	        .help = "until somebody ends it",
	        .flag = &w.forever},
	    {.name = "group",
	        .arg = "NAME",
	        .help = "for this group (else for everybody)",
	        .value = &w.group},
	    {.name = "client",
	        .arg = "ADDRESS",
	        .help = "for this client alone",
	        .value = &w.client},
	    {.name = "user",
	        .arg = "NAME",
	        .help = "for who signs in by this name",
	        .value = &w.user},
	    {.name = "site",
	        .help = "the host and all below it",
	        .flag = &w.site},
	    {.name = "reason",
	        .arg = "TEXT",
	        .help = "why; kept with it",
	        .value = &w.reason},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = allow ? "allow [OPTION]... HOST|URL"
	                                    : "block [OPTION]... HOST|URL",
	    .about =
	        allow ? "Let a host or an address be opened for a while, "
	                "whatever the policy says.\nIt ends by itself. What is "
	                "on a protected list stays blocked."
	              : "Block a host or an address for a while, whatever the "
	                "policy says. It ends\nby itself.",
	    .options = options,
	    .common = &common};
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc != 1)
		return cli_usage(w.command, "it takes one host or address");
	return run(&w, action, a.argv[0], &common);
}

int
cmd_allow(int argc, char **argv)
{
	return command(ACTION_ALLOW, argc, argv);
}

int
cmd_block(int argc, char **argv)
{
	return command(ACTION_BLOCK, argc, argv);
}
