/*
 * status_policy.c - how we are: what is in force.
 *
 * Against the house: it includes lists/image.h, for it alone knows how many
 * entries a list has; nothing is looked up here.
 */
#include "proxy/status_part.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/sys/clock.h"
#include "config/config.h"
#include "filters/snapshot.h"
#include "lists/image.h"
#include "proxy/ledger.h"

#define LIMITS_SHOWN 10

void
status_time(struct buf *out, const char *key, int64_t wall_ms)
{
	char text[CLOCK_TEXT];

	if (wall_ms <= 0)
		return;
	clock_text(wall_ms, text);
	json_key_z(out, key, text);
}

uint64_t
status_since_s(int64_t wall_ms)
{
	int64_t now = clock_wall_ms();

	return now > wall_ms ? (uint64_t)(now - wall_ms) / 1000 : 0;
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
put_protected(const struct config *c, struct buf *out)
{
	json_key(out, "protected");
	json_open(out, '{');
	json_key_u64(out, "lists", c->nprotected);
	if (c->protected_lost.n)
		json_key_str(out, "lost", c->protected_lost);
	json_close(out, '}');
}

void
status_policy(const struct status *s, struct buf *out)
{
	char digest[17];

	json_key(out, "snapshot");
	json_open(out, '{');
	json_key_u64(out, "generation", snapshot_generation(s->snapshot));
	snprintf(digest, sizeof(digest), "%016llx",
	    (unsigned long long)snapshot_digest(s->snapshot));
	json_key_z(out, "digest", digest);
	status_time(out, "since", s->snapshot_ms);
	json_key_u64(out, "age_s", status_since_s(s->snapshot_ms));
	status_time(out, "stale_since", s->stale_ms);
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
	put_protected(s->config, out);
	if (s->ledger)
		ledger_json(s->ledger, snapshot_overrides(s->snapshot), out);
}
