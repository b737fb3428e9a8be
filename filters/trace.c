/* trace.c - what explain hears of a name before its rules are read. */
#include "filters/trace.h"

#include "filters/pattern.h"
#include "filters/sight.h"
#include "filters/snapshot_impl.h"

static void
tell(void *arg, const struct snapshot *s, const struct sight_entry *e)
{
	const struct trace *t = arg;
	const struct image *im = &s->images[e->image].image;
	struct trace_entry told = {.by_pattern = e->by_pattern,
	    .exception = e->exception,
	    .excepted = e->excepted};
	char room[PROVENANCE_ROOM];
	struct image_source src;

	if (!image_source(im, e->source, &src))
		return;
	told.list = src.list;
	told.category = src.category;
	told.file = src.file;
	if (e->by_pattern)
		told.entry = snapshot_list_pattern(im, e->pattern, &told.line);
	else
		told.entry = snapshot_list_entry(
		    im, &e->hit, e->source, room, sizeof(room), &told.line);
	t->entry(t->arg, &told);
}

static void
trace_entries(struct trace *t, const struct policy *p, struct sight *v)
{
	const struct pattern_result *before = v->patterns;
	struct pattern_result res;

	if (v->url && !before) {
		pattern_set_run(v->s->patterns, v->url, p->patterns, &res);
		v->patterns = &res;
	}
	sight_each(v, tell, t);
	v->patterns = before;
}

void
trace_sight(const struct trace *t, const struct policy *p, struct sight *v)
{
	struct trace copy = *t;

	if (copy.subject)
		copy.subject(copy.arg, v->subject, name_str(v->name));
	if (copy.entry)
		trace_entries(&copy, p, v);
}
