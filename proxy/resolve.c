/*
 * resolve.c - names to addresses: the cache, who waits, and the deadline.
 *
 * A name has one entry, in the table from when it is first asked for until it
 * is the least used. While it is being looked up, who asks is put on its list;
 * the answer moves them all to the list of those to be told, which is emptied
 * one by one from the loop. So whoever is told may ask, or cancel anybody.
 *
 * An entry that is being looked up is never thrown out. When its deadline is
 * over, who waits is told and the entry fails; c-ares may go on for a while,
 * and what it still finds is taken.
 */
#include "proxy/resolve.h"

#include <netinet/in.h>

#include "base/bug.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/sys/clock.h"
#include "base/sys/digest.h"
#include "proxy/loop.h"
#include "proxy/resolve_ares.h"
#include "proxy/stats.h"

#define RESOLVE_NAMES    8192 /* some 4 MiB a worker when full */
#define RESOLVE_BUCKETS  8192 /* a power of two */
#define RESOLVE_ASKING   1024 /* look-ups at once; beyond it they fail */
#define RESOLVE_TTL_MIN  5
#define RESOLVE_TTL_MAX  3600
#define RESOLVE_TTL_NONE 30 /* the name does not exist */
#define RESOLVE_TTL_FAIL 5  /* nobody could tell */

struct entry {
	struct entry *chain;      /* of its bucket */
	struct list_node used;    /* in resolver.used, the least used first */
	struct list_node asked;   /* in resolver.asked while it is waited for */
	struct list_node waiters; /* struct resolve_query.node */
	struct resolver *resolver;
	int64_t until, deadline; /* monotonic; of the answer, of the wait */
	bool asking;             /* c-ares has not answered yet */
	bool waited;             /* and the deadline is not over */
	uint32_t bucket;
	struct ares_answer answer;
	uint8_t n;
	char name[]; /* NUL-ended */
};

struct resolver {
	struct loop *loop;
	struct stats *stats;
	struct ares_link *ares;                /* owned */
	struct entry *bucket[RESOLVE_BUCKETS]; /* owned */
	struct list_node used;
	struct list_node asked;    /* oldest, that is nearest deadline, first */
	struct list_node answered; /* queries to be told */
	unsigned nentries, nasking;
	struct timer timer; /* the nearest deadline; 0 ms: somebody to tell */
	uint8_t key[16];
};

static void
query_fill(struct resolve_query *q, const struct ares_answer *a)
{
	q->result.failed = a->failed;
	q->result.n = a->n;
	for (unsigned i = 0; i < a->n; i++) {
		struct sockaddr_in v4 = {.sin_family = AF_INET};
		struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
		struct sockaddr_storage *to = &q->result.addr[i];

		memset(to, 0, sizeof(*to));
		if (a->addr[i].v6) {
			v6.sin6_port = htons(q->port);
			memcpy(&v6.sin6_addr, a->addr[i].addr, 16);
			memcpy(to, &v6, sizeof(v6));
		} else {
			v4.sin_port = htons(q->port);
			memcpy(&v4.sin_addr, a->addr[i].addr, 4);
			memcpy(to, &v4, sizeof(v4));
		}
	}
}

/* Tell who is to be told; they may do with the resolver what they like. */
static void
tell(struct resolver *r)
{
	struct list_node *n;

	while ((n = list_pop(&r->answered))) {
		struct resolve_query *q =
		    container_of(n, struct resolve_query, node);

		q->waiting = false;
		q->done(q->arg);
	}
}

static void
arm(struct resolver *r)
{
	int64_t now = clock_mono_ms(), ms;

	if (!list_empty(&r->answered)) {
		timer_arm(&r->timer, 0);
	} else if (!list_empty(&r->asked)) {
		ms =
		    container_of(r->asked.next, struct entry, asked)->deadline -
		    now;
		timer_arm(&r->timer, ms > 0 ? ms : 0);
	} else {
		timer_off(&r->timer);
	}
}

/* All who wait for <e> get what it now has, in another turn or soon. */
static void
entry_answer(struct entry *e)
{
	struct list_node *n;

	e->waited = false;
	list_del(&e->asked);
	while ((n = list_pop(&e->waiters))) {
		query_fill(
		    container_of(n, struct resolve_query, node), &e->answer);
		list_add(&e->resolver->answered, n);
	}
}

static void
entry_keep(struct entry *e, const struct ares_answer *a)
{
	uint32_t ttl = a->ttl_s;

	e->answer = *a;
	if (a->failed == REASON_NO_SUCH_HOST)
		ttl = RESOLVE_TTL_NONE;
	else if (a->failed)
		ttl = RESOLVE_TTL_FAIL;
	else if (ttl < RESOLVE_TTL_MIN)
		ttl = RESOLVE_TTL_MIN;
	else if (ttl > RESOLVE_TTL_MAX)
		ttl = RESOLVE_TTL_MAX;
	e->until = clock_mono_ms() + (int64_t)ttl * 1000;
}

/* From c-ares, perhaps within the asker's stack: only note, and wake up. */
static void
entry_answered(void *arg, const struct ares_answer *a)
{
	struct entry *e = arg;

	e->asking = false;
	e->resolver->nasking--;
	entry_keep(e, a);
	if (e->waited)
		entry_answer(e);
	arm(e->resolver);
}

static void
entry_free(struct resolver *r, struct entry *e)
{
	struct entry **at = &r->bucket[e->bucket];

	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	list_del(&e->used);
	list_del(&e->asked);
	r->nentries--;
	free(e);
}

/* Make room for one more: the least used that is not being looked up. */
static bool
make_room(struct resolver *r)
{
	if (r->nentries < RESOLVE_NAMES)
		return true;
	list_for_each(n, &r->used)
	{
		struct entry *e = container_of(n, struct entry, used);

		if (!e->asking) {
			entry_free(r, e);
			return true;
		}
	}
	return false;
}

static uint32_t
bucket_of(const struct resolver *r, struct name name)
{
	return siphash128(name.p, name.n, r->key).lo & (RESOLVE_BUCKETS - 1);
}

static struct entry *
entry_find(struct resolver *r, struct name name, uint32_t bucket)
{
	struct entry *e = r->bucket[bucket];

	while (e && (e->n != name.n || memcmp(e->name, name.p, name.n) != 0))
		e = e->chain;
	return e;
}

static struct entry *
entry_new(struct resolver *r, struct name name, uint32_t bucket)
{
	struct entry *e;

	if (!make_room(r))
		return NULL;
	e = calloc(1, sizeof(*e) + name.n + 1u);
	if (!e)
		return NULL;
	e->resolver = r;
	e->n = name.n;
	memcpy(e->name, name.p, name.n);
	list_init(&e->asked);
	list_init(&e->waiters);
	list_add(&r->used, &e->used);
	e->bucket = bucket;
	e->chain = r->bucket[bucket];
	r->bucket[bucket] = e;
	r->nentries++;
	return e;
}

static void
entry_ask(struct resolver *r, struct entry *e)
{
	e->asking = e->waited = true;
	e->deadline = clock_mono_ms() + RESOLVE_DEADLINE_MS;
	list_add(&r->asked, &e->asked);
	r->nasking++;
	stats_add(&r->stats->dns_queries, 1);
	ares_link_ask(r->ares, e->name, entry_answered, e);
}

/* Its last wait is over and c-ares still is not: wait for the same once more. */
static void
entry_again(struct resolver *r, struct entry *e)
{
	e->waited = true;
	e->deadline = clock_mono_ms() + RESOLVE_DEADLINE_MS;
	list_add(&r->asked, &e->asked);
}

/* After c-ares has worked, from the loop. */
static void
on_turn(void *arg)
{
	struct resolver *r = arg;

	tell(r);
	arm(r);
}

static void
on_time(void *arg)
{
	static const struct ares_answer late = {.failed = REASON_DNS_FAILED};
	struct resolver *r = arg;
	int64_t now = clock_mono_ms();

	while (!list_empty(&r->asked)) {
		struct entry *e =
		    container_of(r->asked.next, struct entry, asked);

		if (e->deadline > now)
			break;
		entry_keep(e, &late);
		entry_answer(e);
	}
	tell(r);
	arm(r);
}

struct resolver *
resolver_new(struct loop *l, const struct config *c, struct stats *stats,
    struct err *err)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(err, ERR_MEMORY, "no memory for the resolver");
		return NULL;
	}
	r->loop = l;
	r->stats = stats;
	list_init(&r->used);
	list_init(&r->asked);
	list_init(&r->answered);
	timer_init(l, &r->timer, on_time, r);
	if (digest_random(r->key, sizeof(r->key), err) == 0)
		r->ares = ares_link_new(l, c, on_turn, r, err);
	if (!r->ares) {
		resolver_free(r);
		return NULL;
	}
	return r;
}

void
resolver_free(struct resolver *r)
{
	struct list_node *n;

	if (!r)
		return;
	ares_link_free(
	    r->ares); /* answers all that is open, for the last time */
	while ((n = list_pop(&r->answered)))
		container_of(n, struct resolve_query, node)->waiting = false;
	while ((n = list_pop(&r->used))) {
		struct entry *e = container_of(n, struct entry, used);

		while ((n = list_pop(&e->waiters)))
			container_of(n, struct resolve_query, node)->waiting =
			    false;
		free(e);
	}
	timer_fini(&r->timer);
	free(r);
}

/* An address needs no looking up; nor does what stands in the cache. */
static bool
at_once(struct resolve_query *q, struct name name)
{
	struct ares_answer a = {.n = 1};

	if (!name_is_address(name))
		return false;
	a.addr[0].v6 = name.kind == NAME_IPV6;
	memcpy(a.addr[0].addr, name.addr, 16);
	query_fill(q, &a);
	return true;
}

bool
resolve_start(struct resolver *r, struct name name, uint16_t port,
    struct resolve_query *q, void (*done)(void *arg), void *arg)
{
	static const struct ares_answer refused = {.failed = REASON_DNS_FAILED};
	uint32_t bucket;
	struct entry *e;

	q->waiting = false;
	q->port = port;
	q->done = done;
	q->arg = arg;
	if (at_once(q, name))
		return true;
	bucket = bucket_of(r, name);
	e = entry_find(r, name, bucket);
	if (e) {
		list_del(&e->used);
		list_add(&r->used, &e->used);
	}
	if (e && !e->waited && e->until > clock_mono_ms()) {
		stats_add(&r->stats->dns_hits, 1);
		query_fill(q, &e->answer);
		return true;
	}
	if (!e && r->nasking < RESOLVE_ASKING)
		e = entry_new(r, name, bucket);
	if (!e || (!e->asking && r->nasking >= RESOLVE_ASKING)) {
		query_fill(q, &refused);
		return true;
	}
	list_add(&e->waiters, &q->node);
	q->waiting = true;
	if (!e->asking)
		entry_ask(r, e);
	else if (!e->waited)
		entry_again(r, e);
	arm(r);
	return false;
}

void
resolve_cancel(struct resolve_query *q)
{
	if (!q->waiting)
		return;
	q->waiting = false;
	list_del(&q->node);
}
