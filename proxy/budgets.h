/*
 * budgets.h - how many minutes of each budget somebody has used up: one table
 * for all workers, written to {state}/budgets now and then, so that a restart
 * gives nobody his day again.
 *
 * A minute is used when anything at all was let through in it; it is the
 * minute of the wall clock, and used once. The minute that uses a budget up
 * may be used to its end. A day or week that begins sets nothing back: what
 * was used before it is seen to be of another. What was used while the clock
 * was ahead counts for the day on which it is right again.
 *
 * Bounded and without locks. Where there is no room for one more, what he has
 * used is not known: unsettled, and the policy says what that means. Nothing
 * here names anybody: rows are keyed hashes (docs/formats/budgets.md).
 */
#ifndef PROXY_BUDGETS_H
#define PROXY_BUDGETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct budgets; /* opaque */
struct err;

#define BUDGETS_FILE  "budgets"
#define BUDGETS_SLOTS (1u << 16) /* 1 MiB */
#define BUDGETS_OLD_M (8 * 1440) /* minutes: longer than a week */

struct budgets *budgets_new(struct err *err); /* NULL with <err> set */
void budgets_free(struct budgets *b);         /* NULL: nothing */

/* Who, and of what. */
struct budget_use {
	const uint8_t *client;
	struct str user; /* "" : the client counts */
	struct str policy, text;
	uint8_t per;      /* enum budget_per */
	int64_t began;    /* of its present day or week; seconds */
	uint32_t seconds; /* how much there is */
};

enum budget_left { BUDGET_LEFT = 0, BUDGET_SPENT, BUDGET_NO_ROOM };
/* At <now>, seconds. Makes room for it, so that it can be charged. */
enum budget_left budgets_left(
    struct budgets *b, const struct budget_use *u, int64_t now);
/* Something was let through at <now>. */
void budgets_charge(struct budgets *b, const struct budget_use *u, int64_t now);
/* Minutes used. */
unsigned budgets_used(
    const struct budgets *b, const struct budget_use *u, int64_t now);

/* Take what is in the file; before there are threads. A file that is not
 * there is empty. -1 with <err>: damaged; then nothing was taken. */
int budgets_load(struct budgets *b, const char *path, struct err *err);
/* Write it, if there is anything new. */
int budgets_save(struct budgets *b, const char *path, struct err *err);

#endif
