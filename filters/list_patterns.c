/* list_patterns.c - the patterns that stand in lists. */
#include "filters/list_patterns.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "filters/pattern.h"

/* So many places in the set are kept for rules: a feed that is full of
 * patterns must not cost a policy its own. */
#define FOR_RULES         4096
#define LIST_PATTERNS_MAX (PATTERNS_MAX - FOR_RULES)

static void
reject(struct snapshot *s, const struct snap_image *im,
    const struct image_pattern *p, const char *why,
    const struct reject_ear *ear)
{
	struct pattern_reject r = {
	    .line = p->line, .text = p->text, .why = why};
	struct image_source src;

	s->listed.rejected++;
	if (!ear->fn || !image_source(&im->image, p->source, &src))
		return;
	r.list = src.list;
	r.category = src.category;
	r.file = src.file;
	ear->fn(ear->arg, &r);
}

static bool
room_for_use(struct list_patterns *l)
{
	uint32_t cap = l->cap ? 2 * l->cap : 64;
	struct pattern_use *use = l->use;

	if (l->n < l->cap)
		return true;
	use = realloc(use, cap * sizeof(*use));
	if (!use)
		return false;
	l->use = use;
	l->cap = cap;
	return true;
}

static void
keep(struct list_patterns *l, const struct pattern_use *u,
    const struct snap_source *src)
{
	l->use[l->n++] = *u;
	list_names_add_source(u->host ? &l->host : &l->url, src);
}

/* Pattern <index> of image <i>. -1: memory alone. */
static int
add_one(struct snapshot *s, unsigned i, uint32_t index,
    const struct image_pattern *p, const struct reject_ear *ear)
{
	const struct snap_image *im = &s->images[i];
	const struct pattern_def def = {.text = p->text,
	    .anchor = p->anchor,
	    .host = p->flags & IMAGE_PATTERN_HOST};
	struct pattern_use u = {.source = p->source,
	    .index = index,
	    .image = (uint8_t)i,
	    .host = def.host};
	struct err err = {0};
	size_t offset;

	if (im->sources[p->source].role & IMAGE_EXCEPT) {
		/* no format gives one: what a name is excepted from is known
		 * by its entries, at once and without a limit */
		reject(s, im, p, "an exception with a pattern", ear);
		return 0;
	}
	if (s->listed.n >= LIST_PATTERNS_MAX) {
		reject(s, im, p, "the lists have too many patterns", ear);
		return 0;
	}
	if (!room_for_use(&s->listed))
		return -1;
	u.id = pattern_set_add(s->patterns, &def, &offset, &err);
	if (u.id == PATTERN_NONE && err.code == ERR_MEMORY)
		return -1;
	if (u.id == PATTERN_NONE)
		reject(s, im, p, err.text, ear);
	else
		keep(&s->listed, &u, &im->sources[p->source]);
	return 0;
}

int
list_patterns_add(struct snapshot *s, unsigned i, const struct reject_ear *ear,
    struct err *err)
{
	const struct image *im = &s->images[i].image;

	for (uint32_t k = 0; k < im->npatterns; k++) {
		struct image_pattern p;

		if (!image_pattern(im, k, &p) || p.source >= im->nsources)
			return err_set(err, ERR_CORRUPT,
			    "the list image is damaged (pattern %u)", k);
		if (add_one(s, i, k, &p, ear) < 0)
			return err_set(err, ERR_MEMORY, "out of memory");
	}
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	const struct pattern_use *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->image != y->image)
		return x->image < y->image ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static uint64_t
anchor_hash(struct str domain)
{
	return hash64(domain.p, domain.n, 0);
}

static int
by_hash(const void *a, const void *b)
{
	const struct pattern_anchor *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Where does URL pattern <u> match alone? Empty: anywhere. */
static struct str
anchor_of(const struct snapshot *s, const struct pattern_use *u)
{
	struct image_pattern p;

	if (!image_pattern(&s->images[u->image].image, u->index, &p))
		return STR_NONE;
	return p.anchor;
}

/* Is all that <src> names in <n>? */
static bool
names_source(const struct list_names *n, const struct snap_source *src)
{
	return (src->list == NAMESET_NONE || bits_has(&n->lists, src->list)) &&
	       (src->category == NAMESET_NONE ||
	           bits_has(&n->categories, src->category));
}

/* Where URL patterns can match; of those that have a fellow that can do so
 * anywhere it does not matter. */
static int
find_anchors(struct snapshot *s)
{
	struct list_patterns *l = &s->listed;

	l->anchor = calloc(l->n, sizeof(*l->anchor));
	if (!l->anchor)
		return -1;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct pattern_use *u = &l->use[i];

		if (!u->host && anchor_of(s, u).n == 0)
			list_names_add_source(&l->anywhere,
			    &s->images[u->image].sources[u->source]);
	}
	for (uint32_t i = 0; i < l->n; i++) {
		const struct pattern_use *u = &l->use[i];
		struct str at = u->host ? STR_NONE : anchor_of(s, u);

		if (at.n == 0 || names_source(&l->anywhere,
		                     &s->images[u->image].sources[u->source]))
			continue;
		l->anchor[l->nanchors++] = (struct pattern_anchor){
		    anchor_hash(at), at, u->source, u->image};
	}
	if (l->nanchors)
		qsort(l->anchor, l->nanchors, sizeof(*l->anchor), by_hash);
	return 0;
}

int
list_patterns_close(struct snapshot *s)
{
	if (s->listed.n == 0)
		return 0;
	qsort(s->listed.use, s->listed.n, sizeof(*s->listed.use), by_id);
	return find_anchors(s);
}

/* What patterns give whose anchor is <domain>. */
static void
add_anchored(const struct snapshot *s, struct str domain, struct list_names *to)
{
	const struct list_patterns *l = &s->listed;
	uint64_t hash = anchor_hash(domain);
	uint32_t lo = 0, hi = l->nanchors;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (l->anchor[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < l->nanchors && l->anchor[lo].hash == hash; lo++) {
		const struct pattern_anchor *a = &l->anchor[lo];

		if (str_eq(a->domain, domain))
			list_names_add_source(
			    to, &s->images[a->image].sources[a->source]);
	}
}

bool
list_patterns_may_give(
    const struct snapshot *s, struct name host, struct list_names *out)
{
	*out = s->listed.anywhere;
	/* an address may be written in several ways */
	if (host.n == 0 || host.kind != NAME_DNS)
		*out = s->listed.url;
	else if (s->listed.nanchors)
		for (size_t i = 0; i < host.n; i++)
			if (i == 0 || host.p[i - 1] == '.')
				add_anchored(
				    s, str_sub(name_str(host), i, host.n), out);
	return !bits_empty(&out->categories) || !bits_empty(&out->lists);
}

void
list_patterns_want(
    const struct snapshot *s, const struct list_names *names, struct policy *p)
{
	for (uint32_t i = 0; i < s->listed.n; i++) {
		const struct pattern_use *u = &s->listed.use[i];
		struct list_names own = {0};

		list_names_add_source(
		    &own, &s->images[u->image].sources[u->source]);
		if (!list_names_meet(&own, names))
			continue;
		p->patterns->w[u->id / 64] |= (uint64_t)1 << u->id % 64;
		p->host_patterns |= u->host;
		p->url_patterns |= !u->host;
	}
}

static void
digest_str(struct hash_stream *h, struct str s)
{
	uint64_t n = s.n;

	hash_stream_add(h, &n, sizeof(n));
	if (s.n)
		hash_stream_add(h, s.p, s.n);
}

void
list_patterns_digest(const struct snapshot *s, struct hash_stream *h)
{
	/* what is cached names patterns by number: by the order in which they
	 * were met, which equal lists need not have in common */
	for (uint32_t i = 0; i < s->listed.n; i++) {
		const struct pattern_use *u = &s->listed.use[i];
		const struct image *im = &s->images[u->image].image;
		const uint64_t id = u->id;
		struct image_pattern p;
		struct image_source src;

		if (!image_pattern(im, u->index, &p) ||
		    !image_source(im, u->source, &src))
			continue;
		hash_stream_add(h, &id, sizeof(id));
		hash_stream_add(h, &p.flags, sizeof(p.flags));
		hash_stream_add(h, &src.role, sizeof(src.role));
		digest_str(h, p.text);
		digest_str(h, p.anchor);
		digest_str(h, src.list);
		digest_str(h, src.category);
	}
}

const struct pattern_use *
list_patterns_of(const struct snapshot *s, uint16_t id, uint32_t *n)
{
	const struct list_patterns *l = &s->listed;
	uint32_t lo = 0, hi = l->n, end;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (l->use[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (end = lo; end < l->n && l->use[end].id == id;)
		end++;
	*n = end - lo;
	return *n ? l->use + lo : NULL;
}
