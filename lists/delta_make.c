/*
 * delta_make.c - what differs between two images, entry by entry.
 *
 * Names are looked up in the other image, which takes no memory. Networks,
 * digests and patterns are fewer: they are sorted and compared.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "lists/delta_format.h"
#include "lists/delta_write.h"

#define NO_LINE  UINT32_MAX
#define KEY_PART 8 /* a name can shrink to so much of itself */

/* A posting that is no name's, of one of the images. */
struct few {
	struct hash128 hash; /* of key and kind */
	uint64_t posting;    /* of the old image; its number */
	size_t key;          /* of the new image; where it is in <keys> */
	uint32_t line;
	uint16_t nkey, source; /* as the new image counts */
	enum delta_kind kind;
};

struct make {
	const struct image *a, *b;
	size_t max;
	struct err *err;
	struct delta_text t;
	uint32_t *index;   /* owned; of <b> */
	struct buf few[2]; /* owned; struct few of <a>, of <b> */
	struct buf keys;   /* owned; of those of <b> */
};

static bool
too_much(struct make *m)
{
	return err_set(m->err, ERR_LIMIT,
	           "the lists differ too much for a delta") == 0;
}

static bool
no_memory(struct make *m)
{
	return err_set(m->err, ERR_MEMORY, "no memory for a delta of lists") ==
	       0;
}

static bool
damaged(struct make *m)
{
	if (m->err->code == ERR_NONE)
		err_set(m->err, ERR_CORRUPT, "an image of lists is damaged");
	return false;
}

/* --------------------------------------------------------------- sources */

static bool
is_same_source(const struct image_source *x, const struct image_source *y)
{
	return x->role == y->role && x->group == y->group &&
	       str_eq(x->list, y->list) && str_eq(x->category, y->category) &&
	       str_eq(x->file, y->file);
}

/* Which sources of the two are the same. Mostly they stand in one order. */
static bool
match_sources(struct make *m)
{
	uint32_t guess = 0, na = m->a->nsources;
	struct image_source x, y;

	for (uint32_t i = 0; i < m->b->nsources; i++) {
		if (!image_source(m->b, (uint16_t)i, &y))
			return damaged(m);
		for (uint32_t k = 0; k < na; k++) {
			uint32_t at = (guess + k) % na;

			if (m->t.to[at] ||
			    !image_source(m->a, (uint16_t)at, &x) ||
			    !is_same_source(&x, &y))
				continue;
			m->t.to[at] = i + 1;
			m->t.origin[i] = at + 1;
			guess = at + 1;
			break;
		}
	}
	return true;
}

/* ----------------------------------------------------------------- lines */

static bool
find_last_lines(void *arg, const struct delta_entry *e)
{
	struct make *m = arg;

	for (uint32_t i = 0; i < e->n; i++) {
		uint32_t old = image_rd16(e->ids + 2 * (size_t)i);
		uint32_t line = image_rd32(e->lines + 4 * (size_t)i);
		uint64_t *n;

		if (old >= m->a->nsources || line == NO_LINE)
			return false;
		if (!m->t.to[old])
			continue;
		n = &m->t.nlines[m->t.to[old] - 1];
		if (line >= *n)
			*n = line + (uint64_t)1;
	}
	return true;
}

/* Room to note where each line has gone. */
static bool
lines_begin(struct make *m)
{
	uint64_t all = 0;

	if (!delta_each(m->a, DELTA_WALK_NO_NAMES, find_last_lines, m))
		return damaged(m);
	for (uint32_t i = 0; i < m->b->nsources; i++)
		all += m->t.nlines[i];
	/* 16 lines for each that is an entry: a list of remarks */
	if (all > 16 * (m->a->lines_len / 4 + m->a->npatterns) + (1u << 20))
		return too_much(m);
	m->t.lines = malloc(((size_t)all + 1) * sizeof(*m->t.lines));
	if (!m->t.lines)
		return no_memory(m);
	memset(m->t.lines, 0xff, (size_t)all * sizeof(*m->t.lines));
	all = 0;
	for (uint32_t i = 0; i < m->b->nsources; i++) {
		m->t.at[i] = all;
		all += m->t.nlines[i];
	}
	return true;
}

/* Line <from> of <source> is now line <to>. False: another entry of that line
 * has gone elsewhere. */
static bool
lines_note(struct make *m, uint32_t source, uint32_t from, uint32_t to)
{
	uint32_t *line = &m->t.lines[m->t.at[source] + from];

	if (*line == NO_LINE)
		*line = to;
	return *line == to && to != NO_LINE;
}

/* ------------------------------------------------------ what goes and comes */

/* What is held takes no more than what is written may, times KEY_PART. */
static bool
still_small(struct make *m)
{
	size_t n = m->t.tombs.n / sizeof(uint64_t);

	if (m->t.tombs.failed || m->t.keys.failed || m->t.adds.failed)
		return no_memory(m);
	n += m->t.adds.n / sizeof(struct delta_add) * 2;
	return (n <= m->max && m->t.keys.n / KEY_PART <= m->max) || too_much(m);
}

static bool
goes(struct make *m, uint64_t posting)
{
	buf_add(&m->t.tombs, &posting, sizeof(posting));
	return still_small(m);
}

static bool
comes(
    struct make *m, const struct delta_entry *e, uint32_t source, uint32_t line)
{
	struct delta_add add = {.at = m->t.keys.n,
	    .line = line,
	    .n = (uint16_t)e->key.n,
	    .source = (uint16_t)source,
	    .kind = e->kind};

	buf_add_str(&m->t.keys, e->key);
	buf_add(&m->t.adds, &add, sizeof(add));
	return still_small(m);
}

/* Where <id> stands among the postings of <e>; e->n: nowhere. */
static uint32_t
place_of(const struct delta_entry *e, uint32_t id)
{
	uint32_t i = 0;

	while (i < e->n && image_rd16(e->ids + 2 * (size_t)i) != id)
		i++;
	return i;
}

/* Posting <i> of <e>, which is no name, of <source> as the new image counts;
 * for <side> 1 with its key. */
static bool
note_few(struct make *m, unsigned side, const struct delta_entry *e, uint32_t i,
    uint32_t source)
{
	struct few f = {.hash = hash128(e->key.p, e->key.n),
	    .posting = e->posting + i,
	    .key = m->keys.n,
	    .nkey = (uint16_t)e->key.n,
	    .line = image_rd32(e->lines + 4 * (size_t)i),
	    .source = (uint16_t)source,
	    .kind = e->kind};

	f.hash.hi += (uint64_t)e->kind;
	if (side && i == 0)
		buf_add_str(&m->keys, e->key);
	else if (side)
		f.key -= e->key.n; /* it was put there with the first */
	buf_add(&m->few[side], &f, sizeof(f));
	return (!m->few[side].failed && !m->keys.failed) || no_memory(m);
}

/* Posting <i> of a name of the old image: does it stay, and with what line? */
static bool
compare_posting(struct make *m, const struct delta_entry *e, uint32_t i,
    const struct delta_entry *now)
{
	uint32_t source = m->t.to[image_rd16(e->ids + 2 * (size_t)i)] - 1;
	uint32_t line = image_rd32(e->lines + 4 * (size_t)i), to;
	uint32_t at = place_of(now, source);

	if (at == now->n)
		return goes(m, e->posting + i);
	to = image_rd32(now->lines + 4 * (size_t)at);
	return lines_note(m, source, line, to) ||
	       (goes(m, e->posting + i) && comes(m, e, source, to));
}

static bool
compare_old(void *arg, const struct delta_entry *e)
{
	struct make *m = arg;
	struct delta_entry now;

	if (e->kind == DELTA_NAME && !delta_find(m->b, m->index, e->key, &now))
		now.n = 0;
	for (uint32_t i = 0; i < e->n; i++) {
		uint32_t to = m->t.to[image_rd16(e->ids + 2 * (size_t)i)];

		if (!to)
			continue; /* all of its source goes */
		if (e->kind == DELTA_NAME ? !compare_posting(m, e, i, &now)
		                          : !note_few(m, 0, e, i, to - 1))
			return false;
	}
	return true;
}

static bool
compare_new(void *arg, const struct delta_entry *e)
{
	struct make *m = arg;
	struct delta_entry was;

	if (!delta_key_is_sound(e->kind, e->key))
		return false;
	if (e->kind == DELTA_NAME && !delta_find(m->a, NULL, e->key, &was))
		was.n = 0;
	for (uint32_t i = 0; i < e->n; i++) {
		uint32_t id = image_rd16(e->ids + 2 * (size_t)i), origin;
		uint32_t line = image_rd32(e->lines + 4 * (size_t)i);

		if (id >= m->b->nsources)
			return false;
		origin = m->t.origin[id];
		if (e->kind != DELTA_NAME) {
			if (!note_few(m, 1, e, i, id))
				return false;
		} else if ((!origin || place_of(&was, origin - 1) == was.n) &&
		           !comes(m, e, id, line)) {
			return false;
		}
	}
	return true;
}

static int
compare_few(const void *x, const void *y)
{
	const struct few *a = x, *b = y;

	if (a->hash.hi != b->hash.hi)
		return a->hash.hi < b->hash.hi ? -1 : 1;
	if (a->hash.lo != b->hash.lo)
		return a->hash.lo < b->hash.lo ? -1 : 1;
	return (a->source > b->source) - (a->source < b->source);
}

static bool
few_comes(struct make *m, const struct few *f)
{
	struct delta_entry e = {
	    .kind = f->kind, .key = str_make(m->keys.p + f->key, f->nkey)};

	return comes(m, &e, f->source, f->line);
}

/* Both sorted, and gone through side by side. */
static bool
compare_the_few(struct make *m)
{
	struct few *a = (struct few *)(void *)m->few[0].p;
	struct few *b = (struct few *)(void *)m->few[1].p;
	size_t na = m->few[0].n / sizeof(*a), nb = m->few[1].n / sizeof(*b);

	if (na)
		qsort(a, na, sizeof(*a), compare_few);
	if (nb)
		qsort(b, nb, sizeof(*b), compare_few);
	for (size_t i = 0, k = 0; i < na || k < nb;) {
		int by = i == na ? 1 : k == nb ? -1 : compare_few(&a[i], &b[k]);
		bool stays =
		    by == 0 && lines_note(m, a[i].source, a[i].line, b[k].line);

		if ((by <= 0 && !stays && !goes(m, a[i].posting)) ||
		    (by >= 0 && !stays && !few_comes(m, &b[k])))
			return false;
		i += by <= 0;
		k += by >= 0;
	}
	return true;
}

static bool
compare(struct make *m)
{
	m->index = delta_index(m->b);
	if (!m->index)
		return damaged(m);
	if (!delta_each(m->a, DELTA_WALK_ALL, compare_old, m) ||
	    !delta_each(m->b, DELTA_WALK_ALL, compare_new, m))
		return damaged(m);
	return compare_the_few(m);
}

/* -------------------------------------------------------------- all of it */

static bool
make_all(struct make *m, struct buf *out)
{
	size_t na = m->a->nsources + (size_t)1, nb = m->b->nsources + (size_t)1;

	m->t.to = calloc(na, sizeof(*m->t.to));
	m->t.origin = calloc(nb, sizeof(*m->t.origin));
	m->t.nlines = calloc(nb, sizeof(*m->t.nlines));
	m->t.at = calloc(nb, sizeof(*m->t.at));
	if (!m->t.to || !m->t.origin || !m->t.nlines || !m->t.at)
		return no_memory(m);
	if (!match_sources(m) || !lines_begin(m) || !compare(m))
		return false;
	if (!delta_write(m->a, m->b, &m->t, out))
		return no_memory(m);
	return out->n <= m->max || too_much(m);
}

int
delta_make(const struct image *a, const struct image *b, size_t max,
    struct buf *out, struct err *err)
{
	struct err local = {.code = ERR_NONE};
	struct make m = {.a = a, .b = b, .max = max, .err = &local};
	bool made;

	buf_reset(out);
	made = make_all(&m, out);
	free(m.index);
	free(m.t.to);
	free(m.t.origin);
	free(m.t.nlines);
	free(m.t.at);
	free(m.t.lines);
	buf_fini(&m.t.tombs);
	buf_fini(&m.t.keys);
	buf_fini(&m.t.adds);
	buf_fini(&m.few[0]);
	buf_fini(&m.few[1]);
	buf_fini(&m.keys);
	if (made)
		return 0;
	buf_fini(out);
	if (err)
		*err = local;
	return -1;
}
