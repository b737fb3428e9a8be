/* emit_content.c - what an image says, as a digest: the same however it came
 * to be. */
#include <stdlib.h>

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

bool
emit_content_begin(struct emit *em)
{
	size_t n = em->in.nsources;

	em->says = malloc((2 * n + 1) * sizeof(*em->says));
	if (!em->says)
		return emit_fail(em, NULL);
	for (size_t i = 0; i < n; i++)
		em->says[i] = source_digest(&em->in.sources[i]);
	return true;
}

struct hash128
emit_says(struct emit *em, const uint16_t *ids, size_t n)
{
	struct hash128 *room = em->says + em->in.nsources;
	struct hash_stream h;
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		room[i] = em->says[ids[i]];
	qsort(room, n, sizeof(*room), compare_digests);
	hash_stream_init(&h);
	for (size_t i = 0; i < n; i++) {
		uint8_t p[16];

		/* the same said twice counts once */
		if (left && compare_digests(&room[i], &room[left - 1]) == 0)
			continue;
		room[left++] = room[i];
		emit_wr64(p, room[left - 1].lo);
		emit_wr64(p + 8, room[left - 1].hi);
		hash_stream_add(&h, p, sizeof(p));
	}
	return hash_stream_end(&h);
}

void
emit_content_add(struct emit *em, struct str key, struct hash128 says)
{
	struct hash128 h = hash128(key.p, key.n);
	uint8_t p[32];

	emit_wr64(p, h.lo);
	emit_wr64(p + 8, h.hi);
	emit_wr64(p + 16, says.lo);
	emit_wr64(p + 24, says.hi);
	h = hash128(p, sizeof(p));
	/* a sum, for entries come in the order of a hash with a seed */
	em->content[0] += h.lo;
	em->content[1] += h.hi;
}
