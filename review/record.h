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
	RECORD_BYPASS, /* a warning was read, and one went on */
	RECORD_SHADOW, /* a policy that is tried beside the live one would have
	                * decided otherwise */
};
#define RECORD_ACTIONS 8
const char *record_action_name(enum record_action a);

/* How much a record says about who was blocked; [log] privacy. */
enum record_privacy {
	RECORD_PSEUDONYM = 0, /* the same client, the same word, for a month;
	                       * and so the user */
	RECORD_FULL,          /* the address, and the user */
	RECORD_AGGREGATE,     /* nobody, no more of a URL than its host, and
	                       * no words of a search */
};

/* Offsets into text[]; n == 0: not there. */
struct record_text {
	uint16_t at, n;
};

#define RECORD_TEXT       2304
#define RECORD_URL_MAX    600 /* of text[]; the others fit in what is left */
#define RECORD_USER_MAX   96
#define RECORD_SEARCH_MAX 256
#define RECORD_NESTED_MAX 320
#define RECORD_TRACE_MAX  256

struct record {
	char id[RECORD_ID];
	uint8_t action;     /* enum record_action */
	uint8_t stage;      /* enum stage */
	uint8_t visibility; /* enum visibility */
	uint8_t intent;     /* enum record_intent */
	uint8_t tier;       /* enum tier, if <judged> */
	uint8_t severity;   /* enum severity, of a search */
	uint8_t live;       /* RECORD_SHADOW: enum action of the live policy
	                     * + 1; 0: none */
	bool cut;           /* a text was longer */
	bool tunnel;
	bool judged;     /* there was a verdict */
	bool nameless;   /* a place that offers help: nobody may learn who went
	                * there, whatever the privacy level */
	uint16_t reason; /* enum reason */
	uint16_t status; /* what the client was answered; 0: closed */
	uint16_t port;
	uint32_t ms; /* from the request's first byte */
	uint32_t rule_line, source_line;
	uint64_t generation;
	uint64_t url_hash; /* hash64 of the whole raw URL */
	int64_t wall_ms;
	uint64_t count; /* RECORD_LOST */
	uint8_t client[16];
	struct record_text listener, group, policy, method, scheme, host, url;
	struct record_text rule_file, rule, category, list, entry, source_file;
	struct record_text sni, connect;
	struct record_text site; /* the registrable domain: the end of host */
	struct record_text user; /* as it was proven; "" : nobody said */
	struct record_text search, theme; /* folded words; what they touch */
	struct record_text override;      /* its id */
	struct record_text nested;        /* the address inside the address */
	struct record_text trace; /* bytes: what each rule and term said */
	uint16_t used;            /* of text */
	char text[RECORD_TEXT];
};

/* What the client was after, by Sec-Fetch-* and Accept. */
enum record_intent {
	INTENT_UNKNOWN = 0,
	INTENT_NAVIGATION,
	INTENT_SUBRESOURCE,
	INTENT_SEARCH, /* it asks a search engine for something */
};
const char *record_intent_name(enum record_intent i);

/* Zero <r> and stamp it: <wall_ms>, a fresh id of <wall_ms> and <chance>. */
void record_begin(struct record *r, int64_t wall_ms, const uint8_t chance[10]);

/*
 * Copy <s> behind what <r> holds; cut to <max> and to what is left, never
 * inside of a UTF-8 character, and r->cut says so. The longest texts go last,
 * so that the short ones find room.
 */
struct record_text record_put(struct record *r, struct str s, size_t max);

/* The same for bytes that are no text: all of them, or none. */
struct record_text record_put_whole(struct record *r, struct str s, size_t max);

/* Never outside of text[], whatever <t> says: <r> may come from a ring. */
struct str record_get(const struct record *r, struct record_text t);

/* A ULID: 10 characters of <wall_ms>, 16 of <chance>; and a NUL. */
void record_id(char out[RECORD_ID], int64_t wall_ms, const uint8_t chance[10]);
/* 26 characters of the alphabet of a ULID. */
bool record_id_is_valid(struct str s);

/* "p-" and 16 hexadecimal digits for <client> under the key of a month. */
#define RECORD_KEY            32
#define RECORD_PSEUDONYM_ROOM 19
void record_pseudonym(const uint8_t key[RECORD_KEY], const uint8_t client[16],
    char out[RECORD_PSEUDONYM_ROOM]);
/* "u-" and 16 digits for <user>; never the same as a client's. */
void record_user_pseudonym(const uint8_t key[RECORD_KEY], struct str user,
    char out[RECORD_PSEUDONYM_ROOM]);

/* How the log is to be written. */
struct record_style {
	enum record_privacy privacy;
	bool log_query;        /* else the query is dropped from url, and the
	                        * words of a search that touches no theme */
	const char *pseudonym; /* of this record's client; NULL: none */
	const char *user;      /* the pseudonym of its user; NULL: none */
};

struct buf;

/*
 * One line of block.jsonl, newline included. User and password are never
 * written, and no more of the client than <style> permits.
 */
void record_json(
    const struct record *r, const struct record_style *style, struct buf *out);

#endif
