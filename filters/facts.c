/* facts.c - what has been asked for. */
#include "filters/facts.h"

#include "filters/verdict.h"

void
facts_ask(struct facts *f, const struct verdict *need)
{
	f->asked |= need->needs;
	if (need->needs & FACT_MEMBER)
		f->member.asked |= (uint64_t)1 << need->member % 64;
	if (need->needs & FACT_SPENT)
		f->spent.asked |= (uint64_t)1 << need->budget % 64;
}
