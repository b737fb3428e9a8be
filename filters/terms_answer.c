/*
 * terms_answer.c - what comes back: its type, its name, its size.
 *
 * A type can be read in two ways, as the answer says and as its first bytes
 * look; a name in as many as the path, and the file names that the answer
 * gives. What lets through needs all of them, what stops any.
 */
#include "filters/media.h"
#include "filters/terms_impl.h"

/* As its first bytes say; STR_NONE: they say nothing. */
static struct str
sniffed_of(const struct answer *a)
{
	return a->encoded ? media_sniff_coded(a->first) : media_sniff(a->first);
}

/* Without content there is nothing that could be of a type: "not modified", a
 * redirect that says no more than where to. A WebSocket (101) has some; of what
 * nobody has told anything (0) nothing is known. */
static bool
is_empty(const struct answer *a)
{
	if (a->first.n || a->status < 200)
		return false;
	return a->status == 204 || a->status == 304 ||
	       (a->has_size && a->size == 0);
}

enum truth
term_type(const struct sight *v, const struct term *t, struct missing *m)
{
	const struct answer *a = &v->request->answer;
	struct str declared, sniffed;
	char room[MEDIA_ROOM];
	bool said, seen;

	if (v->known < STAGE_HEAD)
		return term_later(v, STAGE_HEAD, m);
	declared = media_type(a->type, room);
	if (declared.n == 0 && is_empty(a))
		return truth_of(t->every);
	sniffed = sniffed_of(a);
	said = media_is(declared, t->text);
	seen = media_is(sniffed, t->text);
	if (!t->every)
		return truth_of(said || seen);
	if (declared.n == 0)
		return truth_of(seen);
	return truth_of(
	    said && (sniffed.n == 0 || seen || media_fits(declared, sniffed)));
}

enum truth
term_disguised(const struct sight *v, const struct term *t, struct missing *m)
{
	const struct answer *a = &v->request->answer;
	char room[MEDIA_ROOM];

	(void)t;
	if (v->known < STAGE_HEAD)
		return term_later(v, STAGE_HEAD, m);
	return truth_of(
	    media_contradicts(media_type(a->type, room), sniffed_of(a)));
}

/* ------------------------------------------------------------------- names */

/* What several names say together. A name without an end says nothing. */
struct ends {
	unsigned n, with;
};

static void
add_end(struct ends *e, struct str ext, const struct term *t)
{
	e->n += ext.n != 0;
	e->with += ext.n && str_eq(ext, t->text);
}

enum truth
term_ext(const struct sight *v, const struct term *t, struct missing *m)
{
	const struct answer *a = &v->request->answer;
	bool answered = v->known >= STAGE_HEAD;
	char room[MEDIA_EXT_ROOM];
	struct ends e = {0, 0};

	if (!v->url)
		return term_later(v, STAGE_URL, m);
	add_end(&e, media_ext(v->url->path, room), t);
	for (unsigned i = 0; i < v->url->nalts; i++)
		add_end(&e, media_ext(v->url->alt[i].path, room), t);
	for (unsigned i = 0; answered && i < a->nfilenames; i++)
		add_end(&e, media_name_ext(a->filename[i], room), t);
	if (t->every && e.with < e.n)
		return TRUTH_FALSE; /* one says otherwise already */
	if (answered && a->more_filenames && (t->every || !e.with)) {
		m->entries = true;
		return TRUTH_UNKNOWN;
	}
	return term_so_far(v, t, e.with > 0, STAGE_HEAD, m);
}

/* -------------------------------------------------------------------- size */

/* Bytes that have come are bytes of the size; how many more come is only
 * known at the end. */
enum truth
term_size(const struct sight *v, const struct term *t, struct missing *m)
{
	const struct answer *a = &v->request->answer;

	if (v->known < STAGE_HEAD)
		return term_later(v, STAGE_HEAD, m);
	if (a->size > t->size)
		return TRUTH_TRUE;
	if (a->has_size || v->deepest < STAGE_BODY)
		return TRUTH_FALSE;
	if (!m->size || t->size < m->size)
		m->size = t->size;
	return term_later(v, STAGE_BODY, m);
}
