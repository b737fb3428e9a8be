/*
 * cli.h - the commands of the one binary, and how they read their options.
 *
 * Each command is a function in cmd_<name>.c and a row in main.c. It gets its
 * own name as argv[0] and returns the exit status. Options stand before,
 * between or behind the arguments; "--" ends them.
 *
 *	struct cli_common common = {0};
 *	bool trace = false;
 *	const struct cli_option options[] = {
 *	    {.name = "trace", .help = "each rule read", .flag = &trace},
 *	    {.name = NULL},
 *	};
 *	struct cli_args args = {.usage = "explain [OPTION]... URL...",
 *	    .about = "...", .options = options, .common = &common};
 *	int rc = cli_parse(&args, argc, argv);
 *
 *	if (rc >= 0)
 *		return rc;
 *	... args.argc, args.argv, common.at, common.json ...
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/loader.h"

struct buf;

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_BLOCKED = 3, /* explain, test: blocked, or not as expected */
	CLI_CONFIG = 78, /* the configuration is not valid (EX_CONFIG) */
};

/* One option; a table of them ends with a NULL name. */
struct cli_option {
	const char *name;   /* "trace" for --trace */
	char letter;        /* 'c' for -c; 0: none */
	const char *help;   /* one line */
	const char *arg;    /* "FILE"; NULL: it takes none */
	bool *flag;         /* set to true, if it takes none */
	const char **value; /* set to its argument otherwise (--x=V, --x V) */
};

#define CLI_SETS_MAX 64

/* What most commands take: -c FILE --state DIR --data DIR --set K=V --json. */
struct cli_common {
	struct config_paths at; /* at.set points into <sets> */
	const char *sets[CLI_SETS_MAX + 1];
	unsigned nsets;
	bool json;
};

struct cli_args {
	const char *usage;                /* without the program's name */
	const char *about;                /* a sentence or more */
	const struct cli_option *options; /* its own; NULL: none */
	struct cli_common *common;        /* NULL: it takes none of these */
	int argc;    /* left by cli_parse(): the arguments that are */
	char **argv; /* no options, in order (argv is rearranged) */
};

/* -1 to go on, else the exit status to return (after --help, or a mistake,
 * which is explained on stderr). */
int cli_parse(struct cli_args *a, int argc, char **argv);

/* "suzgi: " and a sentence on stderr; returns <status>. */
int cli_fail(int status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with how to get help behind it; returns CLI_USAGE. */
int cli_usage(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Write and empty <b>; CLI_FAILED where stdout cannot take it. */
int cli_out(struct buf *b);

typedef int cli_command(int argc, char **argv);

cli_command cmd_run, cmd_check, cmd_explain, cmd_lists, cmd_log, cmd_status,
    cmd_reload, cmd_config, cmd_version, cmd_builder, cmd_update, cmd_patterns,
    cmd_allow, cmd_block, cmd_overrides, cmd_user, cmd_test, cmd_simulate,
    cmd_protected, cmd_helper;

#endif
