/*
 * patterns.h - what each pattern of a snapshot costs, tried on made-up
 * addresses: ordinary ones, and some that bad patterns take long for.
 */
#ifndef CLI_PATTERNS_H
#define CLI_PATTERNS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/loader.h"
#include "filters/pattern_where.h"

struct buf;

enum pattern_slow {
	SLOW_NOT = 0,
	SLOW_EVERY, /* nothing tells beforehand where it may match */
	SLOW_TIME,  /* one address took more than PATTERN_SLOW_NS */
	SLOW_LIMIT, /* one address could not be checked */
};
#define PATTERN_SLOW_NS 20000

struct pattern_cost {
	uint16_t id;
	enum pattern_slow slow;
	uint32_t usual, worst; /* ns a try: mean of ordinary ones; of all */
};

/* <timed>: by the clock, too, and not merely by what is sure. */
void pattern_cost(const struct pattern_set *ps, uint16_t id, bool timed,
    struct pattern_cost *out);

/* Nanoseconds for all patterns together on an ordinary address. */
uint32_t patterns_cost(const struct pattern_set *ps);

/* "FILE:LINE" of a list or a rule, or "-". */
void pattern_add_place(
    struct buf *b, const struct snapshot *s, const struct pattern_cost *p);

/* Warn of patterns of rules that are slow for sure, and sum up lists'. */
void patterns_warn(
    const struct snapshot *s, config_reporter *report, void *arg);

#endif
