/*
 * need.h - what decide() needs to know before it can go on: fetched for a txn
 * from whoever knows it, each kind of fact by a row of the table in need.c.
 *
 *	if (need_is_new(t)) {
 *		t->settled = need_fetch(t);
 *		txn_goto(t, TXN_FACTS);
 *	}
 *
 * A row's fetch() puts what it knows at once into t->facts and returns true,
 * settled or not; or it returns false and calls need_came() in another turn,
 * once. drop() takes that back and is harmless where nothing is waited for.
 * Who has to wait longer than LIMIT_FACTS_MS says so with need_patience().
 */
#ifndef PROXY_NEED_H
#define PROXY_NEED_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/facts.h"

struct conn;
struct facts;
struct request;
struct snapshot;
struct txn;
struct verdict;
struct worker;

/* Does t->verdict need anything that was not asked for before? */
bool need_is_new(const struct txn *t);

/* Fetch what t->verdict needs, and mark it as asked for. True: what can be
 * known is known, decide again. False: need_came() will run the txn. */
bool need_fetch(struct txn *t);

/* <which> came, or never will; the last of them runs the txn, after which it
 * may be gone. */
void need_came(struct txn *t, enum fact which);

/* Wait for so long, at the most, in place of LIMIT_FACTS_MS. */
void need_patience(struct txn *t, uint32_t ms);

void need_drop(struct txn *t); /* all that is waited for */

/* For who cannot wait (tunnels that are judged again): what is known at once
 * of what <v> needs goes into <f>; all of it is marked as asked for. */
struct need_now {
	struct worker *worker;
	struct conn *conn;
	const struct snapshot *snapshot;
	const struct request *request;
};
void need_settle(
    const struct need_now *n, const struct verdict *v, struct facts *f);

#endif
