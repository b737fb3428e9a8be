/*
 * schedule.h - where a list comes from, and when it is fetched again.
 *
 *	update = https://lists.example.org/ut1.tar.gz daily 03:30 +-20%
 *
 * An address, then one of `every 6h`, `daily HH:MM`, `weekly DAY HH:MM`,
 * `never` (by hand alone; without any: every 24h), then how much the list may
 * grow or shrink at once. Pure but for the time zone: the time is an argument,
 * hours of the day are local ones.
 *
 * Each feed is asked for somewhat later than written, by a part of a seed of
 * its own, so that a thousand gateways do not ask in the same second.
 */
#ifndef FEEDS_SCHEDULE_H
#define FEEDS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct err;

enum feed_when { FEED_NEVER = 0, FEED_EVERY, FEED_DAILY, FEED_WEEKLY };

struct feed_plan {
	struct str url; /* borrowed; "": there is no feed */
	enum feed_when when;
	uint32_t every_s;
	uint8_t day, hour, minute; /* day 0 is Sunday */
	uint32_t bound;            /* percent */
};
#define FEED_NO_BOUND   UINT32_MAX
#define FEED_EVERY_MAX  (400 * 86400)
#define FEED_JITTER_MAX 900 /* seconds later than written, at most */

/* After a failure: so long, twice as long each time, so long at most; never
 * longer than to the next ordinary time. */
#define FEED_RETRY_FIRST_S 60
#define FEED_RETRY_MAX_S   (6 * 3600)

/* Read <text>; p->url is a slice of it. -1 with <err>, and <bad> the slice
 * that is wrong. */
int feed_plan_parse(
    struct str text, struct feed_plan *p, struct str *bad, struct err *err);

/* As it would be written. */
void feed_plan_print(const struct feed_plan *p, struct buf *out);

/* "https://user:secret@host/x" without what is before the @. */
void feed_url_shown(struct str url, struct buf *out);

bool feed_url_is_http(struct str url);  /* http:// */
bool feed_url_is_https(struct str url); /* https:// */
/* The path of a file:// address or of a path; none for all others. */
struct str feed_url_path(struct str url);

/* The first time to fetch after <after>; INT64_MAX: never. Seconds. */
int64_t feed_next(const struct feed_plan *p, int64_t after, uint32_t seed);

struct feed_tries {
	int64_t last;      /* seconds; 0: it was never tried */
	uint32_t failures; /* in a row, up to now */
	uint32_t seed;
};

/*
 * When to try (again): <now> or earlier is due. A last try that lies in the
 * future is of a clock that went wrong: due now.
 */
int64_t feed_due(
    const struct feed_plan *p, const struct feed_tries *t, int64_t now);

/* Seconds between two tries, roughly; 0: there are none. */
int64_t feed_period(const struct feed_plan *p);

#endif
