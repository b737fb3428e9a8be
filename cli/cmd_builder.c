/*
 * cmd_builder.c - suzgi builder: what the running filter compiles its lists
 * with. Nobody else has a use for it; it is in no list of commands.
 */
#include "base/sys/log.h"
#include "cli/cli.h"
#include "proxy/builder.h"

int
cmd_builder(int argc, char **argv)
{
	struct cli_common common = {0};
	const struct cli_option options[] = {
	    {.name = "demo",
	        .help = "the built-in demo",
	        .flag = &common.at.demo},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "builder [OPTION]... GENERATION PARENT",
	    .about = "Compile the lists for the running filter that started "
	             "this.\nYou want: suzgi lists build",
	    .options = options,
	    .common = &common};
	uint64_t generation, parent;
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc != 2 || !str_to_u64(str_of(a.argv[0]), &generation) ||
	    !str_to_u64(str_of(a.argv[1]), &parent))
		return cli_usage("builder", "the running filter starts it");
	log_init("suzgi", LOG_INFO_);
	return builder_main(&common.at, generation, (long)parent);
}
