/*
 * digest.h - SHA-256, HMAC-SHA-256, random bytes: a second door to OpenSSL.
 *
 * Against the house: OpenSSL's door is proxy/tls.c and its neighbours, but
 * recorder and Redis link need a digest without the rest of TLS.
 */
#ifndef BASE_SYS_DIGEST_H
#define BASE_SYS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define DIGEST_BYTES 32

int digest_sha256(
    const void *p, size_t n, uint8_t out[DIGEST_BYTES], struct err *err);
int digest_hmac(const uint8_t *key, size_t key_n, const void *p, size_t n,
    uint8_t out[DIGEST_BYTES]); /* 0, or -1 (no memory) */
bool digest_equal(
    const uint8_t *a, const uint8_t *b, size_t n); /* const time */
int digest_random(void *out, size_t n, struct err *err);

#endif
