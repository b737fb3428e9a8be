/*
 * reload.c - the loader thread: configuration and lists into a snapshot.
 */
#include "proxy/reload.h"

#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "base/sys/msgq.h"
#include "base/sys/thread.h"
#include "config/config.h"
#include "proxy/builder.h"
#include "proxy/daemon.h"
#include "proxy/finding.h"
#include "proxy/guard.h"
#include "proxy/shadow.h"
#include "proxy/share.h"
#include "proxy/updates.h"
#include "review/ring.h"

#define RETRY_MS 100 /* when there was no memory for an answer */

enum loader_msg { LOADER_RELOAD = 0, LOADER_BURY, LOADER_STOP };

struct loader {
	const struct daemon_inherit *in; /* borrowed */
	const struct config *config;     /* borrowed: of the last good load; the
				      * daemon frees older ones only */
	struct msgq *inbox;              /* owned */
	struct msgq *out;                /* borrowed */
	struct thread thread;
	uint64_t followed; /* generation that we follow; 0: none */
	struct log_often share_alarm, memory_alarm;
	bool busy; /* atomic: in the midst of a load, a transfer */
};

/* A load on its way. */
struct loading {
	struct load *load; /* being filled */
	bool to_stderr;    /* as a compiler does, else into the log */
};

/* --------------------------------------------------------------- findings */

static void
note(void *arg, const struct config_report *r)
{
	struct loading *g = arg;

	if (r->error)
		g->load->errors++;
	finding_json(&g->load->report, r);
	if (g->to_stderr)
		config_report_stderr(NULL, r);
	else
		finding_log(r);
}

/* What the builder found, and has logged. */
static void
note_built(void *arg, bool error, struct str json)
{
	struct loading *g = arg;

	g->load->errors += error;
	if (g->load->report.n)
		buf_add_char(&g->load->report, ',');
	buf_add_str(&g->load->report, json);
}

static void
note_text(struct loading *g, bool error, const char *text)
{
	note(g, &(struct config_report){.error = error, .text = text});
}

static void
note_nothing(void *arg, const struct config_report *r)
{
	(void)arg;
	(void)r;
}

/* ------------------------------------------- what a reload does not change */

/*
 * What needs a restart stays as the supervisor read it, also in a proxy that
 * was started again: sockets, rings and folders are of that time. One warning
 * names all of it.
 */
static void
keep_running(
    struct loading *g, struct config *now, const struct config *running)
{
	struct buf b = BUF_EMPTY;

	config_keep_running(now, running, &b);
	if (b.n) {
		buf_addf(&b, ": changed, but that needs a restart");
		buf_add_char(&b, '\0');
		note_text(g, false,
		    b.failed ? "what was changed needs a restart" : b.p);
	}
	buf_fini(&b);
}

/* ------------------------------------------------------------------ a load */

static uint64_t
next_generation(const struct daemon_inherit *in)
{
	return board_get(&rings_board(in->rings)->generation) + 1;
}

/*
 * The image that another gateway published: of an earlier run, else asked for
 * now. NULL where there is none (yet) or it does not fit our rules.
 */
static struct snapshot *
snapshot_followed(const struct daemon_inherit *in, const struct config *c,
    uint64_t *followed, struct loading *g)
{
	struct share_image image;
	struct err err = {.code = ERR_NONE};

	if (!share_kept(c, &image, &err) &&
	    share_poll(c, 0, &image, &err) != SHARE_NEW) {
		note_text(g, false,
		    err.code ? err.text : "no list was published yet");
		return NULL;
	}
	*followed = image.generation;
	return config_snapshot_image(
	    c, image.path, next_generation(in), note, g);
}

static struct snapshot *
snapshot_here(
    const struct daemon_inherit *in, const struct config *c, struct loading *g)
{
	struct snapshot *s =
	    config_snapshot(c, in->paths, next_generation(in), note, g);

	/* what compiling took goes back to the system; no worker waits */
	malloc_trim(0);
	return s;
}

/*
 * Lists that have changed are compiled in another process; here only where
 * nothing is served yet, or there is no process to be had.
 */
static struct snapshot *
snapshot_compiled(
    const struct daemon_inherit *in, const struct config *c, struct loading *g)
{
	const struct builder_job job = {.paths = in->paths,
	    .config = c,
	    .generation = next_generation(in),
	    .finding = note_built,
	    .arg = g};
	char path[PATH_MAX];

	if (g->to_stderr || config_lists_fresh(c, in->paths))
		return snapshot_here(in, c, g);
	config_image_path(c, in->paths, path, sizeof(path));
	switch (builder_run(&job)) {
	case BUILDER_DONE:
		return config_snapshot_image(
		    c, path, next_generation(in), note, g);
	case BUILDER_REFUSED:
		return NULL;
	case BUILDER_NOT_STARTED:
		break;
	}
	return snapshot_here(in, c, g);
}

static struct snapshot *
snapshot_for(const struct daemon_inherit *in, const struct config *c,
    uint64_t *followed, struct loading *g)
{
	struct snapshot *s = NULL;

	if (c->redis_role == REDIS_FOLLOW && c->redis_url.n)
		s = snapshot_followed(in, c, followed, g);
	if (!s)
		s = snapshot_compiled(in, c, g);
	return s;
}

/*
 * At a start there is no snapshot to keep when lists cannot be built, but
 * their last image is as good: what it says was in force before.
 */
static struct snapshot *
snapshot_former(const struct daemon_inherit *in, const struct config *c)
{
	char path[PATH_MAX];

	config_image_path(c, in->paths, path, sizeof(path));
	if (!path[0] || access(path, R_OK) < 0)
		return NULL;
	return config_snapshot_image(
	    c, path, next_generation(in), note_nothing, NULL);
}

static void
announce(const struct daemon_inherit *in, const struct config *c)
{
	struct rings_board *board = rings_board(in->rings);

	board_set(&board->privacy, c->privacy);
	board_set(&board->log_query, c->log_query);
	board_set(&board->drain_s, c->drain_s);
	board_set(&board->config, config_digest(c));
	board_set(&board->generation, next_generation(in));
}

static int
make_guard(struct loading *g, const struct config *c)
{
	struct err err;

	g->load->settings.guard = guard_new(c, &err);
	if (g->load->settings.guard)
		return 0;
	note_text(g, true, err.text);
	return -1;
}

void
load_free(struct load *l)
{
	union {
		const struct config *in;
		struct config *out;
	} c;

	if (!l)
		return;
	if (l->snapshot && snapshot_unref(l->snapshot))
		snapshot_free(l->snapshot);
	if (l->shadow && snapshot_unref(l->shadow))
		snapshot_free(l->shadow);
	guard_free(l->settings.guard);
	c.in = l->settings.config;
	if (l->config_is_ours)
		config_free(c.out);
	buf_fini(&l->report);
	free(l);
}

/* Read it again; NULL: it has errors. */
static const struct config *
load_config(const struct daemon_inherit *in, struct loading *g)
{
	struct config *c = config_load(in->paths, note, g);

	if (c)
		keep_running(g, c, in->config);
	g->load->config_is_ours = c != NULL;
	return c;
}

/* Guard and snapshot for <c>, with the lists of before if it must be. */
static bool
load_with(
    const struct daemon_inherit *in, struct loading *g, const struct config *c)
{
	struct load *l = g->load;
	uint64_t followed = 0;

	l->settings.config = c;
	if (make_guard(g, c) < 0)
		return false;
	l->snapshot = snapshot_for(in, c, &followed, g);
	if (l->snapshot)
		return true;
	l->snapshot = snapshot_former(in, c);
	if (!l->snapshot)
		return false;
	l->former = true;
	log_err("the lists could not be built; serving with those of before");
	return true;
}

/*
 * The proxy was started again, and what is on disk now cannot be used. What
 * the supervisor read is still there; where that is what was in force, it goes
 * on being. An older policy is none to fall back to: it may allow more.
 */
static bool
load_as_started(const struct daemon_inherit *in, struct loading *g)
{
	uint64_t in_force = board_get(&rings_board(in->rings)->config);

	if (!in->restarts || !in_force || config_digest(in->config) != in_force)
		return false;
	if (!load_with(in, g, in->config))
		return false;
	g->load->former = true;
	log_err("the configuration has errors; serving with that of before");
	return true;
}

struct load *
load_first(const struct daemon_inherit *in)
{
	struct load *l = calloc(1, sizeof(*l));
	struct loading g = {.load = l, .to_stderr = in->restarts == 0};
	int64_t begin = clock_mono_ms();
	const struct config *c = in->config;

	if (!l)
		return NULL;
	if (updates_first(in, in->config) || in->restarts)
		c = load_config(in, &g);
	if (!c || !load_with(in, &g, c)) {
		load_free(l);
		l = g.load = calloc(1, sizeof(*l));
		if (!l || !load_as_started(in, &g)) {
			load_free(l);
			return NULL;
		}
	}
	announce(in, l->settings.config);
	l->shadow = shadow_load(l->settings.config, note, &g);
	l->took_ms = clock_mono_ms() - begin;
	return l;
}

/* A protected list is not given up for what is no longer there. */
static bool
protected_holds(
    struct loading *g, const struct config *now, const struct config *running)
{
	struct str lost = config_protected_lost(now, running);
	char text[160];

	if (lost.n == 0)
		return true;
	snprintf(text, sizeof(text),
	    "protected list %.*s is lost: the former lists stay in force",
	    STR_ARG(lost));
	note_text(g, true, text);
	return false;
}

static struct load *
load_again(struct loader *l)
{
	struct load *load = calloc(1, sizeof(*load));
	struct loading g = {.load = load};
	int64_t begin = clock_mono_ms();
	const struct config *c;

	if (!load)
		return NULL;
	c = load->settings.config = load_config(l->in, &g);
	if (c && protected_holds(&g, c, l->config) && make_guard(&g, c) == 0)
		load->snapshot = snapshot_for(l->in, c, &l->followed, &g);
	if (load->snapshot) {
		announce(l->in, c);
		load->shadow = shadow_load(c, note, &g);
	}
	load->took_ms = clock_mono_ms() - begin;
	return load;
}

/* ----------------------------------------------------------------- sharing */

/*
 * Bring <load> (NULL: there was no memory even to fail) to the daemon. It
 * waits for this answer and asks for nothing meanwhile, so it must get one.
 */
static void
hand_out(struct loader *l, struct load *load, uint64_t number)
{
	struct msg m = {LOADER_DONE, load, number};

	if (load && load->snapshot && load->settings.config)
		l->config = load->settings.config;
	while (!msgq_send(l->out, m)) {
		log_often(&l->memory_alarm, LOG_ERR_,
		    "out of memory: a reload cannot be reported yet");
		poll(NULL, 0, RETRY_MS);
	}
}

static void
publish(struct loader *l)
{
	char path[PATH_MAX];
	uint64_t generation;
	struct err err;

	config_image_path(l->config, l->in->paths, path, sizeof(path));
	if (path[0] && access(path, R_OK) == 0 &&
	    share_publish(l->config, path, &generation, &err) < 0)
		log_often(&l->share_alarm, LOG_WARN_,
		    "the lists could not be published: %s", err.text);
}

static void
follow(struct loader *l)
{
	struct loading g = {0};
	struct share_image image;
	struct err err = {.code = ERR_NONE};
	int64_t begin = clock_mono_ms();

	switch (share_poll(l->config, l->followed, &image, &err)) {
	case SHARE_NONE:
		return;
	case SHARE_FAILED:
		log_often(&l->share_alarm, LOG_WARN_,
		    "published lists could not be followed: %s", err.text);
		return;
	case SHARE_NEW:
		break;
	}
	/* also where it does not fit our rules: it will not the next time */
	l->followed = image.generation;
	g.load = calloc(1, sizeof(*g.load));
	if (!g.load)
		return;
	g.load->snapshot = config_snapshot_image(
	    l->config, image.path, next_generation(l->in), note, &g);
	if (g.load->snapshot)
		announce(l->in, l->config);
	g.load->took_ms = clock_mono_ms() - begin;
	hand_out(l, g.load, 0);
}

static void
share(struct loader *l)
{
	if (!l->config->redis_url.n)
		return;
	if (l->config->redis_role == REDIS_PUBLISH)
		publish(l);
	else if (l->config->redis_role == REDIS_FOLLOW)
		follow(l);
}

/* ------------------------------------------------------------------ thread */

/* False: end. */
static bool
obey(struct loader *l, const struct msg *m)
{
	switch ((enum loader_msg)m->kind) {
	case LOADER_STOP:
		return false;
	case LOADER_BURY:
		snapshot_free(m->p);
		break;
	case LOADER_RELOAD:
		hand_out(l, load_again(l), m->num);
		share(l);
		break;
	}
	return true;
}

static void
loader_run(void *arg)
{
	struct loader *l = arg;
	int64_t due = clock_mono_ms();
	struct msg m;

	for (;;) {
		struct pollfd p = {.fd = msgq_fd(l->inbox), .events = POLLIN};
		int64_t now = clock_mono_ms();

		if (now >= due) {
			__atomic_store_n(&l->busy, true, __ATOMIC_RELEASE);
			share(l);
			now = clock_mono_ms();
			due = now + SHARE_POLL_S * 1000;
		}
		__atomic_store_n(&l->busy, false, __ATOMIC_RELEASE);
		poll(&p, 1, (int)(due - now));
		__atomic_store_n(&l->busy, true, __ATOMIC_RELEASE);
		while (msgq_take(l->inbox, &m))
			if (!obey(l, &m))
				return;
	}
}

struct loader *
loader_start(const struct daemon_inherit *in, const struct load *first,
    struct msgq *out, struct err *err)
{
	struct loader *l = calloc(1, sizeof(*l));
	struct share_image kept;

	if (!l) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	l->in = in;
	l->out = out;
	l->config = first->settings.config;
	if (l->config->redis_role == REDIS_FOLLOW && l->config->redis_url.n &&
	    share_kept(l->config, &kept, NULL))
		l->followed = kept.generation;
	l->inbox = msgq_new(err);
	if (!l->inbox ||
	    thread_start(&l->thread, "loader", loader_run, l, err) < 0) {
		msgq_free(l->inbox);
		free(l);
		return NULL;
	}
	return l;
}

bool
loader_reload(struct loader *l, uint64_t number)
{
	return msgq_send(l->inbox, (struct msg){LOADER_RELOAD, NULL, number});
}

void
loader_bury(struct loader *l, struct snapshot *s)
{
	if (!msgq_send(l->inbox, (struct msg){LOADER_BURY, s, 0}))
		snapshot_free(s); /* late, but not never */
}

bool
loader_stop(struct loader *l)
{
	bool busy = __atomic_load_n(&l->busy, __ATOMIC_ACQUIRE);

	if (!msgq_send(l->inbox, (struct msg){LOADER_STOP, NULL, 0}) || busy)
		return false;
	thread_join(&l->thread);
	msgq_free(l->inbox);
	free(l);
	return true;
}
