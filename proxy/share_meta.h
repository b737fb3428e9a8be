/*
 * share_meta.h - what a published image is said to be, and the proof of it.
 *
 * One value, three forms: fields of a hash in Redis, the statement that is
 * signed, and the file beside a followed image. For share*.c alone.
 */
#ifndef PROXY_SHARE_META_H
#define PROXY_SHARE_META_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/sys/digest.h"

#define SHARE_CHUNK ((uint64_t)256 << 10)
#define SHARE_IMAGE_MAX                                                        \
	((uint64_t)1 << 30) /* 70 million domains; a file
					      * in a hurry could fill a disk */
#define SHARE_GEN_MAX    ((uint64_t)1 << 53)
#define SHARE_META_TEXT  512
#define SHARE_DELTA_PART 4 /* it is less than one in so many of the image */
#define SHARE_DIGEST_HEX (2 * DIGEST_BYTES + 1)

struct share_meta {
	uint64_t generation, bytes, chunks;
	char sha256[SHARE_DIGEST_HEX];
	char mac[SHARE_DIGEST_HEX];
};

void share_hex(const uint8_t digest[DIGEST_BYTES], char out[SHARE_DIGEST_HEX]);

/* A decimal as we write it: no sign, no leading zero, 1 to <max>. */
bool share_number(struct str s, uint64_t max, uint64_t *out);

/* Sign what <m> says, with the site's key for lists. False: no memory. */
bool share_meta_sign(struct share_meta *m, const uint8_t key[32]);

/* Is it possible at all, and signed? */
bool share_meta_holds(const struct share_meta *m, const uint8_t key[32]);

/* A delta that makes an image of another: <blob> is what it is itself, with
 * the image's generation. */
struct share_delta {
	struct share_meta blob;
	char base[SHARE_DIGEST_HEX];  /* SHA-256 of the one */
	char image[SHARE_DIGEST_HEX]; /* and of the other */
};
bool share_delta_sign(struct share_delta *d, const uint8_t key[32]);
bool share_delta_holds(const struct share_delta *d, const uint8_t key[32]);

/* As a file: the statement and its MAC. The length. */
size_t share_meta_text(const struct share_meta *m, char out[SHARE_META_TEXT]);
/* And back; nothing but what the above writes is taken. Unproven yet. */
bool share_meta_parse(struct str text, struct share_meta *m);

#endif
