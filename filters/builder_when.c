/* builder_when.c - schedules of a snapshot in the making. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "filters/builder_impl.h"
#include "filters/zone.h"

static const void *
copy(struct arena *a, const void *from, size_t n)
{
	void *to = arena_alloc(a, n + 1);

	if (to && n)
		memcpy(to, from, n);
	return to;
}

int
snapshot_zone(struct snapshot_builder *b, struct bytes tzif, struct err *err)
{
	b->s->zone = tzif.n ? zone_read(&b->s->arena, tzif, err) : NULL;
	return tzif.n && !b->s->zone ? -1 : 0;
}

/* All of <d> but the zone's bytes, which are not needed once read. */
static struct schedule_def
copy_def(struct snapshot *s, const struct schedule_def *d)
{
	struct arena *a = &s->arena;
	struct schedule_def to = *d;

	to.name = arena_str(a, d->name);
	to.hours = copy(a, d->hours, d->nhours * sizeof(*d->hours));
	to.only = copy(a, d->only, d->nonly * sizeof(*d->only));
	to.except = copy(a, d->except, d->nexcept * sizeof(*d->except));
	to.zone = (struct bytes){NULL, 0};
	to.where = builder_where(s, &d->where);
	return to;
}

int
snapshot_schedule(
    struct snapshot_builder *b, const struct schedule_def *d, struct err *err)
{
	struct snapshot *s = b->s;
	struct snap_schedule *to;

	for (unsigned i = 0; i < s->nschedules; i++)
		if (str_eq(s->schedules[i].def.name, d->name))
			return builder_already("schedule", d->name,
			    &s->schedules[i].def.where, err);
	if (s->nschedules == SCHEDULES_MAX)
		return err_set(err, ERR_LIMIT,
		    "there are more than %d schedules", SCHEDULES_MAX);
	if (!s->schedules)
		s->schedules = calloc(SCHEDULES_MAX, sizeof(*s->schedules));
	if (!s->schedules)
		return err_set(err, ERR_MEMORY, "out of memory");
	to = &s->schedules[s->nschedules];
	*to = (struct snap_schedule){.def = copy_def(s, d)};
	to->zone = d->zone.n ? zone_read(&s->arena, d->zone, err) : s->zone;
	if (d->zone.n && !to->zone)
		return -1;
	if (s->arena.failed)
		return err_set(err, ERR_MEMORY, "out of memory");
	s->nschedules++;
	return 0;
}
