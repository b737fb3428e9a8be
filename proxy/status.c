/*
 * status.c - how we are, as one line of JSON.
 *
 * Against the house: it includes lists/image.h, for it alone knows how many
 * entries a list has; nothing is looked up here.
 */
#include "proxy/status.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/bug.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "base/version.h"
#include "config/config.h"
#include "filters/snapshot.h"
#include "lists/image.h"
#include "proxy/daemon.h"
#include "proxy/helpers.h"
#include "proxy/ledger.h"
#include "proxy/updates.h"
#include "proxy/visibility_watch.h"
#include "proxy/worker.h"
#include "review/ring.h"

#define LIMITS_SHOWN 10

static void
put_time(struct buf *out, const char *key, int64_t wall_ms)
{
	char text[CLOCK_TEXT];

	if (wall_ms <= 0)
		return;
	clock_text(wall_ms, text);
	json_key_z(out, key, text);
}

static uint64_t
since_s(int64_t wall_ms)
{
	int64_t now = clock_wall_ms();

	return now > wall_ms ? (uint64_t)(now - wall_ms) / 1000 : 0;
}

static void
put_service(const struct status *s, struct buf *out)
{
	json_key_z(out, "version", SUZGI_VERSION);
	json_key_z(out, "phase", s->phase);
	json_key_u64(out, "pid", (uint64_t)getppid());
	json_key_u64(out, "proxy_pid", (uint64_t)getpid());
	put_time(out, "started", s->in->started_ms);
	json_key_u64(out, "uptime_s", since_s(s->in->started_ms));
	json_key_u64(out, "proxy_restarts", s->in->restarts);
	json_key_u64(out, "bugs", bug_count());
}

static void
put_list(const struct image_source *s, struct buf *out)
{
	json_open(out, '{');
	json_key_str(out, "list", s->list);
	json_key_str(out, "category", s->category);
	json_key_u64(out, "entries", s->entries);
	json_key_u64(out, "rejected", s->rejected);
	json_close(out, '}');
}

/* The lists of one image. The files of a list and category follow each other
 * and are summed up. */
static void
put_image_lists(const struct image *im, struct buf *out)
{
	struct image_source sum = {0}, s;
	bool any = false;

	for (uint32_t i = 0; i < im->nsources; i++) {
		if (!image_source(im, (uint16_t)i, &s))
			continue;
		if (any && str_eq(s.list, sum.list) &&
		    str_eq(s.category, sum.category)) {
			sum.entries += s.entries;
			sum.rejected += s.rejected;
			continue;
		}
		if (any)
			put_list(&sum, out);
		sum = s;
		any = true;
	}
	if (any)
		put_list(&sum, out);
}

/* Patterns that were given up somewhere: somebody should write them anew. */
static void
put_limits(const struct snapshot *s, struct buf *out)
{
	unsigned shown = 0, n = snapshot_patterns(s);

	json_key(out, "limits");
	json_open(out, '[');
	for (unsigned i = 0; i < n && shown < LIMITS_SHOWN; i++) {
		uint64_t times = snapshot_pattern_limits(s, i);
		struct pattern_place at;

		if (!times)
			continue;
		shown++;
		json_open(out, '{');
		json_key_str(out, "pattern", snapshot_pattern_text(s, i));
		json_key_u64(out, "times", times);
		if (snapshot_pattern_place(s, i, &at)) {
			json_key_str(out, "list", at.list);
			json_key_str(out, "file", at.file);
			json_key_u64(out, "line", at.line);
		}
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void
put_snapshot(const struct status *s, struct buf *out)
{
	char digest[17];

	json_key(out, "snapshot");
	json_open(out, '{');
	json_key_u64(out, "generation", snapshot_generation(s->snapshot));
	snprintf(digest, sizeof(digest), "%016llx",
	    (unsigned long long)snapshot_digest(s->snapshot));
	json_key_z(out, "digest", digest);
	put_time(out, "since", s->snapshot_ms);
	json_key_u64(out, "age_s", since_s(s->snapshot_ms));
	put_time(out, "stale_since", s->stale_ms);
	json_key_u64(out, "reloads", s->reloads);
	json_key_u64(out, "failures", s->failures);
	json_key_u64(out, "in_use", s->generations);
	json_key_u64(out, "patterns", snapshot_patterns(s->snapshot));
	json_key_u64(
	    out, "patterns_left_out", snapshot_pattern_rejects(s->snapshot));
	put_limits(s->snapshot, out);
	json_close(out, '}');
	json_key(out, "lists");
	json_open(out, '[');
	for (unsigned i = 0; i < snapshot_images(s->snapshot); i++)
		put_image_lists(snapshot_image_at(s->snapshot, i), out);
	json_close(out, ']');
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
	put_time(out, "last_write", (int64_t)board_get(&b->last_write_ms));
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
	put_snapshot(s, out);
	if (s->ledger)
		ledger_json(s->ledger, snapshot_overrides(s->snapshot), out);
	put_auth(s, out);
	updates_json(s->updates, s->config, out);
	put_stats(s, out);
	put_log(s, out);
	visibility_json(s->seen, out);
	json_close(out, '}');
	buf_add_char(out, '\n');
}
