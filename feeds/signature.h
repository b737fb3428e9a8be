/*
 * signature.h - is this file by who holds that key? minisign's format
 * (https://jedisct1.github.io/minisign/): Ed25519, over the bytes themselves
 * ("Ed") or over their BLAKE2b-512 ("ED"), with a signed comment.
 *
 *	if (signature_key(text, &key, &err) < 0 ||
 *	    signature_verify(&key, text_of_minisig, file, &info, &err) < 0)
 *		refuse;
 *
 * The door to Ed25519. Pure: text and bytes come in.
 */
#ifndef FEEDS_SIGNATURE_H
#define FEEDS_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/str.h"

struct err;

#define SIGNATURE_TEXT_MAX 4096 /* of a key or signature file */
#define SIGNATURE_COMMENT  256

struct signature_key {
	uint8_t id[8], key[32];
};

struct signature_info {
	char comment[SIGNATURE_COMMENT]; /* the signed one */
	int64_t time; /* its "timestamp:", seconds; 0: it has none */
};

/* A key: the line alone ("RWQ..."), or the file with its comment. */
int signature_key(struct str text, struct signature_key *out, struct err *err);

/* 0: <file> is what the holder of <key> signed. */
int signature_verify(const struct signature_key *key, struct str signature,
    struct bytes file, struct signature_info *info, struct err *err);

#endif
