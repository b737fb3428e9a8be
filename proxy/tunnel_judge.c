/* tunnel_judge.c - open tunnels are asked again: when the policy changes, and
 * minute by minute where they spend a budget. */
#include "proxy/tunnel_part.h"

#include "base/arena.h"
#include "filters/decide.h"
#include "filters/safesearch.h"
#include "filters/snapshot.h"
#include "proxy/conn.h"
#include "proxy/keep_record.h"
#include "proxy/limits.h"
#include "proxy/listen.h"
#include "proxy/need.h"
#include "proxy/spend.h"

#define REJUDGE_ARENA (256 * 1024)

static void
request_of(const struct tunnel *u, struct arena *a, struct request *r)
{
	struct url_parts parts = {.scheme = SCHEME_HTTP,
	    .host = u->name[TEXT_HOST],
	    .port = u->port,
	    .path = tunnel_text(u, TEXT_PATH),
	    .query = tunnel_text(u, TEXT_QUERY),
	    .has_query = u->has_query};

	*r = (struct request){.stage = STAGE_HOST,
	    .deepest = STAGE_HOST,
	    .now = loop_wall_ms(u->worker->loop) / 1000,
	    .listener = u->conn->listener->name,
	    .tunnel = u->inside,
	    .connect = u->name[TEXT_CONNECT],
	    .sni = u->name[TEXT_SNI],
	    .host = u->name[TEXT_HOST],
	    .port = u->port,
	    .method = tunnel_text(u, TEXT_METHOD),
	    .ua = tunnel_text(u, TEXT_UA),
	    .referer = tunnel_text(u, TEXT_REFERER),
	    .fields = u->fields,
	    .nfields = u->nfields};
	memcpy(r->client, u->conn->client, sizeof(r->client));
	worker_find_mac(u->worker, u->worker->pin->snapshot, r);
	if (u->kind != TUNNEL_WEBSOCKET)
		return;
	if (url_canon(a, &parts, &r->url) == 0)
		r->stage = r->deepest = STAGE_URL;
}

/* Would the same address be dialled, by what safe search says now? */
static bool
dials_alike(const struct tunnel *u, const struct request *r,
    const struct verdict *v, struct arena *a)
{
	const struct name *was = &u->name[TEXT_DIAL];
	struct safe_edit e = {.unsafe = false};

	if (v->safe_search != SAFE_OFF || v->youtube != SAFE_OFF)
		snapshot_safe_edit(u->worker->pin->snapshot, r, v, a, &e);
	return e.dial.n ? name_eq(e.dial, *was) : was->n == 0;
}

/* It is closed for <why>. */
static void
record_end(const struct tunnel *u, const struct need_now *n,
    const struct verdict *v, const struct facts *f, enum reason why)
{
	struct provenance said;
	struct keep k = {.action = RECORD_BLOCK,
	    .reason = why,
	    .snapshot = n->snapshot,
	    .request = n->request,
	    .verdict = v,
	    .said = &said,
	    .facts = f,
	    .listener = u->conn->listener,
	    .raw_url = STR_NONE,
	    .began = u->began};
	char id[RECORD_ID];

	snapshot_provenance(n->snapshot, n->request, v, &said);
	stats_add(&n->worker->stats.blocked, 1);
	if (!keep_put(n->worker, &k, id))
		keep_lost(n->worker);
}

/* What is let through is charged to budgets once a minute. */
static void
go_on(struct tunnel *u, const struct need_now *n, const struct verdict *v,
    const struct facts *f)
{
	u->budgets = v->budgets;
	if (!u->spends)
		return;
	u->spends = false;
	u->minute = loop_wall_ms(n->worker->loop) / MINUTE_MS;
	spend_charge(n, v, f);
}

/* Still permitted? REASON_NONE, or why not. Facts are not waited for: they
 * count as unsettled. */
enum reason
tunnel_why_not(struct tunnel *u)
{
	struct worker *w = u->worker;
	struct arena a;
	struct request r;
	struct facts f = {0};
	struct need_now now = {w, u->conn, w->pin->snapshot, &r};
	enum reason why = REASON_POLICY_CHANGED;
	struct verdict v;

	arena_init(&a, REJUDGE_ARENA);
	request_of(u, &a, &r);
	v = decide(w->pin->snapshot, &r, &f, NULL);
	for (unsigned i = 0; i < LIMIT_NEEDS && v.kind == VERDICT_NEED; i++) {
		need_settle(&now, &v, &f);
		v = decide(w->pin->snapshot, &r, &f, NULL);
	}
	if (v.kind == VERDICT_DENY) {
		if (v.reason == REASON_BUDGET)
			why = REASON_BUDGET;
		record_end(u, &now, &v, &f, why);
	} else if (v.kind != VERDICT_NEED && dials_alike(u, &r, &v, &a) &&
	           !a.failed) {
		why = REASON_NONE;
		go_on(u, &now, &v, &f);
	}
	arena_fini(&a);
	return why;
}

void
tunnels_outdate(struct worker *w)
{
	struct list_node *n;

	while ((n = list_pop(&w->tunnels)) != NULL)
		list_add(&w->outdated, n);
}

bool
tunnels_rejudge(struct worker *w)
{
	for (unsigned i = 0; i < LIMIT_REJUDGE; i++) {
		struct list_node *n = list_pop(&w->outdated);
		struct tunnel *u;
		enum reason why;

		if (!n)
			return false;
		u = container_of(n, struct tunnel, node);
		worker_unpin(w, u->pin);
		u->pin = worker_pin(w);
		list_add(&w->tunnels, n);
		why = tunnel_why_not(u);
		if (why)
			conn_close(u->conn, why);
	}
	return !list_empty(&w->outdated);
}
