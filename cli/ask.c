/* ask.c - a question to the running filter, for commands that ask one. */
#include "cli/ask.h"

#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/cli.h"
#include "config/config.h"
#include "proxy/supervisor.h"
#include "review/jsonflat.h"

#define STATUS_MS 10000 /* a main thread that is so late is stuck */

/*
 * Nobody answered at <control>; <err> says how. A configuration that has
 * errors may be why: where it does not say where the socket is, we asked at
 * the wrong place.
 */
static int
unanswered(
    const struct cli_common *common, const char *control, const struct err *err)
{
	struct config *c = config_load(&common->at, config_report_stderr, NULL);
	bool sound = c != NULL, barred;

	config_free(c);
	barred = access(control, W_OK) < 0 && errno == EACCES;
	cli_fail(CLI_FAILED, "%s\n%s", err->text,
	    barred ? "Only root and the filter's own user and group may ask it."
	           : "Is it running? Start it with: suzgi run");
	return sound ? CLI_FAILED : CLI_CONFIG;
}

int
ask(const struct cli_common *common, const char *request, struct buf *raw,
    struct jsonflat *flat)
{
	bool waits = strcmp(request, "status") != 0;
	struct config *c = config_load_anyhow(&common->at);
	struct str error;
	struct err err;
	int rc = -1;

	if (!c)
		return cli_fail(CLI_FAILED, "out of memory");
	if (supervisor_ask(
	        c->control.p, request, waits ? 0 : STATUS_MS, raw, &err) < 0)
		rc = unanswered(common, c->control.p, &err);
	config_free(c);
	if (rc >= 0)
		return rc;
	if (!jsonflat_read(flat, str_trim(buf_str(raw))))
		return cli_fail(CLI_FAILED, "suzgi gave no proper answer");
	error = jsonflat_get(flat, "error");
	if (error.n)
		return cli_fail(CLI_FAILED, "%.*s", STR_ARG(error));
	return -1;
}
