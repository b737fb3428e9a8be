/* cmd_log.c - suzgi log: read the block log. */
#include <arpa/inet.h>
#include <dirent.h>
#include <limits.h>
#include <poll.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fold.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "cli/cli.h"
#include "config/config.h"
#include "review/blocklog.h"
#include "review/export.h"
#include "review/keys.h"

#define LINES_DEFAULT 20
#define LINES_MAX     1000000
#define LINE_BYTES    2048 /* more than most lines have: where a tail begins */
#define FOLLOW_MS     300  /* how often a file is looked at again */
#define OUT_BYTES     65536
#define CLIENTS_MAX   256 /* words one client may have: months of keys */

struct log_job {
	struct cli_common common;
	const char *host, *category, *action, *client, *since, *until, *text;
	const char *id, *format, *lines, *user, *theme;
	bool follow;
	struct config *config; /* owned */
	struct blocklog *log;  /* owned */
	struct blocklog_filter filter;
	struct str clients[CLIENTS_MAX], users[CLIENTS_MAX];
	struct arena arena; /* owned: the words of these */
	enum export_format how;
	struct buf out; /* owned */
};

/* ------------------------------------------------------------------ filter */

/* "2h", "30m", "7d" ago, or a time. */
static bool
moment(const char *z, int64_t *wall_ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {
	    {'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
	struct str s = str_of(z);
	uint64_t n;

	if (blocklog_time(s, wall_ms))
		return true;
	for (size_t i = 0; s.n && i < sizeof(units) / sizeof(units[0]); i++)
		if (s.p[s.n - 1] == units[i].unit &&
		    str_to_u64(str_sub(s, 0, s.n - 1), &n) && n < 100000) {
			*wall_ms = clock_wall_ms() - (int64_t)n * units[i].ms;
			return true;
		}
	return false;
}

/* An address as it stands in a record. */
static bool
address(const char *z, uint8_t out[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET6, z, out) == 1)
		return true;
	memcpy(out, mapped, sizeof(mapped));
	return inet_pton(AF_INET, z, out + 12) == 1;
}

static void
add_word(struct log_job *j, struct str *words, unsigned *n, const char *word)
{
	if (*n < CLIENTS_MAX)
		words[(*n)++] = arena_str(&j->arena, str_of(word));
}

/* <fn> for each key of a month that we may read. */
static void
each_key(struct log_job *j, const char *who,
    void (*fn)(struct log_job *j, const char *who, const uint8_t *key))
{
	uint8_t key[RECORD_KEY];
	char dir[PATH_MAX];
	const struct dirent *e;
	DIR *d = NULL;

	if (file_join(dir, sizeof(dir), j->config->state_dir.p, "keys"))
		d = opendir(dir);
	if (!d)
		return;
	while ((e = readdir(d)))
		if (strlen(e->d_name) == KEYS_MONTH - 1 &&
		    keys_read(dir, e->d_name, key, NULL) == 0)
			fn(j, who, key);
	closedir(d);
}

static void
add_client(struct log_job *j, const char *client, const uint8_t *key)
{
	char word[RECORD_PSEUDONYM_ROOM];
	uint8_t addr[16];

	if (!address(client, addr))
		return;
	record_pseudonym(key, addr, word);
	add_word(j, j->clients, &j->filter.nclients, word);
}

static void
add_user(struct log_job *j, const char *user, const uint8_t *key)
{
	char word[RECORD_PSEUDONYM_ROOM];

	record_user_pseudonym(key, str_of(user), word);
	add_word(j, j->users, &j->filter.nusers, word);
}

/* Who somebody is: as given, and the pseudonyms of these months. */
static void
add_names(struct log_job *j)
{
	char user[RECORD_USER_MAX + 1];

	j->filter.clients = j->clients;
	j->filter.users = j->users;
	if (j->client) {
		add_word(j, j->clients, &j->filter.nclients, j->client);
		each_key(j, j->client, add_client);
	}
	if (!j->user)
		return;
	add_word(j, j->users, &j->filter.nusers, j->user);
	/* as the proxy writes it */
	if (str_copy(str_of(j->user), user, sizeof(user))) {
		fold_text(user, strlen(user));
		add_word(j, j->users, &j->filter.nusers, user);
		each_key(j, user, add_user);
	}
}

/* -1 to go on. */
static int
make_filter(struct log_job *j)
{
	j->filter.host = str_of(j->host);
	j->filter.category = str_of(j->category);
	j->filter.action = str_of(j->action);
	j->filter.id = str_of(j->id);
	j->filter.text = str_of(j->text);
	j->filter.theme = str_of(j->theme);
	add_names(j);
	if (j->since && !moment(j->since, &j->filter.since_ms))
		return cli_usage("log",
		    "--since \"%s\": a time is 2026-11-22, \"2026-11-22 "
		    "19:38\" (UTC) or 2h, 30m, 7d ago",
		    j->since);
	if (j->until && !moment(j->until, &j->filter.until_ms))
		return cli_usage("log", "--until \"%s\" is no time", j->until);
	return -1;
}

/* ---------------------------------------------------------------- commands */

/* Write what has come together; CLI_OK to go on. */
static int
flush(struct log_job *j, size_t at_least)
{
	return j->out.n > at_least ? cli_out(&j->out) : CLI_OK;
}

static int
print_all(struct log_job *j)
{
	struct blocklog_event e;
	int rc = CLI_OK;

	export_head(j->how, &j->out);
	while (rc == CLI_OK && blocklog_next(j->log, &e)) {
		if (!blocklog_match(&j->filter, &e))
			continue;
		export_event(j->how, &e, &j->out);
		rc = flush(j, OUT_BYTES);
	}
	if (rc == CLI_OK)
		rc = flush(j, 0);
	if (blocklog_skipped(j->log))
		fprintf(stderr, "suzgi: %llu lines are no records; left out\n",
		    (unsigned long long)blocklog_skipped(j->log));
	if (blocklog_compressed(j->log))
		fprintf(stderr,
		    "suzgi: %u compressed files in %s were not read\n",
		    blocklog_compressed(j->log), j->config->log_dir.p);
	return rc;
}

/* The last <n> lines, each already as it is printed. */
struct last {
	struct buf *line; /* owned: a ring of n */
	size_t n, next, have;
};

static void
last_put(struct log_job *j, struct last *l, const struct blocklog_event *e)
{
	struct buf *b;

	if (l->n == 0) /* -n 0 -f: only what is new */
		return;
	b = &l->line[l->next];
	buf_reset(b);
	export_event(j->how, e, b);
	l->next = (l->next + 1) % l->n;
	l->have += l->have < l->n;
}

static int
last_print(struct log_job *j, struct last *l)
{
	int rc = CLI_OK;

	for (size_t i = 0; i < l->have && rc == CLI_OK; i++) {
		const struct buf *b =
		    &l->line[(l->next + l->n - l->have + i) % l->n];

		buf_add_str(&j->out, buf_str(b));
		rc = flush(j, OUT_BYTES);
	}
	return rc == CLI_OK ? flush(j, 0) : rc;
}

static int
follow(struct log_job *j)
{
	struct blocklog_event e;
	int rc = CLI_OK;

	while (rc == CLI_OK) {
		while (blocklog_next(j->log, &e))
			if (blocklog_match(&j->filter, &e))
				export_event(j->how, &e, &j->out);
		rc = flush(j, 0);
		/* an old file is read to its end before the new one */
		if (rc == CLI_OK && !blocklog_follow(j->log))
			poll(NULL, 0, FOLLOW_MS);
	}
	return rc;
}

static int
print_last(struct log_job *j, size_t n)
{
	struct last l = {.n = n};
	struct blocklog_event e;
	bool all = j->client || j->host || j->category || j->action ||
	           j->since || j->until || j->text || j->id;
	int rc;

	l.line = calloc(n + 1, sizeof(*l.line));
	if (!l.line)
		return cli_fail(CLI_FAILED, "out of memory");
	export_head(j->how, &j->out);
	if (!all)
		blocklog_tail(j->log, (uint64_t)n * LINE_BYTES);
	while (blocklog_next(j->log, &e))
		if (blocklog_match(&j->filter, &e))
			last_put(j, &l, &e);
	rc = last_print(j, &l);
	for (size_t i = 0; i < n; i++)
		buf_fini(&l.line[i]);
	free(l.line);
	return rc == CLI_OK && j->follow ? follow(j) : rc;
}

static int
run(struct log_job *j, const char *command)
{
	bool tail = strcmp(command, "tail") == 0;
	uint64_t n = LINES_DEFAULT;

	if (!tail && strcmp(command, "search") != 0 &&
	    strcmp(command, "export") != 0)
		return cli_usage(
		    "log", "\"%s\": it is tail, search or export", command);
	if (j->lines && (!str_to_u64(str_of(j->lines), &n) || n > LINES_MAX))
		return cli_usage(
		    "log", "-n \"%s\" is no number of lines", j->lines);
	if ((j->follow || j->lines) && !tail)
		return cli_usage("log", "-f and -n are for tail");
	if (!tail && strcmp(command, "export") == 0)
		j->how = EXPORT_JSONL;
	if (j->common.json)
		j->how = EXPORT_JSONL;
	if (j->format && !export_format_from(str_of(j->format), &j->how))
		return cli_usage("log",
		    "--format \"%s\": it is text, jsonl, csv or squid",
		    j->format);
	return tail ? print_last(j, (size_t)n) : print_all(j);
}

static int
open_log(struct log_job *j)
{
	struct err err;
	int rc;

	j->config = config_load_anyhow(&j->common.at);
	if (!j->config)
		return cli_fail(CLI_FAILED, "out of memory");
	rc = make_filter(j);
	if (rc >= 0)
		return rc;
	j->log = blocklog_open(j->config->log_dir.p, &err);
	if (j->log)
		return -1;
	/* it may be elsewhere, where the configuration could not be read */
	config_free(config_load(&j->common.at, config_report_stderr, NULL));
	return cli_fail(CLI_FAILED, "%s", err.text);
}

static struct log_job job;

static const struct cli_option options[] = {
    {.name = "host",
        .arg = "HOST",
        .value = &job.host,
        .help = "of this host, and what is below it"},
    {.name = "category",
        .arg = "WORD",
        .value = &job.category,
        .help = "of this category"},
    {.name = "action",
        .arg = "WORD",
        .value = &job.action,
        .help = "block, warn, bypass, monitor, refuse, error, "
                "shadow, lost"},
    {.name = "client",
        .arg = "WHO",
        .value = &job.client,
        .help = "of this address or pseudonym"},
    {.name = "user",
        .arg = "WHO",
        .value = &job.user,
        .help = "of this user or pseudonym"},
    {.name = "theme",
        .arg = "WORD",
        .value = &job.theme,
        .help = "searches that touch this theme"},
    {.name = "since",
        .arg = "TIME",
        .value = &job.since,
        .help = "2026-11-22, \"2026-11-22 19:38\" (UTC), or 2h ago"},
    {.name = "until",
        .arg = "TIME",
        .value = &job.until,
        .help = "before that time"},
    {.name = "text",
        .arg = "TEXT",
        .value = &job.text,
        .help = "with this anywhere in the record"},
    {.name = "id",
        .arg = "ID",
        .value = &job.id,
        .help = "the record that a block page names"},
    {.name = "format",
        .arg = "FORMAT",
        .value = &job.format,
        .help = "text, jsonl, csv, squid"},
    {.letter = 'n',
        .name = "lines",
        .arg = "N",
        .value = &job.lines,
        .help = "tail: how many (20)"},
    {.letter = 'f',
        .name = "follow",
        .flag = &job.follow,
        .help = "tail: go on as they come"},
    {.name = NULL},
};

int
cmd_log(int argc, char **argv)
{
	struct cli_args a = {.usage = "log tail|search|export [OPTION]...",
	    .about = "Read the block log: its last records, those that match, "
	             "or all of them in\nanother format (export gives jsonl "
	             "where --format says nothing).",
	    .options = options,
	    .common = &job.common};
	int rc;

	memset(&job, 0, sizeof(job));
	rc = cli_parse(&a, argc, argv);
	if (rc >= 0)
		return rc;
	if (a.argc != 1)
		return cli_usage("log", "say tail, search or export");
	rc = open_log(&job);
	if (rc < 0)
		rc = run(&job, a.argv[0]);
	blocklog_close(job.log);
	config_free(job.config);
	arena_fini(&job.arena);
	buf_fini(&job.out);
	return rc;
}
