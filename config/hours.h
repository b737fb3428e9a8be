/*
 * hours.h - the times of a week that schedules tell apart: at all others the
 * same ones hold, and the same is decided.
 */
#ifndef CONFIG_HOURS_H
#define CONFIG_HOURS_H

#include <stdint.h>

struct config;

#define HOURS_STEP_S 600 /* what is shorter may be missed */
#define HOURS_MAX    (7 * 24 * 3600 / HOURS_STEP_S)

/* One time for each set of schedules that hold together at some time of the
 * week from <now> on; how many: at least one, unless memory lacks. */
unsigned hours_find(
    const struct config *c, int64_t now, int64_t time[HOURS_MAX]);

#endif
