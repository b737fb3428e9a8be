/* schedule.c - hours and days by name. */
#include "filters/schedule.h"

#include "base/err.h"
#include "base/table.h"
#include "filters/zone.h"

#define DAY_S    86400u
#define ALL_DAYS 0x7f
#define YEAR_MIN 1970
#define YEAR_MAX 9999

static const char *const days[] = {
    "mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* --------------------------------------------------------------- reading */

static int
day_from(struct str word)
{
	for (unsigned i = 0; i < ARRAY_LEN(days); i++)
		if (str_eq_nocase(word, str_of(days[i])))
			return (int)i;
	return -1;
}

/* "mon", "mon-fri", "sat-mon", "daily" */
static int
read_days(struct str word, uint8_t *set, struct err *err)
{
	struct str from, to;
	bool range = str_cut(word, '-', &from, &to);
	int a = day_from(from), b = range ? day_from(to) : a;

	if (str_eq_nocase(word, STR("daily"))) {
		*set = ALL_DAYS;
		return 0;
	}
	if (a < 0 || b < 0)
		return err_set(err, ERR_INPUT,
		    "\"%.*s\" is neither days nor hours; days are mon tue wed "
		    "thu fri sat sun, mon-fri or daily, hours 08:30-15:30",
		    STR_ARG(word));
	for (;; a = (a + 1) % 7) {
		*set |= (uint8_t)(1u << a);
		if (a == b)
			return 0;
	}
}

/* "08:30" or "8:30", to 24:00 */
static bool
read_clock(struct str s, uint32_t *out)
{
	struct str hour, minute;
	uint64_t h, m;

	if (!str_cut(s, ':', &hour, &minute) || hour.n > 2 || minute.n != 2 ||
	    !str_to_u64(hour, &h) || !str_to_u64(minute, &m))
		return false;
	*out = (uint32_t)(h * 3600 + m * 60);
	return m < 60 && *out <= DAY_S;
}

static int
read_span(struct str word, struct schedule_hours *out, struct err *err)
{
	struct str from, to;

	if (!str_cut(word, '-', &from, &to) || !read_clock(from, &out->from) ||
	    !read_clock(to, &out->to))
		return err_set(err, ERR_INPUT,
		    "\"%.*s\" are not hours such as 08:30-15:30",
		    STR_ARG(word));
	if (out->from == DAY_S)
		return err_set(err, ERR_INPUT,
		    "nothing begins at 24:00; write 00:00, of the next day");
	if (out->from == out->to)
		return err_set(err, ERR_INPUT,
		    "\"%.*s\" ends as it begins; for the whole day leave the "
		    "hours out",
		    STR_ARG(word));
	return 0;
}

static bool
next_word(struct str *rest, struct str *word)
{
	struct str s = str_trim(*rest);
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	*word = str_sub(s, 0, n);
	*rest = str_sub(s, n, s.n);
	return n > 0;
}

int
schedule_hours_read(
    struct str text, struct schedule_hours *out, struct err *err)
{
	struct str rest = str_trim(text), word;
	bool hours = false;

	*out = (struct schedule_hours){.to = DAY_S};
	if (rest.n == 0)
		return err_set(err, ERR_INPUT,
		    "expected days and hours, such as mon-fri 08:30-15:30");
	while (next_word(&rest, &word)) {
		if (hours)
			return err_set(err, ERR_INPUT,
			    "expected a comma before \"%.*s\": each part has "
			    "days and then hours, once",
			    STR_ARG(word));
		hours = word.p[0] >= '0' && word.p[0] <= '9';
		if (hours ? read_span(word, out, err) < 0
		          : read_days(word, &out->days, err) < 0)
			return -1;
	}
	if (!out->days)
		out->days = ALL_DAYS;
	return 0;
}

/* "2026-12-28" */
static bool
read_date(struct str s, int64_t *out)
{
	struct str year, month, day;
	uint64_t y, m, d;

	return str_cut(s, '-', &year, &s) && str_cut(s, '-', &month, &day) &&
	       year.n == 4 && month.n == 2 && day.n == 2 &&
	       str_to_u64(year, &y) && str_to_u64(month, &m) &&
	       str_to_u64(day, &d) && y >= YEAR_MIN && y <= YEAR_MAX &&
	       date_to_days((int32_t)y, (unsigned)m, (unsigned)d, out);
}

int
schedule_dates_read(
    struct str text, struct schedule_dates *out, struct err *err)
{
	struct str from = str_trim(text), to = from;
	size_t dots = str_search(from, STR(".."));

	if (dots < from.n) {
		to = str_trim(str_sub(from, dots + 2, from.n));
		from = str_trim(str_sub(from, 0, dots));
	}
	if (!read_date(from, &out->from))
		return err_set(err, ERR_INPUT,
		    "\"%.*s\" is not a date such as 2026-12-28", STR_ARG(from));
	if (!read_date(to, &out->to))
		return err_set(err, ERR_INPUT,
		    "\"%.*s\" is not a date such as 2027-01-08", STR_ARG(to));
	if (out->to < out->from)
		return err_set(err, ERR_INPUT,
		    "the last day, \"%.*s\", is before the first, \"%.*s\"",
		    STR_ARG(to), STR_ARG(from));
	return 0;
}

/* --------------------------------------------------------------- holding */

static bool
is_among(const struct schedule_dates *d, unsigned n, int64_t day)
{
	for (unsigned i = 0; i < n; i++)
		if (day >= d[i].from && day <= d[i].to)
			return true;
	return false;
}

static bool
has_date(const struct schedule_def *s, int64_t day)
{
	return (s->nonly == 0 || is_among(s->only, s->nonly, day)) &&
	       !is_among(s->except, s->nexcept, day);
}

static bool
has_weekday(const struct schedule_hours *h, unsigned weekday)
{
	return h->days >> weekday % 7 & 1;
}

bool
schedule_holds(const struct schedule_def *s, const struct zone *z, int64_t utc)
{
	struct local_time l;
	bool today, yesterday;

	zone_local(z, utc, &l);
	today = has_date(s, l.days);
	if (s->nhours == 0)
		return today;
	/* what runs over midnight belongs to the day it begins on */
	yesterday = has_date(s, l.days - 1);
	for (unsigned i = 0; i < s->nhours; i++) {
		const struct schedule_hours *h = &s->hours[i];
		bool over = h->to <= h->from;

		if (today && has_weekday(h, l.weekday) && l.second >= h->from &&
		    (over || l.second < h->to))
			return true;
		if (over && yesterday && has_weekday(h, l.weekday + 6u) &&
		    l.second < h->to)
			return true;
	}
	return false;
}
