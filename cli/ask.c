/* ask.c - a question to the running filter, for commands that ask one. */
#include "cli/ask.h"

#include "base/buf.h"
#include "base/err.h"
#include "cli/cli.h"
#include "config/config.h"
#include "proxy/supervisor.h"
#include "review/jsonflat.h"

#define STATUS_MS 10000 /* a main thread that is so late is stuck */

static void
say_nothing(void *arg, const struct config_report *r)
{
	(void)arg;
	(void)r;
}

/*
 * Where the socket is. A configuration that has errors, which may be why one
 * asks, does not tell; then by the options and defaults alone.
 */
static struct config *
any_config(const struct cli_common *common, bool *guessed)
{
	struct config_paths at = common->at;
	struct config *c = config_load(&at, say_nothing, NULL);

	*guessed = !c;
	if (c)
		return c;
	at.file = "/dev/null";
	return config_load(&at, say_nothing, NULL);
}

/* Nobody answered where we asked; <err> says how. */
static int
unanswered(const struct cli_common *common, bool guessed, const struct err *err)
{
	struct config *c = NULL;

	if (guessed)
		c = config_load(&common->at, config_report_stderr, NULL);
	config_free(c);
	cli_fail(CLI_FAILED, "%s\nIs it running? Start it with: suzgi run",
	    err->text);
	return guessed ? CLI_CONFIG : CLI_FAILED;
}

int
ask(const struct cli_common *common, const char *request, struct buf *raw,
    struct jsonflat *flat)
{
	bool waits = strcmp(request, "status") != 0, guessed;
	struct config *c = any_config(common, &guessed);
	struct str error;
	struct err err;
	int rc;

	if (!c) {
		/* by an option, then: say what is wrong with it */
		config_free(
		    config_load(&common->at, config_report_stderr, NULL));
		return CLI_CONFIG;
	}
	rc = supervisor_ask(
	    c->control.p, request, waits ? 0 : STATUS_MS, raw, &err);
	config_free(c);
	if (rc < 0)
		return unanswered(common, guessed, &err);
	if (!jsonflat_read(flat, str_trim(buf_str(raw))))
		return cli_fail(CLI_FAILED, "suzgi gave no proper answer");
	error = jsonflat_get(flat, "error");
	if (error.n)
		return cli_fail(CLI_FAILED, "%.*s", STR_ARG(error));
	return -1;
}
