/* hours.c - the times of a week that schedules tell apart. */
#include "config/hours.h"

#include "base/arena.h"
#include "base/hash.h"
#include "config/config.h"
#include "filters/schedule.h"
#include "filters/zone.h"

static struct schedule_def
def_of(const struct config_schedule *s)
{
	return (struct schedule_def){.name = s->name,
	    .hours = s->hours.v,
	    .nhours = s->hours.n,
	    .only = s->only.v,
	    .nonly = s->only.n,
	    .except = s->except.v,
	    .nexcept = s->except.n};
}

/* Which schedules hold at <t>, as a number. */
static uint64_t
holding(const struct config *c, const struct zone *const *zones, int64_t t)
{
	uint64_t which = 0;

	for (unsigned i = 0; i < c->schedule.n; i++) {
		const struct schedule_def def = def_of(&c->schedule.v[i]);
		bool holds = schedule_holds(&def, zones[i], t);

		which = hash64(&holds, sizeof(holds), which);
	}
	return which;
}

/* The zone of each; NULL: UTC. */
static const struct zone **
read_zones(const struct config *c, struct arena *a)
{
	const struct zone **zones =
	    arena_zalloc(a, (c->schedule.n + 1) * sizeof(*zones));

	for (unsigned i = 0; zones && i < c->schedule.n; i++) {
		struct bytes own = c->schedule.v[i].zone;

		if (own.n || c->zone.n)
			zones[i] = zone_read(a, own.n ? own : c->zone, NULL);
	}
	return zones;
}

unsigned
hours_find(const struct config *c, int64_t now, int64_t time[HOURS_MAX])
{
	uint64_t seen[HOURS_MAX];
	const struct zone **zones;
	struct arena a;
	unsigned n = 0;

	arena_init(&a, 0);
	zones = read_zones(c, &a);
	for (unsigned i = 0; zones && i < HOURS_MAX; i++) {
		int64_t t = now - now % HOURS_STEP_S + i * HOURS_STEP_S;
		uint64_t which = holding(c, zones, t);
		unsigned k = 0;

		while (k < n && seen[k] != which)
			k++;
		if (k < n)
			continue;
		seen[n] = which;
		time[n++] = t;
	}
	arena_fini(&a);
	return n;
}
