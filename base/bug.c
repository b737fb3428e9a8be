/*
 * bug.c - count, report once a place, carry on.
 *
 * Against the house: this file and the BUG() places hold the only globals of
 * the core that are written to. A count of impossible things has no better
 * owner, and no decision reads it.
 */
#include "base/bug.h"

#include <stdlib.h>

static bug_hook *report;
static unsigned met;

void
bug_set_hook(bug_hook *hook)
{
	report = hook;
}

unsigned
bug_count(void)
{
	return __atomic_load_n(&met, __ATOMIC_RELAXED);
}

bool
bug_met(const char *what, const char *file, int line, bool *reported)
{
	__atomic_add_fetch(&met, 1, __ATOMIC_RELAXED);
	if (!__atomic_exchange_n(reported, true, __ATOMIC_RELAXED) && report)
		report(what, file, line);
#ifdef SUZGI_DEV
	abort();
#endif
	return true;
}
