/*
 * zone.h - a time zone: UTC to local time, its changes included.
 *
 * Read from a TZif file (RFC 8536, what /usr/share/zoneinfo holds), which
 * others have opened: nothing here reads a file, a clock or the environment.
 * Times behind the file's last change follow its footer (POSIX TZ).
 *
 *	struct zone *z = zone_read(bytes, &err);
 *	zone_local(z, now, &l);
 */
#ifndef FILTERS_ZONE_H
#define FILTERS_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena;
struct err;
struct zone; /* opaque; NULL is UTC wherever one is asked for */

struct local_time {
	int32_t year;     /* 2026 */
	uint8_t month;    /* 1..12 */
	uint8_t day;      /* 1..31 */
	uint8_t weekday;  /* 0: Monday ... 6: Sunday */
	uint32_t second;  /* of the day by the clock on the wall, 0..86399 */
	int64_t days;     /* since 1970-01-01, of this local date */
	int32_t offset_s; /* of local time to UTC */
};

/* A copy of what matters, in <a>; <bytes> may go. NULL with <err> set. */
const struct zone *zone_read(
    struct arena *a, struct bytes bytes, struct err *err);

void zone_local(const struct zone *z, int64_t utc, struct local_time *out);

/* The first moment (UTC) of a local date: its midnight or, where a change
 * skips that, the moment of the change. */
int64_t zone_day_begins(const struct zone *z, int64_t days);

/* A date to days since 1970-01-01; false: there is no such date. */
bool date_to_days(int32_t year, unsigned month, unsigned day, int64_t *out);

#endif
