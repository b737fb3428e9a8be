/*
 * daemon_load.c - the proxy process: what comes of loads and of the journal is
 * put in force and handed to the workers.
 */
#include "proxy/daemon_part.h"

#include <string.h>

#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "config/config.h"
#include "filters/snapshot.h"
#include "proxy/helpers.h"
#include "proxy/ledger.h"
#include "proxy/shadow.h"
#include "proxy/updates.h"

void
daemon_drop_snapshot(struct daemon *d, struct snapshot *s)
{
	if (!s || !snapshot_unref(s))
		return;
	if (d->loader)
		loader_bury(d->loader, s);
	else
		snapshot_free(s); /* at the start: nobody waits for us */
}

/* ----------------------------------------------------------------- reload */

uint64_t
daemon_load(struct daemon *d)
{
	if (d->asked > d->done) {
		/* it may have read what changed since: not enough */
		d->again = true;
		return d->asked + 1;
	}
	d->again = false;
	if (!loader_reload(d->loader, d->asked + 1)) {
		log_err("out of memory: no reload");
		return 0;
	}
	daemon_tell_supervisor(d, DAEMON_NEWS_RELOADING);
	return ++d->asked;
}

/* Lend what is newest and a reference of its snapshot to each worker. */
static void
hand_to_workers(struct daemon *d, bool settings)
{
	for (unsigned i = 0; i < d->crew.n; i++) {
		struct worker *w = d->crew.worker[i];
		struct snapshot *ref = snapshot_ref(d->force.snapshot);

		if ((settings &&
		        !worker_send(w, WORKER_SETTINGS, &d->lent->settings)) ||
		    !worker_send(w, WORKER_SNAPSHOT, ref)) {
			log_err("out of memory: worker %u keeps the former "
			        "policy; reload again",
			    i);
			daemon_drop_snapshot(d, ref);
		}
	}
}

void
daemon_hand_shadow(struct daemon *d, struct load *load)
{
	shadow_hand(d->crew.worker, d->crew.n, load->shadow);
	daemon_drop_snapshot(d, load->shadow);
	load->shadow = NULL;
}

/* Put <load> in force, whose snapshot is so already; takes it. */
static void
adopt(struct daemon *d, struct load *load)
{
	bool settings = load->settings.config != NULL;

	d->reloads++;
	d->stale_ms = 0;
	d->snapshot_ms = clock_wall_ms();
	if (settings) {
		load->older = d->lent;
		d->lent = load;
		updates_look(d->updates);
		helpers_settle(d->helpers, load->settings.config);
	}
	hand_to_workers(d, settings);
	if (settings)
		daemon_hand_shadow(d, load);
	if (!settings)
		load_free(load);
}

void
daemon_free_lent(struct load *l)
{
	while (l) {
		struct load *older = l->older;

		load_free(l);
		l = older;
	}
}

void
daemon_settled(struct daemon *d, const void *settings)
{
	struct load *l = d->lent;

	while (l && &l->settings != settings)
		l = l->older;
	if (!l || ++l->users < d->crew.n)
		return;
	daemon_free_lent(l->older);
	l->older = NULL;
}

/* {"ok":true,"generation":7,"ms":120,"findings":[...]} */
static void
put_outcome(
    const struct daemon *d, const struct load *load, bool ok, struct buf *out)
{
	json_open(out, '{');
	json_key_bool(out, "ok", ok);
	json_key_u64(out, "generation", snapshot_generation(d->force.snapshot));
	json_key_u64(out, "ms", (uint64_t)load->took_ms);
	json_key(out, "findings");
	json_open(out, '[');
	buf_add_str(out, buf_str(&load->report));
	json_close(out, ']');
	json_close(out, '}');
	buf_add_char(out, '\n');
}

/* Takes <load>. <known>: it had a snapshot, so that the loader has made its
 * configuration the one it reads by; it stays until the next is in force. */
static void
refuse(struct daemon *d, struct load *load, bool known)
{
	d->failures++;
	if (!d->stale_ms)
		d->stale_ms = clock_wall_ms();
	log_err("the reload was refused (%u errors); generation %llu stays in "
	        "force",
	    load ? load->errors : 1,
	    (unsigned long long)snapshot_generation(d->force.snapshot));
	if (!known || !d->lent) {
		load_free(load);
		return;
	}
	load->older = d->lent->older;
	d->lent->older = load;
}

/* Is there a snapshot in <load>? Then it is in force. */
static bool
take_loaded(struct daemon *d, struct load *load)
{
	struct snapshot *base = load ? load->snapshot : NULL;

	if (!base)
		return false;
	load->snapshot = NULL;
	return force_load(&d->force, base);
}

void
daemon_loaded(struct daemon *d, struct load *load, uint64_t number)
{
	struct outcome o = {.load = number, .answer = BUF_EMPTY};
	bool known = load && load->snapshot && load->settings.config;
	bool ok = take_loaded(d, load);

	if (load)
		put_outcome(d, load, ok, &o.answer);
	if (!ok) {
		refuse(d, load, known);
		daemon_tell(d, &o);
		return;
	}
	o.generation = snapshot_generation(d->force.snapshot);
	o.took_ms = load->took_ms;
	adopt(d, load);
	daemon_tell_later(d, &o);
}

/* -------------------------------------------------------------- overrides */

void
daemon_journal(struct daemon *d, struct ledger_news *n)
{
	struct outcome o = {.answer = BUF_EMPTY};

	if (force_news(
	        &d->force, n, d->lent->settings.guard, &o.client, &o.answer))
		hand_to_workers(d, false);
	if (o.client)
		daemon_tell_later(d, &o);
}

bool
daemon_ask_load(struct daemon *d, uint64_t client, struct buf *answer)
{
	uint64_t number = d->phase == PHASE_SERVE ? daemon_load(d) : 0;

	if (!number) {
		buf_add_str(answer, STR("{\"error\":\"not now\"}\n"));
		return true;
	}
	if (d->nwaiters == CONTROL_CLIENTS) {
		/* the first has gone: only so many are connected at once */
		memmove(d->waiter, d->waiter + 1,
		    sizeof(d->waiter) - sizeof(d->waiter[0]));
		d->nwaiters--;
	}
	d->waiter[d->nwaiters++] = (struct waiter){client, number};
	return false;
}
