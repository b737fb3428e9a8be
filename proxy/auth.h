/*
 * auth.h - who asks: from credentials to a user, and from a user to his
 * groups; a worker's own memory of both.
 *
 * Credentials come in Proxy-Authorization. Basic holds for one request, and
 * what a helper said of it is kept by a keyed hash, never in the clear.
 * Negotiate proves who holds the connection: from then on it is his, until it
 * carries somebody else's credentials. Inside a CONNECT the user of the
 * CONNECT holds.
 *
 * Where credentials are missing or wrong, t->challenge says so and the answer
 * is 407 (auth_challenge()). Where nobody can tell whether they are right,
 * the fact stays unsettled, and the policy says what that means.
 *
 * Credentials go to a helper and nowhere else: Proxy-Authorization ends here,
 * nothing of it is logged, and copies are wiped.
 */
#ifndef PROXY_AUTH_H
#define PROXY_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"
#include "proxy/wire/credentials.h"

struct arena;
struct auth;
struct auth_asking;
struct config;
struct conn;
struct err;
struct facts;
struct helpers_question;
struct need_now;
struct txn;
struct verdict;
struct worker;

/* Who has a connection; owned by the conn. */
struct conn_auth {
	bool known;     /* it was found out; "" : nobody said */
	bool bound;     /* by Negotiate: for all that comes on the connection */
	uint64_t child; /* of a dialogue of Negotiate that goes on; 0: none */
	uint16_t n;
	char given[CREDENTIALS_USER_MAX]; /* as the helper knows him, */
	char user[CREDENTIALS_USER_MAX];  /* and in letters of one case */
};

/* Lies in the txn. */
struct auth_wait {
	struct list_node node; /* private */
	struct txn *txn;       /* borrowed: it is in it */
	bool waiting;
};

/* NULL with <err> set. */
struct auth *auth_new(struct worker *w, struct err *err);
void auth_free(struct auth *a); /* NULL: nothing. Nobody is told any more */

/* The configuration has changed: forget what was learnt under another [auth].
 */
void auth_settle(struct auth *a, const struct config *c);

/* A head has come: what was known of who has the connection, and does not hold
 * for this request, is forgotten. */
void auth_begin(struct txn *t);

/* Rows of proxy/need.c. */
bool auth_user_fetch(struct txn *t);
void auth_user_now(
    const struct need_now *n, const struct verdict *v, struct facts *f);
bool auth_member_fetch(struct txn *t);
void auth_member_now(
    const struct need_now *n, const struct verdict *v, struct facts *f);
void auth_drop(struct txn *t);

/* Is FACT_USER to be fetched although nothing needs it yet? */
bool auth_is_early(const struct txn *t);

/* Are there credentials that nobody has looked at yet? Who is blocked is to
 * stand in the record, though the policy had no need to know. */
bool auth_is_offered(const struct txn *t);

/* A question came back, answered; takes it. */
void auth_answered(struct worker *w, struct helpers_question *q);

/* The Proxy-Authenticate lines of a 407 for <t>, in its arena; STR_NONE: no
 * memory. */
struct str auth_challenge(struct txn *t);

#endif
