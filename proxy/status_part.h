/* status_part.h - what the sources of the status share; nobody else's. */
#ifndef PROXY_STATUS_PART_H
#define PROXY_STATUS_PART_H

#include "proxy/status.h"

/* "key":"2026-11-22T19:38:07.123Z"; nothing where it never was. */
void status_time(struct buf *out, const char *key, int64_t wall_ms);
uint64_t status_since_s(int64_t wall_ms);

/* The snapshot, its lists and its exceptions. */
void status_policy(const struct status *s, struct buf *out);

#endif
