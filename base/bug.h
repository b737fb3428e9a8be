/*
 * bug.h - BUG(cond): something that cannot be, was.
 *
 * Evaluates to the condition, so that the caller takes its safe branch:
 *
 *	if (BUG(state >= N))
 *		return deny;
 *
 * Each place is counted and reported once through the hook; builds with
 * SUZGI_DEV abort. Never for input: malformed input is an ordinary result.
 */
#ifndef BASE_BUG_H
#define BASE_BUG_H

#include <stdbool.h>

typedef void bug_hook(const char *what, const char *file, int line);

/* Set once at start, before threads; the core itself never logs. */
void bug_set_hook(bug_hook *hook);

/* How many have been met since the start. */
unsigned bug_count(void);

bool bug_met(const char *what, const char *file, int line, bool *reported);

#define BUG(cond)                                                              \
	(__extension__({                                                       \
		static bool bug_reported;                                      \
		bool bug_is = (cond);                                          \
		if (__builtin_expect(bug_is, 0))                               \
			bug_met(#cond, __FILE__, __LINE__, &bug_reported);     \
		bug_is;                                                        \
	}))

#endif
