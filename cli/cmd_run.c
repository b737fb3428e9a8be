/* cmd_run.c - suzgi run: the filter itself, in the foreground. */
#include <limits.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/sys/log.h"
#include "cli/cli.h"
#include "config/config.h"
#include "proxy/supervisor.h"

static void
say_bug(const char *what, const char *file, int line)
{
	log_err("bug: %s at %s:%d; please report it", what, file, line);
}

static void
say_demo(const struct config *c)
{
	const struct hostport *at = &c->listen.v[0].address.v[0];
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	/* from a build it is in nobody's PATH */
	if (n <= 0)
		str_copy(STR("suzgi"), self, sizeof(self));
	else
		self[n] = '\0';

	printf(
	    "suzgi demo: a filter on %.*s:%u, for this machine alone. "
	    "Try in another terminal:\n"
	    "  curl -x %.*s:%u http://demo.test/            it is let through\n"
	    "  curl -x %.*s:%u http://casino.example/play   it is blocked\n"
	    "  %s status --state %.*s\n"
	    "                                                  how it is "
	    "doing\n"
	    "  %s log tail --state %.*s\n"
	    "                                                  what was "
	    "blocked\n"
	    "Ctrl-C stops it.\n",
	    STR_ARG(at->host), (unsigned)at->port, STR_ARG(at->host),
	    (unsigned)at->port, STR_ARG(at->host), (unsigned)at->port, self,
	    STR_ARG(c->state_dir), self, STR_ARG(c->state_dir));
	fflush(stdout);
}

int
cmd_run(int argc, char **argv)
{
	struct cli_common common = {0};
	bool debug = false;
	const struct cli_option options[] = {
	    {.name = "demo",
	        .help = "a filter to try, on 127.0.0.1:3128, state in ./run",
	        .flag = &common.at.demo},
	    {.name = "debug", .help = "say more", .flag = &debug},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "run [OPTION]...",
	    .about =
	        "Run the filter in the foreground. HUP reloads, USR1 opens "
	        "the log anew,\nTERM lets open requests finish; a second "
	        "TERM ends at once.\nExit status 78 where the "
	        "configuration has errors.",
	    .options = options,
	    .common = &common};
	struct config *c;
	int rc = cli_parse(&a, argc, argv);

	if (rc >= 0)
		return rc;
	if (a.argc)
		return cli_usage("run", "it takes no arguments");
	log_init("suzgi", debug ? LOG_DEBUG_ : LOG_INFO_);
	bug_set_hook(say_bug);
	c = config_load(&common.at, config_report_stderr, NULL);
	if (!c)
		return CLI_CONFIG;
	if (common.at.demo)
		say_demo(c);
	rc = supervisor_run(c, &common.at);
	config_free(c);
	return rc;
}
