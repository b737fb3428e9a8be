/* clock.c - what time it is. */
#include "base/sys/clock.h"

#include <time.h>

static int64_t
now_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_mono_ms(void)
{
	return now_ms(CLOCK_MONOTONIC);
}

int64_t
clock_wall_ms(void)
{
	return now_ms(CLOCK_REALTIME);
}

/* <n> digits of <v> at <p>, and behind them <mark>; where that ends. */
static char *
put_digits(char *p, unsigned v, unsigned n, char mark)
{
	for (unsigned i = n; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	p[n] = mark;
	return p + n + 1;
}

/* By hand: it is in every record, and snprintf() took longer than the rest. */
void
clock_text(int64_t wall_ms, char out[CLOCK_TEXT])
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (wall_ms < 0 || !gmtime_r(&s, &tm) || tm.tm_year > 8099)
		tm = (struct tm){.tm_mday = 1, .tm_year = 70};
	out = put_digits(out, (unsigned)(tm.tm_year + 1900), 4, '-');
	out = put_digits(out, (unsigned)(tm.tm_mon + 1), 2, '-');
	out = put_digits(out, (unsigned)tm.tm_mday, 2, 'T');
	out = put_digits(out, (unsigned)tm.tm_hour, 2, ':');
	out = put_digits(out, (unsigned)tm.tm_min, 2, ':');
	out = put_digits(out, (unsigned)tm.tm_sec, 2, '.');
	out = put_digits(out, (unsigned)(wall_ms % 1000), 3, 'Z');
	*out = '\0';
}
