/*
 * safe.h - safe search on its way: what the policy's level makes of a request
 * that is let through (filters/safesearch.h), kept with the txn and carried
 * out by head_out.c (query, field) and dial.c (whose address is dialled).
 */
#ifndef PROXY_SAFE_H
#define PROXY_SAFE_H

#include <stdbool.h>

#include "lists/name.h"

struct txn;

/* By t->verdict, which lets it through, into t->edit; false: no memory, and
 * then it must not go on. */
bool safe_apply(struct txn *t);

/* Whose address is connected to: the name that was judged, or that engine's
 * restricted one. What is said to it stays. */
struct name safe_dial(const struct txn *t);

#endif
