/*
 * emit_learn.c - the first pass: how many there are, which sets of sources,
 * what a dictionary is to be learnt from, which hosts have URLs.
 */
#include <stdlib.h>

#include "base/err.h"
#include "lists/emit.h"

/* The sources of the entry at hand as a set. */
static void
fill_ids(struct emit *em)
{
	for (size_t i = 0; i < em->posted.n; i++)
		em->ids[i] = em->posted.v[i].source;
}

static bool
posted(struct emit *em, const struct entries *e, uint64_t slot)
{
	if (!entries_posted(e, slot, em->in.number, &em->posted))
		return emit_fail(em, NULL);
	return em->posted.n > 0;
}

bool
emit_class(
    struct emit *em, const struct entries *e, uint64_t slot, uint32_t *class)
{
	uint32_t first;

	if (!posted(em, e, slot))
		return false;
	if (em->posted.n == 1) {
		first = em->alone[em->posted.v[0].source] - 1;
	} else {
		fill_ids(em);
		if (!classes_intern(
		        &em->classes, em->ids, (uint32_t)em->posted.n, &first))
			return emit_fail(em, NULL);
	}
	*class = em->classes.number[first];
	return true;
}

/* Count the set of sources of the entry at hand; what they say into <says>. */
static bool
learn_class(struct emit *em, struct hash128 *says)
{
	uint32_t known = em->classes.n, class;
	uint16_t first = em->posted.v[0].source;
	struct hash128 *all;

	if (em->posted.n == 1 && em->alone[first]) {
		class = em->alone[first] - 1;
		em->classes.sets[class].uses++;
	} else {
		fill_ids(em);
		if (!classes_intern(
		        &em->classes, em->ids, (uint32_t)em->posted.n, &class))
			return emit_fail(em, NULL);
		if (em->posted.n == 1)
			em->alone[first] = class + 1;
	}
	if (em->classes.n > known) {
		*says = emit_says(em, em->ids, em->posted.n);
		buf_add(&em->class_says, says, sizeof(*says));
		if (em->class_says.failed)
			return emit_fail(em, NULL);
	}
	all = (struct hash128 *)(void *)em->class_says.p;
	*says = all[class];
	return true;
}

/* An entry of any kind. False: it is none. */
static bool
learn_entry(
    struct emit *em, const struct entries *e, uint64_t slot, struct str key)
{
	struct hash128 says;

	if (!posted(em, e, slot) || !learn_class(em, &says))
		return false;
	emit_content_add(em, key, says);
	for (size_t i = 0; i < em->posted.n; i++)
		em->in.sources[em->posted.v[i].source].entries++;
	em->npostings += em->posted.n;
	return true;
}

static void
learn_name(struct emit *em, uint64_t slot)
{
	const struct entries *e = &em->in.names->entries;
	struct str key = entries_key(entries_first(e, slot));
	size_t host = str_find(key, '/', 0);

	if (!learn_entry(em, e, slot, key))
		return;
	em->nnames++;
	sample_add(&em->sample, key);
	if (host < key.n) {
		uint64_t pair =
		    hash64(key.p, host, em->in.opt->seed) >> 32 << 16 |
		    (key.n - host);

		buf_add(&em->pairs, &pair, sizeof(pair));
	}
}

/* All of <e>, by their keys; those that are none go. */
static uint32_t
learn_few(struct emit *em, struct entries *e)
{
	size_t to = 0;

	if (!entries_sort_by_key(e)) {
		emit_fail(em, NULL);
		return 0;
	}
	for (size_t i = 0; i < e->n && !em->failed; i++) {
		uint64_t slot = e->slots[i];

		if (learn_entry(
		        em, e, slot, entries_key(entries_first(e, slot))))
			e->slots[to++] = slot;
	}
	e->n = to;
	if (to > IMAGE_ENTRY_PLACE)
		emit_fail(em, "too many entries");
	return (uint32_t)to;
}

/* Patterns have no classes: each stands there with its source. */
static void
learn_patterns(struct emit *em)
{
	struct entries *e = em->in.patterns;
	size_t to = 0;

	if (!entries_sort_by_key(e)) {
		emit_fail(em, NULL);
		return;
	}
	for (size_t i = 0; i < e->n && !em->failed; i++) {
		uint64_t slot = e->slots[i];

		if (!posted(em, e, slot))
			continue;
		fill_ids(em);
		emit_content_add(em, entries_key(entries_first(e, slot)),
		    emit_says(em, em->ids, em->posted.n));
		for (size_t k = 0; k < em->posted.n; k++)
			em->in.sources[em->posted.v[k].source].entries++;
		em->npatterns += (uint32_t)em->posted.n;
		e->slots[to++] = slot;
	}
	e->n = to;
}

static bool
learn_dict(struct emit *em)
{
	struct str *keys = NULL;

	if (!em->sample.pool.failed)
		keys = sample_keys(&em->sample);
	if (keys)
		em->dict = dict_learn(keys, em->sample.n, em->nnames);
	free(keys);
	sample_fini(&em->sample);
	return em->dict || emit_fail(em, NULL);
}

static bool
learn_all(struct emit *em)
{
	struct entries *nets = em->in.nets;
	struct parts *names = em->in.names;

	for (unsigned p = 0; p < parts_count(names); p++) {
		if (parts_load(names, p, em->err) < 0) {
			em->failed = true;
			return false;
		}
		for (size_t i = 0; i < names->entries.n && !em->failed; i++)
			learn_name(em, names->entries.slots[i]);
	}
	em->nnets = learn_few(em, nets);
	while (
	    em->nnets4 < nets->n &&
	    entries_key(entries_first(nets, nets->slots[em->nnets4])).p[0] == 4)
		em->nnets4++;
	em->ndigests = learn_few(em, em->in.digests);
	learn_patterns(em);
	return !em->failed;
}

bool
emit_learn(struct emit *em)
{
	size_t n = em->in.nsources + (size_t)1;

	em->ids = malloc(n * sizeof(*em->ids));
	em->alone = calloc(n, sizeof(*em->alone));
	if (!em->ids || !em->alone)
		return emit_fail(em, NULL);
	if (!emit_content_begin(em) || !learn_all(em))
		return false;
	if (em->npostings > UINT32_MAX || em->classes.nids > IMAGE_CLASS_AT ||
	    em->nnames > IMAGE_BLOB_MAX ||
	    em->pairs.n / sizeof(uint64_t) > IMAGE_BLOB_MAX / 16)
		return emit_fail(em, "too many entries");
	if (em->pairs.failed || !classes_order(&em->classes))
		return emit_fail(em, NULL);
	return learn_dict(em);
}
