/* cmd_protected.c - suzgi protected: the lists that nobody can switch off. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/cli.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/protected.h"

static void
day_of(int64_t when, char *out, size_t size)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!when || !gmtime_r(&t, &tm) ||
	    strftime(out, size, "signed %Y-%m-%d", &tm) == 0)
		out[0] = '\0';
}

static void
status_text(const struct config *c, struct buf *out)
{
	char day[32];

	for (unsigned i = 0; i < c->nprotected; i++) {
		const struct config_protected *p = &c->protected[i];

		day_of(p->when, day, sizeof(day));
		buf_addf(out, "%-20.*s %8llu %s  %s\n", STR_ARG(p->name),
		    (unsigned long long)p->entries,
		    p->entries == 1 ? "entry  " : "entries", day);
	}
	if (c->protected_lost.n)
		buf_addf(out,
		    "LOST: %.*s. A filter that starts now lets nothing "
		    "through.\n",
		    STR_ARG(c->protected_lost));
}

static void
status_json(const struct config *c, struct buf *out)
{
	json_open(out, '{');
	json_key(out, "lists");
	json_open(out, '[');
	for (unsigned i = 0; i < c->nprotected; i++) {
		json_open(out, '{');
		json_key_str(out, "name", c->protected[i].name);
		json_key_u64(out, "entries", c->protected[i].entries);
		if (c->protected[i].when)
			json_key_u64(
			    out, "signed", (uint64_t)c->protected[i].when);
		json_close(out, '}');
	}
	json_close(out, ']');
	if (c->protected_lost.n)
		json_key_str(out, "lost", c->protected_lost);
	json_close(out, '}');
	buf_add_char(out, '\n');
}

/* As a filter would find them that starts now. */
static int
status(bool json)
{
	struct diag d = {.report = config_report_stderr};
	struct config *c = calloc(1, sizeof(*c));
	struct buf out = BUF_EMPTY;
	int rc;

	if (!c)
		return cli_fail(CLI_FAILED, "out of memory");
	arena_init(&c->arena, 0);
	protected_read(c, protected_folder(), &d);
	(json ? status_json : status_text)(c, &out);
	rc = cli_out(&out);
	if (rc == CLI_OK && c->protected_lost.n)
		rc = CLI_FAILED;
	buf_fini(&out);
	config_free(c);
	return rc;
}

static int
hash_lines(FILE *in, const char *name)
{
	struct buf out = BUF_EMPTY;
	unsigned number = 0, bad = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc;

	while ((n = getline(&line, &room, in)) > 0) {
		const char *why;
		struct str s = str_trim(str_make(line, (size_t)n));

		number++;
		if (s.n == 0 || s.p[0] == '#' || protected_hash(s, &out, &why))
			continue;
		bad++;
		fprintf(stderr, "%s:%u: error: %s\n", name, number, why);
	}
	free(line);
	rc = cli_out(&out);
	buf_fini(&out);
	return rc == CLI_OK && (bad || ferror(in)) ? CLI_FAILED : rc;
}

static int
hash_file(const char *path)
{
	FILE *in;
	int rc;

	if (strcmp(path, "-") == 0)
		return hash_lines(stdin, "stdin");
	in = fopen(path, "re");
	if (!in)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	rc = hash_lines(in, path);
	fclose(in);
	return rc;
}

int
cmd_protected(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {
	    {.name = "json", .help = "status: as JSON", .flag = &json},
	    {.name = NULL},
	};
	struct cli_args a = {
	    .usage = "protected status|hash [OPTION]... [FILE]",
	    .about =
	        "Lists of illegal content that nothing here can switch "
	        "off.\n"
	        "status   which are in force, and whether they are whole\n"
	        "hash     hosts, addresses and URLs of FILE (- for stdin), "
	        "hashed, for who\n"
	        "         gives such lists out",
	    .options = options};
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc == 1 && strcmp(a.argv[0], "status") == 0)
		return status(json);
	if (a.argc == 2 && strcmp(a.argv[0], "hash") == 0)
		return hash_file(a.argv[1]);
	return cli_usage("protected", "say status, or hash and a file");
}
