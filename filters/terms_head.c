/*
 * terms_head.c - the head of a request: its fields, what it searches for, and
 * whether it is a question to a name server.
 *
 * Fields are the request's, not a name's: they say the same of each of its
 * names. A CONNECT has a head as well; what is asked inside of the tunnel, if
 * that is looked into, has another.
 */
#include "filters/doh.h"
#include "filters/terms_impl.h"

/* What the head says so far, for whichever name: that of a CONNECT comes with
 * HOST, that of a request with URL. */
static enum truth
of_head(const struct sight *v, const struct term *t, bool is, struct missing *m)
{
	const struct request *r = v->request;
	enum stage more = r->deepest < STAGE_URL ? STAGE_HOST : STAGE_URL;

	if (r->stage >= more || r->deepest < more || (is && !t->every))
		return truth_of(is);
	if (more < m->next)
		m->next = more;
	return TRUTH_UNKNOWN;
}

/* Where a field is there several times: one, or each of them. */
enum truth
term_header(const struct sight *v, const struct term *t, struct missing *m)
{
	const struct request *r = v->request;
	unsigned there = 0, with = 0;

	for (unsigned i = 0; r->fields && i < r->nfields; i++) {
		if (!str_eq_nocase(r->fields[i].name, t->header->name))
			continue;
		there++;
		with += text_has(r->fields[i].value, t->header->value);
	}
	return of_head(v, t, t->every ? with && with == there : with > 0, m);
}

enum truth
term_ua(const struct sight *v, const struct term *t, struct missing *m)
{
	return of_head(v, t, text_has(v->request->ua, t->text), m);
}

/* "https://user@Host:443/x" -> "Host"; what has no host is none. */
static struct str
host_of(struct str url)
{
	size_t at = str_search(url, STR("://")), end = 0;

	if (at >= url.n)
		return STR_NONE;
	url = str_sub(url, at + 3, url.n);
	while (end < url.n && url.p[end] != '/' && url.p[end] != '?' &&
	       url.p[end] != '#' && url.p[end] != '\\')
		end++;
	url = str_sub(url, 0, end);
	for (at = url.n; at && url.p[at - 1] != '@'; at--)
		continue;
	url = str_sub(url, at, url.n);
	if (url.n && url.p[0] == '[')
		return str_sub(url, 0, str_find(url, ']', 0) + 1);
	return str_sub(url, 0, str_find(url, ':', 0));
}

enum truth
term_referer(const struct sight *v, const struct term *t, struct missing *m)
{
	struct str host = host_of(v->request->referer);
	char room[NAME_ROOM];
	struct name name;
	bool is = host.n && name_from_wire(host, room, &name) == NAME_OK &&
	          (name_eq(name, *t->host) || name_is_under(name, *t->host));

	return of_head(v, t, is, m);
}

/* ---------------------------------------------------------------- searches */

static bool
is_meant(const struct sight_search *s, const struct term *t)
{
	if (t->kind == TERM_SEARCH)
		return bits_has(&s->hits.themes, t->id);
	return t->kind == TERM_SEARCH_ANY || s->hits.severity >= t->id;
}

/* Of a search that is longer than could be kept, what was not found in it may
 * be in it. */
enum truth
term_search(const struct sight *v, const struct term *t, struct missing *m)
{
	if (v->known < STAGE_URL)
		return term_later(v, STAGE_URL, m);
	if (!v->search || !v->search->is)
		return TRUTH_FALSE;
	if (is_meant(v->search, t))
		return TRUTH_TRUE;
	if (!v->search->lost)
		return TRUTH_FALSE;
	m->entries = true;
	return TRUTH_UNKNOWN;
}

enum truth
term_doh(const struct sight *v, const struct term *t, struct missing *m)
{
	if (v->known < STAGE_URL)
		return term_later(v, STAGE_URL, m);
	if (v->url && doh_is_asked(v->request, v->url))
		return TRUTH_TRUE;
	return term_so_far(v, t,
	    v->known >= STAGE_HEAD && doh_is_answered(&v->request->answer),
	    STAGE_HEAD, m);
}
