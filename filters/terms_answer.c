/*
 * terms_answer.c - what comes back: its type, its name, its size.
 *
 * A type can be read in two ways, as the answer says and as its first bytes
 * look; a name in as many as the path, and the file name that the answer
 * gives. What lets through needs all of them, what stops any.
 */
#include "filters/media.h"
#include "filters/terms_impl.h"

/* As its first bytes say; STR_NONE: they say nothing. Nothing that is encoded
 * looks like a program: that is one, for who does not undo it. */
static struct str
sniffed_of(const struct answer *a)
{
	struct str seen = media_sniff(a->first);

	return a->encoded && !media_is_program(seen) ? STR_NONE : seen;
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
add_end(struct ends *e, struct str path, const struct term *t)
{
	char room[MEDIA_EXT_ROOM];
	struct str ext = media_ext(path, room);

	if (ext.n == 0)
		return;
	e->n++;
	e->with += str_eq(ext, t->text);
}

enum truth
term_ext(const struct sight *v, const struct term *t, struct missing *m)
{
	struct str names = v->request->answer.filename, name;
	struct ends e = {0, 0};

	if (!v->url)
		return term_later(v, STAGE_URL, m);
	add_end(&e, v->url->path, t);
	for (unsigned i = 0; i < v->url->nalts; i++)
		add_end(&e, v->url->alt[i].path, t);
	while (v->known >= STAGE_HEAD && str_next(&names, '\n', &name))
		add_end(&e, name, t);
	if (t->every && e.with < e.n)
		return TRUTH_FALSE; /* one says otherwise already */
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
