/* updates.c - lists are fetched again when they are due. */
#include "proxy/updates.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/log.h"
#include "config/config.h"
#include "config/loader.h"
#include "feeds/place.h"
#include "feeds/schedule.h"
#include "feeds/state.h"
#include "proxy/daemon.h"

#define LOOK_MS    60000 /* the clock may have been set */
#define CHILD_MS   250   /* has it ended? */
#define LEAST_MS   1000  /* between the end of an update and the next */
#define BUSY_MS    30000 /* it is due still: somebody else is at it */
#define FIRST_TICK 20

#define ALARM_FAILURES 3
#define ALARM_AGE_S    (2 * 86400) /* besides three periods */

#define ARGS_MAX 160

extern char **environ;

struct updates {
	const struct daemon_inherit *in; /* borrowed */
	pid_t pid;                       /* 0: none is on its way */
	int64_t look;                    /* monotonic ms: the next look */
	int64_t started; /* wall, s: the update on its way, or the last */
	bool just_ended;
};

/* -------------------------------------------------------------------- start */

/* <argv> has room for ARGS_MAX; what is given to us is given on. */
static void
arguments(const struct config_paths *at, const char *what, const char **argv)
{
	unsigned n = 0;

	argv[n++] = "suzgi";
	argv[n++] = "lists";
	argv[n++] = "update";
	argv[n++] = what;
	if (at->file) {
		argv[n++] = "--config";
		argv[n++] = at->file;
	}
	if (at->state) {
		argv[n++] = "--state";
		argv[n++] = at->state;
	}
	if (at->data) {
		argv[n++] = "--data";
		argv[n++] = at->data;
	}
	for (unsigned i = 0; at->set && at->set[i] && n + 3 < ARGS_MAX; i++) {
		argv[n++] = "--set";
		argv[n++] = at->set[i];
	}
	argv[n] = NULL;
}

/* Its signals are as in a shell; all descriptors but 0 to 2 close. 0: not. */
static pid_t
start(const struct daemon_inherit *in, const char *what)
{
	union {
		const char *in[ARGS_MAX];
		char *out[ARGS_MAX];
	} argv;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	pid_t pid = 0;
	int rc;

	arguments(in->paths, what, argv.in);
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &usual);
	posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc =
	    posix_spawn(&pid, "/proc/self/exe", NULL, &attr, argv.out, environ);
	posix_spawnattr_destroy(&attr);
	if (rc == 0)
		return pid;
	log_err("cannot start an update of the lists: %s", strerror(rc));
	return 0;
}

static bool
is_ours(const struct config *c)
{
	return !(c->redis_role == REDIS_FOLLOW && c->redis_url.n);
}

/* The supervisor wants us to end; it is answered when we serve, or fail to. */
static bool
is_told_to_end(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       sigismember(&set, DAEMON_SIGNAL_END) == 1;
}

bool
updates_first(const struct daemon_inherit *in, const struct config *c)
{
	int64_t end = clock_mono_ms() + UPDATES_FIRST_S * 1000;
	bool any = false;
	pid_t pid;

	for (unsigned i = 0; i < c->list.n; i++)
		any = any || c->list.v[i].unfetched;
	if (!any || !is_ours(c) || in->paths->demo)
		return false;
	log_info("fetching lists for the first time");
	pid = start(in, "--first");
	while (pid && waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_mono_ms() >= end || is_told_to_end()) {
			log_err("lists could not be fetched in time");
			kill(pid, SIGTERM);
			waitpid(pid, NULL, 0);
			break;
		}
		poll(NULL, 0, FIRST_TICK);
	}
	return true;
}

struct updates *
updates_new(const struct daemon_inherit *in)
{
	struct updates *u = calloc(1, sizeof(*u));

	if (u)
		u->in = in;
	else
		log_err("out of memory: lists are not fetched");
	return u;
}

void
updates_free(struct updates *u)
{
	if (!u)
		return;
	if (u->pid) {
		kill(u->pid, SIGTERM);
		waitpid(u->pid, NULL, 0);
	}
	free(u);
}

/* ------------------------------------------------------------------- due */

static bool
state_of(
    const struct config *c, const struct config_list *l, struct feed_state *s)
{
	char folder[PATH_MAX];

	if (l->update.url.n == 0 ||
	    !place_folder(folder, c->state_dir, l->name))
		return false;
	feed_state_load(folder, s);
	return true;
}

/* The time of the feed that is due first, in s, and when it was tried last;
 * INT64_MAX: never. */
static int64_t
first_due(const struct config *c, int64_t now, int64_t *tried)
{
	int64_t first = INT64_MAX;
	struct feed_state s;

	for (unsigned i = 0; i < c->list.n; i++) {
		const struct config_list *l = &c->list.v[i];
		int64_t due;

		if (!state_of(c, l, &s))
			continue;
		due = feed_state_due(&s, &l->update, now);
		if (due >= first)
			continue;
		first = due;
		*tried = s.tried;
	}
	return first;
}

int
updates_wait(const struct updates *u)
{
	int64_t left;

	if (!u)
		return -1;
	left = u->look - clock_mono_ms();
	return left > 0 ? (int)left : 0;
}

void
updates_look(struct updates *u)
{
	if (u && !u->pid)
		u->look = clock_mono_ms();
}

static void
reap(struct updates *u)
{
	int how;

	if (waitpid(u->pid, &how, WNOHANG) == 0) {
		u->look = clock_mono_ms() + CHILD_MS;
		return;
	}
	u->pid = 0;
	u->just_ended = true;
	u->look = clock_mono_ms() + LEAST_MS;
	if (WIFSIGNALED(how))
		log_err("an update of the lists was killed by signal %d (%s)",
		    WTERMSIG(how), strsignal(WTERMSIG(how)));
}

void
updates_run(struct updates *u, const struct config *c)
{
	int64_t now = clock_wall_ms() / 1000, due, tried = 0;
	int64_t wait = LOOK_MS;

	if (!u || clock_mono_ms() < u->look)
		return;
	if (u->pid) {
		reap(u);
		return;
	}
	due = is_ours(c) && !u->in->paths->demo ? first_due(c, now, &tried)
	                                        : INT64_MAX;
	if (due <= now && u->just_ended && tried < u->started) {
		wait = BUSY_MS; /* it had its chance and was not tried */
	} else if (due <= now) {
		u->started = now;
		u->pid = start(u->in, "--scheduled");
		wait = u->pid ? CHILD_MS : LOOK_MS;
	} else if (due - now < LOOK_MS / 1000) {
		wait = (due - now) * 1000;
	}
	u->just_ended = false;
	u->look = clock_mono_ms() + wait;
}

/* ------------------------------------------------------------------ status */

static void
put_time(struct buf *out, const char *key, int64_t s)
{
	char text[CLOCK_TEXT];

	if (s <= 0 || s > INT64_MAX / 1000)
		return;
	clock_text(s * 1000, text);
	json_key_z(out, key, text);
}

/* What somebody has to look after; NULL: nothing. */
static const char *
alarm_of(const struct config_list *l, const struct feed_state *s, int64_t now)
{
	int64_t old = 3 * feed_period(&l->update) + ALARM_AGE_S;

	if (s->held.name[0])
		return "a version is held";
	if (s->failures >= ALARM_FAILURES)
		return "updates fail";
	if (l->update.when != FEED_NEVER && s->tried && now - s->good > old)
		return "no update for long";
	return NULL;
}

static void
put_feed(struct buf *out, const struct config_list *l,
    const struct feed_state *s, int64_t now)
{
	struct buf url = BUF_EMPTY;
	const char *alarm = alarm_of(l, s, now);

	feed_url_shown(l->update.url, &url);
	json_open(out, '{');
	json_key_str(out, "list", l->name);
	json_key_str(out, "url", buf_str(&url));
	json_key_z(out, "version", s->current.name);
	json_key_u64(out, "entries", s->current.entries);
	if (s->current.time > 0 && now > s->current.time)
		json_key_u64(out, "age_s", (uint64_t)(now - s->current.time));
	put_time(out, "tried", s->tried);
	put_time(out, "good", s->good);
	put_time(out, "next", feed_state_due(s, &l->update, now));
	json_key_u64(out, "failures", s->failures);
	json_key_z(out, "error", s->error);
	json_key_z(out, "held", s->held.name);
	json_key_z(out, "held_why", s->held_why);
	json_key_z(out, "alarm", alarm ? alarm : "");
	json_close(out, '}');
	buf_fini(&url);
}

void
updates_json(const struct updates *u, const struct config *c, struct buf *out)
{
	int64_t now = clock_wall_ms() / 1000;
	struct feed_state s;

	json_key_bool(out, "updating", u && u->pid);
	json_key(out, "updates");
	json_open(out, '[');
	for (unsigned i = 0; i < c->list.n; i++)
		if (state_of(c, &c->list.v[i], &s))
			put_feed(out, &c->list.v[i], &s, now);
	json_close(out, ']');
}
