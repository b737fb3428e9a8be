/*
 * dial.c - from a name that was judged to a connection: the pool, else the
 * resolver, the guard, and one address after the other.
 */
#include <netinet/in.h>

#include "base/bug.h"
#include "config/config.h"
#include "proxy/demo.h"
#include "proxy/guard.h"
#include "proxy/limits.h"
#include "proxy/origin.h"
#include "proxy/safe.h"
#include "proxy/txn.h"

static void resolved(void *txn);

static struct origin_site
site_of(const struct txn *t)
{
	const struct hostport *via = &t->worker->config->via;

	if (via->host.n)
		return (struct origin_site){via->host, via->port};
	return (struct origin_site){name_str(safe_dial(t)), t->request.port};
}

static void
literal(struct resolve_result *out, struct name n, uint16_t port)
{
	*out = (struct resolve_result){.n = 1};
	if (n.kind == NAME_IPV4) {
		struct sockaddr_in *in = (void *)&out->addr[0];

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, n.addr, 4);
	} else {
		struct sockaddr_in6 *in6 = (void *)&out->addr[0];

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, n.addr, 16);
	}
}

/*
 * A parent proxy connects for us, and resolves; what we can see of where to,
 * an address given as such, is judged here all the same.
 */
static bool
parent_may(const struct txn *t)
{
	struct resolve_result r;

	if (!name_is_address(safe_dial(t)))
		return true;
	literal(&r, safe_dial(t), t->request.port);
	return t->worker->guard && guard_permits(t->worker->guard,
	                               (const struct sockaddr *)&r.addr[0]);
}

enum step
step_fetch(struct txn *t)
{
	struct worker *w = t->worker;
	bool have;

	if (w->config->via.host.n && !parent_may(t)) {
		stats_add(&w->stats.dest_denied, 1);
		return txn_fail(t, REASON_DEST_DENIED);
	}
	if (!txn_is_connect(t) && !t->fresh && !t->head.upgrade_websocket) {
		t->origin = origin_pool_take(
		    w->pool, site_of(t), !txn_is_repeatable(t));
		if (t->origin) {
			origin_give(t->origin, txn_origin_ready, t);
			txn_goto(t, TXN_AWAIT);
			return STEP_AGAIN;
		}
	}
	t->connect_due =
	    loop_now(w->loop) + w->config->connect_s * INT64_C(1000);
	t->addr_at = t->guarded = 0;
	t->settled = false;
	/* a tunnel's name was looked up before it was greeted; what its
	 * greeting said may have changed whose address is dialled */
	have = txn_is_connect(t) && t->answered &&
	       name_eq(t->resolved, safe_dial(t));
	txn_goto(t, have ? TXN_CONNECT : TXN_RESOLVE);
	return STEP_AGAIN;
}

static void
resolved(void *txn)
{
	struct txn *t = txn;

	t->settled = true;
	txn_run(t);
}

static bool
begin_resolve(struct txn *t)
{
	struct worker *w = t->worker;
	const struct hostport *via = &w->config->via;
	struct name n = safe_dial(t);
	char room[NAME_ROOM];
	uint16_t port = t->request.port;

	t->resolved = n;
	if (w->demo_names && demo_has(n)) {
		demo_address(&t->resolve.result);
		return true;
	}
	if (via->host.n) {
		port = via->port;
		if (name_from_text(via->host, room, &n) != NAME_OK) {
			t->resolve.result.failed = REASON_NO_SUCH_HOST;
			return true;
		}
	}
	if (name_is_address(n)) {
		literal(&t->resolve.result, n, port);
		return true;
	}
	return resolve_start(w->resolver, n, port, &t->resolve, resolved, t);
}

static bool
permitted(const struct txn *t, const struct sockaddr *to)
{
	if (t->worker->config->via.host.n)
		return true; /* the administrator named the parent */
	return t->worker->guard && guard_permits(t->worker->guard, to);
}

/* A tunnel is refused while it can still be told, not after our 200. */
static bool
some_permitted(const struct txn *t)
{
	const struct resolve_result *r = &t->resolve.result;

	for (unsigned i = 0; i < r->n; i++)
		if (permitted(t, (const struct sockaddr *)&r->addr[i]))
			return true;
	return false;
}

enum step
step_resolve(struct txn *t)
{
	if (!t->settled && !t->resolve.waiting)
		t->settled = begin_resolve(t);
	if (!t->settled)
		return STEP_WAIT;
	if (t->resolve.result.failed != REASON_NONE)
		return txn_fail(t, t->resolve.result.failed);
	if (!txn_is_connect(t) || t->answered) {
		txn_goto(t, TXN_CONNECT);
		return STEP_AGAIN;
	}
	if (!some_permitted(t)) {
		stats_add(&t->worker->stats.dest_denied, 1);
		return txn_fail(t, REASON_DEST_DENIED);
	}
	txn_goto(t, TXN_GREET);
	return STEP_AGAIN;
}

/* The time for this address: its share of what is left. */
static void
arm_try(struct txn *t)
{
	int64_t left = t->connect_due - loop_now(t->worker->loop);
	unsigned others = t->resolve.result.n - t->addr_at + 1u;
	int64_t share = left / (int64_t)(others ? others : 1);

	if (share < LIMIT_CONNECT_TRY_MS)
		share = LIMIT_CONNECT_TRY_MS;
	if (share > left)
		share = left > 0 ? left : 1;
	timer_arm(&t->conn->timer, share);
}

/* Try addresses until one connects or has to be waited for. */
static struct origin *
next_address(struct txn *t, bool *ready)
{
	struct resolve_result *r = &t->resolve.result;

	while (t->addr_at < r->n) {
		const struct sockaddr *to =
		    (const struct sockaddr *)&r->addr[t->addr_at++];
		struct origin *o;

		if (!permitted(t, to)) {
			t->guarded++;
			continue;
		}
		o = origin_open(t->worker, to, site_of(t), ready, &t->reason);
		if (o)
			return o;
	}
	return NULL;
}

static enum step
no_address_left(struct txn *t)
{
	if (t->guarded && t->guarded == t->resolve.result.n) {
		stats_add(&t->worker->stats.dest_denied, 1);
		return txn_fail(t, REASON_DEST_DENIED);
	}
	return txn_fail(
	    t, t->reason != REASON_NONE ? t->reason : REASON_CONNECT_FAILED);
}

static enum step
connected(struct txn *t)
{
	watch_want(&t->origin->watch, WATCH_READ);
	t->reason = REASON_NONE;
	if (txn_is_connect(t))
		txn_goto(t, TXN_PARENT);
	else
		txn_goto(t, TXN_AWAIT);
	return STEP_AGAIN;
}

enum step
step_connect(struct txn *t)
{
	bool ready = false;
	enum reason why;

	if (t->origin) {
		if (!t->writable && !t->late)
			return STEP_WAIT;
		why = t->late ? REASON_CONNECT_TIMEOUT
		              : origin_outcome(t->origin);
		if (why == REASON_NONE)
			return connected(t);
		t->reason = why;
		origin_close(t->origin);
		t->origin = NULL;
		if (loop_now(t->worker->loop) >= t->connect_due)
			return txn_fail(t, t->reason);
	}
	t->late = t->writable = false;
	t->readable[SIDE_ORIGIN] = false;
	t->origin = next_address(t, &ready);
	if (!t->origin)
		return no_address_left(t);
	origin_give(t->origin, txn_origin_ready, t);
	if (ready)
		return connected(t);
	arm_try(t);
	return STEP_WAIT;
}
