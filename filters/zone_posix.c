/* zone_posix.c - the footer of a time zone's file, and the calendar. */
#include "filters/zone_posix.h"

#define HOURS_MAX 167 /* RFC 8536 3.3.1 */

/* -------------------------------------------------------------- calendar */

#define DAYS_400        146097 /* of 400 years */
#define DAYS_100        36524
#define DAYS_4          1461
/* Years begin in March here, so that the odd day is the last of one. */
#define DAYS_TO_MARCH_0 719468 /* from 0000-03-01 to 1970-01-01 */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
zone_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = month <= 2 ? month + 9 : month - 3;
	int64_t era = floor_div(y, 400), of_era = y - era * 400;

	return era * DAYS_400 + of_era * 365 + of_era / 4 - of_era / 100 +
	       (153 * m + 2) / 5 + day - 1 - DAYS_TO_MARCH_0;
}

void
zone_date(int64_t days, int32_t *year, uint8_t *month, uint8_t *day)
{
	int64_t d = days + DAYS_TO_MARCH_0;
	int64_t era = floor_div(d, DAYS_400), of_era = d - era * DAYS_400;
	/* leap days taken out, each year has 365 */
	int64_t y = (of_era - of_era / (DAYS_4 - 1) + of_era / DAYS_100 -
	                of_era / (DAYS_400 - 1)) /
	            365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (uint8_t)(of_year - (153 * m + 2) / 5 + 1);
	*month = (uint8_t)(m < 10 ? m + 3 : m - 9);
	*year = (int32_t)(era * 400 + y + (*month <= 2));
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* --------------------------------------------------------------- reading */

struct reader {
	struct str s; /* what is left */
};

static char
next(const struct reader *r)
{
	return r->s.n ? r->s.p[0] : '\0';
}

static bool
take(struct reader *r, char c)
{
	if (r->s.n == 0 || r->s.p[0] != c)
		return false;
	r->s = str_sub(r->s, 1, r->s.n);
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return str_lower_char(c) >= 'a' && str_lower_char(c) <= 'z';
}

static bool
take_number(struct reader *r, unsigned low, unsigned high, unsigned *out)
{
	unsigned v = 0;

	if (!is_digit(next(r)))
		return false;
	while (is_digit(next(r))) {
		v = v * 10 + (unsigned)(next(r) - '0');
		if (v > high)
			return false;
		take(r, next(r));
	}
	*out = v;
	return v >= low;
}

/* "EET" or "<+05>" */
static bool
take_name(struct reader *r)
{
	bool quoted = take(r, '<');
	size_t n = 0;

	for (;; n++) {
		char c = next(r);

		if (!is_letter(c) &&
		    !(quoted && (is_digit(c) || c == '+' || c == '-')))
			break;
		take(r, c);
	}
	return n >= 3 && (!quoted || take(r, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool
take_time(struct reader *r, unsigned hours_max, int32_t *out)
{
	unsigned h, m = 0, s = 0;
	bool minus = take(r, '-');

	if (!minus)
		take(r, '+');
	if (!take_number(r, 0, hours_max, &h))
		return false;
	if (take(r, ':') && !take_number(r, 0, 59, &m))
		return false;
	if (str_starts(r->s, STR(":")) && take(r, ':') &&
	    !take_number(r, 0, 59, &s))
		return false;
	*out = (int32_t)(h * 3600 + m * 60 + s);
	if (minus)
		*out = -*out;
	return true;
}

/* ",M3.5.0/3", ",J60", ",59/-2" */
static bool
take_change(struct reader *r, struct zone_change *c)
{
	unsigned day, month = 0, week = 0;

	if (!take(r, ','))
		return false;
	*c = (struct zone_change){.form = ZONE_DAY, .second = 2 * 3600};
	if (take(r, 'M')) {
		c->form = ZONE_WEEKDAY;
		if (!take_number(r, 1, 12, &month) || !take(r, '.') ||
		    !take_number(r, 1, 5, &week) || !take(r, '.') ||
		    !take_number(r, 0, 6, &day))
			return false;
		c->month = (uint8_t)month;
		c->week = (uint8_t)week;
		c->weekday = (uint8_t)day;
	} else {
		bool julian = take(r, 'J');

		if (!take_number(r, julian, 365, &day))
			return false;
		c->form = julian ? ZONE_JULIAN : ZONE_DAY;
		c->day = (uint16_t)day;
	}
	return !take(r, '/') || take_time(r, HOURS_MAX, &c->second);
}

bool
zone_posix_read(struct str text, struct zone_posix *out)
{
	struct reader r = {text};
	int32_t west;

	*out = (struct zone_posix){0};
	/* POSIX counts westwards; the bound is the one of TZif's own offsets */
	if (!take_name(&r) || !take_time(&r, 24, &west))
		return false;
	out->standard = -west;
	if (r.s.n == 0)
		return true;
	if (!take_name(&r))
		return false;
	out->has_summer = true;
	west -= 3600;
	if (next(&r) != ',' && !take_time(&r, 24, &west))
		return false;
	out->summer = -west;
	return take_change(&r, &out->begins) && take_change(&r, &out->ends) &&
	       r.s.n == 0;
}

/* --------------------------------------------------------------- changes */

/* The day of a change in <year>. */
static int64_t
day_of(const struct zone_change *c, int64_t year)
{
	int64_t first, last, day;

	switch (c->form) {
	case ZONE_JULIAN:
		day = zone_days(year, 1, 1) + c->day - 1;
		return day + (is_leap(year) && c->day >= 60);
	case ZONE_DAY:
		return zone_days(year, 1, 1) + c->day;
	case ZONE_WEEKDAY:
		break;
	}
	first = zone_days(year, c->month, 1);
	last = (c->month == 12 ? zone_days(year + 1, 1, 1)
	                       : zone_days(year, c->month + 1u, 1)) -
	       1;
	/* 1970-01-01 was a Thursday: day 0 is weekday 4 */
	day = first + (c->weekday - (first + 4) % 7 + 14) % 7;
	day += 7 * (c->week - 1);
	return day > last ? day - 7 : day;
}

int32_t
zone_posix_offset(const struct zone_posix *z, int64_t utc, int64_t *until)
{
	int64_t latest = INT64_MIN;
	int32_t year, offset = z->standard;
	uint8_t month, day;

	*until = INT64_MAX;
	if (!z->has_summer)
		return offset;
	zone_date(floor_div(utc, ZONE_DAY_S), &year, &month, &day);
	/* A change may lie a week outside of its year. */
	for (int64_t y = year - 2; y <= (int64_t)year + 1; y++) {
		int64_t begins = day_of(&z->begins, y) * ZONE_DAY_S +
		                 z->begins.second - z->standard;
		int64_t ends = day_of(&z->ends, y) * ZONE_DAY_S +
		               z->ends.second - z->summer;

		/* where one ends as the next begins, summer goes on */
		if (ends <= utc && ends > latest) {
			latest = ends;
			offset = z->standard;
		}
		if (begins <= utc && begins >= latest) {
			latest = begins;
			offset = z->summer;
		}
		if (ends > utc && ends < *until)
			*until = ends;
		if (begins > utc && begins < *until)
			*until = begins;
	}
	return offset;
}
