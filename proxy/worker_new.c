/* worker_new.c - a worker made and unmade. */
#include <stdlib.h>

#include "base/err.h"
#include "base/sys/digest.h"
#include "base/sys/msgq.h"
#include "config/config.h"
#include "filters/snapshot.h"
#include "proxy/clients.h"
#include "proxy/daemon.h"
#include "proxy/demo.h"
#include "proxy/helpers.h"
#include "proxy/listen.h"
#include "proxy/origin.h"
#include "proxy/relay.h"
#include "proxy/shadow.h"
#include "proxy/worker_part.h"
#include "review/ring.h"

/* Drawn once a process: what requests of ours are known by. */
static uint32_t
instance(void)
{
	static uint32_t drawn; /* before there are threads */

	while (drawn == 0 && digest_random(&drawn, sizeof(drawn), NULL) == 0)
		continue;
	return drawn;
}

/*
 * The first worker makes the table of clients, the others share it. Workers
 * are made by one thread.
 */
static struct client_table *
all_clients(const uint8_t key[16])
{
	static struct client_table *made;

	if (!made)
		made = clients_new(key);
	return made ? clients_ref(made) : NULL;
}

static bool
set_via(struct worker *w)
{
	int n = snprintf(w->via, sizeof(w->via), "1.1 %.*s (%08x)",
	    STR_ARG(w->config->via_name), instance());

	w->via_n = (unsigned)n;
	return n > 0 && (size_t)n < sizeof(w->via);
}

static int
open_parts(struct worker *w, const struct worker_setup *setup, struct err *err)
{
	const struct config *c = w->config;
	uint8_t key[16];

	if (digest_random(key, sizeof(key), err) < 0 ||
	    digest_random(w->chance, sizeof(w->chance), err) < 0)
		return -1;
	w->loop = loop_new(err);
	w->inbox = msgq_new(err);
	if (!w->loop || !w->inbox)
		return -1;
	watch_open(
	    w->loop, &w->inbox_watch, msgq_fd(w->inbox), worker_on_message, w);
	w->pool = origin_pool_new(w);
	w->pipes = pipe_pool_new();
	w->clients = all_clients(key);
	if (!w->pool || !w->pipes || !w->clients || !set_via(w))
		return err_set(err, ERR_MEMORY, "out of memory");
	if (worker_links_open(w, key, err) < 0)
		return -1;
	if (listen_open(w, setup->in, err) < 0)
		return -1;
	listen_settle(w, c);
	return demo_open(w, setup->in, err);
}

struct worker *
worker_new(const struct worker_setup *setup, struct err *err)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w) {
		err_set(err, ERR_MEMORY, "out of memory");
		if (snapshot_unref(setup->snapshot))
			snapshot_free(setup->snapshot);
		return NULL;
	}
	w->index = setup->index;
	w->config = setup->settings->config;
	w->guard = setup->settings->guard;
	w->daemon = setup->daemon;
	w->helpers = setup->helpers;
	w->budgets = setup->budgets;
	w->grants = setup->grants;
	w->rings = setup->in->rings;
	w->ring = rings_at(setup->in->rings, setup->index);
	w->most_conns = w->config->connections / setup->in->nworkers + 1;
	list_init(&w->pins);
	list_init(&w->conns);
	list_init(&w->ready);
	list_init(&w->tunnels);
	list_init(&w->outdated);
	list_init(&w->graves);
	w->pin = worker_pin_new(w, setup->snapshot);
	if (!w->pin || open_parts(w, setup, err) < 0) {
		if (!w->pin)
			err_set(err, ERR_MEMORY, "out of memory");
		worker_free(w);
		return NULL;
	}
	return w;
}

void
worker_free(struct worker *w)
{
	struct msg m;

	if (!w)
		return;
	if (w->clients)
		worker_close_all(w);
	worker_bury_all(w);
	demo_free(w->demo);
	listen_close(w);
	origin_pool_free(w->pool);
	worker_bury_all(w);
	worker_links_close(w);
	txns_keep(w, 0);
	blocks_fini(&w->blocks);
	pipe_pool_free(w->pipes);
	clients_unref(w->clients);
	shadow_take(w, NULL);
	while (!list_empty(&w->pins))
		worker_pin_free(
		    w, container_of(w->pins.next, struct pin, node));
	watch_close(&w->inbox_watch);
	while (w->inbox && msgq_take(w->inbox, &m))
		if (m.kind == WORKER_HELPED)
			helpers_question_free(m.p);
	msgq_free(w->inbox);
	loop_free(w->loop);
	free(w);
}
