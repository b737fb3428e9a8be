/*
 * pattern_index_build.c - an index, collected and then put in order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "filters/literal_grams.h"
#include "filters/pattern_index.h"
#include "filters/pattern_index_impl.h"

/* So many patterns of one domain are tried one by one on its pages; where
 * there are more their literals are looked for, like all others. */
#define DOMAIN_FEW 8

/* How much worse a key is that twice as many literals have: as one that is
 * met twice as often (literal_grams.h). */
#define CROWD 8

#define BITS_EACH  16 /* so that one in sixteen places is looked at in vain */
#define BITS_LEAST 10
#define BITS_MOST  20

/* That pattern <id> needs this literal, or has this anchor. */
struct want {
	const char *p; /* set when <texts> moves no more */
	uint32_t text;
	uint16_t id;
	uint8_t len;
	bool only, literals; /* of an anchor */
};

struct wants {
	struct want *v; /* owned */
	uint32_t n, cap;
};

struct building {
	struct wants literals, anchors;
	uint16_t last; /* id */
};

struct pattern_index *
pattern_index_new(void)
{
	struct pattern_index *ix = calloc(1, sizeof(*ix));

	if (!ix)
		return NULL;
	ix->building = calloc(1, sizeof(*ix->building));
	ix->always = calloc(PATTERNS_MAX, sizeof(*ix->always));
	if (!ix->building || !ix->always) {
		pattern_index_free(ix);
		return NULL;
	}
	return ix;
}

static void
building_free(struct building *b)
{
	if (!b)
		return;
	free(b->literals.v);
	free(b->anchors.v);
	free(b);
}

void
pattern_index_free(struct pattern_index *ix)
{
	if (!ix)
		return;
	for (unsigned i = 0; i < 2; i++) {
		free(ix->keys[i].place);
		free(ix->keys[i].bucket);
		free(ix->keys[i].bits);
	}
	free(ix->texts);
	free(ix->needs);
	free(ix->domain);
	free(ix->under);
	free(ix->home);
	free(ix->always);
	building_free(ix->building);
	free(ix);
}

/* ------------------------------------------------------------- collecting */

static bool
keep_text(struct pattern_index *ix, struct str text, uint32_t *at)
{
	while (ix->texts_cap - ix->ntexts < text.n) {
		uint32_t cap = ix->texts_cap ? 2 * ix->texts_cap : 1024;
		char *p = realloc(ix->texts, cap);

		if (!p)
			return false;
		ix->texts = p;
		ix->texts_cap = cap;
	}
	memcpy(ix->texts + ix->ntexts, text.p, text.n);
	*at = ix->ntexts;
	ix->ntexts += (uint32_t)text.n;
	return true;
}

static struct want *
keep_want(
    struct pattern_index *ix, struct wants *w, struct str text, uint16_t id)
{
	struct want *p;
	uint32_t at;

	if (w->n == w->cap) {
		uint32_t cap = w->cap ? 2 * w->cap : 64;

		p = realloc(w->v, cap * sizeof(*p));
		if (!p)
			return NULL;
		w->v = p;
		w->cap = cap;
	}
	if (!keep_text(ix, text, &at))
		return NULL;
	p = &w->v[w->n++];
	*p = (struct want){.text = at, .id = id, .len = (uint8_t)text.n};
	return p;
}

int
pattern_index_add(struct pattern_index *ix, uint16_t id,
    const struct literal_set *any, struct str anchor, bool only)
{
	struct building *b = ix->building;
	struct want *w;

	b->last = id;
	if (anchor.n) {
		w = keep_want(ix, &b->anchors, anchor, id);
		if (!w)
			return -1;
		w->only = only;
		w->literals = any->n != 0;
	} else if (any->n == 0) {
		ix->always[ix->nalways++] = id;
	}
	for (unsigned i = 0; i < any->n; i++)
		if (!keep_want(ix, &b->literals, literal_at(any, i), id))
			return -1;
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	const struct want *x = a, *y = b;
	int order = x->len - y->len;

	if (order == 0)
		order = memcmp(x->p, y->p, x->len);
	return order ? order : x->id - y->id;
}

static void
put_in_order(struct pattern_index *ix, struct wants *w)
{
	for (uint32_t i = 0; i < w->n; i++)
		w->v[i].p = ix->texts + w->v[i].text;
	if (w->n)
		qsort(w->v, w->n, sizeof(w->v[0]), by_text);
}

/* How many from <at> on have the text of that one. */
static uint32_t
same_text(const struct wants *w, uint32_t at)
{
	uint32_t end = at + 1;

	while (end < w->n && w->v[end].len == w->v[at].len &&
	       memcmp(w->v[end].p, w->v[at].p, w->v[at].len) == 0)
		end++;
	return end - at;
}

/* ---------------------------------------------------------------- domains */

uint32_t
domain_place(const struct pattern_index *ix, struct str name)
{
	uint32_t at = (uint32_t)hash64(name.p, name.n, 0) & ix->domain_mask;

	while (ix->domain[at].len) {
		const struct domain *d = &ix->domain[at];

		if (d->len == name.n &&
		    memcmp(ix->texts + d->text, name.p, name.n) == 0)
			break;
		at = (at + 1) & ix->domain_mask;
	}
	return at;
}

/* One domain, whose patterns are <w>. What is to be tried on its pages goes
 * there, and its literals out of <drop>. */
static int
add_domain(
    struct pattern_index *ix, const struct want *w, uint32_t n, uint64_t *drop)
{
	uint32_t at = domain_place(ix, str_make(w->p, w->len));
	struct domain *d = &ix->domain[at];

	*d = (struct domain){
	    .text = w->text, .first = ix->nunder, .len = w->len};
	ix->ndomains++;
	for (uint32_t i = 0; i < n; i++) {
		if (n <= DOMAIN_FEW || !w[i].literals) {
			ix->under[ix->nunder++] = w[i].id;
			d->n++;
			drop[w[i].id / 64] |= (uint64_t)1 << w[i].id % 64;
		} else if (w[i].only) {
			uint32_t ids = ix->building->last + 1u;

			if (!ix->home) {
				ix->home = malloc(ids * sizeof(*ix->home));
				if (!ix->home)
					return -1;
				memset(ix->home, 0xff, ids * sizeof(*ix->home));
			}
			ix->home[w[i].id] = at;
		}
	}
	return 0;
}

static int
add_domains(struct pattern_index *ix, uint64_t *drop)
{
	const struct wants *w = &ix->building->anchors;
	uint32_t size = 16;

	if (w->n == 0)
		return 0;
	while (size < 2 * w->n)
		size *= 2;
	ix->domain = calloc(size, sizeof(*ix->domain));
	ix->under = calloc(w->n, sizeof(*ix->under));
	ix->domain_mask = size - 1;
	if (!ix->domain || !ix->under)
		return -1;
	for (uint32_t i = 0; i < w->n;) {
		uint32_t n = same_text(w, i);

		if (add_domain(ix, &w->v[i], n, drop) < 0)
			return -1;
		i += n;
	}
	return 0;
}

/* ---------------------------------------------------------------- literals */

static void
drop_literals(struct wants *w, const uint64_t *drop)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n; i++)
		if (!(drop[w->v[i].id / 64] >> w->v[i].id % 64 & 1))
			w->v[n++] = w->v[i];
	w->n = n;
}

static unsigned
log2_of(uint32_t v)
{
	unsigned n = 0;

	while (v >>= 1)
		n++;
	return n;
}

/* The best key of a literal; its hash, and where it stands. */
static uint32_t
choose_key(
    const struct keys *k, unsigned width, const struct want *w, uint8_t *before)
{
	unsigned least = UINT32_MAX;
	uint32_t best = 0;

	for (unsigned i = 0; i + width <= w->len; i++) {
		uint32_t h =
		    width == 4 ? hash_four(w->p + i) : hash_two(w->p + i);
		uint32_t b = h >> k->shift;
		unsigned often = literal_often(str_make(w->p + i, width)) +
		                 CROWD * log2_of(k->bucket[b] + 1);

		if (often < least) {
			least = often;
			best = h;
			*before = (uint8_t)i;
		}
	}
	return best;
}

static int
keys_alloc(struct keys *k, uint32_t n)
{
	unsigned buckets = BITS_LEAST, bits = BITS_LEAST;

	while (buckets < BITS_MOST && (uint64_t)1 << buckets < n)
		buckets++;
	while (
	    bits < BITS_MOST && (uint64_t)1 << bits < (uint64_t)n * BITS_EACH)
		bits++;
	k->shift = 32 - buckets;
	k->bits_shift = 32 - bits;
	k->place = calloc(n + 1, sizeof(*k->place));
	k->bucket = calloc(((size_t)1 << buckets) + 1, sizeof(*k->bucket));
	k->bits = calloc((size_t)1 << (bits - 6), sizeof(*k->bits));
	return k->place && k->bucket && k->bits ? 0 : -1;
}

/* By bucket; `bucket`, which counted, becomes where each begins. */
static int
keys_sort(struct keys *k)
{
	uint32_t nbuckets = 1u << (32 - k->shift), sum = 0;
	struct place *sorted = calloc(k->n + 1u, sizeof(*sorted));

	if (!sorted)
		return -1;
	for (uint32_t b = 0; b <= nbuckets; b++) {
		uint32_t n = k->bucket[b];

		k->bucket[b] = sum;
		sum += n;
	}
	for (uint32_t i = 0; i < k->n; i++)
		sorted[k->bucket[k->place[i].hash >> k->shift]++] = k->place[i];
	memmove(k->bucket + 1, k->bucket, nbuckets * sizeof(*k->bucket));
	k->bucket[0] = 0;
	free(k->place);
	k->place = sorted;
	return 0;
}

/* All literals of <w> from <at> to <end>, which are in order. */
static int
add_keys(struct pattern_index *ix, struct keys *k, unsigned width, uint32_t at,
    uint32_t end)
{
	const struct wants *w = &ix->building->literals;

	if (at == end)
		return 0;
	if (keys_alloc(k, end - at) < 0)
		return -1;
	while (at < end) {
		struct place *p = &k->place[k->n++];
		uint32_t n = same_text(w, at), bit;

		p->hash = choose_key(k, width, &w->v[at], &p->before);
		p->text = w->v[at].text;
		p->len = w->v[at].len;
		p->needs = at;
		p->n = (uint16_t)n;
		bit = p->hash >> k->bits_shift;
		k->bits[bit / 64] |= (uint64_t)1 << bit % 64;
		k->bucket[p->hash >> k->shift]++;
		at += n;
	}
	return keys_sort(k);
}

static int
add_literals(struct pattern_index *ix)
{
	const struct wants *w = &ix->building->literals;
	uint32_t shorts = 0;

	ix->needs = calloc(w->n + 1u, sizeof(*ix->needs));
	if (!ix->needs)
		return -1;
	for (uint32_t i = 0; i < w->n; i++) {
		ix->needs[i] = w->v[i].id;
		shorts += w->v[i].len < 4;
	}
	if (add_keys(ix, &ix->keys[KEYS_TWO], 2, 0, shorts) < 0)
		return -1;
	return add_keys(ix, &ix->keys[KEYS_FOUR], 4, shorts, w->n);
}

int
pattern_index_finish(struct pattern_index *ix)
{
	struct building *b = ix->building;
	uint64_t *drop = calloc(PATTERNS_MAX / 64, sizeof(*drop));
	int rc = -1;

	if (!drop)
		return -1;
	put_in_order(ix, &b->anchors);
	put_in_order(ix, &b->literals);
	if (add_domains(ix, drop) == 0) {
		drop_literals(&b->literals, drop);
		rc = add_literals(ix);
	}
	free(drop);
	if (rc == 0) {
		building_free(b);
		ix->building = NULL;
	}
	return rc;
}
