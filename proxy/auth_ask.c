/*
 * auth_ask.c - what a worker remembers of users, and what it asks helpers.
 *
 * Browsers open many connections at once, all with the same credentials: they
 * wait for one question. What was learnt is named by a keyed hash of the
 * credentials, so that no memory of a worker holds a password for longer than
 * the question about it.
 */
#include <limits.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/sys/digest.h"
#include "proxy/auth_part.h"
#include "proxy/worker.h"

#define AUTH_USERS   2048 /* some 0.4 MiB a worker */
#define AUTH_MEMBERS 8192
#define AUTH_ASKING  1024 /* different questions at once; beyond: unsettled */
#define AUTH_SLACK_MS                                                          \
	500 /* helpers answer by the deadline, and a message
			   * takes a moment */
#define AUTH_TTL_MAX 86400

struct auth *
auth_new(struct worker *w, struct err *err)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (!a) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	a->worker = w;
	for (unsigned i = 0; i < AUTH_BUCKETS; i++)
		list_init(&a->asking[i]);
	a->users = cache_new(AUTH_USERS, sizeof(struct auth_user));
	a->members = cache_new(AUTH_MEMBERS, sizeof(struct auth_member));
	if (!a->users || !a->members) {
		err_set(err, ERR_MEMORY, "out of memory");
		auth_free(a);
		return NULL;
	}
	if (digest_random(a->key, sizeof(a->key), err) < 0) {
		auth_free(a);
		return NULL;
	}
	return a;
}

static void
asking_free(struct auth *a, struct auth_asking *asking)
{
	list_del(&asking->node);
	a->nasking--;
	free(asking);
}

void
auth_free(struct auth *a)
{
	struct list_node *n;

	if (!a)
		return;
	for (unsigned i = 0; i < AUTH_BUCKETS; i++)
		while ((n = list_pop(&a->asking[i])) != NULL)
			free(container_of(n, struct auth_asking, node));
	cache_free(a->users);
	cache_free(a->members);
	explicit_bzero(a->key, sizeof(a->key));
	free(a);
}

static void
add_text(struct hash_stream *h, struct str s)
{
	uint64_t n = s.n;

	hash_stream_add(h, &n, sizeof(n));
	hash_stream_add(h, s.p, s.n);
}

static uint64_t
digest_of(const struct config *c)
{
	struct hash_stream h;

	hash_stream_init(&h);
	for (unsigned i = 0; i < c->auth.n; i++) {
		const struct config_auth *v = &c->auth.v[i];
		const uint32_t numbers[] = {
		    v->kind, v->cache_s, v->deny_cache_s};

		add_text(&h, v->name);
		add_text(&h, v->helper);
		add_text(&h, v->htpasswd);
		hash_stream_add(&h, numbers, sizeof(numbers));
	}
	return hash_stream_end(&h).lo;
}

void
auth_settle(struct auth *a, const struct config *c)
{
	uint64_t digest = digest_of(c);

	if (a->settings && digest == a->digest)
		return;
	a->digest = digest;
	a->settings++; /* which is part of all names */
}

unsigned
auth_section(const struct auth *a, enum auth_kind kind, unsigned from)
{
	const struct config *c = a->worker->config;

	for (unsigned i = from; i < c->auth.n; i++)
		if (c->auth.v[i].kind == kind)
			return i;
	return UINT_MAX;
}

/* ------------------------------------------------------------------ names */

static struct cache_key
name_of(const struct auth *a, char what, struct str one, struct str two)
{
	char room[16 + CREDENTIALS_ROOM + AUTH_GROUP_MAX];
	struct cache_key key;
	struct hash128 h;
	size_t n = 0;

	room[n++] = what;
	memcpy(room + n, &a->settings, sizeof(a->settings));
	n += sizeof(a->settings);
	/* users and groups have no NUL: nothing can be read in two ways */
	memcpy(room + n, one.p, one.n);
	n += one.n;
	room[n++] = '\0';
	memcpy(room + n, two.p, two.n);
	n += two.n;
	h = siphash128(room, n, a->key);
	explicit_bzero(room, n);
	key.lo = h.lo;
	key.hi = h.hi;
	return key;
}

struct cache_key
auth_user_key(const struct auth *a, struct str user, struct str password)
{
	return name_of(a, 'u', user, password);
}

struct cache_key
auth_member_key(const struct auth *a, struct str user, struct str group)
{
	return name_of(a, 'm', user, group);
}

/* -------------------------------------------------------------- questions */

static struct list_node *
bucket(const struct auth *a, const struct cache_key *key)
{
	struct auth *writable = a->worker->auth;

	return &writable->asking[key->lo % AUTH_BUCKETS];
}

struct auth_asking *
auth_asking_find(const struct auth *a, const struct cache_key *key)
{
	list_for_each(n, bucket(a, key))
	{
		struct auth_asking *k =
		    container_of(n, struct auth_asking, node);

		if (k->key.lo != key->lo || k->key.hi != key->hi)
			continue;
		if (loop_now(a->worker->loop) <= k->due)
			return k;
		/* its answer was lost for lack of memory */
		list_del(&k->node);
		list_init(&k->node);
		return NULL;
	}
	return NULL;
}

/* In the helpers' thread. */
static void
question_told(struct helpers_question *q)
{
	if (!worker_send(q->asker, WORKER_HELPED, q))
		helpers_question_free(q);
}

struct auth_asking *
auth_asking_new(struct auth *a, enum auth_subject subject,
    const struct cache_key *key, size_t room, struct helpers_question **q)
{
	static const enum auth_kind kinds[] = {
	    [AUTH_USER] = AUTH_BASIC,
	    [AUTH_TICKET] = AUTH_NEGOTIATE,
	    [AUTH_MEMBER] = AUTH_GROUP,
	};
	struct auth_asking *k;

	if (a->nasking >= AUTH_ASKING || !a->worker->helpers)
		return NULL;
	k = calloc(1, sizeof(*k));
	*q = helpers_question_new();
	if (!k || !*q || !buf_room(&(*q)->line, room)) {
		free(k);
		helpers_question_free(*q);
		return NULL;
	}
	a->nasking++;
	list_init(&k->node);
	list_init(&k->waiters);
	k->key = *key;
	k->subject = subject;
	k->kind = kinds[subject];
	k->settings = a->settings;
	k->section = auth_section(a, k->kind, 0);
	(*q)->asker = a->worker;
	(*q)->arg = k;
	(*q)->tell = question_told;
	return k;
}

/* To the section it has come to. */
static bool
put(struct auth *a, struct auth_asking *k, struct helpers_question *q)
{
	const struct config_auth *c = &a->worker->config->auth.v[k->section];

	q->tries = 0;
	q->late = q->has_ttl = false;
	buf_reset(&q->user);
	buf_reset(&q->token);
	k->due = loop_now(a->worker->loop) + c->timeout_ms + AUTH_SLACK_MS;
	return str_copy(c->name, q->section, sizeof(q->section)) &&
	       helpers_ask(a->worker->helpers, q);
}

bool
auth_asking_put(
    struct auth *a, struct auth_asking *k, struct helpers_question *q)
{
	if (k->section == UINT_MAX || q->line.failed || !put(a, k, q)) {
		helpers_question_free(q);
		asking_free(a, k);
		return false;
	}
	list_add(bucket(a, &k->key), &k->node);
	return true;
}

/* ---------------------------------------------------------------- answers */

static int64_t
until(const struct auth *a, const struct auth_asking *k,
    const struct helpers_question *q, bool yes)
{
	const struct config_auth *c = &a->worker->config->auth.v[k->section];
	int64_t s = yes ? c->cache_s : c->deny_cache_s;

	if (q->has_ttl)
		s = q->ttl_s < AUTH_TTL_MAX ? q->ttl_s : AUTH_TTL_MAX;
	return loop_now(a->worker->loop) + s * 1000;
}

static void
remember(struct auth *a, const struct auth_asking *k,
    const struct helpers_question *q, struct str user)
{
	bool yes = q->answer == HELPERS_YES;
	struct auth_user u = {.yes = yes};
	struct auth_member m = {.yes = yes};

	/* with a new [auth] the section's number may be another's */
	if (k->settings != a->settings)
		return;
	u.until = m.until = until(a, k, q, yes);
	if (k->subject == AUTH_MEMBER) {
		cache_put(a->members, k->key, &m);
	} else if (k->subject == AUTH_USER) {
		u.n = (uint16_t)user.n;
		if (user.n)
			memcpy(u.name, user.p, user.n);
		cache_put(a->users, k->key, &u);
	}
}

/* Who the helper says it is, or who he said he is. Empty: that is no name. */
static struct str
user_of(const struct auth_asking *k, const struct helpers_question *q,
    char room[CREDENTIALS_USER_MAX])
{
	if (q->user.n)
		return str_make(
		    room, credentials_user(buf_str(&q->user), room));
	return str_make(k->user, k->n);
}

/* Nobody has said yes so far: ask the next one. False: there is none. */
static bool
ask_next(struct auth *a, struct auth_asking *k, struct helpers_question *q)
{
	if (k->settings != a->settings || k->subject == AUTH_TICKET)
		return false;
	k->section = auth_section(a, k->kind, k->section + 1);
	return k->section != UINT_MAX && put(a, k, q);
}

void
auth_answered(struct worker *w, struct helpers_question *q)
{
	struct auth *a = w->auth;
	struct auth_asking *k = q->arg;
	char room[CREDENTIALS_USER_MAX];
	unsigned asked = k->section;
	struct str user = STR_NONE;

	if (q->answer == HELPERS_YES && k->subject != AUTH_MEMBER) {
		user = user_of(k, q, room);
		if (!user.n)
			q->answer = HELPERS_UNSETTLED;
	}
	if (q->answer == HELPERS_MORE && k->subject != AUTH_TICKET)
		q->answer = HELPERS_UNSETTLED;
	k->unsettled |= q->answer == HELPERS_UNSETTLED;
	if (q->answer != HELPERS_YES && q->answer != HELPERS_MORE) {
		if (ask_next(a, k, q))
			return;
		k->section = asked;
		if (k->unsettled)
			q->answer = HELPERS_UNSETTLED;
	}
	if (q->answer == HELPERS_YES || q->answer == HELPERS_NO)
		remember(a, k, q, user);
	list_del(&k->node); /* who comes now finds what is remembered */
	auth_tell(k, q, user);
	asking_free(a, k);
	helpers_question_free(q);
}
