/*
 * schedule.h - hours and days by name: "lessons" is mon-fri 08:30-15:30. The
 * time is an argument.
 *
 *	when   = mon-fri 08:30-15:30, sat 09:00-12:00
 *	only   = 2026-09-01..2027-05-25
 *	except = 2026-12-28..2027-01-08, 2027-03-22
 *
 * Of `when` each part is [days] [hours]: days mon tue ... or mon-fri or daily
 * (without any: each day); hours HH:MM-HH:MM, the second not included, 24:00
 * allowed (without any: the whole day). Hours that end before they begin
 * ("22:00-06:30") run over midnight and belong to the day they begin on, also
 * as to `only` and `except`, which are dates or ranges of dates, both ends
 * included. No `when`: always, within `only` and `except`.
 *
 * Hours are those of the clock on the wall: where a change of time skips some,
 * they are not there; where it repeats some, they hold twice.
 */
#ifndef FILTERS_SCHEDULE_H
#define FILTERS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/str.h"
#include "filters/snapshot.h"

struct arena;
struct err;
struct zone;

struct schedule_hours {
	uint8_t days;      /* bit 0: Monday ... bit 6: Sunday */
	uint32_t from, to; /* seconds of the day; to <= from: over midnight */
};
struct schedule_dates {
	int64_t from, to; /* days since 1970, both included */
};

struct schedule_def {
	struct str name;
	const struct schedule_hours *hours; /* none: always */
	const struct schedule_dates *only;  /* none: each day */
	const struct schedule_dates *except;
	unsigned nhours, nonly, nexcept;
	struct bytes zone; /* a TZif file; n 0: the snapshot's. Read by the
	                    * builder */
	struct where where;
};

/* Read one part of `when`; -1 with <err> set. */
int schedule_hours_read(
    struct str text, struct schedule_hours *out, struct err *err);
/* "2026-12-28" or "2026-12-28..2027-01-08". */
int schedule_dates_read(
    struct str text, struct schedule_dates *out, struct err *err);

/* Is <utc> within it? */
bool schedule_holds(
    const struct schedule_def *s, const struct zone *z, int64_t utc);

#endif
