/*
 * supervisor.c - the first process: opens, starts, restarts, passes signals
 * on, and does nothing else.
 *
 * Its own life has four phases; a child's is in struct child. All that it
 * waits for is a signal, a byte from the proxy or a moment in time.
 */
#include "proxy/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "base/version.h"
#include "config/config.h"
#include "config/loader.h"
#include "proxy/daemon.h"
#include "proxy/notify.h"
#include "proxy/prepare.h"
#include "proxy/sockets.h"
#include "review/recorder.h"
#include "review/ring.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS   5000
#define STEADY_MS        30000 /* alive so long: the next fall is the first */
#define LOOP_FALLS       5     /* falls without that: said loudly */
#define GRACE_MS         5000  /* beyond the drain, or the recorder's end */

/* The recorder shows each second that it lives. So many looks, a second apart,
 * that find nothing new, and it hangs: well before the rings are full under
 * an ordinary load, and beyond what a disk takes for one call. Looks are
 * counted and not time, for we may have been stopped or asleep ourselves. */
#define LOOK_MS    1000
#define HANG_LOOKS 5

enum phase {
	PHASE_RUN = 0,
	PHASE_DRAIN,  /* the proxy was told to end */
	PHASE_FINISH, /* the recorder was told to end */
	PHASE_OUT,
};

enum child_id { CHILD_PROXY = 0, CHILD_RECORDER, CHILDREN };

struct child {
	const char *name;
	const char *without; /* what goes undone while it is down */
	pid_t pid;           /* 0: down */
	int64_t since;       /* up: monotonic ms of its start */
	int64_t due;         /* down: when to start it */
	int64_t wait;        /* the next back-off */
	unsigned falls;      /* in a row */
	unsigned starts;
	bool served; /* since its start it has said that it is ready */
};

struct supervisor {
	const struct config *config;   /* borrowed */
	const struct config_paths *at; /* borrowed */
	struct prepared prepared;
	struct sockets sockets;        /* owned */
	struct rings *rings;           /* owned */
	int control, signals, news[2]; /* owned */
	struct child child[CHILDREN];
	enum phase phase;
	int64_t deadline;   /* of DRAIN and FINISH: then it is killed */
	int64_t started_ms; /* wall */
	int64_t looked_ms;  /* for the recorder's beat */
	uint64_t beat;      /* as it was then */
	unsigned still;     /* looks in a row that found no other */
	bool was_ready;
	int status;
};

static_assert((int)RECORD_PSEUDONYM == (int)PRIVACY_PSEUDONYM &&
                  (int)RECORD_FULL == (int)PRIVACY_FULL &&
                  (int)RECORD_AGGREGATE == (int)PRIVACY_AGGREGATE,
    "the log's words for privacy are the configuration's");

/* ------------------------------------------------------------- children */

static int
run_proxy(struct supervisor *s)
{
	struct daemon_inherit in = {
	    .config = s->config,
	    .paths = s->at,
	    .rings = s->rings,
	    .nworkers = s->sockets.each,
	    .sockets = s->sockets.fd,
	    .nsockets = s->sockets.n,
	    .control = s->control,
	    .news = s->news[1],
	    .restarts = s->child[CHILD_PROXY].starts - 1,
	    .started_ms = s->started_ms,
	};

	close(s->news[0]);
	return daemon_run(&in);
}

static int
run_recorder(struct supervisor *s)
{
	char keys[PATH_MAX];
	struct recorder_setup setup = {
	    .rings = s->rings,
	    .log_dir = s->config->log_dir.p,
	    .keys_dir = keys,
	};

	if (!file_join(keys, sizeof(keys), s->config->state_dir.p, "keys"))
		return 1;
	sockets_close(&s->sockets);
	close(s->control);
	close(s->news[0]);
	close(s->news[1]);
	return recorder_run(&setup);
}

static void
child_start(struct supervisor *s, enum child_id id)
{
	static int (*const run[CHILDREN])(struct supervisor *) = {
	    [CHILD_PROXY] = run_proxy,
	    [CHILD_RECORDER] = run_recorder,
	};
	static const char *const thread[CHILDREN] = {
	    "suzgi: proxy", "suzgi: recorder"};
	struct child *c = &s->child[id];
	pid_t us = getpid(), pid;

	c->starts++;
	c->served = false;
	pid = fork();
	if (pid == 0) {
		/* what the supervisor's end leaves unsaid is in the rings */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, thread[id]);
		if (getppid() != us)
			_exit(1);
		close(s->signals);
		log_rename(thread[id]);
		_exit(run[id](s));
	}
	if (pid < 0) {
		log_err("cannot start the %s: %s", c->name, strerror(errno));
		c->due = clock_mono_ms() + BACKOFF_MAX_MS;
		return;
	}
	c->pid = pid;
	c->since = clock_mono_ms();
	if (id == CHILD_RECORDER)
		s->still = 0;
}

/* When to start it again: at once the first time, then later and later. */
static void
child_back_off(struct child *c)
{
	int64_t now = clock_mono_ms();

	if (now - c->since >= STEADY_MS) {
		c->wait = 0;
		c->falls = 0;
	}
	c->falls++;
	c->due = now + c->wait;
	if (c->falls >= LOOP_FALLS)
		log_err("the %s has ended %u times in a row and is started "
		        "again in %lld ms; until it stays up %s",
		    c->name, c->falls, (long long)c->wait, c->without);
	c->wait = c->wait ? c->wait * 2 : BACKOFF_FIRST_MS;
	if (c->wait > BACKOFF_MAX_MS)
		c->wait = BACKOFF_MAX_MS;
}

static void
say_end(const struct child *c, int how)
{
	if (WIFSIGNALED(how))
		log_err("the %s (process %ld) was killed by signal %d (%s)",
		    c->name, (long)c->pid, WTERMSIG(how),
		    strsignal(WTERMSIG(how)));
	else
		log_err("the %s (process %ld) ended with status %d", c->name,
		    (long)c->pid, WEXITSTATUS(how));
}

static void
child_signal(struct supervisor *s, enum child_id id, int sig)
{
	if (s->child[id].pid > 0)
		kill(s->child[id].pid, sig);
}

/* ---------------------------------------------------------------- phases */

static void
enter_finish(struct supervisor *s)
{
	s->phase = PHASE_FINISH;
	s->deadline = clock_mono_ms() + GRACE_MS;
	if (s->child[CHILD_RECORDER].pid == 0)
		child_start(s, CHILD_RECORDER); /* it stores what is left */
	child_signal(s, CHILD_RECORDER, SIGTERM);
}

static void
enter_drain(struct supervisor *s)
{
	/* as of the last reload, which we have not seen */
	uint64_t drain_s = board_get(&rings_board(s->rings)->drain_s);

	notify("STOPPING=1");
	s->phase = PHASE_DRAIN;
	s->deadline = clock_mono_ms() + (int64_t)drain_s * 1000 + GRACE_MS;
	if (s->child[CHILD_PROXY].pid > 0) {
		log_info(
		    "stopping: open requests have %u s", (unsigned)drain_s);
		child_signal(s, CHILD_PROXY, DAEMON_SIGNAL_END);
	} else {
		enter_finish(s);
	}
}

/* Told to end; again while ending: at once. */
static void
on_term(struct supervisor *s)
{
	if (s->phase == PHASE_RUN) {
		enter_drain(s);
	} else if (s->phase == PHASE_DRAIN) {
		child_signal(s, CHILD_PROXY, DAEMON_SIGNAL_END);
		if (s->deadline > clock_mono_ms() + GRACE_MS)
			s->deadline = clock_mono_ms() + GRACE_MS;
	} else {
		child_signal(s, CHILD_RECORDER, SIGTERM);
	}
}

static void
on_late(struct supervisor *s)
{
	enum child_id id =
	    s->phase == PHASE_DRAIN ? CHILD_PROXY : CHILD_RECORDER;

	if (s->child[id].pid == 0) {
		s->phase = PHASE_OUT; /* it could not be started: no memory */
		return;
	}
	log_warn("the %s does not end and is killed", s->child[id].name);
	child_signal(s, id, SIGKILL);
	s->deadline = clock_mono_ms() + GRACE_MS;
}

/* The proxy never got as far as to serve: that is a failed start. */
static bool
start_failed(const struct supervisor *s, enum child_id id, int how)
{
	return id == CHILD_PROXY && !s->was_ready && WIFEXITED(how) &&
	       WEXITSTATUS(how) != 0;
}

static void
child_ended(struct supervisor *s, enum child_id id, int how)
{
	struct child *c = &s->child[id];
	struct rings_board *board = rings_board(s->rings);

	if (s->phase == PHASE_RUN || how != 0)
		say_end(c, how);
	c->pid = 0;
	if (s->phase == PHASE_FINISH && id == CHILD_RECORDER) {
		s->phase = PHASE_OUT;
		return;
	}
	if (s->phase != PHASE_RUN && id == CHILD_PROXY) {
		enter_finish(s);
		return;
	}
	if (s->phase == PHASE_RUN && start_failed(s, id, how)) {
		s->status = WEXITSTATUS(how);
		enter_finish(s);
		return;
	}
	child_back_off(c);
	board_set(id == CHILD_PROXY ? &board->proxy_restarts
	                            : &board->recorder_restarts,
	    c->starts);
}

static void
reap(struct supervisor *s)
{
	pid_t pid;
	int how;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
		for (unsigned i = 0; i < CHILDREN; i++)
			if (s->child[i].pid == pid)
				child_ended(s, (enum child_id)i, how);
}

static void
take_signals(struct supervisor *s)
{
	struct signalfd_siginfo sig;

	while (read(s->signals, &sig, sizeof(sig)) == sizeof(sig)) {
		switch (sig.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			on_term(s);
			break;
		case SIGHUP:
			child_signal(s, CHILD_PROXY, DAEMON_SIGNAL_LOAD);
			break;
		case SIGUSR1:
			child_signal(s, CHILD_RECORDER, SIGUSR1);
			break;
		}
	}
	reap(s);
}

static void
say_ready(struct supervisor *s)
{
	struct buf b = BUF_EMPTY;
	char text[SOCKETS_TEXT];
	unsigned i = 0;

	for (unsigned l = 0; l < s->config->listen.n; l++)
		for (unsigned a = 0; a < s->config->listen.v[l].address.n;
		     a++, i++) {
			sockets_text(s->sockets.fd[i * s->sockets.each], text);
			buf_addf(&b, "%s%.*s on %s", b.n ? ", " : "",
			    STR_ARG(s->config->listen.v[l].name), text);
		}
	log_info("ready: %.*s; %u worker%s", STR_ARG(buf_str(&b)),
	    s->sockets.each, s->sockets.each == 1 ? "" : "s");
	buf_fini(&b);
}

static void
take_news(struct supervisor *s)
{
	char news;

	while (read(s->news[0], &news, 1) == 1) {
		if (news == DAEMON_NEWS_RELOADING) {
			notify("RELOADING=1");
			continue;
		}
		notify("READY=1");
		if (!s->was_ready)
			say_ready(s);
		else if (!s->child[CHILD_PROXY].served)
			log_info("the proxy serves again");
		s->was_ready = true;
		s->child[CHILD_PROXY].served = true;
	}
}

/* Start what is due; how long nothing else will be, in ms. */
static int
start_due(struct supervisor *s)
{
	int64_t now = clock_mono_ms(), next = now + 60000;

	for (unsigned i = 0; i < CHILDREN; i++) {
		struct child *c = &s->child[i];
		bool wanted = s->phase == PHASE_RUN ||
		              (s->phase == PHASE_DRAIN && i == CHILD_RECORDER);

		if (!c->pid && wanted && c->due <= now)
			child_start(s, (enum child_id)i);
		if (!c->pid && wanted && c->due < next)
			next = c->due;
	}
	if (s->phase != PHASE_RUN && s->deadline < next)
		next = s->deadline;
	return next <= now ? 0 : (int)(next - now);
}

/* ---------------------------------------------------------------- watch */

/*
 * Somebody has cut the rings short in place. Who touches them dies of SIGBUS:
 * not us, then. The recorder would go on with ends that are no longer true,
 * the proxy would not.
 */
static void
mend_rings(struct supervisor *s)
{
	struct child *c = &s->child[CHILD_RECORDER];
	struct err err;
	int how;

	log_err("the file rings in the state folder was cut short under the "
	        "running service; it is made anew, and the block records that "
	        "waited in it are lost");
	if (c->pid) {
		kill(c->pid, SIGKILL);
		while (waitpid(c->pid, &how, 0) < 0 && errno == EINTR)
			;
		c->pid = 0;
		c->due = 0;
	}
	if (rings_mend(s->rings, &err) < 0) {
		log_err("%s", err.text);
		child_signal(s, CHILD_PROXY, SIGKILL);
		s->status = 1;
		s->phase = PHASE_OUT;
		return;
	}
	board_set(&rings_board(s->rings)->recorder_restarts, c->starts);
	if (s->phase == PHASE_FINISH)
		s->phase = PHASE_OUT; /* there is nothing left to store */
}

/* Dead, it is started again; hung, it would be waited for for ever. */
static void
watch_recorder(struct supervisor *s)
{
	struct child *c = &s->child[CHILD_RECORDER];
	struct rings_board *board = rings_board(s->rings);
	uint64_t beat = board_get(&board->beat);
	int64_t now = clock_mono_ms();

	if (now - s->looked_ms < LOOK_MS)
		return;
	s->looked_ms = now;
	if (!c->pid || beat != s->beat) {
		s->beat = beat;
		s->still = 0;
		board_set(&board->hung, 0);
		return;
	}
	if (++s->still % HANG_LOOKS) /* again, if not even that ends it */
		return;
	board_set(&board->hung, 1);
	log_err("the recorder (process %ld) hangs: it has given no sign of "
	        "life for %u s (is it stopped, or the disk stuck?); it is "
	        "killed and started again, and records wait in memory",
	    (long)c->pid, s->still * LOOK_MS / 1000);
	kill(c->pid, SIGKILL);
}

/* Ahead of all that touches the rings. */
static void
watch(struct supervisor *s)
{
	if (!rings_look(s->rings))
		mend_rings(s);
	else if (s->phase == PHASE_RUN || s->phase == PHASE_DRAIN)
		watch_recorder(s);
}

static void
run(struct supervisor *s)
{
	while (s->phase != PHASE_OUT) {
		struct pollfd p[] = {
		    {.fd = s->signals, .events = POLLIN},
		    {.fd = s->news[0], .events = POLLIN},
		};
		int wait = start_due(s), n;

		n = poll(p, 2, wait < LOOK_MS ? wait : LOOK_MS);
		watch(s);
		if (n > 0 && s->phase != PHASE_OUT) {
			take_news(s);
			take_signals(s);
		}
		if ((s->phase == PHASE_DRAIN || s->phase == PHASE_FINISH) &&
		    clock_mono_ms() >= s->deadline)
			on_late(s);
	}
}

/* ----------------------------------------------------------------- start */

static int
signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	/* for a child that has not come to it yet */
	sigaddset(&set, DAEMON_SIGNAL_END);
	sigaddset(&set, DAEMON_SIGNAL_LOAD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a log at ulimit -f is a full disk */
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int
open_rings(struct supervisor *s, struct err *err)
{
	struct rings_board *board;
	char path[PATH_MAX];
	bool aside;

	if (!file_join(path, sizeof(path), s->config->state_dir.p, "rings"))
		return err_set(err, ERR_LIMIT, "the state path is too long");
	s->rings = rings_open(path, s->sockets.each, &aside, err);
	if (!s->rings)
		return -1;
	if (aside)
		log_warn("%s was of another version or damaged and is now "
		         "%s.old",
		    path, path);
	board = rings_board(s->rings);
	board_set(&board->privacy, s->config->privacy);
	board_set(&board->log_query, s->config->log_query);
	board_set(&board->drain_s, s->config->drain_s);
	return 0;
}

/* All that can fail, in an order that leaves root as late as needed. */
static int
prepare(struct supervisor *s, struct err *err)
{
	if (prepare_state(s->config, &s->prepared, err) < 0)
		return -1;
	prepare_limits();
	if (sockets_open(
	        &s->sockets, s->config, prepare_workers(s->config), err) < 0 ||
	    prepare_user(s->config, s->at, &s->prepared, err) < 0 ||
	    recorder_check(s->config->log_dir.p, err) < 0 ||
	    open_rings(s, err) < 0)
		return -1;
	s->control = sockets_control(s->config->control.p, err);
	if (s->control < 0)
		return -1;
	s->signals = signals_open();
	if (s->signals < 0 || pipe2(s->news, O_NONBLOCK | O_CLOEXEC) < 0)
		return err_sys(err, errno, "signalfd, pipe");
	return 0;
}

static void
clean_up(struct supervisor *s)
{
	const int fds[] = {
	    s->control, s->signals, s->news[0], s->news[1], s->prepared.lock};

	if (s->control >= 0)
		unlink(s->config->control.p);
	sockets_close(&s->sockets);
	rings_close(s->rings);
	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int
supervisor_run(const struct config *c, const struct config_paths *at)
{
	struct supervisor s = {
	    .config = c,
	    .at = at,
	    .prepared = {.lock = -1},
	    .control = -1,
	    .signals = -1,
	    .news = {-1, -1},
	    .child = {{.name = "proxy", .without = "no traffic passes"},
	        {.name = "recorder", .without = "nothing is logged"}},
	    .started_ms = clock_wall_ms(),
	};
	struct err err;

	if (prepare(&s, &err) < 0) {
		log_err("%s", err.text);
		s.status = 1;
	} else {
		log_info("suzgi %s starts, process %ld", SUZGI_VERSION,
		    (long)getpid());
		run(&s);
		log_info("stopped");
	}
	clean_up(&s);
	return s.status;
}
