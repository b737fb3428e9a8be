/* worker_links.c - what a worker asks others by: DNS, its cache, Redis. */
#include "base/err.h"
#include "base/sys/log.h"
#include "config/config.h"
#include "filters/request.h"
#include "filters/snapshot.h"
#include "proxy/auth.h"
#include "proxy/facts_fetch.h"
#include "proxy/neigh.h"
#include "proxy/redis.h"
#include "proxy/resolve.h"
#include "proxy/shadow.h"
#include "proxy/worker_part.h"

int
worker_links_open(struct worker *w, const uint8_t chance[16], struct err *err)
{
	const struct config *c = w->config;

	w->resolver = resolver_new(w->loop, c, &w->stats, err);
	w->facts = facts_cache_new(c, err);
	w->auth = auth_new(w, err);
	if (!w->resolver || !w->facts || !w->auth)
		return -1;
	auth_settle(w->auth, c);
	if (c->redis_url.n == 0)
		return 0;
	w->redis = redis_new(w->loop, c, &w->stats, chance, err);
	return w->redis ? 0 : -1;
}

void
worker_find_mac(struct worker *w, const struct snapshot *s, struct request *r)
{
	struct err err;

	if (!((snapshot_wants(s) | shadow_wants(w)) & SNAPSHOT_WANTS_MAC) ||
	    w->no_neigh)
		return;
	if (!w->neigh) {
		w->neigh = neigh_new(w->loop, &err);
		w->no_neigh = !w->neigh;
		if (w->no_neigh)
			log_err("%s: no client is in a group by its MAC "
			        "address",
			    err.text);
	}
	r->has_mac = w->neigh && neigh_find(w->neigh, r->client, r->mac);
}

void
worker_links_close(struct worker *w)
{
	redis_free(w->redis);
	facts_cache_free(w->facts);
	auth_free(w->auth);
	neigh_free(w->neigh);
	resolver_free(w->resolver);
}
