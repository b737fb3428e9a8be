/*
 * redis_sync.h - a connection to Redis that waits for each answer.
 *
 * For the loader thread alone: it blocks, up to REDIS_SYNC_STEP_MS for an
 * answer and up to what was given for all of them. After a failure only
 * redis_sync_close() is of use.
 */
#ifndef PROXY_REDIS_SYNC_H
#define PROXY_REDIS_SYNC_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/str.h"
#include "proxy/wire/resp.h"

struct err;
struct redis_sync;

#define REDIS_SYNC_STEP_MS 5000

/* Connect and greet; everything must be over in <ms>. NULL with <err> set. */
struct redis_sync *redis_sync_open(struct str url, int64_t ms, struct err *err);
void redis_sync_close(struct redis_sync *r); /* NULL: nothing */

/*
 * Ask and wait. 0 with <reply> (borrowed until the next call), never an error
 * reply; or -1 with <err> set.
 */
int redis_sync_ask(struct redis_sync *r, const struct bytes *args, unsigned n,
    struct resp_reply *reply, struct err *err);

#endif
