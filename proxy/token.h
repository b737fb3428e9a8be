/*
 * token.h - what the button of a warning carries: who may go on to where.
 *
 *	base64url( payload || HMAC-SHA-256(key, payload) )
 *
 * payload: version 1, expiry, number (8 bytes each, big endian; the number is
 * used once, proxy/grants.h), client (16 bytes), then six texts, each with its
 * length in two bytes: site, host, group, policy, user, url. docs/manual/
 * exceptions.md says what it is good for.
 *
 * Pure but for the HMAC. The key is made by chance when the process starts
 * and is nowhere else; a token ends with it. Nothing in a token is believed
 * before its MAC holds, which is compared in constant time, and one string
 * alone is the spelling of a token.
 */
#ifndef PROXY_TOKEN_H
#define PROXY_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

#define TOKEN_KEY   32
#define TOKEN_S     600  /* seconds from the warning to the button */
#define TOKEN_BYTES 3072 /* of payload and MAC; more is refused */
#define TOKEN_CHARS (TOKEN_BYTES / 3 * 4)

enum token_text {
	TOKEN_SITE = 0, /* what the grant is for */
	TOKEN_HOST,
	TOKEN_GROUP,
	TOKEN_POLICY,
	TOKEN_USER, /* "" : nobody said */
	TOKEN_URL,  /* where to go on to */
	TOKEN_TEXTS
};

struct token {
	int64_t expires; /* seconds; wall clock */
	uint64_t number;
	uint8_t client[16];
	struct str text[TOKEN_TEXTS];
};

/* Append it to <out>. False: too long, or no memory. */
bool token_write(
    const struct token *t, const uint8_t key[TOKEN_KEY], struct buf *out);

enum token_result {
	TOKEN_OK = 0,
	TOKEN_FORGED, /* malformed, altered, of another key */
	TOKEN_EXPIRED,
};

/* Texts lie in <room>. */
enum token_result token_read(struct str text, const uint8_t key[TOKEN_KEY],
    int64_t now, uint8_t room[TOKEN_BYTES], struct token *out);

#endif
