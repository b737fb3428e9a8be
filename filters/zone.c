/* zone.c - a time zone: UTC to local time, from a TZif file. */
#include "filters/zone.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "filters/zone_posix.h"

#define HEADER     44
#define TIMES_MAX  4096 /* the busiest zone has some 240 */
#define TYPES_MAX  256  /* their number is a byte */
#define TYPE_BYTES 6
#define WIDTH_1    4 /* of a time in version 1 */
#define WIDTH_2    8
#define FOOTER_MAX 128
/* Up to here the footer is turned into changes, which are quicker to find. */
#define FILLED_TO  INT64_C(4294967296)
#define FILLED_MAX 320 /* two a year from 1970 */

struct zone {
	int64_t *at;     /* ascending; UTC */
	int32_t *offset; /* from then on */
	uint32_t n;
	int32_t before;  /* the first of them */
	bool has_footer; /* for what lies behind the last */
	struct zone_posix footer;
};

/* -------------------------------------------------------------- reading */

/* What a header says is behind it. */
struct counts {
	uint64_t isut, isstd, leaps, times, types, chars;
};

struct reader {
	struct bytes in;
	size_t at;
	struct err *err;
};

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int64_t
be64(const uint8_t *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static int
bad(struct reader *r, const char *why)
{
	return err_set(r->err, ERR_INPUT, "not a time zone's file: %s", why);
}

/* <n> bytes, or NULL where so many are not there. */
static const uint8_t *
take(struct reader *r, uint64_t n)
{
	size_t from = r->at;

	if (n > r->in.n - from) {
		bad(r, "it ends too early");
		return NULL;
	}
	r->at += (size_t)n;
	return r->in.p + from;
}

static int
take_header(struct reader *r, struct counts *c, char *version)
{
	const uint8_t *p = take(r, HEADER);

	if (!p)
		return -1;
	if (!str_eq(str_make((const char *)p, 4), STR("TZif")))
		return bad(r, "it does not begin with TZif");
	*version = (char)p[4];
	if (*version != '\0' && (*version < '2' || *version > '9'))
		return bad(r, "its version is none");
	p += 20;
	*c = (struct counts){be32(p), be32(p + 4), be32(p + 8), be32(p + 12),
	    be32(p + 16), be32(p + 20)};
	return 0;
}

static uint64_t
block_bytes(const struct counts *c, unsigned width)
{
	return c->times * (width + 1) + c->types * TYPE_BYTES + c->chars +
	       c->leaps * (width + 4) + c->isstd + c->isut;
}

static int
check_counts(struct reader *r, const struct counts *c)
{
	if (c->leaps)
		return bad(r, "it counts leap seconds; take the one outside "
		              "of the folder \"right\"");
	if (c->types == 0 || c->types > TYPES_MAX)
		return bad(r, "it has no types, or too many");
	if (c->times > TIMES_MAX)
		return bad(r, "it has too many changes");
	return 0;
}

static int
read_types(struct reader *r, const uint8_t *p, uint64_t n, int32_t *offset)
{
	for (uint64_t i = 0; i < n; i++) {
		offset[i] = (int32_t)be32(p + i * TYPE_BYTES);
		if (offset[i] < -ZONE_OFFSET_MAX || offset[i] > ZONE_OFFSET_MAX)
			return bad(r, "it is more than a day off");
	}
	return 0;
}

/* A block of data of <width> bytes a time. */
static int
read_block(struct reader *r, struct arena *a, const struct counts *c,
    unsigned width, struct zone *z)
{
	int32_t type[TYPES_MAX], *offset;
	const uint8_t *times, *index;
	int64_t *at;

	if (check_counts(r, c) < 0)
		return -1;
	times = take(r, block_bytes(c, width));
	if (!times)
		return -1;
	index = times + c->times * width;
	if (read_types(r, index + c->times, c->types, type) < 0)
		return -1;
	at = arena_alloc(a, ((size_t)c->times + FILLED_MAX) * sizeof(*at));
	offset =
	    arena_alloc(a, ((size_t)c->times + FILLED_MAX) * sizeof(*offset));
	if (!at || !offset)
		return err_set(r->err, ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < c->times; i++) {
		const uint8_t *p = times + (size_t)i * width;

		at[i] = width == WIDTH_1 ? (int32_t)be32(p) : be64(p);
		if (i && at[i] <= at[i - 1])
			return bad(r, "its changes are not in order");
		if (index[i] >= c->types)
			return bad(r, "a change is to a type that is none");
		offset[i] = type[index[i]];
	}
	z->at = at;
	z->offset = offset;
	z->n = (uint32_t)c->times;
	z->before = type[0];
	return 0;
}

/* "\nEET-2EEST,M3.5.0/3,M10.5.0/4\n"; there may be nothing in it. */
static int
read_footer(struct reader *r, struct zone *z)
{
	struct str text =
	    str_make((const char *)r->in.p + r->at, r->in.n - r->at);
	size_t end = str_find(text, '\n', 1);

	if (text.n == 0 || text.p[0] != '\n' || end == text.n)
		return bad(r, "it has no footer");
	text = str_sub(text, 1, end - 1);
	if (text.n == 0)
		return 0;
	if (text.n > FOOTER_MAX || !zone_posix_read(text, &z->footer))
		return bad(r, "its footer is malformed");
	z->has_footer = true;
	return 0;
}

/* The footer holds from the last change on. */
static void
fill(struct zone *z)
{
	uint32_t last = z->n - 1;
	int64_t until;

	if (!z->has_footer || z->n == 0 || z->at[last] < 0 ||
	    z->at[last] > FILLED_TO)
		return;
	z->offset[last] = zone_posix_offset(&z->footer, z->at[last], &until);
	for (unsigned i = 0; i < FILLED_MAX && until < FILLED_TO; i++) {
		z->at[z->n] = until;
		z->offset[z->n++] =
		    zone_posix_offset(&z->footer, until, &until);
	}
}

static int
read_file(struct reader *r, struct arena *a, struct zone *z)
{
	struct counts c;
	char version;

	if (take_header(r, &c, &version) < 0)
		return -1;
	if (version == '\0')
		return read_block(r, a, &c, WIDTH_1, z);
	/* what is there for those who can read version 1 alone */
	if (!take(r, block_bytes(&c, WIDTH_1)) ||
	    take_header(r, &c, &version) < 0 ||
	    read_block(r, a, &c, WIDTH_2, z) < 0)
		return -1;
	if (read_footer(r, z) < 0)
		return -1;
	fill(z);
	return 0;
}

const struct zone *
zone_read(struct arena *a, struct bytes bytes, struct err *err)
{
	struct reader r = {.in = bytes, .err = err};
	struct zone *z = arena_zalloc(a, sizeof(*z));

	if (!z) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	return read_file(&r, a, z) < 0 ? NULL : z;
}

/* --------------------------------------------------------------- asking */

/* The offset at <utc>, and until when it holds at least. */
static int32_t
offset_at(const struct zone *z, int64_t utc, int64_t *until)
{
	uint32_t low = 0, high;

	*until = INT64_MAX;
	if (!z)
		return 0;
	high = z->n;
	while (low < high) { /* the first change behind <utc> */
		uint32_t mid = low + (high - low) / 2;

		if (z->at[mid] <= utc)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < z->n)
		*until = z->at[low];
	else if (z->has_footer)
		return zone_posix_offset(&z->footer, utc, until);
	return low ? z->offset[low - 1] : z->before;
}

static int64_t
within_reach(int64_t utc)
{
	if (utc < -ZONE_UTC_MAX)
		return -ZONE_UTC_MAX;
	return utc > ZONE_UTC_MAX ? ZONE_UTC_MAX : utc;
}

void
zone_local(const struct zone *z, int64_t utc, struct local_time *out)
{
	int64_t until, local, second;

	utc = within_reach(utc);
	out->offset_s = offset_at(z, utc, &until);
	local = utc + out->offset_s;
	second = local % ZONE_DAY_S;
	if (second < 0)
		second += ZONE_DAY_S;
	out->second = (uint32_t)second;
	out->days = (local - second) / ZONE_DAY_S;
	/* day 0 was a Thursday */
	out->weekday = (uint8_t)(((out->days + 3) % 7 + 7) % 7);
	zone_date(out->days, &out->year, &out->month, &out->day);
}

int64_t
zone_day_begins(const struct zone *z, int64_t days)
{
	int64_t most = ZONE_UTC_MAX / ZONE_DAY_S - 2;
	int64_t local, from;

	days = days < -most ? -most : days > most ? most : days;
	local = days * ZONE_DAY_S;
	/* Wherever the zone is, this is before it: go through its changes. */
	from = local - ZONE_OFFSET_MAX - ZONE_DAY_S;
	for (;;) {
		int64_t until;
		int64_t at = local - offset_at(z, from, &until);

		if (at < from)
			return from; /* skipped by the change at <from> */
		if (at < until)
			return at;
		from = until;
	}
}

bool
date_to_days(int32_t year, unsigned month, unsigned day, int64_t *out)
{
	int32_t y;
	uint8_t m, d;

	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*out = zone_days(year, month, day);
	zone_date(*out, &y, &m, &d);
	return y == year && m == month && d == day;
}
