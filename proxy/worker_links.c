/* worker_links.c - what a worker asks others by: DNS, its cache, Redis. */
#include "config/config.h"
#include "proxy/auth.h"
#include "proxy/facts_fetch.h"
#include "proxy/redis.h"
#include "proxy/resolve.h"
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
worker_links_close(struct worker *w)
{
	redis_free(w->redis);
	facts_cache_free(w->facts);
	auth_free(w->auth);
	resolver_free(w->resolver);
}
