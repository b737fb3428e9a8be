/* cmd_config.c - suzgi config: keys, example, values in force. */
#include "base/buf.h"
#include "base/table.h"
#include "cli/cli.h"
#include "config/schema.h"

static int
dump(const struct cli_common *common, struct buf *out)
{
	struct config *c = config_load(&common->at, config_report_stderr, NULL);

	if (!c)
		return CLI_CONFIG;
	schema_dump(c, out);
	config_free(c);
	return CLI_OK;
}

int
cmd_config(int argc, char **argv)
{
	struct cli_common common = {0};
	bool markdown = false;
	const struct cli_option options[] = {
	    {.name = "markdown",
	        .help = "schema: as tables of the manual",
	        .flag = &markdown},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "config schema|example|dump [OPTION]...",
	    .about = "schema   every key: its values, default, range, meaning\n"
	             "example  a file with every key, explained\n"
	             "dump     every key with the value in force (it may hold "
	             "passwords)",
	    .options = options,
	    .common = &common};
	struct buf b = BUF_EMPTY;
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	rc = CLI_OK;
	if (a.argc != 1)
		return cli_usage("config", "say schema, example or dump");
	if (strcmp(a.argv[0], "schema") == 0)
		(common.json   ? schema_json
		    : markdown ? schema_markdown
		               : schema_text)(&b);
	else if (strcmp(a.argv[0], "example") == 0)
		schema_example(&b);
	else if (strcmp(a.argv[0], "dump") == 0)
		rc = dump(&common, &b);
	else
		rc = cli_usage("config",
		    "expected schema, example or dump, found \"%s\"",
		    a.argv[0]);
	if (rc == CLI_OK)
		rc = cli_out(&b);
	buf_fini(&b);
	return rc;
}
