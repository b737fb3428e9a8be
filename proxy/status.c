/* status.c - how we are, as one line of JSON. */
#include "proxy/status_part.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/bug.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/version.h"
#include "config/config.h"
#include "proxy/daemon.h"
#include "proxy/helpers.h"
#include "proxy/updates.h"
#include "proxy/visibility_watch.h"
#include "proxy/worker.h"
#include "review/ring.h"

static void
put_service(const struct status *s, struct buf *out)
{
	json_key_z(out, "version", SUZGI_VERSION);
	json_key_z(out, "phase", s->phase);
	json_key_u64(out, "pid", (uint64_t)getppid());
	json_key_u64(out, "proxy_pid", (uint64_t)getpid());
	status_time(out, "started", s->in->started_ms);
	json_key_u64(out, "uptime_s", status_since_s(s->in->started_ms));
	json_key_u64(out, "proxy_restarts", s->in->restarts);
	json_key_u64(out, "bugs", bug_count());
}

static void
put_stats(const struct status *s, struct buf *out)
{
	struct stats sum = {0};

	for (unsigned i = 0; i < s->nworkers; i++) {
		const struct stats *w = &s->workers[i]->stats;
#define STAT(field, kind, text) sum.field += stats_read(&w->field);
#include "proxy/stats.def"
#undef STAT
	}
	json_key_u64(out, "workers", s->nworkers);
	json_key_bool(out, "redis", s->in->config->redis_url.n > 0);
	json_key(out, "stats");
	json_open(out, '{');
#define STAT(field, kind, text) json_key_u64(out, #field, sum.field);
#include "proxy/stats.def"
#undef STAT
	json_close(out, '}');
}

static void
put_log(const struct status *s, struct buf *out)
{
	struct rings_board *b = rings_board(s->in->rings);
	uint64_t used = 0, dropped = 0, room = 0;

	for (unsigned i = 0; i < rings_count(s->in->rings); i++) {
		const struct ring *r = rings_at(s->in->rings, i);

		used += ring_used(r);
		dropped += ring_dropped(r);
		room += RING_SLOTS;
	}
	json_key(out, "log");
	json_open(out, '{');
	json_key_u64(out, "recorder_pid", board_get(&b->recorder_pid));
	json_key_u64(
	    out, "recorder_restarts", board_get(&b->recorder_restarts));
	json_key_bool(out, "failing",
	    board_get(&b->failing) != 0 || board_get(&b->hung) != 0);
	json_key_bool(out, "hung", board_get(&b->hung) != 0);
	json_key_u64(out, "written", board_get(&b->written));
	json_key_u64(out, "write_errors", board_get(&b->write_errors));
	json_key_u64(out, "waiting", used);
	json_key_u64(out, "room", room);
	json_key_u64(out, "dropped", dropped);
	status_time(out, "last_write", (int64_t)board_get(&b->last_write_ms));
	json_close(out, '}');
}

/* Of the programs that know who people are. */
static void
put_auth(const struct status *s, struct buf *out)
{
	struct helpers_counts n;

	if (!s->helpers)
		return;
	helpers_counts(s->helpers, &n);
	json_key(out, "auth");
	json_open(out, '{');
	json_key_u64(out, "asked", n.asked);
	json_key_u64(out, "unsettled", n.unsettled);
	json_key_u64(out, "late", n.late);
	json_key_u64(out, "refused", n.refused);
	json_key_u64(out, "restarts", n.restarts);
	json_close(out, '}');
}

void
status_json(const struct status *s, struct buf *out)
{
	json_open(out, '{');
	put_service(s, out);
	status_policy(s, out);
	put_auth(s, out);
	updates_json(s->updates, s->config, out);
	put_stats(s, out);
	put_log(s, out);
	visibility_json(s->seen, out);
	json_close(out, '}');
	buf_add_char(out, '\n');
}
