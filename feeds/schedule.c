/* schedule.c - where a list comes from, and when it is fetched again. */
#include "feeds/schedule.h"

#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/table.h"

#define DAY_S       86400
#define CLOCK_SLACK 3600 /* how far ahead a last try may lie */

static const char *const days[] = {
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static int
bad_part(struct str part, struct str *bad, struct err *err, const char *want)
{
	*bad = part;
	return err_set(
	    err, ERR_INPUT, "expected %s, found \"%.*s\"", want, STR_ARG(part));
}

static bool
next_word(struct str *rest, struct str *word)
{
	size_t n = 0;

	*rest = str_trim(*rest);
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	*word = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->n);
	return n > 0;
}

/* "03:30" */
static bool
parse_time(struct str s, struct feed_plan *p)
{
	struct str h, m;
	uint64_t hour, minute;

	if (!str_cut(s, ':', &h, &m) || h.n > 2 || m.n != 2 ||
	    !str_to_u64(h, &hour) || !str_to_u64(m, &minute) || hour > 23 ||
	    minute > 59)
		return false;
	p->hour = (uint8_t)hour;
	p->minute = (uint8_t)minute;
	return true;
}

/* "6h" */
static bool
parse_every(struct str s, struct feed_plan *p)
{
	static const struct {
		char unit;
		uint32_t s;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', DAY_S}};
	uint64_t n, unit = 0;

	for (unsigned i = 0; s.n && i < ARRAY_LEN(units); i++)
		if (s.p[s.n - 1] == units[i].unit)
			unit = units[i].s;
	if (!unit || !str_to_u64(str_sub(s, 0, s.n - 1), &n) || n == 0 ||
	    n > FEED_EVERY_MAX / unit)
		return false;
	p->every_s = (uint32_t)(n * unit);
	return true;
}

/* "+-20%" */
static bool
parse_bound(struct str s, struct feed_plan *p)
{
	uint64_t n;

	if (!str_starts(s, STR("+-")) || !str_ends(s, STR("%")) || s.n < 4 ||
	    !str_to_u64(str_sub(s, 2, s.n - 3), &n) || n > 1000)
		return false;
	p->bound = (uint32_t)n;
	return true;
}

static int
parse_weekly(
    struct str *rest, struct feed_plan *p, struct str *bad, struct err *err)
{
	struct str word;
	unsigned i;

	p->when = FEED_WEEKLY;
	next_word(rest, &word);
	for (i = 0; i < ARRAY_LEN(days); i++)
		if (str_eq_nocase(word, str_of(days[i])))
			break;
	if (i == ARRAY_LEN(days))
		return bad_part(word, bad, err, "a day, mon to sun");
	p->day = (uint8_t)i;
	next_word(rest, &word);
	if (!parse_time(word, p))
		return bad_part(word, bad, err, "a time like 03:30");
	return 0;
}

/* <word> and, from <rest>, what belongs to it. */
static int
parse_when(struct str word, struct str *rest, struct feed_plan *p,
    struct str *bad, struct err *err)
{
	if (str_eq(word, STR("never"))) {
		p->when = FEED_NEVER;
		return 0;
	}
	if (str_eq(word, STR("weekly")))
		return parse_weekly(rest, p, bad, err);
	if (str_eq(word, STR("daily"))) {
		p->when = FEED_DAILY;
		next_word(rest, &word);
		return parse_time(word, p)
		           ? 0
		           : bad_part(word, bad, err, "a time like 03:30");
	}
	if (str_eq(word, STR("every"))) {
		p->when = FEED_EVERY;
		next_word(rest, &word);
		return parse_every(word, p)
		           ? 0
		           : bad_part(word, bad, err,
		                 "a time between two updates, 1s to 400d");
	}
	return bad_part(word, bad, err,
	    "every 6h, daily 03:30, weekly mon 03:30, never, or +-20%");
}

static bool
scheme_ok(struct str url)
{
	size_t at = str_search(url, STR("://"));

	return at == url.n || feed_url_is_http(url) || feed_url_is_https(url) ||
	       str_starts(url, STR("file:///"));
}

/* No blank is in it; nor may a control be, or what ends a URL's host. */
static bool
is_clean(struct str url)
{
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f)
			return false;
	return url.n < 2000;
}

int
feed_plan_parse(
    struct str text, struct feed_plan *p, struct str *bad, struct err *err)
{
	struct str rest = text, word;
	bool when = false;

	*p = (struct feed_plan){
	    .when = FEED_EVERY, .every_s = DAY_S, .bound = FEED_NO_BOUND};
	if (!next_word(&rest, &p->url))
		return 0;
	if (!scheme_ok(p->url) || !is_clean(p->url))
		return bad_part(
		    p->url, bad, err, "https://, http://, file:/// or a path");
	while (next_word(&rest, &word)) {
		if (word.p[0] == '+') {
			if (p->bound != FEED_NO_BOUND || !parse_bound(word, p))
				return bad_part(
				    word, bad, err, "one bound like +-20%");
			continue;
		}
		if (when || p->bound != FEED_NO_BOUND)
			return bad_part(word, bad, err,
			    "nothing more than one time and a bound");
		when = true;
		if (parse_when(word, &rest, p, bad, err) < 0)
			return -1;
	}
	return 0;
}

static void
print_every(uint32_t s, struct buf *out)
{
	if (s % DAY_S == 0)
		buf_addf(out, " every %ud", s / DAY_S);
	else if (s % 3600 == 0)
		buf_addf(out, " every %uh", s / 3600);
	else if (s % 60 == 0)
		buf_addf(out, " every %um", s / 60);
	else
		buf_addf(out, " every %us", s);
}

void
feed_plan_print(const struct feed_plan *p, struct buf *out)
{
	if (p->url.n == 0)
		return;
	buf_add_str(out, p->url);
	switch (p->when) {
	case FEED_NEVER:
		buf_add_str(out, STR(" never"));
		break;
	case FEED_EVERY:
		print_every(p->every_s, out);
		break;
	case FEED_DAILY:
		buf_addf(out, " daily %02u:%02u", p->hour, p->minute);
		break;
	case FEED_WEEKLY:
		buf_addf(out, " weekly %s %02u:%02u", days[p->day], p->hour,
		    p->minute);
		break;
	}
	if (p->bound != FEED_NO_BOUND)
		buf_addf(out, " +-%u%%", p->bound);
}

/* ----------------------------------------------------------------- address */

bool
feed_url_is_http(struct str url)
{
	return url.n > 7 && str_eq_nocase(str_sub(url, 0, 7), STR("http://"));
}

bool
feed_url_is_https(struct str url)
{
	return url.n > 8 && str_eq_nocase(str_sub(url, 0, 8), STR("https://"));
}

struct str
feed_url_path(struct str url)
{
	if (str_starts(url, STR("file:///")))
		return str_sub(url, 7, url.n);
	return str_search(url, STR("://")) == url.n ? url : STR_NONE;
}

void
feed_url_shown(struct str url, struct buf *out)
{
	size_t host = str_search(url, STR("://")), slash, at;

	if (host == url.n) {
		buf_add_str(out, url);
		return;
	}
	host += 3;
	slash = str_find(url, '/', host);
	at = slash;
	while (at > host && url.p[at - 1] != '@')
		at--;
	buf_add_str(out, str_sub(url, 0, host));
	buf_add_str(out, str_sub(url, at, url.n));
}

/* -------------------------------------------------------------------- time */

static int64_t
jitter(uint32_t seed, int64_t most)
{
	return seed % (most + 1);
}

/* The local time of day on the day of <after>, or on a later one. */
static int64_t
next_clock(const struct feed_plan *p, int64_t after)
{
	time_t then = (time_t)after, t;
	struct tm day, at;

	if (!localtime_r(&then, &day))
		return INT64_MAX;
	for (int i = 0; i <= 8; i++) {
		at = day;
		at.tm_mday += i;
		at.tm_hour = p->hour;
		at.tm_min = p->minute;
		at.tm_sec = 0;
		at.tm_isdst = -1; /* an hour that a clock change leaves out
				   * becomes the one before or after it */
		t = mktime(&at);
		if (t == (time_t)-1 || (int64_t)t <= after)
			continue;
		if (p->when == FEED_WEEKLY && at.tm_wday != p->day)
			continue;
		return (int64_t)t;
	}
	return INT64_MAX;
}

int64_t
feed_next(const struct feed_plan *p, int64_t after, uint32_t seed)
{
	int64_t next;

	switch (p->when) {
	case FEED_EVERY:
		next = p->every_s / 10;
		return after + p->every_s +
		       jitter(seed,
		           next < FEED_JITTER_MAX ? next : FEED_JITTER_MAX);
	case FEED_DAILY:
	case FEED_WEEKLY:
		next = next_clock(p, after);
		return next == INT64_MAX ? next
		                         : next + jitter(seed, FEED_JITTER_MAX);
	case FEED_NEVER:
		break;
	}
	return INT64_MAX;
}

int64_t
feed_due(const struct feed_plan *p, const struct feed_tries *t, int64_t now)
{
	int64_t wait = FEED_RETRY_FIRST_S, next;

	if (p->when == FEED_NEVER)
		return INT64_MAX;
	if (t->last <= 0 || t->last > now + CLOCK_SLACK)
		return now;
	next = feed_next(p, t->last, t->seed);
	if (t->failures == 0)
		return next;
	for (uint32_t i = 1; i < t->failures && wait < FEED_RETRY_MAX_S; i++)
		wait *= 2;
	if (wait > FEED_RETRY_MAX_S)
		wait = FEED_RETRY_MAX_S;
	wait += jitter(t->seed, wait / 4);
	return t->last + wait < next ? t->last + wait : next;
}

int64_t
feed_period(const struct feed_plan *p)
{
	switch (p->when) {
	case FEED_EVERY:
		return p->every_s;
	case FEED_DAILY:
		return DAY_S;
	case FEED_WEEKLY:
		return 7 * DAY_S;
	case FEED_NEVER:
		break;
	}
	return 0;
}
