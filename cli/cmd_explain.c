/* cmd_explain.c - suzgi explain: would this be blocked, and why? */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "cli/cli.h"
#include "cli/explain_id.h"
#include "cli/trial.h"
#include "filters/explain.h"
#include "filters/scenario.h"

/* What was asked for on the command line. */
struct asked {
	const char *group, *id;
	bool trace, json;
	struct scenario_word words[SCENARIO_WORDS_MAX];
	unsigned nwords;
};

struct explain_job {
	const struct snapshot *snapshot;
	struct asked asked;
	int64_t now;
	struct buf out;
	unsigned blocked, failed;
};

static void
say_bad(struct explain_job *j, struct str url, const char *why)
{
	j->failed++;
	if (j->asked.json) {
		json_open(&j->out, '{');
		json_key_str(&j->out, "url", url);
		json_key_z(&j->out, "error", why);
		json_close(&j->out, '}');
		buf_add_char(&j->out, '\n');
		return;
	}
	buf_add_str(&j->out, STR("refused   "));
	text_add_escaped(&j->out, url);
	buf_addf(&j->out, "\nreason    %s\n", why);
}

/* -1 to go on with the next, else the exit status. */
static int
say_why(struct explain_job *j, struct str url, const struct err *err, bool line)
{
	/* what the options say is wrong for every address */
	if (err->code != ERR_REFUSED && !line)
		return cli_usage("explain", "%s", err->text);
	say_bad(j, url, err->text);
	return -1;
}

/* <line>: words of its own are behind those of the command line. */
static int
explain_one(struct explain_job *j, struct str url, bool line)
{
	static const enum explain_form forms[2][2] = {
	    {EXPLAIN_TEXT, EXPLAIN_TRACE}, {EXPLAIN_JSON, EXPLAIN_JSON_TRACE}};
	const struct asked *k = &j->asked;
	const struct scenario_ask ask = {.group = str_of(k->group),
	    .address = url,
	    .words = k->words,
	    .nwords = k->nwords,
	    .now = j->now};
	struct scenario c;
	struct arena arena;
	struct err err;
	uint32_t column;
	int rc = -1;

	arena_init(&arena, 0);
	if (scenario_make(&arena, j->snapshot, &ask, &c, &column, &err) < 0) {
		rc = say_why(j, url, &err, line);
	} else {
		struct verdict v = explain_with(j->snapshot, &c.request,
		    &c.facts, forms[k->json][k->trace], &j->out);

		if (v.kind == VERDICT_DENY)
			j->blocked++;
		if (j->out.n && j->out.p[j->out.n - 1] != '\n')
			buf_add_char(&j->out, '\n');
	}
	arena_fini(&arena);
	return rc >= 0 ? rc : cli_out(&j->out);
}

static void
add_word(struct asked *k, const char *key, struct str value)
{
	if (k->nwords < SCENARIO_WORDS_MAX)
		k->words[k->nwords++] =
		    (struct scenario_word){.key = str_of(key), .value = value};
}

/* "URL", "METHOD<TAB>CLIENT<TAB>URL", or that, a tab and more words. */
static int
explain_line(struct explain_job *j, struct str line)
{
	struct asked *k = &j->asked;
	unsigned before = k->nwords;
	struct str method, client, url, more;
	struct err err;
	uint32_t column;
	int rc;

	if (!str_cut(line, '\t', &method, &url))
		return explain_one(j, line, true);
	if (!str_cut(url, '\t', &client, &url)) {
		say_bad(j, method,
		    "expected URL, or METHOD, client's address and URL with "
		    "tabs between");
		return cli_out(&j->out);
	}
	str_cut(url, '\t', &url, &more);
	add_word(k, "method", method);
	add_word(k, "client", client);
	if (scenario_words(more, k->words, &k->nwords, &column, &err) < 0) {
		say_bad(j, url, err.text);
		rc = cli_out(&j->out);
	} else {
		rc = explain_one(j, url, true);
	}
	k->nwords = before;
	return rc;
}

static int
explain_stdin(struct explain_job *j)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = CLI_OK;

	while (rc == CLI_OK && (n = getline(&line, &room, stdin)) > 0) {
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		if (n)
			rc = explain_line(j, str_make(line, (size_t)n));
	}
	free(line);
	return rc;
}

static int
explain_all(struct explain_job *j, const struct cli_args *a)
{
	int rc = CLI_OK;

	if (a->argc == 0)
		rc = explain_one(j, STR_NONE, false);
	for (int i = 0; i < a->argc && rc == CLI_OK; i++)
		rc = strcmp(a->argv[i], "-") == 0
		         ? explain_stdin(j)
		         : explain_one(j, str_of(a->argv[i]), false);
	if (rc != CLI_OK)
		return rc;
	if (j->failed)
		return CLI_FAILED;
	return j->blocked ? CLI_BLOCKED : CLI_OK;
}

static int
explain_with_config(struct explain_job *j, const struct cli_args *a)
{
	struct trial t;
	int rc = trial_open(&t, &a->common->at);

	if (rc >= 0)
		return rc;
	trial_overrides(&t, j->now);
	j->snapshot = t.snapshot;
	rc = j->asked.id ? explain_id(&t, j->asked.id, j->asked.json, &j->out)
	                 : explain_all(j, a);
	buf_fini(&j->out);
	trial_close(&t);
	return rc;
}

/* Each option that is a word of filters/scenario.h. */
#define WORD_OPTIONS 15

struct word_option {
	const char *help, *arg, *key;
};
static const struct word_option word_options[WORD_OPTIONS] = {
    {"who asks (127.0.0.1)", "IP", "client"},
    {"the user who asks", "NAME", "user"},
    {"he is in this group of the directory (may be repeated)", "NAME",
        "member"},
    {"the hardware address of who asks", "MAC", "mac"},
    {"which [listen NAME] he came by", "NAME", "listener"},
    {"GET, POST, ...", "METHOD", "method"},
    {"when, 2026-11-22T08:30 (local time; with a Z: UTC)", "TIME", "at"},
    {"through a tunnel to there", "HOST:PORT", "connect"},
    {"the name in the TLS greeting", "NAME", "sni"},
    {"the answer's Content-Type", "TYPE", "type"},
    {"the answer's size, 500 or 10MiB", "SIZE", "size"},
    {"searched for at a search engine", "TEXT", "search"},
    {"the User-Agent", "TEXT", "ua"},
    {"the page that linked there", "URL", "referer"},
    {"a field of the request (may be repeated)", "NAME=VALUE", "header"},
};

static const char *
option_name(const struct word_option *o)
{
	return strcmp(o->key, "at") == 0 ? "time" : o->key;
}

/* Those that may be repeated: cli_parse() keeps the last alone. */
static void
take_repeated(struct asked *k, const char *key, int argc, char **argv)
{
	char option[32];
	size_t n = (size_t)snprintf(option, sizeof(option), "--%s", key);

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], option, n) != 0)
			continue;
		if (argv[i][n] == '=')
			add_word(k, key, str_of(argv[i] + n + 1));
		else if (argv[i][n] == '\0' && i + 1 < argc)
			add_word(k, key, str_of(argv[++i]));
	}
}

/* -1 to go on, else the exit status. */
static int
read_options(struct asked *k, struct cli_args *a, int argc, char **argv)
{
	const char *value[WORD_OPTIONS] = {NULL};
	struct cli_option options[WORD_OPTIONS + 4] = {
	    {"id", 0,
	        "the reference of a block page: what was decided, and why",
	        "REFERENCE", NULL, &k->id},
	    {"group", 'g', "somebody in this group asks", "GROUP", NULL,
	        &k->group},
	    {"trace", 't', "each rule that was read", NULL, &k->trace, NULL},
	};
	int rc;

	for (unsigned i = 0; i < WORD_OPTIONS; i++) {
		const struct word_option *o = &word_options[i];

		options[i + 3] = (struct cli_option){.name = option_name(o),
		    .letter = strcmp(o->key, "method") == 0 ? 'm' : 0,
		    .help = o->help,
		    .arg = o->arg,
		    .value = &value[i]};
	}
	take_repeated(k, "member", argc, argv);
	take_repeated(k, "header", argc, argv);
	a->options = options;
	rc = cli_parse(a, argc, argv);
	a->options = NULL;
	for (unsigned i = 0; i < WORD_OPTIONS; i++) {
		const char *key = word_options[i].key;

		if (value[i] && strcmp(key, "member") != 0 &&
		    strcmp(key, "header") != 0)
			add_word(k, key, str_of(value[i]));
	}
	return rc;
}

static bool
has_word(const struct asked *k, const char *key)
{
	for (unsigned i = 0; i < k->nwords; i++)
		if (str_eq(k->words[i].key, str_of(key)))
			return true;
	return false;
}

int
cmd_explain(int argc, char **argv)
{
	struct cli_common common = {0};
	struct explain_job j = {.now = clock_wall_ms() / 1000};
	struct cli_args a = {.usage = "explain [OPTION]... ADDRESS...",
	    .about =
	        "Would these addresses be blocked, and why? The answer is that "
	        "of the filter\nitself; https addresses are judged as it sees "
	        "them, by name alone.\n\"-\" reads lines from stdin: URL, or "
	        "METHOD, client's address and URL with\ntabs between; behind "
	        "another tab words as in suzgi test. Exit status 3 where\nany "
	        "is blocked.",
	    .common = &common};
	int rc = read_options(&j.asked, &a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc == 0 && !has_word(&j.asked, "connect") && !j.asked.id)
		return cli_usage("explain", "which address?");
	j.asked.json = common.json;
	return explain_with_config(&j, &a);
}
