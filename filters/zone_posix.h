/*
 * zone_posix.h - the footer of a time zone's file: a POSIX TZ string such as
 * "EET-2EEST,M3.5.0/3,M10.5.0/4", with what RFC 8536 3.3.1 adds to it (hours
 * from -167 to 167).
 */
#ifndef FILTERS_ZONE_POSIX_H
#define FILTERS_ZONE_POSIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define ZONE_DAY_S      86400
/* RFC 8536 3.2 recommends at most 26 hours; more is no zone of the Earth. */
#define ZONE_OFFSET_MAX (26 * 3600)

enum zone_date_form {
	ZONE_JULIAN = 0, /* J1..J365: the 29th of February is not counted */
	ZONE_DAY,        /* 0..365: it is */
	ZONE_WEEKDAY,    /* M3.5.0: the last Sunday of March */
};

/* When a change comes, each year. */
struct zone_change {
	enum zone_date_form form;
	uint16_t day;        /* ZONE_JULIAN, ZONE_DAY */
	uint8_t month, week; /* ZONE_WEEKDAY; week 5: the last */
	uint8_t weekday;     /* 0: Sunday */
	int32_t second;      /* of that day, by the clock before the change */
};

struct zone_posix {
	int32_t standard, summer; /* seconds, local time to UTC */
	bool has_summer;
	struct zone_change begins, ends; /* if has_summer */
};

/* False: malformed. */
bool zone_posix_read(struct str text, struct zone_posix *out);

/* The offset at <utc>, and in <until> when the next change comes (INT64_MAX:
 * none does). <utc> is within ZONE_UTC_MAX. */
int32_t zone_posix_offset(
    const struct zone_posix *z, int64_t utc, int64_t *until);

/* Beyond it years do not fit; nobody asks. */
#define ZONE_UTC_MAX ((int64_t)1 << 45)

/* Days since 1970-01-01 of a date that exists, and back. */
int64_t zone_days(int64_t year, unsigned month, unsigned day);
void zone_date(int64_t days, int32_t *year, uint8_t *month, uint8_t *day);

#endif
