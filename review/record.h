/*
 * record.h - one decision to keep: flat, fixed size, no pointers.
 *
 * A worker fills one and puts it into its ring (review/ring.h) before the
 * client is told that it is blocked. Texts that do not fit are cut, `cut`
 * says so and the hash of the whole URL is kept: nothing is cut in silence.
 * The recorder writes it as a line of block.jsonl (docs/formats/block-log.md)
 * and is the only one who does: what a privacy level hides is hidden there.
 */
#ifndef REVIEW_RECORD_H
#define REVIEW_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define RECORD_ID 27 /* a ULID of 26 characters and a NUL */

enum record_action {
	RECORD_BLOCK = 0,
	RECORD_WARN,
	RECORD_MONITOR,
	RECORD_REFUSE, /* malformed, forbidden port or destination */
	RECORD_ERROR,  /* the origin's fault: 502, 504 */
	RECORD_LOST,   /* made by the recorder: `count` records were dropped */
};
#define RECORD_ACTIONS 6
const char *record_action_name(enum record_action a);

/* Offsets into text[]; n == 0: not there. */
struct record_text {
	uint16_t at, n;
};

#define RECORD_TEXT 1536
#define RECORD_URL_MAX 600 /* of text[]; the others fit in what is left */

struct record {
	char id[RECORD_ID];
	uint8_t action;      /* enum record_action */
	uint8_t stage;       /* enum stage */
	uint8_t visibility;  /* enum visibility */
	uint8_t intent;      /* enum record_intent */
	bool cut;            /* url was longer */
	bool tunnel;
	uint16_t reason;     /* enum reason */
	uint16_t status;     /* what the client was answered; 0: closed */
	uint16_t port;
	uint32_t ms;         /* from the request's first byte */
	uint32_t rule_line, source_line;
	uint64_t generation;
	uint64_t url_hash;   /* hash64 of the whole raw URL */
	int64_t wall_ms;
	uint64_t count;      /* RECORD_LOST */
	uint8_t client[16];
	struct record_text listener, group, policy, method, scheme, host, url;
	struct record_text rule_file, rule, category, list, entry, source_file;
	struct record_text sni, connect;
	uint16_t used;       /* of text */
	char text[RECORD_TEXT];
};

/* What the client was after, by Sec-Fetch-* and Accept. */
enum record_intent {
	INTENT_UNKNOWN = 0,
	INTENT_NAVIGATION,
	INTENT_SUBRESOURCE,
	INTENT_SEARCH, /* later: search-term extraction */
};
const char *record_intent_name(enum record_intent i);

/* Zero <r> and stamp it: <wall_ms>, a fresh id of <wall_ms> and <chance>. */
void record_begin(struct record *r, int64_t wall_ms, const uint8_t chance[10]);

/* Copy <s> behind what <r> holds; cut to <max> and to what is left. */
struct record_text record_put(struct record *r, struct str s, size_t max);

struct str record_get(const struct record *r, struct record_text t);

/* How the log is to be written. */
struct record_style {
	uint8_t privacy;   /* enum privacy of config.h, by value */
	bool log_query;    /* else the query is dropped from url */
	const uint8_t *key; /* of the month; 32 bytes; borrowed */
};

struct buf;

/* One line of block.jsonl, newline included. */
void record_json(
    const struct record *r, const struct record_style *style, struct buf *out);

#endif
