/* hash.c - the door to xxHash (BSD-2, header only), and SipHash. */
#include "base/hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(
    sizeof(XXH3_state_t) <= sizeof(struct hash_stream), "the state fits");

uint64_t
hash64(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(p, n, seed);
}

struct hash128
hash128(const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits(p, n);

	return (struct hash128){h.low64, h.high64};
}

void
hash_stream_init(struct hash_stream *h)
{
	memset(h, 0, sizeof(*h));
	XXH3_128bits_reset((XXH3_state_t *)(void *)h->state);
}

void
hash_stream_add(struct hash_stream *h, const void *p, size_t n)
{
	XXH3_128bits_update((XXH3_state_t *)(void *)h->state, p, n);
}

struct hash128
hash_stream_end(const struct hash_stream *h)
{
	XXH128_hash_t d =
	    XXH3_128bits_digest((const XXH3_state_t *)(const void *)h->state);

	return (struct hash128){d.low64, d.high64};
}

static inline uint64_t
rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static uint64_t
load64(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static void
sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
}

struct hash128
siphash128(const void *p, size_t n, const uint8_t key[16])
{
	const uint8_t *at = p;
	uint64_t k0 = load64(key), k1 = load64(key + 8);
	uint64_t v[4] = {0x736f6d6570736575u ^ k0, 0x646f72616e646f6du ^ k1,
	    0x6c7967656e657261u ^ k0, 0x7465646279746573u ^ k1};
	uint64_t last = (uint64_t)n << 56;
	struct hash128 out;

	v[1] ^= 0xee;
	for (; n >= 8; n -= 8, at += 8)
		sip_word(v, load64(at));
	for (size_t i = 0; i < n; i++)
		last |= (uint64_t)at[i] << (8 * i);
	sip_word(v, last);
	v[2] ^= 0xee;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	out.lo = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	out.hi = v[0] ^ v[1] ^ v[2] ^ v[3];
	return out;
}
