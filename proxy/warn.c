/* warn.c - a warning that one may go on behind. */
#include "proxy/warn.h"

#include "base/buf.h"
#include "filters/snapshot.h"
#include "proxy/grants.h"
#include "proxy/keep_record.h"
#include "proxy/need.h"
#include "proxy/token.h"
#include "proxy/txn.h"
#include "proxy/worker.h"

#define URL_MAX   1500 /* longer: one goes on to the site's front page */
#define HTTP_PORT 80

/* ------------------------------------------------------------- who and what */

/* What the verdict is about: the site of that name. An address inside the
 * address stands for itself alone: the site around it was not warned of. */
static struct str
site_of(const struct request *r, const struct verdict *v)
{
	switch (v->subject) {
	case SUBJECT_CONNECT:
		return name_site(r->connect);
	case SUBJECT_SNI:
		return name_site(r->sni);
	case SUBJECT_NESTED:
		return r->url.text;
	case SUBJECT_NONE:
	case SUBJECT_HOST:
	case SUBJECT_URL:
		break;
	}
	return name_site(r->host.n ? r->host : r->connect);
}

static struct str
user_of(const struct facts *f)
{
	return f->settled & FACT_USER ? f->user : STR_NONE;
}

static struct grant
grant_of(const struct snapshot *s, const struct request *r,
    const struct verdict *v, const struct facts *f)
{
	return (struct grant){.client = r->client,
	    .user = user_of(f),
	    .group = snapshot_group_name(s, v->group),
	    .policy = snapshot_policy_name(s, v->policy),
	    .site = site_of(r, v)};
}

/* ------------------------------------------------------------------ the fact */

static void
settle(const struct worker *w, const struct grant *g, struct facts *f)
{
	f->granted = grants_has(w->grants, g, loop_now(w->loop));
	f->settled |= FACT_GRANT;
}

bool
warn_fetch(struct txn *t)
{
	struct grant g =
	    grant_of(t->pin->snapshot, &t->request, &t->verdict, &t->facts);

	settle(t->worker, &g, &t->facts);
	return true;
}

void
warn_drop(struct txn *t)
{
	(void)t; /* never waits */
}

void
warn_now(const struct need_now *n, const struct verdict *v, struct facts *f)
{
	struct grant g = grant_of(n->snapshot, n->request, v, f);

	settle(n->worker, &g, f);
}

/* ---------------------------------------------------------------- the button */

bool
warn_has_button(const struct txn *t)
{
	return t->judged && t->verdict.kind == VERDICT_DENY &&
	       t->verdict.action == ACTION_WARN &&
	       t->verdict.tier > TIER_OVERRIDE &&
	       t->reason == t->verdict.reason && !txn_is_connect(t) &&
	       t->request.url.text.n;
}

/* Where one wanted to go, of parsed fields: the host is that which was
 * judged, path and query are as sent. */
static void
add_url(const struct txn *t, struct buf *b)
{
	const struct request *r = &t->request;
	bool six = r->host.kind == NAME_IPV6;

	buf_addf(b, "http://%s%.*s%s", six ? "[" : "",
	    STR_ARG(name_str(r->host)), six ? "]" : "");
	if (r->port != HTTP_PORT)
		buf_addf(b, ":%u", r->port);
	if (t->target.path.n + t->target.query.n > URL_MAX) {
		buf_add_char(b, '/');
		return;
	}
	buf_add_str(b, t->target.path);
	if (t->target.has_query)
		buf_add_char(b, '?');
	buf_add_str(b, t->target.query);
}

bool
warn_token(const struct txn *t, struct buf *out)
{
	const struct worker *w = t->worker;
	struct grant g =
	    grant_of(t->pin->snapshot, &t->request, &t->verdict, &t->facts);
	struct token k = {
	    .expires = loop_wall_ms(w->loop) / 1000 + TOKEN_S,
	    .number = grants_number(w->grants),
	    .text = {g.site, name_str(t->request.host), g.group, g.policy,
	        g.user},
	};
	struct buf url = BUF_EMPTY;
	bool ok;

	memcpy(k.client, t->request.client, sizeof(k.client));
	add_url(t, &url);
	k.text[TOKEN_URL] = buf_str(&url);
	ok = !url.failed && token_write(&k, grants_token_key(w->grants), out);
	buf_fini(&url);
	return ok;
}

/* ----------------------------------------------------------------- it is pressed */

static bool
is_his(const struct txn *t, const struct token *k)
{
	return memcmp(k->client, t->request.client, sizeof(k->client)) == 0 &&
	       str_eq(k->text[TOKEN_USER], user_of(&t->facts));
}

/* How long he may; 0: there is no such policy any more. */
static uint32_t
seconds_of(const struct snapshot *s, struct str policy)
{
	for (unsigned i = 0; snapshot_policy_name(s, i).n; i++)
		if (str_eq(snapshot_policy_name(s, i), policy))
			return snapshot_warn_s(s, i);
	return 0;
}

/* The request that is gone on with, in place of the one for us. */
static bool
request_of(struct txn *t, const struct token *k, char *room, struct request *r)
{
	struct url_parts parts;
	const char *why;

	*r = t->request;
	if (url_split(&t->arena, k->text[TOKEN_URL], room, &parts, &why) < 0 ||
	    url_canon(&t->arena, &parts, &r->url) < 0)
		return false;
	r->connect = r->sni = (struct name){0};
	r->host = parts.host;
	r->port = parts.port;
	r->method = STR("GET");
	r->tunnel = false;
	return true;
}

static void
record(struct txn *t, const struct token *k)
{
	char room[NAME_ROOM], id[RECORD_ID];
	struct request r;
	const struct verdict v = {.action = ACTION_WARN,
	    .reason = REASON_CONTINUED,
	    .tier = TIER_POLICY,
	    .stage = STAGE_URL,
	    .visibility = VISIBILITY_URL};
	const struct provenance said = {
	    .group = k->text[TOKEN_GROUP], .policy = k->text[TOKEN_POLICY]};
	const struct keep keep = {.action = RECORD_BYPASS,
	    .reason = REASON_CONTINUED,
	    .status = 303,
	    .snapshot = t->pin->snapshot,
	    .request = &r,
	    .verdict = &v,
	    .said = &said,
	    .facts = &t->facts,
	    .listener = t->conn->listener,
	    .raw_url = k->text[TOKEN_URL],
	    .began = t->began};

	if (!request_of(t, k, room, &r) || !keep_put(t->worker, &keep, id))
		keep_lost(t->worker);
}

enum warn_press
warn_pressed(struct txn *t, struct str token, struct str *to)
{
	struct worker *w = t->worker;
	uint8_t room[TOKEN_BYTES];
	struct token k;
	struct grant g;
	uint32_t s;

	if (token_read(token, grants_token_key(w->grants),
	        loop_wall_ms(w->loop) / 1000, room, &k) != TOKEN_OK)
		return WARN_REFUSED;
	if (k.text[TOKEN_USER].n && !(t->facts.asked & FACT_USER))
		return WARN_ASK_USER;
	s = seconds_of(t->pin->snapshot, k.text[TOKEN_POLICY]);
	if (!is_his(t, &k) || !s || !grants_use(w->grants, k.number))
		return WARN_REFUSED;
	*to = arena_str(&t->arena, k.text[TOKEN_URL]);
	if (!to->n)
		return WARN_REFUSED;
	g = (struct grant){.client = k.client,
	    .user = k.text[TOKEN_USER],
	    .group = k.text[TOKEN_GROUP],
	    .policy = k.text[TOKEN_POLICY],
	    .site = k.text[TOKEN_SITE]};
	grants_give(w->grants, &g, loop_now(w->loop) + s * INT64_C(1000),
	    loop_now(w->loop));
	record(t, &k);
	stats_add(&w->stats.continued, 1);
	return WARN_GRANTED;
}
