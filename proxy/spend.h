/*
 * spend.h - budgets of what is let through: whether one is used up (the fact
 * that decide() asks for), and what is charged to it, minute by minute, for
 * as long as an answer or a tunnel goes on.
 */
#ifndef PROXY_SPEND_H
#define PROXY_SPEND_H

#include <stdbool.h>
#include <stdint.h>

struct facts;
struct need_now;
struct txn;
struct verdict;

/* The row of proxy/need.c. */
bool spend_fetch(struct txn *t);
void spend_drop(struct txn *t);
void spend_now(
    const struct need_now *n, const struct verdict *v, struct facts *f);

/* What <v> lets through now is charged to its budgets. */
void spend_charge(
    const struct need_now *n, const struct verdict *v, const struct facts *f);
/* The same for <t>, which begins. */
void spend_begin(struct txn *t);

/* Its answer goes on. False: a budget is used up meanwhile; t->verdict says
 * so. Asked often: it looks once a minute. */
bool spend_goes_on(struct txn *t);

#endif
