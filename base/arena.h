/*
 * arena.h - memory that lives and dies together.
 *
 * What a transaction parses lives in its arena and goes with it: no frees to
 * forget on early returns. Failure is sticky: after one failed allocation all
 * others fail too and a->failed says so, to be looked at once a step.
 * An arena with a limit refuses to grow past it.
 *
 *	struct arena a;
 *	arena_init(&a, 64 * 1024);
 *	struct str host = arena_str(&a, raw);
 *	if (a.failed) ...
 *	arena_fini(&a);
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *head; /* owned; newest first */
	size_t used, limit;       /* bytes handed out; 0: no limit */
	bool failed;
};

void arena_init(struct arena *a, size_t limit);
void arena_fini(struct arena *a);

/*
 * Forget all but keep one chunk for what comes next. Pointers into it die.
 */
void arena_reset(struct arena *a);

/* <n> bytes, aligned for any type, not zeroed; NULL on (sticky) failure. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);

/* A copy of <s>, NUL-terminated for convenience; the NUL is not counted. */
struct str arena_str(struct arena *a, struct str s);

#endif
