/* sight.c - one name of a request, and all that the lists say of it. */
#include "filters/sight.h"

#define SOURCES_SEEN 512 /* of one class, when an entry's source is told */

static enum class_reach
reach_of(const struct image_hit *h)
{
	return h->self ? REACH_SELF : REACH_BELOW;
}

/* What one way to read the request says. */
struct said {
	struct bits categories, lists;
};

static void
add_hits(
    struct said *to, const struct snap_image *im, const struct image_hits *hits)
{
	for (uint32_t i = 0; i < hits->n; i++) {
		enum class_reach reach = reach_of(&hits->hit[i]);
		const struct class_sets *c = snap_class(im, hits->hit[i].class);

		if (!c)
			continue;
		bits_or(&to->categories, &c->categories[reach]);
		bits_or(&to->lists, &c->lists[reach]);
	}
}

/* The host, and the URL in its first reading. */
static void
look_in(struct sight *v, const struct snap_image *im, unsigned i,
    struct said *host, struct said *path)
{
	v->host[i].n = v->path[i].n = 0;
	v->host[i].more = v->path[i].more = false;
	if (v->name.n == 0)
		return;
	image_find_host(&im->image, v->name, &v->host[i]);
	add_hits(host, im, &v->host[i]);
	if (!v->url) {
		v->urls_listed |= image_has_urls(&im->image, v->name);
		return;
	}
	image_find_url(&im->image, v->name, v->url->path, &v->path[i]);
	add_hits(path, im, &v->path[i]);
}

/* For whoever asks which entry it was: those of all readings, each once. */
static void
keep_hits(struct image_hits *all, const struct image_hits *hits)
{
	for (uint32_t i = 0; i < hits->n; i++) {
		uint32_t k = 0;

		while (k < all->n && all->hit[k].entry != hits->hit[i].entry)
			k++;
		if (k < all->n)
			continue;
		if (all->n == IMAGE_HITS_MAX) {
			all->more = true;
			return;
		}
		all->hit[all->n++] = hits->hit[i];
	}
}

/* The URL as <path> reads it. */
static void
look_again(struct sight *v, const struct snapshot *s, struct str path,
    struct said *said)
{
	for (unsigned i = 0; i < s->nimages; i++) {
		struct image_hits hits;

		hits.n = 0;
		hits.more = false;
		image_find_url(&s->images[i].image, v->name, path, &hits);
		add_hits(said, &s->images[i], &hits);
		keep_hits(&v->path[i], &hits);
	}
}

static void
look(struct sight *v, const struct snapshot *s)
{
	struct said host = {0}, any = {0}, every;
	unsigned nalts = v->url && v->name.n ? v->url->nalts : 0;

	for (unsigned i = 0; i < s->nimages; i++)
		look_in(v, &s->images[i], i, &host, &any);
	every = any;
	for (unsigned i = 0; i < nalts; i++) {
		struct said alt = {0};

		look_again(v, s, v->url->alt[i].path, &alt);
		bits_or(&any.categories, &alt.categories);
		bits_or(&any.lists, &alt.lists);
		bits_and(&every.categories, &alt.categories);
		bits_and(&every.lists, &alt.lists);
	}
	v->categories[0] = v->categories[1] = host.categories;
	v->lists[0] = v->lists[1] = host.lists;
	bits_or(&v->categories[0], &any.categories);
	bits_or(&v->categories[1], &every.categories);
	bits_or(&v->lists[0], &any.lists);
	bits_or(&v->lists[1], &every.lists);
}

void
sight_take(struct sight *v, const struct snapshot *s, const struct request *r,
    enum subject subject, struct name name)
{
	struct name host = r->stage >= STAGE_URL ? r->url.host : r->host;
	bool other = name.n && host.n && !name_eq(name, host);

	v->subject = subject;
	v->name = name;
	v->request = r;
	v->known = r->stage;
	v->deepest = r->deepest;
	v->url = NULL;
	if (r->stage >= STAGE_URL && !other)
		v->url = &r->url;
	if (other) {
		v->known = v->known < STAGE_HOST ? v->known : STAGE_HOST;
		v->deepest = v->deepest < STAGE_HOST ? v->deepest : STAGE_HOST;
	}
	v->urls_listed = false;
	v->nimages = s->nimages;
	look(v, s);
}

static bool
source_fits(const struct snap_source *src, const struct term *t, bool self)
{
	uint16_t id = t->kind == TERM_CATEGORY ? src->category : src->list;

	return id == t->id && (self || !src->exact);
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
			    !source_fits(&im->sources[ids[k]], t, h->self))
				continue;
			out->hit = h;
			out->source = ids[k];
			return true;
		}
	}
	return false;
}

bool
sight_entry_of(const struct sight *v, const struct snapshot *s,
    const struct term *t, struct sight_entry *out)
{
	for (unsigned i = 0; i < v->nimages; i++) {
		out->image = (uint8_t)i;
		out->path = false;
		if (entry_in(&v->host[i], &s->images[i], t, out))
			return true;
		out->path = true;
		if (entry_in(&v->path[i], &s->images[i], t, out))
			return true;
	}
	return false;
}

static void
each_in(const struct image_hits *hits, struct sight_entry *e,
    const struct snapshot *s,
    void (*fn)(
        void *arg, const struct snapshot *s, const struct sight_entry *e),
    void *arg)
{
	const struct snap_image *im = &s->images[e->image];

	for (uint32_t i = 0; i < hits->n; i++) {
		uint16_t ids[SOURCES_SEEN];
		unsigned n = image_class_sources(
		    &im->image, hits->hit[i].class, ids, SOURCES_SEEN);

		for (unsigned k = 0; k < n && k < SOURCES_SEEN; k++) {
			if (ids[k] >= im->image.nsources ||
			    (im->sources[ids[k]].exact && !hits->hit[i].self))
				continue;
			e->hit = &hits->hit[i];
			e->source = ids[k];
			fn(arg, s, e);
		}
	}
}

void
sight_each(const struct sight *v, const struct snapshot *s,
    void (*fn)(
        void *arg, const struct snapshot *s, const struct sight_entry *e),
    void *arg)
{
	struct sight_entry e = {0};

	for (unsigned i = 0; i < v->nimages; i++) {
		e.image = (uint8_t)i;
		e.path = false;
		each_in(&v->host[i], &e, s, fn, arg);
		e.path = true;
		each_in(&v->path[i], &e, s, fn, arg);
	}
}
