/*
 * origin_h1.h - what the states of an exchange in HTTP/1 share: origin_h1.c
 * and peek.c, nobody else.
 */
#ifndef PROXY_ORIGIN_H1_H
#define PROXY_ORIGIN_H1_H

#include "proxy/flow.h"
#include "proxy/txn.h"

/* Of the answer's body. */
struct flow_ends origin_down(struct txn *t);

/* Send on what has come of the request; STEP_AGAIN: it failed. */
enum step origin_upload(struct txn *t);

/* See that both sockets are watched for what is wanted next. */
enum step origin_wait(struct txn *t);

/* A 101 that may pass: both sides speak something else from now on. */
enum step origin_switch(struct txn *t);

#endif
