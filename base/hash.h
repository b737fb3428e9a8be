/*
 * hash.h - hashes with a key or a seed.
 *
 * hash64() is fast and seeded: for tables whose seed outsiders do not know.
 * hash128() is the same family without a seed: a checksum, no signature.
 * siphash128() is a keyed pseudo-random function (Aumasson and Bernstein,
 * SipHash-2-4 with 128-bit output): for pseudonyms and for tables that
 * outsiders choose the keys of.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash128 {
	uint64_t lo, hi;
};

uint64_t hash64(const void *p, size_t n, uint64_t seed);
struct hash128 hash128(const void *p, size_t n);
struct hash128 siphash128(const void *p, size_t n, const uint8_t key[16]);

/* hash128() in pieces; a plain value, nothing to release. */
struct hash_stream {
	_Alignas(64) unsigned char state[576];
};
void hash_stream_init(struct hash_stream *h);
void hash_stream_add(struct hash_stream *h, const void *p, size_t n);
struct hash128 hash_stream_end(const struct hash_stream *h);

#endif
