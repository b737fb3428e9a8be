/*
 * visibility.h - how much of the traffic can be seen, against what is usual
 * for this hour of the week.
 *
 * Fed with the counters of all workers now and then; keeps, for each of the
 * 168 hours of a week (UTC), what the last weeks had. A whole hour is held
 * against that before it is learnt: fewer blocks than there should be, or
 * more tunnels, and somebody has found a way around. Pure: time and counts are
 * arguments, and its text (docs/formats/visibility.md) is somebody else's to
 * store.
 */
#ifndef PROXY_VISIBILITY_H
#define PROXY_VISIBILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

struct visibility_counts {
	uint64_t requests; /* CONNECTs among them */
	uint64_t tunnels;  /* opened */
	uint64_t blocked;
};

#define VISIBILITY_HOURS 168 /* of a week, from Thursday 00:00 UTC on */
#define VISIBILITY_WEEKS 8   /* what is older fades */
#define VISIBILITY_MILLI 1000

struct visibility_usual { /* of one hour of the week */
	uint32_t weeks;   /* that it was learnt from; at most _WEEKS */
	struct visibility_counts milli; /* means, in thousandths */
};

/* What is odd about an hour. */
enum visibility_odd {
	VISIBILITY_FEWER_BLOCKED = 1u << 0, /* for its number of requests */
	VISIBILITY_MORE_BLOCKED = 1u << 1,
	VISIBILITY_MORE_TUNNELS = 1u << 2, /* in a hundred requests */
	VISIBILITY_FEWER_TUNNELS = 1u << 3,
};

struct visibility_hour {
	int64_t number;     /* since 1970; 0: there is none */
	uint32_t watched_s; /* of its 3600 */
	struct visibility_counts counts;
};

struct visibility {
	struct visibility_hour now;  /* going on */
	struct visibility_hour last; /* the last that was watched enough */
	struct visibility_usual
	    before; /* what was usual for <last> before it */
	struct visibility_usual usual[VISIBILITY_HOURS];
	/* not stored: */
	bool begun;
	int64_t seen_at;
	struct visibility_counts seen;
};

/*
 * At <wall_s> the counters stand at <total> (they begin at 0 with the process).
 * True: an hour is over, and v->last is new.
 */
bool visibility_sample(struct visibility *v, int64_t wall_s,
    const struct visibility_counts *total);

/* Set of enum visibility_odd for v->last; 0 too where nothing is known. */
unsigned visibility_odd(const struct visibility *v);

/* In a hundred requests, and in an hour. */
unsigned visibility_tunnel_share(const struct visibility_counts *c);
uint64_t visibility_per_hour(uint64_t n, const struct visibility_hour *h);

/* "tunnels 71 % (usual 64 %), blocked 12/h (usual 95/h): far fewer blocks than
 * usual"; nothing where no hour was watched yet. */
void visibility_say(const struct visibility *v, struct buf *out);

/* All that lasts, as text, and back; false: malformed, <v> is empty then. */
void visibility_write(const struct visibility *v, struct buf *out);
bool visibility_read(struct visibility *v, struct str text);

#endif
