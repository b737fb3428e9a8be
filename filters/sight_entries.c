/* sight_entries.c - which entries and patterns of lists make a sight what it
 * is: for the record and for explain, never for the decision. */
#include "filters/sight.h"

#include "filters/list_patterns.h"

#define SOURCES_SEEN 512 /* of one class */

/* Entries of host and path as one, as far as there is room: for image_hold(),
 * which is asked only where there may be exceptions. */
static void
join(const struct sight *v, unsigned i, struct image_hits *all)
{
	const struct image_hits *path = &v->path[i];

	*all = v->host[i];
	for (uint32_t k = 0; k < path->n && all->n < IMAGE_HITS_MAX; k++)
		all->hit[all->n++] = path->hit[k];
}

static bool
fits(const struct snap_source *src, const struct term *t)
{
	return t->id == (t->kind == TERM_CATEGORY ? src->category : src->list);
}

/* Does a source with <role> speak of <hit> at all? */
static bool
reaches(unsigned role, const struct image_hit *hit)
{
	return !(role & (hit->self ? IMAGE_BELOW : IMAGE_SELF));
}

/* ------------------------------------------------------------- the entry */

/* Of sources that take each other's hits away. */
static bool
entry_held(const struct sight *v, unsigned i, const struct term *t,
    struct sight_entry *out)
{
	const struct snap_image *im = &v->s->images[i];
	uint32_t best = IMAGE_HITS_MAX;
	struct image_hits all;
	struct image_held held;

	join(v, i, &all);
	image_hold(&im->image, &all, &held);
	for (uint32_t k = 0; k < held.n; k++) {
		uint16_t source = held.v[k].source;

		if (held.v[k].hit >= best || !fits(&im->sources[source], t))
			continue;
		best = held.v[k].hit;
		out->source = source;
	}
	if (best == IMAGE_HITS_MAX)
		return false;
	out->hit = all.hit[best];
	out->path = best >= v->host[i].n;
	return true;
}

static bool
entry_in(const struct image_hits *hits, const struct snap_image *im,
    const struct term *t, struct sight_entry *out)
{
	for (uint32_t i = 0; i < hits->n; i++) {
		const struct image_hit *h = &hits->hit[i];
		uint16_t ids[SOURCES_SEEN];
		unsigned n = image_class_sources(
		    &im->image, h->class, ids, SOURCES_SEEN);

		for (unsigned k = 0; k < n && k < SOURCES_SEEN; k++) {
			if (ids[k] >= im->image.nsources ||
			    !fits(&im->sources[ids[k]], t) ||
			    !reaches(im->sources[ids[k]].role, h))
				continue;
			out->hit = *h;
			out->source = ids[k];
			return true;
		}
	}
	return false;
}

/* A pattern of <res> that came out as one of <is>. */
static bool
pattern_in(const struct sight *v, const struct pattern_result *res,
    const struct term *t, unsigned is, struct sight_entry *out)
{
	for (unsigned i = 0; i < res->n; i++) {
		uint32_t n;
		const struct pattern_use *u =
		    list_patterns_of(v->s, res->v[i].id, &n);

		for (; n-- && (res->v[i].is & is); u++) {
			const struct snap_source *src =
			    &v->s->images[u->image].sources[u->source];

			if (u->host != (res == &v->host_patterns) ||
			    !fits(src, t) ||
			    sight_excepted(v, u->image, u->source) ==
			        TRUTH_TRUE)
				continue;
			*out = (struct sight_entry){.by_pattern = true,
			    .pattern = u->index,
			    .source = u->source,
			    .image = u->image,
			    .path = !u->host};
			return true;
		}
	}
	return false;
}

static bool
pattern_of(const struct sight *v, const struct term *t, struct sight_entry *out)
{
	const unsigned order[2] = {
	    t->every ? PATTERN_EVERY : PATTERN_SOME, PATTERN_OPEN_ALL};

	for (unsigned i = 0; i < 2; i++)
		if (pattern_in(v, &v->host_patterns, t, order[i], out) ||
		    (v->patterns &&
		        pattern_in(v, v->patterns, t, order[i], out)))
			return true;
	return false;
}

bool
sight_entry_of(
    const struct sight *v, const struct term *t, struct sight_entry *out)
{
	*out = (struct sight_entry){0};
	for (unsigned i = 0; i < v->nimages; i++) {
		const struct snap_image *im = &v->s->images[i];

		out->image = (uint8_t)i;
		if (v->s->images[i].mixed) {
			if (entry_held(v, i, t, out))
				return true;
			continue;
		}
		out->path = false;
		if (entry_in(&v->host[i], im, t, out))
			return true;
		out->path = true;
		if (entry_in(&v->path[i], im, t, out))
			return true;
	}
	return pattern_of(v, t, out);
}

/* ------------------------------------------------------------ all of them */

typedef void entry_fn(
    void *arg, const struct snapshot *s, const struct sight_entry *e);

struct teller {
	const struct sight *v;
	entry_fn *fn;
	void *arg;
	const struct image_held *held; /* NULL: there are no exceptions */
};

static bool
is_held(const struct teller *t, uint16_t source)
{
	if (!t->held)
		return true;
	for (uint32_t i = 0; i < t->held->n; i++)
		if (t->held->v[i].source == source)
			return true;
	return false;
}

static void
tell_hits(const struct teller *t, const struct image_hits *hits,
    struct sight_entry *e)
{
	const struct snap_image *im = &t->v->s->images[e->image];

	for (uint32_t i = 0; i < hits->n; i++) {
		uint16_t ids[SOURCES_SEEN];
		unsigned n = image_class_sources(
		    &im->image, hits->hit[i].class, ids, SOURCES_SEEN);

		for (unsigned k = 0; k < n && k < SOURCES_SEEN; k++) {
			unsigned role;

			if (ids[k] >= im->image.nsources)
				continue;
			role = im->sources[ids[k]].role;
			if (!reaches(role, &hits->hit[i]))
				continue;
			e->hit = hits->hit[i];
			e->source = ids[k];
			e->exception = role & IMAGE_EXCEPT;
			e->excepted = !e->exception && !is_held(t, ids[k]);
			t->fn(t->arg, t->v->s, e);
		}
	}
}

static void
tell_patterns(const struct teller *t, const struct pattern_result *res)
{
	for (unsigned i = 0; res && i < res->n; i++) {
		uint32_t n;
		const struct pattern_use *u =
		    list_patterns_of(t->v->s, res->v[i].id, &n);

		for (; n-- && (res->v[i].is & PATTERN_SOME); u++) {
			struct sight_entry e = {.by_pattern = true,
			    .pattern = u->index,
			    .source = u->source,
			    .image = u->image,
			    .path = !u->host};

			if (u->host != (res == &t->v->host_patterns))
				continue;
			e.excepted = sight_excepted(t->v, u->image,
			                 u->source) == TRUTH_TRUE;
			t->fn(t->arg, t->v->s, &e);
		}
	}
}

void
sight_each(const struct sight *v, entry_fn *fn, void *arg)
{
	struct teller t = {.v = v, .fn = fn, .arg = arg};
	struct image_held held;

	for (unsigned i = 0; i < v->nimages; i++) {
		struct sight_entry e = {.image = (uint8_t)i};

		t.held = NULL;
		if (v->s->images[i].mixed) {
			struct image_hits all;

			join(v, i, &all);
			image_hold(&v->s->images[i].image, &all, &held);
			t.held = &held;
		}
		tell_hits(&t, &v->host[i], &e);
		e.path = true;
		tell_hits(&t, &v->path[i], &e);
	}
	tell_patterns(&t, &v->host_patterns);
	tell_patterns(&t, v->patterns);
}
