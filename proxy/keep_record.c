/* keep_record.c - from a txn to a record of review/. */
#include "proxy/keep_record.h"

#include "base/hash.h"
#include "config/config.h"
#include "filters/facts.h"
#include "filters/safesearch.h"
#include "filters/search.h"
#include "filters/snapshot.h"
#include "filters/trace_pack.h"
#include "proxy/limits.h"
#include "proxy/listen.h"
#include "proxy/txn.h"
#include "proxy/worker.h"
#include "review/ring.h"

static void
put_verdict(struct record *r, const struct keep *k)
{
	const struct provenance *p = k->said;

	if (!k->verdict || !p)
		return;
	r->judged = true;
	r->tier = (uint8_t)k->verdict->tier;
	r->severity = k->verdict->severity;
	r->override = record_put(r, p->override, 32);
	r->theme = record_put(r, p->theme, 48);
	r->nested = record_put(r, p->nested, RECORD_NESTED_MAX);
	r->stage = (uint8_t)k->verdict->stage;
	r->visibility = (uint8_t)k->verdict->visibility;
	r->group = record_put(r, p->group, 64);
	r->policy = record_put(r, p->policy, 64);
	r->rule_file = record_put(r, p->rule_file, 128);
	r->rule_line = p->rule_line;
	r->rule = record_put(r, p->rule_text, 160);
	r->category = record_put(r, p->category, 64);
	r->list = record_put(r, p->list, 64);
	r->entry = record_put(r, p->entry, 128);
	r->source_file = record_put(r, p->source_file, 96);
	r->source_line = p->source_line;
}

/* What is asked of a place that offers help is nobody's business. */
static bool
is_nameless(const struct keep *k)
{
	return k->verdict && k->verdict->tier == TIER_SUPPORT;
}

static void
put_who(struct record *r, const struct keep *k)
{
	r->nameless = is_nameless(k);
	if (r->nameless)
		return;
	memcpy(r->client, k->request->client, sizeof(r->client));
	if (k->facts && k->facts->settled & FACT_USER)
		r->user = record_put(r, k->facts->user, RECORD_USER_MAX);
}

/* A site is the end of its host: it needs no room of its own. */
static struct record_text
site_in(struct record_text host, struct str site)
{
	if (site.n > host.n)
		return host;
	return (struct record_text){
	    (uint16_t)(host.at + host.n - site.n), (uint16_t)site.n};
}

static void
put_search(struct record *r, const struct keep *k)
{
	struct search words;

	if (!k->verdict || !k->verdict->is_search || r->nameless)
		return;
	r->intent = INTENT_SEARCH;
	if (k->snapshot && k->request->stage >= STAGE_URL &&
	    snapshot_search(k->snapshot, k->request, &words))
		r->search = record_put(
		    r, str_make(words.text, words.n), RECORD_SEARCH_MAX);
}

static void
put_request(struct record *r, const struct keep *k)
{
	const struct request *q = k->request;

	r->tunnel = q->tunnel;
	r->port = q->port;
	put_who(r, k);
	r->method = record_put(r, q->method, 32);
	r->host = record_put(
	    r, name_str(q->host.n ? q->host : q->connect), NAME_ROOM);
	r->site = site_in(r->host, name_site(q->host.n ? q->host : q->connect));
	r->connect = record_put(r, name_str(q->connect), NAME_ROOM);
	r->sni = record_put(r, name_str(q->sni), NAME_ROOM);
	if (q->stage >= STAGE_URL)
		r->scheme = record_put(r, STR("http"), 8);
	put_search(r, k);
	if (!k->raw_url.n)
		return;
	r->url = record_put(r, k->raw_url, RECORD_URL_MAX);
	r->cut = r->url.n < k->raw_url.n;
	r->url_hash = hash64(k->raw_url.p, k->raw_url.n, 0);
}

/* How it was come to, for `suzgi explain --id`. All of it or nothing. */
static void
put_trace(struct record *r, const struct keep *k)
{
	union {
		uint8_t bytes[TRACE_PACK_MAX];
		char text[TRACE_PACK_MAX];
	} room;
	size_t n;

	if (!k->verdict || !k->snapshot || !k->facts || r->nameless ||
	    k->action == RECORD_REFUSE || k->action == RECORD_ERROR)
		return;
	n = trace_pack(k->snapshot, k->request, k->facts, room.bytes);
	if (n <= sizeof(r->text) - r->used)
		r->trace =
		    record_put(r, str_make(room.text, n), RECORD_TRACE_MAX);
}

static void
next_chance(struct worker *w)
{
	for (unsigned i = sizeof(w->chance); i-- > 0;)
		if (++w->chance[i])
			return;
}

bool
keep_put(struct worker *w, const struct keep *k, char id[RECORD_ID])
{
	struct record r;
	int64_t now = loop_now(w->loop);

	if (ring_used(w->ring) >= RING_SLOTS)
		return false;
	next_chance(w);
	record_begin(&r, loop_wall_ms(w->loop), w->chance);
	r.action = (uint8_t)k->action;
	r.reason = (uint16_t)k->reason;
	r.status = k->status;
	r.intent = (uint8_t)k->intent;
	r.live = k->live;
	r.generation = k->snapshot ? snapshot_generation(k->snapshot) : 0;
	r.ms = k->began ? (uint32_t)(now - k->began) : 0;
	if (k->listener)
		r.listener = record_put(&r, k->listener->name, 32);
	put_request(&r, k);
	put_verdict(&r, k);
	put_trace(&r, k);
	if (!ring_put(w->rings, w->ring, &r))
		return false;
	memcpy(id, r.id, RECORD_ID);
	stats_add(&w->stats.records, 1);
	return true;
}

void
keep_lost(struct worker *w)
{
	ring_drop(w->ring);
	stats_add(&w->stats.records_dropped, 1);
}

/* Where a client does not say it, only what browsers ask for a page with is a
 * sign: text/html in the first place. */
static enum record_intent
intent_of(const struct txn *t)
{
	const struct h1_field *mode, *accept;
	const struct str html = STR("text/html");

	if (txn_is_connect(t))
		return INTENT_UNKNOWN;
	mode = h1_find(&t->head, H1_SEC_FETCH_MODE);
	if (mode)
		return str_eq(mode->value, STR("navigate"))
		           ? INTENT_NAVIGATION
		           : INTENT_SUBRESOURCE;
	accept = h1_find(&t->head, H1_ACCEPT);
	if (accept && accept->value.n >= html.n &&
	    str_eq_nocase(str_sub(accept->value, 0, html.n), html))
		return INTENT_NAVIGATION;
	return INTENT_UNKNOWN;
}

static bool
put_txn(struct txn *t, enum record_action action)
{
	struct keep k = {
	    .action = action,
	    .reason = action == RECORD_MONITOR ? t->verdict.reason : t->reason,
	    .status = t->status,
	    .snapshot = t->pin->snapshot,
	    .request = &t->request,
	    .verdict = t->judged ? &t->verdict : NULL,
	    .said = txn_provenance(t),
	    .facts = &t->facts,
	    .listener = t->conn->listener,
	    .raw_url = t->raw_url,
	    .intent = intent_of(t),
	    .began = t->began,
	};

	return keep_put(t->worker, &k, t->id);
}

void
keep_record_now(struct txn *t, enum record_action action)
{
	if (!put_txn(t, action))
		keep_lost(t->worker);
}

static enum step
recorded(struct txn *t)
{
	/* after our 200 there is still the alert that TLS has for this */
	bool alert = t->answered && txn_is_connect(t) && t->is_tls;

	t->close |= t->answered;
	txn_goto(t, t->status || alert ? TXN_REPLY : TXN_DONE);
	return STEP_AGAIN;
}

enum step
step_record(struct txn *t)
{
	bool blocked = t->action == RECORD_BLOCK || t->action == RECORD_WARN;

	if (t->tries && !t->late)
		return STEP_WAIT;
	t->late = false;
	if (!blocked && t->tries == 0 && !worker_may_record(t->worker))
		return recorded(t);
	if (put_txn(t, t->action))
		return recorded(t);
	if (!blocked || ++t->tries > LIMIT_RECORD_TRIES) {
		keep_lost(t->worker);
		return recorded(t);
	}
	txn_goto(t, TXN_RECORD); /* its deadline is the next try */
	return STEP_WAIT;
}
