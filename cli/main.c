/* main.c - the commands of the one binary. */
#include "base/near.h"
#include "base/table.h"
#include "cli/cli.h"

static const struct {
	const char *name;
	cli_command *run;
	const char *help;
} commands[] = {
    /* clang-format off */
    {"run",     cmd_run,     "start the filter, in the foreground"},
    {"check",   cmd_check,   "check the configuration and compile its lists"},
    {"reload",  cmd_reload,  "let the running filter read its configuration again"},
    {"status",  cmd_status,  "how the running filter is doing"},
    {"explain", cmd_explain, "would this address be blocked, and why"},
    {"test",    cmd_test,    "does the policy do what these lines expect"},
    {"allow",   cmd_allow,   "open a host or address for a while"},
    {"block",   cmd_block,   "block a host or address for a while"},
    {"overrides", cmd_overrides, "the exceptions there are; end one"},
    {"user",    cmd_user,    "the file of users: add, passwd, remove, list"},
    {"simulate", cmd_simulate, "what another configuration would change"},
    {"lists",   cmd_lists,   "compile lists, see what is in them"},
    {"patterns", cmd_patterns, "what each regular expression costs"},
    {"protected", cmd_protected, "lists that nothing here can switch off"},
    {"log",     cmd_log,     "read, search and export the block log"},
    {"config",  cmd_config,  "every key there is; the values in force"},
    {"version", cmd_version, "which suzgi this is"},
    {"builder", cmd_builder, NULL}, /* "run" starts it; not for people */
    {"helper",  cmd_helper,  NULL}, /* so does the proxy, for [auth] */
    /* clang-format on */
};

static int
usage(FILE *to, int status)
{
	fprintf(to,
	    "usage: suzgi COMMAND [OPTION]... [ARGUMENT]...\n"
	    "A filter for web traffic: a proxy that blocks by list and rule, "
	    "and says why.\n\n");
	for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i].help)
			fprintf(to, "  %-10s %s\n", commands[i].name,
			    commands[i].help);
	fprintf(to, "\nsuzgi COMMAND --help says more. Try first: "
	            "suzgi run --demo\n");
	return status;
}

static int
unknown(const char *name)
{
	struct near near = near_to(str_of(name));

	for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i].help)
			near_try(&near, str_of(commands[i].name));
	if (near.best.n)
		return cli_fail(CLI_USAGE,
		    "unknown command \"%s\"; did you mean \"%.*s\"?", name,
		    STR_ARG(near.best));
	return cli_fail(
	    CLI_USAGE, "unknown command \"%s\"; suzgi help lists them", name);
}

static int
run(const char *name, int argc, char **argv)
{
	for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc, argv);
	return unknown(name);
}

int
main(int argc, char **argv)
{
	char help[] = "--help";
	char *ask[] = {NULL, help, NULL};

	if (argc < 2)
		return usage(stderr, CLI_USAGE);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return run("version", 1, argv + 1);
	if (strcmp(argv[1], "help") == 0 && argc > 2) {
		ask[0] = argv[2];
		return run(argv[2], 2, ask);
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return usage(stdout, CLI_OK);
	return run(argv[1], argc - 1, argv + 1);
}
