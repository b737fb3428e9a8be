/* lists_diff.c - what one image lists that another does not. */
#include "cli/lists_diff.h"

#include <stddef.h>
#include <stdlib.h>

#include "lists/image.h"
#include "lists/image_format.h"

#define ENTRY_TEXT     2048
#define PROGRESS_EVERY 4096 /* entries */
#define NO_CLASS       UINT32_MAX

/* One of the two images. */
struct side {
	const struct image *im;
	uint16_t *keys; /* owned; of each source, or NO_KEY */
	uint8_t *roles; /* owned; of each source */
};
#define NO_KEY UINT16_MAX

/* A key that a class has, with all roles it has it by. */
struct mark {
	uint16_t key, source; /* source: the first */
	uint32_t roles;
};

struct marks {
	struct mark *v; /* owned */
	unsigned n;
};

struct run {
	struct lists_diff *d;
	struct side was, is;
	const struct side *from, *to; /* entries of <from> are sought in <to> */
	uint16_t *ids;                /* owned; of one class */
	struct marks a, b;            /* of the class in <from>, in <to> */
	/* Owned; of each class of <from>, the class of <to> that says the
	 * same; they mostly come in pairs. */
	uint32_t *equal;
	/* Owned; the entries of the old image that the new one has: a bit for
	 * each place that one may stand at, networks behind the others. */
	uint8_t *there;
	uint64_t done;
	bool failed, stopped;
};

/* ------------------------------------------------------------------- keys */

static uint16_t
key_of(struct run *r, const struct image_source *s)
{
	struct lists_diff *d = r->d;

	if (d->list.n && !str_eq(d->list, s->list))
		return NO_KEY;
	for (unsigned i = 0; i < d->n; i++)
		if (str_eq(d->keys[i].list, s->list) &&
		    str_eq(d->keys[i].category, s->category))
			return (uint16_t)i;
	d->keys[d->n] =
	    (struct diff_key){.list = s->list, .category = s->category};
	return (uint16_t)d->n++;
}

static int
side_init(struct run *r, struct side *side, const struct image *im)
{
	struct image_source s;

	side->im = im;
	side->keys = malloc((im->nsources + 1) * sizeof(*side->keys));
	side->roles = malloc(im->nsources + 1);
	if (!side->keys || !side->roles)
		return -1;
	for (uint32_t i = 0; i < im->nsources; i++) {
		bool known = image_source(im, (uint16_t)i, &s);

		side->keys[i] = known ? key_of(r, &s) : NO_KEY;
		side->roles[i] = known ? s.role : 0;
	}
	return 0;
}

static void
side_fini(struct side *side)
{
	free(side->keys);
	free(side->roles);
}

/* Of a class, its keys in order. */
static void
take_marks(
    struct run *r, const struct side *side, uint32_t class, struct marks *out)
{
	unsigned n = 0;

	out->n = 0;
	if (class != NO_CLASS)
		n = image_class_sources(
		    side->im, class, r->ids, side->im->nsources);
	for (unsigned i = 0; i < n && i < side->im->nsources; i++) {
		uint16_t key = side->keys[r->ids[i]];
		unsigned at = 0;

		if (key == NO_KEY)
			continue;
		while (at < out->n && out->v[at].key < key)
			at++;
		if (at == out->n || out->v[at].key != key) {
			memmove(out->v + at + 1, out->v + at,
			    (out->n - at) * sizeof(*out->v));
			out->v[at] = (struct mark){key, r->ids[i], 0};
			out->n++;
		}
		out->v[at].roles |= UINT32_C(1)
		                    << (side->roles[r->ids[i]] & 31);
	}
}

/* ---------------------------------------------------------------- findings */

/* Keep the first few by their text. */
static void
keep(struct run *r, struct diff_side *side, const struct diff_entry *e)
{
	struct diff_entry copy = *e;
	unsigned at = side->nsome;
	char *text;

	if (r->d->show == 0)
		return;
	if (!side->some)
		side->some = calloc(r->d->show, sizeof(*side->some));
	if (!side->some) {
		r->failed = true;
		return;
	}
	while (at && str_cmp(e->text, side->some[at - 1].text) < 0)
		at--;
	if (at == r->d->show)
		return;
	text = malloc(e->text.n + 1);
	if (!text) {
		r->failed = true;
		return;
	}
	memcpy(text, e->text.p, e->text.n);
	copy.text.p = text;
	if (side->nsome == r->d->show)
		free((void *)(uintptr_t)side->some[--side->nsome].text.p);
	memmove(side->some + at + 1, side->some + at,
	    (side->nsome - at) * sizeof(*side->some));
	side->some[at] = copy;
	side->nsome++;
}

static void
found(struct run *r, uint16_t key, enum diff_kind kind,
    const struct diff_entry *e)
{
	struct diff_side *side = &r->d->keys[key].sides[kind];

	if (e->pattern)
		side->patterns++;
	else
		side->n++;
	if (r->d->each && !r->d->each(r->d->arg, &r->d->keys[key], kind, e))
		r->stopped = true;
	keep(r, side, e);
}

static void
found_entry(struct run *r, const struct image_item *item,
    const struct side *side, const struct mark *m, enum diff_kind kind,
    uint32_t entry)
{
	struct diff_entry e = {.text = item->text};
	struct image_source s;

	if (image_source(side->im, m->source, &s))
		e.file = s.file;
	e.line = image_line(side->im, entry, m->source);
	if (kind == DIFF_ROLES)
		for (unsigned i = 0; i < r->b.n; i++)
			if (r->b.v[i].key == m->key) {
				e.was = r->b.v[i].roles;
				e.is = m->roles;
			}
	found(r, m->key, kind, &e);
}

/* An entry of the new image, and of the old one (class NO_CLASS: not there).
 * False: they say the same. */
static bool
compare(
    struct run *r, const struct image_item *item, const struct image_hit *other)
{
	uint32_t class = other ? other->class : NO_CLASS;
	uint32_t entry = other ? other->entry : 0;
	unsigned i = 0, k = 0;
	bool differ = false;

	take_marks(r, r->from, item->class, &r->a);
	take_marks(r, r->to, class, &r->b);
	while (i < r->a.n || k < r->b.n) {
		const struct mark *a = &r->a.v[i], *b = &r->b.v[k];
		bool only_a = k == r->b.n || (i < r->a.n && a->key < b->key);
		bool only_b = i == r->a.n || (k < r->b.n && b->key < a->key);

		if (only_a)
			found_entry(
			    r, item, r->from, a, DIFF_ADDED, item->entry);
		else if (only_b)
			found_entry(r, item, r->to, b, DIFF_REMOVED, entry);
		else if (a->roles != b->roles)
			found_entry(
			    r, item, r->from, a, DIFF_ROLES, item->entry);
		if (only_a || only_b || a->roles != b->roles)
			differ = true;
		i += !only_b;
		k += !only_a;
	}
	return differ;
}

/* ----------------------------------------------------------------- look-up */

/* A host as stored into a name. */
static bool
name_of(struct str host, char *room, struct name *n)
{
	bool address = host.n && (host.p[host.n - 1] <= '9' ||
	                             str_find(host, ':', 0) < host.n);

	if (address)
		return name_from_text(host, room, n) == NAME_OK;
	*n = (struct name){.p = host.p, .n = (uint8_t)host.n, .kind = NAME_DNS};
	return host.n > 0 && host.n <= 253;
}

static bool
is_same_net(const struct image *im, const struct image_hit *hit, struct str net)
{
	char text[ENTRY_TEXT];
	size_t n = image_entry_text(im, hit, text, sizeof(text));
	struct str entry = {text, n};

	if (str_eq(entry, net))
		return true;
	/* one address alone is written with its length or without */
	return net.n > n && str_starts(net, entry) &&
	       (str_eq(str_sub(net, n, net.n), STR("/32")) ||
	           str_eq(str_sub(net, n, net.n), STR("/128")));
}

static bool
is_it(const struct image *im, const struct image_hit *hit,
    const struct image_item *item)
{
	if (hit->kind != (uint8_t)item->kind)
		return false;
	if (item->kind == IMAGE_DOMAIN)
		return hit->self;
	if (item->kind == IMAGE_URL)
		return hit->off == 0 && hit->len == item->text.n;
	return is_same_net(im, hit, item->text);
}

/* The same entry in another image; false: there is none. */
static bool
find(const struct image *im, const struct image_item *item,
    struct image_hit *out)
{
	char room[NAME_ROOM];
	struct image_hits hits;
	struct str host = item->text;
	struct name n;

	/* all but the hits themselves, which are a kilobyte */
	memset(&hits, 0, offsetof(struct image_hits, hit));
	if (item->kind != IMAGE_DOMAIN)
		host.n = str_find(host, '/', 0);
	if (!name_of(host, room, &n))
		return false;
	if (item->kind == IMAGE_URL)
		image_find_url(
		    im, n, str_sub(item->text, host.n, item->text.n), &hits);
	else
		image_find_host(im, n, &hits);
	for (uint32_t i = 0; i < hits.n; i++)
		if (is_it(im, &hits.hit[i], item)) {
			*out = hits.hit[i];
			return true;
		}
	return false;
}

static void
tick(struct run *r)
{
	if (++r->done % PROGRESS_EVERY == 0 && r->d->progress)
		r->d->progress(r->d->arg, r->done,
		    r->was.im->nentries + r->is.im->nentries);
}

/* The bit of an entry of the old image. */
static uint64_t
place_of(const struct run *r, uint32_t entry)
{
	const struct image *im = r->was.im;
	uint64_t last = im->blob_len + im->nnets4 + im->nnets6;
	uint64_t at = entry;

	if (entry & IMAGE_ENTRY_NET)
		at = im->blob_len + (entry & ~IMAGE_ENTRY_NET);
	return at < last ? at : last;
}

/* Of the new image: what is new, and what is listed differently. */
static bool
seek_new(void *arg, const struct image_item *item)
{
	struct run *r = arg;
	struct image_hit hit;
	bool there = find(r->to->im, item, &hit);

	tick(r);
	if (there) {
		uint64_t at = place_of(r, hit.entry);

		r->there[at / 8] |= (uint8_t)(1u << at % 8);
	}
	if (there && item->class < r->from->im->nclasses &&
	    r->equal[item->class] == hit.class)
		return true;
	if (!compare(r, item, there ? &hit : NULL) && there &&
	    item->class < r->from->im->nclasses)
		r->equal[item->class] = hit.class;
	return !r->failed && !r->stopped;
}

/* Of the old image: what is gone wholly. */
static bool
seek_old(void *arg, const struct image_item *item)
{
	struct run *r = arg;
	uint64_t at = place_of(r, item->entry);

	tick(r);
	if (r->there[at / 8] >> at % 8 & 1)
		return true;
	take_marks(r, r->from, item->class, &r->a);
	for (unsigned i = 0; i < r->a.n; i++)
		found_entry(
		    r, item, r->from, &r->a.v[i], DIFF_REMOVED, item->entry);
	return !r->failed && !r->stopped;
}

/* ---------------------------------------------------------------- patterns */

struct pat {
	struct image_pattern p;
	uint16_t key;
	uint8_t role;
};

static int
cmp_pat(const void *a, const void *b)
{
	const struct pat *x = a, *y = b;
	int rc = str_cmp(x->p.text, y->p.text);

	if (rc == 0)
		rc = str_cmp(x->p.anchor, y->p.anchor);
	if (rc == 0)
		rc = (int)x->p.flags - (int)y->p.flags;
	if (rc == 0)
		rc = (int)x->key - (int)y->key;
	return rc ? rc : (int)x->role - (int)y->role;
}

static struct pat *
take_patterns(const struct side *side, size_t *n)
{
	struct pat *v = calloc(side->im->npatterns + 1, sizeof(*v));

	*n = 0;
	for (uint32_t i = 0; v && i < side->im->npatterns; i++) {
		struct pat *p = &v[*n];

		if (!image_pattern(side->im, i, &p->p) ||
		    p->p.source >= side->im->nsources ||
		    side->keys[p->p.source] == NO_KEY)
			continue;
		p->key = side->keys[p->p.source];
		p->role = side->roles[p->p.source];
		++*n;
	}
	if (v)
		qsort(v, *n, sizeof(*v), cmp_pat);
	return v;
}

static void
found_pattern(struct run *r, const struct side *side, const struct pat *p,
    enum diff_kind kind)
{
	struct diff_entry e = {
	    .text = p->p.text, .line = p->p.line, .pattern = true};
	struct image_source s;

	if (image_source(side->im, p->p.source, &s))
		e.file = s.file;
	found(r, p->key, kind, &e);
}

static int
compare_patterns(struct run *r)
{
	size_t n, m, i = 0, k = 0;
	struct pat *a = take_patterns(&r->was, &n);
	struct pat *b = take_patterns(&r->is, &m);
	int rc = a && b ? 0 : -1;

	while (rc == 0 && (i < n || k < m)) {
		int order = i == n ? 1 : k == m ? -1 : cmp_pat(&a[i], &b[k]);

		if (order < 0)
			found_pattern(r, &r->was, &a[i], DIFF_REMOVED);
		if (order > 0)
			found_pattern(r, &r->is, &b[k], DIFF_ADDED);
		i += order <= 0;
		k += order >= 0;
	}
	free(a);
	free(b);
	return rc;
}

/* ----------------------------------------------------------------- public */

static int
run(struct run *r, const struct image *was, const struct image *is)
{
	uint32_t most =
	    (was->nsources > is->nsources ? was->nsources : is->nsources) + 1;

	r->d->keys = calloc(
	    (size_t)was->nsources + is->nsources + 1, sizeof(*r->d->keys));
	r->ids = malloc(most * sizeof(*r->ids));
	r->a.v = malloc(most * sizeof(*r->a.v));
	r->b.v = malloc(most * sizeof(*r->b.v));
	r->equal = malloc(((size_t)is->nclasses + 1) * sizeof(*r->equal));
	r->there =
	    calloc((was->blob_len + was->nnets4 + was->nnets6) / 8 + 1, 1);
	if (!r->there || !r->d->keys || !r->ids || !r->a.v || !r->b.v ||
	    !r->equal || side_init(r, &r->was, was) < 0 ||
	    side_init(r, &r->is, is) < 0)
		return -1;
	memset(r->equal, 0xff, ((size_t)is->nclasses + 1) * sizeof(*r->equal));
	r->from = &r->is;
	r->to = &r->was;
	image_each(is, seek_new, r);
	r->from = &r->was;
	r->to = &r->is;
	if (!r->failed && !r->stopped)
		image_each(was, seek_old, r);
	return r->failed ? -1 : compare_patterns(r);
}

int
lists_diff_run(
    struct lists_diff *d, const struct image *was, const struct image *is)
{
	struct run r = {.d = d};
	int rc = run(&r, was, is);

	side_fini(&r.was);
	side_fini(&r.is);
	free(r.ids);
	free(r.a.v);
	free(r.b.v);
	free(r.equal);
	free(r.there);
	if (rc < 0)
		lists_diff_fini(d);
	return rc;
}

void
lists_diff_fini(struct lists_diff *d)
{
	for (unsigned i = 0; d->keys && i < d->n; i++)
		for (unsigned k = 0; k < DIFF_KINDS; k++) {
			struct diff_side *s = &d->keys[i].sides[k];

			while (s->nsome)
				free((void *)(uintptr_t)s->some[--s->nsome]
				         .text.p);
			free(s->some);
		}
	free(d->keys);
	d->keys = NULL;
	d->n = 0;
}
