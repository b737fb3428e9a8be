/*
 * scenario.h - "would pupils get this on Monday at ten?" in one line: what
 * `expect` in the configuration, `suzgi test FILE`, `suzgi explain` and
 * `suzgi simulate` ask. Pure.
 *
 *	block pupils http://casino.test/ at 2026-11-23T10:00
 *	allow staff  https://forum.test/ user aigerim
 *	warn  pupils http://chat.test/ client 10.1.2.3 method POST
 *
 * First what is expected (allow, block, warn, monitor), a group or "-" (who
 * the client is decides), the address (http: a URL; https: a tunnel that is
 * not looked into; HOST:PORT: a CONNECT), then words in pairs: at (local time
 * of the snapshot, or with Z), user, member (an auth-group; several times),
 * client, mac, listener, method, connect, sni, type, size, search, ua,
 * referer, and header NAME=VALUE.
 */
#ifndef FILTERS_SCENARIO_H
#define FILTERS_SCENARIO_H

#include <stdbool.h>

#include "base/arena.h"
#include "filters/facts.h"
#include "filters/request.h"
#include "filters/verdict.h"

struct err;
struct snapshot;

struct scenario {
	enum action expected;
	bool expects; /* else the line had none: scenario_read_asked() */
	struct request request; /* filled as deep as it goes */
	struct facts facts;     /* user and groups, all settled */
	struct str text;        /* the line */
};

/* <now> where the line has no `at`. All is in <a>. -1 with <err> and <column>
 * (in bytes, from 0). */
int scenario_read(struct arena *a, const struct snapshot *s, struct str line,
    int64_t now, struct scenario *out, uint32_t *column, struct err *err);

/*
 * The final verdict, asked in stages as the edge does: at HOST, URL, HEAD as
 * far as the request goes. What facts would have to be fetched and are not
 * given count as not there.
 */
struct verdict scenario_run(const struct snapshot *s, const struct scenario *c);

/* The action that <v> comes to: ALLOW, BLOCK, WARN, MONITOR. */
enum action scenario_action(const struct verdict *v);

#endif
