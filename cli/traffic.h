/*
 * traffic.h - requests of the past, a line each: our own block.jsonl, Squid's
 * access.log, the common and combined logs of other servers and proxies, or a
 * plain list of addresses. Each line is recognised by itself.
 *
 *	struct traffic t = {0};
 *	if (traffic_read(&t, line) == TRAFFIC_OK)
 *		... t.url, t.client ...
 *	traffic_fini(&t);
 */
#ifndef CLI_TRAFFIC_H
#define CLI_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "filters/scenario.h"
#include "review/jsonflat.h"

enum traffic_result {
	TRAFFIC_OK = 0,
	TRAFFIC_EMPTY,  /* nothing in it, or a comment */
	TRAFFIC_OTHER,  /* of a log, but no request that was judged */
	TRAFFIC_NO_URL, /* the log keeps no address of it */
	TRAFFIC_BAD,    /* of no format that is known */
};
#define TRAFFIC_RESULTS 5

/* Slices of the line or of <flat>; "" : the log does not say. */
struct traffic {
	struct jsonflat flat; /* owned; zeroed at first */
	struct str url;       /* an address, or HOST:PORT of a tunnel */
	struct str connect;   /* where it went through a tunnel */
	struct str sni;
	struct str method;
	struct str client; /* an address; no pseudonym */
	struct str who;    /* what tells people apart: this or a pseudonym */
	struct str user, group;
	struct str type; /* of the answer */
	struct str ua, referer;
	struct str size;
	int64_t at;     /* seconds, UTC; 0: not known */
	char room[300]; /* of <connect> */
};

enum traffic_result traffic_read(struct traffic *t, struct str line);

/* What it says of who asked and how, as words of filters/scenario.h. */
#define TRAFFIC_WORDS 10
unsigned traffic_words(
    const struct traffic *t, struct scenario_word out[TRAFFIC_WORDS]);
void traffic_fini(struct traffic *t);

#endif
