/*
 * exception.h - what `suzgi allow`, `block` and `overrides` have in common:
 * an override in words, and how one gets to the filter or, where none runs,
 * into its journal.
 */
#ifndef CLI_EXCEPTION_H
#define CLI_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "config/journal.h"

struct buf;
struct cli_common;
struct config;
struct jsonflat;

/* {state}/overrides.jsonl. False: too long a path, which was said. */
bool exception_path(const struct config *c, char *out, size_t size);

/* Times are said and meant in the filter's own zone: set it, once. */
void exception_zone(const struct config *c);

/*
 * Hand <l> to the running filter, whose answer is read into <flat>; where
 * none runs write it into the journal, and *running is false. -1 to go on,
 * else the exit status, and what is wrong was said.
 */
struct exception_said {
	struct jsonflat *flat;
	struct buf *raw;
	bool running;
};
int exception_do(const struct config *c, const struct journal_line *l,
    struct exception_said *said);

/* "kids.test and all below it" */
void exception_subject(struct buf *b, const struct override *o);
/* "the group pupils", "everybody" */
void exception_whom(struct buf *b, const struct override *o);
/* "until 16:30 today", "until somebody ends it" */
void exception_until(struct buf *b, const struct override *o, int64_t now);
/* "16:30 today", "Mon 23 Nov 2026 16:30" */
void exception_time(struct buf *b, int64_t t, int64_t now);
/* "45 minutes" */
void exception_span(struct buf *b, int64_t seconds);

/* "action":..., "scope":... as members of a JSON object; times as text. */
void exception_json(struct buf *b, const struct override *o);

/* "45m", "2h", "1d", "1h30m". 0: malformed, or beyond 10 years. */
int64_t exception_span_of(const char *text);
/* "16:30" of today, "2026-11-23 16:30", "2026-11-23T16:30". -1 with <why>. */
int64_t exception_time_of(const char *text, int64_t now, const char **why);

#endif
