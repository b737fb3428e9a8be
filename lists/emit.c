/* emit.c - entries in, an image out: the order of things, and the header. */
#include "lists/emit.h"

#include <stdlib.h>

#include "base/err.h"

#define PER_BUCKET 7 /* of 12 tags: one bucket in forty has more than 12 */

static void
emit_endings(struct emit *em)
{
	uint32_t n = dict_nendings(em->dict), at = 0;

	for (uint32_t i = 0; i < n; i++) {
		emit_put32(em, IMAGE_ENDINGS, at);
		at += (uint32_t)dict_ending(em->dict, i).n;
	}
	emit_put32(em, IMAGE_ENDINGS, at);
	for (uint32_t i = 0; i < n; i++) {
		struct str s = dict_ending(em->dict, i);

		emit_put(em, IMAGE_ENDINGS, s.p, s.n);
	}
	emit_whole(em, IMAGE_ENDINGS);
}

static void
emit_pieces(struct emit *em)
{
	for (unsigned i = 0; i < IMAGE_NPIECES; i++) {
		uint8_t n = (uint8_t)dict_piece(em->dict, i).n;

		emit_put(em, IMAGE_PIECES, &n, 1);
	}
	for (unsigned i = 0; i < IMAGE_NPIECES; i++) {
		char text[IMAGE_PIECE] = {0};
		struct str s = dict_piece(em->dict, i);

		memcpy(text, s.p, s.n);
		emit_put(em, IMAGE_PIECES, text, sizeof(text));
	}
	emit_whole(em, IMAGE_PIECES);
}

static uint32_t
class_flags(const struct emit *em, const struct class_set *set)
{
	unsigned all = IMAGE_SELF, any = 0;

	for (uint32_t k = 0; k < set->n; k++) {
		uint16_t id = em->classes.ids[set->at + k];
		unsigned role = em->in.sources[id].role;

		all &= role;
		any |= role;
	}
	return (all ? IMAGE_CLASS_SELF : 0) |
	       (any & (IMAGE_BELOW | IMAGE_EXCEPT) ? IMAGE_CLASS_MIXED : 0);
}

static void
emit_classes(struct emit *em)
{
	const struct classes *c = &em->classes;
	uint32_t at = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct class_set *set = &c->sets[c->order[i]];

		emit_put32(em, IMAGE_CLASSES, at | class_flags(em, set));
		at += set->n;
	}
	emit_put32(em, IMAGE_CLASSES, at);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct class_set *set = &c->sets[c->order[i]];

		for (uint32_t k = 0; k < set->n; k++) {
			uint8_t id[2];

			emit_wr16(id, c->ids[set->at + k]);
			emit_put(em, IMAGE_CLASSES, id, sizeof(id));
		}
	}
	emit_whole(em, IMAGE_CLASSES);
}

/* Where a text of a source is in STRINGS; that of its neighbour serves. */
struct place {
	struct str text;
	uint32_t at;
};

static void
put_string(struct emit *em, struct str s, struct place *last, uint8_t *ref)
{
	if (!str_eq(s, last->text) || s.n == 0) {
		last->text = s;
		last->at = (uint32_t)em->to[IMAGE_STRINGS].b.n;
		emit_put(em, IMAGE_STRINGS, s.p, s.n);
	}
	emit_wr32(ref, last->at);
	emit_wr32(ref + 4, (uint32_t)s.n);
}

static void
emit_sources(struct emit *em)
{
	struct place last[3] = {{STR_NONE, 0}, {STR_NONE, 0}, {STR_NONE, 0}};

	for (uint32_t i = 0; i < em->in.nsources; i++) {
		const struct image_source *s = &em->in.sources[i];
		uint8_t row[IMAGE_SOURCE] = {0};

		put_string(em, s->list, &last[0], row);
		put_string(em, s->category, &last[1], row + 8);
		put_string(em, s->file, &last[2], row + 16);
		row[24] = s->role;
		emit_wr16(row + 26, s->group);
		emit_wr64(row + 32, s->lines);
		emit_wr64(row + 40, s->entries);
		emit_wr64(row + 48, s->rejected);
		emit_wr64(row + 56, s->skipped);
		emit_wr64(row + 64, s->date);
		emit_put(em, IMAGE_SOURCES, row, sizeof(row));
	}
	emit_whole(em, IMAGE_SOURCES);
	emit_whole(em, IMAGE_STRINGS);
}

static void
fill_header(const struct emit *em, uint8_t p[IMAGE_HEADER])
{
	const struct compile_options *opt = em->in.opt;

	memset(p, 0, IMAGE_HEADER);
	memcpy(p, IMAGE_MAGIC, 8);
	emit_wr32(p + 8, IMAGE_VERSION);
	emit_wr64(p + 16, opt->seed);
	emit_wr64(p + 24, em->nnames + em->nnets + em->ndigests);
	emit_wr64(p + 32, opt->generation);
	emit_wr64(p + 40, opt->fingerprint[0]);
	emit_wr64(p + 48, opt->fingerprint[1]);
	emit_wr64(p + 56, em->end);
	emit_wr32(p + 80, em->nbuckets);
	emit_wr32(p + 84, em->classes.n);
	emit_wr32(p + 88, em->in.nsources);
	emit_wr32(p + 92, dict_nendings(em->dict));
	emit_wr32(p + 96, em->nnets4);
	emit_wr32(p + 100, em->nnets - em->nnets4);
	emit_wr64(p + IMAGE_CONTENT, em->content[0]);
	emit_wr64(p + IMAGE_CONTENT + 8, em->content[1]);
	emit_wr32(p + 120, em->npatterns);
	emit_wr32(p + 124, em->ndigests);
	for (unsigned i = 0; i < IMAGE_NSECTIONS; i++) {
		emit_wr64(p + IMAGE_SECTIONS + 16 * i, em->to[i].at);
		emit_wr64(p + IMAGE_SECTIONS + 16 * i + 8, em->to[i].len);
	}
}

/* All sections in their order, those that have a known length before what
 * fills them. */
static bool
emit_body(struct emit *em)
{
	uint64_t ranks = (em->nbuckets - 1) / IMAGE_RANK_EVERY + (uint64_t)1;

	em->end = IMAGE_HEADER;
	emit_place(
	    em, IMAGE_BUCKETS, ((uint64_t)em->nbuckets + 1) * IMAGE_BUCKET);
	emit_endings(em);
	emit_pieces(em);
	emit_classes(em);
	emit_sources(em);
	emit_place(em, IMAGE_NETS4, (uint64_t)em->nnets4 * IMAGE_NET4);
	emit_place(
	    em, IMAGE_NETS6, (uint64_t)(em->nnets - em->nnets4) * IMAGE_NET6);
	emit_prefixes(em);
	emit_place(em, IMAGE_RANKS, 4 * ranks);
	emit_place(em, IMAGE_LINES, 4 * em->npostings);
	emit_patterns(em);
	emit_place(
	    em, IMAGE_DIGESTS, (uint64_t)em->ndigests * IMAGE_DIGEST_ROW);
	emit_place(em, IMAGE_BLOB, 0);
	if (!emit_names(em))
		return false;
	emit_nets(em);
	emit_digests(em);
	return emit_flush(em);
}

/* The header last: its checksum is of all the rest, too. */
static bool
emit_header(struct emit *em, struct bytes *image)
{
	const struct compile_out *out = em->in.out;
	uint8_t head[IMAGE_HEADER];
	struct hash_stream h;
	struct hash128 sum;

	fill_header(em, head);
	if (out->view(out->ctx, em->end, image, em->err) < 0) {
		em->failed = true;
		return false;
	}
	hash_stream_init(&h);
	hash_stream_add(&h, head, IMAGE_HEADER);
	hash_stream_add(&h, image->p + IMAGE_HEADER, image->n - IMAGE_HEADER);
	sum = hash_stream_end(&h);
	emit_wr64(head + IMAGE_CHECKSUM, sum.lo);
	emit_wr64(head + IMAGE_CHECKSUM + 8, sum.hi);
	if (out->write(out->ctx, 0, head, sizeof(head), em->err) < 0)
		em->failed = true;
	return !em->failed;
}

static bool
emit_all(struct emit *em)
{
	struct bytes image;

	if (!emit_learn(em))
		return false;
	em->nbuckets = (uint32_t)(em->nnames / PER_BUCKET + 1);
	return emit_body(em) && emit_header(em, &image) &&
	       emit_verify(em, image);
}

uint64_t
emit_image(const struct emit_input *in, struct err *err)
{
	struct emit em = {.in = *in, .err = err};
	bool ok = emit_all(&em);

	for (unsigned s = 0; s < IMAGE_NSECTIONS; s++)
		buf_fini(&em.to[s].b);
	classes_fini(&em.classes);
	sample_fini(&em.sample);
	buf_fini(&em.pairs);
	buf_fini(&em.class_says);
	dict_free(em.dict);
	free(em.posted.v);
	free(em.says);
	free(em.alone);
	free(em.ids);
	return ok ? em.end : 0;
}
