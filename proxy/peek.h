/*
 * peek.h - an answer is looked at before it goes on: its head and first
 * bytes are held until decide() has seen them, and a body whose size it asks
 * about is counted.
 *
 * Nothing that was not judged is sent. Where the first bytes come slowly, what
 * there is is judged and sent, and then each further one, until there are as
 * many as tell what it is.
 */
#ifndef PROXY_PEEK_H
#define PROXY_PEEK_H

#include <stdbool.h>

#include "proxy/txn.h"

/* Does <t>'s verdict wait for its answer? */
static inline bool
peek_is_wanted(const struct txn *t)
{
	return t->verdict.kind == VERDICT_ASK && t->verdict.next >= STAGE_HEAD;
}

/* The answer's head is there, its body comes framed as <in>: hold it. */
enum step peek_begin(struct txn *t, enum h1_framing in);

/* It was judged, and may go on. */
enum step peek_go_on(struct txn *t);

/* t->down has stopped at its limit: ask again. */
enum step peek_again(struct txn *t);

/* One that was never counted as let through; one whose record was never
 * made. Each says so once. */
bool peek_is_first_pass(struct txn *t);
bool peek_is_first_record(struct txn *t);

#endif
