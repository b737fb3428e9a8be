/* judge_inner.c - the addresses inside a request's addresses. */
#include "base/arena.h"
#include "filters/judge.h"
#include "filters/url_under.h"

void
judge_inner_find(
    struct judge_inner *in, const struct sight_of *name, unsigned n)
{
	in->any = false;
	for (unsigned i = 0; i < n; i++) {
		in->of[i] =
		    name[i].name.n && nested_may(name[i].name, name[i].url);
		in->any |= in->of[i];
	}
}

struct sight_of
judge_inner_at(const struct request *r, const struct nested *one)
{
	struct sight_of a = {.subject = SUBJECT_NESTED,
	    .name = one->url.host,
	    .known = STAGE_HOST,
	    .deepest = STAGE_HOST};

	if (one->has_url) {
		a.url = &one->url;
		a.known = r->stage > STAGE_URL ? r->stage : STAGE_URL;
		a.deepest = r->deepest > a.known ? r->deepest : a.known;
	}
	return a;
}

/* -------------------------------------------------------- what is protected */

struct guard {
	const struct judge *j;
	struct sight_of *at;
	bool found;
};

static bool
guards_host(void *arg, struct name host)
{
	struct guard *g = arg;

	return tier_may_protect(g->j->s, host);
}

static bool
guards(void *arg, const struct nested *one)
{
	struct guard *g = arg;
	struct sight_of a = judge_inner_at(g->j->r, one);

	g->found = tier_protected(g->j->s, &a);
	*g->at = (struct sight_of){.subject = SUBJECT_NESTED};
	return !g->found;
}

enum truth
judge_inner_protected(
    const struct judge *j, const struct sight_of *a, struct sight_of *at)
{
	struct guard g = {.j = j, .at = at};
	const struct nested_hear hear = {guards_host, guards, &g};
	enum nested_end end = nested_each(a->name, a->url, &hear);

	if (g.found)
		return TRUTH_TRUE;
	return end == NESTED_LOST ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

/* ------------------------------------------------------------- their texts */

uint16_t
judge_inner_number(unsigned i, unsigned k)
{
	return (uint16_t)(i * NESTED_MAX + k + 1);
}

struct pick {
	unsigned left; /* so many before it */
	char *room;
	size_t size;
	struct str text;
};

static bool
picks(void *arg, const struct nested *one)
{
	struct pick *p = arg;
	struct str text =
	    one->has_url ? one->url.text : name_str(one->url.host);

	if (p->left--)
		return true;
	text = str_sub(text, 0, p->size);
	memcpy(p->room, text.p, text.n);
	p->text = str_make(p->room, text.n);
	return false;
}

struct str
judge_inner_text(
    const struct request *r, uint16_t number, char *room, size_t size)
{
	struct sight_of name[SIGHT_NAMES];
	unsigned i = (number - 1u) / NESTED_MAX;
	struct pick p = {
	    .left = (number - 1u) % NESTED_MAX, .room = room, .size = size};
	const struct nested_hear hear = {NULL, picks, &p};

	if (number && i < sight_names(r, name))
		nested_each(name[i].name, name[i].url, &hear);
	return p.text;
}

/* ---------------------------------------------------------- what is allowed */

struct allowed {
	const struct url *url; /* inside of the request's address */
	struct arena *a;
	bool is;
};

/* <one> stands in what was allowed. */
static bool
allows(void *arg, const struct nested *one)
{
	struct allowed *w = arg;
	struct url_path path;

	if (one->has_url && name_eq(one->url.host, w->url->host) &&
	    one->url.port == w->url->port &&
	    url_path_read(w->a, one->url.path, &path))
		w->is = url_is_under(w->url, &path, true);
	return !w->is;
}

bool
judge_inner_is_of(const struct override *o, const struct nested *one)
{
	struct arena a;
	struct url_parts parts;
	struct url url;
	struct allowed w = {.url = &one->url, .a = &a};
	const struct nested_hear hear = {NULL, allows, &w};
	char room[NAME_ROOM];
	const char *why;

	arena_init(&a, 0);
	if (one->has_url &&
	    url_split(&a, o->subject, room, &parts, &why) == 0 &&
	    url_canon(&a, &parts, &url) == 0)
		nested_each(url.host, &url, &hear);
	arena_fini(&a);
	return w.is;
}
