/*
 * grants.h - who was let through which warning, and which buttons were
 * pressed: one table for all workers of this process, gone with it.
 *
 * No locks. All of it is bounded: beyond GRANTS_SLOTS the one that ends first
 * gives way, and who had it sees the warning again; a token older than the
 * last GRANTS_TOKENS ones is refused.
 */
#ifndef PROXY_GRANTS_H
#define PROXY_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "proxy/token.h"

struct err;
struct grants; /* opaque */

#define GRANTS_SLOTS  (1u << 15) /* 512 KiB */
#define GRANTS_TOKENS (1u << 20) /* 128 KiB: ten minutes of 1,700 a second */

struct grants *grants_new(struct err *err); /* NULL with <err> set */
void grants_free(struct grants *g);         /* NULL: nothing */

/* The key of this process's tokens. */
const uint8_t *grants_token_key(const struct grants *g);

/* The number of a new token; and use it up: true once, and only while it is
 * one of the last. */
uint64_t grants_number(struct grants *g);
bool grants_use(struct grants *g, uint64_t number);

/* Whom it is for, and what. */
struct grant {
	const uint8_t *client;
	struct str user, group, policy, site;
};
/* Until <until>, monotonic milliseconds, as <now> is. */
void grants_give(
    struct grants *g, const struct grant *what, int64_t until, int64_t now);
bool grants_has(const struct grants *g, const struct grant *what, int64_t now);

#endif
