/* cmd_update.c - suzgi lists update: fetch lists, prove and use them. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "base/sys/progress.h"
#include "cli/lists.h"
#include "cli/update_try.h"
#include "cli/who.h"
#include "config/config.h"
#include "config/updating.h"
#include "feeds/place.h"
#include "feeds/update.h"
#include "filters/snapshot.h"
#include "proxy/supervisor.h"

#define ALARM_FAILURES 3
#define RELOAD_MS      600000 /* the largest lists are read in seconds */

struct row {
	struct config_list *list;
	struct feed feed;
	struct feed_result result;
	bool taken_back; /* it did not do with the other lists */
};

struct updating {
	const struct cli_common *common;
	struct config *config;
	bool accept, force;
	bool scheduled;   /* what is due alone; the daemon has started us */
	bool first;       /* what was never fetched alone; the same */
	struct row *rows; /* owned */
	unsigned n;
	struct progress progress;
	const char *now;   /* the list being fetched */
	struct buf out;    /* owned */
	char who[WHO_MAX]; /* gives this command */
};

/* ------------------------------------------------------------- which, who */

static bool
is_wanted(const struct updating *u, const struct config_list *l)
{
	char folder[PATH_MAX];
	struct feed_state s;

	if (l->update.url.n == 0 || (u->first && !l->unfetched))
		return false;
	if (!u->scheduled)
		return true;
	if (!place_folder(folder, u->config->state_dir, l->name))
		return false;
	feed_state_load(folder, &s);
	return feed_state_due(&s, &l->update, clock_wall_ms() / 1000) <=
	       clock_wall_ms() / 1000;
}

static struct config_list *
list_called(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->list.n; i++)
		if (str_eq(c->list.v[i].name, str_of(name)))
			return &c->list.v[i];
	return NULL;
}

static void
add_row(struct updating *u, struct config_list *l)
{
	u->rows[u->n++] =
	    (struct row){.list = l, .feed = updating_feed(u->config, l)};
}

/* -1 to go on, else the exit status. */
static int
choose(struct updating *u, int argc, char **argv)
{
	struct config *c = u->config;

	u->rows = calloc(c->list.n + (unsigned)argc + 1, sizeof(*u->rows));
	if (!u->rows)
		return cli_fail(CLI_FAILED, "out of memory");
	for (int i = 0; i < argc; i++) {
		struct config_list *l = list_called(c, argv[i]);

		if (!l)
			return cli_fail(
			    CLI_USAGE, "there is no [list %s]", argv[i]);
		if (l->update.url.n == 0)
			return cli_fail(CLI_USAGE,
			    "[list %s] has no update, so there is nothing to "
			    "fetch",
			    argv[i]);
		add_row(u, l);
	}
	for (unsigned i = 0; argc == 0 && i < c->list.n; i++)
		if (is_wanted(u, &c->list.v[i]))
			add_row(u, &c->list.v[i]);
	if (u->n || u->scheduled || u->first)
		return -1;
	return cli_fail(CLI_OK, "no list has an update: nothing to fetch");
}

/* As root: what we make belongs to whom the state folder belongs to, or will,
 * for the service has to go on with it. */
static int
become_owner(const struct config *c)
{
	const struct passwd *pw;
	struct err err;
	struct stat st;
	bool made;

	if (geteuid() != 0)
		return -1;
	made = stat(c->state_dir.p, &st) < 0;
	if (made && file_mkdirs(c->state_dir.p, &err) < 0)
		return cli_fail(CLI_FAILED, "%s", err.text);
	pw = made && c->user.n ? getpwnam(c->user.p) : NULL;
	if (pw && chown(c->state_dir.p, pw->pw_uid, pw->pw_gid) < 0)
		return cli_fail(CLI_FAILED, "cannot give %s to user %s: %s",
		    c->state_dir.p, c->user.p, strerror(errno));
	if (stat(c->state_dir.p, &st) < 0 || st.st_uid == 0)
		return -1;
	pw = getpwuid(st.st_uid);
	if (!pw || initgroups(pw->pw_name, pw->pw_gid) < 0 ||
	    setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
		return cli_fail(CLI_FAILED, "cannot become the owner of %s: %s",
		    c->state_dir.p, strerror(errno));
	return -1;
}

/* ------------------------------------------------------------------- fetch */

static void
on_fetch(void *arg, uint64_t at, uint64_t of)
{
	struct updating *u = arg;

	progress_at(&u->progress, at, of, u->now);
}

static void
on_compile(void *arg, uint64_t done, uint64_t total, struct str list)
{
	struct updating *u = arg;
	char name[128];

	str_copy(list, name, sizeof(name));
	progress_at(&u->progress, done, total, name);
}

/* What is accepted is accepted of the lists that were named. */
static bool
is_named(void *arg, struct str list)
{
	const struct updating *u = arg;

	for (unsigned i = 0; i < u->n; i++)
		if (str_eq(u->rows[i].list->name, list))
			return true;
	return false;
}

/* Who watches lists being compiled. */
static struct config_watch
watch_of(struct updating *u, bool accept)
{
	who_runs(u->who, sizeof(u->who));
	return (struct config_watch){
	    .accept = accept,
	    .accepts = is_named,
	    .who = u->who,
	    .arg = u,
	    .progress = on_compile,
	};
}

static int
on_try(void *arg, const struct feed *f, const char *path, bool accept,
    uint64_t *entries, struct err *why)
{
	struct updating *u = arg;
	struct config_watch watch = watch_of(u, accept);
	struct update_try t = {path, accept, entries, &watch};
	int rc;

	progress_end(&u->progress);
	progress_begin(&u->progress, "compiling");
	rc = update_try(u->config, &u->common->at, f->name, &t, why);
	progress_end(&u->progress);
	return rc;
}

static void
fetch_all(struct updating *u)
{
	struct feed_ops ops = {on_try, on_fetch, u};
	unsigned how = (u->accept ? FEED_ACCEPT : FEED_PLAIN) |
	               (u->force ? FEED_FORCE : FEED_PLAIN);
	char name[128];

	for (unsigned i = 0; i < u->n; i++) {
		struct row *r = &u->rows[i];

		progress_begin(&u->progress, "fetching");
		ops.progress = u->progress.on ? on_fetch : NULL;
		str_copy(r->feed.name, name, sizeof(name));
		u->now = name;
		feed_update(&r->feed, how, &ops, &r->result);
		if (r->result.outcome == FEED_UPDATED)
			updating_find_one(u->config, r->list);
		progress_end(&u->progress);
	}
}

/* -------------------------------------------------------------------- say */

static void
say_version(struct buf *b, const struct feed_version *v)
{
	buf_addf(
	    b, "%s, %llu entries", v->name + 2, (unsigned long long)v->entries);
}

static void
say_text(struct buf *b, const struct row *r)
{
	const struct feed_result *x = &r->result;

	buf_addf(b, "%.*s: %s", STR_ARG(r->feed.name),
	    feed_outcome_name(x->outcome));
	switch (x->outcome) {
	case FEED_UPDATED:
	case FEED_UNCHANGED:
		buf_add_str(b, STR(": version "));
		say_version(b, &x->state.current);
		break;
	case FEED_HELD:
		buf_add_str(b, STR(": version "));
		say_version(b, &x->state.held);
		buf_add_str(b, STR(": "));
		text_add_escaped(b, str_of(x->why.text));
		buf_addf(b,
		    "; if that is meant: suzgi lists update --accept "
		    "%.*s",
		    STR_ARG(r->feed.name));
		break;
	case FEED_FAILED:
	case FEED_BUSY:
		buf_add_str(b, STR(": "));
		text_add_escaped(b, str_of(x->why.text));
		break;
	}
	if (x->outcome != FEED_UPDATED && x->outcome != FEED_UNCHANGED)
		buf_addf(b, "; %s",
		    x->state.current.name[0] ? "the former version stays"
		                             : "there is no version of it yet");
	if (x->links && x->outcome == FEED_UPDATED)
		buf_addf(b, "; %llu links were left out",
		    (unsigned long long)x->links);
}

static void
json_version(struct buf *b, const char *key, const struct feed_version *v)
{
	if (!v->name[0])
		return;
	json_key(b, key);
	json_open(b, '{');
	json_key_z(b, "name", v->name);
	json_key_z(b, "sha256", v->sha256);
	json_key_u64(b, "entries", v->entries);
	json_key_u64(b, "bytes", v->bytes);
	json_close(b, '}');
}

static void
say_json(struct buf *b, const struct row *r)
{
	const struct feed_result *x = &r->result;

	json_open(b, '{');
	json_key_str(b, "list", r->feed.name);
	json_key_z(b, "outcome", feed_outcome_name(x->outcome));
	if (x->why.code)
		json_key_z(b, "why", x->why.text);
	json_version(b, "current", &x->state.current);
	json_version(b, "held", &x->state.held);
	json_key_u64(b, "failures", x->state.failures);
	json_close(b, '}');
}

static bool
is_well(const struct row *r)
{
	return r->result.outcome == FEED_UPDATED ||
	       r->result.outcome == FEED_UNCHANGED;
}

static void
say_log(const struct row *r)
{
	struct buf b = BUF_EMPTY;
	enum log_level level = LOG_INFO_;

	if (!is_well(r))
		level = r->result.state.failures >= ALARM_FAILURES ? LOG_ERR_
		                                                   : LOG_WARN_;
	say_text(&b, r);
	if (r->result.outcome == FEED_UNCHANGED)
		log_debug("list %.*s", STR_ARG(buf_str(&b)));
	else
		log_line(level, "list %.*s", STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

static int
say_all(struct updating *u)
{
	int rc = CLI_OK;

	if (u->common->json)
		json_open(&u->out, '[');
	for (unsigned i = 0; i < u->n; i++) {
		const struct row *r = &u->rows[i];

		if (!is_well(r))
			rc = CLI_FAILED;
		if (u->scheduled || u->first) {
			say_log(r);
		} else if (u->common->json) {
			say_json(&u->out, r);
		} else {
			say_text(&u->out, r);
			buf_add_char(&u->out, '\n');
		}
	}
	if (u->common->json) {
		json_close(&u->out, ']');
		buf_add_char(&u->out, '\n');
	}
	return rc;
}

/* ------------------------------------------------------------- put to use */

/*
 * What was fetched does not do with all the rest, because of <why>: held, if
 * all is well with the former versions. If not it is no fault of these (a full
 * disk, another list's file): they stay, and are tried again.
 */
static void
give_way(struct updating *u, const char *why)
{
	struct config_watch watch = watch_of(u, false);
	struct err again;

	for (unsigned i = 0; i < u->n; i++) {
		struct row *r = &u->rows[i];

		r->taken_back = r->result.state.pending;
		if (!r->taken_back)
			continue;
		feed_take_back(&r->feed, why, &r->result);
		updating_find_one(u->config, r->list);
	}
	if (update_build(u->config, &u->common->at, &watch, &again) == 0)
		return;
	for (unsigned i = 0; i < u->n; i++)
		if (u->rows[i].taken_back)
			feed_put_off(&u->rows[i].feed, why, &u->rows[i].result);
}

/* Of now, or of an update that was cut off. */
static bool
any_pending(const struct updating *u)
{
	for (unsigned i = 0; i < u->n; i++)
		if (u->rows[i].result.state.pending)
			return true;
	return false;
}

static void
settle(struct updating *u)
{
	for (unsigned i = 0; i < u->n; i++)
		if (u->rows[i].result.state.pending)
			feed_settle(&u->rows[i].feed, &u->rows[i].result);
}

/* The running filter, if there is one, reads what was compiled. */
static int
reload(const struct updating *u)
{
	struct buf answer = BUF_EMPTY;
	struct err err;
	int rc = CLI_OK;

	if (access(u->config->control.p, F_OK) < 0)
		return rc;
	if (supervisor_ask(u->config->control.p, "reload", RELOAD_MS, &answer,
	        &err) == 0 &&
	    !str_starts(buf_str(&answer), STR("{\"ok\":true")))
		rc = cli_fail(CLI_FAILED,
		    "the running filter did not take the lists: see suzgi "
		    "reload");
	buf_fini(&answer);
	return rc;
}

static int
put_to_use(struct updating *u)
{
	struct config_watch watch = watch_of(u, u->accept);
	struct err why;
	int rc;

	progress_begin(&u->progress, "compiling");
	rc = update_build(u->config, &u->common->at, &watch, &why);
	progress_end(&u->progress);
	if (rc == 0) {
		rc = reload(u);
		if (rc == CLI_OK)
			settle(u);
		return rc;
	}
	give_way(u, why.text);
	return CLI_FAILED;
}

/* ----------------------------------------------------------------- command */

static int
update(struct updating *u, int argc, char **argv)
{
	int rc = choose(u, argc, argv), use = CLI_OK, said;

	if (rc < 0)
		rc = become_owner(u->config);
	if (rc >= 0)
		return rc;
	umask(027);
	fetch_all(u);
	/* at its start the service compiles them itself */
	if (u->first)
		settle(u);
	else if (any_pending(u))
		use = put_to_use(u);
	said = say_all(u);
	rc = cli_out(&u->out);
	return use ? use : said ? said : rc;
}

static void
only_errors(void *arg, const struct config_report *r)
{
	if (r->error)
		config_report_stderr(arg, r);
}

/* The daemon's end is ours. */
static void
be_child(void)
{
	log_init("suzgi: update", LOG_INFO_);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

int
cmd_update(int argc, char **argv)
{
	struct cli_common common = {0};
	struct updating u = {.common = &common};
	const struct cli_option options[] = {
	    {.name = "accept",
	        .help = "put the held version of LIST in force",
	        .flag = &u.accept},
	    {.name = "force",
	        .help = "fetch anew, even what has not changed",
	        .flag = &u.force},
	    {.name = "scheduled",
	        .help = "only what is due (the service does that itself)",
	        .flag = &u.scheduled},
	    {.name = "first",
	        .help = "only what was never fetched (the same)",
	        .flag = &u.first},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "lists update [LIST]... [OPTION]...",
	    .about = "Fetch the lists that have an update, or those named, "
	             "prove them, compile them\nand let the running filter "
	             "take them over. What fails, is no list, or changed\n"
	             "too much leaves the former version in force; exit "
	             "status 1.",
	    .options = options,
	    .common = &common};
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (u.accept && a.argc == 0)
		return cli_usage(
		    "lists update", "--accept needs the name of the list");
	signal(SIGPIPE, SIG_IGN);
	if (u.scheduled || u.first)
		be_child();
	u.config = config_load(&common.at, only_errors, NULL);
	rc = u.config ? update(&u, a.argc, a.argv) : CLI_CONFIG;
	config_free(u.config);
	free(u.rows);
	buf_fini(&u.out);
	return rc;
}
