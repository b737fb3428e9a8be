/* auth.c - who asks: credentials of requests, facts, 407. */
#include "proxy/auth.h"

#include <limits.h>

#include "base/fold.h"
#include "filters/snapshot.h"
#include "proxy/auth_part.h"
#include "proxy/need.h"
#include "proxy/txn.h"
#include "proxy/wire/helpline.h"
#include "proxy/worker.h"

#define ESCAPED 3 /* bytes that one may become */

/* ------------------------------------------------------------------ users */

static struct conn_auth *
auth_of(struct conn *c)
{
	if (!c->auth)
		c->auth = calloc(1, sizeof(*c->auth));
	return c->auth;
}

/* <user> has the connection: for this request, or with <bound> for all. */
static void
settle_user(struct txn *t, struct str user, bool bound)
{
	struct conn_auth *a = auth_of(t->conn);

	if (!a || user.n > sizeof(a->user))
		return; /* unsettled */
	memcpy(a->given, user.p, user.n);
	memcpy(a->user, user.p, user.n);
	fold_text(a->user, user.n);
	a->n = (uint16_t)user.n;
	a->known = true;
	a->bound = bound;
	a->child = 0;
	t->facts.user = str_make(a->user, a->n);
	t->facts.settled |= FACT_USER;
}

/* Are those asked who did not say who they are? */
static bool
is_asking(const struct config *c)
{
	for (unsigned i = 0; i < c->auth.n; i++)
		if (c->auth.v[i].kind != AUTH_GROUP && c->auth.v[i].ask)
			return true;
	return false;
}

/* No credentials, or none of a kind that we know. */
static bool
nobody(struct txn *t)
{
	if (is_asking(t->worker->config))
		t->challenge = REASON_AUTH_NEEDED;
	else
		settle_user(t, STR(""), false);
	return true;
}

static bool
wrong(struct txn *t)
{
	t->challenge = REASON_AUTH_FAILED;
	return true;
}

/* Wait for <k>, as long as it may take. */
static bool
wait_for(struct auth *a, struct auth_asking *k, struct txn *t)
{
	const struct config *c = t->worker->config;
	uint32_t ms = 1000;

	for (unsigned i = 0; i < c->auth.n; i++)
		if (c->auth.v[i].kind == k->kind)
			ms += c->auth.v[i].timeout_ms;
	(void)a;
	need_patience(t, ms);
	auth_wait_for(k, t);
	return false;
}

static bool
ask_basic(struct txn *t, const struct cache_key *key, struct str user,
    struct str password)
{
	struct auth *a = t->worker->auth;
	struct auth_asking *k = auth_asking_find(a, key);
	struct helpers_question *q;

	if (k)
		return wait_for(a, k, t);
	k = auth_asking_new(
	    a, AUTH_USER, key, ESCAPED * (user.n + password.n) + 1, &q);
	if (!k)
		return true;
	helpline_escape(&q->line, user);
	buf_add_char(&q->line, ' ');
	helpline_escape(&q->line, password);
	k->n = (uint16_t)credentials_user(user, k->user);
	return auth_asking_put(a, k, q) ? wait_for(a, k, t) : true;
}

static bool
basic(struct txn *t, struct str token)
{
	struct auth *a = t->worker->auth;
	char room[CREDENTIALS_ROOM], canonical[CREDENTIALS_USER_MAX];
	struct str user, password;
	const struct auth_user *u;
	struct cache_key key;
	bool done;

	if (!credentials_basic(token, room, &user, &password) ||
	    !credentials_user(user, canonical)) {
		explicit_bzero(room, sizeof(room));
		return wrong(t);
	}
	key = auth_user_key(a, user, password);
	u = cache_find(a->users, key);
	if (u && u->until > loop_now(t->worker->loop)) {
		stats_add(&t->worker->stats.auth_hits, 1);
		done = true;
		if (u->yes)
			settle_user(t, str_make(u->name, u->n), false);
		else
			wrong(t);
	} else {
		done = ask_basic(t, &key, user, password);
	}
	explicit_bzero(room, sizeof(room));
	return done;
}

static bool
negotiate(struct txn *t, struct str token)
{
	struct auth *a = t->worker->auth;
	struct conn_auth *c = auth_of(t->conn);
	struct cache_key key = {++a->dialogues, 0};
	struct helpers_question *q;
	struct auth_asking *k;

	if (!c)
		return true;
	k = auth_asking_new(a, AUTH_TICKET, &key, token.n + 3, &q);
	if (!k)
		return true;
	buf_add_str(&q->line, c->child ? STR("KK ") : STR("YR "));
	buf_add_str(&q->line, token);
	q->child = c->child;
	c->child = 0;
	return auth_asking_put(a, k, q) ? wait_for(a, k, t) : true;
}

/* The one Proxy-Authorization; false: there are several. */
static bool
credentials_in(const struct txn *t, const struct h1_field **out)
{
	*out = NULL;
	for (unsigned i = 0; i < t->head.nfields; i++) {
		if (t->head.field[i].id != H1_PROXY_AUTHORIZATION)
			continue;
		if (*out)
			return false;
		*out = &t->head.field[i];
	}
	return true;
}

/* Known from before: by a proof that holds for the connection, or from the
 * CONNECT that all here is inside of. */
static bool
known_before(struct txn *t)
{
	struct conn_auth *c = t->conn->auth;

	if (!c || !c->known)
		return false;
	t->facts.user = str_make(c->user, c->n);
	t->facts.settled |= FACT_USER;
	return true;
}

/*
 * Basic holds for one request: who spoke before on this connection does not
 * say who speaks now, least of all in a tunnel that nobody signed in for.
 */
void
auth_begin(struct txn *t)
{
	struct conn_auth *c = t->conn->auth;

	if (!c || t->conn->inner)
		return;
	if (!c->bound || h1_find(&t->head, H1_PROXY_AUTHORIZATION))
		c->known = c->bound = false;
}

bool
auth_user_fetch(struct txn *t)
{
	struct auth *a = t->worker->auth;
	struct conn_auth *c = t->conn->auth;
	const struct h1_field *f;
	struct str token;

	/* inside a tunnel: else nobody can be asked any more */
	if (t->conn->inner || t->answered) {
		known_before(t);
		return true;
	}
	if (!credentials_in(t, &f))
		return wrong(t);
	if (known_before(t)) /* bound, and nothing else came */
		return true;
	if (c && !f)
		c->child = 0;
	if (!f)
		return nobody(t);
	switch (credentials_of(f->value, &token)) {
	case CREDENTIALS_BASIC:
		if (auth_section(a, AUTH_BASIC, 0) != UINT_MAX)
			return basic(t, token);
		break;
	case CREDENTIALS_NEGOTIATE:
		if (auth_section(a, AUTH_NEGOTIATE, 0) != UINT_MAX)
			return negotiate(t, token);
		break;
	case CREDENTIALS_OTHER:
		break;
	}
	return nobody(t);
}

/*
 * A tunnel's credentials come with CONNECT, and its head is forgotten by the
 * time its greeting is judged: a rule that asks for the user only then must
 * find him, or that it was nobody.
 */
bool
auth_is_early(const struct txn *t)
{
	return txn_is_connect(t) && !t->answered &&
	       !(t->facts.asked & FACT_USER) &&
	       snapshot_wants(t->pin->snapshot) & SNAPSHOT_WANTS_USER &&
	       (h1_find(&t->head, H1_PROXY_AUTHORIZATION) != NULL ||
	           !is_asking(t->worker->config));
}

bool
auth_is_offered(const struct txn *t)
{
	struct auth *a = t->worker->auth;

	return !t->answered && !t->conn->inner &&
	       !(t->facts.asked & FACT_USER) &&
	       h1_find(&t->head, H1_PROXY_AUTHORIZATION) != NULL &&
	       (auth_section(a, AUTH_BASIC, 0) != UINT_MAX ||
	           auth_section(a, AUTH_NEGOTIATE, 0) != UINT_MAX);
}

void
auth_user_now(
    const struct need_now *n, const struct verdict *v, struct facts *f)
{
	const struct conn_auth *c = n->conn->auth;

	(void)v;
	if (!c || !c->known)
		return;
	f->user = str_make(c->user, c->n);
	f->settled |= FACT_USER;
}

/* ----------------------------------------------------------------- groups */

static void
settle_member(struct facts *f, unsigned i, bool is)
{
	f->member.settled |= UINT64_C(1) << i;
	if (is)
		f->member.is |= UINT64_C(1) << i;
}

/*
 * Who is asked about: letters of one case, for else he who may choose them
 * would choose whether a helper finds him; but a realm as it was given.
 * Empty: nobody, or a name that is too long.
 */
static struct str
member_of(
    const struct conn *c, struct str group, char room[CREDENTIALS_USER_MAX])
{
	const struct conn_auth *a = c->auth;
	size_t at;

	if (!a || !a->known || group.n == 0 || group.n > AUTH_GROUP_MAX)
		return STR_NONE;
	at = str_find(str_make(a->given, a->n), '@', 0);
	memcpy(room, a->user, a->n);
	memcpy(room + at, a->given + at, a->n - at);
	return str_make(room, a->n);
}

bool
auth_member_fetch(struct txn *t)
{
	struct auth *a = t->worker->auth;
	struct str group =
	    snapshot_auth_group(t->pin->snapshot, t->verdict.member);
	char room[CREDENTIALS_USER_MAX];
	struct str user = member_of(t->conn, group, room);
	const struct auth_member *m;
	struct helpers_question *q;
	struct auth_asking *k;
	struct cache_key key;

	if (!user.n)
		return true;
	key = auth_member_key(a, user, group);
	m = cache_find(a->members, key);
	if (m && m->until > loop_now(t->worker->loop)) {
		stats_add(&t->worker->stats.auth_hits, 1);
		settle_member(&t->facts, t->verdict.member, m->yes);
		return true;
	}
	k = auth_asking_find(a, &key);
	if (k)
		return wait_for(a, k, t);
	k = auth_asking_new(
	    a, AUTH_MEMBER, &key, ESCAPED * (user.n + group.n) + 1, &q);
	if (!k)
		return true;
	helpline_escape(&q->line, user);
	buf_add_char(&q->line, ' ');
	helpline_escape(&q->line, group);
	return auth_asking_put(a, k, q) ? wait_for(a, k, t) : true;
}

/* What was known once serves: a tunnel is not cut for an old answer. */
void
auth_member_now(
    const struct need_now *n, const struct verdict *v, struct facts *f)
{
	struct auth *a = n->worker->auth;
	struct str group = snapshot_auth_group(n->snapshot, v->member), user;
	char room[CREDENTIALS_USER_MAX];
	const struct auth_member *m;

	user = member_of(n->conn, group, room);
	if (!user.n)
		return;
	m = cache_find(a->members, auth_member_key(a, user, group));
	if (m)
		settle_member(f, v->member, m->yes);
}

/* ---------------------------------------------------------------- answers */

void
auth_wait_for(struct auth_asking *k, struct txn *t)
{
	t->auth_wait.txn = t;
	t->auth_wait.waiting = true;
	list_init(&t->auth_wait.node);
	list_add(&k->waiters, &t->auth_wait.node);
}

void
auth_drop(struct txn *t)
{
	if (!t->auth_wait.waiting)
		return;
	t->auth_wait.waiting = false;
	list_del(&t->auth_wait.node);
}

/* One more round: what the helper gave goes to the client. */
static void
go_round(struct txn *t, const struct helpers_question *q)
{
	struct conn_auth *c = auth_of(t->conn);

	t->auth_token = arena_str(&t->arena, buf_str(&q->token));
	if (!c || !t->auth_token.n)
		return; /* unsettled */
	c->child = q->child;
	t->challenge = REASON_AUTH_NEEDED;
}

static void
tell_one(struct txn *t, const struct auth_asking *k,
    const struct helpers_question *q, struct str user)
{
	if (k->subject == AUTH_MEMBER) {
		if (q->answer != HELPERS_UNSETTLED)
			settle_member(&t->facts, t->verdict.member,
			    q->answer == HELPERS_YES);
		return;
	}
	switch (q->answer) {
	case HELPERS_YES:
		settle_user(t, user, k->subject == AUTH_TICKET);
		break;
	case HELPERS_NO:
		wrong(t);
		break;
	case HELPERS_MORE:
		go_round(t, q);
		break;
	case HELPERS_UNSETTLED:
		break;
	}
}

void
auth_tell(
    struct auth_asking *k, const struct helpers_question *q, struct str user)
{
	struct list_node *n;

	while ((n = list_pop(&k->waiters)) != NULL) {
		struct txn *t = container_of(n, struct auth_wait, node)->txn;

		t->auth_wait.waiting = false;
		if (q->answer == HELPERS_UNSETTLED)
			stats_add(&t->worker->stats.auth_unsettled, 1);
		tell_one(t, k, q, user);
		need_came(
		    t, k->subject == AUTH_MEMBER ? FACT_MEMBER : FACT_USER);
	}
}

/* -------------------------------------------------------------------- 407 */

static void
add_quoted(struct buf *b, struct str s)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_add_char(b, '\\');
		if (c >= 0x20 && c != 0x7f)
			buf_add_char(b, s.p[i]);
	}
	buf_add_char(b, '"');
}

struct str
auth_challenge(struct txn *t)
{
	const struct config *c = t->worker->config;
	const struct auth *a = t->worker->auth;
	unsigned first = auth_section(a, AUTH_BASIC, 0);
	bool tickets = auth_section(a, AUTH_NEGOTIATE, 0) != UINT_MAX;
	struct buf b = BUF_EMPTY;
	struct str out;

	/* the strongest first: some take the first they know */
	if (tickets || t->auth_token.n) {
		buf_add_str(&b, STR("Proxy-Authenticate: Negotiate"));
		if (t->auth_token.n)
			buf_add_char(&b, ' ');
		buf_add_str(&b, t->auth_token);
		buf_add_str(&b, STR("\r\n"));
	}
	if (first != UINT_MAX && !t->auth_token.n) {
		buf_add_str(&b, STR("Proxy-Authenticate: Basic realm="));
		add_quoted(&b, c->auth.v[first].realm);
		buf_add_str(&b, STR(", charset=\"UTF-8\"\r\n"));
	}
	out = b.failed ? STR_NONE : arena_str(&t->arena, buf_str(&b));
	buf_fini(&b);
	return out;
}
