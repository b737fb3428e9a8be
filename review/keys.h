/*
 * keys.h - the keys of pseudonyms, one for each month.
 *
 * <dir>/YYYY-MM holds the RECORD_KEY random bytes of that month, 0600, made by
 * the recorder when it first needs them. With the key thrown away, nobody can
 * tell any more whom that month's pseudonyms meant.
 */
#ifndef REVIEW_KEYS_H
#define REVIEW_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "review/record.h"

struct err;

#define KEYS_MONTH 8    /* "2026-11" and a NUL */
#define KEYS_WORDS 1024 /* an HMAC costs more than the rest of a record */

struct keys {
	const char *dir; /* borrowed */
	char month[KEYS_MONTH];
	int64_t day; /* since 1970, in that month: most ask for the same one */
	uint8_t key[RECORD_KEY];
	bool fallen; /* the key could not be kept: it lives in memory alone */
	struct keys_word {
		uint8_t client[16];
		char text[RECORD_PSEUDONYM_ROOM]; /* "": nobody's yet */
	} words[KEYS_WORDS];                      /* under that key, lately */
};

/* The month of <wall_ms>, UTC. */
void keys_month(int64_t wall_ms, char out[KEYS_MONTH]);

/*
 * The key for <wall_ms>, made if need be. Where it cannot be read or kept,
 * one is invented that lasts as long as <k>: pseudonyms then do not join over
 * restarts, but nobody is named. <err> says so, once for each month.
 */
const uint8_t *keys_for(struct keys *k, int64_t wall_ms, struct err *err);

/* The pseudonym of <client> at <wall_ms>; lives until the next call. <err> as
 * above. */
const char *keys_pseudonym(
    struct keys *k, int64_t wall_ms, const uint8_t client[16], struct err *err);

/* The pseudonym of <user> at that time, into <out>; NULL: there is none to be
 * made. */
const char *keys_user(struct keys *k, int64_t wall_ms, struct str user,
    char out[RECORD_PSEUDONYM_ROOM]);

/* Read the key of <month> ("2026-11"); -1 with <err>: there is none. */
int keys_read(const char *dir, const char *month, uint8_t key[RECORD_KEY],
    struct err *err);

#endif
