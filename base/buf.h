/*
 * buf.h - a growing byte buffer, owned by whoever embeds it.
 *
 * Failure to grow is sticky: adds become no-ops and b->failed says so, so
 * that a writer checks once, at its end.
 *
 *	struct buf b = BUF_EMPTY;
 *	buf_add_str(&b, STR("x: "));
 *	buf_addf(&b, "%d", n);
 *	if (b.failed) ...
 *	buf_fini(&b);
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf {
	char *p; /* owned */
	size_t n, cap;
	bool failed;
};

#define BUF_EMPTY ((struct buf){NULL, 0, 0, false})

void buf_fini(struct buf *b); /* and leaves it empty, usable again */

/* Room for <more> bytes behind b->n; false and sticky where there is none. */
bool buf_room(struct buf *b, size_t more);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
void buf_add_u64(struct buf *b, unsigned long long v);

/* Drop <n> bytes at the front. */
void buf_eat(struct buf *b, size_t n);

static inline void
buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

static inline void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

/* Empty it, keep its memory; a failure is forgotten. */
static inline void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){b->p, b->n};
}

#endif
