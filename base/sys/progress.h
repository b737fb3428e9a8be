/*
 * progress.h - one line on a terminal that says how far long work has got.
 *
 *	struct progress p;
 *	progress_begin(&p, "compiling");
 *	progress_at(&p, done, total, "ut1");      as often as one likes
 *	progress_end(&p);
 *
 * Only where stderr is a terminal that can be written over; elsewhere nothing
 * is ever written. At most PROGRESS_PER_S times a second. Who prints something
 * else to stderr in between calls progress_hide() first. For one thread.
 */
#ifndef BASE_SYS_PROGRESS_H
#define BASE_SYS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRESS_PER_S 10

struct progress {
	const char *what; /* borrowed */
	bool on;          /* there is a terminal */
	bool shown;       /* a line of ours stands there */
	int64_t next_ms;
};

void progress_begin(struct progress *p, const char *what);

/*
 * <done> of <total> bytes (0: nobody knows) at <detail> (NULL: none): a list,
 * a file; what does not fit or would move the cursor is left out of it.
 */
void progress_at(
    struct progress *p, uint64_t done, uint64_t total, const char *detail);

/* Take the line away; the next progress_at() shows it again. */
void progress_hide(struct progress *p);
void progress_end(struct progress *p);

#endif
