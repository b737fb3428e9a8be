/*
 * sha256.h - SHA-256 of bytes at hand, for the pure core. Keys, random bytes
 * and all that may fail are base/sys/digest.h's.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

void sha256(const void *p, size_t n, uint8_t out[SHA256_BYTES]);

#endif
