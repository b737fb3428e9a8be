/* explain_id.h - why was it decided so, then; and what would be said now. */
#ifndef CLI_EXPLAIN_ID_H
#define CLI_EXPLAIN_ID_H

#include <stdbool.h>

struct buf;
struct trial;

/* The record <id> in <t>'s block log, and those that were rotated out of it,
 * into <out>. The exit status. */
int explain_id(
    const struct trial *t, const char *id, bool json, struct buf *out);

#endif
