/*
 * redis.h - the link of one worker to Redis; the driver of wire/resp.
 *
 * Never an authority: a wrong, late, lying or absent Redis costs time, no
 * verdict. One connection a worker, pipelined, over Unix socket or TCP;
 * answers are parsed as hostile and matched by order; what comes after its
 * deadline is thrown away in its place. A circuit breaker opens after three
 * failures in a row (late, or an error that is not about one key) or when the
 * connection is lost, for 1 s doubling to 30 s with jitter; then a new
 * connection must answer a PING before questions are asked again.
 */
#ifndef PROXY_REDIS_H
#define PROXY_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct config;
struct err;
struct loop;
struct redis;
struct stats;

/* <chance>: 16 random bytes, for jitter. NULL with <err> set (a bad URL). */
struct redis *redis_new(struct loop *l, const struct config *c,
    struct stats *stats, const uint8_t chance[16], struct err *err);
void redis_free(struct redis *r); /* NULL: nothing; pending ones are told */

/* Take over what of [redis] could change under a link: the time-out. Nobody
 * does at a reload yet: a new one needs a restart. */
void redis_retune(struct redis *r, const struct config *c);

/* Would a question be asked now, or does the breaker stand open? */
bool redis_is_up(const struct redis *r);

#define REDIS_PENDING_MAX 512

enum redis_answer { REDIS_VALUE = 0, REDIS_NIL, REDIS_FAILED };
typedef void redis_done(void *arg, enum redis_answer a, struct bytes value);

/*
 * GET <key>. <done> is called in another turn, once: with the value (borrowed
 * for the call), nil, or failed (late, error, wrong type, too large). Returns
 * a ticket for redis_forget(), 0 when the link is down or REDIS_PENDING_MAX
 * answers are due (done is not called). <done> may ask, set and forget; it
 * may not free the link.
 */
uint64_t redis_get(
    struct redis *r, struct bytes key, redis_done *done, void *arg);
void redis_forget(struct redis *r, uint64_t ticket);

/* SET <key> <value> EX <ttl_s>; nobody waits for it. */
void redis_set(
    struct redis *r, struct bytes key, struct bytes value, unsigned ttl_s);

#endif
