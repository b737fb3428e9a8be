/*
 * list_patterns.h - the patterns that stand in lists: into the snapshot's set
 * with all others, and from a number there back to where it stands. For
 * filters/ alone.
 *
 * One text in two lists is one pattern of the set with two uses. A pattern
 * that cannot be used is left out and told of: it never costs the snapshot.
 */
#ifndef FILTERS_LIST_PATTERNS_H
#define FILTERS_LIST_PATTERNS_H

#include "filters/snapshot_impl.h"
#include "lists/name.h"

struct err;
struct hash_stream;

/* Whom to tell what was left out; <fn> may be NULL. */
struct reject_ear {
	void (*fn)(void *arg, const struct pattern_reject *r);
	void *arg;
};

/* Add those of image <i>. -1 with <err> set: memory, or a damaged image. */
int list_patterns_add(struct snapshot *s, unsigned i,
    const struct reject_ear *ear, struct err *err);

/* Call once behind the last image: from here on they stand in order. -1:
 * memory. */
int list_patterns_close(struct snapshot *s);

/* What URL patterns may give <host>, whatever the path, into <out>: once too
 * often, never once too rarely. False: nothing. */
bool list_patterns_may_give(
    const struct snapshot *s, struct name host, struct list_names *out);

/* Those that what <names> has may rest on, into <p>'s. */
void list_patterns_want(
    const struct snapshot *s, const struct list_names *names, struct policy *p);

/* All that makes them decide, into a digest. */
void list_patterns_digest(const struct snapshot *s, struct hash_stream *h);

/* The uses of <id>: the first; <n> of them stand there. */
const struct pattern_use *list_patterns_of(
    const struct snapshot *s, uint16_t id, uint32_t *n);

#endif
