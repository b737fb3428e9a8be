/*
 * simulate.h - the traffic of the past, decided by two configurations: the one
 * that is live and a candidate; what would change, counted.
 *
 *	simulation_line(&sim, line);	for each
 *	simulation_text(&sim, top, &out);
 *	simulation_fini(&sim);
 */
#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "cli/tally.h"
#include "cli/traffic.h"

struct buf;
struct snapshot;

/* What becomes of who asks. */
enum sim_change {
	SIM_BLOCKED = 0, /* was let through or warned, would be blocked */
	SIM_WARNED,      /* would get a page with "continue" */
	SIM_ALLOWED,     /* was blocked or warned, would be let through */
};
#define SIM_CHANGES 3

struct sim_kind {
	uint64_t lines;
	struct tally group, category, site;
	struct tally_set hosts, people;
};

/* Why a line could not be used, beside what traffic_read() says. */
enum sim_unused {
	SIM_NOT_AN_ADDRESS = TRAFFIC_RESULTS,
	SIM_NO_GROUP, /* one of the two has no such group */
	SIM_TOO_LONG,
	SIM_UNUSED
};

struct simulation {
	const struct snapshot *live, *candidate; /* borrowed */
	struct str group; /* all are taken to be in it; "" : as they were */
	int64_t now;      /* of lines without a time */
	struct arena arena;
	struct traffic traffic;
	uint64_t lines, judged;
	uint64_t monitored; /* only whether it is recorded would change */
	uint64_t unused[SIM_UNUSED]; /* TRAFFIC_OK: plays no part */
	uint64_t records; /* of a block log: it has not what was allowed */
	struct sim_kind kind[SIM_CHANGES];
};

void simulation_line(struct simulation *s, struct str line);
void simulation_fini(struct simulation *s);

/* At most <top> rows of each table. The tables are sorted. */
void simulation_text(struct simulation *s, unsigned top, struct buf *out);
void simulation_json(struct simulation *s, unsigned top, struct buf *out);

#endif
