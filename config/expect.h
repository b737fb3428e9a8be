/*
 * expect.h - what a configuration says must come of it: its `expect` lines,
 * run against a snapshot before that takes effect.
 *
 *	[try]
 *	expect = block pupils http://casino.test/ at 2026-11-23T10:00
 *
 * The clock has no say in whether a configuration is taken, since a gateway
 * must start at night as well: a line without a time whose outcome depends on
 * a schedule fails only where it never comes true in a week, and is warned of.
 */
#ifndef CONFIG_EXPECT_H
#define CONFIG_EXPECT_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct diag;
struct snapshot;

/* Do all of <c>'s lines come true with <s>? Those that do not are reported,
 * at their place. <warn>: and what is doubtful. <now> in seconds, UTC. */
bool expect_hold(const struct config *c, const struct snapshot *s, int64_t now,
    bool warn, struct diag *d);

#endif
