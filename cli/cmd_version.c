/* cmd_version.c - suzgi version: which suzgi this is. */
#include "base/buf.h"
#include "base/json.h"
#include "base/version.h"
#include "cli/cli.h"

int
cmd_version(int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {
	    {.name = "json", .help = "print JSON", .flag = &json},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "version [--json]",
	    .about = "Print the version and how it was built.",
	    .options = options};
	struct buf b = BUF_EMPTY;
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc)
		return cli_usage("version", "there is nothing to add");
	if (json) {
		json_open(&b, '{');
		json_key_z(&b, "version", SUZGI_VERSION);
		json_key_z(&b, "compiler", __VERSION__);
		json_key_z(&b, "data", SUZGI_DATADIR);
		json_key_z(&b, "config", SUZGI_SYSCONFDIR "/suzgi.conf");
		json_close(&b, '}');
		buf_add_char(&b, '\n');
	} else {
		buf_addf(&b, "suzgi %s\n", SUZGI_VERSION);
	}
	rc = cli_out(&b);
	buf_fini(&b);
	return rc;
}
