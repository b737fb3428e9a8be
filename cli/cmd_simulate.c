/* cmd_simulate.c - suzgi simulate: what another configuration would change. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sys/clock.h"
#include "cli/cli.h"
#include "cli/simulate.h"
#include "cli/trial.h"
#include "filters/scenario.h"
#include "filters/snapshot.h"

#define READ_BYTES  (256 * 1024)
#define LINE_BYTES  65536 /* longer lines are counted, not read */
#define TOP_DEFAULT 20
#define TOP_MAX     TALLY_ROWS

struct simulate_job {
	struct cli_common common;
	const char *candidate, *from, *group, *time, *top_text;
	unsigned top;
	struct simulation sim;
	struct buf in, out;
	bool skipping; /* the rest of a line that is too long */
};

static void
one_line(struct simulate_job *j, struct str line)
{
	if (j->skipping || line.n > LINE_BYTES) {
		j->sim.lines++;
		j->sim.unused[SIM_TOO_LONG]++;
		j->skipping = false;
		return;
	}
	simulation_line(&j->sim, line);
}

/* All whole lines that are there. */
static void
take_lines(struct simulate_job *j)
{
	struct str all = buf_str(&j->in);
	size_t at = 0, end;

	while ((end = str_find(all, '\n', at)) < all.n) {
		one_line(j, str_sub(all, at, end - at));
		at = end + 1;
	}
	buf_eat(&j->in, at);
	if (j->in.n > LINE_BYTES) {
		j->skipping = true;
		buf_reset(&j->in);
	}
}

static int
read_from(struct simulate_job *j, int fd)
{
	for (;;) {
		ssize_t n;

		if (!buf_room(&j->in, READ_BYTES))
			return cli_fail(CLI_FAILED, "out of memory");
		n = read(fd, j->in.p + j->in.n, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cli_fail(
			    CLI_FAILED, "%s: %s", j->from, strerror(errno));
		if (n == 0)
			break;
		j->in.n += (size_t)n;
		take_lines(j);
	}
	if (j->in.n || j->skipping)
		one_line(j, buf_str(&j->in));
	return CLI_OK;
}

static int
read_all(struct simulate_job *j)
{
	bool is_stdin = strcmp(j->from, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(j->from, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return cli_fail(
		    CLI_FAILED, "cannot open %s: %s", j->from, strerror(errno));
	rc = read_from(j, fd);
	if (!is_stdin)
		close(fd);
	return rc;
}

static int
simulate(struct simulate_job *j, const struct snapshot *live,
    const struct snapshot *candidate)
{
	struct simulation *s = &j->sim;
	int rc;

	s->live = live;
	s->candidate = candidate;
	s->group = str_of(j->group);
	s->now = clock_wall_ms() / 1000;
	if (j->time && !scenario_time(live, str_of(j->time), &s->now))
		return cli_usage("simulate",
		    "--time takes 2026-11-22T08:30, or the same with a Z for "
		    "UTC");
	if (j->group && (!snapshot_as_group(live, s->group) ||
	                    !snapshot_as_group(candidate, s->group)))
		return cli_usage("simulate",
		    "one of the two configurations has no group \"%s\"",
		    j->group);
	rc = read_all(j);
	if (rc != CLI_OK)
		return rc;
	if (j->common.json)
		simulation_json(s, j->top, &j->out);
	else
		simulation_text(s, j->top, &j->out);
	return cli_out(&j->out);
}

static int
with_both(struct simulate_job *j)
{
	struct config_paths at = j->common.at;
	struct trial live, candidate;
	int rc = trial_open(&live, &j->common.at);

	if (rc >= 0)
		return rc;
	at.file = j->candidate;
	rc = trial_open(&candidate, &at);
	if (rc < 0) {
		rc = simulate(j, live.snapshot, candidate.snapshot);
		trial_close(&candidate);
	}
	trial_close(&live);
	simulation_fini(&j->sim);
	buf_fini(&j->in);
	buf_fini(&j->out);
	return rc;
}

int
cmd_simulate(int argc, char **argv)
{
	struct simulate_job j = {.top = TOP_DEFAULT};
	const struct cli_option options[] = {
	    {"candidate", 0, "the configuration to be tried", "FILE", NULL,
	        &j.candidate},
	    {"from", 'f', "a log or a list of addresses; - is stdin", "FILE",
	        NULL, &j.from},
	    {"group", 'g', "as if all were of this group", "GROUP", NULL,
	        &j.group},
	    {"time", 0, "when, for lines without: 2026-11-22T08:30", "TIME",
	        NULL, &j.time},
	    {"top", 0, "rows of each table (20)", "N", NULL, &j.top_text},
	    {.name = NULL},
	};
	struct cli_args a = {.usage = "simulate --candidate FILE --from FILE "
	                              "[OPTION]...",
	    .about =
	        "What would another configuration change? Each line of the "
	        "past is decided by the\nconfiguration that is live and by the "
	        "candidate. Read are block.jsonl, Squid's\naccess.log, common "
	        "and combined logs and plain lists of addresses.",
	    .options = options,
	    .common = &j.common};
	int rc = cli_parse(&a, argc, argv);
	uint64_t top;

	if (rc >= 0)
		return rc;
	if (!j.candidate || !j.from)
		return cli_usage("simulate", "%s is missing",
		    j.candidate ? "--from" : "--candidate");
	if (a.argc)
		return cli_usage("simulate", "what is \"%s\" for?", a.argv[0]);
	if (j.top_text) {
		if (!str_to_u64(str_of(j.top_text), &top) || top > TOP_MAX)
			return cli_usage("simulate",
			    "--top takes a number up to %u", TOP_MAX);
		j.top = (unsigned)top;
	}
	return with_both(&j);
}
