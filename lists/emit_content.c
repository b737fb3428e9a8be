/* emit_content.c - what an image says, as a digest: the same however it came
 * to be. */
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "lists/emit.h"

static int
compare_digests(const void *a, const void *b)
{
	const struct hash128 *x = a, *y = b;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static void
add_text(struct hash_stream *h, struct str s)
{
	uint8_t n[4];

	emit_wr32(n, (uint32_t)s.n); /* so that "ab","c" is not "a","bc" */
	hash_stream_add(h, n, sizeof(n));
	if (s.n)
		hash_stream_add(h, s.p, s.n);
}

/* What a source says of its entries, which file it is aside. */
static struct hash128
source_digest(const struct image_source *s)
{
	const uint8_t meant[3] = {
	    s->role, (uint8_t)s->group, (uint8_t)(s->group >> 8)};
	struct hash_stream h;

	hash_stream_init(&h);
	add_text(&h, s->list);
	add_text(&h, s->category);
	hash_stream_add(&h, meant, sizeof(meant));
	return hash_stream_end(&h);
}

static struct hash128
digest_of(const struct hash128 *v, size_t n)
{
	struct hash_stream h;

	hash_stream_init(&h);
	for (size_t i = 0; i < n; i++) {
		uint8_t p[16];

		emit_wr64(p, v[i].lo);
		emit_wr64(p + 8, v[i].hi);
		hash_stream_add(&h, p, sizeof(p));
	}
	return hash_stream_end(&h);
}

/* What the sources of <set> say together; the same said twice counts once. */
static struct hash128
class_digest(const struct emit *em, const struct class_set *set,
    const struct hash128 *sources, struct hash128 *room)
{
	size_t n = 0;

	for (uint32_t i = 0; i < set->n; i++)
		room[i] = sources[em->classes.ids[set->at + i]];
	qsort(room, set->n, sizeof(*room), compare_digests);
	for (uint32_t i = 0; i < set->n; i++)
		if (n == 0 || compare_digests(&room[i], &room[n - 1]) != 0)
			room[n++] = room[i];
	return digest_of(room, n);
}

int
emit_content(const struct emit *em, uint64_t out[2], struct err *err)
{
	struct hash128 *sources, *room, *classes;
	size_t nsources = em->nsources, nclasses = em->classes.n;

	out[0] = out[1] = 0;
	sources = malloc((2 * nsources + nclasses + 1) * sizeof(*sources));
	if (!sources)
		return err_set(
		    err, ERR_MEMORY, "no memory for the image of the lists");
	room = sources + nsources;
	classes = room + nsources;
	for (size_t i = 0; i < nsources; i++)
		sources[i] = source_digest(&em->sources[i]);
	for (size_t i = 0; i < nclasses; i++)
		classes[i] = class_digest(
		    em, &em->classes.sets[em->classes.order[i]], sources, room);
	/* a sum, for entries come in the order of a hash with a seed */
	for (size_t i = 0; i < em->entries->n; i++) {
		struct str key = emit_key(em, i);
		const struct hash128 both[2] = {
		    hash128(key.p, key.n), classes[em->class_of[i]]};
		struct hash128 h = digest_of(both, 2);

		out[0] += h.lo;
		out[1] += h.hi;
	}
	free(sources);
	return 0;
}
