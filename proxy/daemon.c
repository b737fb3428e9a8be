/*
 * daemon.c - the proxy process: its main thread.
 *
 * Starts the loader and the workers, hands snapshots from the one to the
 * others, answers the control socket, and ends them. It waits in one poll()
 * and nothing it does blocks.
 */
#include "proxy/daemon_part.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "base/sys/msgq.h"
#include "config/config.h"
#include "proxy/helpers.h"
#include "proxy/ledger.h"
#include "proxy/status.h"
#include "proxy/updates.h"
#include "proxy/visibility_watch.h"

#define STOP_MS 3000 /* for workers to close what is open; then we go */

static const struct str no_memory = STR_INIT("{\"error\":\"out of memory\"}\n");

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
	        .workers = d->crew.worker,
	        .nworkers = d->crew.n,
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

static bool
on_ask(void *arg, struct str request, uint64_t client, struct buf *answer)
{
	static const struct str override = STR_INIT("override ");
	struct daemon *d = arg;

	if (str_eq(request, STR("reload")))
		return daemon_ask_load(d, client, answer);
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
on_term(struct daemon *d)
{
	int64_t now = clock_mono_ms();

	switch (d->phase) {
	case PHASE_SERVE:
		d->phase = PHASE_DRAIN;
		d->deadline =
		    now + (int64_t)d->lent->settings.config->drain_s * 1000;
		crew_tell(&d->crew, WORKER_DRAIN);
		break;
	case PHASE_DRAIN:
		d->phase = PHASE_STOP;
		d->deadline = now + STOP_MS;
		crew_tell(&d->crew, WORKER_STOP);
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
	log_warn("%u workers do not end", d->crew.n - d->nended);
	d->phase = PHASE_OUT;
}

static void
take_signals(struct daemon *d)
{
	struct signalfd_siginfo s;

	while (read(d->signals, &s, sizeof(s)) == sizeof(s)) {
		if ((pid_t)s.ssi_pid != getppid())
			continue;
		if ((int)s.ssi_signo == DAEMON_SIGNAL_END)
			on_term(d);
		else if ((int)s.ssi_signo == DAEMON_SIGNAL_LOAD &&
		         d->phase == PHASE_SERVE)
			daemon_load(d);
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
			daemon_tell_all(d); /* it says nothing any more */
			if (d->nended == d->crew.n ||
			    BUG(d->phase == PHASE_SERVE))
				d->phase = PHASE_OUT;
			break;
		case DAEMON_IMAGE:
			free(m.p); /* the loader follows by itself */
			break;
		case DAEMON_SETTLED:
			daemon_settled(d, m.p);
			break;
		case DAEMON_ECHO:
			daemon_echoed(d, m.p);
			break;
		case LOADER_DONE:
			daemon_loaded(d, m.p, m.num);
			break;
		case LEDGER_NEWS:
			daemon_journal(d, m.p);
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
		visibility_run(d->seen, d->crew.worker, d->crew.n);
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
	sigaddset(&set, DAEMON_SIGNAL_END);
	sigaddset(&set, DAEMON_SIGNAL_LOAD);
	d->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	/* who sends it to all of us means the supervisor, and it once */
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return d->signals < 0 ? err_sys(err, errno, "signalfd") : 0;
}

static int
start_workers(struct daemon *d, struct err *err)
{
	const struct worker_setup like = {
	    .in = d->in,
	    .snapshot = d->force.snapshot,
	    .daemon = d->inbox,
	    .helpers = d->helpers,
	    .budgets = d->force.budgets,
	    .settings = &d->lent->settings,
	};

	return crew_start(&d->crew, d->in->nworkers, &like, err);
}

static void
drop(void *daemon, struct snapshot *s)
{
	daemon_drop_snapshot(daemon, s);
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
	daemon_hand_shadow(d, first);
	return 0;
}

/* Only after an orderly end: after any other the process just goes. */
static void
clean_up(struct daemon *d)
{
	crew_join(&d->crew);
	helpers_stop(d->helpers); /* they tell workers, who must still be */
	crew_free(&d->crew);      /* a load that ends now has nobody to go to */
	force_stop(&d->force);
	take_messages(d);
	force_close(&d->force);
	control_free(d->control);
	updates_free(d->updates);
	visibility_close(d->seen);
	if (!loader_stop(d->loader))
		return; /* it still reads what is below */
	daemon_free_lent(d->lent);
	msgq_free(d->inbox);
	close(d->signals);
}

int
daemon_run(const struct daemon_inherit *in)
{
	struct daemon d = {.in = in, .signals = -1};
	struct load *first = load_first(in);
	struct err err;

	list_init(&d.outcomes);
	if (!first)
		return DAEMON_EX_CONFIG;
	if (start(&d, first, &err) < 0) {
		log_err("%s", err.text);
		return 1;
	}
	daemon_tell_supervisor(&d, DAEMON_NEWS_READY);
	run(&d);
	if (d.nended < d.crew.n)
		return 1;
	clean_up(&d);
	return 0;
}
