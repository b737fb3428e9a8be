/*
 * world_head.h - the head of a request, its answer, and what rules about these
 * may name: each from the words of a table's row.
 *
 *	schedule	NAME	ZONE	WHEN	[ONLY	[EXCEPT]]
 *	theme	NAME	SEVERITY	phrase	phrase ...
 *	engines		those that come with the program
 *
 * ZONE is a file of tests/fuzz/corpus/zone, or "-". Words of a request, values
 * percent-encoded:
 *
 *	at=2026-11-23T15:29 (UTC) ua= referer= accept= header=NAME:VALUE
 *	type= size=BYTES sofar=BYTES first= filename= (several) filenames=more
 *	encoded=yes status=
 */
#ifndef TESTS_FILTERS_WORLD_HEAD_H
#define TESTS_FILTERS_WORLD_HEAD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "filters/request.h"
#include "filters/schedule.h"
#include "filters/snapshot.h"
#include "filters/zone.h"

#define HEAD_FIELDS 8
#define HEAD_PARTS  8

/* --------------------------------------------------------- a request's words */

/* "a%20b" -> "a b" */
static inline struct str
head_decode(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	assert_non_null(p);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n) {
			const char hex[] = {s.p[i + 1], s.p[i + 2], 0};

			p[n++] = (char)strtol(hex, NULL, 16);
			i += 2;
		} else {
			p[n++] = s.p[i];
		}
	}
	return str_make(p, n);
}

/* "2026-11-23T15:29" or "2026-11-23T15:29:59" */
static inline int64_t
head_time(struct str s)
{
	unsigned y, mo, d, h, mi, sec = 0;
	char text[32];
	int64_t days;

	assert_true(str_copy(s, text, sizeof(text)));
	if (sscanf(text, "%u-%u-%uT%u:%u:%u", &y, &mo, &d, &h, &mi, &sec) < 5 ||
	    !date_to_days((int32_t)y, mo, d, &days))
		fail_msg("what time is %s?", text);
	return days * 86400 + h * 3600 + mi * 60 + sec;
}

static inline void
head_field(struct request *r, struct arena *a, struct str value)
{
	struct request_field *f = arena_alloc(a, (r->nfields + 1) * sizeof(*f));

	assert_non_null(f);
	if (r->nfields)
		memcpy(f, r->fields, r->nfields * sizeof(*f));
	str_cut(value, ':', &f[r->nfields].name, &f[r->nfields].value);
	r->fields = f;
	r->nfields++;
}

/* Each time one more. */
static inline void
head_filename(struct request *r, struct arena *a, struct str value)
{
	unsigned n = r->answer.nfilenames;
	struct str *list = arena_alloc(a, (n + 1) * sizeof(*list));

	assert_non_null(list);
	for (unsigned i = 0; i < n; i++)
		list[i] = r->answer.filename[i];
	list[n] = value;
	r->answer.filename = list;
	r->answer.nfilenames = n + 1;
}

static inline uint64_t
head_number(struct str s)
{
	uint64_t n;

	assert_true(str_to_u64(s, &n));
	return n;
}

/* False: it is another word. */
static inline bool
head_word(struct request *r, struct arena *a, struct str key, struct str raw)
{
	struct str value = head_decode(a, raw);

	if (str_eq(key, STR("at")))
		r->now = head_time(value);
	else if (str_eq(key, STR("ua")))
		r->ua = value;
	else if (str_eq(key, STR("referer")))
		r->referer = value;
	else if (str_eq(key, STR("accept")))
		r->accept = value;
	else if (str_eq(key, STR("header")))
		head_field(r, a, value);
	else if (str_eq(key, STR("type")))
		r->answer.type = value;
	else if (str_eq(key, STR("first")))
		r->answer.first = value;
	else if (str_eq(key, STR("filename")))
		head_filename(r, a, value);
	else if (str_eq(key, STR("filenames")))
		r->answer.more_filenames = true;
	else if (str_eq(key, STR("encoded")))
		r->answer.encoded = true;
	else if (str_eq(key, STR("status")))
		r->answer.status = (uint16_t)head_number(value);
	else if (str_eq(key, STR("size")) || str_eq(key, STR("sofar")))
		r->answer.has_size = str_to_u64(value, &r->answer.size) &&
		                     str_eq(key, STR("size"));
	else
		return false;
	return true;
}

/* ------------------------------------------------------------ what is named */

static inline size_t
head_file(const char *name, char *out, size_t size)
{
	static const char data[] = TEST_DATA;
	char path[512];
	size_t n;
	FILE *f;

	/* tests/data need not be there */
	snprintf(path, sizeof(path), "%.*s%s",
	    (int)(strrchr(data, '/') + 1 - data), data, name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s cannot be read", path);
	n = fread(out, 1, size, f);
	fclose(f);
	assert_true(n > 0 && n < size);
	return n;
}

static inline void
head_schedule(struct snapshot_builder *b, char *cell[], unsigned n)
{
	struct schedule_hours hours[HEAD_PARTS];
	struct schedule_dates dates[2][HEAD_PARTS];
	struct schedule_def d = {.name = str_of(cell[1]),
	    .hours = hours,
	    .only = dates[0],
	    .except = dates[1]};
	static char zone[8192];
	struct str rest, part;
	char name[64];
	struct err err = {0};

	if (strcmp(cell[2], "-") != 0) {
		snprintf(name, sizeof(name), "fuzz/corpus/zone/%s", cell[2]);
		d.zone = (struct bytes){
		    (const uint8_t *)zone, head_file(name, zone, sizeof(zone))};
	}
	for (rest = str_of(cell[3]); rest.n && str_next(&rest, ',', &part);)
		if (schedule_hours_read(part, &hours[d.nhours++], &err) < 0)
			fail_msg("%s", err.text);
	for (unsigned i = 0; i + 4 < n && i < 2; i++) {
		unsigned *count = i ? &d.nexcept : &d.nonly;

		rest = str_of(cell[4 + i]);
		while (rest.n && str_next(&rest, ',', &part))
			if (schedule_dates_read(
			        part, &dates[i][(*count)++], &err) < 0)
				fail_msg("%s", err.text);
	}
	if (snapshot_schedule(b, &d, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void
head_theme(struct snapshot_builder *b, char *cell[], unsigned n)
{
	struct theme_def d = {.name = str_of(cell[1])};
	struct buf text = BUF_EMPTY;
	struct err err = {0};

	while (strcmp(cell[2], severity_name(d.severity)) != 0)
		d.severity++;
	for (unsigned i = 3; i < n; i++)
		buf_addf(&text, "%s\n", cell[i]);
	d.text = buf_str(&text);
	if (snapshot_theme(b, &d, &err) < 0)
		fail_msg("%s", err.text);
	buf_fini(&text);
}

static inline void
head_engines(struct snapshot_builder *b)
{
	static char table[256 * 1024];
	struct err err = {0};
	size_t n = head_file(
	    "../packaging/lists/search-engines.tsv", table, sizeof(table));

	if (snapshot_engines(b, str_make(table, n), &err) < 0)
		fail_msg("%s", err.text);
}

/* False: it is another row. */
static inline bool
head_row(struct snapshot_builder *b, char *cell[], unsigned n)
{
	if (strcmp(cell[0], "schedule") == 0 && n >= 4)
		head_schedule(b, cell, n);
	else if (strcmp(cell[0], "theme") == 0 && n >= 4)
		head_theme(b, cell, n);
	else if (strcmp(cell[0], "engines") == 0)
		head_engines(b);
	else
		return false;
	return true;
}

#endif
