/*
 * sitekey.h - the secret that the gateways of a site sign with.
 *
 * Read from [redis] key-file; without one, made once in the state folder.
 * What signs is derived from it, a key for each purpose
 * (docs/formats/redis.md).
 */
#ifndef PROXY_SITEKEY_H
#define PROXY_SITEKEY_H

#include <stdint.h>

struct config;
struct err;

struct sitekey {
	uint8_t names[16]; /* of URLs in Redis */
	uint8_t facts[32]; /* what is known of them */
	uint8_t lists[32]; /* images */
};

/*
 * Read it, or make it where no file is configured (said in the log, once).
 * May block on the disk: at start only. 0, or -1 with <err> set: a file that
 * is missing, short, or open to others.
 */
int sitekey_load(const struct config *c, struct sitekey *out, struct err *err);

/* One of chance, for who shares with nobody. 0, or -1 with <err> set. */
int sitekey_invent(struct sitekey *out, struct err *err);

#endif
