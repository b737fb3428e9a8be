/* safesearch.c - what search engines are told, and asked. */
#include "filters/safesearch.h"

#include "base/hex.h"
#include "filters/builder_impl.h"
#include "filters/engines_impl.h"
#include "filters/search.h"

/* So much of what stands in a URL is folded; what is behind it is lost. */
#define SOUGHT_MAX 4096

/* --------------------------------------------------------------- hosts */

/* An engine, by one of its hosts. */
struct found {
	const struct engine *engine; /* NULL: none */
	bool dialled;                /* that host's address is exchanged */
	struct str host;
};

static struct found
find_host(const struct engines *e, struct name host)
{
	struct str s = name_str(host);
	const struct engine_host *h;
	size_t dot;

	if (!e || host.kind != NAME_DNS)
		return (struct found){0};
	h = engines_exact(e, s);
	while (!h || (!h->below && s.n < host.n)) {
		dot = str_find(s, '.', 0);
		if (dot == s.n)
			return (struct found){0};
		s = str_sub(s, dot + 1, s.n);
		h = engines_exact(e, s);
	}
	return (struct found){
	    &e->engine[h->engine], h->dialled && s.n == host.n, s};
}

struct str
engines_name(const struct engines *e, struct name host)
{
	struct found f = find_host(e, host);

	return f.engine ? f.engine->name : STR_NONE;
}

/* By which name is an engine asked for? The server goes by that of TLS. */
static struct found
asked(const struct engines *e, const struct request *r)
{
	struct found f = {0};

	if (r->stage < STAGE_URL)
		f = find_host(e, r->sni);
	if (!f.engine)
		f = find_host(e, r->host);
	if (!f.engine)
		f = find_host(e, r->sni);
	return f.engine ? f : find_host(e, r->connect);
}

/* ------------------------------------------------------------- queries */

/* The byte at the front of *<s>, as servers decode it; takes it off. */
static char
next_byte(struct str *s)
{
	size_t n = 1, digits = 2, from = 1;
	int v = 0;
	char c = s->p[0];

	if (c == '+')
		c = ' ';
	if (c == '%') {
		if (s->n > 1 && (s->p[1] == 'u' || s->p[1] == 'U'))
			digits = 4, from = 2;
		while (n && n <= digits && from + n - 1 < s->n &&
		       hex_digit(s->p[from + n - 1]) >= 0) {
			v = v * 16 + hex_digit(s->p[from + n - 1]);
			n++;
		}
		if (n > digits) {
			c = v < 0x80 || digits == 2 ? (char)v : '?';
			n = from + digits;
		} else {
			n = 1;
		}
	}
	*s = str_sub(*s, n, s->n);
	return c;
}

/*
 * Does <part> ("name=value") set <param>, in any spelling that some server
 * takes for it? Escapes, letters of either case, blanks around it, and
 * "name[]", which some make a list of.
 */
static bool
part_is(struct str part, struct str param)
{
	struct str name, value;
	size_t at = 0;

	str_cut(part, '=', &name, &value);
	while (name.n) {
		char c = next_byte(&name);

		if ((unsigned char)c <= ' ' && (at == 0 || at == param.n)) {
			if (c == '\0' && at)
				return at == param.n;
			continue;
		}
		if (at == param.n)
			return c == '[';
		if (str_lower_char(c) != str_lower_char(param.p[at++]))
			return false;
	}
	return at == param.n;
}

/* The next part of *<rest>, up to '&' or ';'; which of them stood before it
 * goes to *<sep>. */
static bool
next_part(struct str *rest, char *sep, struct str *part)
{
	size_t n = 0;

	if (!rest->p)
		return false;
	while (n < rest->n && rest->p[n] != '&' && rest->p[n] != ';')
		n++;
	*part = str_sub(*rest, 0, n);
	if (n == rest->n) {
		*sep = '\0';
		*rest = STR_NONE;
		return true;
	}
	*sep = rest->p[n];
	*rest = str_make(rest->p + n + 1, rest->n - n - 1);
	return true;
}

/* The query as it was sent. False: there is none. */
static bool
sent_query(const struct request *r, struct str *query)
{
	struct str before;

	return str_cut(
	    r->url.raw.n ? r->url.raw : r->url.path, '?', &before, query);
}

static size_t
put(char *p, size_t n, struct str s)
{
	if (s.n)
		memcpy(p + n, s.p, s.n);
	return n + s.n;
}

static bool
is_set(const struct engine_level *v, struct str part)
{
	for (unsigned i = 0; i < v->nqueries; i++)
		if (part_is(part, v->query[i].name))
			return true;
	return false;
}

/* What is to be set stands in front, where nothing before it can swallow it;
 * all that sets the same is taken out. */
static bool
edit_query(const struct engine_level *v, const struct request *r,
    struct arena *a, struct str *out)
{
	struct str sent = STR_NONE, part;
	bool has = sent_query(r, &sent);
	size_t room = sent.n + 1, n = 0;
	char sep = '&', next;
	char *p;

	for (unsigned i = 0; i < v->nqueries; i++)
		room += v->query[i].name.n + v->query[i].value.n + 2;
	p = arena_alloc(a, room);
	if (!p)
		return false;
	for (unsigned i = 0; i < v->nqueries; i++) {
		if (n)
			p[n++] = '&';
		n = put(p, n, v->query[i].name);
		p[n++] = '=';
		n = put(p, n, v->query[i].value);
	}
	if (!has || sent.n == 0)
		sent = STR_NONE;
	for (; next_part(&sent, &next, &part); sep = next) {
		if (is_set(v, part))
			continue;
		p[n++] = sep == '\0' ? '&' : sep;
		n = put(p, n, part);
	}
	*out = str_make(p, n);
	return true;
}

/* -------------------------------------------------------------- edits */

static enum safe_level
level_of(enum engine_kind kind, enum safe_level search, enum safe_level youtube)
{
	switch (kind) {
	case ENGINE_SEARCH:
	case ENGINE_UNSAFE:
		return search;
	case ENGINE_VIDEO:
		return youtube;
	case ENGINE_KIDS:
		break;
	}
	return SAFE_OFF;
}

/* All that is known of a tunnel is its names: only <dial> can be. */
static bool
edit_tunnel(const struct engine_level *v, const struct found *f,
    const struct request *r, struct safe_edit *out)
{
	out->unsafe = f->dialled && v->dial.n == 0 && r->deepest < STAGE_URL;
	return out->dial.n || out->unsafe;
}

bool
engines_edit(const struct engines *e, const struct request *r,
    enum safe_level search, enum safe_level youtube, struct arena *a,
    struct safe_edit *out)
{
	struct found f = {0};
	const struct engine_level *v;
	enum safe_level level;

	*out = (struct safe_edit){.field = {STR_NONE, STR_NONE}};
	if (search != SAFE_OFF || youtube != SAFE_OFF)
		f = asked(e, r);
	if (!f.engine || r->stage < STAGE_HOST)
		return false;
	level = level_of(f.engine->kind, search, youtube);
	if (level == SAFE_OFF)
		return false;
	out->unsafe = f.engine->kind == ENGINE_UNSAFE;
	if (out->unsafe)
		return true;
	v = &f.engine->level[level];
	if (f.dialled && !str_eq(f.host, name_str(v->dial)))
		out->dial = v->dial;
	if (r->stage < STAGE_URL)
		return edit_tunnel(v, &f, r, out);
	if (v->field.name.n)
		out->field =
		    (struct request_field){v->field.name, v->field.value};
	if (v->nqueries && edit_query(v, r, a, &out->query)) {
		struct str sent = STR_NONE;

		out->has_query =
		    !sent_query(r, &sent) || !str_eq(sent, out->query);
	}
	return out->dial.n || out->has_query || v->field.name.n;
}

/* ------------------------------------------------------------- searches */

/* What is sought, as it stands in the URL, from several places. */
struct sought {
	char p[SOUGHT_MAX];
	size_t n;
	bool is, lost;
};

static void
seek(struct sought *s, struct str raw)
{
	size_t room;

	s->is = true;
	if (s->n && s->n < SOUGHT_MAX)
		s->p[s->n++] = '+';
	room = SOUGHT_MAX - s->n;
	if (raw.n > room) {
		s->lost = true;
		raw.n = room;
	}
	s->n = put(s->p, s->n, raw);
}

static bool
holds_terms(const struct engine *g, struct str part)
{
	for (unsigned i = 0; i < g->nparams; i++)
		if (part_is(part, g->param[i]))
			return true;
	return false;
}

/* "a=b" of the query, each as far as the next '&', and what a server makes
 * of it that takes ';' for '&' as well. */
static void
seek_query(const struct engine *g, struct str query, struct sought *s)
{
	struct str whole, part, before, value;

	while (str_next(&query, '&', &whole)) {
		bool all = holds_terms(g, whole);
		char sep;

		if (all) {
			str_cut(whole, '=', &before, &value);
			seek(s, value);
			continue;
		}
		while (next_part(&whole, &sep, &part)) {
			if (!holds_terms(g, part))
				continue;
			str_cut(part, '=', &before, &value);
			seek(s, value);
		}
	}
}

/* Is <path> one of these, or below? */
static bool
is_below_any(struct str path, const struct str *any, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t len = any[i].n;

		if (str_starts(path, any[i]) &&
		    (path.n == len || any[i].p[len - 1] == '/' ||
		        path.p[len] == '/'))
			return true;
	}
	return false;
}

/* What stands in <path> behind <before>; STR_NONE: it does not begin so. */
static struct str
behind(struct str path, struct str before)
{
	struct str tail;

	if (before.p[0] == '*') {
		before = str_sub(before, 1, before.n);
		tail = behind(path, before);
		if (tail.n || path.n == 0)
			return tail;
		path = str_sub(path, 1, path.n);
		path = str_sub(path, str_find(path, '/', 0), path.n);
	}
	return str_starts(path, before) ? str_sub(path, before.n, path.n)
	                                : STR_NONE;
}

static void
seek_path(const struct engine *g, struct str path, struct sought *s)
{
	for (unsigned i = 0; i < g->npaths; i++) {
		struct str tail = behind(path, g->path[i]), one, rest;

		str_cut(tail, '/', &one, &rest);
		/* a path of one segment is a search if there is no other */
		if (g->path[i].n == 1 && (rest.n || s->n))
			continue;
		if (one.n)
			seek(s, one);
	}
}

bool
engines_search(
    const struct engines *e, const struct request *r, struct search *out)
{
	const struct engine *g =
	    r->stage < STAGE_URL ? NULL : find_host(e, r->host).engine;
	struct str path, query;
	struct sought s;

	*out = (struct search){.is = false};
	if (!g)
		return false;
	str_cut(r->url.path, '?', &path, &query);
	if (is_below_any(path, g->never, g->nnever))
		return false;
	s.n = 0;
	s.is = s.lost = false;
	if (sent_query(r, &query))
		seek_query(g, query, &s);
	seek_path(g, path, &s);
	if (!s.is)
		return false;
	search_fold(str_make(s.p, s.n), true, out);
	out->is = true;
	out->lost |= s.lost;
	return true;
}

/* ------------------------------------------------------- of a snapshot */

int
snapshot_engines(struct snapshot_builder *b, struct str table, struct err *err)
{
	struct engines *e = engines_read(table, err);

	if (!e)
		return -1;
	engines_free(b->s->engines);
	b->s->engines = e;
	return 0;
}

bool
snapshot_safe_edit(const struct snapshot *s, const struct request *r,
    const struct verdict *v, struct arena *a, struct safe_edit *out)
{
	return engines_edit(s->engines, r, (enum safe_level)v->safe_search,
	    (enum safe_level)v->youtube, a, out);
}

bool
snapshot_search(
    const struct snapshot *s, const struct request *r, struct search *out)
{
	if (!s->engines) {
		*out = (struct search){.is = false};
		return false;
	}
	return engines_search(s->engines, r, out);
}
