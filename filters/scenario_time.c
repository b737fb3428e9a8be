/* scenario_time.c - a time as people write it. */
#include "filters/scenario.h"

#include "filters/snapshot_impl.h"
#include "filters/zone.h"

#define DAY_S 86400

/* What a clock on the wall shows, as if it were UTC. */
static int64_t
wall_of(const struct zone *z, int64_t utc)
{
	struct local_time l;

	zone_local(z, utc, &l);
	return l.days * DAY_S + l.second;
}

static int64_t
offset_at(const struct zone *z, int64_t utc)
{
	struct local_time l;

	zone_local(z, utc, &l);
	return l.offset_s;
}

static int64_t
utc_of(const struct zone *z, int64_t wall)
{
	/* zones change at most once within two days */
	int64_t before = wall - offset_at(z, wall - DAY_S);
	int64_t after = wall - offset_at(z, wall + DAY_S);
	int64_t low = before, high = before;

	if (wall_of(z, before) == wall)
		return before;
	if (wall_of(z, after) == wall)
		return after;
	/* skipped: find the change, which lies between the two */
	low = before < after ? before : after;
	high = before < after ? after : before;
	while (low + 1 < high) {
		int64_t mid = low + (high - low) / 2;

		if (wall_of(z, mid) < wall)
			low = mid;
		else
			high = mid;
	}
	return high;
}

static bool
take_digits(struct str *s, size_t n, unsigned *out)
{
	uint64_t v;

	if (s->n < n || !str_to_u64(str_sub(*s, 0, n), &v))
		return false;
	*out = (unsigned)v;
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool
take_char(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_sub(*s, 1, s->n);
	return true;
}

bool
scenario_time(const struct snapshot *s, struct str text, int64_t *out)
{
	unsigned year, month, day, hour, minute, second = 0;
	int64_t days, wall;
	uint64_t v;

	if (str_to_u64(text, &v)) {
		*out = (int64_t)v;
		return v <= INT64_MAX / 2;
	}
	if (!take_digits(&text, 4, &year) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, &month) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, &day) || !take_char(&text, 'T') ||
	    !take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, &minute))
		return false;
	if (take_char(&text, ':') && !take_digits(&text, 2, &second))
		return false;
	if (!date_to_days((int32_t)year, month, day, &days) || hour > 23 ||
	    minute > 59 || second > 59)
		return false;
	wall = days * DAY_S + hour * 3600 + minute * 60 + second;
	*out = take_char(&text, 'Z') ? wall : utc_of(s->zone, wall);
	return text.n == 0;
}
