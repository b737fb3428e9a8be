/* emit.c - entries in, an image out: the order of things, and the header. */
#include "lists/emit.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"

#define PER_BUCKET 7 /* of 12 tags: one bucket in forty has more than 12 */

static int
no_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "no memory for the image of the lists");
}

void
emit_begin(struct emit *em, enum image_section s)
{
	static const char zero[IMAGE_ALIGN];
	size_t over = em->out->n % IMAGE_ALIGN;

	if (over)
		buf_add(em->out, zero, IMAGE_ALIGN - over);
	em->at[s] = em->out->n;
}

void
emit_end(struct emit *em, enum image_section s)
{
	em->len[s] = em->out->n - em->at[s];
}

/* A whole section of zeros, to be filled in later. */
static void
emit_zeros(struct emit *em, enum image_section s, uint64_t n)
{
	emit_begin(em, s);
	if (n <= SIZE_MAX && buf_room(em->out, (size_t)n)) {
		if (n)
			memset(em->out->p + em->out->n, 0, (size_t)n);
		em->out->n += (size_t)n;
	}
	emit_end(em, s);
}

/* A network as it is sorted: by family, address, length of its prefix. */
struct keyed {
	struct str key;
	uint64_t slot;
};

static int
compare_keys(const void *a, const void *b)
{
	return str_cmp(
	    ((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

/* Names first, in the order they have, then networks in theirs. */
static int
part_names_from_nets(struct emit *em, struct err *err)
{
	struct entries *e = em->entries;
	struct keyed *nets;
	size_t names = 0, n = 0;

	for (size_t i = 0; i < e->n; i++)
		n += entries_is_net(emit_key(em, i));
	nets = malloc((n + 1) * sizeof(*nets));
	if (!nets)
		return no_memory(err);
	n = 0;
	for (size_t i = 0; i < e->n; i++)
		if (entries_is_net(emit_key(em, i)))
			nets[n++] =
			    (struct keyed){emit_key(em, i), e->slots[i]};
		else
			e->slots[names++] = e->slots[i];
	qsort(nets, n, sizeof(*nets), compare_keys);
	for (size_t i = 0; i < n; i++) {
		e->slots[names + i] = nets[i].slot;
		em->nnets4 += nets[i].key.p[0] == 4;
	}
	free(nets);
	em->nnames = names;
	em->nnets = n;
	return 0;
}

/* The sources of slot <i>, ascending, into <ids>; how many. */
static uint32_t
sources_of(const struct emit *em, size_t i, uint16_t *ids)
{
	const struct entries *e = em->entries;
	const struct posting *p = entries_first(e, e->slots[i]);
	uint32_t n = 0;

	for (;; p = entries_posting(e, p->next)) {
		uint16_t id = em->number[p->source];
		uint32_t to = n++;

		for (; to > 0 && ids[to - 1] > id; to--)
			ids[to] = ids[to - 1];
		ids[to] = id;
		if (!p->next)
			return n;
	}
}

static int
make_classes(struct emit *em, struct err *err)
{
	uint16_t *ids = malloc((em->nsources + (size_t)1) * sizeof(*ids));
	size_t n = em->entries->n;
	bool ok;

	em->class_of = malloc((n + 1) * sizeof(*em->class_of));
	ok = ids && em->class_of;
	for (size_t i = 0; ok && i < n; i++)
		ok = classes_intern(&em->classes, ids, sources_of(em, i, ids),
		    &em->class_of[i]);
	free(ids);
	if (!ok || !classes_order(&em->classes))
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		em->class_of[i] = em->classes.number[em->class_of[i]];
	return 0;
}

void
emit_lines(struct emit *em, size_t i)
{
	const struct entries *e = em->entries;
	const struct posting *p = entries_first(e, e->slots[i]);
	const struct class_set *set =
	    &em->classes.sets[em->classes.order[em->class_of[i]]];
	const uint16_t *ids = em->classes.ids + set->at;

	for (;; p = entries_posting(e, p->next)) {
		uint32_t lo = 0, hi = set->n;

		while (hi - lo > 1) {
			uint32_t mid = (lo + hi) / 2;

			if (ids[mid] <= em->number[p->source])
				lo = mid;
			else
				hi = mid;
		}
		emit_wr32(emit_byte(em, IMAGE_LINES, 4 * (em->posting + lo)),
		    p->line);
		if (!p->next)
			break;
	}
	em->posting += set->n;
}

static void
emit_endings(struct emit *em)
{
	uint32_t n = dict_nendings(em->dict), at = 0;

	emit_begin(em, IMAGE_ENDINGS);
	for (uint32_t i = 0; i < n; i++) {
		emit_add32(em->out, at);
		at += (uint32_t)dict_ending(em->dict, i).n;
	}
	emit_add32(em->out, at);
	for (uint32_t i = 0; i < n; i++)
		buf_add_str(em->out, dict_ending(em->dict, i));
	emit_end(em, IMAGE_ENDINGS);
}

static void
emit_pieces(struct emit *em)
{
	emit_begin(em, IMAGE_PIECES);
	for (unsigned i = 0; i < IMAGE_NPIECES; i++)
		buf_add_char(em->out, (char)dict_piece(em->dict, i).n);
	for (unsigned i = 0; i < IMAGE_NPIECES; i++) {
		char text[IMAGE_PIECE] = {0};
		struct str s = dict_piece(em->dict, i);

		memcpy(text, s.p, s.n);
		buf_add(em->out, text, sizeof(text));
	}
	emit_end(em, IMAGE_PIECES);
}

static void
emit_classes(struct emit *em)
{
	const struct classes *c = &em->classes;
	uint32_t at = 0;

	emit_begin(em, IMAGE_CLASSES);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct class_set *set = &c->sets[c->order[i]];
		unsigned all = IMAGE_SELF, any = 0;

		for (uint32_t k = 0; k < set->n; k++) {
			unsigned role = em->sources[c->ids[set->at + k]].role;

			all &= role;
			any |= role;
		}
		if (all)
			at |= IMAGE_CLASS_SELF;
		if (any & (IMAGE_BELOW | IMAGE_EXCEPT))
			at |= IMAGE_CLASS_MIXED;
		emit_add32(em->out, at);
		at &= IMAGE_CLASS_AT;
		at += set->n;
	}
	emit_add32(em->out, at);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct class_set *set = &c->sets[c->order[i]];

		for (uint32_t k = 0; k < set->n; k++) {
			uint8_t id[2];

			emit_wr16(id, c->ids[set->at + k]);
			buf_add(em->out, id, sizeof(id));
		}
	}
	emit_end(em, IMAGE_CLASSES);
}

static void
emit_sources(struct emit *em)
{
	uint32_t at = 0;

	emit_zeros(em, IMAGE_SOURCES, (uint64_t)em->nsources * IMAGE_SOURCE);
	emit_begin(em, IMAGE_STRINGS);
	for (uint32_t i = 0; i < em->nsources && !em->out->failed; i++) {
		const struct image_source *s = &em->sources[i];
		struct str text[3] = {s->list, s->category, s->file};
		uint64_t row = (uint64_t)i * IMAGE_SOURCE;
		uint8_t *p;

		for (unsigned k = 0; k < 3; k++) {
			buf_add_str(em->out, text[k]);
			p = emit_byte(em, IMAGE_SOURCES, row + 8 * k);
			emit_wr32(p, at);
			emit_wr32(p + 4, (uint32_t)text[k].n);
			at += (uint32_t)text[k].n;
		}
		p = emit_byte(em, IMAGE_SOURCES, row);
		p[24] = s->role;
		emit_wr16(p + 26, s->group);
		emit_wr64(p + 32, s->lines);
		emit_wr64(p + 40, s->entries);
		emit_wr64(p + 48, s->rejected);
		emit_wr64(p + 56, s->skipped);
		emit_wr64(p + 64, s->date);
	}
	emit_end(em, IMAGE_STRINGS);
}

static void
emit_header(struct emit *em, const uint64_t content[2])
{
	uint8_t *p = (uint8_t *)em->out->p;
	struct hash128 h;

	memcpy(p, IMAGE_MAGIC, 8);
	emit_wr32(p + 8, IMAGE_VERSION);
	emit_wr64(p + 16, em->opt->seed);
	emit_wr64(p + 24, em->entries->n);
	emit_wr64(p + 32, em->opt->generation);
	emit_wr64(p + 40, em->opt->fingerprint[0]);
	emit_wr64(p + 48, em->opt->fingerprint[1]);
	emit_wr64(p + 56, em->out->n);
	emit_wr32(p + 80, em->nbuckets);
	emit_wr32(p + 84, em->classes.n);
	emit_wr32(p + 88, em->nsources);
	emit_wr32(p + 92, dict_nendings(em->dict));
	emit_wr32(p + 96, em->nnets4);
	emit_wr32(p + 100, (uint32_t)em->nnets - em->nnets4);
	emit_wr64(p + IMAGE_CONTENT, content[0]);
	emit_wr64(p + IMAGE_CONTENT + 8, content[1]);
	for (unsigned i = 0; i < IMAGE_NSECTIONS; i++) {
		emit_wr64(p + IMAGE_SECTIONS + 16 * i, em->at[i]);
		emit_wr64(p + IMAGE_SECTIONS + 16 * i + 8, em->len[i]);
	}
	h = hash128(p, em->out->n);
	emit_wr64(p + IMAGE_CHECKSUM, h.lo);
	emit_wr64(p + IMAGE_CHECKSUM + 8, h.hi);
}

/* All but the header; a failure of memory shows in em->out too. */
static int
emit_body(struct emit *em, struct err *err)
{
	uint64_t ranks = (em->nbuckets - 1) / IMAGE_RANK_EVERY + (uint64_t)1;

	emit_zeros(
	    em, IMAGE_BUCKETS, ((uint64_t)em->nbuckets + 1) * IMAGE_BUCKET);
	emit_endings(em);
	emit_pieces(em);
	emit_classes(em);
	emit_sources(em);
	emit_zeros(em, IMAGE_NETS4, (uint64_t)em->nnets4 * IMAGE_NET4);
	emit_zeros(
	    em, IMAGE_NETS6, (uint64_t)(em->nnets - em->nnets4) * IMAGE_NET6);
	if (emit_prefixes(em, err) < 0)
		return -1;
	emit_zeros(em, IMAGE_RANKS, 4 * ranks);
	emit_zeros(em, IMAGE_LINES, 4 * em->entries->npostings);
	emit_zeros(em, IMAGE_PATTERNS, 0);
	emit_zeros(em, IMAGE_DIGESTS, 0);
	if (em->out->failed)
		return no_memory(err);
	if (emit_names(em, err) < 0 || emit_nets(em, err) < 0)
		return -1;
	return em->out->failed ? no_memory(err) : 0;
}

static int
emit_all(struct emit *em, struct err *err)
{
	uint64_t nbuckets, content[2];

	entries_sort(em->entries);
	if (part_names_from_nets(em, err) < 0)
		return -1;
	nbuckets = em->nnames / PER_BUCKET + 1;
	if (nbuckets >= UINT32_MAX || em->nnets >= IMAGE_ENTRY_NET ||
	    em->entries->npostings > UINT32_MAX)
		return err_set(err, ERR_LIMIT, "too many entries");
	em->nbuckets = (uint32_t)nbuckets;
	if (make_classes(em, err) < 0 || emit_content(em, content, err) < 0)
		return -1;
	em->dict = dict_learn(em->entries, em->nnames);
	if (!em->dict || !buf_room(em->out, IMAGE_HEADER))
		return no_memory(err);
	memset(em->out->p, 0, IMAGE_HEADER);
	em->out->n = IMAGE_HEADER;
	if (emit_body(em, err) < 0)
		return -1;
	emit_header(em, content);
	return emit_verify(
	    em, (struct bytes){(const uint8_t *)em->out->p, em->out->n}, err);
}

int
emit_image(const struct emit_input *in, struct buf *out, struct err *err)
{
	struct emit em = {.opt = in->opt,
	    .entries = in->entries,
	    .sources = in->sources,
	    .number = in->number,
	    .nsources = in->nsources,
	    .out = out};
	int r = emit_all(&em, err);

	classes_fini(&em.classes);
	free(em.class_of);
	dict_free(em.dict);
	return r;
}
