/*
 * warn.h - a warning that one may go on behind: its button, what is granted
 * by it, and whether that was granted.
 *
 * The button is a form of the warning's page, sent with POST to our own page
 * (proxy/site.h); what it carries is proxy/token.h's. A grant is for one
 * client, user, group, policy and site, for as long as the policy says. It
 * was made over plain HTTP, where a page can be shown, and holds for tunnels
 * to the same site as well.
 */
#ifndef PROXY_WARN_H
#define PROXY_WARN_H

#include <stdbool.h>

#include "base/str.h"

struct buf;
struct facts;
struct need_now;
struct txn;
struct verdict;

/* Has <t>'s verdict a button? */
bool warn_has_button(const struct txn *t);
/* Its token, appended to <out>. False: no memory. */
bool warn_token(const struct txn *t, struct buf *out);

/* What a pressed button came to. */
enum warn_press {
	WARN_GRANTED = 0, /* go on to <*to>, which lies in the txn's arena */
	WARN_ASK_USER,    /* FACT_USER has to be known first */
	WARN_REFUSED,     /* forged, altered, somebody else's, late, used */
};
enum warn_press warn_pressed(struct txn *t, struct str token, struct str *to);

/* The row of proxy/need.c. */
bool warn_fetch(struct txn *t);
void warn_drop(struct txn *t);
void warn_now(
    const struct need_now *n, const struct verdict *v, struct facts *f);

#endif
