/* visibility_watch.c - how much is seen: sampled, kept, said. */
#include "proxy/visibility_watch.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/sys/file.h"
#include "base/sys/log.h"
#include "base/sys/thread.h"
#include "proxy/visibility.h"
#include "proxy/worker.h"

#define SAMPLE_MS (60 * 1000)
#define SAVE_MS   (5 * 60 * 1000)
#define FILE_MAX_ (64 * 1024) /* some 6 KiB; longer is none of ours */

struct visibility_watch {
	struct visibility v;
	int64_t sampled_ms, saved_ms; /* monotonic */
	struct log_often alarm;
	char path[PATH_MAX];
	/* the thread that writes: its own while it runs */
	struct thread thread;
	struct buf text; /* owned */
	int failed;      /* errno of the last time; 0: fine */
	bool started;    /* to be joined */
	uint32_t done;   /* atomic: it has ended, or will in an instant */
};

struct visibility_watch *
visibility_open(const char *state_dir)
{
	struct visibility_watch *w = calloc(1, sizeof(*w));
	struct buf text = BUF_EMPTY;

	if (!w ||
	    !file_join(w->path, sizeof(w->path), state_dir, "visibility")) {
		free(w);
		return NULL;
	}
	w->saved_ms = clock_mono_ms();
	w->sampled_ms = w->saved_ms - SAMPLE_MS;
	if (access(w->path, F_OK) == 0 &&
	    (file_read(w->path, FILE_MAX_, &text, NULL) < 0 ||
	        !visibility_read(&w->v, buf_str(&text))))
		log_warn(
		    "%s cannot be used: what is usual is learnt anew", w->path);
	buf_fini(&text);
	return w;
}

int
visibility_wait(const struct visibility_watch *w)
{
	int64_t left;

	if (!w)
		return -1;
	left = w->sampled_ms + SAMPLE_MS - clock_mono_ms();
	return left > 0 ? (int)left : 0;
}

/* ---- the file */

static void
save_thread(void *arg)
{
	struct visibility_watch *w = arg;
	struct err err = {.code = ERR_NONE};

	w->failed = file_replace(w->path, buf_str(&w->text), 0600, &err) < 0;
	__atomic_store_n(&w->done, 1, __ATOMIC_RELEASE);
}

/* Is there no thread any more? */
static bool
is_idle(struct visibility_watch *w)
{
	if (!w->started)
		return true;
	if (!__atomic_load_n(&w->done, __ATOMIC_ACQUIRE))
		return false;
	thread_join(&w->thread);
	w->started = false;
	if (w->failed)
		log_often(&w->alarm, LOG_WARN_,
		    "cannot keep %s: what is usual will be forgotten with "
		    "the process",
		    w->path);
	return true;
}

static void
save(struct visibility_watch *w)
{
	w->saved_ms = clock_mono_ms();
	if (!is_idle(w))
		return; /* the disk hangs: the next time, perhaps */
	buf_reset(&w->text);
	visibility_write(&w->v, &w->text);
	w->done = 0;
	w->started = !w->text.failed && thread_start(&w->thread, "visibility",
	                                    save_thread, w, NULL) == 0;
}

/* ---- samples */

static struct visibility_counts
total_of(struct worker *const *workers, unsigned n)
{
	struct visibility_counts c = {0};

	for (unsigned i = 0; i < n; i++) {
		const struct stats *s = &workers[i]->stats;

		c.requests += stats_read(&s->requests);
		c.tunnels += stats_read(&s->tunnels_opened);
		c.blocked += stats_read(&s->blocked);
	}
	return c;
}

static void
tell(const struct visibility_watch *w)
{
	struct buf b = BUF_EMPTY;

	visibility_say(&w->v, &b);
	if (!b.failed)
		log_line(visibility_odd(&w->v) ? LOG_WARN_ : LOG_INFO_,
		    "the last hour: %.*s", STR_ARG(buf_str(&b)));
	buf_fini(&b);
}

void
visibility_run(
    struct visibility_watch *w, struct worker *const *workers, unsigned n)
{
	struct visibility_counts total;
	bool over;

	if (!w || visibility_wait(w) > 0)
		return;
	w->sampled_ms = clock_mono_ms();
	total = total_of(workers, n);
	over = visibility_sample(&w->v, clock_wall_ms() / 1000, &total);
	if (over)
		tell(w);
	if (over || clock_mono_ms() - w->saved_ms >= SAVE_MS)
		save(w);
}

void
visibility_json(const struct visibility_watch *w, struct buf *out)
{
	struct buf said = BUF_EMPTY;
	char when[CLOCK_TEXT];

	if (!w)
		return;
	visibility_say(&w->v, &said);
	json_key(out, "visibility");
	json_open(out, '{');
	if (said.n) {
		clock_text(w->v.last.number * 3600 * INT64_C(1000), when);
		json_key_z(out, "hour", when);
		json_key_str(out, "said", buf_str(&said));
		json_key_bool(out, "odd", visibility_odd(&w->v) != 0);
		json_key_u64(out, "requests", w->v.last.counts.requests);
		json_key_u64(out, "tunnels", w->v.last.counts.tunnels);
		json_key_u64(out, "blocked", w->v.last.counts.blocked);
	}
	json_key_u64(out, "weeks", w->v.before.weeks);
	json_close(out, '}');
	buf_fini(&said);
}

void
visibility_close(struct visibility_watch *w)
{
	if (!w)
		return;
	/* the one before and this one: each a rename, seldom under way */
	if (!is_idle(w))
		return;
	save(w);
	if (w->started)
		thread_join(&w->thread);
	buf_fini(&w->text);
	free(w);
}
