/*
 * image_hold.c - which sources hold for a request: reach, then exceptions.
 *
 * Hits are looked at from the most specific one outwards, so that the first
 * that a source has is the one that counts.
 */
#include "lists/image.h"
#include "lists/image_format.h"

#define EXCEPTIONS_MAX 256 /* that one request may meet; more is no list */

/* An exception that the request lies in. */
struct exception {
	struct image_source source;
	uint32_t specific;
};

struct holding {
	const struct image *im;
	const struct image_hits *hits;
	uint32_t n; /* hits to look at, */
	uint16_t order[IMAGE_HITS_MAX];
	uint32_t specific[IMAGE_HITS_MAX]; /* and how specific each is */
	uint64_t *seen;                    /* sources, a bit each */
};

uint32_t
image_specific(const struct image *im, const struct image_hit *hit)
{
	uint32_t i = hit->entry & IMAGE_ENTRY_PLACE;
	struct image_net net;

	if (hit->kind != IMAGE_NET)
		return 512 + (255u - (hit->off & 255u)) * 4096 +
		       (hit->len & 4095u);
	if (i < im->nnets4) {
		image_read_net4(im, i, &net);
		return 97 + (net.bits & 63);
	}
	if (i - im->nnets4 >= im->nnets6)
		return 0;
	image_read_net6(im, i - im->nnets4, &net);
	return 1 + (net.bits & 255);
}

static unsigned
role_of(const struct image *im, uint32_t id)
{
	return id < im->nsources ? im->sources[(size_t)id * IMAGE_SOURCE + 24]
	                         : IMAGE_SELF | IMAGE_BELOW;
}

/* Does a source with <role> mean a hit that is (not) the host itself? */
static bool
reaches(unsigned role, bool self)
{
	return !(role & (self ? IMAGE_BELOW : IMAGE_SELF));
}

/* Hits of a class that another hit has speak of the same sources: that one
 * is more specific, and enough. */
static bool
is_new(const struct holding *h, uint32_t n, const struct image_hit *hit)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct image_hit *k = &h->hits->hit[h->order[i]];

		if (k->class == hit->class && k->self == hit->self)
			return false;
	}
	return true;
}

static void
order_hits(struct holding *h)
{
	uint32_t n = h->hits->n < IMAGE_HITS_MAX ? h->hits->n : IMAGE_HITS_MAX;
	uint32_t to = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i;

		h->specific[i] = image_specific(h->im, &h->hits->hit[i]);
		for (; at > 0 && h->specific[h->order[at - 1]] < h->specific[i];
		     at--)
			h->order[at] = h->order[at - 1];
		h->order[at] = (uint16_t)i;
	}
	for (uint32_t i = 0; i < n; i++)
		if (is_new(h, to, &h->hits->hit[h->order[i]]))
			h->order[to++] = h->order[i];
	h->n = to;
}

/* The exceptions among the hits into <out>; how many, or one more than have
 * room. */
static unsigned
exceptions(const struct holding *h, struct exception *out)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		const struct image_hit *hit = &h->hits->hit[h->order[i]];
		uint32_t n = 0, flags = 0;
		const uint8_t *p = image_class(h->im, hit->class, &n, &flags);

		if (!(flags & IMAGE_CLASS_MIXED))
			continue;
		for (uint32_t k = 0; p && k < n; k++) {
			uint16_t id = (uint16_t)image_rd16(p + 2 * (size_t)k);
			unsigned role = role_of(h->im, id);

			if (!(role & IMAGE_EXCEPT) || !reaches(role, hit->self))
				continue;
			if (count == EXCEPTIONS_MAX)
				return count + 1;
			image_source(h->im, id, &out[count].source);
			out[count++].specific = h->specific[h->order[i]];
		}
	}
	return count;
}

bool
image_source_excepts(const struct image_source *e, const struct image_source *s)
{
	return (e->role & IMAGE_EXCEPT) && !(s->role & IMAGE_EXCEPT) &&
	       (e->group == 0 || e->group == s->group) &&
	       (!(s->role & IMAGE_STRONG) || e->role & IMAGE_STRONG) &&
	       str_eq(e->list, s->list) && str_eq(e->category, s->category);
}

static bool
is_excepted(const struct image *im, uint16_t id, uint32_t specific,
    const struct exception *e, unsigned n)
{
	struct image_source s;

	if (n == 0 || !image_source(im, id, &s))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (image_source_excepts(&e[i].source, &s) &&
		    (!(e[i].source.role & IMAGE_CLOSEST) ||
		        e[i].specific >= specific))
			return true;
	return false;
}

/* The sources of hit <i> that hold and were not seen before. */
static void
hold_hit(struct holding *h, uint16_t i, const struct exception *e, unsigned ne,
    struct image_held *out)
{
	const struct image_hit *hit = &h->hits->hit[i];
	uint32_t n = 0, flags;
	const uint8_t *p = image_class(h->im, hit->class, &n, &flags);

	for (uint32_t k = 0; p && k < n; k++) {
		uint16_t id = (uint16_t)image_rd16(p + 2 * (size_t)k);
		unsigned role = role_of(h->im, id);
		uint64_t bit = (uint64_t)1 << id % 64;

		if (role & IMAGE_EXCEPT || !reaches(role, hit->self) ||
		    h->seen[id / 64] & bit)
			continue;
		h->seen[id / 64] |= bit;
		if (is_excepted(h->im, id, h->specific[i], e, ne))
			continue;
		if (out->n == IMAGE_HELD_MAX) {
			out->more = true;
			return;
		}
		out->v[out->n].source = id;
		out->v[out->n++].hit = i;
	}
}

void
image_hold(const struct image *im, const struct image_hits *hits,
    struct image_held *out)
{
	struct exception except[EXCEPTIONS_MAX];
	uint64_t seen[65536 / 64]; /* only so much of it as there are */
	struct holding h = {.im = im, .hits = hits, .seen = seen};
	unsigned n;

	out->n = 0;
	out->more = hits->lost;
	if (hits->n == 0)
		return;
	memset(seen, 0, (im->nsources / 64 + 1) * sizeof(seen[0]));
	order_hits(&h);
	n = exceptions(&h, except);
	if (n > EXCEPTIONS_MAX) {
		n = EXCEPTIONS_MAX;
		out->more = true;
	}
	for (uint32_t i = 0; i < h.n; i++)
		hold_hit(&h, h.order[i], except, n, out);
}

bool
image_class_is_plain(const struct image *im, uint32_t class)
{
	uint32_t n, flags;

	return !image_class(im, class, &n, &flags) ||
	       !(flags & IMAGE_CLASS_MIXED);
}
