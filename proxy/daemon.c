/*
 * daemon.c - the proxy process: its main thread.
 *
 * Starts the loader and the workers, hands snapshots from the one to the
 * others, answers the control socket, and ends them. It waits in one poll()
 * and nothing it does blocks.
 */
#include "proxy/daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "base/sys/msgq.h"
#include "base/sys/thread.h"
#include "config/config.h"
#include "filters/snapshot.h"
#include "proxy/control.h"
#include "proxy/force.h"
#include "proxy/helpers.h"
#include "proxy/ledger.h"
#include "proxy/reload.h"
#include "proxy/shadow.h"
#include "proxy/status.h"
#include "proxy/updates.h"
#include "proxy/visibility_watch.h"
#include "proxy/worker.h"

#define STOP_MS 3000 /* for workers to close what is open; then we go */

enum phase {
	PHASE_SERVE = 0,
	PHASE_DRAIN, /* workers take nothing new */
	PHASE_STOP,  /* workers close what is open */
	PHASE_OUT,
};

/* Who waits for the outcome of load <number>. */
struct waiter {
	uint64_t client, number;
};

struct daemon {
	const struct daemon_inherit *in; /* borrowed */
	struct msgq *inbox;              /* owned */
	struct loader *loader;           /* owned */
	struct control *control;         /* owned */
	struct helpers *helpers;         /* owned */
	struct updates *updates;         /* owned; NULL: none */
	struct visibility_watch *seen;   /* owned; NULL: none */
	struct worker **workers;         /* owned */
	struct thread *threads;          /* owned */
	unsigned nstarted, nended;
	int signals;        /* owned */
	struct force force; /* what is in force */
	struct load *lent;  /* owned; newest first: what workers were lent they
			    * may read until all use a later one */
	uint64_t asked, done; /* numbers of loads; asked > done: one is on */
	bool again;           /* and one more when it is done */
	struct waiter waiter[CONTROL_CLIENTS];
	unsigned nwaiters;
	int64_t snapshot_ms, stale_ms; /* wall */
	uint64_t reloads, failures;
	enum phase phase;
	int64_t deadline; /* of DRAIN and STOP; monotonic ms */
};

static const struct str no_memory = STR_INIT("{\"error\":\"out of memory\"}\n");

static void
tell_supervisor(const struct daemon *d, enum daemon_news news)
{
	char byte = (char)news;

	if (write(d->in->news, &byte, 1) < 0)
		log_warn("the supervisor does not listen: %s", strerror(errno));
}

static void
drop_snapshot(struct daemon *d, struct snapshot *s)
{
	if (!s || !snapshot_unref(s))
		return;
	if (d->loader)
		loader_bury(d->loader, s);
	else
		snapshot_free(s); /* at the start: nobody waits for us */
}

/* ----------------------------------------------------------------- reload */

/* Begin a load, or note that one is wanted when the present one is done.
 * Its number; 0: it cannot be. */
static uint64_t
start_load(struct daemon *d)
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
	tell_supervisor(d, DAEMON_NEWS_RELOADING);
	return ++d->asked;
}

/* Lend what is newest and a reference of its snapshot to each worker. */
static void
hand_to_workers(struct daemon *d, bool settings)
{
	for (unsigned i = 0; i < d->nstarted; i++) {
		struct worker *w = d->workers[i];
		struct snapshot *ref = snapshot_ref(d->force.snapshot);

		if ((settings &&
		        !worker_send(w, WORKER_SETTINGS, &d->lent->settings)) ||
		    !worker_send(w, WORKER_SNAPSHOT, ref)) {
			log_err("out of memory: worker %u keeps the former "
			        "policy; reload again",
			    i);
			drop_snapshot(d, ref);
		}
	}
}

/* Lend its shadow, or that there is none any more, to the workers. */
static void
hand_shadow(struct daemon *d, struct load *load)
{
	shadow_hand(d->workers, d->nstarted, load->shadow);
	drop_snapshot(d, load->shadow);
	load->shadow = NULL;
}

/* Put <load> in force, whose snapshot is so already; takes it. */
static void
adopt(struct daemon *d, struct load *load)
{
	bool settings = load->settings.config != NULL;

	log_info("generation %llu is in force, after %lld ms",
	    (unsigned long long)snapshot_generation(d->force.snapshot),
	    (long long)load->took_ms);
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
		hand_shadow(d, load);
	if (!settings)
		load_free(load);
}

/* <l> and what is older. */
static void
free_lent(struct load *l)
{
	while (l) {
		struct load *older = l->older;

		load_free(l);
		l = older;
	}
}

/* A worker uses <settings>: when all do, what is older may go. */
static void
on_settled(struct daemon *d, const void *settings)
{
	struct load *l = d->lent;

	while (l && &l->settings != settings)
		l = l->older;
	if (!l || ++l->users < d->nstarted)
		return;
	free_lent(l->older);
	l->older = NULL;
}

/* {"ok":true,"generation":7,"ms":120,"findings":[...]} */
static void
put_outcome(const struct daemon *d, const struct load *load, struct buf *out)
{
	json_open(out, '{');
	json_key_bool(out, "ok", load->snapshot != NULL);
	json_key_u64(out, "generation",
	    snapshot_generation(
	        load->snapshot ? load->snapshot : d->force.snapshot));
	json_key_u64(out, "ms", (uint64_t)load->took_ms);
	json_key(out, "findings");
	json_open(out, '[');
	buf_add_str(out, buf_str(&load->report));
	json_close(out, ']');
	json_close(out, '}');
	buf_add_char(out, '\n');
}

/* Tell who waits for load <number>, or an earlier one, how it went. */
static void
answer_waiters(struct daemon *d, uint64_t number, struct str answer)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < d->nwaiters; i++)
		if (d->waiter[i].number <= number)
			control_answer(d->control, d->waiter[i].client, answer);
		else
			d->waiter[kept++] = d->waiter[i];
	d->nwaiters = kept;
}

static void
refuse(struct daemon *d, struct load *load)
{
	d->failures++;
	if (!d->stale_ms)
		d->stale_ms = clock_wall_ms();
	log_err("the reload was refused (%u errors); generation %llu stays in "
	        "force",
	    load ? load->errors : 1,
	    (unsigned long long)snapshot_generation(d->force.snapshot));
	load_free(load);
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

/* Load <number> (0: nobody asked for it) came to <load>, taken. */
static void
on_loaded(struct daemon *d, struct load *load, uint64_t number)
{
	struct buf answer = BUF_EMPTY;

	if (load)
		put_outcome(d, load, &answer);
	else
		buf_add_str(&answer, no_memory);
	if (take_loaded(d, load))
		adopt(d, load);
	else
		refuse(d, load);
	if (number) {
		d->done = number;
		answer_waiters(d, number, buf_str(&answer));
		tell_supervisor(d, DAEMON_NEWS_READY);
	}
	buf_fini(&answer);
	if (d->again && !start_load(d))
		answer_waiters(d, UINT64_MAX, no_memory);
}

/* -------------------------------------------------------------- overrides */

/* The journal has changed, or could not be: taken. */
static void
on_ledger(struct daemon *d, struct ledger_news *n)
{
	struct buf answer = BUF_EMPTY;
	unsigned long long client;

	if (force_news(&d->force, n, d->lent->settings.guard, &client, &answer))
		hand_to_workers(d, false);
	if (client)
		control_answer(d->control, client,
		    answer.failed ? no_memory : buf_str(&answer));
	buf_fini(&answer);
}

/* ---------------------------------------------------------------- control */

static void
answer_status(const struct daemon *d, struct buf *out)
{
	unsigned n = 0;

	for (const struct load *l = d->lent; l; l = l->older)
		n++;
	status_json(
	    &(struct status){
	        .in = d->in,
	        .workers = d->workers,
	        .nworkers = d->nstarted,
	        .snapshot = d->force.snapshot,
	        .snapshot_ms = d->snapshot_ms,
	        .stale_ms = d->stale_ms,
	        .reloads = d->reloads,
	        .failures = d->failures,
	        .generations = n,
	        .phase = d->phase == PHASE_SERVE ? "serving" : "draining",
	        .config = d->lent->settings.config,
	        .updates = d->updates,
	        .seen = d->seen,
	        .ledger = d->force.ledger,
	        .helpers = d->helpers,
	    },
	    out);
}

/* False: the answer comes when the load is done. */
static bool
ask_reload(struct daemon *d, uint64_t client, struct buf *answer)
{
	uint64_t number = d->phase == PHASE_SERVE ? start_load(d) : 0;

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

static bool
on_ask(void *arg, struct str request, uint64_t client, struct buf *answer)
{
	static const struct str override = STR_INIT("override ");
	struct daemon *d = arg;

	if (str_eq(request, STR("reload")))
		return ask_reload(d, client, answer);
	if (str_starts(request, override)) {
		if (ledger_ask(d->force.ledger,
		        str_sub(request, override.n, request.n), client))
			return false;
		buf_add_str(answer, no_memory);
		return true;
	}
	if (str_eq(request, STR("status")))
		answer_status(d, answer);
	else
		buf_add_str(answer, STR("{\"error\":\"no such request\"}\n"));
	return true;
}

/* ------------------------------------------------------------------ events */

static void
send_all(struct daemon *d, enum worker_msg kind)
{
	for (unsigned i = 0; i < d->nstarted; i++)
		if (!worker_send(d->workers[i], kind, NULL))
			log_err("out of memory: worker %u was not told", i);
}

static void
on_term(struct daemon *d)
{
	int64_t now = clock_mono_ms();

	switch (d->phase) {
	case PHASE_SERVE:
		d->phase = PHASE_DRAIN;
		d->deadline =
		    now + (int64_t)d->lent->settings.config->drain_s * 1000;
		send_all(d, WORKER_DRAIN);
		break;
	case PHASE_DRAIN:
		d->phase = PHASE_STOP;
		d->deadline = now + STOP_MS;
		send_all(d, WORKER_STOP);
		break;
	case PHASE_STOP:
	case PHASE_OUT:
		break;
	}
}

static void
on_late(struct daemon *d)
{
	if (d->phase == PHASE_DRAIN) {
		on_term(d);
		return;
	}
	log_warn("%u workers do not end", d->nstarted - d->nended);
	d->phase = PHASE_OUT;
}

static void
take_signals(struct daemon *d)
{
	struct signalfd_siginfo s;

	while (read(d->signals, &s, sizeof(s)) == sizeof(s)) {
		/* who sends it to all of us, as systemd may, means it once */
		if ((pid_t)s.ssi_pid != getppid())
			continue;
		if (s.ssi_signo == SIGTERM)
			on_term(d);
		else if (s.ssi_signo == SIGHUP && d->phase == PHASE_SERVE)
			start_load(d);
	}
}

static void
take_messages(struct daemon *d)
{
	struct msg m;

	while (msgq_take(d->inbox, &m)) {
		switch (m.kind) {
		case DAEMON_BURY:
			loader_bury(d->loader, m.p);
			break;
		case DAEMON_WORKER_ENDED:
			d->nended++;
			if (d->nended == d->nstarted ||
			    BUG(d->phase == PHASE_SERVE))
				d->phase = PHASE_OUT;
			break;
		case DAEMON_IMAGE:
			free(m.p); /* the loader follows by itself */
			break;
		case DAEMON_SETTLED:
			on_settled(d, m.p);
			break;
		case LOADER_DONE:
			on_loaded(d, m.p, m.num);
			break;
		case LEDGER_NEWS:
			on_ledger(d, m.p);
			break;
		}
	}
}

static int
sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static void
run(struct daemon *d)
{
	struct pollfd p[2 + CONTROL_FDS];

	while (d->phase != PHASE_OUT) {
		int64_t now = clock_mono_ms();
		int wait = -1;

		if (d->phase != PHASE_SERVE)
			wait = d->deadline > now ? (int)(d->deadline - now) : 0;
		else
			wait = sooner(
			    updates_wait(d->updates), visibility_wait(d->seen));
		p[0] = (struct pollfd){.fd = d->signals, .events = POLLIN};
		p[1] =
		    (struct pollfd){.fd = msgq_fd(d->inbox), .events = POLLIN};
		control_poll(d->control, p + 2);
		if (poll(p, 2 + CONTROL_FDS,
		        sooner(wait, control_wait(d->control))) < 0)
			continue; /* interrupted */
		take_signals(d);
		take_messages(d);
		control_run(d->control, p + 2);
		if (d->phase == PHASE_SERVE)
			updates_run(d->updates, d->lent->settings.config);
		visibility_run(d->seen, d->workers, d->nstarted);
		if (d->phase != PHASE_SERVE && d->phase != PHASE_OUT &&
		    clock_mono_ms() >= d->deadline)
			on_late(d);
	}
}

/* ------------------------------------------------------- start and the end */

static int
signals_open(struct daemon *d, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	d->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	/* the supervisor's and the recorder's: not ours to end by */
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return d->signals < 0 ? err_sys(err, errno, "signalfd") : 0;
}

static int
start_workers(struct daemon *d, struct err *err)
{
	unsigned n = d->in->nworkers;

	d->workers = calloc(n, sizeof(struct worker *));
	d->threads = calloc(n, sizeof(struct thread));
	if (!d->workers || !d->threads)
		return err_set(err, ERR_MEMORY, "out of memory");
	/* all of them first: nothing is served by half a proxy */
	for (unsigned i = 0; i < n; i++) {
		struct worker_setup setup = {
		    .index = i,
		    .in = d->in,
		    .snapshot = snapshot_ref(d->force.snapshot),
		    .daemon = d->inbox,
		    .helpers = d->helpers,
		    .budgets = d->force.budgets,
		    .settings = &d->lent->settings,
		};

		d->workers[i] = worker_new(&setup, err);
		if (!d->workers[i])
			return -1;
	}
	for (unsigned i = 0; i < n; i++, d->nstarted++)
		if (thread_start(&d->threads[i], "worker", worker_run,
		        d->workers[i], err) < 0)
			return -1;
	return 0;
}

static void
drop(void *daemon, struct snapshot *s)
{
	drop_snapshot(daemon, s);
}

/* Put the first load in force, with the overrides on the disk. */
static int
start_force(struct daemon *d, struct load *first, struct err *err)
{
	struct snapshot *s = first->snapshot;

	first->snapshot = NULL;
	d->force.drop = drop;
	d->force.arg = d;
	return force_open(
	    &d->force, d->in->config->state_dir.p, d->inbox, s, err);
}

static int
start(struct daemon *d, struct load *first, struct err *err)
{
	d->inbox = msgq_new(err);
	if (!d->inbox || start_force(d, first, err) < 0)
		return -1;
	d->snapshot_ms = clock_wall_ms();
	d->stale_ms = first->former ? d->snapshot_ms : 0;
	d->lent = first;
	d->control = control_new(d->in->control, on_ask, d, err);
	if (!d->control || signals_open(d, err) < 0)
		return -1;
	d->updates = updates_new(d->in);
	d->seen = visibility_open(d->in->config->state_dir.p);
	/* early: they are forked, and we are still small */
	d->helpers = helpers_start(d->lent->settings.config, err);
	if (!d->helpers)
		return -1;
	d->loader = loader_start(d->in, first, d->inbox, err);
	if (!d->loader || start_workers(d, err) < 0)
		return -1;
	hand_shadow(d, first);
	return 0;
}

/* Only after an orderly end: after any other the process just goes. */
static void
clean_up(struct daemon *d)
{
	for (unsigned i = 0; i < d->nstarted; i++)
		thread_join(&d->threads[i]);
	helpers_stop(d->helpers); /* they tell workers, who must still be */
	for (unsigned i = 0; i < d->nstarted; i++)
		worker_free(d->workers[i]);
	d->nstarted = 0; /* a load that ends now has nobody to go to */
	force_stop(&d->force);
	take_messages(d);
	force_close(&d->force);
	control_free(d->control);
	updates_free(d->updates);
	visibility_close(d->seen);
	if (!loader_stop(d->loader))
		return; /* it still reads what is below */
	free_lent(d->lent);
	msgq_free(d->inbox);
	free(d->workers);
	free(d->threads);
	close(d->signals);
}

int
daemon_run(const struct daemon_inherit *in)
{
	struct daemon d = {.in = in, .signals = -1};
	struct load *first = load_first(in);
	struct err err;

	if (!first)
		return DAEMON_EX_CONFIG;
	if (start(&d, first, &err) < 0) {
		log_err("%s", err.text);
		return 1;
	}
	tell_supervisor(&d, DAEMON_NEWS_READY);
	run(&d);
	if (d.nended < d.nstarted)
		return 1;
	clean_up(&d);
	return 0;
}
