/*
 * terms_head.c - the head of a request: its fields, what it searches for, and
 * whether it is a question to a name server.
 *
 * Fields are the request's, not a name's: they say the same of each of its
 * names. A CONNECT has a head as well; what is asked inside of the tunnel, if
 * that is looked into, has another.
 */
#include "base/table.h"
#include "filters/media.h"
#include "filters/terms_impl.h"

static bool
contains(struct str text, struct str what)
{
	char first;

	if (what.n == 0 || what.n > text.n)
		return what.n == 0;
	first = str_lower_char(what.p[0]);
	for (size_t i = 0; i <= text.n - what.n; i++)
		if (str_lower_char(text.p[i]) == first &&
		    str_eq_nocase(str_sub(text, i, what.n), what))
			return true;
	return false;
}

/* What the head says so far, for whichever name. */
static enum truth
of_head(const struct sight *v, const struct term *t, bool is, struct missing *m)
{
	const struct request *r = v->request;

	if (r->stage >= STAGE_URL || r->deepest < STAGE_URL ||
	    (is && !t->every))
		return truth_of(is);
	if (STAGE_URL < m->next)
		m->next = STAGE_URL;
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
		with += contains(r->fields[i].value, t->header->value);
	}
	return of_head(v, t, t->every ? with && with == there : with > 0, m);
}

enum truth
term_ua(const struct sight *v, const struct term *t, struct missing *m)
{
	return of_head(v, t, contains(v->request->ua, t->text), m);
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

/* ----------------------------------------------------- DNS over HTTPS */

#define DNS_QUERY_CHARS 16 /* a header of 12 bytes, in base64url */

static bool
is_dns_type(struct str type)
{
	return contains(type, STR("application/dns-message")) ||
	       contains(type, STR("application/dns-json")) ||
	       contains(type, STR("application/oblivious-dns-message"));
}

static bool
is_base64url(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '=';
}

/* "dns=AAABAAABAAAAAAAA...": RFC 8484 4.1. A message begins with an id, which
 * is 0 to be cached well, and flags that say: a question. */
static bool
has_query(struct str query)
{
	struct str field, name, value;

	while (str_next(&query, '&', &field)) {
		size_t n = 0;

		str_cut(field, '=', &name, &value);
		while (n < value.n && is_base64url(value.p[n]))
			n++;
		if (str_eq_nocase(name, STR("dns")) && n == value.n &&
		    n >= DNS_QUERY_CHARS)
			return true;
	}
	return false;
}

static bool
asks_at(struct str path)
{
	struct str before, query;

	str_cut(path, '?', &before, &query);
	while (str_ends(before, STR("/")))
		before.n--;
	return str_ends(before, STR("/dns-query")) || has_query(query);
}

static bool
asks_for_names(const struct sight *v)
{
	const struct request *r = v->request;

	if (is_dns_type(r->accept))
		return true;
	for (unsigned i = 0; r->fields && i < r->nfields; i++)
		if (str_eq_nocase(r->fields[i].name, STR("content-type")) &&
		    is_dns_type(r->fields[i].value))
			return true;
	for (unsigned i = 0; v->url && i < v->url->nalts; i++)
		if (asks_at(v->url->alt[i].path))
			return true;
	return v->url && asks_at(v->url->path);
}

enum truth
term_doh(const struct sight *v, const struct term *t, struct missing *m)
{
	if (v->known >= STAGE_URL && asks_for_names(v))
		return TRUTH_TRUE;
	if (v->known < STAGE_URL)
		return term_later(v, STAGE_URL, m);
	return term_so_far(v, t,
	    v->known >= STAGE_HEAD && is_dns_type(v->request->answer.type),
	    STAGE_HEAD, m);
}
