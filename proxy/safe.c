/* safe.c - safe search on its way. */
#include "proxy/safe.h"

#include "filters/safesearch.h"
#include "proxy/txn.h"
#include "proxy/worker.h"

bool
safe_apply(struct txn *t)
{
	const struct verdict *v = &t->verdict;
	struct safe_edit *e;

	t->edit = NULL;
	if (v->safe_search == SAFE_OFF && v->youtube == SAFE_OFF)
		return true;
	e = arena_alloc(&t->arena, sizeof(*e));
	if (e && snapshot_safe_edit(
	             t->pin->snapshot, &t->request, v, &t->arena, e)) {
		t->edit = e;
		stats_add(e->unsafe ? &t->worker->stats.unsafe_engine
		                    : &t->worker->stats.safe_search,
		    1);
	}
	return !t->arena.failed;
}

struct name
safe_dial(const struct txn *t)
{
	if (t->edit && t->edit->dial.n)
		return t->edit->dial;
	return txn_is_connect(t) ? t->request.connect : t->request.host;
}
