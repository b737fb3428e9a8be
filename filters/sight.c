/* sight.c - one name of a request, and all that the lists say of it. */
#include "filters/sight.h"

#include "filters/list_patterns.h"

#define SOURCES_SEEN 512 /* of one class, when exceptions are looked for */

static enum class_reach
reach_of(const struct image_hit *h)
{
	return h->self ? REACH_SELF : REACH_BELOW;
}

/* ------------------------------------------------------------ exceptions */

enum truth
sight_excepted(const struct sight *v, unsigned image, uint16_t source)
{
	const struct snap_image *im = &v->s->images[image];
	const struct image_hits *hits = &v->host[image];
	struct image_source src;

	if (!im->mixed)
		return TRUTH_FALSE;
	if (!image_source(&im->image, source, &src))
		return TRUTH_UNKNOWN;
	for (uint32_t i = 0; i < hits->n; i++) {
		const struct image_hit *h = &hits->hit[i];
		unsigned away = h->self ? IMAGE_BELOW : IMAGE_SELF, n;
		uint16_t ids[SOURCES_SEEN];
		struct image_source e;

		if (h->class >= im->image.nclasses || !im->mixed[h->class])
			continue;
		n = image_class_sources(
		    &im->image, h->class, ids, SOURCES_SEEN);
		if (n > SOURCES_SEEN)
			return TRUTH_UNKNOWN;
		for (unsigned k = 0; k < n; k++)
			if (image_source(&im->image, ids[k], &e) &&
			    !(e.role & away) && image_source_excepts(&e, &src))
				return TRUTH_TRUE;
	}
	return hits->lost ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

/* --------------------------------------------------------------- entries */

static void
add_open(struct sight *v, unsigned every, const struct list_names *names)
{
	if (!v->some_open)
		v->open[0] = v->open[1] = (struct list_names){0};
	v->some_open = true;
	list_names_add(&v->open[every], names);
}

static void
add_hits(struct list_names *to, const struct snap_image *im,
    const struct image_hits *hits)
{
	for (uint32_t i = 0; i < hits->n; i++) {
		uint32_t class = hits->hit[i].class;

		if (class < im->image.nclasses)
			list_names_add(to,
			    &im->classes[class].reach[reach_of(&hits->hit[i])]);
	}
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

static bool
are_mixed(const struct snap_image *im, const struct image_hits *hits)
{
	for (uint32_t i = 0; i < hits->n; i++)
		if (hits->hit[i].class < im->image.nclasses &&
		    im->mixed[hits->hit[i].class])
			return true;
	return false;
}

/*
 * What image <i> says where exceptions may have a say: of the host, and of
 * <path> (empty: of none), together.
 */
static void
add_held(struct sight *v, unsigned i, struct str path, struct list_names *to)
{
	const struct snap_image *im = &v->s->images[i];
	struct image_hits all;
	struct image_held held;

	all.n = 0;
	all.more = all.lost = false;
	image_find_host(&im->image, v->name, &all);
	if (path.n)
		image_find_url(&im->image, v->name, path, &all);
	image_hold(&im->image, &all, &held);
	if (held.more) {
		/* what is missing may be an exception: so nothing is sure */
		v->lost = true;
		return;
	}
	for (uint32_t k = 0; k < held.n; k++)
		list_names_add_source(to, &im->sources[held.v[k].source]);
}

/* What image <i>, which may have exceptions, says of <path>. */
static void
add_with_exceptions(struct sight *v, unsigned i, struct str path,
    const struct image_hits *hits, struct list_names *to)
{
	const struct snap_image *im = &v->s->images[i];

	if (v->host[i].lost || hits->lost)
		return; /* an exception, maybe: v->lost says so */
	if (are_mixed(im, &v->host[i]) || are_mixed(im, hits)) {
		add_held(v, i, path, to);
		return;
	}
	add_hits(to, im, &v->host[i]);
	add_hits(to, im, hits);
}

/* The host in all images; what the plain ones say of it. */
static void
look_host(struct sight *v, struct list_names *host)
{
	for (unsigned i = 0; i < v->nimages; i++) {
		const struct snap_image *im = &v->s->images[i];
		struct image_hits *hits = &v->host[i];

		hits->n = v->path[i].n = 0;
		hits->more = v->path[i].more = false;
		hits->lost = v->path[i].lost = false;
		if (v->name.n == 0)
			continue;
		image_find_host(&im->image, v->name, hits);
		v->lost |= hits->lost;
		if (!v->url)
			v->urls_listed |= image_has_urls(&im->image, v->name);
		if (!im->mixed)
			add_hits(host, im, hits);
		else if (!v->url)
			add_with_exceptions(v, i, STR_NONE, &v->path[i], host);
	}
}

/* The URL as <path> reads it. */
static void
look_path(struct sight *v, struct str path, struct list_names *to)
{
	for (unsigned i = 0; i < v->nimages; i++) {
		const struct snap_image *im = &v->s->images[i];
		struct image_hits hits;

		hits.n = 0;
		hits.more = hits.lost = false;
		image_find_url(&im->image, v->name, path, &hits);
		v->lost |= hits.lost;
		if (im->mixed)
			add_with_exceptions(v, i, path, &hits, to);
		else
			add_hits(to, im, &hits);
		if (hits.n)
			keep_hits(&v->path[i], &hits);
	}
}

static void
look(struct sight *v)
{
	struct list_names host = {0};
	unsigned nalts;

	look_host(v, &host);
	v->has[0] = v->has[1] = host;
	if (!v->url || v->name.n == 0)
		return;
	look_path(v, v->url->path, &v->has[0]);
	v->has[1] = v->has[0];
	nalts = v->url->nalts;
	for (unsigned i = 0; i < nalts; i++) {
		struct list_names alt = host;

		look_path(v, v->url->alt[i].path, &alt);
		list_names_add(&v->has[0], &alt);
		bits_and(&v->has[1].categories, &alt.categories);
		bits_and(&v->has[1].lists, &alt.lists);
	}
}

/* -------------------------------------------------------------- patterns */

/* What a use of a pattern gives that came out as <is>. */
static void
add_use(struct sight *v, const struct pattern_use *u, unsigned is)
{
	static const unsigned yes[2] = {PATTERN_SOME, PATTERN_EVERY};
	static const unsigned open[2] = {PATTERN_OPEN, PATTERN_EVERY_OPEN};
	const struct snap_source *src =
	    &v->s->images[u->image].sources[u->source];
	struct list_names names = {0};
	enum truth gone;

	gone = sight_excepted(v, u->image, u->source);
	if (gone == TRUTH_TRUE)
		return;
	list_names_add_source(&names, src);
	for (unsigned every = 0; every < 2; every++)
		if ((is & yes[every]) && gone == TRUTH_FALSE)
			list_names_add(&v->has[every], &names);
		else if (is & (yes[every] | open[every]))
			add_open(v, every, &names);
}

static void
add_patterns(struct sight *v, const struct pattern_result *res, bool host)
{
	const struct list_names *all =
	    host ? &v->s->listed.host : &v->s->listed.url;

	for (unsigned i = 0; i < res->n; i++) {
		uint32_t n;
		const struct pattern_use *u =
		    list_patterns_of(v->s, res->v[i].id, &n);

		for (; n--; u++)
			if (u->host == host)
				add_use(v, u, res->v[i].is);
	}
	if (res->rest_open) {
		add_open(v, 0, all);
		add_open(v, 1, all);
	}
}

void
sight_patterns(struct sight *v, const struct pattern_result *res)
{
	if (v->patterns == res)
		return;
	v->patterns = res;
	v->may_match = false;
	if (!pattern_result_is_empty(res))
		add_patterns(v, res, false);
}

void
sight_of_name(struct sight_of *out, const struct request *r,
    enum subject subject, const struct name *name)
{
	const struct name *host =
	    r->stage >= STAGE_URL ? &r->url.host : &r->host;

	out->subject = subject;
	out->name = *name;
	out->url = r->stage >= STAGE_URL ? &r->url : NULL;
	out->known = r->stage;
	out->deepest = r->deepest;
	if (name == host || name->n == 0 || host->n == 0 ||
	    name_eq(*name, *host))
		return;
	out->url = NULL;
	if (out->known > STAGE_HOST)
		out->known = STAGE_HOST;
	if (out->deepest > STAGE_HOST)
		out->deepest = STAGE_HOST;
}

/* Is there a name, and none like it yet? */
static inline bool
is_new(const struct name *name, const struct sight_of *out, unsigned n)
{
	for (unsigned i = 0; name->n && i < n; i++)
		if (name_eq(out[i].name, *name))
			return false;
	return name->n;
}

unsigned
sight_names(const struct request *r, struct sight_of out[SIGHT_NAMES])
{
	const struct name *host =
	    r->stage >= STAGE_URL ? &r->url.host : &r->host;
	static const struct name none;
	unsigned n = 0;

	if (r->stage >= STAGE_HOST) {
		if (host->n)
			sight_of_name(&out[n++], r, SUBJECT_HOST, host);
		if (is_new(&r->connect, out, n))
			sight_of_name(
			    &out[n++], r, SUBJECT_CONNECT, &r->connect);
		if (is_new(&r->sni, out, n))
			sight_of_name(&out[n++], r, SUBJECT_SNI, &r->sni);
	}
	if (n == 0)
		sight_of_name(&out[n++], r, SUBJECT_NONE, &none);
	return n;
}

void
sight_take(
    struct sight *v, const struct sight_from *from, const struct sight_of *of)
{
	const struct snapshot *s = from->s;
	const struct policy *p = from->policy;

	v->subject = of->subject;
	v->name = of->name;
	v->s = s;
	v->request = from->request;
	v->facts = from->facts;
	v->group = from->group;
	v->url = of->url;
	v->search = of->url == &from->request->url ? from->search : NULL;
	v->known = of->known;
	v->deepest = of->deepest;
	v->some_open = v->lost = v->urls_listed = false;
	v->patterns = NULL;
	v->host_patterns.n = 0;
	v->host_patterns.rest_open = false;
	v->nimages = s->nimages;
	v->may_match = p->url_patterns && v->deepest >= STAGE_URL &&
	               list_patterns_may_give(s, v->name, &v->may);
	look(v);
	if (!p->host_patterns || v->name.n == 0)
		return;
	pattern_set_run_host(
	    s->patterns, v->name, p->patterns, &v->host_patterns);
	if (!pattern_result_is_empty(&v->host_patterns))
		add_patterns(v, &v->host_patterns, true);
}
