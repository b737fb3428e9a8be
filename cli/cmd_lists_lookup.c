/* cmd_lists_lookup.c - suzgi lists lookup: all that lists say of a host or an
 * address. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "cli/lists.h"
#include "config/config.h"
#include "filters/pattern.h"
#include "filters/snapshot.h"
#include "filters/url.h"
#include "lists/image.h"

#define ROWS_MAX   4096 /* of one image */
#define SOURCES    1024 /* of one entry */
#define ENTRY_TEXT 512

/* What becomes of a match. */
enum state {
	STATE_HOLDS = 0, /* by some reading of the address */
	STATE_FAR,       /* it does not reach: exact, or for what is below */
	STATE_TAKEN,     /* an exception takes it away */
	STATE_EXCEPTION, /* it is one */
};
static const char *const states[] = {
    [STATE_HOLDS] = "holds",
    [STATE_FAR] = "does not reach",
    [STATE_TAKEN] = "taken away",
    [STATE_EXCEPTION] = "exception",
};

struct row {
	struct image_hit hit; /* of an entry */
	uint32_t pattern;     /* of the image */
	bool is_pattern;
	uint16_t source;
	enum state state;
	unsigned by; /* taken: the row of the exception */
};

struct lookup {
	struct lists_job *job;
	const struct image *im;
	const struct url *url;
	struct row *rows; /* owned; ROWS_MAX */
	unsigned n, shown;
	bool more;
};

/* ------------------------------------------------------------------ entries */

static struct row *
add_row(struct lookup *l, const struct row *row)
{
	for (unsigned i = 0; i < l->n; i++) {
		struct row *r = &l->rows[i];

		if (r->source != row->source ||
		    r->is_pattern != row->is_pattern ||
		    (r->is_pattern ? r->pattern != row->pattern
		                   : r->hit.entry != row->hit.entry))
			continue;
		if (row->state == STATE_HOLDS)
			r->state = STATE_HOLDS;
		return r;
	}
	if (l->n == ROWS_MAX) {
		l->more = true;
		return NULL;
	}
	l->rows[l->n] = *row;
	return &l->rows[l->n++];
}

/* Does a source reach from where the entry stands to the host? */
static bool
reaches(const struct image_source *s, const struct image_hit *hit)
{
	return hit->self ? !(s->role & IMAGE_BELOW) : !(s->role & IMAGE_SELF);
}

static bool
is_held(const struct image_held *held, uint16_t source)
{
	for (uint32_t i = 0; i < held->n; i++)
		if (held->v[i].source == source)
			return true;
	return held->more;
}

static enum state
state_of(const struct image_source *s, const struct image_hit *hit,
    const struct image_held *held, uint16_t id)
{
	if (!reaches(s, hit))
		return STATE_FAR;
	if (s->role & IMAGE_EXCEPT)
		return STATE_EXCEPTION;
	return is_held(held, id) ? STATE_HOLDS : STATE_TAKEN;
}

/* What one reading of the address finds. */
static void
find_entries(struct lookup *l, struct str path)
{
	struct image_hits hits = {0};
	struct image_held held = {0};
	uint16_t ids[SOURCES];
	struct image_source s;

	image_find_host(l->im, l->url->host, &hits);
	image_find_url(l->im, l->url->host, path, &hits);
	image_hold(l->im, &hits, &held);
	for (uint32_t i = 0; i < hits.n; i++) {
		unsigned n =
		    image_class_sources(l->im, hits.hit[i].class, ids, SOURCES);

		if (n > SOURCES)
			l->more = true;
		for (unsigned k = 0; k < n && k < SOURCES; k++) {
			struct row row = {.hit = hits.hit[i], .source = ids[k]};

			if (!image_source(l->im, ids[k], &s))
				continue;
			row.state = state_of(&s, &row.hit, &held, ids[k]);
			add_row(l, &row);
		}
	}
	l->more = l->more || hits.more;
}

/* ----------------------------------------------------------------- patterns */

/* Can it match on this host at all? */
static bool
is_near(const struct lookup *l, const struct image_pattern *p)
{
	struct name anchor = {
	    .p = p->anchor.p, .n = (uint8_t)p->anchor.n, .kind = NAME_DNS};

	return p->anchor.n == 0 || p->anchor.n > UINT8_MAX ||
	       str_eq(name_str(l->url->host), p->anchor) ||
	       name_is_under(l->url->host, anchor);
}

/* Pattern <i> alone, on the address. */
static void
try_pattern(struct lookup *l, uint32_t i, const struct image_pattern *p)
{
	const struct pattern_def def = {
	    p->text, p->anchor, p->flags & IMAGE_PATTERN_HOST};
	struct row row = {
	    .is_pattern = true, .pattern = i, .source = p->source};
	struct pattern_set *set = pattern_set_new();
	struct pattern_result res = {.n = 0};
	struct image_source s;
	size_t at;

	if (set && pattern_set_add(set, &def, &at, NULL) != PATTERN_NONE &&
	    pattern_set_finish(set) == 0) {
		if (def.host)
			pattern_set_run_host(set, l->url->host, NULL, &res);
		else
			pattern_set_run(set, l->url, NULL, &res);
	}
	if ((pattern_result_of(&res, 0) & PATTERN_SOME) &&
	    image_source(l->im, p->source, &s)) {
		row.state =
		    s.role & IMAGE_EXCEPT ? STATE_EXCEPTION : STATE_HOLDS;
		add_row(l, &row);
	}
	pattern_set_free(set);
}

static void
find_patterns(struct lookup *l)
{
	struct image_pattern p;

	for (uint32_t i = 0; i < l->im->npatterns; i++)
		if (image_pattern(l->im, i, &p) && is_near(l, &p))
			try_pattern(l, i, &p);
}

/* --------------------------------------------------------------- exceptions */

/* May exception <e> take from <r>? */
static bool
is_about(const struct lookup *l, const struct row *e, const struct row *r)
{
	struct image_source from, of;

	return e->state == STATE_EXCEPTION &&
	       image_source(l->im, e->source, &of) &&
	       image_source(l->im, r->source, &from) &&
	       str_eq(of.list, from.list) &&
	       str_eq(of.category, from.category) && of.group == from.group &&
	       ((of.role & IMAGE_STRONG) || !(from.role & IMAGE_STRONG));
}

/* Which exception it was; and those that are patterns, or take from
 * patterns, take here. */
static void
apply_exceptions(struct lookup *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		struct row *r = &l->rows[i];

		if (r->state != STATE_HOLDS && r->state != STATE_TAKEN)
			continue;
		for (unsigned k = 0; k < l->n; k++) {
			const struct row *e = &l->rows[k];

			if (!is_about(l, e, r))
				continue;
			if (e->is_pattern || r->is_pattern)
				r->state = STATE_TAKEN;
			r->by = k;
		}
	}
}

/* ------------------------------------------------------------------- output */

/* The entry's text into <room>. */
static struct str
text_of(const struct lookup *l, const struct row *r, char *room)
{
	struct image_pattern p;
	size_t n;

	if (r->is_pattern)
		return image_pattern(l->im, r->pattern, &p) ? p.text : STR_NONE;
	if (r->hit.kind == IMAGE_DIGEST)
		return STR("(hashed)");
	n = image_entry_text(l->im, &r->hit, room, ENTRY_TEXT);
	return str_make(room, n < ENTRY_TEXT ? n : ENTRY_TEXT - 1);
}

static uint32_t
line_of(const struct lookup *l, const struct row *r)
{
	struct image_pattern p;

	if (r->is_pattern)
		return image_pattern(l->im, r->pattern, &p) ? p.line : 0;
	return image_line(l->im, r->hit.entry, r->source);
}

static const char *
kind_of(const struct lookup *l, const struct row *r)
{
	struct image_pattern p;
	static const char *const kinds[] = {
	    [IMAGE_DOMAIN] = "domain",
	    [IMAGE_URL] = "url",
	    [IMAGE_NET] = "network",
	    [IMAGE_DIGEST] = "hashed",
	};

	if (r->is_pattern)
		return image_pattern(l->im, r->pattern, &p) &&
		               (p.flags & IMAGE_PATTERN_HOST)
		           ? "host pattern"
		           : "pattern";
	return r->hit.kind <= IMAGE_DIGEST ? kinds[r->hit.kind] : "?";
}

static void
row_json(struct lookup *l, const struct row *r, const struct image_source *s)
{
	struct buf *b = &l->job->out, role = BUF_EMPTY;
	char room[ENTRY_TEXT];

	lists_add_role(&role, s->role);
	json_open(b, '{');
	json_key_str(b, "entry", text_of(l, r, room));
	json_key_z(b, "kind", kind_of(l, r));
	json_key_str(b, "list", s->list);
	json_key_str(b, "category", s->category);
	json_key_str(b, "file", s->file);
	json_key_u64(b, "line", line_of(l, r));
	json_key_u64(b, "date", s->date);
	json_key_str(b, "role", s->role ? buf_str(&role) : STR(""));
	json_key_bool(b, "self", r->is_pattern || r->hit.self);
	json_key_z(b, "state", states[r->state]);
	if (r->state == STATE_TAKEN && r->by < l->n) {
		const struct row *e = &l->rows[r->by];

		json_key_str(b, "taken_by", text_of(l, e, room));
		json_key_u64(b, "taken_by_line", line_of(l, e));
	}
	json_close(b, '}');
	buf_add_char(b, '\n');
	buf_fini(&role);
}

static void
row_text(struct lookup *l, const struct row *r, const struct image_source *s)
{
	struct buf *b = &l->job->out;
	char room[ENTRY_TEXT];

	text_add_escaped(b, text_of(l, r, room));
	buf_addf(b, "\t%.*s\t%.*s\t", STR_ARG(s->list), STR_ARG(s->category));
	text_add_escaped(b, s->file);
	buf_addf(b, ":%u\t", line_of(l, r));
	lists_add_date(b, s->date);
	buf_addf(b, "\t%s", kind_of(l, r));
	if (s->role) {
		buf_add_char(b, ' ');
		lists_add_role(b, s->role);
	}
	if (r->state == STATE_FAR)
		buf_add_str(b, STR("\tdoes not reach this host"));
	if (r->state == STATE_TAKEN && r->by < l->n) {
		const struct row *e = &l->rows[r->by];

		buf_add_str(b, STR("\ttaken away by "));
		text_add_escaped(b, text_of(l, e, room));
		buf_addf(b, ", line %u", line_of(l, e));
	}
	buf_add_char(b, '\n');
}

static void
show(struct lookup *l)
{
	struct image_source s;

	for (unsigned i = 0; i < l->n; i++) {
		if (!image_source(l->im, l->rows[i].source, &s))
			continue;
		(l->job->common->json ? row_json : row_text)(
		    l, &l->rows[i], &s);
		l->shown++;
	}
	if (l->more)
		cli_fail(0, "there are more than can be shown");
}

static int
lookup_images(
    struct lists_job *j, const struct snapshot *s, const struct url *url)
{
	struct lookup l = {.job = j, .url = url};

	l.rows = calloc(ROWS_MAX, sizeof(*l.rows));
	if (!l.rows)
		return cli_fail(CLI_FAILED, "out of memory");
	for (unsigned i = 0; i < snapshot_images(s); i++) {
		l.im = snapshot_image_at(s, i);
		l.n = 0;
		find_entries(&l, url->path);
		for (unsigned k = 0; k < url->nalts; k++)
			find_entries(&l, url->alt[k].path);
		find_patterns(&l);
		for (unsigned k = 0; k < l.n; k++)
			l.rows[k].by = ROWS_MAX;
		apply_exceptions(&l);
		show(&l);
	}
	free(l.rows);
	if (!l.shown && !j->common->json)
		buf_addf(&j->out, "not listed\n");
	return CLI_OK;
}

static int
lookup_url(struct lists_job *j, const struct snapshot *s, struct arena *a)
{
	const char *why = "malformed";
	struct url_parts parts;
	char room[NAME_ROOM];
	struct url url;

	if (url_split(a, str_of(j->what), room, &parts, &why) < 0 ||
	    url_canon(a, &parts, &url) < 0)
		return cli_fail(CLI_USAGE, "%s: %s", j->what, why);
	return lookup_images(j, s, &url);
}

int
lists_lookup(struct lists_job *j)
{
	struct config_paths at = j->common->at;
	struct snapshot *s;
	struct arena a;
	int rc;

	at.no_write = true;
	at.or_in_place = true;
	s = config_snapshot(j->config, &at, 1, config_report_stderr, NULL);
	if (!s)
		return CLI_CONFIG;
	arena_init(&a, 0);
	rc = lookup_url(j, s, &a);
	arena_fini(&a);
	if (snapshot_unref(s))
		snapshot_free(s);
	return rc;
}
