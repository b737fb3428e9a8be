/* value_when.c - values of a schedule: hours and dates. */
#include "base/buf.h"
#include "base/err.h"
#include "base/table.h"
#include "config/config.h"
#include "config/value.h"
#include "filters/zone.h"

#define DAYS  7
#define DAY_S 86400u

/* Parts have blanks in them: commas alone part them. */
static bool
next_part(struct str *rest, struct str *part)
{
	while (str_next(rest, ',', part)) {
		*part = str_trim(*part);
		if (part->n)
			return true;
	}
	return false;
}

VALUE_PARSER(hours)
{
	struct str rest = v->text, part;
	struct schedule_hours one, *h;
	struct err err;

	while (next_part(&rest, &part)) {
		if (schedule_hours_read(part, &one, &err) < 0)
			return value_bad(v, part, "%s", err.text);
		h = value_list_add(v->arena, field, sizeof(*h));
		if (h)
			*h = one;
	}
	return 0;
}

VALUE_PARSER(dates)
{
	struct str rest = v->text, part;
	struct schedule_dates one, *to;
	struct err err;

	while (next_part(&rest, &part)) {
		if (schedule_dates_read(part, &one, &err) < 0)
			return value_bad(v, part, "%s", err.text);
		to = value_list_add(v->arena, field, sizeof(*to));
		if (to)
			*to = one;
	}
	return 0;
}

static void
add_clock(struct buf *out, uint32_t s)
{
	buf_addf(out, "%02u:%02u", s / 3600, s / 60 % 60);
}

VALUE_PRINTER(hours)
{
	static const char *const names[DAYS] = {
	    "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	const struct schedule_hours *h = value_list_at(field, i, sizeof(*h));
	bool any = false;

	(void)key;
	if (!h)
		return false;
	for (unsigned d = 0; d < DAYS; d++) {
		if (!(h->days >> d & 1))
			continue;
		buf_addf(out, "%s%s", any ? " " : "", names[d]);
		any = true;
	}
	if (h->from || h->to != DAY_S) {
		buf_add_char(out, ' ');
		add_clock(out, h->from);
		buf_add_char(out, '-');
		add_clock(out, h->to);
	}
	return true;
}

static void
add_date(struct buf *out, int64_t days)
{
	struct local_time l;

	zone_local(NULL, days * (int64_t)DAY_S, &l);
	buf_addf(out, "%04d-%02u-%02u", l.year, l.month, l.day);
}

VALUE_PRINTER(dates)
{
	const struct schedule_dates *d = value_list_at(field, i, sizeof(*d));

	(void)key;
	if (!d)
		return false;
	add_date(out, d->from);
	if (d->to != d->from) {
		buf_add_str(out, STR(".."));
		add_date(out, d->to);
	}
	return true;
}
