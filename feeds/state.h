/*
 * state.h - what is known of a feed from one update to the next: the file
 * state.json in its folder (docs/formats/feeds.md). A file that is damaged or
 * missing is as if nothing were known: the feed is then fetched anew.
 */
#ifndef FEEDS_STATE_H
#define FEEDS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct err;

#define STATE_TEXT   512
#define STATE_DIGEST 65 /* hex and a NUL */
#define STATE_NAME   48

/* One version of a list. Times are seconds of the wall clock. */
struct feed_version {
	char name[STATE_NAME]; /* of its folder; "": there is none */
	char sha256[STATE_DIGEST];
	int64_t time;        /* when it was fetched */
	int64_t signed_time; /* as its signature says; 0 */
	uint64_t bytes, entries;
	bool accepted; /* by an admin, though it was held */
};

struct feed_state {
	char url[STATE_TEXT]; /* as shown: without a password */
	uint32_t seed;        /* 0: not drawn yet */
	int64_t tried;        /* the last attempt */
	int64_t good;         /* the last that succeeded, new or not */
	uint32_t failures;    /* in a row */
	bool pending; /* current is not yet compiled with all the rest */
	char error[STATE_TEXT]; /* of the last attempt; "": it went well */
	char etag[STATE_TEXT], modified[STATE_TEXT]; /* as the site sent them */
	struct feed_version current, former, held;
	char held_why[STATE_TEXT];
};

void feed_state_print(const struct feed_state *s, struct buf *out);
/* False: it is not one, and <s> is empty. */
bool feed_state_parse(struct str text, struct feed_state *s);

/* <folder>/state.json; empty where there is none. False, and <s> empty: there
 * is one and it cannot be read. */
bool feed_state_load(const char *folder, struct feed_state *s);
int feed_state_save(
    const char *folder, const struct feed_state *s, struct err *err);

struct feed_plan;
/* When a feed in this state is to be fetched (again); see feed_due(). */
int64_t feed_state_due(
    const struct feed_state *s, const struct feed_plan *p, int64_t now);

/* Copy what fits. */
void feed_state_text(char *to, size_t size, struct str s);

#endif
