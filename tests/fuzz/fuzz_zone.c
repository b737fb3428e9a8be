/* fuzz_zone.c - any bytes as a time zone: no read outside, no time without a
 * date, and days that begin in order. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "filters/zone.h"

#define DAY 86400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct zone *z, int64_t utc)
{
	struct local_time l;
	int64_t days, begins;

	zone_local(z, utc, &l);
	if (!date_to_days(l.year, l.month, l.day, &days) || days != l.days ||
	    l.second >= DAY || l.weekday > 6 ||
	    l.days * DAY + l.second != utc + l.offset_s)
		abort();
	begins = zone_day_begins(z, l.days);
	if (begins > utc)
		abort();
	zone_local(z, begins, &l);
	if (l.days < days)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t around[] = {-DAY, -1, 0, 1, DAY};
	const struct zone *z;
	struct err err = {0};
	struct arena a;

	arena_init(&a, 0);
	z = zone_read(&a, (struct bytes){data, size}, &err);
	if (!z && err.code == ERR_NONE)
		abort();
	for (int64_t year = -10; z && year < 140; year += 7)
		for (unsigned i = 0; i < 5; i++)
			ask(z, year * 31556952 + around[i]);
	arena_fini(&a);
	return 0;
}
